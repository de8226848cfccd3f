"""The run as a Common Test Report Format document (ctrf.io, its JSON Schema of 0.1)."""

from datetime import datetime
from typing import Any

from conformance.pages import findings
from conformance.pages.findings import Row, Run
from conformance.pages.junit import message, properties, seconds_by_requirement

SPEC = "0.1.0"


def status(run: Run, row: Row) -> str:
    """Return the word that CTRF has for a verdict."""
    if findings.is_red(run, row):
        return "failed"
    match row["verdict"]:
        case "held":
            return "passed"
        case "not-run" | "not-applicable":
            return "skipped"
        case _:
            return "other"


def document(run: Run) -> dict[str, Any]:
    """Return the document; a run without a verdict has one failed test that says so."""
    start = round(datetime.fromisoformat(run["started"]).timestamp() * 1000)
    seconds = seconds_by_requirement(run)
    tests = [_test(run, row, seconds.get(row["id"], 0.0)) for row in run["requirements"]]
    tests += _about_the_run(run)
    counted = {
        word: sum(test["status"] == word for test in tests)
        for word in ("passed", "failed", "skipped", "pending", "other")
    }
    summary = {"tests": len(tests), **counted, "suites": len(findings.areas(run))}
    times = {"start": start, "stop": start + round(run["seconds"] * 1000)}
    told = {key: run[key] for key in ("effort", "seed", "exit_status", "conforms", "reason")}
    return {
        "reportFormat": "CTRF",
        "specVersion": SPEC,
        "results": {
            "tool": {"name": "proxy-conformance", "version": run["suite"]["version"]},
            "summary": {**summary, **times},
            "tests": tests,
            "environment": {"appName": run["target"]["base_url"], "extra": told},
        },
    }


def _test(run: Run, row: Row, seconds: float) -> dict[str, Any]:
    test = {
        "name": f"{row['id']} {row['sentence']}",
        "status": status(run, row),
        "duration": round(seconds * 1000),
        "suite": ["Proxy Service contract", findings.area(row)],
        "rawStatus": row["verdict"],
        "tags": [row["id"], row["stance"], *row["statements"], *row["operations"]],
        "extra": properties(row),
    }
    if row["verdict"] not in {"held", "observed"}:
        test["message"] = message(row)
    return test


def _about_the_run(run: Run) -> list[dict[str, Any]]:
    told = [] if findings.judged(run) else [("The run reaches a verdict.", str(run["reason"]))]
    told += [
        (f"The deviations file says what is: {entry['id']}", entry["problem"])
        for entry in run.get("deviations", [])
    ]
    return [
        {
            "name": name,
            "status": "failed",
            "duration": 0,
            "suite": ["Proxy Service contract", "RUN"],
            "message": problem,
        }
        for name, problem in told
    ]
