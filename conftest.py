"""Chooses the target: the embedded emulator, where no other is named."""

import sys
from pathlib import Path

import conformance

pytest_plugins = ["conformance.harness.plugin"]


def pytest_conformance_emulator() -> tuple[tuple[str, ...], Path]:
    """Give the command of the embedded emulator; it ends when its standard input does."""
    command = (sys.executable, "-m", "emulator", "--port", "0", "--until-stdin-closes")
    return command, Path(conformance.__file__).resolve().parents[1]
