"""Knows how to delete exactly what a run left: its sids and its names, nothing of anybody else's."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from conformance.harness.api import MOST_PAGES, SIDE_BY_SIDE
from conformance.harness.envelope import items, meta
from conformance.harness.evidence import Credentials, Exchange
from conformance.harness.expect import NotRun, Unproven
from conformance.harness.ledger import Remains
from conformance.harness.names import TOKEN_LENGTH
from conformance.harness.paths import SERVICES, item
from conformance.harness.wire import Request, Wire


@dataclass(slots=True)
class Swept:
    """What was done about each Service that a ledger names."""

    deleted: dict[str, str] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    foreign: dict[str, str] = field(default_factory=dict)
    left: dict[str, tuple[str, str]] = field(default_factory=dict)
    risen: dict[str, Exchange] = field(default_factory=dict)
    """What the run had deleted, and the page that showed it all the same."""
    uncalled: dict[str, tuple[str, Exchange]] = field(default_factory=dict)
    """What has a name of the run though no create of it was accepted, and the page that showed it."""
    stayed: dict[str, Exchange] = field(default_factory=dict)
    """What is there all the same after it was tried to be deleted twice, and the last answer."""
    proven: bool = False
    """Whether the account was read to the end afterwards and shows none of ours."""

    def residue(self) -> list[dict[str, Any]]:
        """Give what is left; what nothing is known to have made is left alone."""
        why = "no create is known to have made it"
        alone = {
            sid: (name, why) for sid, (name, _) in self.uncalled.items() if sid not in self.deleted
        }
        return [
            {"sid": sid, "unique_name": name, "why": why}
            for sid, (name, why) in sorted((alone | self.left).items())
        ]

    def and_also(self, other: "Swept") -> "Swept":
        return Swept(
            deleted=self.deleted | other.deleted,
            gone=self.gone | other.gone,
            foreign=self.foreign | other.foreign,
            left=self.left | other.left,
            risen=self.risen | other.risen,
            uncalled=self.uncalled | other.uncalled,
            stayed=self.stayed | other.stayed,
            proven=self.proven and other.proven,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Broom:
    """One account, and what a ledger says may be left in it."""

    wire: Wire
    remains: Remains
    owner: Credentials
    answers: dict[str, Exchange] = field(default_factory=dict)
    """What the last DELETE of each was answered."""
    uncalled: dict[str, tuple[str, Exchange]] = field(default_factory=dict)
    """What has a name of the run though no create of it was accepted."""

    def is_ours(self, sid: str, shown: dict[str, Any]) -> bool:
        """Tell whether a Service is this run's.

        A sid that was somebody else's before is not. It is, where the target itself once showed the
        sid with a name of the run; else by the sid and a name of the run; else by exactly a name
        that the run was about to create. A target may change a name, or answer a create with the
        sid of somebody else: the sid alone is not enough. Neither is a name that others might
        choose as well, such as one of one character: such a Service has to bear the mark of the run
        somewhere else.
        """
        if sid in self.remains.foreign:
            return False
        name = shown.get("unique_name") or ""
        created = self.remains.created | self.remains.deleted
        if sid in self.remains.shown and sid in created:
            return True
        marked = self.mark in str(name).casefold()
        if sid in created and (marked or name == created[sid]):
            return True
        return (
            isinstance(name, str)
            and name in self.wanted
            and (marked or self.mark in json.dumps(shown).casefold())
        )

    @property
    def mark(self) -> str:
        """What all names of the run hold, and nobody else's."""
        return f"pc-{self.remains.run}-"

    @property
    def wanted(self) -> set[str]:
        remains = self.remains
        known = {*remains.created.values(), *remains.deleted.values()}
        return {*remains.pending, *remains.refused, *known} - {""}

    def is_uncalled(self, sid: str, name: object) -> bool:
        """Tell whether a Service has a name of the run, and comes of no create that is known.

        A create without an answer may have made it, however the target has changed its name.
        """
        if not isinstance(name, str) or self.mark not in name.casefold():
            return False
        remains = self.remains
        known = (one.lower() for one in (*remains.created, *remains.deleted, *remains.foreign))
        return sid.lower() not in known and self._token(name) not in map(
            self._token, remains.pending
        )

    def _token(self, name: str) -> str:
        """Give the part of a name of the run that no other has; empty where there is none."""
        _, mark, rest = name.casefold().partition(self.mark)
        return mark and mark + rest[: TOKEN_LENGTH - len(mark)]

    def send(self, method: str, path: str) -> Exchange:
        request = Request(
            method=method,
            path=path,
            operation="sweep",
            credentials=self.owner,
            safe=True,
            reserved=True,
        )
        return self.wire.send(request)

    def ours(self, pages: dict[str, Exchange]) -> tuple[dict[str, str], bool]:
        """Read the whole account in large pages, for what is ours; keep the page of each in `pages`.

        The second value says whether the list came to an end: else there may be more of ours.
        Raises Unproven where a page is not to be had: what is not shown may be there.
        """
        found: dict[str, str] = {}
        path, seen = f"{SERVICES}?PageSize=1000", set[str]()
        while path not in seen and len(seen) < MOST_PAGES:
            seen.add(path)
            page = self.send("GET", path)
            if not isinstance(page.object().get("services"), list):
                raise Unproven(f"a list was answered {page.status}")
            for shown in items(page):
                sid = shown.get("sid")
                name = shown.get("unique_name")
                if not isinstance(sid, str):
                    continue
                if self.is_ours(sid, shown):
                    found[sid] = str(name)
                    pages[sid] = page
                if self.is_uncalled(sid, name):
                    self.uncalled[sid] = str(name), page
            following = meta(page).get("next_page_url")
            if not isinstance(following, str):
                return found, True
            path = self.wire.path_of(following)
        return found, False

    def look(self, sid: str) -> Exchange | None:
        try:
            return self.send("GET", item(sid))
        except (Unproven, NotRun):
            return None

    def shows(self, sid: str) -> bool:
        """Tell whether a fetch still shows a Service."""
        answer = self.look(sid)
        return answer is not None and answer.accepted

    def delete(self, sid: str) -> str:
        """Delete one Service; give what went wrong, or nothing."""
        try:
            answer = self.send("DELETE", item(sid))
        except (Unproven, NotRun) as problem:
            return str(problem)
        self.answers[sid] = answer
        if answer.accepted or answer.refused:
            return ""
        return f"DELETE answered {answer.status}"


def sweep(wire: Wire, remains: Remains, owner: Credentials = "own") -> Swept:
    """Delete what a ledger leaves, then read the account to see that it is gone.

    Whatever else the account holds is left alone. What the account still shows is tried once more.
    """
    broom = _Broom(wire=wire, remains=remains, owner=owner)
    swept = Swept(foreign=dict(remains.foreign))
    pages: dict[str, Exchange] = {}
    try:
        listed, swept.proven = broom.ours(pages)
    except (Unproven, NotRun):
        listed = {}
    swept.risen = {sid: pages[sid] for sid in listed if sid in remains.deleted}
    swept.uncalled = dict(broom.uncalled)
    unseen = [sid for sid in remains.created if sid not in listed]
    if swept.proven and not (listed or unseen):
        return swept
    if not listed and unseen and broom.look(unseen[0]) is None:
        for sid in unseen:
            swept.left[sid] = (remains.created[sid], "the target does not answer")
        swept.proven = False
        return swept
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for sid, answer in zip(unseen, pool.map(broom.look, unseen), strict=True):
            _sort(broom, swept, listed, sid, answer)
    _delete(broom, swept, listed)
    if again := _prove(broom, swept):
        _delete(broom, swept, again, side_by_side=1)  # it may have been too many at once
        stays = [sid for sid in _prove(broom, swept) if broom.shows(sid)]
        swept.stayed = {sid: broom.answers[sid] for sid in stays if sid in broom.answers}
    return swept


def _sort(
    broom: _Broom, swept: Swept, listed: dict[str, str], sid: str, answer: Exchange | None
) -> None:
    """Decide about a sid that the list does not show: ours, gone, or somebody else's."""
    name = broom.remains.created[sid]
    if answer is None:
        swept.left[sid] = (name, "the target does not answer")
    elif answer.refused:
        swept.gone[sid] = name
    elif not answer.accepted:
        swept.left[sid] = (name, f"a fetch was answered {answer.status}")
    elif answer.object().get("sid") == sid and broom.is_ours(sid, answer.object()):
        listed[sid] = str(answer.object().get("unique_name"))
    else:
        swept.foreign[sid] = name


def _delete(
    broom: _Broom, swept: Swept, sids: dict[str, str], side_by_side: int = SIDE_BY_SIDE
) -> None:
    with ThreadPoolExecutor(side_by_side) as pool:
        for sid, problem in zip(sids, pool.map(broom.delete, sids), strict=True):
            swept.left.pop(sid, None)
            if problem:
                swept.left[sid] = (sids[sid], problem)
            else:
                swept.deleted[sid] = sids[sid]


def _prove(broom: _Broom, swept: Swept) -> dict[str, str]:
    """Read the account again: what it still shows of ours is left, whatever DELETE answered."""
    swept.proven = False
    try:
        after, whole = broom.ours({})
    except (Unproven, NotRun):
        return {}
    for sid, name in after.items():
        swept.deleted.pop(sid, None)
        swept.left.setdefault(sid, (name, "DELETE was answered, and the list still shows it"))
    for sid in [sid for sid in swept.left if sid not in after]:
        answer = broom.look(sid)
        if answer is not None and answer.refused:
            swept.gone[sid] = swept.left.pop(sid)[0]
    swept.proven = whole and not swept.left
    return after
