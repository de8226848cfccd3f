"""What a connection does between its first byte and its last."""

import asyncio
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import repeat

import pytest

from emulator.connections import AHEAD, Patience
from emulator.domain import Refused
from emulator.messages import Cut, Request, Response, answer
from emulator.refusals import refusal
from emulator.serving import answering, listening

BIG = b"x" * 1_000_000


WAITS = {"/slow": 0.2, "/slower": 3.0}
RAISES = {"/cut": Cut, "/broken": ValueError}
ANSWERS = {
    "/chunked": Response(200, (), b"in chunks"),
    "/empty": Response(200, ()),
    "/none": Response(204, ()),
    "/odd": Response(599, (("content-length", "0"), ("connection", "close"))),
    "/big": answer(200, BIG),
}


@dataclass(slots=True)
class Echo:
    """Answers with the path, and whether it is local; some paths in ways of their own."""

    asked: list[str] = field(default_factory=list)

    async def answer(self, request: Request, *, local: bool) -> Response:
        path = request.path
        self.asked.append(path)
        if path in WAITS:
            await asyncio.sleep(WAITS[path])
        if path in RAISES:
            raise RAISES[path]
        return ANSWERS.get(path) or answer(200, path.encode(), ("Local", str(local)))

    def refuse(self, refused: Refused) -> Response:
        return refusal(refused)


@dataclass(slots=True)
class Line:
    """A client's end of a connection."""

    echo: Echo
    socket: socket.socket

    def send(self, *requests: str) -> "Line":
        for request in requests:
            method, path = request.split()
            self.socket.sendall(f"{method} {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        return self

    def rest(self) -> bytes:
        """All that comes until the other side closes."""
        return b"".join(iter(lambda: self.socket.recv(1 << 16), b""))

    def until(self, end: bytes) -> bytes:
        got = b""
        while not got.endswith(end):
            more = self.socket.recv(1)
            assert more, got
            got += more
        return got


@contextmanager
def served(patience: Patience | None = None) -> Iterator[Line]:
    listener, echo, loop = listening("127.0.0.1", 0), Echo(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serving() -> None:
        server = await answering(echo, listener, patience=patience)
        await stop.wait()
        server.close()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(serving())

    address = listener.getsockname()
    thread = threading.Thread(target=run)
    thread.start()
    try:
        with socket.create_connection(address, timeout=10) as connection:
            yield Line(echo, connection)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


@pytest.fixture
def line() -> Iterator[Line]:
    with served() as line:
        yield line


def paths(answers: bytes) -> list[bytes]:
    return [part.partition(b"HTTP/1.1")[0] for part in answers.split(b"\r\n\r\n")[1:]]


def test_answers_come_in_the_order_of_the_requests(line: Line) -> None:
    line.send("GET /a", "GET /slow", "GET /b", "GET /slow", "GET /c").socket.shutdown(1)
    assert paths(line.rest()) == [b"/a", b"/slow", b"/b", b"/slow", b"/c"]


def test_many_that_wait_are_read_little_by_little(line: Line) -> None:
    many = [f"GET /{number}" for number in range(AHEAD * 20)]
    line.send("GET /slow", *many).socket.shutdown(1)
    assert paths(line.rest()) == [b"/slow", *(one[4:].encode() for one in many)]


def test_who_waits_to_send_is_told_to_go_on_in_its_turn(line: Line) -> None:
    post = b"POST /posted HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"
    line.send("GET /slow").socket.sendall(post)
    assert paths(line.until(b"100 Continue\r\n\r\n"))[0] == b"/slow"
    line.socket.sendall(b"x")
    assert line.until(b"/posted").startswith(b"HTTP/1.1 200 OK\r\n")


def test_an_answer_without_a_length_is_sent_in_chunks(line: Line) -> None:
    line.send("GET /chunked", "GET /empty", "GET /none", "HEAD /chunked", "GET /a")
    answers = line.until(b"/a").split(b"HTTP/1.1 ")[1:]
    assert [one.partition(b"\r\n\r\n")[2] for one in answers] == [
        b"9\r\nin chunks\r\n0\r\n\r\n", b"0\r\n\r\n", b"", b"", b"/a"
    ]  # fmt: skip
    assert [b"Transfer-Encoding: chunked" in one for one in answers] == [
        True, True, False, True, False
    ]  # fmt: skip


def test_an_older_client_reads_to_the_end(line: Line) -> None:
    line.socket.sendall(b"GET /chunked HTTP/1.0\r\n\r\n")
    head, _, body = line.rest().partition(b"\r\n\r\n")
    assert b"Connection: close" in head
    assert b"chunked" not in head
    assert body == b"in chunks"


@pytest.mark.parametrize(
    ("path", "start"), [("/odd", b"HTTP/1.1 599 \r\n"), ("/broken", b"HTTP/1.1 500 ")]
)
def test_it_closes_after_an_answer_that_says_so(line: Line, path: str, start: bytes) -> None:
    got = line.send(f"GET {path}", "GET /a").rest()
    assert got.startswith(start)
    assert got.lower().count(b"connection: close") == 1
    assert line.echo.asked == [path]


def test_the_last_answer_is_heard_by_who_is_still_sending(line: Line) -> None:
    line.send("GET /odd")
    line.socket.sendall(b"x" * 500_000)
    threading.Event().wait(0.2)
    line.socket.sendall(b"x" * 500_000)
    assert line.rest().startswith(b"HTTP/1.1 599 ")


def test_who_never_stops_sending_is_cut_after_the_last_answer(line: Line) -> None:
    line.send("GET /odd")
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        deque(map(line.socket.sendall, repeat(b"x" * 65536, 1000)), maxlen=0)


def test_who_never_closes_is_left_after_the_last_answer(line: Line) -> None:
    line.send("GET /odd").rest()

    def send_slowly(byte: bytes) -> None:
        line.socket.sendall(byte)
        threading.Event().wait(0.1)

    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        deque(map(send_slowly, repeat(b"x", 80)), maxlen=0)


def test_a_connection_that_is_cut_says_nothing(line: Line) -> None:
    assert line.send("GET /cut").rest() == b""


def test_a_request_of_this_machine_is_known_as_one(line: Line) -> None:
    assert b"\r\nLocal: True\r\n" in line.send("GET /a").until(b"/a")


def test_who_reads_nothing_is_answered_no_further_until_he_does(line: Line) -> None:
    count = AHEAD * 4
    line.send(*["GET /big"] * count).send("GET /slow")
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline and len(line.echo.asked) < count:
        threading.Event().wait(0.02)
    assert 0 < len(line.echo.asked) < count
    line.socket.shutdown(1)
    answers = line.rest()
    assert answers.count(b"HTTP/1.1 200 OK") == count + 1
    assert len(answers) > count * len(BIG)


@pytest.mark.parametrize(
    "begun",
    [
        b"G",
        b"GET /a HTTP/1.1\r\nHost: h\r\n",
        b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 999\r\n\r\n1",
        b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n",
    ],
)
@pytest.mark.parametrize("dribbled", [False, True])
def test_a_sender_that_is_too_slow_is_told_and_cut(begun: bytes, dribbled: bool) -> None:  # noqa: FBT001
    """A byte now and then buys no time."""
    with served(Patience(request=0.5)) as line:
        line.send("GET /a").until(b"/a")
        line.socket.sendall(begun)
        line.socket.settimeout(0.1)
        got, deadline = b"", time.monotonic() + 8
        while time.monotonic() < deadline:
            try:
                if dribbled:
                    line.socket.sendall(b"1" if b"chunked" not in begun else b"1\r\nx\r\n")
                if not (more := line.socket.recv(1 << 16)):
                    break
                got += more
            except TimeoutError:
                continue
            except (ConnectionResetError, BrokenPipeError):
                break
        assert time.monotonic() < deadline
        assert line.echo.asked == ["/a"]
        if not dribbled:
            assert got.startswith(b"HTTP/1.1 408 ")


def test_an_idle_connection_is_closed_at_last() -> None:
    with served(Patience(idle=0.5)) as line:
        assert line.send("GET /a").rest().endswith(b"/a")


def test_patience_is_for_clients_and_not_for_answers() -> None:
    with served(Patience(request=0.5, idle=0.5)) as line:
        assert line.send("GET /slower").until(b"/slower").startswith(b"HTTP/1.1 200 ")


def test_who_does_not_read_is_dropped_at_last() -> None:
    with served(Patience(idle=0.5)) as line:
        line.send(*["GET /big"] * AHEAD)
        threading.Event().wait(3)
        assert len(line.rest()) < AHEAD * len(BIG)
