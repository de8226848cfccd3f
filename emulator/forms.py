"""Bodies and queries of type `application/x-www-form-urlencoded`, as text."""

from collections.abc import Iterable, Iterator
from urllib.parse import quote_plus, unquote_to_bytes

from emulator.domain import Form, Reason, Refused

FORM = "application/x-www-form-urlencoded"


def decoded(encoded: bytes) -> Form:
    """Return the parameters; of a repeated name, the last value.

    Only `&` separates, `+` and `%20` are blanks, and what is not UTF-8 is refused: a replaced
    character would be another name than the one that was sent.
    """
    return dict(pairs(encoded))


def pairs(encoded: bytes) -> Iterator[tuple[str, str]]:
    """Go over the parameters in the order in which they were sent."""
    for part in encoded.replace(b"+", b" ").split(b"&"):
        if part:
            name, _, value = part.partition(b"=")
            yield _text(name), _text(value)


def encoded(parameters: Iterable[tuple[str, str]]) -> bytes:
    """Write parameters as a body."""
    return "&".join(
        f"{quote_plus(name)}={quote_plus(value)}" for name, value in parameters
    ).encode()


def _text(text: bytes) -> str:
    try:
        return (unquote_to_bytes(text) if b"%" in text else text).decode()
    except UnicodeDecodeError:
        raise Refused(Reason.UNDECODABLE, detail="It is not UTF-8.") from None
