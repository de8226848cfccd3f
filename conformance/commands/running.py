"""Knows how the suite runs where it lies: in a checkout, or in an installed wheel."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parents[1]
LEAVING_OUT: Final = ("--deselect", "--ignore", "--ignore-glob")


def run(arguments: Sequence[str]) -> int:
    """Run the suite by pytest, in the current folder, and give pytest's exit status."""
    import pytest  # noqa: PLC0415 - no other command needs it

    given = [placed(argument) for argument in arguments]
    return int(pytest.main([*settings(), *given, *([] if _chooses(given) else [str(HERE)])]))


def settings() -> list[str]:
    """Give what pyproject.toml sets for a checkout; no file of the user's project is read for it.

    An installed suite often lies below the user's own project, in its .venv, whose pytest
    settings are for other tests.
    """
    return [
        f"--rootdir={Path.cwd()}",
        f"--confcutdir={conftest().parent}",
        "-c", os.devnull,
        "-o", "strict=true",
        "-ra",
        "--import-mode=importlib",
        "--assert=plain",
        "-p", "no:schemathesis",
    ]  # fmt: skip


def conftest() -> Path:
    """Give the file that chooses the target: beside the package in a checkout, in it in a wheel."""
    packed = HERE / "conftest.py"
    return packed if packed.exists() else HERE.parent / "conftest.py"


def placed(argument: str) -> str:
    """Read a test's name as reports write it, from whichever folder the command is run."""
    path, separator, rest = argument.partition("::")
    name = path.removeprefix("conformance/")
    if argument.startswith("-") or Path(path).exists() or not (HERE / name).is_file():
        return argument
    return f"{HERE / name}{separator}{rest}"


def _chooses(arguments: Sequence[str]) -> bool:
    """Tell whether tests of the suite are named among the arguments; else all are meant."""
    before = ("", *arguments)
    return any(
        _is_ours(argument) and previous not in LEAVING_OUT
        for previous, argument in zip(before, arguments, strict=False)
    )


def _is_ours(argument: str) -> bool:
    path = Path(argument.partition("::")[0])
    return path.exists() and (path.resolve() == HERE or HERE in path.resolve().parents)


def collected() -> dict[str, list[str]]:
    """Give the tests of each requirement, as pytest collects them."""
    import pytest  # noqa: PLC0415

    found: dict[str, list[str]] = {}

    class Collector:
        def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
            for item in items:
                marker = item.get_closest_marker("requirement")
                for row in marker.args if marker else ():
                    found.setdefault(row, []).append(item.nodeid)

    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        shown, sys.stdout = sys.stdout, nowhere
        try:
            pytest.main([*settings(), "--collect-only", "-q", str(HERE)], plugins=[Collector()])
        finally:
            sys.stdout = shown
    return found
