"""Listening on a socket, and stopping at once.

uvicorn's protocol does the talking; its `Server` is left out, since that looks for a reason to
stop only ten times a second and then waits for connections to end.
"""

import asyncio
import os
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from email.utils import formatdate
from typing import Any

from emulator.asgi import CLOSE
from emulator.refusals import error

KEEP_ALIVE = 3600
"""Seconds an idle connection is kept: a client must not find it closed under its next request."""


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=2048)


def serve(
    app: Any,
    listener: socket.socket,
    *,
    until_stdin_closes: bool,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Answer on a socket until told to stop by a signal, or by the end of standard input."""

    async def served() -> None:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        _stop_on_signals(loop, stopped.set)
        if until_stdin_closes:
            _stop_with_stdin(loop, stopped.set)
        await answering(app, listener, tls=tls)
        await stopped.wait()

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(served())


async def answering(
    app: Any, listener: socket.socket, *, tls: ssl.SSLContext | None = None
) -> asyncio.Server:
    """Begin to answer on a socket; with a context for TLS, also in tunnels to the API's host."""
    from uvicorn.config import Config  # noqa: PLC0415 - slow to import
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol  # noqa: PLC0415
    from uvicorn.server import ServerState  # noqa: PLC0415

    loop = asyncio.get_running_loop()

    class Protocol(HttpToolsProtocol):
        """Refuses in JSON what is no HTTP, as all else is refused; can be closed by the app."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
            self.app_state[CLOSE] = transport.close
            super().connection_made(transport)

        def send_400_response(self, msg: str) -> None:
            self.transport.write(_not_http(msg))
            self.transport.close()

    config = Config(
        app,
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
    )
    config.load()
    state = ServerState()
    _keep_date(loop, state)

    def new_http() -> asyncio.Protocol:
        return Protocol(config, state, {}, loop)

    if tls is None:
        return await loop.create_server(new_http, sock=listener)
    from emulator.tunnels import Door  # noqa: PLC0415 - for TLS alone

    return await loop.create_server(lambda: Door(new_http, tls), sock=listener)


def _not_http(message: str) -> bytes:
    """Return the whole answer to bytes that are no request."""
    refused = error(400, 20001, message, ("Connection", "close"))
    lines = [f"{name}: {value}" for name, value in refused.headers]
    return "\r\n".join(["HTTP/1.1 400 Bad Request", *lines, "", ""]).encode() + refused.body


def _keep_date(loop: asyncio.AbstractEventLoop, state: Any) -> None:
    """Keep the `Date` header right to the second."""
    date = formatdate(usegmt=True).encode()
    state.default_headers = [(b"date", date), (b"server", b"proxy-emulator")]
    loop.call_later(1, _keep_date, loop, state)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return the faster loop where there is one."""
    with suppress(ImportError):
        import uvloop  # noqa: PLC0415 - not on every system

        return uvloop.new_event_loop
    return None


def _stop_on_signals(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # pragma: no cover - Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))


def _stop_with_stdin(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    """Stop when whoever holds the other end of standard input is gone, however that died."""

    def watch() -> None:
        with suppress(OSError):
            while os.read(sys.stdin.fileno(), 4096):
                pass
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(stop)

    threading.Thread(target=watch, name="stdin", daemon=True).start()
