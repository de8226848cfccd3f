"""The characters that valid names are made of, by what may go wrong with them.

Every character was assigned by Unicode 13 (or is for private use), so that all supported Pythons
and any target of the last years know it. Left out on purpose: controls, surrogates, noncharacters,
U+FFFD (it cannot be told from a damaged character), U+FEFF (decoders may drop it), and letters that
show as blank space.
"""

import unicodedata
from collections.abc import Mapping
from itertools import chain
from types import MappingProxyType
from typing import Final


def _range(first: int, last: int) -> tuple[str, ...]:
    return tuple(map(chr, range(first, last + 1)))


_FAMILY: Final = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
_RAINBOW_FLAG: Final = "\U0001f3f3\ufe0f\u200d\U0001f308"
_FLAG_OF_ENGLAND: Final = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"

ALPHABETS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "ASCII letters and digits": (
            *_range(0x30, 0x39),
            *_range(0x41, 0x5A),
            *_range(0x61, 0x7A),
        ),
        "ASCII punctuation": tuple("-._~+&=;%#?/\\\"'<>!$()*,:@[]^`{|}"),
        "blanks inside": ("a", " ", "  ", "b", "\u00a0", "\u2028", "\u2003", "\u3000"),
        "Latin-1": (*_range(0xC0, 0xFF), *_range(0xA1, 0xAC), *_range(0xAE, 0xBF)),
        "Cyrillic": _range(0x0410, 0x045F),
        "Greek": _range(0x03A3, 0x03CE),
        "CJK ideographs": (*_range(0x4E00, 0x4E7F), *_range(0x9F80, 0x9FA5)),
        "Kana": (*_range(0x3042, 0x3093), *_range(0x30A1, 0x30F6)),
        "Hangul": (*_range(0xAC00, 0xAC7F), *_range(0xD780, 0xD7A3)),
        "Hebrew": _range(0x05D0, 0x05EA),
        "Arabic": (*_range(0x0627, 0x063A), *_range(0x0641, 0x064A)),
        "Persian with non-joiners": (
            "\u06cc",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0646\u0627\u0645\u0647\u200c\u0647\u0627",
        ),
        "left and right mixed": ("a", "\u05d0", "1", "\u0627", "-", "(", ")"),
        "combining marks": (
            "e\u0301",
            "o\u0308",
            "A\u030a",
            "q\u0307\u0323",
            "\u0e01\u0e33",
            "\u0915\u094d\u0937\u093f",
            "Z\u0351\u0346\u0353\u0329",
        ),
        "Hangul in letters": ("\u1112\u1161\u11ab", "\u1100\u1173\u11af"),
        "changed by normalisation": (
            "\u212b",
            "\u2126",
            "\u0958",
            "\uf900",
            "\ufb01",
            "\uff21",
            "\u2460",
            "\u00bd",
            "\u0344",
            "\U0002f800",
        ),
        "changed by letter case": (
            "\u00df",
            "\u1e9e",
            "\u0130",
            "\u0131",
            "\u017f",
            "\u212a",
            "\u03c2",
            "\u03c3",
            "\u01c5",
            "\u0149",
            "\U00010400",
            "\U00010428",
        ),
        "emoji": (
            "\U0001f600",
            "\U0001f44d\U0001f3fd",
            "\u2764\ufe0f",
            "1\ufe0f\u20e3",
            _FAMILY,
            _RAINBOW_FLAG,
            _FLAG_OF_ENGLAND,
        ),
        "flags": ("\U0001f1e9\U0001f1ea", "\U0001f1fa\U0001f1f8", "\U0001f1f3\U0001f1f5"),
        "plane 1": (
            *_range(0x10000, 0x1000B),
            *_range(0x10330, 0x1034A),
            *_range(0x1D4D0, 0x1D503),
            *_range(0x1F600, 0x1F64F),
        ),
        "plane 2": (*_range(0x20000, 0x2007F), *_range(0x2A6C0, 0x2A6D6)),
        "plane 3": (*_range(0x30000, 0x3007F), *_range(0x31330, 0x3134A)),
        "plane 14": ("\u845b\U000e0100", "\u8fbb\U000e0101", *_range(0xE0102, 0xE01EF)),
        "private use, plane 0": (*_range(0xE000, 0xE00F), *_range(0xF8F0, 0xF8FF)),
        "private use, plane 15": (*_range(0xF0000, 0xF000F), *_range(0xFFFF0, 0xFFFFD)),
        "private use, plane 16": (*_range(0x100000, 0x10000F), *_range(0x10FFF0, 0x10FFFD)),
        "like percent escapes": ("%41", "%2B", "%20", "%25", "%00", "%C3%A9", "%u0041", "%", "+"),
        "like JSON": ('{"a":1}', "[]", '"', "\\", "\\n", "\\u0041", "\\ud83d", "null"),
        "like SQL": ("' OR '1'='1", "'; DROP TABLE Services;--", "%", "_", "\\'"),
        "like HTML": ("<b>", "</b>", "&amp;", "&#65;", "&lt", "<script>alert(1)</script>"),
        "like values": ("0", "null", "true", "false", "None", "undefined", "NaN", "-1", "1.0"),
    }
)
"""Pieces of names, simplest first, by the name of what they try."""


def is_blank_at_an_end(character: str) -> bool:
    """Say whether a target that trims could take the character off the end of a name.

    White space, format characters (joiners, tags) and variation selectors: whatever has no width.
    """
    return (
        character.isspace()
        or unicodedata.category(character) == "Cf"
        or "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
    )


def fitted(text: str, *, min_size: int, max_size: int) -> str:
    """Repeat or cut the text, which has a character or more, until its length fits."""
    length = min(max(len(text), min_size), max_size)
    return (text * -(-length // len(text)))[:length]


def ending_solid(text: str) -> str:
    """Put a digit for a last character that could be trimmed; the length stays."""
    return f"{text[:-1]}0" if text and is_blank_at_an_end(text[-1]) else text


def starting_solid(text: str) -> str:
    """Put a digit for a first character that could be trimmed; the length stays."""
    return f"0{text[1:]}" if text and is_blank_at_an_end(text[0]) else text


def all_pieces() -> tuple[str, ...]:
    """Return the pieces of all alphabets, in their order."""
    return tuple(chain.from_iterable(ALPHABETS.values()))
