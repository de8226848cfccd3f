"""Names that every conforming target accepts, whole and as what follows a token of the run.

A name is 1 to 191 characters of any plane of Unicode (M06, M31: UTF-8 is supported; the limit
counts characters, not bytes and not UTF-16 units). It neither starts nor ends with anything that
may be trimmed, since whether a target trims is not known.
"""

from collections.abc import Sequence
from typing import Final

from hypothesis import strategies as st

from strategies.alphabets import ALPHABETS, all_pieces, ending_solid, fitted, starting_solid

MAX_UNIQUE_NAME: Final = 191
"""The longest `UniqueName`, in characters (M06, M31)."""

BLANKS: Final = (" ", "\u00a0", "\u2003", "\u3000")
"""Blanks that targets may trim, by habit or by mistake."""

_PIECES_OF_A_LONG_NAME: Final = 6
"""A long name repeats a short text: it takes little entropy, and shrinks in few steps."""


def unique_names(
    *,
    min_size: int = 1,
    max_size: int = MAX_UNIQUE_NAME,
    alphabet: Sequence[str] | None = None,
) -> st.SearchStrategy[str]:
    """Generate valid names of `min_size` to `max_size` characters, both ends included and likely.

    They are put together from the pieces of one of `ALPHABETS`, or of all, or from the given
    pieces. Two of them may be equal: whoever sends them puts a token of the run before `name_tails`
    instead.

    Shrinks to `min_size` times the first piece, by default to the name "0".
    """
    if not 1 <= min_size <= max_size <= MAX_UNIQUE_NAME:
        raise ValueError(
            f"sizes {min_size} to {max_size}: allowed are 1 to {MAX_UNIQUE_NAME}, in this order"
        )
    return _texts(min_size, max_size, alphabet).map(ending_solid).map(starting_solid)


def name_tails(*, max_size: int, alphabet: Sequence[str] | None = None) -> st.SearchStrategy[str]:
    """Generate what may follow a token that is ASCII and no blank: 0 to `max_size` characters.

    Token and tail together are a valid name if `max_size` is 191 less the length of the token. A
    tail may start with a blank or a combining mark, since it does not start the name.

    Shrinks to no tail at all.
    """
    if not 0 <= max_size < MAX_UNIQUE_NAME:
        raise ValueError(
            f"max_size {max_size}: a token takes at least one of {MAX_UNIQUE_NAME} characters"
        )
    if max_size == 0:
        return st.just("")
    return st.just("") | _texts(1, max_size, alphabet).map(ending_solid)


def boundary_name_tails(
    length: int, *, alphabet: Sequence[str] | None = None
) -> st.SearchStrategy[str]:
    """Generate tails of exactly `length` characters, from every alphabet.

    Shrinks to `length` times "0".
    """
    if length == 0:
        return st.just("")
    return st.one_of(
        *(_long(pieces, length) for pieces in _choices(alphabet)),
    ).map(ending_solid)


def blank_ended_name_tails(*, max_size: int) -> st.SearchStrategy[str]:
    """Generate tails of 1 to `max_size` characters that end with a blank: a target may trim them.

    Shrinks to one space.
    """
    return st.builds(str.__add__, name_tails(max_size=max_size - 1), st.sampled_from(BLANKS))


def _choices(alphabet: Sequence[str] | None) -> tuple[Sequence[str], ...]:
    if alphabet is not None:
        return (alphabet,)
    return (*ALPHABETS.values(), all_pieces())


def _texts(min_size: int, max_size: int, alphabet: Sequence[str] | None) -> st.SearchStrategy[str]:
    choices = _choices(alphabet)
    bounds = sorted({min_size, max_size, max(min_size, max_size - 1)})
    return st.one_of(
        *(_short(pieces, min_size, max_size) for pieces in choices),
        *(_long(pieces, length) for length in bounds for pieces in choices),
    )


def _short(pieces: Sequence[str], min_size: int, max_size: int) -> st.SearchStrategy[str]:
    return (
        st.lists(st.sampled_from(pieces), min_size=1, max_size=max_size)
        .map("".join)
        .map(lambda text: fitted(text, min_size=min_size, max_size=max_size))
    )


def _long(pieces: Sequence[str], length: int) -> st.SearchStrategy[str]:
    return (
        st.lists(st.sampled_from(pieces), min_size=1, max_size=_PIECES_OF_A_LONG_NAME)
        .map("".join)
        .map(lambda text: fitted(text, min_size=length, max_size=length))
    )
