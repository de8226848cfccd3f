"""Knows how to have `--report-dir DIR` read as it is meant, although pytest reads it too early.

pytest chooses its root folder before it knows the options of a conftest.py, and takes what follows
an option that it does not know for a path of tests. Where such a path exists, it looks for its
configuration there. Written as `--report-dir=DIR` the option is no path, so this begins anew with
that.
"""

import os
import sys
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Final

import pytest

WITH_PATHS: Final = frozenset({"--report-dir", "--deviations"})


def joined(arguments: Sequence[str]) -> list[str]:
    """Write each option whose value is a path as one argument."""
    found: list[str] = []
    for argument in arguments:
        if found and found[-1] in WITH_PATHS:
            found[-1] = f"{found[-1]}={argument}"
        else:
            found.append(argument)
    return found


def _is_checkout(folder: Path) -> bool:
    return (folder / "conformance" / "harness" / "early.py").is_file() and (
        folder / "conftest.py"
    ).is_file()


def _is_command() -> bool:
    """Tell whether this process is pytest itself, rather than one that calls it."""
    started = Path(sys.argv[0])
    return started.name in {"pytest", "py.test"} or started.parent.name == "pytest"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Begin anew, if need be, before output is captured and any configuration is read."""
    given = list(early_config.invocation_params.args)
    wanted = joined(given)
    here = early_config.invocation_params.dir
    if wanted != given and _is_command() and _is_checkout(here):
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, "-m", "pytest", *wanted])  # noqa: S606 - ourselves
    return (yield)
