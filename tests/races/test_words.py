"""Operations, answers and a witness, as they are read."""

from dataclasses import replace

from conformance.harness.account_model import (
    Create,
    Created,
    Delete,
    Failed,
    Lost,
    Refused,
    Shown,
    Update,
    fields,
)
from conformance.harness.anomalies import anomaly_of
from conformance.harness.races import check_account
from conformance.harness.witness import draw
from tests.races.histories import REFUSED, S, at, fetch


def test_operations_read_as_words() -> None:
    words = [
        Create(name="n", fields=fields({"default_ttl": 5, "callback_url": None})),
        Create(name="\N{GRINNING FACE}" + "x" * 189 + "y"),
        Update(sid="S", name="m", fields=fields({"default_ttl": 0})),
        Update(sid="S"),
        Delete(sid="S"),
        Created(sid="S", name="n"),
        Shown(name="n", fields=fields({"chat_instance_sid": "IS1"})),
        Shown(name=None),
        Refused(),
        REFUSED,
        Lost(),
        Failed(status=503),
    ]

    assert [str(each) for each in words] == [
        "create 'n' callback_url=None default_ttl=5",
        "create '\\U0001f600xxxxxxxx...xxxxxxxxxxxxxxxxy'",
        "update S unique_name='m' default_ttl=0",
        "update S",
        "delete S",
        "created S",
        "shows unique_name='n' chat_instance_sid='IS1'",
        "accepted",
        "refused",
        "refused (400)",
        "no answer",
        "failed (503)",
    ]


DRAWING = """\
thread 0 |====1=====|          |--------------------------2--------------------------->
                                          |====3=====|
thread 1                                                        |====4=====|
ms       0.0        1.0        2.0        3.0        4.0        5.0        6.0

1  create 'n' f=0 g=0 -> created S
2  update S f=1 -> failed (503)
3  fetch S -> shows f=1
4  fetch S -> shows f=0
"""


def test_a_thread_that_went_on_after_a_failure_has_two_rows() -> None:
    history = [
        S,
        at(2, 2.5, Update(sid="S", fields=fields({"f": 1})), Failed(status=503)),
        fetch(3, 4, f=1),
        replace(fetch(5, 6, f=0), thread=1),
    ]
    milliseconds = [
        replace(each, start=each.start / 1000, end=each.deadline / 1000) for each in history
    ]

    (partition,) = check_account(milliseconds).violations
    witness = anomaly_of(partition).witness

    assert draw(witness.operations) == DRAWING
