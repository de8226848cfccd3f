"""Values of single parameters that every conforming target accepts, and sids for paths."""

from typing import Final

from hypothesis import strategies as st

MAX_DEFAULT_TTL: Final = 2_147_483_646
"""The largest ttl: the limits page has a Session's below 2147483647. Beyond is unknown."""

MAX_PAGE_SIZE: Final = 1000
"""The largest `PageSize` (M41)."""

DEFAULT_PAGE_SIZE: Final = 50
"""The `PageSize` of a list that does not name one (M41)."""

CAPPED_PAGE_SIZE: Final = 100
"""The size at which the vendor's changelog says that larger pages are capped."""

SID_DIGITS: Final = 32
"""How many hexadecimal digits follow the two letters of a sid (M05, M08, M09)."""

GEO_MATCH_LEVELS: Final = ("country", "area-code", "overlay", "radius")
"""The levels that the document lists (M18), the default first (M20)."""

NUMBER_SELECTION_BEHAVIORS: Final = ("prefer-sticky", "avoid-sticky")
"""The behaviours that the document lists (M15), the default first (M35)."""

DEFAULT_TTL_BOUNDARIES: Final = (0, 1, 2**15 - 1, 2**15, 2**16 - 1, 2**16, MAX_DEFAULT_TTL)
"""Both ends of the range, and where integers of 16 bits end."""

UNKNOWN_SID_STEM: Final = "7d1c94e20b6fa358"
"""The first digits of sids that no Service has: not counted up from zero, unlikely by chance."""


_HEX_DIGITS: Final = "0123456789abcdef"


def hex_digits() -> st.SearchStrategy[str]:
    """Generate single lower-case hexadecimal digits, the form in which real sids come.

    Shrinks to "0".
    """
    return st.sampled_from(_HEX_DIGITS)


def hex_digits_of_any_case() -> st.SearchStrategy[str]:
    """Generate single hexadecimal digits as the pattern `[0-9a-fA-F]` admits them.

    Shrinks to "0".
    """
    return st.sampled_from("0123456789abcdefABCDEF")


def service_sids(*, digits: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[str]:
    """Generate well-formed sids of Services (M05); `digits` are lower case unless given.

    Shrinks to "KS" and 32 zeros.
    """
    return _sids("KS", digits)


def account_sids(*, digits: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[str]:
    """Generate well-formed sids of accounts (M08); `digits` are lower case unless given.

    Shrinks to "AC" and 32 zeros.
    """
    return _sids("AC", digits)


def chat_instance_sids(*, digits: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[str]:
    """Generate well-formed sids of chat instances (M09); `digits` are lower case unless given.

    Two of them may be equal, and a target may keep a chat instance to one Service (M10): where that
    matters, the caller makes a fresh one.

    Shrinks to "IS" and 32 zeros.
    """
    return _sids("IS", digits)


def unknown_service_sids() -> st.SearchStrategy[str]:
    """Generate well-formed sids that no Service has, not even where sids are counted up.

    Shrinks to the stem of `UNKNOWN_SID_STEM` followed by zeros.
    """
    rest = SID_DIGITS - len(UNKNOWN_SID_STEM)
    return st.text(_HEX_DIGITS, min_size=rest, max_size=rest).map(
        lambda digits: f"KS{UNKNOWN_SID_STEM}{digits}"
    )


def default_ttls() -> st.SearchStrategy[str]:
    """Generate seconds in decimal, 0 to 2147483646, boundaries often.

    Shrinks to "0".
    """
    return st.one_of(
        st.sampled_from(DEFAULT_TTL_BOUNDARIES),
        st.integers(min_value=0, max_value=MAX_DEFAULT_TTL),
    ).map(str)


def geo_match_levels() -> st.SearchStrategy[str]:
    """Generate the four listed levels.

    Shrinks to "country", the default.
    """
    return st.sampled_from(GEO_MATCH_LEVELS)


def number_selection_behaviors() -> st.SearchStrategy[str]:
    """Generate the two listed behaviours.

    Shrinks to "prefer-sticky", the default.
    """
    return st.sampled_from(NUMBER_SELECTION_BEHAVIORS)


def page_sizes(*, max_value: int = MAX_PAGE_SIZE) -> st.SearchStrategy[int]:
    """Generate page sizes from 1 to `max_value`; around 50, 100 and the maximum often.

    Shrinks to 1.
    """
    near = (1, 2, *_around(DEFAULT_PAGE_SIZE), *_around(CAPPED_PAGE_SIZE), max_value - 1, max_value)
    boundaries = sorted({size for size in near if 1 <= size <= max_value})
    return st.sampled_from(boundaries) | st.integers(min_value=1, max_value=max_value)


def _around(size: int) -> tuple[int, int, int]:
    return size - 1, size, size + 1


def _sids(prefix: str, digits: st.SearchStrategy[str] | None) -> st.SearchStrategy[str]:
    return st.text(
        _HEX_DIGITS if digits is None else digits, min_size=SID_DIGITS, max_size=SID_DIGITS
    ).map(prefix.__add__)
