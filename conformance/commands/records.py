"""Knows how to read the records of runs, and the commands that make something of them."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from conformance.harness.exits import Exit
from conformance.harness.options import WrongUsage
from conformance.harness.requirements import CONTRACT
from conformance.pages.terminal import WIDE

SCHEMA: Final = CONTRACT / "run.schema.json"


def read(path: Path) -> dict[str, Any]:
    """Read a run.json, or that of a report's folder. Raises WrongUsage with one sentence."""
    file = path / "run.json" if path.is_dir() else path
    try:
        run = json.loads(file.read_bytes())
    except OSError as problem:
        raise WrongUsage(
            f"cannot read {file}: {problem.strerror}; name a run.json, or the folder of a report"
        ) from None
    except ValueError:
        raise WrongUsage(f"{file} is not JSON; name the run.json of a report") from None
    schema = json.loads(SCHEMA.read_bytes())
    wrong = best_match(Draft202012Validator(schema).iter_errors(run))
    if wrong is not None:
        where = "".join(f"/{part}" for part in wrong.absolute_path) or "its top"
        raise WrongUsage(
            f"{file} is no run.json of this suite: at {where}, {_brief(wrong.message)};"
            " name the run.json of a report"
        )
    record: dict[str, Any] = run
    return record


def _brief(message: str) -> str:
    return message if len(message) <= 120 else f"{message[:120]}…"


def diff(old: Path, new: Path, *, as_json: bool, html: Path | None) -> int:
    """Say what changed between two runs; 1 where something got worse."""
    from conformance.pages.diff import compare  # noqa: PLC0415 - one command needs it

    difference = compare(read(old), read(new))
    if as_json:
        sys.stdout.write(json.dumps(difference.as_json(), indent=1) + "\n")
    elif html is not None:
        write(html, difference.as_html())
        sys.stdout.write(f"{difference.sentence()}\nWritten: {html}\n")
    else:
        shown = sys.stdout.isatty()
        width = shutil.get_terminal_size().columns if shown else WIDE
        sys.stdout.write(difference.terminal(colour=shown, width=width) + "\n")
    return Exit.VIOLATED if difference.worse else Exit.AS_EXPECTED


def report(path: Path, to: Path | None) -> int:
    """Make the pages of a run again, beside its record or in another folder."""
    from conformance import pages  # noqa: PLC0415 - templates are needed here alone

    run = read(path)
    folder = to or (path if path.is_dir() else path.parent)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if to is not None:
            record = path / "run.json" if path.is_dir() else path
            (folder / "run.json").write_bytes(record.read_bytes())
        pages.write_all(run, folder)
    except OSError as problem:
        raise WrongUsage(f"cannot write to {folder}: {problem.strerror}; name another") from None
    sys.stdout.write(f"Written: {folder / 'index.html'}\n")
    return 0


def observations(path: Path) -> int:
    """Print what a run observed, as rows that a requirement can cite."""
    from conformance.pages.observations import evidence  # noqa: PLC0415 - one command needs it

    sys.stdout.write(evidence(read(path)))
    return 0


def write(path: Path, text: str) -> None:
    """Write a file that the user named. Raises WrongUsage with one sentence."""
    try:
        path.write_bytes(text.encode("utf-8", "backslashreplace"))
    except OSError as problem:
        raise WrongUsage(f"cannot write {path}: {problem.strerror}; name another file") from None
