"""Knows what a test tells the controller about its end, as a report's plain properties."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from conformance.harness.expect import Finding
from conformance.harness.requirements import Requirement
from conformance.harness.worker import Ended, Worker

PROPERTY: Final = "conformance"


def rows_of(item: pytest.Item) -> tuple[str, ...]:
    """Give the requirements that a test names, its own first."""
    marker = item.get_closest_marker("requirement")
    return tuple(marker.args) if marker else ()


def facts_of(rows: tuple[str, ...], ended: Ended, worker: Worker) -> dict[str, Any]:
    """Gather what a test found: about its own requirements, and about others on the way."""
    taken = worker.record.take()
    if ended.failure is not None:
        taken["findings"] = [
            *({"requirement": _own(finding, rows), **finding.as_values()} for finding in ended.failure.findings),
            *taken["findings"],
        ]  # fmt: skip
    redacted = worker.wire.redaction.values
    return {
        "rows": list(rows),
        "outcome": ended.outcome,
        "why": redacted(ended.why),
        "judged": taken["judged"],
        "findings": [_but_ids(one, redacted) for one in taken["findings"]],
        "observations": [_but_ids(one, redacted) for one in taken["observations"]],
        "kinds": {row: redacted(kinds) for row, kinds in taken["kinds"].items()},
    }


def _but_ids(found: dict[str, Any], redacted: Callable[[Any], Any]) -> dict[str, Any]:
    """Redact what was found, and not of which requirement: a secret may be any word."""
    return {**redacted(found), "requirement": found["requirement"]}


def _own(finding: Finding, rows: tuple[str, ...]) -> str:
    return finding.requirement or rows[0]


def fails(facts: Mapping[str, Any], catalogue: Mapping[str, Requirement], fail_on: str) -> bool:
    """Tell whether what was found makes a run red."""
    red = {"must"} if fail_on == "must" else {"must", "should"}
    return any(catalogue[one["requirement"]].stance in red for one in facts["findings"])


def attach(report: pytest.TestReport, facts: Mapping[str, Any]) -> None:
    """Put the facts on a report, as ASCII text: it travels whatever it holds."""
    report.user_properties.append((PROPERTY, packed(facts)))


def read(report: pytest.TestReport) -> dict[str, Any] | None:
    """Read the facts that a report carries, if it does."""
    found = next((value for key, value in report.user_properties if key == PROPERTY), None)
    return None if found is None else json.loads(str(found))


def packed(facts: Mapping[str, Any]) -> str:
    """Write facts as ASCII text, which travels between processes whatever it holds."""
    return json.dumps(facts)
