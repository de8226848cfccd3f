"""Knows how each Service of the run was last shown, and that it stays so until it is changed.

Whatever a test is about, what it is shown of a Service on the way is held against what was shown
before: a list with an item of a while ago, a fetch of what a refused update asked for.
"""

import re
import threading
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPMethod
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from conformance.harness.checks import differences, held, lasting
from conformance.harness.envelope import items, meta
from conformance.harness.evidence import Credentials, Exchange
from conformance.harness.expect import A_SUCCESS, Judgement, Violation
from conformance.harness.paths import PAGE_SIZE, SERVICES, query_of
from conformance.harness.wire import READS, RIGHT

_SID: Final = re.compile(r"KS[0-9a-fA-F]{32}")
_FIRST_PAGE: Final = frozenset({"PageSize"})
"""What may be asked of a first page: whatever else a next_page_url has, is of a later one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A Service as an answer showed it."""

    service: Mapping[str, Any]
    operation: str
    """What was answered so."""
    credentials: Credentials
    """Of whoever created it: what others are shown is for other requirements."""
    writes: int
    """How many writes to any Service had been answered by then."""
    refused: bool = False
    """Whether an update of it was refused since."""


@dataclass(slots=True)
class Memory:
    """Holds what answers show of the Services of one process of a run against what others showed.

    Only what this process created is remembered: nobody else changes it. What two requests may
    have changed at once is forgotten until it is shown again; what a request without an answer
    may change yet, for good.
    """

    _known: dict[str, Shown] = field(default_factory=dict, repr=False)
    """By the sid in lower case, as all else."""
    _owners: dict[str, Credentials] = field(default_factory=dict, repr=False)
    """With whose credentials this process created a Service."""
    _changed: dict[str, float] = field(default_factory=dict, repr=False)
    """When the last write to such a Service was answered."""
    _gone: set[str] = field(default_factory=set, repr=False)
    _left: set[str] = field(default_factory=set, repr=False)
    """What is not judged: somebody else's, or in a state that nobody knows."""
    _writes: int = 0
    _walk_began: int = 0
    """How many writes had been answered when a first page was last read."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def alive(self) -> list[str]:
        """Give the sids of the account's own Services that are surely there."""
        with self._lock:
            known = [one for sid, one in self._known.items() if sid not in self._left]
        return [str(one.service["sid"]) for one in known if one.credentials == "own"]

    def lose(self, exchange: Exchange) -> None:
        """Judge no more what a write may change yet that found no answer."""
        if exchange.status is None and exchange.method not in READS:
            with self._lock:
                self._leave(exchange)

    def __call__(self, exchange: Exchange) -> Iterator[Judgement]:
        with self._lock:
            if exchange.method in READS:
                found = list(self._read(exchange))
            else:
                found = []
                self._writes += 1
                self._written(exchange)
        yield from found

    def _written(self, exchange: Exchange) -> None:
        if exchange.operation == "create":
            self._created(exchange)
        elif exchange.accepted and _sids_in(exchange):
            for sid in _sids_in(exchange) & self._changed.keys():
                self._changes(sid, exchange)
        elif exchange.refused:
            for sid in _sids_in(exchange) & self._known.keys():
                self._refuses(sid, exchange)
        elif exchange.status not in {401, 403}:
            self._leave(exchange)

    def _created(self, exchange: Exchange) -> None:
        sid = str(exchange.object().get("sid")).lower()
        if not exchange.accepted or not _SID.fullmatch(f"KS{sid[2:]}"):
            return
        if sid in self._changed or sid in self._left:
            self._known.pop(sid, None)
            self._left.add(sid)
            return
        self._owners[sid], self._changed[sid] = exchange.credentials, _end(exchange)
        self._remember(sid, exchange.object(), exchange)

    def _changes(self, sid: str, exchange: Exchange) -> None:
        """Take in what an accepted write did, if nothing else was under way on that Service."""
        before, self._changed[sid] = self._changed[sid], max(self._changed[sid], _end(exchange))
        self._known.pop(sid, None)
        if exchange.started < before or sid in self._left:
            return
        if exchange.operation == "delete":
            self._gone.add(sid)
        elif exchange.operation == "update" and _is_of(exchange.object(), sid):
            self._remember(sid, exchange.object(), exchange)

    def _refuses(self, sid: str, exchange: Exchange) -> None:
        self._changed[sid] = max(self._changed[sid], _end(exchange))
        known = self._known[sid]
        if exchange.operation == "update" and exchange.credentials == known.credentials:
            self._known[sid] = replace(known, refused=True)

    def _leave(self, exchange: Exchange) -> None:
        anybody = set() if exchange.operation == "create" else set(self._changed)
        for sid in _sids_in(exchange) or anybody:
            self._known.pop(sid, None)
            self._gone.discard(sid)
            self._left.add(sid)

    def _remember(self, sid: str, service: Mapping[str, Any], exchange: Exchange) -> None:
        if exchange.method not in READS and (chat := held(service, "chat_instance_sid")):
            # A chat instance may have one Service alone, the last that it was given to.
            for key, one in list(self._known.items()):
                if held(one.service, "chat_instance_sid") == chat:
                    del self._known[key]
        self._known[sid] = Shown(
            service=service,
            operation=exchange.operation,
            credentials=self._owners[sid],
            writes=self._writes,
        )

    def _read(self, exchange: Exchange) -> Iterator[Judgement]:
        if exchange.method != HTTPMethod.GET or exchange.credentials not in RIGHT:
            return
        if exchange.operation == "fetch":
            if exchange.accepted:
                yield from self._shown(exchange.object(), "", exchange)
            elif exchange.refused:
                yield from self._denied(exchange)
        elif exchange.operation == "list" and exchange.accepted:
            yield from self._listed(exchange)

    def _listed(self, page: Exchange) -> Iterator[Judgement]:
        query = query_of(page.whole.url)
        if query.keys() <= _FIRST_PAGE:
            self._walk_began = self._writes
        if self._walk_began == self._writes:  # pages may be of what was there as a walk began
            for index, shown in enumerate(items(page)):
                yield from self._shown(shown, f"/services/{index}", page)
        there = Counter(str(one.get("sid")).lower() for one in items(page))
        if _is_whole(page, query):
            yield from self._missing(page, there)
        for sid, known in self._alive(page).items():
            if there[sid] > 1:
                wanted = f"{known.service['sid']} once"
                yield "LIST-7", Violation(where="/services", expected=wanted, found="it twice")

    def _alive(self, exchange: Exchange) -> dict[str, Shown]:
        """Give the Services that were there before a request, and are there still."""
        return {
            sid: known
            for sid, known in self._known.items()
            if known.credentials == exchange.credentials
            and exchange.started >= self._changed[sid]
            and sid not in self._left
        }

    def _missing(self, page: Exchange, there: Collection[str]) -> Iterator[Judgement]:
        """Tell of what a list leaves out that is all on one page; the first of several."""
        for sid, known in self._alive(page).items():
            if sid not in there:
                wanted = f"to show {known.service['sid']}"
                yield "LIST-6", Violation(where="/services", expected=wanted, found="no such item")
                return

    def _denied(self, exchange: Exchange) -> Iterator[Judgement]:
        """Tell of a refused fetch of what has to be there; once, as more would follow from that."""
        path = urlsplit(exchange.whole.url).path
        for sid, known in self._alive(exchange).items():
            if path.endswith(f"{SERVICES}/{known.service['sid']}"):
                del self._known[sid]
                self._left.add(sid)
                row = "FETCH-1" if known.writes == self._writes else "LIFE-1"
                found = str(exchange.status)
                yield row, Violation(where="status", expected=A_SUCCESS, found=found)

    def _shown(
        self, shown: Mapping[str, Any], where: str, exchange: Exchange
    ) -> Iterator[Judgement]:
        sid, lists = str(shown.get("sid")).lower(), exchange.operation == "list"
        if sid not in self._changed:
            self._left.add(sid)
        if sid in self._left or exchange.started < self._changed[sid]:
            return
        if exchange.credentials != self._owners[sid]:
            return
        if sid in self._gone:
            row, wanted = ("LIST-22" if lists else "DELETE-3"), "no Service that was deleted"
            yield row, Violation(where=f"{where}/sid", expected=wanted, found=repr(shown["sid"]))
            return
        known, wrong = self._known.get(sid), []
        if known is not None:
            wrong = list(differences(shown, lasting(known.service), where))
            row = _row_of(known, self._writes, lists=lists)
            yield from ((row, violation) for violation in wrong)
        if not (wrong and lists):
            self._remember(sid, shown, exchange)


def _end(exchange: Exchange) -> float:
    return exchange.started + exchange.seconds


def _sids_in(exchange: Exchange) -> set[str]:
    """Give each sid that the path of a request names."""
    path = unquote(urlsplit(exchange.whole.url).path)
    return {sid.lower() for sid in _SID.findall(path)}


def _is_whole(page: Exchange, query: Mapping[str, str]) -> bool:
    """Tell whether a page is all that there is, by what was asked for and by what it says."""
    asked = {key: value for key, value in query.items() if key != "PageSize"}
    size = query.get("PageSize", "50")
    ends = "next_page_url" in meta(page) and meta(page)["next_page_url"] is None
    return not asked and ends and PAGE_SIZE.fullmatch(size) is not None


def _is_of(shown: Mapping[str, Any], sid: str) -> bool:
    return str(shown.get("sid")).lower() == sid


def _row_of(known: Shown, writes: int, *, lists: bool) -> str:
    """Say whose requirement it is that a Service is shown as it was."""
    if known.refused:
        return "REFUSE-25"
    if known.writes != writes:
        return "LIFE-1"
    if known.operation == "update":
        return "LIST-23" if lists else "UPDATE-2"
    if lists or known.operation == "list":
        return "LIST-8"
    return "FETCH-2" if known.operation == "create" else "FETCH-9"
