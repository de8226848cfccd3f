"""Targets that make a run's life hard: an emulator behind a small server that interferes.

The server speaks HTTP/1.1 over real sockets on 127.0.0.1. What it does to each request is its
mood: a function that may pass the request on, change the answer, make one up, or give None,
which resets the connection. It keeps what it saw, and when.
"""

import contextlib
import http.client
import json
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
SERVICES = "/v1/Services"
OWN = ("AC" + "a" * 31 + "1", "owner-token-of-the-tests")
OTHER = ("AC" + "b" * 31 + "2", "second-token-of-the-tests")
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request as it came in."""

    number: int
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def creates(self) -> bool:
        return self.method == "POST" and self.path.partition("?")[0] == SERVICES

    @property
    def sid(self) -> str:
        """The last segment below Services; empty for the collection."""
        return self.path.partition("?")[0].removeprefix(SERVICES).strip("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def json(self) -> Any:
        return json.loads(self.body)


Forward: TypeAlias = Callable[[Seen], Reply]
Mood: TypeAlias = Callable[[Seen, Forward], Reply | None]


def says(status: int, document: object, **headers: str) -> Reply:
    """Make an answer of JSON."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Reply(
        status=status,
        headers=(("Content-Type", "application/json"), *named),
        body=json.dumps(document).encode(),
    )


def refusal(status: int, code: int, message: str, **headers: str) -> Reply:
    """Make an error as the vendor words them."""
    body = {"code": code, "message": message, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}  # fmt: skip
    return says(status, body, **headers)


def calm(seen: Seen, forward: Forward) -> Reply:
    """Pass everything on."""
    return forward(seen)


@dataclass(slots=True)
class Front:
    """The server, what it saw, and the emulator behind it."""

    behind: str
    mood: Mood = calm
    tls: ssl.SSLContext | None = None
    seen: list[Seen] = field(default_factory=list)
    url: str = field(init=False)
    port: int = field(init=False)
    _socket: socket.socket = field(init=False, repr=False)
    _lock: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)
    _connections: set[socket.socket] = field(init=False, repr=False, default_factory=set)

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self._socket.getsockname()[1]
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Stop listening, and reset every connection: what a crash looks like from outside."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in list(self._connections):
            _reset(connection)

    def count(self, method: str | None = None) -> int:
        return sum(method is None or one.method == method for one in self.seen)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        self._connections.add(connection)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
                self._connections.add(connection)
            with contextlib.closing(_Behind(self.behind)) as behind:
                while self._one(connection, behind):
                    pass
        except (OSError, ValueError):
            pass
        finally:
            self._connections.discard(connection)
            connection.close()

    def _one(self, connection: socket.socket, behind: "_Behind") -> bool:
        request = _read(connection)
        if request is None:
            return False
        method, path, headers, body = request
        with self._lock:
            seen = Seen(
                number=len(self.seen), method=method, path=path, headers=headers, body=body,
                at=time.monotonic(),
            )  # fmt: skip
            self.seen.append(seen)
        reply = self.mood(seen, behind.forward)
        if reply is None:
            _reset(connection)
            return False
        lines = [f"HTTP/1.1 {reply.status} {http.client.responses.get(reply.status, 'Odd')}"]
        lines += [f"{name}: {value}" for name, value in reply.headers]
        if reply.status != 204:
            lines.append(f"Content-Length: {len(reply.body)}")
        connection.sendall("\r\n".join((*lines, "", "")).encode("latin-1") + reply.body)
        return True


@dataclass(slots=True)
class _Behind:
    """One connection to the emulator."""

    url: str
    _connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)

    def forward(self, seen: Seen) -> Reply:
        headers = {k: v for k, v in seen.headers.items() if k not in _HOP_BY_HOP}
        for last in (False, True):
            try:
                self._connection.request(seen.method, seen.path, seen.body or None, headers)
                answer = self._connection.getresponse()
                break
            except (http.client.HTTPException, OSError):
                self._connection.close()
                if last:
                    raise
        kept = tuple((k, v) for k, v in answer.getheaders() if k.lower() not in _HOP_BY_HOP)
        return Reply(status=answer.status, headers=kept, body=answer.read())

    def close(self) -> None:
        self._connection.close()


def _read(connection: socket.socket) -> tuple[str, str, dict[str, str], bytes] | None:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {}
    for one in rest:
        name, _, value = one.partition(":")
        headers[name.lower()] = value.strip()
    while len(body) < int(headers.get("content-length", 0)):
        chunk = connection.recv(65536)
        if not chunk:
            return None
        body += chunk
    return method, path, headers, body


def _reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """An emulator that runs as a process of its own."""

    url: str
    process: subprocess.Popen[str]

    def request(
        self, method: str, path: str, body: bytes = b"", account: tuple[str, str] = OWN
    ) -> Reply:
        """Ask the emulator itself, past whatever stands before it."""
        seen = Seen(number=0, method=method, path=path, headers=_headers(account), body=body, at=0.0)
        with contextlib.closing(_Behind(self.url)) as behind:
            return behind.forward(seen)

    def fill(self, count: int, account: tuple[str, str] = OWN) -> list[str]:
        """Create Services of somebody else's; give their sids."""
        sids = []
        with contextlib.closing(_Behind(self.url)) as behind:
            for number in range(count):
                body = f"UniqueName=somebody-elses-{number}&DefaultTtl=77".encode()
                seen = Seen(number=0, method="POST", path=SERVICES, headers=_headers(account), body=body, at=0.0)  # fmt: skip
                sids.append(str(behind.forward(seen).json()["sid"]))
        return sids

    def services(self, account: tuple[str, str] = OWN) -> dict[str, dict[str, Any]]:
        """Read every Service of an account, by sid."""
        found, path = {}, f"{SERVICES}?PageSize=1000"
        while path:
            page = self.request("GET", path, account=account).json()
            found |= {one["sid"]: one for one in page["services"]}
            following = page["meta"]["next_page_url"]
            parts = urlsplit(following or "")
            path = f"{parts.path}?{parts.query}" if following else ""
        return found


def _headers(account: tuple[str, str]) -> dict[str, str]:
    import base64  # noqa: PLC0415 - here alone

    word = base64.b64encode(":".join(account).encode()).decode()
    return {
        "authorization": f"Basic {word}",
        "content-type": "application/x-www-form-urlencoded",
        "host": "127.0.0.1",
    }


@contextlib.contextmanager
def emulator(*arguments: str) -> Iterator[Running]:
    """Run an emulator with the two accounts of these tests."""
    accounts = ["--account", ":".join(OWN), "--account", ":".join(OTHER)]
    command = [sys.executable, "-m", "emulator", "--port", "0", "--until-stdin-closes"]
    process = subprocess.Popen(
        [*command, *accounts, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield Running(url=process.stdout.readline().strip(), process=process)
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
        process.stdin.close()


@contextlib.contextmanager
def hostile(
    mood: Mood = calm, *, arguments: Sequence[str] = (), tls: ssl.SSLContext | None = None
) -> Iterator[tuple[Front, Running]]:
    """Run an emulator behind a server of that mood."""
    with emulator(*arguments) as running:
        front = Front(behind=running.url, mood=mood, tls=tls)
        try:
            yield front, running
        finally:
            front.stop()


@dataclass(slots=True)
class ConnectProxy:
    """A forward proxy for CONNECT alone, which leads every host to one port of this machine."""

    port_behind: int
    asked: list[str] = field(default_factory=list)
    url: str = field(init=False)
    _socket: socket.socket = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), connection:
            asked = _read(connection)
            if asked is None or asked[0] != "CONNECT":
                connection.sendall(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
                return
            self.asked.append(asked[1])
            with socket.create_connection(("127.0.0.1", self.port_behind)) as onward:
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_pump, args=(onward, connection), daemon=True)
                back.start()
                _pump(connection, onward)
                back.join(5)

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(65536):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
