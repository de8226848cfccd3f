"""Knows how to walk a list that others may be changing, and what may be blamed on the target."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from conformance.harness.api import Api
from conformance.harness.envelope import Walk

QUIET: Final = 2
"""Walks that have to agree where nobody else is at work."""
BUSY: Final = 6
"""Walks that have to agree where the account changes meanwhile: paging then is nobody's promise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What walks of an account show wrong, again and again, about Services that did not change."""

    walk: Walk
    page_size: int | None
    """What was asked for, if anything."""
    missing: frozenset[str]
    repeated: frozenset[str]


def survey(api: Api, sids: Collection[str], page_size: int | None) -> Survey:
    """Walk the account; walk again for as long as the same Services are missing or repeated.

    From the second walk on, our own workers keep quiet.
    """
    walk = api.walk(page_size)
    found = _wrong(walk, sids)
    others = {_others(walk, sids)}
    walks = 1
    while any(found) and walks < (QUIET if len(others) == 1 else BUSY):
        with api.wire.quiet.alone():
            walk = api.walk(page_size)
        again = _wrong(walk, sids)
        found = (found[0] & again[0], found[1] & again[1])
        others.add(_others(walk, sids))
        walks += 1
    return Survey(walk=walk, page_size=page_size, missing=found[0], repeated=found[1])


def _wrong(walk: Walk, sids: Collection[str]) -> tuple[frozenset[str], frozenset[str]]:
    seen = Counter(str(one.get("sid")) for one in walk.items())
    missing = frozenset(sid for sid in sids if not (seen[sid] or walk.cut))
    return missing, frozenset(sid for sid in sids if seen[sid] > 1)


def _others(walk: Walk, sids: Collection[str]) -> frozenset[str]:
    return frozenset(str(one.get("sid")) for one in walk.items()) - frozenset(sids)
