"""Knows how to read what a list answers: its Services, its meta, and pages in a row."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.harness.evidence import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The pages of one walk along next_page_url, in order."""

    pages: tuple[Exchange, ...]
    circles: bool
    """Whether it had no end: it went on to pages that it had seen, or to empty ones.

    Else it ended, or was given up as too long.
    """
    cut: bool = False
    """Whether it was given up as too long: there is more than it shows."""

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


def sids(page: Exchange) -> list[str]:
    """Give the sids of the Services that a page shows, in its order."""
    return [str(one.get("sid")) for one in items(page)]
