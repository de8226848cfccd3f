"""What a target sent, made fit to be shown: it is hostile until proven otherwise."""

import re
import unicodedata

# Controls, and what Unicode calls format characters: these turn a line around, or hide.
_MEANINGLESS = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escaped(character: str) -> str:
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def line(text: str) -> str:
    """Show everything on one line: controls, line ends and direction marks become escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(c) if unicodedata.category(c) in _MEANINGLESS else c for c in text)


def block(text: str) -> str:
    """Keep line ends and tabs; show every other control as an escape."""
    text = text.replace("\r\n", "\n")
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(
        _escaped(c) if c not in "\n\t" and unicodedata.category(c) in _MEANINGLESS else c
        for c in text
    )


def for_xml(text: str) -> str:
    """Replace what XML 1.0 cannot hold (section 2.2, Char), however it is escaped."""
    return _NOT_XML.sub(lambda found: _escaped(found[0]), text)


def shortened(text: str, length: int) -> str:
    """Keep both ends of a long text, and say how much is left out between them."""
    if len(text) <= length:
        return text
    left_out = len(text) - length
    mark = f" […{left_out:,} more…] "
    head = max(length * 2 // 3, 1)
    return text[:head] + mark + text[len(text) - (length - head) :]


def cells(text: str) -> int:
    """Count the columns of a terminal that a text takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    marks = sum(bool(unicodedata.combining(c)) for c in text)
    return len(text) + wide - marks


def cut(text: str, columns: int) -> str:
    """Cut a text to so many columns; an ellipsis says that it was cut."""
    if cells(text) <= columns:
        return text
    kept, used = [], 1
    for character in text:
        used += cells(character)
        if used > columns:
            break
        kept.append(character)
    return "".join(kept) + "…"


def number(value: float) -> str:
    """Write a number for people: thousands parted, no false precision."""
    if isinstance(value, int) or value >= 100:
        return f"{value:,.0f}"
    if value == round(value):
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def plural(count: int, one: str, many: str = "") -> str:
    """Write a number with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
