"""ASGI on one side, requests and responses as values on the other."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from emulator.bodies import BODILESS, Body
from emulator.domain import Refused
from emulator.messages import HEADER_NAMES, Answers, Cut, Request, Response

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]


class Disconnected(Exception):
    """The client went away before its request was whole."""


async def serve_one(answers: Answers, scope: Scope, receive: Receive, send: Send) -> None:
    """Read a request, have it answered, send the answer; none where the connection is to be cut."""
    try:
        request = await request_of(scope, receive)
        response = await answers.answer(request, local=_is_local(scope))
    except Refused as refused:
        response = answers.refuse(refused)
    except (Cut, Disconnected):
        return
    await send_response(response, send)


async def request_of(scope: Scope, receive: Receive) -> Request:
    """Read a request whole, or refuse one that is too large."""
    headers = {HEADER_NAMES[name]: str(value, "latin-1") for name, value in scope["headers"]}
    method = scope["method"]
    under = scope.get("root_path", "")
    raw = scope.get("raw_path") or scope["path"].encode()
    path: str = raw.decode("latin-1").partition("?")[0]
    return Request(
        method=method,
        path=path.removeprefix(under),
        query=scope["query_string"].decode("latin-1"),
        headers=headers,
        body=b"" if method in BODILESS else await _body(receive),
        origin=f"{scope['scheme']}://{headers.get('host') or _server(scope)}{under}",
    )


def _server(scope: Scope) -> str:
    name, port = scope.get("server") or ("localhost", None)
    return f"{name}:{port}" if port else str(name)


def _is_local(scope: Scope) -> bool:
    """Tell whether a request comes from this machine; one without an address is in-process."""
    client = scope.get("client")
    return client is None or is_loopback(client[0])


def is_loopback(address: str) -> bool:
    """Tell whether an address is one of this machine's own to itself."""
    return address.startswith("127.") or address in {"::1", "testclient"}


async def _body(receive: Receive) -> bytes:
    body = Body()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        body.add(message.get("body", b""))
        if not message.get("more_body", False):
            return body.whole()


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
