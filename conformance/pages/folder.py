"""The files of a report that are made from the run's record alone."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

MADE: Final = ("summary.md", "junit.xml", "ctrf.json", "badge.svg")
KEPT: Final = ("run.json", "exchanges.har", "ledger.jsonl")
"""What a run writes itself; where pages are made elsewhere it may not be there."""


def write_all(run: Mapping[str, Any], folder: Path) -> None:
    """Write every page and summary; what an earlier run left of them is replaced."""
    # Not at the top: commands that write no report should not pay for templates and XML.
    from conformance.pages import badge, ctrf, junit, markdown, page, reproduce  # noqa: PLC0415

    reproducers = reproduce.scripts(run)
    _write(folder / "summary.md", markdown.summary(run, reproducers))
    _write(folder / "junit.xml", junit.document(run, reproducers))
    _write(folder / "ctrf.json", json.dumps(ctrf.document(run), indent=1) + "\n")
    _write(folder / "badge.svg", badge.drawing(run))
    _write_scripts(reproducers, folder / "reproduce")
    files = [*(name for name in KEPT if (folder / name).exists()), *MADE]
    _write(folder / "index.html", page.document(run, reproducers, files))


def _write_scripts(reproducers: Mapping[str, str], folder: Path) -> None:
    for old in sorted(folder.glob("*.sh")):
        old.unlink()
    for requirement, script in reproducers.items():
        path = folder / f"{requirement}.sh"
        _write(path, script)
        path.chmod(0o755)


def _write(path: Path, text: str) -> None:
    """Write beside, then move: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(text.encode("utf-8", "backslashreplace"))
    beside.replace(path)
