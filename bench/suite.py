"""Measures the suite against `schemathesis run` and a bare loop, on the same emulator.

    python -m bench.suite [--quick] [--faults [NAME,...]]

A row is one run in a process of its own; ratios are to `ci -n 0` at the same latency.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

from bench.replay import Recorded, longest_pause, recorded, replay
from bench.servers import ACCOUNT, ROOT, Served, answer, emulator, end_in_order
from bench.tables import table
from conformance.harness.session import EXAMPLES

LONGEST: Final = 600.0
"""Seconds after which a run is ended."""

WORKERS: Final = (0, 2, 8)
LATENCIES: Final = ("0", "0.05")
PEER: Final = "schemathesis run"

FAULTS: Final = (
    "accepts-192-characters", "counts-names-in-bytes", "accepts-duplicates-on-update",
    "keeps-deleted-names", "ignores-zero-ttl", "accepts-any-geo", "accepts-chat-sids-not-hex",
    "cuts-urls-at-255", "does-not-clear-CallbackUrl", "resets-unsent-DefaultTtl",
    "applies-valid-part", "delete-does-nothing", "drops-last-item-of-full-page",
    "next-page-loops", "date-updated-stands-still", "sids-in-lower-case", "lacks-links",
    "create-200", "unknown-sid-500", "needs-no-credentials-to-delete",
)  # fmt: skip
"""Some of every area, chosen before any was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run took and said."""

    what: str
    latency: str
    status: int
    seconds: float
    requests: int
    inside: float = 0
    """Of the seconds, those that the suite itself counts: without the start of the interpreter."""
    sent: tuple[Recorded, ...] = ()
    failures: frozenset[tuple[str, str]] = frozenset()
    """What the peer blames: a code of its own, and the operation."""


def suite(served: Served, effort: str, workers: int, latency: str, *options: str) -> Run:
    """Run the suite once."""
    with tempfile.TemporaryDirectory() as folder:
        status, seconds = timed(
            [
                *(sys.executable, "-m", "conformance.cli", "run", "-q", "-p", "no:cacheprovider"),
                *("--base-url", served.url, "--effort", effort, "-n", str(workers)),
                *(f"--report-dir={folder}", *options),
            ],
            ROOT,
        )
        report = _report(Path(folder) / "run.json")
        sent = tuple(recorded(Path(folder) / "exchanges.har")) if report else ()
    return Run(
        what=f"suite {effort} -n {workers}",
        latency=latency,
        status=status,
        seconds=seconds,
        requests=report.get("requests", 0),
        inside=report.get("seconds", 0),
        sent=sent,
    )


def peer(served: Served, latency: str) -> Run:
    """Run schemathesis once, with its defaults."""
    with tempfile.TemporaryDirectory() as folder:
        status, seconds = timed(
            [
                *(str(Path(sys.executable).with_name("schemathesis")), "run"),
                *(str(ROOT / "openapi" / "service.yaml"), "--url", served.url),
                *("--auth", f"{ACCOUNT.user}:{ACCOUNT.password}"),
                *("--report", "json", "--report-json-path", "report.json"),
            ],
            Path(folder),
        )
        report = _report(Path(folder) / "report.json")
    return Run(
        what=PEER,
        latency=latency,
        status=status,
        seconds=seconds,
        requests=json.loads(answer(served.port, "/_emulator/requests"))["count"],
        failures=frozenset(
            (failure["code"], operation)
            for failure in report.get("failures", ())
            for operation in failure["operations"]
        ),
    )


def _report(path: Path) -> dict[str, Any]:
    """Read what a run has written, nothing where it was ended before."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def timed(command: Sequence[str], folder: Path) -> tuple[int, float]:
    """Run a command to its end; give its status, -1 if it was ended, and its seconds."""
    started = time.perf_counter()
    try:
        status = subprocess.run(
            command, cwd=folder, env=_environment(), capture_output=True, timeout=LONGEST, check=False
        ).returncode  # fmt: skip
    except subprocess.TimeoutExpired:
        status = -1
    return status, time.perf_counter() - started


def _environment() -> dict[str, str]:
    known = {"TWILIO_ACCOUNT_SID": ACCOUNT.user, "TWILIO_AUTH_TOKEN": ACCOUNT.password}
    return {**os.environ, **known}


def speeds(*, quick: bool) -> Iterator[Run]:
    """Run everything once, each on an emulator of its own; for quick, what the goals name."""
    for latency in LATENCIES:
        slow = latency != "0"
        for effort in ("ci",) if quick else ("probe", "ci"):
            for workers in (0, 8) if quick else WORKERS:
                with emulator("--latency", latency) as served:
                    yield suite(served, effort, workers, latency)
        if not (quick and slow):
            with emulator("--latency", latency) as served:
                yield peer(served, latency)


def told(runs: Iterable[Run]) -> list[Run]:
    """Print runs as they end, since each takes a while."""
    ended = []
    for run in runs:
        ended.append(run)
        print(f"{run.what}, {run.latency} s: {run.seconds:.1f} s, exit {run.status}", flush=True)
    return ended


def speed_table(runs: Sequence[Run]) -> str:
    """Show seconds, and their ratio to those of `ci` without workers."""
    whole = {run.latency: run.seconds for run in runs if run.what == "suite ci -n 0"}
    rows = [
        [
            run.what, f"{float(run.latency) * 1000:.0f} ms", f"{run.seconds:.1f}",
            f"{run.seconds / whole[run.latency]:.2f}", str(run.requests), str(run.status),
        ]
        for run in runs
    ]  # fmt: skip
    heads = ["run", "latency", "seconds", "to ci -n 0", "requests", "exit"]
    return table("Seconds of a whole process", heads, rows)


def overhead_table(quiet: Run) -> str:
    """Compare what a request costs the suite with what it costs a bare loop."""
    with emulator() as served:
        bare = replay(served, quiet.sent)
    cases, pause = generation(), longest_pause(quiet.sent)
    each = (quiet.inside - max(cases, pause)) / quiet.requests
    rows = [
        ["start of the interpreter, imports", f"{quiet.seconds - quiet.inside:.2f} s", ""],
        ["generation of cases", f"{cases:.2f} s", ""],
        ["the wait for a date to move, in which they are", f"{pause:.2f} s", ""],
        ["a request of the suite", f"{each * 1000:.2f} ms", f"{each / bare:.2f}"],
        ["the same requests in a bare loop", f"{bare * 1000:.2f} ms", "1.00"],
    ]
    return table(f"Overhead of {quiet.what}", ["part", "time", "to bare"], rows)


def generation() -> float:
    """Give the seconds in which all cases are made from the contract, but those along its links."""
    from conformance.harness import breadth, contract  # noqa: PLC0415 - slow to import

    started = time.perf_counter()
    for operation in breadth.OPERATIONS:
        breadth.example_cases(contract.DOCUMENT, operation)
        breadth.coverage_cases(contract.DOCUMENT, operation)
    for operation, valid in breadth.FUZZED:
        draw(breadth.fuzz_cases(contract.DOCUMENT, operation, valid=valid))
    return time.perf_counter() - started


def draw(cases: SearchStrategy[object]) -> None:
    """Make as many cases at random as a run of `ci` does."""

    @settings(max_examples=EXAMPLES["ci"], database=None, suppress_health_check=list(HealthCheck))
    @given(cases)
    def drawn(_: object) -> None:
        pass

    drawn()


def found(names: Iterable[str]) -> list[list[str]]:
    """Try none and each fault with each that looks for faults; give a row for each."""
    rows: list[list[str]] = []
    blamed_anyway: frozenset[tuple[str, str]] = frozenset()
    for name in ("none", *names):
        row, blamed = _tried(name)
        blamed_anyway = blamed if name == "none" else blamed_anyway
        rows.append([name, *row, str(len(blamed - blamed_anyway))])
        print("  ".join(rows[-1]), flush=True)
    return rows


def _tried(name: str) -> tuple[list[str], frozenset[tuple[str, str]]]:
    """Give the exit statuses with a fault, and what the peer blames."""
    options = () if name == "none" else ("--fault", name)
    statuses = []
    for effort in ("probe", "ci"):
        with emulator(*options) as served:
            statuses.append(str(suite(served, effort, 0, "0", "--exitfirst").status))
    with emulator(*options) as served:
        run = peer(served, "0")
    return [*statuses, str(run.status)], run.failures


def found_table(rows: Sequence[Sequence[str]]) -> str:
    """Count what was found: of the peer's failures, only those that a correct target has not."""
    tried = rows[1:]
    counts = [str(sum(row[column] != "0" for row in tried)) for column in range(1, 5)]
    heads = ["fault", "probe exit", "ci exit", f"{PEER} exit", "failures beyond none's"]
    return table(f"Found of {len(tried)} faults", heads, [*rows, ["not 0", *counts]])


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.suite", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer runs, and no faults")
    parser.add_argument(
        "--faults", metavar="NAME,...", help="look for these alone, and measure no speed"
    )
    options = parser.parse_args(arguments)
    end_in_order()
    if not options.faults:
        runs = told(speeds(quick=options.quick))
        print(speed_table(runs))
        print(overhead_table(next(run for run in runs if run.what == "suite ci -n 0")))
    if options.faults or not options.quick:
        print(found_table(found(options.faults.split(",") if options.faults else FAULTS)))


if __name__ == "__main__":
    main()
