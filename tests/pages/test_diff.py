import json
from typing import Any

import pytest

from conformance.pages.diff import compare
from tests.pages import runs


def changed(run: dict[str, Any], requirement: str, **keys: Any) -> dict[str, Any]:
    for row in run["requirements"]:
        if row["id"] == requirement:
            row.update(keys)
    return run


def good() -> dict[str, Any]:
    return runs.run(red=False)


def test_a_run_is_no_different_from_itself_made_again() -> None:
    """Names, sids, times and ports are new in each run; they are no change."""
    again = json.loads(
        json.dumps(runs.run())
        .replace("k3v9x2ab", "zzzzzzzz")
        .replace("127.0.0.1:8080", "127.0.0.1:1")
    )

    found = compare(runs.run(), again)

    assert (found.changes, found.drifts, found.worse) == ((), (), False)
    assert found.sentence() == "No difference in verdicts or observations."


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        ("held", "violated", True),
        ("held", "unproven", True),
        ("held", "deviates", True),
        ("held", "not-run", True),
        ("deviates", "violated", True),
        ("not-run", "violated", True),
        ("violated", "held", False),
        ("unproven", "held", False),
        ("violated", "deviates", False),
        ("not-run", "held", False),
        ("not-run", "not-applicable", False),
    ],
)
def test_a_must_that_came_out_differently(before: str, after: str, *, worse: bool) -> None:
    old = changed(good(), "CREATE-4", verdict=before)
    new = changed(good(), "CREATE-4", verdict=after)

    found = compare(old, new)

    assert found.worse is worse
    assert [(change.before, change.after) for change in found.changes] == [(before, after)]
    assert ("CREATE-4" in found.sentence()) is worse


def test_a_should_is_worse_only_where_the_run_fails_on_it() -> None:
    new = changed(good(), "NAME-9", verdict="violated")

    found = compare(good(), new)
    assert not found.worse
    assert found.sentence().startswith("Nothing worse that fails a run: 1 other requirement worse")
    assert compare(good(), new | {"fail_on": "should"}).worse


def test_what_is_not_scored_makes_nothing_worse() -> None:
    new = changed(good(), "CREATE-4", verdict="violated", scored=False)

    assert not compare(good(), new).worse


def test_another_effort_is_no_regression() -> None:
    new = changed(good(), "CREATE-4", verdict="not-run") | {"effort": "probe"}

    found = compare(good(), new)

    assert not found.worse
    assert [change.id for change in found.changes] == ["CREATE-4"]


def test_another_violation_of_the_same_requirement_is_a_change() -> None:
    old = changed(good(), "CREATE-4", verdict="violated", violations=[runs.loses_ttl()])
    new = changed(good(), "CREATE-4", verdict="violated", violations=[runs.wrong_type()])

    found = compare(old, new)

    assert found.changes[0].found_before == "at /default_ttl: 0, not 3600"
    assert "text/plain" in found.changes[0].found_after
    assert not found.worse


def test_requirements_added_and_retired_are_told() -> None:
    old, new = good(), good()
    del old["requirements"][0]
    del new["requirements"][1]
    new["suite"] = {**new["suite"], "version": "1.1.0"}

    found = compare(old, new)

    assert [change.id for change in found.added] == ["CREATE-1"]
    assert [change.id for change in found.retired] == ["CREATE-2"]
    assert not found.worse


def test_a_must_missing_from_the_same_suite_is_worse() -> None:
    new = good()
    del new["requirements"][1]

    assert "CREATE-2 of the same suite is missing" in compare(good(), new).sentence()


def test_a_new_must_that_is_violated_is_worse() -> None:
    old = good()
    del old["requirements"][0]
    new = changed(good(), "CREATE-1", verdict="violated")

    assert "CREATE-1 is new and not held" in compare(old, new).sentence()


def test_a_run_without_a_verdict_and_more_residue_are_worse() -> None:
    left = good()
    left["services"] = {**left["services"], "left": [{"sid": None, "unique_name": "x"}]}

    assert "the new run has no verdict" in compare(good(), runs.not_judged()).sentence()
    assert "1 more Service left behind" in compare(good(), left).sentence()


def test_observations_drift() -> None:
    new = good()
    new["observations"][0]["found"] = "refused with 400"
    del new["observations"][1]

    found = compare(good(), new)

    assert [(drift.requirement, drift.after) for drift in found.drifts] == [
        ("CREATE-24", "refused with 400"),
        ("CREATE-25", ""),
    ]
    assert not found.worse


def test_latency_is_notable_only_beyond_noise() -> None:
    new = good()
    new["latency"][0] |= {"p50": new["latency"][0]["p50"] + 1}
    new["latency"][1] |= {"p50": new["latency"][1]["p50"] * 10}

    shifts = compare(good(), new).shifts

    assert [shift.operation for shift in shifts if shift.notable] == ["fetch"]


def test_all_forms_hold_the_same(subtests: pytest.Subtests) -> None:
    found = compare(good(), runs.run())
    text, page, values = found.terminal(), found.as_html(), json.dumps(found.as_json())

    for change in found.changes:
        with subtests.test(change.id):
            assert change.id in text
            assert f'id="{change.id}"' in page
            assert change.id in values
    assert text.split("\n")[-1] == found.sentence()
    assert "<script>alert(1)" not in page
    assert "\x1b" not in text
    assert "\x1b[1;31m" in found.terminal(colour=True)
