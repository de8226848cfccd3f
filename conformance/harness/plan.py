"""Knows what a run would send at most, without sending anything.

The figures were measured: requests and creates of each file of tests, at each effort, on a target
that conforms. A target that does not may take as many again, for making counterexamples small.
What is not on this machine is held to these figures: they are the budgets of a run that names
none. `python -m conformance.harness.plan FOLDER...` measures them anew, from the reports of runs.
"""

import functools
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from conformance.harness.budget import Limits
from conformance.harness.requirements import load, matching

COSTS: Final = Path(__file__).with_name("costs.json")
AGAIN: Final = 2
"""How many times what was measured a run may take, at most."""
BEFORE_AND_AFTER: Final = 60
"""Requests of a run besides its tests: looking first, and sweeping and proving at the end."""
PER_WORKER: Final = 12
"""Services that a worker may have alive, besides those of the largest story."""
_TEST: Final = re.compile(r" test/(\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What the tests of one file send, as it was measured."""

    file: str
    rows: tuple[str, ...]
    requests: int
    services: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What a run sends at most, and has alive at most."""

    requests: int
    services: int
    alive: int
    costs: tuple[Cost, ...]


@functools.cache
def _table() -> Mapping[str, Any]:
    table: Mapping[str, Any] = json.loads(COSTS.read_text(encoding="utf-8"))
    return table


def way(effort: str, *, read_only: bool) -> str:
    """Name a column of the table: an effort, or an effort that only reads."""
    return f"{effort} read-only" if read_only else effort


def requests(column: str) -> dict[str, int]:
    """Give what each file of tests was measured to send, in a column of the table."""
    return {file: entry.get(column, (0, 0))[0] for file, entry in _table()["files"].items()}


def bound(
    effort: str,
    *,
    read_only: bool = False,
    selection: tuple[str, ...] = (),
    files: Sequence[str] = (),
    workers: int = 0,
) -> Bound:
    """Give what the tests that were selected take at most; a file counts whole."""
    column = way(effort, read_only=read_only)
    costs = tuple(_costs(column, selection, frozenset(files)))
    requests = AGAIN * sum(cost.requests for cost in costs) + BEFORE_AND_AFTER
    services = AGAIN * sum(cost.services for cost in costs)
    alive = _table()["alive"].get(column, 0) + PER_WORKER * max(1, workers)
    return Bound(requests=requests, services=services, alive=min(services, alive), costs=costs)


def _costs(column: str, selection: tuple[str, ...], files: frozenset[str]) -> Iterator[Cost]:
    wanted = set(matching(selection, tuple(load())))
    for file, entry in sorted(_table()["files"].items()):
        rows = tuple(entry["rows"])
        if (selection and not wanted & set(rows)) or (files and file not in files):
            continue
        requests, services = entry.get(column, (0, 0))
        yield Cost(file=file, rows=rows, requests=requests, services=services)


def files_of(arguments: Iterable[str]) -> tuple[str, ...]:
    """Give the files of tests that a command line names; none where it names a folder."""
    names = [Path(argument.partition("::")[0]).name for argument in arguments]
    return tuple(names) if all(name.endswith(".py") for name in names) else ()


def text(
    found: Bound,
    *,
    target: str,
    account: str | None,
    effort: str,
    read_only: bool,
    limits: Limits,
) -> str:
    """Say in words what a run would send."""
    requests = min(found.requests, limits.max_requests or found.requests)
    services = min(found.services, requests)
    alive = min(found.alive, services, limits.max_live or found.alive)
    stops = ", where the run stops" if limits.max_requests else ""
    lines = [
        f"Plan for {target}" + (f", account {account}" if account else ""),
        f"effort {effort}" + (", read-only: nothing but GET" if read_only else ""),
        f"requests: {requests} at most{stops}",
        f"Services: {services} created at most, {alive} alive at most, all deleted at the end",
    ]
    if limits.rate is not None:
        longest = requests / limits.rate
        lines.append(f"pace: {limits.rate:g} requests a second, {longest:.0f} s at most")
    width = max((len(cost.file) for cost in found.costs), default=4)
    lines += ["", f"{'as measured where all is well':{width + 2}}  requests  creates"]
    lines += [
        f"  {cost.file:{width}}  {cost.requests:8}  {cost.services:7}" for cost in found.costs
    ]
    return "\n".join((*lines, "", "Nothing was sent.", ""))


def measured(folders: Iterable[Path]) -> dict[str, Any]:
    """Count what the runs of the given reports sent, by file of tests."""
    table: dict[str, Any] = {"alive": {}, "files": {}}
    for folder in folders:
        run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        column = way(run["effort"], read_only=run["budgets"]["read_only"])
        table["alive"][column] = run["budgets"]["peak_live"]
        files = _files(run)
        requests, creates = _sent(folder / "exchanges.har")
        for test in run["tests"]:
            entry = table["files"].setdefault(_file(test["id"]), {"rows": []})
            entry["rows"] = sorted({*entry["rows"], *test["requirements"]})
            entry.setdefault(column, [0, 0])
        for test, file in files.items():
            count = table["files"][file][column]
            table["files"][file][column] = [count[0] + requests[test], count[1] + creates[test]]
    table["files"] = dict(sorted(table["files"].items()))
    return table


def _file(node: str) -> str:
    return Path(node.partition("::")[0]).name


def _files(run: Mapping[str, Any]) -> dict[str, str]:
    """Give the file of each test, by the name that its requests bear."""
    tests = (test["id"] for test in run["tests"])
    return {_name(node): _file(node) for node in tests}


def _name(node: str) -> str:
    return node.rpartition("::")[2].partition("[")[0][:80]


def _sent(archive: Path) -> tuple[Counter[str], Counter[str]]:
    requests: Counter[str] = Counter()
    creates: Counter[str] = Counter()
    for entry in json.loads(archive.read_text(encoding="utf-8"))["log"]["entries"]:
        request = entry["request"]
        agent = next(h["value"] for h in request["headers"] if h["name"].lower() == "user-agent")
        found = _TEST.search(agent)
        name = found[1] if found else ""
        requests[name] += 1
        path = request["url"].partition("?")[0]
        creates[name] += request["method"] == "POST" and path.endswith("/v1/Services")
    return requests, creates


if __name__ == "__main__":
    COSTS.write_text(
        json.dumps(measured(map(Path, sys.argv[1:])), indent=1) + "\n", encoding="utf-8"
    )
