"""Measures the emulator beside a bare ASGI application on uvicorn, a Flask twin and Prism's mock.

    python -m bench.emulator [--seconds N] [--prism-document FILE]

All are served at once and pressed in turn, round by round, so that a noisy moment meets them all.
"""

import argparse
import asyncio
import gc
import os
import shutil
import signal
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from bench.load import Tally, lines, press
from bench.servers import (
    ACCOUNT,
    EMULATOR,
    ROOT,
    Served,
    Silent,
    announcing,
    answer,
    emulator,
    end_in_order,
    first_line,
    given_port,
    port_of,
    process,
)
from bench.tables import table
from emulator.app import create_app
from emulator.domain import Service
from emulator.serving import listening, loop_factory
from emulator.store import MemoryStore

ROUNDS: Final = 4
STEPS: Final = {"fetch": "fetch", "create": "create", "list of 50": "page", "mixed": "mix"}
HELLO: Final = (sys.executable, "-m", "bench.peers", "hello")
HERE: Final = (sys.executable, "-m", "bench.peers", "here")
FLASK: Final = (sys.executable, "-m", "bench.peers", "flask")
SIZES: Final = (10, 1_000, 100_000)
REPEATS: Final = 500
STARTS: Final = 5

Peers = Mapping[str, Callable[[], AbstractContextManager[Served]]]


def peers(document: Path) -> tuple[Peers, list[str]]:
    """Give what can be served here, and a sentence on each that cannot."""
    found: dict[str, Callable[[], AbstractContextManager[Served]]] = {
        "hello": partial(announcing, "hello", HELLO),
        "hello here": partial(announcing, "hello here", HERE),
        "emulator": emulator,
    }
    missing = []
    if find_spec("flask"):
        found["flask twin"] = partial(announcing, "flask twin", FLASK)
    else:
        missing.append("flask twin: not measured: flask is not installed")
    if prism := _prism():
        port = _free_port()
        command = (*prism, "mock", "--host", "127.0.0.1", "--port", str(port), str(document))
        found["prism"] = partial(given_port, "prism", command, port)
    else:
        missing.append("prism: not measured: neither prism nor npx is installed")
    return found, missing


def _prism() -> tuple[str, ...] | None:
    if direct := shutil.which("prism"):
        return (direct,)
    if npx := shutil.which("npx"):
        return (npx, "--no-install", "@stoplight/prism-cli")
    return None


def _free_port() -> int:
    with listening("127.0.0.1", 0) as listener:
        return int(listener.getsockname()[1])


async def throughput(
    found: Peers, seconds: float
) -> tuple[dict[tuple[str, str], Tally], list[str]]:
    """Press each server with each step, round by round."""
    tallies: dict[tuple[str, str], Tally] = {}
    missing = []
    async with AsyncExitStack() as stack:
        opened = {}
        for name, start in found.items():
            try:
                served = stack.enter_context(start())
            except Silent:
                missing.append(f"{name}: not measured: it did not come up")
                continue
            opened[name] = (served, await stack.enter_async_context(lines(served)))
        for _ in range(ROUNDS):
            for what, step in STEPS.items():
                for name, (served, connections) in opened.items():
                    tally = tallies.setdefault((name, what), Tally())
                    await press(served, connections, step, seconds / ROUNDS, tally)
    return tallies, missing


def throughput_table(tallies: Mapping[tuple[str, str], Tally]) -> str:
    """Show requests per second of CPU, and their ratio to those of "hello"."""
    rows = [
        [
            f"{what}, {name}", f"{tally.rate:,.0f}", f"{tally.rate / tallies['hello', what].rate:.3f}",
            f"{tally.answered:,}", f"{tally.refused:,}",
        ]
        for what in STEPS
        for (name, whose), tally in tallies.items()
        if whose == what
    ]  # fmt: skip
    heads = ["", "per second of CPU", "to hello", "answered", "of these not 2xx"]
    return table("Requests", heads, rows)


def start_and_stop(command: Sequence[str]) -> tuple[float, float]:
    """Give the seconds to the first answer, and from SIGTERM to the end of the process."""
    started = time.perf_counter()
    with process(command) as one:
        answer(port_of(first_line(one)))
        answered = time.perf_counter()
        os.kill(one.pid, signal.SIGTERM)
        one.wait()
        return answered - started, time.perf_counter() - answered


def start_table() -> str:
    """Show the medians of some starts, made in turn, and their ratio to those of "hello"."""
    commands = {"hello": HELLO, "hello here": HERE, "emulator": EMULATOR}
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(STARTS):
        for name, command in commands.items():
            measured[name].append(start_and_stop(command))
    medians = {name: _medians(times) for name, times in measured.items()}
    rows = [
        [name, *_beside(first, medians["hello"][0]), *_beside(last, medians["hello"][1])]
        for name, (first, last) in medians.items()
    ]
    heads = ["", "start to first answer", "to hello", "SIGTERM to end", "to hello"]
    return table(f"Medians of {STARTS} starts", heads, rows)


def _medians(times: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(one[0] for one in times), statistics.median(one[1] for one in times)


def _beside(seconds: float, hello: float) -> tuple[str, str]:
    return f"{seconds * 1000:.0f} ms", f"{seconds / hello:.2f}"


def filled(size: int) -> MemoryStore:
    """Give a store with so many Services."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    one = Service(
        sid="", account_sid=ACCOUNT.user, arrival=0, unique_name="", date_created=now,
        date_updated=now,
    )  # fmt: skip
    return MemoryStore(
        [
            one._replace(sid=_sid(number), arrival=number, unique_name=f"service {number}")
            for number in range(1, size + 1)
        ]
    )


def _sid(number: int) -> str:
    return f"KS{number:032x}"


async def costs(size: int) -> list[float]:
    """Give the seconds of CPU for a fetch, a create and a page, in process, at a size."""
    app = create_app(store=filled(size))
    gc.collect()  # or what was filled is gone over while the first requests are measured
    middle = f"/v1/Services/{_sid(size // 2)}"
    return [
        await _cost(app, "GET", lambda _: (middle, b"", b"")),
        await _cost(app, "GET", lambda _: ("/v1/Services", b"PageSize=10", b"")),
        await _cost(app, "POST", lambda number: ("/v1/Services", b"", b"UniqueName=n%d" % number)),
    ]


async def _cost(app: Any, method: str, ask: Callable[[int], tuple[str, bytes, bytes]]) -> float:
    headers = [
        (b"host", b"localhost"), (b"authorization", ACCOUNT.header.encode()),
        (b"content-type", b"application/x-www-form-urlencoded"),
    ]  # fmt: skip
    started = time.process_time()
    for number in range(REPEATS):
        path, query, body = ask(number)
        scope = {
            "type": "http", "method": method, "path": path, "raw_path": path.encode(),
            "query_string": query, "headers": headers, "scheme": "http", "http_version": "1.1",
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "root_path": "",
        }  # fmt: skip
        await _exchange(app, scope, body)
    return (time.process_time() - started) / REPEATS


async def _exchange(app: Any, scope: dict[str, Any], body: bytes) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message.get("status", 200) >= 300:
            raise ValueError(f"{scope['method']} {scope['path']} was answered {message['status']}")

    await app(scope, receive, send)


def cost_table() -> str:
    """Show what an operation costs among few and many Services."""
    measured = {size: asyncio.run(costs(size)) for size in SIZES}
    rows = [
        [what, *(f"{measured[size][row] * 1e6:.0f} µs" for size in SIZES),
         f"{measured[SIZES[-1]][row] / measured[SIZES[0]][row]:.2f}"]
        for row, what in enumerate(("fetch", "page of 10", "create"))
    ]  # fmt: skip
    heads = ["in process, CPU", *(f"{size:,}" for size in SIZES), "last to first"]
    return table("Cost among so many Services", heads, rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.emulator", description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=2, help="for each server and kind of request (%(default)s)"
    )
    parser.add_argument(
        "--prism-document", type=Path, default=ROOT / "openapi" / "service.yaml", metavar="FILE"
    )
    options = parser.parse_args(arguments)
    end_in_order()
    found, missing = peers(options.prism_document.resolve())
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        tallies, silent = runner.run(throughput(found, options.seconds))
    print(throughput_table(tallies))
    print("\n".join([*missing, *silent]))
    print(start_table())
    print(cost_table())


if __name__ == "__main__":
    main()
