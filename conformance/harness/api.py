"""Knows the operations of the resource as methods, each recorded as part of one story.

A story is what one test, or one example of it, does: its Services are its own, and are deleted
when the next story starts. It never updates or deletes a Service that this run did not create.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from hypothesis import currently_in_test_context, reject
from hypothesis.errors import UnsatisfiedAssumption

from conformance.harness.evidence import Credentials, Exchange
from conformance.harness.expect import AccountFull, Finding, NotRun, Unproven, Violation
from conformance.harness.forms import name_in, pairs, readings
from conformance.harness.ledger import OTHER, OWN, Ledger
from conformance.harness.names import Names
from conformance.harness.record import current
from conformance.harness.wire import AnswerLost, Form, Request, TargetGone, Wire, encode

SERVICES: Final = "/v1/Services"
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
READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
NOT_TO_BE_HAD: Final = (Unproven, NotRun, UnsatisfiedAssumption)
"""How a request says that it came to nothing, within an example of Hypothesis's or without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The pages of one walk along next_page_url, in order."""

    pages: tuple[Exchange, ...]
    circles: bool
    """Whether it had no end: it went on to pages that it had seen, or to empty ones.

    Else it ended, or was given up as too long.
    """

    def items(self) -> Iterator[dict[str, Any]]:
        for page in self.pages:
            yield from items(page)


def items(page: Exchange) -> list[dict[str, Any]]:
    """Give the Services of a list's answer, as far as there are any."""
    found = page.object().get("services")
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def meta(page: Exchange) -> dict[str, Any]:
    """Give the meta of a list's answer, as far as there is any."""
    found = page.object().get("meta")
    return found if isinstance(found, dict) else {}


class ReadOnly(NotRun):
    """The run sends nothing but GET."""


@dataclass(slots=True)
class Api:
    """The operations, as one story of one run."""

    wire: Wire
    ledger: Ledger
    names: Names
    read_only: bool = False
    impatient: bool = False
    """Whether what is put off is not sent again."""
    alive: Callable[[], Collection[str]] = tuple
    """Gives the Services of this process that are surely there."""
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
        """
        if self.read_only:
            raise ReadOnly("--read-only sends nothing but GET")
        named = name if name is not None else name_in(form)
        self.wire.budget.spend_create(holds=len(self.ledger.alive))
        owner = OTHER if credentials == OTHER else OWN
        spelt = {named: {named, *readings(form)}}
        self.ledger.intends(named, owner, also=spelt[named])
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
            self.note_created(exchange, named, owner)
        return exchange

    def misuse(self, method: str, form: Mapping[str, str], path: str = SERVICES) -> Exchange:
        """Send the form of a create by a method that the collection, or a sid, does not have.

        Of a sid it has to be one that nobody has. What a target makes of it all the same is deleted
        like all else.
        """
        if self.read_only:
            raise ReadOnly("--read-only sends nothing but GET")
        name = form["UniqueName"]
        self.ledger.intends(name)
        exchange = self.send(method, path, form=dict(form))
        if exchange.accepted:
            self.look_up({name: (name,)})
        elif exchange.refused or exchange.status in {401, 403}:
            self.ledger.refused(name)
        return exchange

    def note_created(self, exchange: Exchange, name: str, owner: str = OWN) -> None:
        """Write down what came of a create.

        Only an answer that shows a sid makes a Service; a 5xx or a body that cannot be read may
        have made one all the same, so its intent stays in the ledger and is looked up at the end;
        until then it counts as alive.
        """
        sid = exchange.object().get("sid") if exchange.accepted else None
        if isinstance(sid, str) and sid:
            if sid in self.ledger.alive:
                same_sid(exchange, sid, f"which {self.ledger.alive[sid]} has")
                return
            if self._is_foreign(sid):
                same_sid(exchange, sid, "which another Service was shown with before")
                self.ledger.answered_foreign(sid, name, owner)
                return
            if sid in self.ledger.had:
                same_sid(exchange, sid, f"which {self.ledger.had[sid]} had before it was deleted")
            else:
                current().holds("SERVICE-16")
            self.ledger.created(sid, name, owner)
            self.created[sid] = name
            self.wire.budget.created()
            return
        if exchange.refused or exchange.status in {401, 403, 429}:
            self.wire.budget.not_created()
            self.ledger.refused(name)
            self._allowed(exchange)

    def _allowed(self, exchange: Exchange) -> None:
        """Give the target up where its first answer says that the account may create nothing.

        Raises TargetGone: nothing is to be judged by such an answer.
        """
        code = exchange.object().get("code")
        mine = exchange.credentials in {"own", "other-account"}
        if mine and code in NOT_ALLOWED and not self.wire.budget.figures()["created"]:
            why = not_allowed(code)
            self.wire.budget.stop(why)
            raise TargetGone(why)

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
        shown = {one.get("unique_name"): one.get("sid") for one in listed}
        for name, spelt in names.items():
            sid = next((shown[one] for one in sorted(spelt) if one and one in shown), None)
            if isinstance(sid, str):
                self.ledger.created(sid, name, owner)
                self.ledger.confirms(sid)
                self.created[sid] = name
                self.wire.budget.created()
            else:
                self.wire.budget.not_created()

    def crowd(self, parts: Sequence[tuple[str, Mapping[str, str]]]) -> dict[int, Exchange]:
        """Create Services, several at a time; give the answers that came, by their place.

        Of each, the end of its name is given, and what else is sent. Where an answer was lost,
        another Service is created in its place, once.
        """
        answers = self._several(dict(enumerate(parts)))
        lost = {place: part for place, part in enumerate(parts) if place not in answers}
        return answers | self._several(lost) if lost else answers

    def _several(self, parts: Mapping[int, tuple[str, Mapping[str, str]]]) -> dict[int, Exchange]:
        if self.read_only:
            raise ReadOnly("--read-only sends nothing but GET")
        forms = {
            place: {"UniqueName": self.name(tail), **form} for place, (tail, form) in parts.items()
        }
        spelt = {
            form["UniqueName"]: {form["UniqueName"], *readings(form)} for form in forms.values()
        }
        self.wire.budget.spend_create(len(forms), at_once=False, holds=len(self.ledger.alive))
        for name, spellings in spelt.items():
            self.ledger.intends(name, also=spellings)
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            answers = dict(zip(forms, pool.map(self._one_of_several, forms.values()), strict=True))
        for name, answer in zip(spelt, answers.values(), strict=True):
            if isinstance(answer, Exchange):
                self.note_created(answer, name)
        lost = [
            name
            for name, answer in zip(spelt, answers.values(), strict=True)
            if isinstance(answer, AnswerLost)
        ]
        if lost:
            self.look_up({name: spelt[name] for name in lost})
        for answer in answers.values():
            if not isinstance(answer, Exchange | AnswerLost):
                raise answer
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
        pages, known, stale, empty = [page], set(map(_sid, items(page))), 0, 0
        while (url := meta(page).get("next_page_url")) and isinstance(url, str):
            circles = stale >= STALE_PAGES or empty >= EMPTY_PAGES
            if circles or len(pages) >= most:
                return Walk(pages=tuple(pages), circles=circles)
            page = self.follow(url, credentials=credentials)
            pages.append(page)
            shown = set(map(_sid, items(page)))
            empty = 0 if shown else empty + 1
            if shown:
                stale = stale + 1 if shown <= known else 0
            known |= shown
        return Walk(pages=tuple(pages), circles=False)

    def _listed(self, exchange: Exchange) -> Exchange:
        for service in items(exchange):
            self._learn(service)
        return exchange

    def is_full(self) -> bool:
        """Tell whether a plain create is refused while other Services of the run are alive."""
        answer = self.create({"UniqueName": self.name()})
        refused = answer.status is not None and 400 <= answer.status < 500
        if refused and self.wire.budget.figures()["live"]:
            self.ledger.full = True
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
                sid in self.created
                and self.fetch(sid).accepted
                and self.update(sid, {"DefaultTtl": "1"}).accepted
                and self.delete(sid).accepted
            )
        except NOT_TO_BE_HAD:
            return False
        finally:
            self.impatient = False

    def _learn(self, shown: dict[str, Any]) -> None:
        """Take a sid for this run's own once the target itself shows it with a name of ours."""
        sid, name = shown.get("sid"), shown.get("unique_name")
        if not isinstance(sid, str) or sid in self.ledger.confirmed:
            return
        if sid not in self.ledger.alive:
            self.ledger.others.setdefault(sid.lower(), name if isinstance(name, str) else None)
        elif self.names.is_ours(name) or (name or "") == self.ledger.alive[sid]:
            self.ledger.confirms(sid)

    def _is_foreign(self, sid: str) -> bool:
        """Tell whether a sid was shown with a name that is not of this run before it was given."""
        shown = self.ledger.others
        return (
            sid not in self.ledger.had
            and sid.lower() in shown
            and not self.names.is_ours(shown[sid.lower()])
        )

    def owned(self, sid: str) -> None:
        """Make sure that a write can only reach what this run created, or nothing at all.

        A target may answer a create with a sid that is somebody else's: what the create answered
        is not believed until a fetch or a list shows the sid with a name of this run. A sid that
        no answer has ever shown is one that a test made up.
        """
        if sid in self.ledger.confirmed:
            return
        if sid not in self.ledger.alive:
            if sid.lower() in self.ledger.others:
                raise Unproven(f"the Service {sid} is somebody else's; it is left alone")
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
        at_once = at_once or self.ledger.full
        if unshown and not at_once and len(unshown) < WAITING:
            sids = [sid for sid in self.created if sid in self.ledger.confirmed]
        else:
            sids = list(self.created)
            if len(unshown) > 1 and self.ledger.lists_help:
                self._confirm_by_list(unshown)
        self._end_all(sids)

    def _confirm_by_list(self, unshown: Sequence[str]) -> None:
        """Look at one page of the list; in an account full of others' Services it may not help."""
        with suppress(*NOT_TO_BE_HAD):
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
        with suppress(*NOT_TO_BE_HAD):
            answer = self.delete(sid, credentials="other-account" if other else "own")
            if answer.accepted:
                self.note_deleted(sid)

    def begin(self) -> None:
        """Start the next story."""
        self.close()
        self.last = None


def _sid(shown: dict[str, Any]) -> str:
    return str(shown.get("sid"))


NOT_ALLOWED: Final = {80506: "may not create Services", 20008: "is a test account",
                      20006: "is suspended", 20403: "may not use the API"}  # fmt: skip
"""What the vendor's codes say of an account."""


def not_allowed(code: object) -> str:
    """Say in one sentence that the account cannot do what a run needs, and what is left to do."""
    why = NOT_ALLOWED.get(code if isinstance(code, int) else 0, "is suspended")
    return f"the account {why} (code {code}); with --read-only, what can be read is judged"


def same_sid(exchange: Exchange, sid: str, why: str) -> None:
    """Tell that a create was answered with a sid that another Service has or had."""
    violation = Violation(
        where="/sid", expected="a sid that no other Service has", found=f"{sid}, {why}"
    )
    current().finds(Finding(requirement="SERVICE-16", violation=violation, exchange=exchange))


def item(sid: str) -> str:
    """Give the path of a Service; what is no plain path segment is escaped."""
    return f"{SERVICES}/{quote(sid, safe='')}"


def sid_in(path: str) -> str:
    """Read the sid in the path of a request; empty where there is none."""
    below = path.partition("?")[0].removeprefix(SERVICES)
    return unquote(below.strip("/").partition("/")[0])


def begin_anew(problem: AnswerLost) -> NoReturn:
    """Give up a story whose answer was lost: an example of Hypothesis's is begun with others."""
    if currently_in_test_context():
        reject()
    raise problem


def query_of(url: str) -> dict[str, str]:
    """Read the query of a URL."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def _short(exchange: Exchange) -> str:
    message = exchange.object().get("message")
    return f"{exchange.status}" + (f" ({message})" if isinstance(message, str) else "")
