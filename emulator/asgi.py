"""ASGI on one side, requests and responses as values on the other."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from emulator.domain import Reason, Refused
from emulator.messages import Handler, Request, Response
from emulator.refusals import refusal

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

MAX_BODY = 1 << 20
"""A hundred times what the largest good form needs, escaped."""

MAX_DRAINED = 16 << 20
"""How much is read of a body that is refused: who is still sending does not hear an answer."""

MANY_NAMES = 256

CLOSE = "close"
"""What a server calls its way to close the connection of a request."""

_BODILESS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})


class Cut(Exception):
    """The connection is to be closed without an answer."""


class Disconnected(Exception):
    """The client went away before its request was whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """Under which prefix everything is, and which host URLs name."""

    prefix: str = ""
    url_host: str | None = None

    def origin(self, scope: Scope, host: str | None) -> str:
        """Return what URLs in the answer start with."""
        under = f"{scope.get('root_path', '')}{self.prefix}"
        if self.url_host:
            separator = "" if "://" in self.url_host else f"{scope['scheme']}://"
            return f"{separator}{self.url_host}{under}"
        if not host:
            name, port = scope.get("server") or ("localhost", None)
            host = f"{name}:{port}" if port else str(name)
        return f"{scope['scheme']}://{host}{under}"


class _Names(dict[bytes, str]):
    """Names of headers as text; strangers choose them, so only so many are remembered."""

    def __missing__(self, name: bytes) -> str:
        text = name.decode("latin-1").lower()
        if len(self) < MANY_NAMES and len(name) < MANY_NAMES:
            self[name] = text
        return text


_NAMES = _Names()


async def request_of(scope: Scope, receive: Receive, mount: Mount) -> Request:
    """Read a request whole, or refuse one that is too large or not below the prefix."""
    headers = {_NAMES[name]: str(value, "latin-1") for name, value in scope["headers"]}
    method = scope["method"]
    bodiless = method in _BODILESS
    return Request(
        method=method,
        path=_path(scope, mount.prefix),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=b"" if bodiless else await _body(receive),
        origin=mount.origin(scope, headers.get("host")),
    )


def _path(scope: Scope, prefix: str) -> str:
    """Return the path as it was sent, without the prefixes under which everything is."""
    raw = scope.get("raw_path") or scope["path"].encode()
    path: str = raw.decode("latin-1").partition("?")[0]
    for part in (scope.get("root_path", ""), prefix):
        if part and path.startswith(part):
            path = path[len(part) :]
        elif part and part == prefix:
            raise Refused(Reason.NO_SUCH_RESOURCE, path)
    return path


async def _body(receive: Receive) -> bytes:
    """Read a body; one that is too large is read on for a while, so that the answer is heard."""
    body = bytearray()
    length = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        part = message.get("body", b"")
        length += len(part)
        if length <= MAX_BODY:
            body += part
        more = message.get("more_body", False)
        if length > MAX_BODY and (length > MAX_DRAINED or not more):
            detail = f"At most {MAX_BODY} bytes are taken."
            headers = {"Connection": "close"} if more else {}
            raise Refused(Reason.TOO_LARGE, detail=detail, headers=headers)
        if not more:
            return bytes(body)


class _Lowered(dict[str, bytes]):
    """Names of headers as ASGI wants them; those of answers are our own, so they are few."""

    def __missing__(self, name: str) -> bytes:
        return self.setdefault(name, name.lower().encode("latin-1"))


_LOWERED = _Lowered()


async def send_response(response: Response, send: Send) -> None:
    """Send an answer in one piece."""
    headers = [(_LOWERED[name], value.encode("latin-1")) for name, value in response.headers]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What stands between ASGI and a handler."""

    handler: Handler
    stamp: Callable[[Response], Response]
    """Finishes the refusals that no handler gets to see."""
    mount: Mount


async def serve_one(front: Front, scope: Scope, receive: Receive, send: Send) -> None:
    """Read a request, have it answered, send the answer."""
    try:
        response = await front.handler(await request_of(scope, receive, front.mount))
    except Refused as refused:
        response = front.stamp(refusal(refused))
    except Cut:
        await _close(scope, receive)
        return
    except Disconnected:
        return
    await send_response(response, send)


async def _close(scope: Scope, receive: Receive) -> None:
    """Close the connection where the server lets us, and wait until it is closed."""
    close = scope.get("state", {}).get(CLOSE)
    if close is not None:
        close()
        while (await receive())["type"] != "http.disconnect":
            pass
