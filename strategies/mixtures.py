"""Many valid forms that have little in common, always the same, for accounts with many Services."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from typing import Final

from strategies.alphabets import ALPHABETS, ending_solid
from strategies.edges import EDGE_VALUES
from strategies.fields import (
    GEO_MATCH_LEVELS,
    NUMBER_SELECTION_BEHAVIORS,
)

SHORT: Final = 200
"""Characters of the URLs that most forms hold, so that a page of a hundred stays small."""
PIECES: Final = 8
"""Pieces of an alphabet that one name has."""
HEADS: Final = ("7", "0", "A", "_", "\u00e9", "\u6f22", "\U0001f600", "+")
"""What every third name begins with."""
_TTLS: Final = (
    *(edge.value for edge in EDGE_VALUES["DefaultTtl"]),
    *map(str, (59, 86_400, 999_999, 1_000_000, 2**24 + 1, 31_536_001)),
)
_URL_FIELDS: Final = ("CallbackUrl", "InterceptCallbackUrl", "OutOfSessionCallbackUrl")
_URLS: Final = tuple(edge.value for edge in EDGE_VALUES["CallbackUrl"] if len(edge.value) <= SHORT)
_LONG_URLS: Final = tuple(
    edge.value for edge in EDGE_VALUES["CallbackUrl"] if len(edge.value) > SHORT
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """What one Service of many is created with, but for what has to be fresh."""

    head: str
    """What comes before a token in the name, mostly nothing."""
    tail: str
    """What follows it."""
    form: dict[str, str]
    """All parameters but `UniqueName` and `ChatInstanceSid`; each is left out now and then."""
    has_chat: bool
    """Whether a `ChatInstanceSid` belongs to it as well."""


def mixtures(count: int) -> tuple[Mixture, ...]:
    """Return that many valid forms, in which every short edge value meets most others.

    The names of the first two and of the last are the token alone.
    """
    tails = ("", "", *islice(_tails(), max(count - 3, 0)), "")
    return tuple(
        Mixture(
            head=_head(place) if tail else "", tail=tail, form=_form(place), has_chat=place % 3 == 0
        )
        for place, tail in enumerate(tails[:count])
    )


def _tails() -> Iterator[str]:
    """Give a few pieces of each alphabet, then the next few of each."""
    columns = (
        ["".join(pieces[at : at + PIECES]) for at in range(0, len(pieces), PIECES)]
        for pieces in ALPHABETS.values()
    )
    rounds = zip_longest(*columns)
    return (ending_solid(f"-{tail}") for tail in chain.from_iterable(rounds) if tail is not None)


def _head(place: int) -> str:
    return HEADS[place // 3 % len(HEADS)] if place % 3 == 2 else ""


def _form(place: int) -> dict[str, str]:
    """Choose each value by a stride of its own, so that they meet in ever other ways."""
    form = {}
    if place % 5 != 4:
        form["DefaultTtl"] = _TTLS[place % len(_TTLS)]
    if place % 4 != 3:
        form["GeoMatchLevel"] = GEO_MATCH_LEVELS[place // 2 % len(GEO_MATCH_LEVELS)]
    if place % 7 != 6:
        form["NumberSelectionBehavior"] = NUMBER_SELECTION_BEHAVIORS[place // 3 % 2]
    for index, field in enumerate(_URL_FIELDS):
        if (place + index) % 4 != 2:
            form[field] = _URLS[(place + 5 * index) % len(_URLS)]
    if place % 40 == 20:
        form[_URL_FIELDS[place // 40 % 3]] = _LONG_URLS[place // 40 % len(_LONG_URLS)]
    return form
