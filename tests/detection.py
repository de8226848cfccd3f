"""Makes the table of detection: which fault violates which requirements, at which effort.

    python -m tests.detection --effort probe [--effort ci] [FAULT ...]

runs the suite against the emulator with each fault, and writes openapi/detection.json and
docs/detection.md. Without names, every fault is tried; with names, these are brought up to date.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final

from conformance.harness import requirements
from conformance.harness.attribution import rank
from tests.suite_runs import ROOT, Job, Outcome, outcomes

TABLE: Final = ROOT / "openapi" / "detection.json"
PAGE: Final = ROOT / "docs" / "detection.md"
EFFORTS: Final = ("probe", "ci")


def known_faults() -> dict[str, str]:
    """Ask the emulator for its faults: name and what each does."""
    listed = subprocess.run(
        [sys.executable, "-m", "emulator", "faults"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    pairs = (line.split(": ", 1) for line in listed.stdout.splitlines() if ": " in line)
    return {name.strip(): what.strip() for name, what in pairs}


def load() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return table


def row_of(outcome: Outcome) -> dict[str, Any]:
    """Say what a run saw of a fault: the requirements it names, which one first, by which tests."""
    violated = [row for row in outcome.run.get("requirements", []) if row["verdict"] == "violated"]
    violated.sort(
        key=lambda row: (row["follows"] is not None, row["stance"] != "must", rank(row["id"]))
    )
    tests = {
        row["id"]: sorted(
            {one["test"].rpartition("/")[2].partition("[")[0] for one in row["violations"]}
        )
        for row in violated
    }
    return {
        "status": outcome.status,
        "first": violated[0]["id"] if violated else None,
        "violates": sorted(tests, key=lambda row: (rank(row), row)),
        "tests": tests,
        "requests": outcome.run.get("requests", 0),
    }  # fmt: skip


def measure(names: Iterable[str], efforts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Run the suite against each fault at each effort."""
    jobs = [
        Job(name=name, emulator=("--fault", name), effort=effort)
        for name in names
        for effort in efforts
    ]
    found: dict[str, dict[str, Any]] = {}
    for outcome in outcomes(jobs):
        found.setdefault(outcome.job.name, {})[outcome.job.effort] = row_of(outcome)
        print(outcome.job.name, outcome.job.effort, outcome.status, flush=True)
    return found


def write(faults: Mapping[str, Any]) -> None:
    table = {"suite": requirements_version(), "faults": dict(sorted(faults.items()))}
    TABLE.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(table), encoding="utf-8")


def requirements_version() -> str:
    from conformance.harness.controller import suite_version  # noqa: PLC0415 - heavy

    return suite_version()


def violates(fault: Mapping[str, Any], effort: str) -> list[str]:
    """Give the requirements that a fault was seen to violate at an effort or a smaller one."""
    upto = EFFORTS[: EFFORTS.index(effort) + 1]
    found = {id for one in upto for id in fault.get(one, {}).get("violates", [])}
    return sorted(found, key=lambda row: (rank(row), row))


WARNS: Final[Mapping[str, tuple[str, ...]]] = {
    "errors-without-code": ("ERROR-4", "ERROR-5"),
    "methods-404": ("METHOD-3",),
    "offset-dates": ("SERVICE-22",),
    "validation-422": ("REFUSE-26",),
}
"""Permitted readings that violate what has a stance of `should`, each with what it violates."""


def page(table: Mapping[str, Any]) -> str:
    """Show the table: by requirement which faults violate it, by fault what is said of it."""
    faults = table["faults"]
    lines = [
        "# What the suite finds",
        "",
        "The emulator can be given faults, each wrong in one way.",
        "This page says what a run of the suite says of each.",
        "`python -m tests.detection` makes it, `tests/test_suite_detects_faults.py` checks it.",
        "",
        f"There are {len(faults)}.",
        f"`probe` finds {_count(faults, 'probe')} of them, `ci` {_count(faults, 'ci')}.",
        "",
        "## By fault",
        "",
        "| fault | what it does | found by | said first | violates |",
        "|---|---|---|---|---|",
    ]
    for name, fault in faults.items():
        by = next((effort for effort in EFFORTS if violates(fault, effort)), "nothing")
        seen = [fault[effort] for effort in EFFORTS if fault.get(effort, {}).get("first")]
        first = seen[0]["first"] if seen else ""
        ids = ", ".join(violates(fault, "ci"))
        lines.append(f"| `{name}` | {fault['what']} | {by} | {first} | {ids} |")
    lines += ["", "## By requirement", "", "| requirement | faults that violate it |", "|---|---|"]
    for id, row in requirements.load().items():
        if row.stance == "observe" or row.untested:
            continue
        named = [f"`{name}`" for name, fault in faults.items() if id in violates(fault, "ci")]
        shown = ", ".join(named[:6]) + (f" and {len(named) - 6} more" if len(named) > 6 else "")
        lines.append(f"| {id} | {shown or _warned(id)} |")
    return "\n".join(lines) + "\n"


def _warned(id: str) -> str:
    readings = [f"`{name}`" for name, ids in WARNS.items() if id in ids]
    return f"none, but the variant {', '.join(readings)}" if readings else "none"


def _count(faults: Mapping[str, Any], effort: str) -> int:
    return sum(bool(violates(fault, effort)) for fault in faults.values())


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.detection", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="FAULT")
    parser.add_argument("--effort", action="append", choices=EFFORTS)
    options = parser.parse_args(arguments)
    known = known_faults()
    kept = load()["faults"] if TABLE.exists() else {}
    found = measure(options.names or known, options.effort or EFFORTS)
    write(
        {
            name: {**kept.get(name, {}), **found.get(name, {}), "what": what}
            for name, what in known.items()
            if name in kept or name in found
        }
    )


if __name__ == "__main__":
    main()
