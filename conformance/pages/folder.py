"""The files of a report that are made from the run's record alone."""

import json
from pathlib import Path

from conformance.pages import badge, ctrf, junit, markdown
from conformance.pages.findings import Run
from conformance.pages.reproduce import scripts


def write_all(run: Run, folder: Path) -> None:
    """Write every page and summary; what an earlier run left of them is replaced."""
    from conformance.pages import page  # noqa: PLC0415 - the templates cost at import

    folder.mkdir(parents=True, exist_ok=True)
    reproducers = scripts(run)
    _write(folder / "summary.md", markdown.summary(run))
    _write(folder / "junit.xml", junit.document(run))
    _write(folder / "ctrf.json", json.dumps(ctrf.document(run), ensure_ascii=True, indent=1) + "\n")
    _write(folder / "badge.svg", badge.drawing(run))
    _write_scripts(reproducers, folder / "reproduce")
    _write(folder / "index.html", page.document(run, reproducers))


def _write_scripts(reproducers: dict[str, str], folder: Path) -> None:
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
