"""Requests and responses as plain values, and what stands between the two."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple, Protocol, TypeAlias

from emulator.domain import Refused

JSON = "application/json"


class Request(NamedTuple):
    """One request, read whole."""

    method: str
    path: str
    """As it was sent, still percent-encoded, without the prefix under which everything is."""
    query: str
    headers: Mapping[str, str]
    """Names in lower case; of a repeated name, the last."""
    body: bytes
    origin: str
    """Scheme, host and prefix as the client used them: what URLs in the answer start with."""


MANY_NAMES = 256


class _HeaderNames(dict[bytes, str]):
    """Names of headers as text; strangers choose them, so only so many are remembered."""

    def __missing__(self, name: bytes) -> str:
        text = name.decode("latin-1").lower()
        if len(self) < MANY_NAMES and len(name) < MANY_NAMES:
            self[name] = text
        return text


HEADER_NAMES = _HeaderNames()


class Response(NamedTuple):
    """One answer. Without a `Content-Length` it is sent in chunks."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Return the first value of a header, its name in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def with_header(self, name: str, value: str | None) -> "Response":
        """Return the same answer with one header replaced, or left out for None."""
        others = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        added = () if value is None else ((name, value),)
        return self._replace(headers=(*others, *added))


Handler: TypeAlias = Callable[[Request], Awaitable[Response]]
"""Answers requests; the API itself is one, and so is each wrapper around it."""


class Cut(Exception):
    """The connection is to be closed without an answer."""


class Answers(Protocol):
    """All of an emulator, as what reads requests and sends answers knows it."""

    async def answer(self, request: Request, /, *, local: bool) -> Response:
        """Answer a request, or raise `Cut`; a local one comes from this machine."""
        ...

    def refuse(self, refused: Refused, /) -> Response:
        """Answer what could not be read."""
        ...


def answer(status: int, body: bytes, *headers: tuple[str, str], kind: str = JSON) -> Response:
    """Return an answer with a body and its length."""
    length = ("Content-Length", str(len(body)))
    return Response(status, (("Content-Type", kind), length, *headers), body)


def resized(response: Response, body: bytes) -> Response:
    """Return the same answer with another body, and its length set right."""
    changed = response._replace(body=body)
    if response.header("content-length") is None:
        return changed
    return changed.with_header("Content-Length", str(len(body)))
