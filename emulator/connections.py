"""HTTP/1.1 on connections: each request answered in its turn, and within limits.

It stands in place of a server for ASGI, since those neither limit how long a head is and how slow
a sender, nor write an answer without looking each of its headers over.
"""

import asyncio
import time
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import cast

from emulator.asgi import is_loopback
from emulator.bodies import MAX_BODY
from emulator.domain import Reason, Refused
from emulator.messages import Answers, Cut, Request, Response, answer
from emulator.reading import Reader, Turn
from emulator.stepping import begun

AHEAD = 16
"""How many requests are read while one is being answered."""

CRASH = answer(
    500, b"Internal Server Error", ("Connection", "close"), kind="text/plain; charset=utf-8"
)
"""What a defect of whoever answers looks like from outside."""

PHRASES = {status.value: status.phrase for status in HTTPStatus}
LINGER = 2
"""For how many seconds a client is still listened to after its last answer."""

GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a client may take, in seconds; kept to a second or so."""

    request: float = 30
    """From the first byte of a request to its last."""
    idle: float = 3600
    """Between requests: a client must not find the connection closed under its next one."""


class _Starts(dict[int, str]):
    """The lines with which an answer starts, by its status, at one second."""

    def __init__(self, date: str) -> None:
        super().__init__()
        self._date = date

    def __missing__(self, status: int) -> str:
        start = self[status] = (
            f"HTTP/1.1 {status} {PHRASES.get(status, '')}\r\n"
            f"Date: {self._date}\r\nServer: proxy-emulator\r\n"
        )
        return start


class Listener:
    """What all connections to a socket share: who answers, and the time."""

    def __init__(
        self, answers: Answers, loop: asyncio.AbstractEventLoop, patience: Patience
    ) -> None:
        self.answers = answers
        self.loop = loop
        self.patience = patience
        self.now = loop.time()
        self.connections: set[Connection] = set()
        self._tick()

    def _tick(self) -> None:
        """As each second begins, look at the clock, and part from those who took too long."""
        self.now, second = self.loop.time(), time.time()
        self.starts = _Starts(formatdate(second, usegmt=True))
        for connection in [one for one in self.connections if one.due < self.now]:
            connection.give_up()
        self.loop.call_later(1 - second % 1, self._tick)


class Connection(asyncio.Protocol):
    """One connection."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._task: asyncio.Task[None] | None = None
        """What is being answered, where that takes time."""
        self._choked = False
        """Whether the client leaves unread what it was sent."""
        self._held = False
        """Whether it is kept from sending more."""
        self._finishing = False
        """Whether it sends no more, and waits for answers alone."""
        self._ended = False
        """Whether the last answer was sent."""
        self._drained = 0
        self._begun = 0
        self.due = listener.now + listener.patience.idle
        """When it has taken too long."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by name
        self._tls = transport.get_extra_info("sslcontext") is not None
        # Of a client that is gone by now, neither is known.
        self._local = is_loopback((transport.get_extra_info("peername") or ("",))[0])
        name, port, *_ = transport.get_extra_info("sockname") or ("localhost", 80)
        server = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
        self._reader = Reader("https" if self._tls else "http", server)
        self._listener.connections.add(self)

    def data_received(self, data: bytes) -> None:
        if self._ended:
            self._drain(data)
        else:
            self._reader.feed(data)
            self._proceed()

    def eof_received(self) -> bool:
        """Close, unless somebody waits for an answer on what is now half a connection."""
        self._finishing = self._task is not None or bool(self._reader.turns)
        return self._finishing and not self._tls

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the loop's signature
        """Forget what was not begun; what was is brought to its end, as its effect may be there."""
        self._listener.connections.discard(self)
        self._reader.turns.clear()

    def pause_writing(self) -> None:
        self._choked = True

    def resume_writing(self) -> None:
        self._choked = False
        self._proceed()

    def give_up(self) -> None:
        """Part from a client that took too long, unless it is we who let it wait."""
        if self._task is not None:
            return
        if self._choked:
            self._transport.abort()
        elif self._reader.partial and not self._ended:
            self._reader.refuse(Refused(Reason.TOO_SLOW, headers={"Connection": "close"}))
            self._proceed()
        else:
            self._transport.close()

    def _proceed(self) -> None:
        """Answer what can be answered now, and see to what is to come."""
        turns = self._reader.turns
        while turns and self._task is None and not self._choked:
            self._take(turns.popleft())
        if self._ended or self._transport.is_closing():
            turns.clear()
            return
        if turns or self._held:
            self._hold(many=len(turns) >= AHEAD)
        if self._task is not None or turns:
            return
        if self._finishing:
            self._transport.close()
        elif self._reader.expecting:
            self._reader.expecting = False
            self._transport.write(GO_ON)
        self._look_at_the_clock()

    def _hold(self, *, many: bool) -> None:
        """Keep a client from sending more while many of its requests wait."""
        if many and not self._held:
            self._transport.pause_reading()
        elif self._held and not many:
            self._transport.resume_reading()
            self._begun = 0  # its time begins again
        self._held = many

    def _look_at_the_clock(self) -> None:
        """Say by when a request that has begun has to end, or when the next has to begin."""
        reader, now = self._reader, self._listener.now
        if not reader.partial:
            self.due = now + self._listener.patience.idle
        elif reader.begun != self._begun:
            self._begun = reader.begun
            self.due = now + self._listener.patience.request

    def _take(self, turn: Turn) -> None:
        """Answer at once where nothing is waited for; else go on with that in a task."""
        if isinstance(turn.asked, Refused):
            self._write(turn, self._listener.answers.refuse(turn.asked))
        elif rest := begun(self._answered(turn, turn.asked)):
            self._task = self._listener.loop.create_task(rest)
            self._task.add_done_callback(self._done)

    def _done(self, _: "asyncio.Task[None]") -> None:
        self._task = None
        self._proceed()

    async def _answered(self, turn: Turn, request: Request) -> None:
        try:
            response = await self._listener.answers.answer(request, local=self._local)
        except Cut:
            self._transport.close()
        except Exception:  # noqa: BLE001 - whatever it is, the client is told
            self._write(turn, CRASH)
        else:
            self._write(turn, response)

    def _write(self, turn: Turn, response: Response) -> None:
        """Write an answer as one piece, and close after the last."""
        if self._transport.is_closing():
            return
        head, body, last = _framed(turn, response)
        start = self._listener.starts[response.status]
        self._transport.write(f"{start}{head}\r\n".encode("latin-1") + body)
        if last:
            self._end()

    def _end(self) -> None:
        """Send no more, and listen on for a while.

        What is unread when a connection is closed resets it, and takes the last answer away from
        a client that was still sending (RFC 9112, section 9.6).
        """
        self._ended = True
        self._reader.turns.clear()
        if self._tls or self._finishing:
            self._transport.close()
            return
        self._hold(many=False)
        self._transport.write_eof()
        self.due = self._listener.now + LINGER

    def _drain(self, data: bytes) -> None:
        self._drained += len(data)
        if self._drained > MAX_BODY:
            self._transport.close()


def _framed(turn: Turn, response: Response) -> tuple[str, bytes, bool]:
    """Return headers and body as they are sent, and whether the connection ends with them."""
    head = "\r\n".join([*map(": ".join, response.headers), ""])
    names = f"\r\n{head}".lower()
    body = response.body
    last = turn.last or "\r\nconnection: close\r\n" in names
    if "\r\ncontent-length: " not in names and response.status not in {204, 304}:
        if turn.modern:
            head += "Transfer-Encoding: chunked\r\n"
            body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
        else:
            last = True
    if last and "\r\nconnection: " not in names:
        head += "Connection: close\r\n"
    if isinstance(turn.asked, Request) and turn.asked.method == "HEAD":
        body = b""
    return head, body, last
