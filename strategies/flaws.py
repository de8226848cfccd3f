"""What can be wrong with a value, one rule at a time: the tables behind `invalid`.

What nobody knows is not here: negative, padded or overlarge ttls, exponents, letter case and
underscores in enums, `extended-area-code`, empty values of optional parameters, URLs that only
strict readers refuse, `http://` among them: RFC 3986 lets a host be empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from hypothesis import strategies as st

from strategies.alphabets import fitted
from strategies.fields import (
    GEO_MATCH_LEVELS,
    NUMBER_SELECTION_BEHAVIORS,
    SID_DIGITS,
)
from strategies.names import MAX_UNIQUE_NAME
from strategies.urls import MAX_CALLBACK_URL, url_of_length

Rule: TypeAlias = Literal["empty", "too long", "malformed", "not listed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """One way of breaking a rule: its simplest value, and a strategy that shrinks to that."""

    rule: Rule
    reason: str
    simplest: str
    values: st.SearchStrategy[str]


_HEX_DIGITS: Final = "0123456789abcdef"
_OTHER_DIGITS: Final = "".join(map(chr, range(0x0660, 0x066A)))
"""Digits to Unicode, and to checks that ask it."""
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


def _sid_flaws(prefix: str, other_prefixes: tuple[str, ...]) -> tuple[Flaw, ...]:
    well = st.text(_HEX_DIGITS, min_size=SID_DIGITS, max_size=SID_DIGITS)
    short = st.text(_HEX_DIGITS, min_size=SID_DIGITS - 1, max_size=SID_DIGITS - 1)
    other = st.sampled_from("ghijklmnopqrstuvwxyz")
    return (
        Flaw(
            rule="malformed",
            reason="one digit too short",
            simplest=f"{prefix}{'0' * (SID_DIGITS - 1)}",
            values=short.map(prefix.__add__),
        ),
        Flaw(
            rule="malformed",
            reason=f"a sid of another kind, without the prefix {prefix}",
            simplest=f"{other_prefixes[0]}{'0' * SID_DIGITS}",
            values=st.builds("{}{}".format, st.sampled_from(other_prefixes), well),
        ),
        Flaw(
            rule="malformed",
            reason="one digit too long",
            simplest=f"{prefix}{'0' * (SID_DIGITS + 1)}",
            values=st.builds(f"{prefix}{{}}{{}}".format, well, st.sampled_from(_HEX_DIGITS)),
        ),
        Flaw(
            rule="malformed",
            reason="with a letter before it",
            simplest=f"x{prefix}{'0' * SID_DIGITS}",
            values=st.builds(f"{{}}{prefix}{{}}".format, st.sampled_from("xyz"), well),
        ),
        Flaw(
            rule="malformed",
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
) -> tuple[Flaw, ...]:
    near = tuple(
        miss
        for value in listed
        for miss in (value[:-1], f"{value}{value[-1]}", f"x{value[1:]}", f"{value[:-1]}x")
    )
    parts = tuple(
        part
        for value in listed
        for part in reversed(value.split("-"))
        if "-" in value and part not in listed
    )
    return (
        Flaw(rule="not listed", reason="a word that means nothing", simplest="x", values=_words()),
        Flaw(
            rule="not listed",
            reason="one letter away from a listed value",
            simplest=near[0],
            values=st.sampled_from(near),
        ),
        Flaw(
            rule="not listed",
            reason="a listed value with more behind it",
            simplest=f"{listed[0]}s",
            values=st.builds(
                "{}{}".format, st.sampled_from(listed), st.sampled_from(("s", "side"))
            ),
        ),
        Flaw(
            rule="not listed",
            reason="a listed value with more before it",
            simplest=f"x{listed[0]}",
            values=st.builds(
                "{}{}".format, st.sampled_from(("x", "un", "x-")), st.sampled_from(listed)
            ),
        ),
        Flaw(
            rule="not listed",
            reason="a part of a listed value",
            simplest=parts[0],
            values=st.sampled_from(parts),
        ),
        Flaw(
            rule="not listed",
            reason=f"a value of {other}",
            simplest=of_the_other[0],
            values=st.sampled_from(of_the_other),
        ),
    )


_UNIQUE_NAME: Final = (
    Flaw(rule="empty", reason="empty", simplest="", values=st.just("")),
    *(
        Flaw(
            rule="too long",
            reason=reason,
            simplest=alphabet[0] * length,
            values=_repeated(alphabet, length),
        )
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
    Flaw(rule="malformed", reason="a word", simplest="x", values=_words()),
    Flaw(
        rule="malformed",
        reason="a number with a fraction",
        simplest="0.1",
        values=st.builds(
            "{}.{}".format,
            st.integers(min_value=0, max_value=9999),
            st.integers(min_value=1, max_value=9),
        ),
    ),
    Flaw(
        rule="malformed",
        reason="digits followed by a letter",
        simplest="0s",
        values=st.builds(
            "{}{}".format,
            st.integers(min_value=0, max_value=9999),
            st.sampled_from("smhwy"),
        ),
    ),
    Flaw(
        rule="malformed",
        reason="hexadecimal",
        simplest="0x0",
        values=st.integers(min_value=0, max_value=0xFFFF).map(hex),
    ),
)

_CALLBACK_URL: Final = (
    Flaw(rule="malformed", reason="a word, without scheme and host", simplest="x", values=_words()),
    Flaw(
        rule="malformed",
        reason="a path, without scheme and host",
        simplest="/x",
        values=_words().map("/".__add__),
    ),
    Flaw(
        rule="malformed",
        reason="a host and a path, without scheme",
        simplest="www.example.com/x",
        values=st.builds(
            "{}/{}".format, st.sampled_from(("www.example.com", "a.example.org")), _words()
        ),
    ),
    Flaw(
        rule="malformed",
        reason="words with blanks between them",
        simplest="x x",
        values=st.lists(_words(), min_size=2, max_size=5).map(" ".join),
    ),
    Flaw(
        rule="malformed",
        reason="without the colon after its scheme",
        simplest="http//example.com",
        values=st.builds(
            "{}//{}{}".format,
            st.sampled_from(("http", "https")),
            st.sampled_from(("example.com", "a.example.org")),
            st.just("") | _words().map("/".__add__),
        ),
    ),
    Flaw(
        rule="too long",
        reason="4001 characters long, one too many",
        simplest="http://example.com/".ljust(MAX_CALLBACK_URL - 2, "a") + "%20",
        values=url_of_length(MAX_CALLBACK_URL - 2).map("{}%20".format),
    ),
    Flaw(
        rule="too long",
        reason="8000 characters long",
        simplest="http://example.com/".ljust(2 * MAX_CALLBACK_URL, "a"),
        values=url_of_length(2 * MAX_CALLBACK_URL),
    ),
)

_CHAT_INSTANCE_SID: Final = (
    *_sid_flaws("IS", ("KS", "AC", "CH", "XX")),
    Flaw(
        rule="malformed",
        reason="with its prefix in lower case",
        simplest=f"is{'0' * SID_DIGITS}",
        values=st.text(_HEX_DIGITS, min_size=SID_DIGITS, max_size=SID_DIGITS).map("is".__add__),
    ),
    Flaw(
        rule="malformed",
        reason="with digits that are not ASCII",
        simplest=f"IS{_OTHER_DIGITS[0] * SID_DIGITS}",
        values=st.text(_OTHER_DIGITS, min_size=SID_DIGITS, max_size=SID_DIGITS).map("IS".__add__),
    ),
)

# A target may look Services up by name, so that the word must not be one that people call a
# Service.
_WORD_FOR_A_SID: Final = "no-such-service-7d1c94e2"
_SERVICE_SID: Final = (
    *_sid_flaws("KS", ("IS", "AC", "KC", "XX")),
    Flaw(
        rule="malformed",
        reason="a word",
        simplest=_WORD_FOR_A_SID,
        values=st.text(_LETTERS, max_size=20).map(_WORD_FOR_A_SID.__add__),
    ),
)

FLAWS: Final[Mapping[str, tuple[Flaw, ...]]] = MappingProxyType(
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
"""The flaws of each parameter, simplest first; `Sid` is the one in a path."""
