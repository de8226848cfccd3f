"""Fixtures for people's own tests: a fresh emulator for each, in process or on a port.

pytest loads this for every run where the package is installed, so it imports nothing before it is
asked for.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from emulator.app import Emulator

MARKER = (
    "proxy_emulator(faults=(), variants=(), rules=()): "
    "how the emulator behaves that the fixture of this name hands out"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """An emulator on a port of this machine, and what a client needs for it."""

    emulator: "Emulator"
    url: str
    account_sid: str
    auth_token: str


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture
def proxy_emulator(request: pytest.FixtureRequest) -> "Emulator":
    """Return a fresh emulator: an ASGI application that a test can change while it is used."""
    from emulator.app import create_app  # noqa: PLC0415 - for those who want it alone

    marker = request.node.get_closest_marker("proxy_emulator")
    wanted = dict(marker.kwargs) if marker else {}
    rules = wanted.pop("rules", ())
    emulator = create_app(**wanted)
    emulator.follow(*rules)
    return emulator


@pytest.fixture
def served_proxy_emulator(proxy_emulator: "Emulator") -> Iterator[Served]:
    """Serve `proxy_emulator` on a free port until the test has ended."""
    from emulator.access import DEFAULT_ACCOUNTS  # noqa: PLC0415 - for those who want it alone

    first = DEFAULT_ACCOUNTS[0]
    with _serving(proxy_emulator) as url:
        yield Served(
            emulator=proxy_emulator, url=url, account_sid=first.user, auth_token=first.password
        )


@contextmanager
def _serving(emulator: "Emulator") -> Iterator[str]:
    """Answer on a free port in a thread of its own; give the base URL."""
    from emulator.serving import answering, listening, loop_factory  # noqa: PLC0415 - as above

    listener = listening("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    loop = (loop_factory() or asyncio.new_event_loop)()
    stop = asyncio.Event()

    async def served() -> None:
        server = await answering(emulator, listener)
        await stop.wait()
        server.close()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(served())

    thread = threading.Thread(target=run, name="proxy-emulator", daemon=True)
    thread.start()
    try:
        yield url
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
