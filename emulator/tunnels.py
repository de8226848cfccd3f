"""`CONNECT`: a client that believes it talks to the API's host talks to the emulator.

Nothing is ever relayed. A tunnel to the API's host ends here, TLS included; one to anywhere else
is refused, so that a test run under it cannot reach the real vendor, or anybody, by accident.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import TypeAlias, cast

from emulator.authority import API_HOST
from emulator.refusals import error

TARGET = f"{API_HOST}:443".encode()
_LONGEST = 16384
_START = b"CONNECT "

NewProtocol: TypeAlias = Callable[[], asyncio.Protocol]


class Door(asyncio.Protocol):
    """Looks at how a connection starts: at a tunnel, or at HTTP for whoever speaks that here."""

    def __init__(self, new_http: NewProtocol, context: ssl.SSLContext) -> None:
        self._new_http = new_http
        self._context = context
        self._begun = bytearray()
        self._upgrade: asyncio.Task[None] | None = None
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is none by name

    def data_received(self, data: bytes) -> None:
        self._begun += data
        begun = bytes(self._begun)
        if not _START.startswith(begun[: len(_START)]):
            _handed_over(self.transport, self._new_http(), begun)
        elif b"\r\n\r\n" in begun:
            self._answer(begun)
        elif len(begun) > _LONGEST:
            self.transport.close()

    def _answer(self, begun: bytes) -> None:
        """Open the tunnel to the API's host; refuse every other."""
        target = begun[len(_START) :].partition(b" ")[0]
        if target.lower() != TARGET:
            self.transport.write(_refused(target.decode("latin-1")))
            self.transport.close()
            return
        self.transport.pause_reading()
        self.transport.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self._upgrade = asyncio.ensure_future(self._upgraded())

    async def _upgraded(self) -> None:
        """Speak TLS from here on, and HTTP inside it."""
        loop = asyncio.get_running_loop()
        early = _Early()
        self.transport.resume_reading()
        try:
            inside = await loop.start_tls(self.transport, early, self._context, server_side=True)
        except (OSError, ssl.SSLError):
            self.transport.close()
            return
        if inside is not None and not early.ended:
            _handed_over(inside, self._new_http(), bytes(early.data))


class _Early(asyncio.Protocol):
    """Holds what comes between the handshake and the moment at which HTTP is there to read it."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.ended = False

    def data_received(self, data: bytes) -> None:
        self.data += data

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the loop's signature
        self.ended = True


def _handed_over(transport: asyncio.Transport, http: asyncio.Protocol, begun: bytes) -> None:
    """Let HTTP have a connection, and what was read of it so far."""
    transport.set_protocol(http)
    http.connection_made(transport)
    if begun:
        http.data_received(begun)


def _refused(target: str) -> bytes:
    """Return the whole answer to a tunnel that leads elsewhere."""
    why = f"Only {TARGET.decode()} is answered here, by the emulator; {target} is not"
    refused = error(403, 20403, why, ("Connection", "close"))
    lines = [f"{name}: {value}" for name, value in refused.headers]
    return "\r\n".join(["HTTP/1.1 403 Forbidden", *lines, "", ""]).encode() + refused.body
