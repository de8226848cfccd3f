"""Runs the emulator's command as a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "emulator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A process that listens, and what it printed."""

    process: subprocess.Popen[str]
    url: str
    exports: dict[str, str]

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def client(self, infix: str = "") -> httpx.Client:
        sid = self.exports[f"TWILIO_{infix}ACCOUNT_SID"]
        token = self.exports[f"TWILIO_{infix}AUTH_TOKEN"]
        return httpx.Client(base_url=self.url, auth=(sid, token), trust_env=False)


def started(*options: str, credentials: int = 4) -> Running:
    """Start the command on a free port; it ends with this process at the latest."""
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--until-stdin-closes", *options],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    url = process.stdout.readline().strip()
    lines = [process.stdout.readline() for _ in range(credentials if url else 0)]
    exports = [line.removeprefix("export ").strip().partition("=") for line in lines]
    return Running(process=process, url=url, exports={name: value for name, _, value in exports})


@contextmanager
def running(*options: str, credentials: int = 4) -> Iterator[Running]:
    server = started(*options, credentials=credentials)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.communicate()


def finished(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
