"""Knows how to have the embedded emulator run as a process of its own, for as long as we do."""

import os
import select
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from conformance.harness.target import Account, Target

STARTING: Final = 20.0
_LINES: Final = 5


class EmulatorFailed(Exception):
    """The embedded emulator did not start; the text says what it said."""


@dataclass(slots=True)
class Embedded:
    """A running emulator, and what it said about itself."""

    process: subprocess.Popen[bytes]
    target: Target

    def stop(self) -> None:
        """End it; its standard input closes, so that it ends even if nobody gets here."""
        self.process.terminate()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


def start(command: Sequence[str], root: Path) -> Embedded:
    """Start the emulator and read its URL and credentials from what it prints.

    No credential of the user's environment reaches it. Raises EmulatorFailed.
    """
    environ = {key: value for key, value in os.environ.items() if not key.startswith("TWILIO_")}
    environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(root), environ.get("PYTHONPATH")]))
    process = subprocess.Popen(  # noqa: S603 - the command is our own
        list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ
    )
    lines = _said(process)
    exported = dict(
        line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export ")
    )
    try:
        return Embedded(process=process, target=_target(lines[0], exported))
    except (IndexError, KeyError):
        process.kill()
        process.wait()
        said = " / ".join(lines) or "nothing"
        raise EmulatorFailed(f"the embedded emulator did not start; it said: {said}") from None


def _target(url: str, exported: dict[str, str]) -> Target:
    own, other = exported["TWILIO_ACCOUNT_SID"], exported["TWILIO_OTHER_ACCOUNT_SID"]
    return Target(
        base_url=url,
        account=Account(sid=own, user=own, password=exported["TWILIO_AUTH_TOKEN"]),
        other=Account(sid=other, user=other, password=exported["TWILIO_OTHER_AUTH_TOKEN"]),
        embedded=True,
    )


def _said(process: subprocess.Popen[bytes]) -> list[str]:
    """Read the first lines, with a deadline."""
    assert process.stdout is not None  # noqa: S101 - it was asked for
    deadline, text = time.monotonic() + STARTING, b""
    descriptor = process.stdout.fileno()
    while text.count(b"\n") < _LINES and (left := deadline - time.monotonic()) > 0:
        ready, _, _ = select.select([descriptor], [], [], left)
        chunk = os.read(descriptor, 4096) if ready else b""
        if not chunk:
            break
        text += chunk
    return text.decode().splitlines()
