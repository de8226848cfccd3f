"""Knows the operations of the resource as methods, each recorded as part of one story.

A story is what one test, or one example of it, does: its Services are its own, and are deleted
when the next story starts. It never updates or deletes a Service that this run did not create.
"""

import itertools
import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from conformance.harness.evidence import Credentials, Exchange
from conformance.harness.expect import Finding, NotRun, Unproven, Violation
from conformance.harness.ledger import OTHER, OWN, Ledger
from conformance.harness.record import current
from conformance.harness.wire import AnswerLost, Form, Request, Wire, encode

SERVICES: Final = "/v1/Services"
SIDE_BY_SIDE: Final = 8
"""Requests that are under way at once where many Services are created or deleted."""
WAITING: Final = 5
"""Services that may wait to be deleted."""
MOST_PAGES: Final = 400
"""Pages that one walk follows at most; a list that goes on is taken for a loop."""
TOKEN_LENGTH: Final = len("pc-01234567-m000000")
"""Characters that the part of a name takes which nobody else has."""
_BASE36: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The pages of one walk along next_page_url, in order."""

    pages: tuple[Exchange, ...]
    complete: bool

    def items(self) -> Iterator[dict[str, Any]]:
        for page in self.pages:
            yield from items(page)


def items(page: Exchange) -> list[dict[str, Any]]:
    """Give the Services of a list's answer, as far as there are any."""
    found = page.object().get("services")
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def meta(page: Exchange) -> dict[str, Any]:
    found = page.object().get("meta")
    return found if isinstance(found, dict) else {}


class ReadOnly(NotRun):
    """The run sends nothing but GET."""


@dataclass(slots=True)
class Names:
    """Makes names that nobody else has: run, worker and number, in one letter case."""

    run: str
    worker: str
    _count: Iterator[int] = field(default_factory=itertools.count, repr=False)

    def next(self, tail: str = "") -> str:
        return f"pc-{self.run}-{self.worker}{_base36(next(self._count)).zfill(4)}{tail}"

    def of_length(self, length: int, unit: str = "x") -> str:
        """Make a name of exactly that many characters; `unit` fills it up."""
        name = self.next()
        return (name + unit * length)[:length]

    def is_ours(self, name: object) -> bool:
        """Tell whether a name is of this run, however the target may have changed it."""
        return isinstance(name, str) and f"pc-{self.run}-" in name.casefold()


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _BASE36[digit] + digits
        if not number:
            return digits


def chat_sid() -> str:
    """Make a ChatInstanceSid that no other Service has: a target may keep one to one Service."""
    return unknown_sid("IS")


def unknown_sid(prefix: str = "KS") -> str:
    """Make a well-formed sid that nobody has: 128 random bits."""
    return prefix + secrets.token_hex(16)


@dataclass(slots=True)
class Api:
    """The operations, as one story of one run."""

    wire: Wire
    ledger: Ledger
    names: Names
    read_only: bool = False
    last: Exchange | None = None
    created: dict[str, str] = field(default_factory=dict)

    def name(self, tail: str = "") -> str:
        """Make a name that is unique to the run and differs from others beyond letter case."""
        return self.names.next(tail)

    def name_of(self, length: int, unit: str = "x") -> str:
        """Make such a name of exactly that many characters; `unit` fills it up."""
        return self.names.of_length(length, unit)

    def send(
        self,
        method: str,
        path: str,
        *,
        operation: str = "other",
        form: Form | None = None,
        content_type: str | None = None,
        credentials: Credentials = "own",
        safe: bool | None = None,
    ) -> Exchange:
        """Send any request as a step of this story.

        It has to be one that cannot touch what is not this run's own.
        """
        if self.read_only and method != "GET":
            raise ReadOnly("--read-only sends nothing but GET")
        request = Request(
            method=method,
            path=path,
            operation=operation,
            body=encode(form),
            content_type=content_type,
            credentials=credentials,
            safe=method == "GET" if safe is None else safe,
        )
        self.last = self.wire.send(request, self.last)
        return self.last

    def create(
        self,
        form: Form,
        *,
        credentials: Credentials = "own",
        content_type: str | None = None,
        name: str | None = None,
    ) -> Exchange:
        """Send a create, written down before and after; its name has to be unique to the run.

        Raises AnswerLost where no answer came, after what came of it was looked up and deleted.
        """
        if self.read_only:
            raise ReadOnly("--read-only sends nothing but GET")
        named = name if name is not None else name_in(form)
        self.wire.budget.spend_create()
        owner = OTHER if credentials == OTHER else OWN
        self.ledger.intends(named, owner)
        request = Request(
            method="POST",
            path=SERVICES,
            operation="create",
            body=encode(form),
            content_type=content_type,
            credentials=credentials,
            paid=True,
        )
        try:
            exchange = self.wire.send(request, self.last)
        except AnswerLost:
            self._look_up(named)
            raise
        except BaseException:
            self.wire.budget.not_created()
            raise
        self.last = exchange
        self.note_created(exchange, named, owner)
        return exchange

    def note_created(self, exchange: Exchange, name: str, owner: str = OWN) -> None:
        """Write down what came of a create.

        Only an answer that shows a sid makes a Service; a 5xx or a body that cannot be read may
        have made one all the same, so its intent stays in the ledger and is looked up at the end.
        """
        sid = exchange.object().get("sid") if exchange.accepted else None
        if isinstance(sid, str) and sid:
            if sid in self.ledger.alive:
                self.wire.budget.not_created()
                same_sid(exchange, sid, self.ledger.alive[sid])
                return
            current().holds("SERVICE-16")
            self.ledger.created(sid, name, owner)
            self.created[sid] = name
            self.wire.budget.created()
            return
        self.wire.budget.not_created()
        if exchange.refused or exchange.status in {401, 403}:
            self.ledger.refused(name)

    def _look_up(self, name: str) -> None:
        """Find out what came of a create whose answer was lost, by its name alone."""
        for item in self.walk(page_size=1000).items():
            if item.get("unique_name") == name and isinstance(item.get("sid"), str):
                self.ledger.created(item["sid"], name)
                self.ledger.confirms(item["sid"])
                self.created[item["sid"]] = name
                self.wire.budget.created()
                return
        self.wire.budget.not_created()
        self.ledger.refused(name)

    def crowd(self, names: Sequence[str]) -> list[Exchange]:
        """Create Services of these names, several at a time.

        Raises AnswerLost where an answer did not come; its create is looked up at the end.
        """
        if self.read_only:
            raise ReadOnly("--read-only sends nothing but GET")
        self.wire.budget.spend_create(len(names))
        for name in names:
            self.ledger.intends(name)
        requests = [
            Request(method="POST", path=SERVICES, operation="create", paid=True,
                    body=encode({"UniqueName": name}))
            for name in names
        ]  # fmt: skip
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            answers = list(pool.map(self.wire.send, requests))
        for name, answer in zip(names, answers, strict=True):
            self.note_created(answer, name)
        return answers

    def given(self, **form: str) -> dict[str, Any]:
        """Give a Service to act upon, named uniquely unless a name is given.

        Raises Unproven where the target will not have it: arranging is not judging.
        """
        full = {"UniqueName": self.name(), **form}
        exchange = self.create(full)
        service = exchange.object()
        if not exchange.accepted or not isinstance(service.get("sid"), str):
            raise Unproven(f"a Service to begin with was answered {_short(exchange)}")
        return service

    def fetch(self, sid: str, *, credentials: Credentials = "own") -> Exchange:
        exchange = self.send("GET", item(sid), operation="fetch", credentials=credentials)
        self._learn(exchange.object())
        return exchange

    def update(
        self,
        sid: str,
        form: Form,
        *,
        credentials: Credentials = "own",
        content_type: str | None = None,
    ) -> Exchange:
        """Update a Service of this run; any other sid has to be one that nobody has."""
        self._own(sid)
        return self.send(
            "POST",
            item(sid),
            operation="update",
            form=form,
            content_type=content_type,
            credentials=credentials,
            safe=credentials == "own" and "UniqueName" not in dict(_pairs(form)),
        )

    def delete(self, sid: str, *, credentials: Credentials = "own") -> Exchange:
        """Delete a Service of this run; any other sid has to be one that nobody has."""
        self._own(sid)
        exchange = self.send("DELETE", item(sid), operation="delete", credentials=credentials)
        if credentials == "own" and exchange.accepted:
            self.note_deleted(sid)
        return exchange

    def note_deleted(self, sid: str) -> None:
        if sid in self.ledger.alive:
            self.ledger.deleted(sid)
            self.wire.budget.deleted()
        self.created.pop(sid, None)

    def list(self, *, credentials: Credentials = "own", **query: str | int) -> Exchange:
        path = f"{SERVICES}?{urlencode(query)}" if query else SERVICES
        return self._listed(self.send("GET", path, operation="list", credentials=credentials))

    def follow(self, url: str, *, operation: str = "list") -> Exchange:
        """Follow a URL of an answer: its path and query, on the base URL."""
        exchange = self.send("GET", self.wire.path_of(url), operation=operation)
        return self._listed(exchange) if operation == "list" else exchange

    def walk(self, page_size: int | None = None, *, most: int = MOST_PAGES) -> Walk:
        """Follow next_page_url from the first page on, `most` pages at most."""
        page = self.list(PageSize=page_size) if page_size else self.list()
        pages, seen = [page], {self.wire.path_of(page.url)}
        while (url := meta(page).get("next_page_url")) and isinstance(url, str):
            path = self.wire.path_of(url)
            if len(pages) >= most or path in seen:
                return Walk(pages=tuple(pages), complete=False)
            seen.add(path)
            page = self.follow(url)
            pages.append(page)
        return Walk(pages=tuple(pages), complete=page.accepted)

    def _listed(self, exchange: Exchange) -> Exchange:
        for service in items(exchange):
            self._learn(service)
        return exchange

    def _learn(self, shown: dict[str, Any]) -> None:
        """Take a sid for this run's own once the target itself shows it with a name of ours."""
        sid, name = shown.get("sid"), shown.get("unique_name")
        if isinstance(sid, str) and sid in self.ledger.alive and (
            self.names.is_ours(name) or name == self.ledger.alive[sid]
        ):
            self.ledger.confirms(sid)

    def _own(self, sid: str) -> None:
        """Make sure that a write can only reach what this run created, or nothing at all.

        A target may answer a create with a sid that is somebody else's: what the create answered
        is not believed until a fetch or a list shows the sid with a name of this run.
        """
        if sid in self.ledger.confirmed or sid not in self.ledger.alive:
            return
        other = self.ledger.owners[sid] == OTHER
        self.fetch(sid, credentials="other-account" if other else "own")
        if sid not in self.ledger.confirmed:
            raise Unproven(
                f"the Service {sid} that a create answered is not shown as ours; it is left alone"
            )

    def close(self, *, at_once: bool = False) -> None:
        """Delete what this story created, as far as it can be; the rest stays in the ledger.

        What nobody has shown to be ours waits until one list can show several at a time.
        """
        unshown = [sid for sid in self.created if sid not in self.ledger.confirmed]
        if unshown and not at_once and len(unshown) < WAITING:
            sids = [sid for sid in self.created if sid in self.ledger.confirmed]
        else:
            sids = list(self.created)
            if len(unshown) > 1 and self.ledger.lists_help:
                self._confirm_by_list(unshown)
        self._end_all(sids)

    def _confirm_by_list(self, unshown: Sequence[str]) -> None:
        """Look at one page of the list; in an account full of others' Services it may not help."""
        with suppress(Unproven, NotRun):
            self.list(PageSize=100)
        self.ledger.lists_help = any(sid in self.ledger.confirmed for sid in unshown)

    def _end_all(self, sids: Sequence[str]) -> None:
        if len(sids) <= SIDE_BY_SIDE:
            for sid in sids:
                self._end(sid)
        else:
            with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
                list(pool.map(self._end, sids))
        for sid in sids:
            self.created.pop(sid, None)

    def _end(self, sid: str) -> None:
        other = self.ledger.owners.get(sid) == OTHER
        with suppress(Unproven, NotRun):
            answer = self.delete(sid, credentials="other-account" if other else "own")
            if answer.accepted:
                self.note_deleted(sid)

    def begin(self) -> None:
        """Start the next story."""
        self.close()
        self.last = None


def same_sid(exchange: Exchange, sid: str, name: str) -> None:
    """Tell that a create was answered with the sid of a Service that is alive."""
    violation = Violation(
        where="/sid", expected="a sid that no other Service has", found=f"{sid}, which {name} has"
    )
    current().finds(Finding(requirement="SERVICE-16", violation=violation, exchange=exchange))


def item(sid: str) -> str:
    """Give the path of a Service; what is no plain path segment is escaped."""
    return f"{SERVICES}/{quote(sid, safe='')}"


def name_in(form: Form) -> str:
    """Read the UniqueName that a create sends, as the ledger has to know it."""
    return next((value for key, value in _pairs(form) if key == "UniqueName"), "")


def _pairs(form: Form) -> Sequence[tuple[str, str]]:
    if isinstance(form, bytes):
        return parse_qsl(form.decode("latin-1"), keep_blank_values=True)
    return form if isinstance(form, list) else list(form.items())


def query_of(url: str) -> dict[str, str]:
    """Read the query of a URL."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def _short(exchange: Exchange) -> str:
    message = exchange.object().get("message")
    return f"{exchange.status}" + (f" ({message})" if isinstance(message, str) else "")
