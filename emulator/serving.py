"""Listening on a socket, and stopping at once."""

import asyncio
import os
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from emulator.messages import Answers

if TYPE_CHECKING:
    from emulator.connections import Patience


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=2048)


def serve(
    app: Answers,
    listener: socket.socket,
    *,
    until_stdin_closes: bool,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Answer on a socket until told to stop by a signal, or by the end of standard input."""
    _allow_many_connections()

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
    app: Answers,
    listener: socket.socket,
    *,
    tls: ssl.SSLContext | None = None,
    patience: "Patience | None" = None,
) -> asyncio.Server:
    """Begin to answer on a socket; with a context for TLS, also in tunnels to the API's host."""
    from emulator.connections import Connection, Listener, Patience  # noqa: PLC0415 - to serve alone

    loop = asyncio.get_running_loop()
    new_connection = partial(Connection, Listener(app, loop, patience or Patience()))
    if tls is None:
        return await loop.create_server(new_connection, sock=listener)
    from emulator.tunnels import Door  # noqa: PLC0415 - for TLS alone

    return await loop.create_server(lambda: Door(new_connection, tls), sock=listener)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return the faster loop where there is one."""
    with suppress(ImportError):
        import uvloop  # noqa: PLC0415 - not on every system

        return uvloop.new_event_loop
    return None


def _allow_many_connections() -> None:
    """Have as many files open as the system allows: often only 1024 are, unless one asks."""
    with suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - not on Windows

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


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
