"""Serves what a test says over real sockets on 127.0.0.1, however wrong it is."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

LONGEST: Final = 30.0
"""Seconds after which a connection ends, whatever a test does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request as it came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Answer: TypeAlias = Callable[[Seen, int], bytes | None]
"""Gives the bytes to answer the n-th request with; None resets the connection."""


@dataclass(slots=True)
class Server:
    """A running server, and what it was asked."""

    url: str
    seen: list[Seen] = field(default_factory=list)


def response(
    status: int, body: bytes = b"{}", *headers: str, kind: str = "application/json"
) -> bytes:
    """Write an answer."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Type: {kind}", *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


@contextlib.contextmanager
def serving(answer: Answer) -> Iterator[Server]:
    """Serve until the end of the block."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        server = Server(url=f"http://127.0.0.1:{listener.getsockname()[1]}")
        lock = threading.Lock()

        def converse(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                connection.settimeout(LONGEST)
                while (seen := _request(connection)) is not None:
                    with lock:
                        server.seen.append(seen)
                        number = len(server.seen)
                    said = answer(seen, number)
                    if said is None:
                        linger = struct.pack("ii", 1, 0)
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                        return
                    connection.sendall(said)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=converse, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield server
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def dripping(pause: float) -> Iterator[str]:
    """Answer with one byte after another, without an end; give the URL."""
    over = threading.Event()

    def drip(listener: socket.socket) -> None:
        with contextlib.suppress(OSError), listener.accept()[0] as client:
            client.recv(65536)
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while not over.wait(pause):
                client.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            thread.join(timeout=LONGEST)


@contextlib.contextmanager
def hanging() -> Iterator[str]:
    """Accept connections and never answer; give the URL."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def closed_port() -> str:
    """Give a URL at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def _request(connection: socket.socket) -> Seen | None:
    head = b""
    while b"\r\n\r\n" not in head:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        head += chunk
    head, _, body = head.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    return Seen(method=method, target=target, headers=headers, body=body)
