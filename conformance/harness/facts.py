"""Knows what a test tells the controller about its end, as a report's plain properties."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from conformance.harness.evidence import shortened
from conformance.harness.expect import Finding
from conformance.harness.requirements import Requirement
from conformance.harness.worker import Ended, Worker
from conformance.pages.commands import curl

PROPERTY: Final = "conformance"
SHOWN: Final = 400
"""Characters of a value or an answer that the text of a failure shows; commands are whole."""


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
    found = {"rows": list(rows), "outcome": ended.outcome, "why": ended.why, **taken}
    redacted: dict[str, Any] = worker.wire.redaction.values(found)
    return redacted


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


def summary_of(findings: list[dict[str, Any]], catalogue: Mapping[str, Requirement]) -> str:
    """Tell what was found as the text of a failure: the claim, then the whole story."""
    lines = []
    for one in findings:
        row = catalogue[one["requirement"]]
        lines += [f"{row.id} ({row.stance}): {row.sentence}", *_claim(one), *_story(one), ""]
    return "\n".join(lines).encode("utf-8", "backslashreplace").decode()


def _claim(found: Mapping[str, Any]) -> Iterator[str]:
    if found["because"]:
        yield f"because {found['because']}"
    yield f"expected at {found['where']}: {shortened(found['expected'], SHOWN)}"
    yield f"   found at {found['where']}: {shortened(found['found'], SHOWN)}"


def _story(found: Mapping[str, Any]) -> Iterator[str]:
    if found["witness"]:
        yield str(found["witness"]["drawing"])
    steps = [*found["trail"], *([found["exchange"]] if found["exchange"] else [])]
    for number, step in enumerate(steps, start=1):
        yield f"{number}. {curl(step)}"
        yield f"   -> {answer(step)}"
        if step["request_id"]:
            yield f"      request id {step['request_id']}"


def answer(step: Mapping[str, Any]) -> str:
    """Write what came back, in one line."""
    if step["status"] is None:
        return f"no answer: {step['failure']}"
    return f"{step['status']} {shortened(step['response_body'], SHOWN)}".rstrip()
