"""Servers in processes of their own: started, stopped, and their time of the CPU read."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

from emulator.access import DEFAULT_ACCOUNTS

ROOT: Final = Path(__file__).resolve().parents[1]
ACCOUNT: Final = DEFAULT_ACCOUNTS[0]
EMULATOR: Final = (sys.executable, "-m", "emulator", "--port", "0")
PATIENCE: Final = 60.0
"""Seconds until a server that says nothing is given up."""


class Silent(RuntimeError):
    """A server did not come up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A server that listens, leader of a group of processes."""

    name: str
    url: str
    port: int
    group: int

    def cpu(self) -> float:
        """Give the seconds of CPU that its processes have used; of the wall where that is unknown."""
        if not Path("/proc/self/stat").exists():
            return time.perf_counter()
        return sum(_used(stat, self.group) for stat in Path("/proc").glob("[0-9]*/stat"))


def _used(stat: Path, group: int) -> float:
    """Read what one process has used, 0 if it belongs to another group or has ended."""
    try:
        fields = stat.read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    if int(fields[2]) != group:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def process(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """Run a command in a group of its own, and end that group after the block."""
    with tempfile.TemporaryFile() as errors:
        started = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True, process_group=0
        )
        try:
            yield started
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGTERM)
            try:
                started.wait(timeout=5)
            except subprocess.TimeoutExpired:
                os.killpg(started.pid, signal.SIGKILL)
                started.wait()


@contextlib.contextmanager
def announcing(name: str, command: Sequence[str]) -> Iterator[Served]:
    """Run a server whose first line is its URL."""
    with process(command) as started:
        url = first_line(started)
        yield Served(name=name, url=url, port=port_of(url), group=started.pid)


@contextlib.contextmanager
def given_port(name: str, command: Sequence[str], port: int) -> Iterator[Served]:
    """Run a server that is told its port, and wait until it answers there."""
    with process(command) as started:
        _wait_for(started, port)
        yield Served(name=name, url=f"http://127.0.0.1:{port}", port=port, group=started.pid)


def emulator(*options: str) -> contextlib.AbstractContextManager[Served]:
    """Run the emulator."""
    return announcing("emulator", (*EMULATOR, *options))


def end_in_order() -> None:
    """Have SIGTERM end this process as an exception does, so that servers end with it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def first_line(started: "subprocess.Popen[str]") -> str:
    """Read the line in which a server says where it listens."""
    line = started.stdout.readline().strip() if started.stdout else ""
    if not line:
        raise Silent(f"{started.args!r} said no URL; run it by hand to see why")
    return line


def _wait_for(started: "subprocess.Popen[str]", port: int) -> None:
    until = time.monotonic() + PATIENCE
    while started.poll() is None and time.monotonic() < until:
        with contextlib.suppress(ConnectionRefusedError):
            answer(port)
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            started.wait(timeout=0.05)
    raise Silent(f"{started.args!r} did not answer on port {port}; run it by hand to see why")


def answer(port: int, path: str = "/") -> bytes:
    """Fetch a path; give the body of whatever the answer is."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request("GET", path)
        return connection.getresponse().read()


def port_of(url: str) -> int:
    """Give the port in the URL of a server here."""
    return int(url.rpartition(":")[2])
