"""Settings where the sources permit more than one reading.

The values here are the emulator's usual reading; a variant replaces one of them.
Why each was chosen is told in `assumptions.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


def exactly(name: str) -> str:
    """Tell names apart by their exact code points."""
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """One reading of what the sources leave open."""

    name_key: Callable[[str], str] = exactly
    order: Literal["arrival", "newest", "name", "sid", "hashed"] = "arrival"
    pages: Literal["token", "number"] = "token"
    later_page: Literal["first", "refused"] = "first"
    """What `Page` without a `PageToken` gets."""
    page_number: Literal["counted", "echoed"] = "counted"
    page_cap: int = 1000
    page_size_too_small: Literal["refused", "raised"] = "refused"
    page_size_too_large: Literal["capped", "refused"] = "capped"
    previous_pages: bool = True
    negative_ttl: Literal["refused", "accepted"] = "refused"
    largest_ttl: int = 2**63 - 1
    schemes: Literal["any", "web"] = "any"
    international_urls: bool = False
    moves_date_updated: Literal["always", "when-sent", "when-changed"] = "always"
    other_content_types: Literal["ignored", "refused"] = "ignored"
