"""What a simulated account did is permitted, and nothing else; much of it is quickly judged."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from conformance.harness.account_model import (
    AccountOperation,
    Answer,
    Create,
    Created,
    Delete,
    Deleted,
    Fetch,
    Refused,
    Shown,
    Update,
    fields,
)
from conformance.harness.anomalies import anomaly_of, bearing
from conformance.harness.linearizability import explain
from conformance.harness.races import check_account
from tests.races.histories import REFUSED, S, Step, fetch, simulated, steps, update


@given(steps(3, ["", "", "", "lost", "failed"]))
def test_what_an_account_really_did_is_accepted(asked: list[Step]) -> None:
    assert check_account(simulated(asked)).outcome == "linearizable"


def wrong_answers(operation: AccountOperation) -> Iterator[Answer]:
    """Yield answers that cannot stand where that one was right and nothing overlapped."""
    match operation.request, operation.answer:
        case Create(name=name, fields=given), Refused():
            yield Created(sid="other", name=name, fields=given)
        case Create(), _:
            yield REFUSED
        case Fetch(), Shown(name=name, fields=shown):
            yield REFUSED
            yield Shown(name=name, fields=fields({**dict(shown), "f": -1}))
            yield Shown(name="other", fields=shown)
        case Update(name=name), Shown(fields=shown):
            yield Shown(name=name, fields=fields({**dict(shown), "g": -1}))
            if name is None:
                yield REFUSED
        case Fetch() | Update(name=None), Refused():
            yield Shown(name=None)
        case Delete(), Deleted():
            yield REFUSED
        case Delete(), Refused():
            yield Deleted()
        case _:
            pass


@given(steps(0.4, [""]), st.data())
def test_a_wrong_answer_is_rejected_where_nothing_overlaps(
    asked: list[Step], data: st.DataObject
) -> None:
    history = simulated(asked)
    choices = [
        (number, wrong)
        for number, each in enumerate(history)
        for wrong in wrong_answers(each)
        if isinstance(each.request, Create) or each.request.sid != "none"
    ]
    assume(choices)
    number, wrong = data.draw(st.sampled_from(choices))

    history[number] = replace(history[number], answer=wrong)

    assert check_account(history).outcome == "violated"


@given(steps(3, ["", "", "", "lost"], names="ab"), st.data())
def test_a_witness_is_proof_and_nothing_in_it_is_too_much(
    asked: list[Step], data: st.DataObject
) -> None:
    history = simulated(asked)
    choices = [
        (number, wrong)
        for number, each in enumerate(history)
        if each.answer is not None
        for wrong in wrong_answers(each)
    ]
    assume(choices)
    number, wrong = data.draw(st.sampled_from(choices))
    history[number] = replace(history[number], answer=wrong)

    for partition in check_account(history).violations:
        witness = anomaly_of(partition).witness
        rest = list((Counter(partition.operations) - Counter(witness.core)).elements())
        assert set(witness.core) <= set(witness.operations) <= set(partition.operations)
        assert explain(witness.core, rest, partition.model)[0] == "violated"
        for each in witness.core:
            fewer = [kept for kept in witness.core if kept is not each]
            assert explain(fewer, [*rest, each], partition.model)[0] == "linearizable"


@given(steps(3, ["", "", "lost"], names="ab"), st.data())
def test_what_has_no_bearing_never_makes_a_difference(
    asked: list[Step], data: st.DataObject
) -> None:
    for partition in check_account(simulated(asked)).partitions:
        sides = data.draw(
            st.lists(
                st.integers(0, 2),
                min_size=len(partition.operations),
                max_size=len(partition.operations),
            )
        )
        pairs = list(zip(sides, partition.operations, strict=True))
        kept = [each for side, each in pairs if side == 0]
        others = [each for side, each in pairs if side == 1]  # and the rest never happened

        with_all = explain(kept, others, partition.model)[0]
        with_some = explain(kept, list(bearing(partition.key, kept, others)), partition.model)[0]

        assert with_some == with_all


def test_a_thousand_operations_on_dozens_of_keys_take_few_states() -> None:
    history = simulated(
        [
            Step(
                kind=("create", "fetch", "update", "rename", "fetch", "update", "delete")[n % 7],
                which=n * 7 // 5,
                name=f"n{n * 13 % 24}",
                field="fg"[n // 3 % 2],
                before=3.9,
                after=3.9,
                lost="lost" if n % 50 == 0 else "",
                happens=n % 100 == 0,
                read="before",
            )
            for n in range(1000)
        ]
    )

    verdict = check_account(history)

    assert verdict.outcome == "linearizable"
    assert len(verdict.partitions) > 40
    assert verdict.visited < 10_000


def test_a_violation_among_many_updates_of_one_service_is_made_small() -> None:
    """Eight at a time, none of them seen by anybody until the end."""
    updates = [update(n - 3.9, n + 3.9, **{"fgh"[n % 3]: n}) for n in range(10, 300)]
    history = [S, *updates, fetch(1000, 1001, f=12, g=295)]

    (partition,) = check_account(history).violations
    anomaly = anomaly_of(partition)

    assert partition.visited < 2**7 * len(history)
    assert anomaly.kind == "lost-update"
    assert len(anomaly.witness.core) == 2
