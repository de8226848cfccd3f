"""Runs the suite as its users do, many times: each run in a process that has imported all before.

A child of a warm process begins with schemathesis imported and its coverage generated, which is
most of what a run costs; all else is as from the command line.
"""

import contextlib
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of the suite, against an emulator that is told to be wrong or different."""

    name: str
    emulator: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    effort: str = "ci"
    url: str | None = None
    """Where another target listens; then no emulator is started."""
    reproduces: bool = False
    """Whether its reproducers are tried, as in a user's run; else it is run for its verdicts alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run of the suite said."""

    job: Job
    status: int
    run: Mapping[str, Any] = field(repr=False)
    printed: str = field(repr=False)
    folder: Path
    """Where its report lies."""

    def ids(self, verdict: str) -> dict[str, str]:
        """Give the requirements of a verdict, with their stances."""
        rows = self.run.get("requirements", [])
        return {row["id"]: row["stance"] for row in rows if row["verdict"] == verdict}


@contextlib.contextmanager
def emulator(arguments: Iterable[str]) -> Iterator[dict[str, str]]:
    """Run an emulator; give its URL and what it says to export."""
    command = [sys.executable, "-m", "emulator", "--port", "0", "--until-stdin-closes", *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True
    ) as process:
        assert process.stdout is not None
        try:
            lines = [process.stdout.readline().strip() for _ in range(5)]
            exported = dict(line.removeprefix("export ").split("=", 1) for line in lines[1:])
            yield {"url": lines[0], **exported}
        finally:
            process.terminate()


@contextlib.contextmanager
def target(job: Job) -> Iterator[dict[str, str]]:
    """Give where the target of a job is, and the credentials for it."""
    if job.url is None:
        with emulator(job.emulator) as served:
            yield served
    else:
        sid, token = "AC" + "a" * 32, "token-of-a-crude-target"
        yield {"url": job.url, "TWILIO_ACCOUNT_SID": sid, "TWILIO_AUTH_TOKEN": token}


def play(job: Job) -> Outcome:
    """Run the suite once, in this process; which is therefore of no use afterwards."""
    import pytest  # noqa: PLC0415 - imported by warm_up before

    from conformance.harness import reproduction  # noqa: PLC0415 - as well

    if not job.reproduces:
        reproduction.TRIED_AT_MOST = 0  # type: ignore[misc]  # of no other run: the process is its own
    folder = Path(tempfile.mkdtemp(prefix="suite-run-"))
    with target(job) as served, (folder / "out").open("w") as out:
        os.environ.update({key: value for key, value in served.items() if key != "url"})
        os.chdir(ROOT)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            status = pytest.main(
                ["-q", "-p", "no:cacheprovider", "--base-url", served["url"], "--effort", job.effort,
                 f"--report-dir={folder}", *job.options]
            )  # fmt: skip
    path = folder / "run.json"
    run = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    printed = (folder / "out").read_text()
    return Outcome(job=job, status=int(status), run=run, printed=printed, folder=folder)


def warm_up() -> None:
    """Import what a run imports, and generate what every run generates alike."""
    from conformance.harness import breadth, contract, plugin  # noqa: F401, PLC0415 - that is the point

    for operation in breadth.OPERATIONS:
        breadth.example_cases(contract.DOCUMENT, operation)
        breadth.coverage_cases(contract.DOCUMENT, operation)


def outcomes(jobs: Iterable[Job], *, side_by_side: int = 3) -> Iterator[Outcome]:
    """Run the suite once for each job, each in a fresh child of this process.

    A run waits for a second until a date can move: three keep two cores busy.
    """
    warm_up()
    context = multiprocessing.get_context("fork")
    with context.Pool(side_by_side, maxtasksperchild=1) as pool:
        yield from pool.imap_unordered(play, list(jobs))
