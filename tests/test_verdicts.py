"""What tests and monitors found becomes one verdict each, and one exit status."""

from collections.abc import Iterator
from typing import Any

import pytest

from conformance.harness import record as records
from conformance.harness.checks import (
    only_after,
    only_after_accepted,
    only_if_accepted,
    only_if_refused,
)
from conformance.harness.evidence import Exchange
from conformance.harness.expect import Check, ConformanceFailure, Finding, Violation, about
from conformance.harness.record import Record, recording
from conformance.harness.report import weigh
from conformance.harness.requirements import Requirement
from conformance.harness.verdicts import Tally, expect, listen, observe, outcome
from tests.exchanges import exchange, lost


def wrong(where: str = "/a", requirement: str | None = None) -> Check:
    def check(_: Exchange) -> Iterator[Violation]:
        yield Violation(where=where, expected="1", found="2", requirement=requirement)

    return check


def right(_: Exchange) -> Iterator[Violation]:
    return iter(())


@pytest.fixture
def record() -> Iterator[Record]:
    kept = Record()
    with recording(kept):
        yield kept


def test_what_is_expected_and_so_is_silent(record: Record) -> None:
    expect(exchange(), right)

    assert record.failure is None
    assert record.take() == {"judged": [], "findings": [], "observations": [], "kinds": {}}


def test_one_failure_holds_all_that_was_found(record: Record) -> None:
    with pytest.raises(ConformanceFailure) as told:
        expect(exchange(), wrong("/a"), right, wrong("/b"), because="so")

    assert [one.violation.where for one in told.value.findings] == ["/a", "/b"]
    assert {one.because for one in told.value.findings} == {"so"}
    assert str(told.value) == "expected at /a: 1; found: 2; expected at /b: 1; found: 2"
    assert record.failure is told.value


def test_what_is_about_another_requirement_fails_nothing_here(record: Record) -> None:
    expect(exchange(), about("LIST-1", wrong()), about("LIST-2", right))

    taken = record.take()
    assert [one["requirement"] for one in taken["findings"]] == ["LIST-1"]
    assert taken["judged"] == ["LIST-2"]


def test_what_a_check_passes_over_holds_nothing(record: Record) -> None:
    refusal, success = exchange("fetch", 400), exchange("fetch", 200)
    checks = (
        about("NAME-9", only_if_refused(right)),
        about("REFUSE-25", only_after(success, right)),
        only_after_accepted(refusal, about("UPDATE-11", right)),
        about("LIST-6"),
    )

    expect(success, *checks)

    assert record.take()["judged"] == []


def test_what_a_check_was_tried_on_holds(record: Record) -> None:
    refusal, success = exchange("fetch", 400), exchange("fetch", 200)

    expect(
        refusal,
        about("NAME-9", only_if_refused(right), only_if_accepted(right)),
        about("REFUSE-25", only_after(refusal, right)),
        only_after_accepted(success, about("UPDATE-11", right)),
    )

    assert record.take()["judged"] == ["NAME-9", "REFUSE-25", "UPDATE-11"]


@pytest.mark.parametrize(
    ("checks", "passed_over"),
    [
        ((right,), False),
        ((only_if_refused(right),), True),
        ((only_if_refused(right), right), False),
        ((about("LIST-1", right),), None),
    ],
)
def test_a_test_whose_own_checks_had_nothing_to_say_has_tried_nothing(
    record: Record, *, checks: tuple[Check, ...], passed_over: bool | None
) -> None:
    expect(exchange("fetch", 200), *checks)

    assert record.passed_over is passed_over


def test_one_example_that_was_tried_is_enough(record: Record) -> None:
    for status in (200, 400, 200):
        expect(exchange("fetch", status), only_if_refused(right))

    assert record.passed_over is False


def test_a_check_may_name_the_requirement_of_each_violation(record: Record) -> None:
    expect(exchange(), wrong(requirement="LIST-3"), about("LIST-1", wrong(requirement="LIST-4")))

    assert [one["requirement"] for one in record.take()["findings"]] == ["LIST-3", "LIST-4"]


def test_the_first_few_findings_keep_their_evidence_the_others_their_kind(record: Record) -> None:
    for number in range(records.MOST_FINDINGS + 2):
        violation = Violation(where=f"/{number}", expected="1", found="2")
        record.finds(Finding(requirement="LIST-1", violation=violation, exchange=exchange()))

    taken = record.take()
    assert len(taken["findings"]) == records.MOST_FINDINGS
    assert taken["kinds"] == {"LIST-1": [["/3", "2"], ["/4", "2"]]}
    assert record.counts == {"LIST-1": records.MOST_FINDINGS + 2}


def test_what_was_told_is_told_once(record: Record) -> None:
    record.holds("LIST-1")
    record.observes("LIST-5", "a size of 0", "400", None)

    first, second = record.take(), record.take()
    assert (first["judged"], len(first["observations"])) == (["LIST-1"], 1)
    assert (second["judged"], second["observations"]) == ([], [])


def test_what_nobody_knows_is_observed(record: Record) -> None:
    observe("LIST-5", "a size of 0", exchange("list", 400, {"code": 20001}))
    observe("LIST-5", "another", exchange("list"), "three pages")

    found = [(one["what"], one["found"]) for one in record.take()["observations"]]
    assert found == [("a size of 0", "400, code 20001"), ("another", "three pages")]


def test_an_outcome_is_told_in_short() -> None:
    assert outcome(exchange(status=200)) == "200"
    assert outcome(exchange(status=400, body={"code": "text"})) == "400"
    assert outcome(lost("ReadTimeout")) == "no answer (ReadTimeout)"


def test_monitors_are_told_to_their_requirements(record: Record) -> None:
    def monitor(_: Exchange) -> Iterator[tuple[str, Violation | None]]:
        yield "LIST-1", None
        yield "LIST-2", Violation(where="/a", expected="1", found="2")

    listen(record, [monitor], exchange())

    taken = record.take()
    assert taken["judged"] == ["LIST-1"]
    assert [one["requirement"] for one in taken["findings"]] == ["LIST-2"]


def row(stance: str = "must", untested: str | None = None) -> Requirement:
    return Requirement(
        id="LIST-1", sentence="It is so.", statements=(), stance=stance,  # type: ignore[arg-type]  # each in turn
        basis="documented", source="", since="1.0.0", operations=(), untested=untested,
    )  # fmt: skip


A_VIOLATION: dict[str, Any] = {"where": "/a", "found": "2"}


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ({"held": True, "violations": [A_VIOLATION], "unproven": ["x"]}, "violated"),
        ({"held": True, "not_applicable": ["lacks it"], "unproven": ["x"]}, "not-applicable"),
        ({"held": True, "unproven": ["x"]}, "unproven"),
        ({"held": True, "not_run": ["later"]}, "held"),
        ({"not_run": ["later"]}, "not-run"),
        ({}, "not-run"),
    ],
)
def test_the_worst_verdict_stands(said: dict[str, Any], verdict: str) -> None:
    assert Tally(requirement=row(), **said).verdict()[0] == verdict


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ({"observed": True, "violations": [A_VIOLATION]}, "observed"),
        ({"not_applicable": ["lacks it"]}, "not-applicable"),
        ({"held": True, "unproven": ["x"]}, "not-run"),
    ],
)
def test_what_is_observed_is_never_judged(said: dict[str, Any], verdict: str) -> None:
    assert Tally(requirement=row("observe"), **said).verdict()[0] == verdict


def test_a_verdict_says_why() -> None:
    assert Tally(requirement=row(), unproven=["first", "second"]).verdict()[1] == "first"
    assert Tally(requirement=row(), not_run=["later"]).verdict()[1] == "later"
    assert Tally(requirement=row(untested="needs Sessions")).verdict()[1] == "needs Sessions"
    assert "no test of it was selected" in Tally(requirement=row()).verdict()[1]


def judged(verdict: str, stance: str = "must", *, scored: bool = True) -> dict[str, Any]:
    return {
        "id": f"LIST-{1 + len(verdict)}", "verdict": verdict, "stance": stance, "scored": scored,
        "why": "because", "follows": None,
    }  # fmt: skip


HELD = judged("held")
PROBLEM = {"id": "LIST-1", "problem": "stale", "line": 7}
STATUSES = [
    ("as expected", [HELD], {}, 0),
    ("a must violated", [HELD, judged("violated")], {}, 1),
    ("a should violated", [HELD, judged("violated", "should")], {}, 0),
    ("a should that fails", [HELD, judged("violated", "should")], {"fail_on": "should"}, 1),
    ("not scored", [HELD, judged("violated", scored=False)], {}, 0),
    ("unproven", [HELD, judged("unproven")], {}, 1),
    ("an unproven should", [HELD, judged("unproven", "should")], {}, 0),
    ("unproven, not scored", [HELD, judged("unproven", scored=False)], {}, 0),
    ("a deviation", [HELD, judged("deviates")], {}, 0),
    ("a stale deviation", [HELD], {"problems": [PROBLEM]}, 1),
    ("interrupted", [HELD], {"status": 2}, 2),
    ("interrupted and violated", [HELD, judged("violated")], {"status": 2}, 1),
    ("the suite failed", [HELD], {"status": 3}, 3),
    ("a worker was lost", [HELD], {"lost": ["gw1 crashed"]}, 3),
    ("nothing selected", [judged("not-run")], {"status": 5}, 4),
    ("nothing judged", [judged("not-run"), judged("not-applicable")], {}, 4),
    ("observed alone", [judged("observed", "observe")], {}, 0),
    ("unreachable", [HELD], {"unjudgeable": "it is away"}, 6),
    ("gone half-way", [HELD], {"gone": "it went away"}, 6),
    ("violated, then gone", [HELD, judged("violated")], {"gone": "it went away"}, 1),
    ("gone, the rest unproven", [HELD, judged("unproven")], {"gone": "it went away"}, 6),
    ("another test failed", [HELD], {"status": 1}, 1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "given", "status"), [pytest.param(*rest, id=words) for words, *rest in STATUSES]
)
def test_each_end_has_its_exit_status(
    rows: list[dict[str, Any]], given: dict[str, Any], status: int
) -> None:
    options: dict[str, Any] = {"fail_on": "must", "status": 0}
    found, reason = weigh(rows, **(options | given))

    assert found == status
    assert reason
    assert "\n" not in reason


def test_the_reason_names_what_it_is_about() -> None:
    violated = weigh([HELD, judged("violated"), judged("violated")], fail_on="must", status=0)[1]
    unproven = weigh([HELD, judged("unproven")], fail_on="must", status=0)[1]
    stale = weigh([HELD], fail_on="must", status=0, problems=[PROBLEM, PROBLEM])[1]

    assert violated == "the target does not conform: it violates LIST-9 and 1 more"
    assert unproven == "LIST-9 could not be proven: because"
    assert stale == "the deviations file has to change, line 7: LIST-1: stale (and 1 more)"
