"""Text as a POSIX shell takes it: quoted, with variables put in, odd bytes as octal escapes."""

import re
from collections.abc import Iterator, Mapping

# Bytes that are no UTF-8 stand as \xNN in the record; the others are 0x7f and below or UTF-8.
_ODD_BYTE = re.compile(r"\\x([89a-fA-F][0-9a-fA-F])")
_PLAIN = re.compile(r"[A-Za-z0-9_./:=@%+,-]+")

Known = Mapping[str, str]
"""What a recorded text is replaced by: `KS…` by `${sid_1}`."""


def quoted(text: str, known: Known | None = None) -> str:
    """Quote a text for sh; what is known becomes a variable in double quotes."""
    if _PLAIN.fullmatch(text) and not known:
        return text
    parts = [f'"{word}"' if word else _single(part) for part, word in _parts(text, known or {})]
    return "".join(parts) or "''"


def written(text: str, known: Known | None = None) -> str:
    """Return the printf command that writes a body exactly, byte by byte."""
    if text.isascii() and text.isprintable() and not _ODD_BYTE.search(text):
        return f"printf '%s' {quoted(text, known)}"
    form, arguments = [], []
    for part, word in _parts(text, known or {}):
        form.append("%s" if word else "".join(_octal(sign) for sign in as_bytes(part)))
        arguments += [f' "{word}"'] if word else []
    return f"printf '{''.join(form)}'{''.join(arguments)}"


def as_bytes(body: str) -> bytes:
    """Return the bytes that a recorded body stands for."""
    sent, end = b"", 0
    for odd in _ODD_BYTE.finditer(body):
        sent += body[end : odd.start()].encode("utf-8", "surrogatepass")
        sent += bytes.fromhex(odd[1])
        end = odd.end()
    return sent + body[end:].encode("utf-8", "surrogatepass")


def _single(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else "'" + text.replace("'", "'\\''") + "'"


def _octal(sign: int) -> str:
    match chr(sign):
        case "'":
            return "'\\''"
        case "%":
            return "%%"
        case "\\":
            return "\\\\"
        case letter if 0x20 <= sign < 0x7F:
            return letter
        case _:
            return f"\\{sign:03o}"


def _parts(text: str, known: Known) -> Iterator[tuple[str, str | None]]:
    """Yield literal parts with None, and known ones with what stands for them."""
    if not known:
        if text:
            yield text, None
        return
    longest_first = sorted(known, key=lambda value: (-len(value), value))
    for part in re.split("(" + "|".join(map(re.escape, longest_first)) + ")", text):
        if part:
            yield part, known.get(part)
