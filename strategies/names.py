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
    return (
        _texts(min_size, max_size, alphabet, _free_or_near_the_ends(min_size, max_size))
        .map(ending_solid)
        .map(starting_solid)
    )


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
    return st.just("") | _texts(1, max_size, alphabet, _free_or_near_the_ends(1, max_size)).map(
        ending_solid
    )


def boundary_name_tails(
    length: int, *, alphabet: Sequence[str] | None = None
) -> st.SearchStrategy[str]:
    """Generate tails of exactly `length` characters, from every alphabet.

    Shrinks to `length` times "0".
    """
    if length == 0:
        return st.just("")
    return _texts(length, length, alphabet, st.none()).map(ending_solid)


def blank_ended_name_tails(*, max_size: int) -> st.SearchStrategy[str]:
    """Generate tails of 1 to `max_size` characters that end with a blank: a target may trim them.

    Shrinks to one space.
    """
    return st.builds(str.__add__, name_tails(max_size=max_size - 1), st.sampled_from(BLANKS))


def _texts(
    min_size: int,
    max_size: int,
    alphabet: Sequence[str] | None,
    lengths: st.SearchStrategy[int | None],
) -> st.SearchStrategy[str]:
    """Put pieces together, and repeat or cut them to a length, where one is drawn.

    Alphabets and pieces are drawn by their numbers: strategies that hold them all take long to make
    and to print.
    """
    alphabets = (*ALPHABETS.values(), all_pieces()) if alphabet is None else (alphabet,)
    numbers = st.integers(min_value=0, max_value=max(map(len, alphabets)) - 1)

    def compose(which: int, pieces: Sequence[int], length: int | None) -> str:
        chosen = alphabets[which]
        return fitted(
            "".join(chosen[number % len(chosen)] for number in pieces),
            min_size=min_size if length is None else length,
            max_size=max_size if length is None else length,
        )

    return st.builds(
        compose,
        which=st.integers(min_value=0, max_value=len(alphabets) - 1),
        pieces=st.lists(numbers, min_size=1, max_size=max_size),
        length=lengths,
    )


def _free_or_near_the_ends(min_size: int, max_size: int) -> st.SearchStrategy[int | None]:
    ends = sorted({min_size, max(min_size, max_size - 1), max_size})
    return st.none() | st.sampled_from(ends)
