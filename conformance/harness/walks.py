"""Knows how to walk a list that others may be changing, and what may be blamed on the target."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from conformance.harness.api import Api
from conformance.harness.envelope import Walk, items, meta, sids
from conformance.harness.evidence import Exchange

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


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrip:
    """A walk forth and back, and where its first page and its last lead."""

    size: int
    """The page size."""
    forth: tuple[Exchange, ...]
    back: tuple[Exchange, ...]
    ends: tuple[tuple[str, Exchange, Exchange], ...]
    """What the first page and the last say of themselves, and of the first: the requirement, what
    their links led to, and the page that it has to be."""
    quiet: bool
    """Whether the pages were the same before and after: the first, where the way back is in order;
    else all of them, since others may be what is wrong.
    """

    @property
    def full(self) -> bool:
        """Whether all pages on the way forth but the last hold as many as were asked for.

        They need not; where they do not, the way back may be cut into other pages.
        """
        return are_full(self.forth, self.size)

    def left_out(self) -> frozenset[str]:
        return left_out(self.forth, self.back, self.size)


def there_and_back(api: Api, size: int) -> RoundTrip:
    """Walk forth in pages of that size, and back along the links to the pages before."""
    pages = api.walk(size).pages
    back = [pages[-1]]
    for _ in range(len(pages) - 1):
        url = meta(back[-1]).get("previous_page_url")
        if not isinstance(url, str):
            break
        back.append(api.follow(url))
    ends = tuple(ends_of(api, pages))
    whole = meta(back[-1]).get("previous_page_url") is None and not left_out(pages, back, size)
    again = (api.list(PageSize=size),) if whole else api.walk(size).pages
    unchanged = [sids(page) for page in again] == [sids(page) for page in pages[: len(again)]]
    quiet = unchanged and len(again) in {1, len(pages)}
    return RoundTrip(size=size, forth=pages, back=tuple(back), ends=ends, quiet=quiet)


def ends_of(api: Api, pages: Sequence[Exchange]) -> Iterator[tuple[str, Exchange, Exchange]]:
    """Follow what the first page and the last say of themselves, and of the first."""
    first, last = pages[0], pages[-1]
    for row, page, name, led in (
        ("LIST-16", last, "url", last),
        ("LIST-15", last, "first_page_url", first),
        ("LIST-16", first, "url", first),
    ):
        if isinstance(url := meta(page).get(name), str):
            yield row, api.follow(url), led


def are_full(forth: Sequence[Exchange], size: int) -> bool:
    """Tell whether each page but the last holds as many as were asked for."""
    return all(len(items(page)) == size for page in forth[:-1])


def left_out(forth: Sequence[Exchange], back: Sequence[Exchange], size: int) -> frozenset[str]:
    """Give what was shown on the way forth, and on no page of as many on the way back.

    Where pages are not full, as they need not be, as many may lead less far.
    """
    if not are_full(forth, size) or len(back) < len(forth):
        return frozenset()
    shown = {sid for page in back for sid in sids(page)}
    return frozenset(sid for page in forth for sid in sids(page)) - shown
