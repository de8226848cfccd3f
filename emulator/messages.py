"""Requests and responses as plain values, and what stands between the two."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
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
        return Response(status=self.status, headers=(*others, *added), body=self.body)


Handler: TypeAlias = Callable[[Request], Awaitable[Response]]
"""Answers requests; the API itself is one, and so is each wrapper around it."""


def answer(status: int, body: bytes, *headers: tuple[str, str], kind: str = JSON) -> Response:
    """Return an answer with a body and its length."""
    length = ("Content-Length", str(len(body)))
    return Response(status=status, headers=(("Content-Type", kind), length, *headers), body=body)


def resized(response: Response, body: bytes) -> Response:
    """Return the same answer with another body, and its length set right."""
    changed = Response(status=response.status, headers=response.headers, body=body)
    if response.header("content-length") is None:
        return changed
    return changed.with_header("Content-Length", str(len(body)))
