"""Knows the operations of the resource as methods, each recorded as part of one story.

A story is what one test, or one example of it, does: its Services are its own, and are deleted
when the next story starts. It never updates or deletes a Service that this run did not create.
"""

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn, TypeAlias
from urllib.parse import urlencode

from hypothesis import currently_in_test_context, reject
from hypothesis.errors import UnsatisfiedAssumption

from conformance.harness.envelope import Walk, items, meta, sids
from conformance.harness.evidence import Credentials, Exchange, Headers
from conformance.harness.expect import AccountFull, NotRun, Unproven
from conformance.harness.forms import name_in, pairs, readings
from conformance.harness.ledger import OTHER, OWN
from conformance.harness.ownership import Ownership
from conformance.harness.paths import SERVICES, item, sid_in
from conformance.harness.record import threads
from conformance.harness.wire import READS, AnswerLost, Form, Request, Wire, encode

SIDE_BY_SIDE: Final = 8
"""Requests that are under way at once where many Services are created or deleted."""
WAITING: Final = 5
"""Services that may wait to be deleted."""
MOST_PAGES: Final = 400
"""Pages that one walk follows at most."""
STALE_PAGES: Final = 3
"""Pages in a row that show nothing but what was seen before a walk is taken to go in a circle."""
EMPTY_PAGES: Final = 25
"""Pages in a row that show nothing at all before a walk is taken to have no end."""
Part: TypeAlias = tuple[str, str, Mapping[str, str]]
"""One Service of many: how its name begins and ends, and what else is sent."""
NOT_TO_BE_HAD: Final = (Unproven, NotRun, UnsatisfiedAssumption)
"""How a request says that it came to nothing, within an example of Hypothesis's or without."""


class ReadOnly(NotRun):
    """The run sends nothing but GET."""


@dataclass(slots=True)
class Api:
    """The operations, as one story of one run."""

    wire: Wire
    own: Ownership
    read_only: bool = False
    impatient: bool = False
    """Whether what is put off is not sent again."""
    alive: Callable[[], Collection[str]] = tuple
    """Gives the Services of this process that are surely there."""
    meanwhile: list[Callable[[], object]] = field(default_factory=list)
    """What this process has to do some time anyway, and does where a story waits."""
    last: Exchange | None = None

    def wait_until(self, moment: float) -> None:
        """Wait until a moment of the monotonic clock."""
        while self.meanwhile and time.monotonic() < moment:
            self.meanwhile.pop()()
        threading.Event().wait(max(0.0, moment - time.monotonic()))

    def name(self, tail: str = "", *, head: str = "") -> str:
        """Make a name that is unique to the run and differs from others beyond letter case."""
        return self.own.names.next(tail, head=head)

    def name_of(self, length: int, unit: str = "x", *, head: str = "") -> str:
        """Make such a name of exactly that many characters; `unit` fills it up."""
        return self.own.names.of_length(length, unit, head=head)

    def send(
        self,
        method: str,
        path: str,
        *,
        operation: str = "other",
        form: Form | None = None,
        content_type: str | None = None,
        headers: Headers = (),
        credentials: Credentials = "own",
        safe: bool | None = None,
        fragile: bool = False,
    ) -> Exchange:
        """Send any request as a step of this story.

        It has to be one that cannot touch what is not this run's own. A fragile one is sent once,
        and may find no answer.
        """
        if self.read_only and method != "GET":
            raise ReadOnly("--read-only sends nothing but GET")
        if method not in READS:
            self.owned(sid_in(path))
        request = Request(
            method=method,
            path=path,
            operation=operation,
            body=encode(form),
            content_type=content_type,
            headers=headers,
            credentials=credentials,
            safe=method == "GET" if safe is None else safe,
            fragile=fragile,
            impatient=self.impatient,
        )
        try:
            self.last = self.wire.send(request, self.last)
        except AnswerLost as problem:
            begin_anew(problem)
        return self.last

    def create(
        self,
        form: Form,
        *,
        credentials: Credentials = "own",
        content_type: str | None = None,
        name: str | None = None,
        fragile: bool = False,
    ) -> Exchange:
        """Send a create, written down before and after; its name has to be unique to the run.

        Raises AnswerLost where no answer came, after what came of it was looked up. It is not sent
        again under the same name: the first may take effect later, and make the second a duplicate.
        Raises NotRun, before anything is written down, where there are no such credentials.
        """
        if self.read_only:
            raise ReadOnly("--read-only sends nothing but GET")
        self.wire.login(credentials)
        named = name if name is not None else name_in(form)
        self.wire.budget.spend_create(holds=len(self.own.ledger.alive))
        owner = OTHER if credentials == OTHER else OWN
        spelt = {named: {named, *readings(form)}}
        self.own.intends(spelt, owner)
        request = Request(
            method="POST",
            path=SERVICES,
            operation="create",
            body=encode(form),
            content_type=content_type,
            credentials=credentials,
            paid=True,
            fragile=fragile,
            impatient=self.impatient,
        )
        try:
            exchange = self.wire.send(request, self.last)
        except AnswerLost as problem:
            self.look_up(spelt, credentials, owner)
            begin_anew(problem)
        except BaseException:
            self.wire.budget.not_created()
            raise
        self.last = exchange
        if exchange.status is None:
            self.look_up(spelt, credentials, owner)
        else:
            self.own.answered(exchange, named, owner)
        return exchange

    def misuse(self, method: str, form: Mapping[str, str], path: str = SERVICES) -> Exchange:
        """Send the form of a create by a method that the collection, or a sid, does not have.

        Of a sid it has to be one that nobody has. What a target makes of it all the same is deleted
        like all else.
        """
        if self.read_only:
            raise ReadOnly("--read-only sends nothing but GET")
        name = form["UniqueName"]
        self.own.intends({name: ()})
        exchange = self.send(method, path, form=dict(form))
        if exchange.accepted:
            self.look_up({name: (name,)})
        elif exchange.refused or exchange.status in {401, 403}:
            self.own.ledger.refused(name)
        return exchange

    def look_up(
        self,
        names: Mapping[str, Collection[str]],
        credentials: Credentials = "own",
        owner: str = OWN,
    ) -> None:
        """Find out what came of creates whose answers were lost, by their names alone.

        What is not there may come yet, so the intent stays in the ledger.
        """
        listed = self.walk(1000, credentials=OTHER if credentials == OTHER else "own").items()
        named = ((one.get("unique_name"), one.get("sid")) for one in listed)
        shown = {name: sid for name, sid in named if isinstance(name, str)}
        for name, spelt in names.items():
            sid = next((shown[one] for one in sorted(spelt) if one and one in shown), None)
            self.own.found(name, sid, owner)

    def crowd(self, parts: Sequence[Part]) -> dict[int, Exchange]:
        """Create Services, several at a time; give the answers that came, by their place.

        Where an answer was lost, another Service is created in its place, once.
        """
        answers = self._several(dict(enumerate(parts)))
        lost = {place: part for place, part in enumerate(parts) if place not in answers}
        return answers | self._several(lost) if lost else answers

    def _several(self, parts: Mapping[int, Part]) -> dict[int, Exchange]:
        if self.read_only:
            raise ReadOnly("--read-only sends nothing but GET")
        forms = {
            place: {"UniqueName": self.name(tail, head=head), **form}
            for place, (head, tail, form) in parts.items()
        }
        spelt = {
            form["UniqueName"]: {form["UniqueName"], *readings(form)} for form in forms.values()
        }
        self.wire.budget.spend_create(len(forms), at_once=False, holds=len(self.own.ledger.alive))
        self.own.intends(spelt)
        with threads(SIDE_BY_SIDE) as pool:
            answers = dict(zip(forms, pool.map(self._one_of_several, forms.values()), strict=True))
        for name, answer in zip(spelt, answers.values(), strict=True):
            if isinstance(answer, Exchange):
                self.own.answered(answer, name)
        lost = [
            name
            for name, answer in zip(spelt, answers.values(), strict=True)
            if isinstance(answer, AnswerLost)
        ]
        if lost:
            self.look_up({name: spelt[name] for name in lost})
        unsent = [one for one in answers.values() if not isinstance(one, Exchange | AnswerLost)]
        for _ in unsent:
            self.wire.budget.not_created()
        if unsent:
            raise unsent[0]
        return {place: answer for place, answer in answers.items() if isinstance(answer, Exchange)}

    def _one_of_several(self, form: dict[str, str]) -> Exchange | Unproven | NotRun:
        body = encode(form)
        request = Request(method="POST", path=SERVICES, operation="create", paid=True, body=body)
        self.wire.budget.pace()
        try:
            return self.wire.send(request)
        except (Unproven, NotRun) as problem:
            return problem

    def given(self, **form: str) -> dict[str, Any]:
        """Give a Service to act upon, named uniquely unless a name is given.

        Raises Unproven where the target will not have it: arranging is not judging.
        """
        full = {"UniqueName": self.name(), **form}
        exchange = self.create(full)
        service = exchange.object()
        if not exchange.accepted and self.is_full():
            raise AccountFull
        if not exchange.accepted or not isinstance(service.get("sid"), str):
            raise Unproven(f"a Service to begin with was answered {_short(exchange)}")
        return service

    def fetch(self, sid: str, *, credentials: Credentials = "own") -> Exchange:
        exchange = self.send("GET", item(sid), operation="fetch", credentials=credentials)
        self.own.learn(exchange.object())
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
        return self.send(
            "POST",
            item(sid),
            operation="update",
            form=form,
            content_type=content_type,
            credentials=credentials,
            safe=credentials == "own" and "UniqueName" not in dict(pairs(form)),
        )

    def delete(self, sid: str, *, credentials: Credentials = "own") -> Exchange:
        """Delete a Service of this run; any other sid has to be one that nobody has."""
        exchange = self.send("DELETE", item(sid), operation="delete", credentials=credentials)
        if credentials == "own" and exchange.accepted:
            self.own.deleted(sid)
        return exchange

    def list(self, *, credentials: Credentials = "own", **query: str | int) -> Exchange:
        path = f"{SERVICES}?{urlencode(query)}" if query else SERVICES
        return self._listed(self.send("GET", path, operation="list", credentials=credentials))

    def follow(
        self, url: str, *, operation: str = "list", credentials: Credentials = "own"
    ) -> Exchange:
        """Follow a URL of an answer: its path and query, on the base URL."""
        path = self.wire.path_of(url)
        exchange = self.send("GET", path, operation=operation, credentials=credentials)
        return self._listed(exchange) if operation == "list" else exchange

    def walk(
        self,
        page_size: int | None = None,
        *,
        most: int = MOST_PAGES,
        credentials: Credentials = "own",
    ) -> Walk:
        """Follow next_page_url from the first page on, `most` pages at most."""
        size: dict[str, str | int] = {"PageSize": page_size} if page_size else {}
        page = self.list(credentials=credentials, **size)
        pages, known, stale, empty = [page], set(sids(page)), 0, 0
        while (url := meta(page).get("next_page_url")) and isinstance(url, str):
            circles = stale >= STALE_PAGES or empty >= EMPTY_PAGES
            if circles or len(pages) >= most:
                return Walk(pages=tuple(pages), circles=circles, cut=not circles)
            page = self.follow(url, credentials=credentials)
            pages.append(page)
            shown = set(sids(page))
            empty = 0 if shown else empty + 1
            if shown:
                stale = stale + 1 if shown <= known else 0
            known |= shown
        return Walk(pages=tuple(pages), circles=False)

    def _listed(self, exchange: Exchange) -> Exchange:
        for service in items(exchange):
            self.own.learn(service)
        return exchange

    def is_full(self) -> bool:
        """Tell whether a plain create is refused while other Services of the run are alive."""
        answer = self.create({"UniqueName": self.name()})
        refused = answer.status is not None and 400 <= answer.status < 500
        if refused and self.wire.budget.figures()["live"]:
            self.own.ledger.full = True
            return True
        return False

    def lives(self) -> bool:
        """Tell whether each operation is accepted at once, on a Service of its own."""
        self.impatient = True
        try:
            if not self.list(PageSize=1).accepted:
                return False
            if self.read_only:
                return True
            sid = str(self.create({"UniqueName": self.name()}).object().get("sid"))
            return (
                sid in self.own.created
                and self.fetch(sid).accepted
                and self.update(sid, {"DefaultTtl": "1"}).accepted
                and self.delete(sid).accepted
            )
        except NOT_TO_BE_HAD:
            return False
        finally:
            self.impatient = False

    def owned(self, sid: str) -> None:
        """Make sure that a write can only reach what this run created, or nothing at all.

        What the target has not shown yet is looked at first. Raises Unproven.
        """
        if self.own.is_safe(sid):
            return
        self.fetch(sid, credentials=self._credentials(sid))
        if not self.own.is_shown(sid):
            raise Unproven(
                f"the Service {sid} that a create answered is not shown as ours; it is left alone"
            )

    def _credentials(self, sid: str) -> Credentials:
        return "other-account" if self.own.is_of_other(sid) else "own"

    def close(self, *, at_once: bool = False) -> None:
        """Delete what this story created, as far as it can be; the rest stays in the ledger.

        What nobody has shown to be ours waits until one list can show several at a time.
        """
        created = list(self.own.created)
        unshown = [sid for sid in created if not self.own.is_shown(sid)]
        ledger = self.own.ledger
        if unshown and not (at_once or ledger.full) and len(unshown) < WAITING:
            self._end_all([sid for sid in created if sid not in unshown])
            return
        if len(unshown) > 1 and ledger.lists_help:
            shown: list[Any] = []
            with suppress(*NOT_TO_BE_HAD):
                pages = self.walk(1000, most=len(unshown) - 1)
                shown += (one.get("sid") for one in pages.items())
            # In an account full of others' Services the first pages may show none of ours.
            ledger.lists_help = any(sid in ledger.alive for sid in shown if isinstance(sid, str))
        self._end_all(created)

    def _end_all(self, sids: Sequence[str]) -> None:
        if len(sids) <= SIDE_BY_SIDE:
            for sid in sids:
                self._end(sid)
        else:
            with threads(SIDE_BY_SIDE) as pool:
                list(pool.map(self._end, sids))
        for sid in sids:
            self.own.created.pop(sid, None)

    def _end(self, sid: str) -> None:
        with suppress(*NOT_TO_BE_HAD):
            answer = self.delete(sid, credentials=self._credentials(sid))
            if answer.accepted:
                self.own.deleted(sid)

    def begin(self) -> None:
        """Start the next story."""
        self.close()
        self.last = None


def begin_anew(problem: AnswerLost) -> NoReturn:
    """Give up a story whose answer was lost: an example of Hypothesis's is begun with others."""
    if currently_in_test_context():
        reject()
    raise problem


def _short(exchange: Exchange) -> str:
    message = exchange.object().get("message")
    return f"{exchange.status}" + (f" ({message})" if isinstance(message, str) else "")
