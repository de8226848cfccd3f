"""Values that no conforming target accepts, each with the one rule that it breaks.

What nobody knows is not here: negative, padded or overlarge ttls, exponents, letter case and
underscores in enums, `extended-area-code`, empty values of optional parameters, URLs that only
strict readers refuse.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Generic, TypeVar

from hypothesis import strategies as st

from strategies.alphabets import fitted
from strategies.fields import (
    GEO_MATCH_LEVELS,
    NUMBER_SELECTION_BEHAVIORS,
    SID_DIGITS,
    hex_digits,
)
from strategies.names import MAX_UNIQUE_NAME
from strategies.urls import MAX_CALLBACK_URL, url_of_length

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invalid(Generic[T]):
    """A value that has to be refused; the reason follows "the value is"."""

    value: T
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flaw:
    """One way of being wrong: its simplest value, and a strategy that shrinks to that."""

    reason: str
    simplest: str
    values: st.SearchStrategy[str]


_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_ASCII: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Letters that count as one by characters, graphemes and normal forms alike, so that no way of
# counting finds a name of 192 of them short enough.
_TWO_BYTES: Final = "".join(map(chr, range(0x0430, 0x0438)))
_FOUR_BYTES: Final = "".join(map(chr, range(0x20000, 0x20010)))


def _words() -> st.SearchStrategy[str]:
    """Words that are no value of any parameter and no number: none of those starts with an x."""
    return st.text(_LETTERS, max_size=20).map("x".__add__)


def _repeated(alphabet: str, length: int) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=1, max_size=6).map(
        lambda text: fitted(text, min_size=length, max_size=length)
    )


def _sid_flaws(prefix: str, other_prefixes: tuple[str, ...]) -> tuple[_Flaw, ...]:
    well = st.text(hex_digits(), min_size=SID_DIGITS, max_size=SID_DIGITS)
    short = st.text(hex_digits(), min_size=SID_DIGITS - 1, max_size=SID_DIGITS - 1)
    other = st.sampled_from("ghijklmnopqrstuvwxyz")
    return (
        _Flaw(
            reason="one digit too short",
            simplest=f"{prefix}{'0' * (SID_DIGITS - 1)}",
            values=short.map(prefix.__add__),
        ),
        _Flaw(
            reason=f"a sid of another kind, without the prefix {prefix}",
            simplest=f"{other_prefixes[0]}{'0' * SID_DIGITS}",
            values=st.builds("{}{}".format, st.sampled_from(other_prefixes), well),
        ),
        _Flaw(
            reason="one digit too long",
            simplest=f"{prefix}{'0' * (SID_DIGITS + 1)}",
            values=st.builds(f"{prefix}{{}}{{}}".format, well, hex_digits()),
        ),
        _Flaw(
            reason="not hexadecimal",
            simplest=f"{prefix}g{'0' * (SID_DIGITS - 1)}",
            values=st.builds(
                lambda digits, letter, at: f"{prefix}{digits[:at]}{letter}{digits[at:]}",
                short,
                other,
                st.integers(min_value=0, max_value=SID_DIGITS - 1),
            ),
        ),
    )


def _enum_flaws(
    listed: tuple[str, ...], of_the_other: tuple[str, ...], other: str
) -> tuple[_Flaw, ...]:
    near = tuple(
        miss
        for value in listed
        for miss in (value[:-1], f"{value}{value[-1]}", f"x{value[1:]}", f"{value[:-1]}x")
    )
    return (
        _Flaw(reason="a word that means nothing", simplest="x", values=_words()),
        _Flaw(
            reason="one letter away from a listed value",
            simplest=near[0],
            values=st.sampled_from(near),
        ),
        _Flaw(
            reason=f"a value of {other}",
            simplest=of_the_other[0],
            values=st.sampled_from(of_the_other),
        ),
    )


_UNIQUE_NAME: Final = (
    _Flaw(reason="empty", simplest="", values=st.just("")),
    *(
        _Flaw(reason=reason, simplest=alphabet[0] * length, values=_repeated(alphabet, length))
        for reason, alphabet, length in (
            ("192 characters of ASCII, one too many", _ASCII, MAX_UNIQUE_NAME + 1),
            ("192 characters of two bytes each, one too many", _TWO_BYTES, MAX_UNIQUE_NAME + 1),
            ("192 characters of four bytes each, one too many", _FOUR_BYTES, MAX_UNIQUE_NAME + 1),
            ("500 characters long", _ASCII, 500),
            ("5000 characters long", _ASCII, 5000),
        )
    ),
)

_GEO_MATCH_LEVEL: Final = _enum_flaws(
    GEO_MATCH_LEVELS, NUMBER_SELECTION_BEHAVIORS, "NumberSelectionBehavior"
)

_NUMBER_SELECTION_BEHAVIOR: Final = _enum_flaws(
    NUMBER_SELECTION_BEHAVIORS, GEO_MATCH_LEVELS, "GeoMatchLevel"
)

_DEFAULT_TTL: Final = (
    _Flaw(reason="a word", simplest="x", values=_words()),
    _Flaw(
        reason="a number with a fraction",
        simplest="0.1",
        values=st.builds(
            "{}.{}".format,
            st.integers(min_value=0, max_value=9999),
            st.integers(min_value=1, max_value=9),
        ),
    ),
    _Flaw(
        reason="digits followed by a letter",
        simplest="0s",
        values=st.builds(
            "{}{}".format,
            st.integers(min_value=0, max_value=9999),
            st.sampled_from("smhwy"),
        ),
    ),
    _Flaw(
        reason="hexadecimal",
        simplest="0x0",
        values=st.integers(min_value=0, max_value=0xFFFF).map(hex),
    ),
)

_CALLBACK_URL: Final = (
    _Flaw(reason="a word, without scheme and host", simplest="x", values=_words()),
    _Flaw(
        reason="words with blanks between them",
        simplest="x x",
        values=st.lists(_words(), min_size=2, max_size=5).map(" ".join),
    ),
    _Flaw(
        reason="without the colon after its scheme",
        simplest="http//example.com",
        values=st.builds(
            "{}//{}{}".format,
            st.sampled_from(("http", "https")),
            st.sampled_from(("example.com", "a.example.org")),
            st.just("") | _words().map("/".__add__),
        ),
    ),
    _Flaw(
        reason="without a host",
        simplest="http://",
        values=st.sampled_from(("http://", "https://")),
    ),
    _Flaw(
        reason="4001 characters long, one too many",
        simplest="http://example.com/".ljust(MAX_CALLBACK_URL + 1, "a"),
        values=url_of_length(MAX_CALLBACK_URL + 1),
    ),
    _Flaw(
        reason="8000 characters long",
        simplest="http://example.com/".ljust(2 * MAX_CALLBACK_URL, "a"),
        values=url_of_length(2 * MAX_CALLBACK_URL),
    ),
)

_CHAT_INSTANCE_SID: Final = _sid_flaws("IS", ("KS", "AC", "CH", "XX"))

# A target may look Services up by name, so that the word must not be one that people call a
# Service.
_WORD_FOR_A_SID: Final = "no-such-service-7d1c94e2"
_SERVICE_SID: Final = (
    *_sid_flaws("KS", ("IS", "AC", "KC", "XX")),
    _Flaw(
        reason="a word",
        simplest=_WORD_FOR_A_SID,
        values=st.text(_LETTERS, max_size=20).map(_WORD_FOR_A_SID.__add__),
    ),
)

_FLAWS: Final[Mapping[str, tuple[_Flaw, ...]]] = MappingProxyType(
    {
        "UniqueName": _UNIQUE_NAME,
        "DefaultTtl": _DEFAULT_TTL,
        "CallbackUrl": _CALLBACK_URL,
        "GeoMatchLevel": _GEO_MATCH_LEVEL,
        "NumberSelectionBehavior": _NUMBER_SELECTION_BEHAVIOR,
        "InterceptCallbackUrl": _CALLBACK_URL,
        "OutOfSessionCallbackUrl": _CALLBACK_URL,
        "ChatInstanceSid": _CHAT_INSTANCE_SID,
        "Sid": _SERVICE_SID,
    }
)

ONE_OF_EACH: Final[Mapping[str, tuple[Invalid[str], ...]]] = MappingProxyType(
    {
        parameter: tuple(Invalid(value=flaw.simplest, reason=flaw.reason) for flaw in flaws)
        for parameter, flaws in _FLAWS.items()
    }
)
"""The simplest value of every reason, by parameter; `Sid` is the one in a path."""

REASONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        parameter: tuple(invalid.reason for invalid in values)
        for parameter, values in ONE_OF_EACH.items()
    }
)
"""Why a value of a parameter may be invalid."""


def invalid_unique_names() -> st.SearchStrategy[Invalid[str]]:
    """Generate names that are empty or too long, by whatever way of counting.

    A name too long is letters throughout: `owned` puts a token of the run into it.

    Shrinks to the empty name.
    """
    return _invalid("UniqueName")


def invalid_default_ttls() -> st.SearchStrategy[Invalid[str]]:
    """Generate text that is no integer in decimal.

    Shrinks to the word "x".
    """
    return _invalid("DefaultTtl")


def invalid_callback_urls() -> st.SearchStrategy[Invalid[str]]:
    """Generate what lacks a scheme or a host, and URLs of more than 4000 characters.

    Shrinks to the word "x".
    """
    return _invalid("CallbackUrl")


def invalid_geo_match_levels() -> st.SearchStrategy[Invalid[str]]:
    """Generate words that are no level: nonsense, near misses, number selection behaviours.

    Shrinks to the word "x".
    """
    return _invalid("GeoMatchLevel")


def invalid_number_selection_behaviors() -> st.SearchStrategy[Invalid[str]]:
    """Generate words that are no behaviour: nonsense, near misses, geo match levels.

    Shrinks to the word "x".
    """
    return _invalid("NumberSelectionBehavior")


def invalid_chat_instance_sids() -> st.SearchStrategy[Invalid[str]]:
    """Generate text that misses the pattern by its prefix, its length or one character.

    Shrinks to "IS" and 31 zeros.
    """
    return _invalid("ChatInstanceSid")


def malformed_service_sids() -> st.SearchStrategy[Invalid[str]]:
    """Generate text for a path, safe in it as it is, that is no sid of a Service.

    Shrinks to "KS" and 31 zeros.
    """
    return _invalid("Sid")


def owned(name: Invalid[str], *, token: str) -> Invalid[str]:
    """Return the name with a token of the run for its first characters, wrong as before.

    A target that accepts it after all then has it once, and refuses none as a duplicate. The empty
    name stays empty.
    """
    return replace(name, value=f"{token}{name.value[len(token) :]}" if name.value else "")


def _invalid(parameter: str) -> st.SearchStrategy[Invalid[str]]:
    return st.one_of(
        *(
            st.builds(Invalid, value=flaw.values, reason=st.just(flaw.reason))
            for flaw in _FLAWS[parameter]
        )
    )
