"""The command under load, killed, crowded, and sent too much."""

import resource
import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx
import pytest

from emulator.bodies import MAX_BODY, MAX_DRAINED
from tests.emulator.client import FIRST
from tests.emulator.process import Running, running, started

WRITERS = 6
ROUNDS = 4
CROWD = 1000
HEAD = f"HTTP/1.1\r\nHost: h\r\nAuthorization: {FIRST.header}\r\n"
GET = f"GET /v1/Services?PageSize=1 {HEAD}\r\n".encode()

State = dict[str, int | None]
"""The TTL of each Service by name; None is a Service that is not there."""


@dataclass(slots=True)
class Writer:
    """Creates, updates and deletes as fast as it can, and knows what was acknowledged."""

    number: int
    acknowledged: State = field(default_factory=dict)
    doubtful: State = field(default_factory=dict)
    """What the request that was never answered was to make of its Service."""

    def work(self, server: Running, turn: int) -> None:
        try:
            with server.client() as client:
                for step in count():
                    self.live(client, f"{turn}-{self.number}-{step}", step)
        except httpx.TransportError:
            return

    def live(self, client: httpx.Client, name: str, step: int) -> None:
        path = "/v1/Services"
        made = self.done(name, 0, lambda: client.post(path, data={"UniqueName": name}))
        path = f"{path}/{made.json()['sid']}"
        if step % 2:
            self.done(name, step, lambda: client.post(path, data={"DefaultTtl": str(step)}))
        if step % 3 == 1:
            self.done(name, None, lambda: client.delete(path))

    def done(
        self, name: str, becomes: int | None, send: Callable[[], httpx.Response]
    ) -> httpx.Response:
        self.doubtful = {name: becomes}
        answer = send()
        assert answer.is_success, answer.text
        self.doubtful = {}
        self.acknowledged[name] = becomes
        return answer


def shown(server: Running) -> State:
    with server.client() as client:
        found: State = {}
        url: str | None = "/v1/Services?PageSize=1000"
        while url:
            page = client.get(url).json()
            found |= {one["unique_name"]: one["default_ttl"] for one in page["services"]}
            url = page["meta"]["next_page_url"]
    return found


def test_nothing_acknowledged_is_lost_when_it_is_killed_under_load(tmp_path: Path) -> None:
    path = tmp_path / "services.db"
    expected: State = {}
    for turn in range(ROUNDS):
        server = started("--db", str(path))
        writers = [Writer(number) for number in range(WRITERS)]
        with ThreadPoolExecutor(WRITERS) as pool:
            working = [pool.submit(writer.work, server, turn) for writer in writers]
            until_all_have_written(writers)
            server.process.send_signal(signal.SIGKILL)
            for one in working:
                one.result(timeout=10)
        server.process.communicate()
        with running("--db", str(path)) as again:
            found = shown(again)
        for writer in writers:
            expected |= writer.acknowledged
            for name, becomes in writer.doubtful.items():
                assert found.get(name) in {expected.get(name), becomes}
                expected[name] = found.get(name)
        assert found == {name: ttl for name, ttl in expected.items() if ttl is not None}


def until_all_have_written(writers: Sequence[Writer]) -> None:
    deadline = time.monotonic() + 20
    while min(len(one.acknowledged) for one in writers) < 20:
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


@contextmanager
def files(most: int) -> Iterator[None]:
    """Let this process, and those that it starts, have so many files open for a while."""
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most > hard:
        pytest.skip(f"the system allows {hard} open files; {most} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))


def test_a_thousand_connections_are_answered_at_once() -> None:
    with ExitStack() as stack:
        with files(256):
            server = stack.enter_context(running())
        stack.enter_context(files(CROWD + 500))
        address = (server.host, server.port)
        crowd = [
            stack.enter_context(socket.create_connection(address, timeout=30)) for _ in range(CROWD)
        ]
        for _ in range(2):
            for one in crowd:
                one.sendall(GET)
            assert {one.recv(12) for one in crowd} == {b"HTTP/1.1 200"}
            for one in crowd:
                assert one.recv(1 << 16).endswith(b'"key": "services"}}')
        with server.client() as client:
            assert client.get("/v1/Services").status_code == 200


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running() as server:
        yield server


def answered(server: Running, *parts: bytes) -> bytes:
    """Send parts until nobody listens any more; return the first line of the answer."""
    with socket.create_connection((server.host, server.port), timeout=10) as connection:
        try:
            for part in parts:
                connection.sendall(part)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return connection.recv(1 << 16).partition(b"\r\n")[0]


def chunks(size: int) -> Iterator[bytes]:
    yield f"POST /v1/Services {HEAD}Transfer-Encoding: chunked\r\n\r\n".encode()
    for _ in range(size // (1 << 16)):
        yield b"%x\r\n%b\r\n" % (1 << 16, b"x" * (1 << 16))
    yield b"0\r\n\r\n"


@pytest.mark.parametrize("size", [MAX_BODY * 2, MAX_DRAINED - MAX_BODY])
def test_a_body_in_chunks_that_is_too_large_is_refused(server: Running, size: int) -> None:
    assert answered(server, *chunks(size)).startswith(b"HTTP/1.1 413 ")


def test_a_body_without_an_end_is_cut_and_others_do_not_notice(server: Running) -> None:
    with socket.create_connection((server.host, server.port), timeout=10) as connection:
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            deque(map(connection.sendall, chunks(MAX_DRAINED * 20)), maxlen=0)
        with server.client() as client:
            assert client.get("/v1/Services").json()["services"] == []


def test_a_head_without_an_end_is_refused(server: Running) -> None:
    start = f"GET / {HEAD}".encode()
    line = b"X: " + b"x" * 1000 + b"\r\n"
    assert answered(server, start, *[line] * 2000).startswith(b"HTTP/1.1 431 ")


def test_it_ends_at_once_with_many_connections_and_an_answer_on_its_way() -> None:
    with running("--latency", "30") as server:
        crowd = [socket.create_connection((server.host, server.port)) for _ in range(100)]
        for one in crowd[:10]:
            one.sendall(GET)
        httpx.get(f"{server.url}/_emulator/state", trust_env=False)
        before = time.perf_counter()
        server.process.terminate()
        out, err = server.process.communicate(timeout=5)
        assert time.perf_counter() - before < 1
        assert (server.process.returncode, out, err) == (0, "", "")
        for one in crowd:
            one.close()
