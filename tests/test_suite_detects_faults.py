"""The two promises, held against the emulator: each fault is named, no variant is blamed.

`openapi/detection.json` states for every fault exactly which requirements a run violates. Here the
suite is run to see it: against a selection of faults that covers every requirement, in every run
of these tests; against all of them with DETECTION=all. At `probe`, where nothing is drawn, the rows
are exactly those; at `ci`, one of them at the least.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from conformance.harness import requirements
from tests import detection
from tests.suite_runs import ROOT, Job, Outcome, outcomes

EVERYTHING = os.environ.get("DETECTION") == "all"
FEW = 40
"""As many requirements as a fault may violate and still tell them apart."""


@pytest.fixture(scope="module")
def table() -> Mapping[str, Any]:
    faults: Mapping[str, Any] = detection.load()["faults"]
    return faults


def selection(table: Mapping[str, Any], effort: str) -> list[str]:
    """Choose faults so that each requirement that any of them violates is violated by one.

    Those that violate few say the most about their requirements, and come first. For `ci` those
    are chosen from that `probe` does not find, for the requirements that no fault violates there.
    """
    found = {
        name: set(fault[effort]["violates"])
        for name, fault in sorted(table.items())
        if fault.get(effort, {}).get("violates")
        if effort == "probe" or not detection.violates(fault, "probe")
    }
    if EVERYTHING:
        return list(found)
    at_probe = {id for fault in table.values() for id in detection.violates(fault, "probe")}
    chosen, covered = list[str](), set[str]() if effort == "probe" else at_probe
    for most in (FEW, len(requirements.load())):
        left = {name: ids for name, ids in found.items() if len(ids) <= most}
        while more := max((len(ids - covered) for ids in left.values()), default=0):
            name = next(name for name, ids in left.items() if len(ids - covered) == more)
            chosen.append(name)
            covered |= left.pop(name)
    return chosen


def test_every_fault_of_the_table_is_one_of_the_emulator(table: Mapping[str, Any]) -> None:
    known = detection.known_faults()
    assert {name: known.get(name) for name in table} == {
        name: f["what"] for name, f in table.items()
    }
    assert len(table) >= 110


def test_the_page_shows_the_table() -> None:
    assert detection.PAGE.read_text(encoding="utf-8") == detection.page(detection.load())


def test_every_requirement_is_violated_by_some_fault_or_warned_of(table: Mapping[str, Any]) -> None:
    violated = {id for fault in table.values() for id in detection.violates(fault, "ci")}
    tested = {
        id
        for id, row in requirements.load().items()
        if row.stance != "observe" and not row.untested
    }
    assert tested - violated <= {id for ids in detection.WARNS.values() for id in ids}


def test_the_bank_is_found(table: Mapping[str, Any]) -> None:
    """`probe` finds nine tenths of what needs no crowd of Services; what nothing finds is few."""
    probe = [fault for fault in table.values() if detection.violates(fault, "probe")]
    ci = [fault for fault in table.values() if detection.violates(fault, "ci")]
    crowds = [fault for fault in ci if fault not in probe and found_by(fault) == {"test_crowd.py"}]
    assert len(probe) >= 0.9 * (len(ci) - len(crowds))
    assert len(ci) >= 0.95 * len(table)


def found_by(fault: Mapping[str, Any]) -> set[str]:
    """Give the files whose tests find a fault at `ci`."""
    tests = (test for row in fault["ci"]["tests"].values() for test in row)
    return {test.partition("::")[0] for test in tests}


def settled(ids: list[str]) -> set[str]:
    """Leave out what hangs on how threads met, or on what was drawn."""
    return {id for id in ids if not id.startswith(("RACE-", "LIFE-", "BREADTH-"))}


def differences(outcome: Outcome, expected: Mapping[str, Any]) -> Iterator[str]:
    seen = detection.row_of(outcome)
    if seen["status"] != expected["status"] and settled(expected["violates"]):
        yield f"{outcome.job.name}: exit {seen['status']}, the table says {expected['status']}"
    if outcome.job.effort != "probe":  # what is drawn there may show more of a fault, or less
        if settled(expected["violates"]) and not set(seen["violates"]) & set(expected["violates"]):
            yield f"{outcome.job.name}: found by none of {expected['violates']}"
        return
    if settled(seen["violates"]) != settled(expected["violates"]):
        wrong = settled(seen["violates"]) ^ settled(expected["violates"])
        yield f"{outcome.job.name}: table and run differ in {sorted(wrong)}"


def only(ids: list[str]) -> tuple[str, ...]:
    """Select the tests of some requirements, of which one is to be violated: that takes a moment."""
    return tuple(word for id in ids for word in ("--requirement", id))


@pytest.mark.parametrize("effort", ["probe", "ci"])
def test_faults_violate_exactly_what_the_table_says(table: Mapping[str, Any], effort: str) -> None:
    names = selection(table, effort)
    jobs = [
        Job(
            name=name,
            emulator=("--fault", name),
            effort=effort,
            options=() if effort == "probe" else only(table[name][effort]["violates"]),
        )
        for name in names
    ]
    found = outcomes(jobs)
    wrong = [line for one in found for line in differences(one, table[one.job.name][effort])]
    assert wrong == []


SLOW = {"slow", "throttled", "throttled-silently", "crowded", "busy"}
"""Variants that take their time: tried with all pairs, at night."""


TOGETHER = {"probe": 6, "ci": 10}
"""How many variants one run has at once: as many as still show, together, what each of them is."""


def variants() -> list[str]:
    listed = subprocess.run(
        [sys.executable, "-m", "emulator", "variants"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    names = [line.partition(":")[0].strip() for line in listed.stdout.splitlines() if ": " in line]
    return [name for name in names if EVERYTHING or name not in SLOW]


@pytest.mark.parametrize("effort", ["probe", "ci"])
def test_no_variant_is_blamed(effort: str) -> None:
    """Several at once, so that each is tried, beside others; nothing but `should` rows warns."""
    names, many = variants(), 1 if EVERYTHING else TOGETHER[effort]
    apart = -(-len(names) // many)
    jobs = [
        Job(
            name=" + ".join(names[first::apart]),
            emulator=tuple(word for name in names[first::apart] for word in ("--variant", name)),
            effort=effort,
        )
        for first in range(apart)
    ]
    blamed = {one.job.name: one.run.get("reason") for one in outcomes(jobs) if one.status != 0}
    assert blamed == {}


@pytest.mark.parametrize(("fail_on", "status"), [("must", 0), ("should", 1)])
def test_a_permitted_reading_warns_of_its_own_rows(fail_on: str, status: int) -> None:
    """No more than that at the default; asked to fail on it, the run is red."""
    jobs = [
        Job(
            name=name,
            emulator=("--variant", name),
            effort="probe",
            options=(*only([*ids, "CREATE-1"]), f"--fail-on={fail_on}"),
        )
        for name, ids in detection.WARNS.items()
    ]

    found = {one.job.name: one for one in outcomes(jobs)}

    assert {name: tuple(one.ids("violated")) for name, one in found.items()} == detection.WARNS
    assert {one.status for one in found.values()} == {status}


def test_a_run_that_only_reads_blames_no_crowd() -> None:
    """Of somebody else's Services; the other tests of variants create what they look at."""
    jobs = [
        Job(name=effort, emulator=("--variant", "crowded"), effort=effort, options=("--read-only",))
        for effort in ("probe", "ci")
    ]
    blamed = {one.job.name: one.run.get("reason") for one in outcomes(jobs) if one.status != 0}
    assert blamed == {}


def test_what_a_target_declares_to_lack_fails_no_run() -> None:
    """Nor do other tests, which find it on the way."""
    lacking = {
        "paging": "ignores-page-size",
        "auth": "needs-no-credentials",
        "clearing": "does-not-clear-CallbackUrl",
    }
    jobs = [
        Job(
            name=capability,
            emulator=("--fault", fault),
            effort="probe",
            options=("--lacks", capability),
        )
        for capability, fault in lacking.items()
    ]
    blamed = {one.job.name: one.run.get("reason") for one in outcomes(jobs) if one.status != 0}
    assert blamed == {}


def test_what_could_not_be_proven_is_told_in_words() -> None:
    job = Job(
        name="unproven",
        emulator=("--fault", "ignores-page-size"),
        effort="probe",
        options=("--requirement", "LIST-17"),
    )
    [outcome] = outcomes([job])

    assert outcome.status == 1
    assert "unproven: the first page of two led to no second one" in outcome.printed
    assert "LeftOut" not in outcome.printed
