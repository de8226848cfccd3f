"""The model of an account, what races on it are permitted, and what the others are called."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from conformance.harness.account_model import (
    AccountOperation,
    Answer,
    Create,
    Created,
    Delete,
    Deleted,
    Failed,
    Fetch,
    Lost,
    Refused,
    Request,
    Shown,
    Update,
    fields,
)
from conformance.harness.anomalies import MEANINGS, Kind, anomaly_of, bearing, classify
from conformance.harness.linearizability import Operation, explain
from conformance.harness.races import Name, Sid, check_account
from conformance.harness.witness import draw

REFUSED = Refused(status=400)


def at(
    start: float, end: float | None, request: Request, answer: Answer | None, thread: int = 0
) -> AccountOperation:
    return Operation(thread=thread, start=start, end=end, request=request, answer=answer)


def create(start: float, end: float, name: str, sid: str | None, **values: int) -> AccountOperation:
    shown = fields(values)
    answer = REFUSED if sid is None else Created(sid=sid, name=name, fields=shown)
    return at(start, end, Create(name=name, fields=shown), answer)


def update(start: float, end: float, **values: int) -> AccountOperation:
    changes = fields(values)
    return at(start, end, Update(sid="S", fields=changes), Shown(name=None, fields=changes))


def rename(start: float, end: float, name: str, sid: str = "S") -> AccountOperation:
    return at(start, end, Update(sid=sid, name=name), Shown(name=name))


def fetch(
    start: float, end: float, name: str | None = None, sid: str = "S", **values: int
) -> AccountOperation:
    return at(start, end, Fetch(sid=sid), Shown(name=name, fields=fields(values)))


def delete(start: float, end: float, sid: str = "S") -> AccountOperation:
    return at(start, end, Delete(sid=sid), Deleted())


def refused(operation: AccountOperation) -> AccountOperation:
    return replace(operation, answer=REFUSED)


def lost(operation: AccountOperation) -> AccountOperation:
    return replace(operation, end=None, answer=None)


S = create(0, 1, "n", "S", f=0, g=0)

PERMITTED: Mapping[str, list[AccountOperation]] = {
    "one of three creates wins": [
        create(0, 5, "n", None),
        create(1, 3, "n", "S"),
        create(2, 4, "n", None),
    ],
    "a create is refused while its rival is still under way": [
        create(0, 9, "n", "S"),
        create(1, 2, "n", None),
    ],
    "a create races with the delete of the holder, and loses": [
        S,
        delete(2, 4),
        create(3, 5, "n", None),
    ],
    "a create races with the delete of the holder, and wins": [
        S,
        delete(2, 4),
        create(3, 5, "n", "T"),
    ],
    "both creates are refused while the holder is deleted": [
        S,
        delete(2, 5),
        create(3, 4, "n", None),
        create(3, 6, "n", None),
    ],
    "a name is freed by a rename and taken again": [
        S,
        rename(2, 3, "m"),
        create(4, 5, "n", "T"),
        refused(rename(6, 7, "n")),
    ],
    "two Services change names through a third name": [
        S,
        create(0, 1, "m", "T"),
        rename(2, 3, "x"),
        rename(4, 5, "n", "T"),
        rename(6, 7, "m"),
    ],
    "a rename is refused as the name was held for a moment": [
        S,
        create(2, 4, "m", "T"),
        refused(rename(3, 7, "m")),
        delete(5, 6, "T"),
    ],
    "a rename to the own name is refused": [S, refused(rename(2, 3, "n"))],
    "a rename to the own name is accepted": [S, rename(2, 3, "n"), fetch(4, 5, "n")],
    "a rename is refused since its Service is gone": [S, delete(2, 4), refused(rename(3, 5, "m"))],
    "a rename is refused since its Service may be gone": [
        S,
        lost(delete(2, 4)),
        refused(rename(3, 5, "m")),
    ],
    "a rename that came before the delete": [S, delete(2, 5), rename(3, 4, "m")],
    "an update is refused since a delete came first": [
        S,
        delete(2, 5),
        refused(update(3, 4, f=1)),
    ],
    "updates of different fields both survive": [
        S,
        update(2, 4, f=1),
        update(3, 5, g=1),
        fetch(6, 7, f=1, g=1),
    ],
    "the later of two updates of one field is seen": [
        S,
        update(2, 4, f=1),
        update(3, 5, f=2),
        fetch(6, 7, f=1, g=0),
    ],
    "answers to racing updates were read before the other's write": [
        S,
        at(
            2,
            4,
            Update(sid="S", fields=fields({"f": 1})),
            Shown(name="n", fields=fields({"f": 1, "g": 0})),
        ),
        at(
            3,
            5,
            Update(sid="S", name="m", fields=fields({"g": 1})),
            Shown(name="m", fields=fields({"f": 0, "g": 1})),
        ),
        fetch(6, 7, "m", f=1, g=1),
    ],
    "an answer to a rename shows the racing rename": [
        S,
        at(2, 5, Update(sid="S", name="m"), Shown(name="x")),
        rename(3, 6, "x"),
        create(7, 8, "m", "T"),
        fetch(7, 8, "x"),
    ],
    "an answer leaves fields out, another has more": [
        create(0, 1, "n", "S", f=0),
        fetch(2, 3, f=0, h=5),
        update(4, 5, f=1, h=6),
        fetch(6, 7, h=6),
    ],
    "one of two deletes is refused": [
        S,
        delete(2, 4),
        refused(delete(3, 5)),
        refused(delete(6, 7)),
    ],
    "a lost delete happened": [
        S,
        lost(delete(2, 4)),
        refused(delete(5, 6)),
        create(7, 8, "n", "T"),
    ],
    "a lost delete did not happen": [S, lost(delete(2, 4)), fetch(5, 6, "n"), delete(7, 8)],
    "a lost create holds its name": [lost(create(0, 1, "n", None)), create(2, 3, "n", None)],
    "a lost create did not happen": [lost(create(0, 1, "n", None)), create(2, 3, "n", "S")],
    "the Service of a lost create is found and deleted": [
        lost(create(0, 1, "n", None)),
        create(2, 3, "n", None),
        delete(4, 5, "T"),
        create(6, 7, "n", "S"),
    ],
    "the Service of a lost create is found and renamed, there and back": [
        lost(create(0, 1, "n", None)),
        rename(2, 3, "m", "T"),
        create(4, 5, "m", None),
        create(4, 5, "n", "S"),
        refused(rename(6, 7, "n", "T")),
        delete(8, 9),
        rename(10, 11, "n", "T"),
    ],
    "a found Service keeps the name it was created with": [
        lost(create(0, 1, "n", None)),
        rename(2, 3, "n", "T"),
        create(4, 5, "n", None),
    ],
    "a lost rename happened": [
        S,
        lost(rename(2, 3, "m")),
        create(4, 5, "n", "T"),
        fetch(6, 7, "m"),
    ],
    "a lost rename did not happen": [S, lost(rename(2, 3, "m")), create(4, 5, "m", "T")],
    "a lost update of a Service that is gone": [S, delete(2, 3), lost(update(4, 5, f=1))],
    "a lost fetch": [S, lost(fetch(2, 3)), lost(refused(delete(4, 5)))],
    "what failed may have happened later": [
        S,
        at(2, 3, Update(sid="S", fields=fields({"f": 1})), Failed(status=503)),
        fetch(4, 5, f=0),
        fetch(6, 7, f=1),
        at(8, 9, Delete(sid="S"), Lost()),
        refused(fetch(10, 11)),
    ],
    "a create that shows another name than was asked for": [
        at(0, 1, Create(name="n"), Created(sid="S", name="x")),
        create(2, 3, "n", "T"),
    ],
    "a Service that the history did not see created": [
        fetch(0, 1, "x", "T"),
        refused(fetch(2, 3, sid="T")),
    ],
}

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


@pytest.mark.parametrize("history", PERMITTED.values(), ids=PERMITTED)
def test_what_may_happen_is_permitted(history: list[AccountOperation]) -> None:
    assert check_account(history).outcome == "linearizable"


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


def test_parts_are_named_for_names_and_sids() -> None:
    history = [S, create(2, 3, "m", "T"), rename(4, 5, "x"), fetch(6, 7, sid="U")]

    keys = [partition.key for partition in check_account(history).partitions]

    assert keys == [Name(name="n"), Name(name="m"), Name(name="x"), Sid(sid="S"), Sid(sid="T")]


def test_the_limit_is_handed_on() -> None:
    assert check_account([S, fetch(2, 3)], limit=1).outcome == "undecided"


def test_an_answer_that_cannot_be_one_is_a_fault_of_the_recorder() -> None:
    with pytest.raises(TypeError, match=r"deleted is no answer to fetch S"):
        check_account([at(0, 1, Fetch(sid="S"), Deleted())])


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


@dataclass(frozen=True)
class Step:
    """One request of a simulated run: what is asked, how long it takes, whether it is answered."""

    kind: str
    which: int
    name: str
    field: str
    before: float
    after: float
    lost: str
    happens: bool
    read: str


@dataclass
class Account:
    """A correct account that executes one request at a time."""

    services: dict[str, tuple[str, dict[str, int]]] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    moments: list[dict[str, tuple[str, dict[str, int]]]] = field(default_factory=list)

    def request(self, step: Step, value: int) -> Request:
        sid = self.made[step.which % len(self.made)] if self.made else "none"
        match step.kind:
            case "create":
                return Create(name=step.name, fields=fields({"f": value}))
            case "rename":
                return Update(sid=sid, name=step.name, fields=fields({"g": value}))
            case "update":
                return Update(sid=sid, fields=fields({step.field: value}))
            case "fetch":
                return Fetch(sid=sid)
            case _:
                return Delete(sid=sid)

    def execute(self, request: Request) -> Answer:
        match request:
            case Create(name=name, fields=given) if name not in self.names():
                sid = f"S{len(self.made)}"
                self.made.append(sid)
                self.services[sid] = (name, {"f": 0, "g": 0, **numbers(given)})
                return Created(sid=sid, name=name, fields=fields(self.services[sid][1]))
            case Fetch(sid=sid) if sid in self.services:
                return self.show(sid)
            case Update(sid=sid, name=name, fields=given) if sid in self.services:
                old, values = self.services[sid]
                if name in self.names() - {old}:
                    return REFUSED
                self.services[sid] = (name or old, {**values, **numbers(given)})
                return self.show(sid)
            case Delete(sid=sid) if sid in self.services:
                del self.services[sid]
                return Deleted()
            case _:
                return REFUSED

    def names(self) -> set[str]:
        return {name for name, _ in self.services.values()}

    def show(self, sid: str) -> Shown:
        name, values = self.services[sid]
        return Shown(name=name, fields=fields(values))


def numbers(given: tuple[tuple[str, str | int | None], ...]) -> dict[str, int]:
    return {name: value for name, value in given if isinstance(value, int)}


def simulated(steps: Sequence[Step]) -> list[AccountOperation]:
    """Execute the steps one by one, then say that each took some time around its moment.

    An update answers as an object-relational mapper would: with its own fields, and the others as
    they were when it started, or as they were when it ended.
    """
    account, history = Account(), []
    for moment, step in enumerate(steps):
        request = account.request(step, moment + 1)
        happens = step.lost == "" or step.happens
        answer = account.execute(request) if happens else Lost()
        account.moments.append(dict(account.services))
        operation = at(moment - step.before, moment + step.after, request, answer, moment % 6)
        match step.lost:
            case "lost":
                operation = lost(operation)
            case "failed":
                operation = replace(operation, answer=Failed(status=500))
            case _:
                pass
        history.append(operation)
    return [
        _mapped(operation, step, account.moments)
        for operation, step in zip(history, steps, strict=True)
    ]


def _mapped(
    operation: AccountOperation,
    step: Step,
    moments: Sequence[Mapping[str, tuple[str, dict[str, int]]]],
) -> AccountOperation:
    match operation.request, operation.answer:
        case Update(sid=sid, name=asked, fields=given), Shown() if step.read != "at once":
            when = operation.start if step.read == "before" else operation.deadline
            moment = min(len(moments) - 1, int(when // 1))
            name, values = moments[moment].get(sid, ("", {})) if moment >= 0 else ("", {})
            if not name:
                return operation
            shown = fields({**values, **numbers(given)})
            return replace(operation, answer=Shown(name=asked or name, fields=shown))
        case _:
            return operation


def steps(
    spread: float, lost: Sequence[str], names: Sequence[str] = ("a", "b", "c")
) -> st.SearchStrategy[list[Step]]:
    """Generate what a few threads may ask; shrinks to nothing asked."""
    kinds = ["create", "fetch", "update", "rename", "delete"]
    step = st.builds(
        Step,
        kind=st.sampled_from(kinds),
        which=st.integers(0, 3),
        name=st.sampled_from(names),
        field=st.sampled_from(["f", "g"]),
        before=st.floats(0, spread),
        after=st.floats(0, spread),
        lost=st.sampled_from(lost),
        happens=st.booleans(),
        read=st.sampled_from(["at once", "before", "after"]),
    )
    return st.lists(step, max_size=16)


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
