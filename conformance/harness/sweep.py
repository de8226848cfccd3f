"""Knows how to delete exactly what a run left: its sids and its names, nothing of anybody else's."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from conformance.harness.api import SERVICES, Names, item, items, meta
from conformance.harness.evidence import Exchange
from conformance.harness.expect import NotRun, Unproven
from conformance.harness.ledger import Remains
from conformance.harness.wire import Request, Wire

SIDE_BY_SIDE: Final = 8
MOST_PAGES: Final = 400


@dataclass(slots=True)
class Swept:
    """What was done about each Service that a ledger names."""

    deleted: dict[str, str] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    foreign: dict[str, str] = field(default_factory=dict)
    left: dict[str, tuple[str, str]] = field(default_factory=dict)
    proven: bool = False
    """Whether the account was read to the end afterwards and shows none of ours."""

    def residue(self) -> list[dict[str, Any]]:
        return [
            {"sid": sid, "unique_name": name, "why": why}
            for sid, (name, why) in sorted(self.left.items())
        ]


def sweep(wire: Wire, remains: Remains) -> Swept:
    """Delete what a ledger leaves, then read the account to see that it is gone.

    A Service is ours if the ledger has its sid and the target shows it with a name of the run, or
    if it has exactly a name that the ledger has. Whatever else the account holds is left alone.
    """
    swept = Swept()
    names = Names(run=remains.run, worker="")
    wanted = {*remains.pending, *remains.created.values()} - {""}
    listed = _ours(_account(wire), remains, names, wanted)
    unseen = {sid: name for sid, name in remains.created.items() if sid not in listed}
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for sid, name, shown in pool.map(lambda one: _look(wire, *one), unseen.items()):
            _sort(swept, listed, names, (sid, name, shown))
        answers = pool.map(lambda one: (*one, _delete(wire, one[0])), listed.items())
        for sid, name, problem in answers:
            if problem:
                swept.left[sid] = (name, problem)
            else:
                swept.deleted[sid] = name
    _prove(wire, swept, remains, names, wanted)
    return swept


def _ours(
    account: Iterable[dict[str, Any]], remains: Remains, names: Names, wanted: set[str]
) -> dict[str, str]:
    found = {}
    for shown in account:
        sid, name = shown.get("sid"), shown.get("unique_name")
        if not isinstance(sid, str) or not isinstance(name, str):
            continue
        known = sid in remains.created and (
            names.is_ours(name) or name == remains.created[sid]
        )
        if known or name in wanted:
            found[sid] = name
    return found


def _sort(
    swept: Swept, listed: dict[str, str], names: Names, seen: tuple[str, str, Exchange | None]
) -> None:
    """Decide about a sid that the list does not show: ours, gone, or somebody else's."""
    sid, name, answer = seen
    if answer is None:
        swept.left[sid] = (name, "the target does not answer")
        return
    if not answer.accepted:
        swept.gone[sid] = name
        return
    shown = answer.object().get("unique_name")
    if answer.object().get("sid") == sid and (names.is_ours(shown) or shown == name):
        listed[sid] = str(shown)
    else:
        swept.foreign[sid] = name


def _look(wire: Wire, sid: str, name: str) -> tuple[str, str, Exchange | None]:
    request = Request(method="GET", path=item(sid), operation="sweep", safe=True, reserved=True)
    try:
        return sid, name, wire.send(request)
    except (Unproven, NotRun):
        return sid, name, None


def _delete(wire: Wire, sid: str) -> str:
    """Delete one Service; give what went wrong, or nothing."""
    request = Request(method="DELETE", path=item(sid), operation="sweep", safe=True, reserved=True)
    try:
        answer = wire.send(request)
    except (Unproven, NotRun) as problem:
        return str(problem)
    if answer.accepted or answer.status in {400, 404, 410}:
        return ""
    return f"DELETE answered {answer.status}"


def _account(wire: Wire) -> list[dict[str, Any]]:
    """Read the whole account in large pages; what cannot be read is empty."""
    found: list[dict[str, Any]] = []
    path, seen = f"{SERVICES}?PageSize=1000", set[str]()
    while path not in seen and len(seen) < MOST_PAGES:
        seen.add(path)
        request = Request(method="GET", path=path, operation="sweep", safe=True, reserved=True)
        page = wire.send(request)
        found += items(page)
        following = meta(page).get("next_page_url")
        if not isinstance(following, str):
            return found
        path = wire.path_of(following)
    return found


def _prove(
    wire: Wire, swept: Swept, remains: Remains, names: Names, wanted: set[str]
) -> None:
    try:
        after = _ours(_account(wire), remains, names, wanted)
    except (Unproven, NotRun):
        return
    for sid, name in after.items():
        swept.deleted.pop(sid, None)
        swept.left.setdefault(sid, (name, "DELETE was answered, and the list still shows it"))
    swept.proven = not after
