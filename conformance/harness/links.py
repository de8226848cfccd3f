"""Knows pages of two Services each, and where the links between them lead."""

from dataclasses import dataclass, replace
from typing import Final

from conformance.harness.api import Api
from conformance.harness.envelope import meta, sids
from conformance.harness.evidence import Exchange
from conformance.harness.expect import NotRun, Unproven
from conformance.harness.listing import is_page_before, meets
from conformance.harness.walks import Survey

READINGS: Final = 4
"""How often pages are read anew while others change the account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Pages of two Services each, and where their links lead."""

    first: Exchange
    second: Exchange
    previous: Exchange | None
    first_again: Exchange | None
    itself: Exchange | None
    surveys: dict[int, Survey]
    """Walks of the whole account, by their page sizes."""
    quiet: bool
    """Whether the same pages were there before and after: links can be judged."""

    @property
    def doubtful(self) -> bool:
        """Whether others may be the cause of what the links seem to do wrong."""
        led = (
            (self.previous, is_page_before(self.first, 2)),
            (self.first_again, meets(self.first)),
            (self.itself, meets(self.second)),
        )
        return not self.quiet or any(
            there is not None and any(check(there)) for there, check in led
        )

    def linked(self) -> "Pages":
        """Give the pages, if what their links lead to can be held against them."""
        if not self.several().quiet:
            raise NotRun("others changed the account while its pages were read")
        return self

    def several(self) -> "Pages":
        if not self.first.accepted:
            raise Unproven(f"a list with PageSize=2 was answered {self.first.status}")
        if self.second is self.first:
            raise Unproven("the first page of two led to no second one")
        if not self.second.accepted:
            raise Unproven(f"the second page of two was answered {self.second.status}")
        return self


def pages_of_two(api: Api, surveys: dict[int, Survey]) -> Pages:
    """Read the first pages and follow their links; anew where others may be what is wrong.

    Where they go on to be, the last two readings have to be quiet.
    """
    readings = quiet = 0
    while True:
        with api.wire.quiet.alone():
            pages = _read(api, surveys)
        readings, quiet = readings + 1, quiet + 1 if pages.quiet else 0
        if not pages.doubtful:
            return pages
        if readings == READINGS:
            return replace(pages, quiet=quiet > 1)


def _read(api: Api, surveys: dict[int, Survey]) -> Pages:
    """Read two pages, follow their links, and read the two pages again."""

    def followed(url: object) -> Exchange | None:
        return api.follow(url) if isinstance(url, str) and url else None

    first, second = _two(api)
    links = meta(second)
    itself = followed(links.get("url"))  # before a page that a server may go on from instead
    previous = followed(links.get("previous_page_url")) if second is not first else None
    first_again = followed(links.get("first_page_url"))
    after = _two(api)
    return Pages(
        first=first,
        second=second,
        previous=previous,
        first_again=first_again,
        itself=itself,
        surveys=surveys,
        quiet=[sids(page) for page in after] == [sids(first), sids(second)],
    )


def _two(api: Api) -> tuple[Exchange, Exchange]:
    """Give the first page of two Services, and the one that it leads to; else itself again."""
    first = api.list(PageSize=2)
    following = meta(first).get("next_page_url")
    return first, api.follow(following) if isinstance(following, str) else first
