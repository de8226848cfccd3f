"""What races on an account are not permitted, and what they are called."""

from collections.abc import Mapping
from typing import get_args

import pytest

from conformance.harness.account_model import AccountOperation, Shown, Update, fields
from conformance.harness.anomalies import MEANINGS, Kind, anomaly_of, classify
from conformance.harness.races import check_account
from tests.races.histories import (
    S,
    at,
    conflict,
    create,
    delete,
    fetch,
    lost,
    refused,
    rename,
    update,
)

VIOLATIONS: Mapping[str, tuple[set[Kind], list[AccountOperation], int]] = {
    "two creates win": ({"two-winners"}, [S, create(0, 2, "n", "T")], 2),
    "a create and a rename win": (
        {"two-winners"},
        [S, create(0, 1, "m", "T"), rename(2, 3, "n", "T"), create(2, 4, "m", "U")],
        2,
    ),
    "a lost create does not excuse two winners": (
        {"two-winners"},
        [S, lost(create(0, 2, "n", None)), create(2, 4, "n", "T")],
        2,
    ),
    "no create wins": ({"no-winner"}, [create(0, 2, "n", None), create(1, 3, "n", None)], 1),
    "a create is refused before anybody asks": (
        {"no-winner"},
        [create(0, 1, "n", None), create(2, 3, "n", "S")],
        1,
    ),
    "a rename is refused to a name that nobody holds": (
        {"no-winner"},
        [S, refused(rename(2, 3, "m")), delete(4, 5)],
        1,
    ),
    "a rename is refused with 409 though it meets no other": (
        {"no-winner"},
        [S, conflict(rename(2, 3, "m")), rename(4, 5, "x")],
        1,
    ),
    "a deleted Service keeps its name": (
        {"not-freed"},
        [S, delete(2, 3), create(4, 5, "n", None)],
        3,
    ),
    "a renamed Service keeps its old name": (
        {"not-freed"},
        [S, rename(2, 3, "m"), refused(rename(4, 5, "n", "T")), create(0, 1, "o", "T")],
        3,
    ),
    "a renamed Service keeps its name when it is deleted": (
        {"not-freed"},
        [S, rename(2, 3, "m"), delete(4, 5), create(6, 7, "m", None)],
        3,
    ),
    "an update writes back what another had changed": (
        {"lost-update"},
        [S, update(2, 4, f=1), update(3, 5, g=1), fetch(6, 7, "n", f=0, g=1)],
        4,
    ),
    "half of an update is lost": (
        {"lost-update"},
        [S, update(2, 4, f=1, g=1), update(3, 5, h=1), fetch(6, 7, f=0, g=1, h=1)],
        4,
    ),
    "an update is lost to a rename": (
        {"lost-update"},
        [S, update(2, 4, f=1), rename(3, 5, "m"), fetch(6, 7, "m", f=0)],
        4,
    ),
    "a rename is lost to an update": (
        {"lost-update"},
        [S, rename(2, 4, "m"), update(3, 5, f=1), fetch(6, 7, "n", f=1)],
        4,
    ),
    "a read shows what was before the update": (
        {"stale-read"},
        [S, update(2, 3, f=1), fetch(4, 5, f=0, g=0)],
        3,
    ),
    "a read is late after a race": (
        {"stale-read"},
        [S, update(2, 4, f=1), update(3, 5, g=1), fetch(6, 7, f=0, g=1), fetch(8, 9, f=1, g=1)],
        4,
    ),
    "two reads see a write and do not": (
        {"stale-read"},
        [S, update(2, 9, f=1), fetch(3, 4, f=1), fetch(5, 6, f=0)],
        4,
    ),
    "an update answers with its own old value": (
        {"stale-read"},
        [
            S,
            at(
                2,
                3,
                Update(sid="S", fields=fields({"f": 1})),
                Shown(name="n", fields=fields({"f": 0})),
            ),
        ],
        2,
    ),
    "a read shows half of an update": (
        {"torn-read"},
        [S, update(2, 9, f=1, g=1), fetch(3, 4, f=1, g=0)],
        3,
    ),
    "a read shows the fields of a rename without the name": (
        {"torn-read"},
        [
            S,
            at(2, 9, Update(sid="S", name="m", fields=fields({"f": 1})), Shown(name="m")),
            fetch(3, 4, "n", f=1),
        ],
        3,
    ),
    "a read shows what nobody wrote": ({"unwritten-value"}, [S, fetch(2, 3, f=7, g=0)], 2),
    "a read shows what was not asked for yet": (
        {"unwritten-value"},
        [S, fetch(2, 3, f=7, g=0), update(4, 5, f=7)],
        2,
    ),
    "an answer to a racing update shows what nobody wrote": (
        {"unwritten-value"},
        [
            S,
            at(
                2,
                4,
                Update(sid="S", fields=fields({"f": 1})),
                Shown(name="n", fields=fields({"g": 7})),
            ),
            update(3, 5, g=1),
        ],
        2,
    ),
    "a deleted Service is shown": ({"revived"}, [S, delete(2, 3), fetch(4, 5, "n")], 3),
    "a deleted Service is updated": ({"revived"}, [S, delete(2, 3), update(4, 5, f=1)], 3),
    "a Service is gone, and shown again": (
        {"revived"},
        [S, lost(delete(2, 3)), refused(fetch(4, 5)), fetch(6, 7, "n")],
        3,
    ),
    "two deletes succeed at once": ({"deleted-twice"}, [S, delete(2, 4), delete(3, 5)], 3),
    "a Service cannot be found": ({"vanished"}, [S, refused(fetch(2, 3)), delete(4, 5)], 2),
    "a Service cannot be deleted": ({"vanished"}, [S, refused(delete(2, 3)), fetch(4, 5)], 2),
    "a Service cannot be updated": ({"vanished"}, [S, refused(update(2, 3, f=1))], 2),
    "two creates are given one SID": ({"same-sid"}, [S, create(2, 3, "m", "S")], 2),
    "an update resets a field that it does not name": (
        {"lost-update"},
        [S, update(2, 3, f=1), update(4, 5, g=1), fetch(6, 7, f=0, g=1)],
        4,
    ),
    "two reads see two updates in different orders": (
        {"mixed"},
        [S, update(2, 9, f=1), update(2, 9, g=1), fetch(3, 4, f=1, g=0), fetch(5, 6, f=0, g=1)],
        5,
    ),
}


@pytest.mark.parametrize(("kinds", "history", "size"), VIOLATIONS.values(), ids=VIOLATIONS)
def test_what_may_not_happen_is_told_apart(
    kinds: set[Kind], history: list[AccountOperation], size: int
) -> None:
    anomalies = [anomaly_of(partition) for partition in check_account(history).violations]

    assert {anomaly.kind for anomaly in anomalies} == kinds
    assert [len(anomaly.witness.operations) for anomaly in anomalies] == [size]
    assert anomalies[0].meaning == MEANINGS[anomalies[0].kind]
    assert classify(anomalies[0].witness) == anomalies[0].kind


def test_a_kind_that_takes_too_long_to_find_is_mixed() -> None:
    (partition,) = check_account([S, update(2, 3, f=1), fetch(4, 5, f=0)]).violations

    assert classify(anomaly_of(partition).witness, limit=1) == "mixed"


def test_every_kind_has_a_meaning_and_an_example() -> None:
    assert set(MEANINGS) == set(get_args(Kind))
    assert set(MEANINGS) == {kind for kinds, _, _ in VIOLATIONS.values() for kind in kinds}
