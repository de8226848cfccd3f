"""The checker of histories, the shrinking of what it rejects, and the drawing of that."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Literal, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.harness.linearizability import (
    Operation,
    Verdict,
    check,
    check_partition,
    explain,
)
from conformance.harness.witness import as_data, draw, smallest

Request: TypeAlias = tuple[Literal["write", "read", "swap"], int]
Answer: TypeAlias = int
RegisterOperation: TypeAlias = Operation[Request, Answer]
History: TypeAlias = Sequence[RegisterOperation]


@dataclass(frozen=True)
class Register:
    """A number, 0 at first; a swap answers what it replaced."""

    initial: int = 0

    def step(self, state: int, request: Request, answer: Answer | None) -> tuple[int, ...]:
        kind, value = request
        if kind != "write" and answer not in {None, state}:
            return ()
        after = state if kind == "read" else value
        return (after,) if answer is not None else (state, after)

    def only_reads(self, request: Request, _answer: Answer | None) -> bool:
        return request[0] == "read"


@dataclass(frozen=True)
class Queue:
    """First in, first out."""

    initial: tuple[str, ...] = ()

    def step(
        self, state: tuple[str, ...], request: str | None, answer: str | None
    ) -> tuple[tuple[str, ...], ...]:
        if request is not None:
            return ((*state, request),)
        return (state[1:],) if state[:1] == (answer,) else ()

    def only_reads(self, _request: str | None, _answer: str | None) -> bool:
        return False


def write(thread: int, start: float, end: float | None, value: int) -> RegisterOperation:
    answer = None if end is None else 0
    return Operation(thread=thread, start=start, end=end, request=("write", value), answer=answer)


def read(thread: int, start: float, end: float | None, value: int | None) -> RegisterOperation:
    return Operation(thread=thread, start=start, end=end, request=("read", 0), answer=value)


def swap(
    thread: int, start: float, end: float | None, value: int, old: int | None
) -> RegisterOperation:
    return Operation(thread=thread, start=start, end=end, request=("swap", value), answer=old)


def enqueue(thread: int, start: float, end: float, item: str) -> Operation[str | None, str]:
    return Operation(thread=thread, start=start, end=end, request=item, answer="ok")


def dequeue(thread: int, start: float, end: float, item: str) -> Operation[str | None, str]:
    return Operation(thread=thread, start=start, end=end, request=None, answer=item)


# Herlihy and Wing, section 1.2, figure 1: four histories of a queue.
QUEUES = {
    "overlapping enqueues in either order": (
        "linearizable",
        [
            enqueue(0, 0, 3, "x"),
            enqueue(1, 1, 4, "y"),
            dequeue(1, 5, 7, "x"),
            dequeue(0, 6, 8, "y"),
            enqueue(0, 9, 10, "z"),
        ],
    ),
    "enqueues one after the other, taken out of order": (
        "violated",
        [enqueue(0, 0, 1, "x"), enqueue(1, 2, 3, "y"), dequeue(0, 4, 6, "y")],
    ),
    "a dequeue during the enqueue": (
        "linearizable",
        [enqueue(0, 0, 3, "x"), dequeue(1, 1, 2, "x")],
    ),
    "one item taken twice": (
        "violated",
        [
            enqueue(0, 0, 3, "x"),
            enqueue(1, 1, 4, "y"),
            dequeue(0, 5, 7, "y"),
            dequeue(1, 6, 8, "y"),
        ],
    ),
}

REGISTERS: dict[str, tuple[str, History]] = {
    "nothing happened": ("linearizable", []),
    # Porcupine's two examples (its README).
    "reads around an overlapping write": (
        "linearizable",
        [write(0, 0, 100, 100), read(1, 25, 75, 100), read(2, 30, 60, 0)],
    ),
    "a new value, then the old one": (
        "violated",
        [write(0, 0, 100, 200), read(1, 10, 30, 200), read(2, 40, 90, 0)],
    ),
    "a read before the write": ("violated", [read(0, 0, 1, 7), write(1, 2, 3, 7)]),
    "a read at the very end of the write": (
        "linearizable",
        [write(0, 0, 1, 7), read(1, 1, 2, 0)],
    ),
    "an operation that took no time": (
        "linearizable",
        [write(0, 1, 1, 7), read(1, 1, 1, 0), read(1, 1, 1, 7)],
    ),
    "a lost write that nobody saw": ("linearizable", [write(0, 0, None, 7), read(1, 1, 2, 0)]),
    "a lost write that is seen much later": (
        "linearizable",
        [write(0, 0, None, 7), read(1, 1, 2, 0), read(1, 9, 10, 7)],
    ),
    "a lost write that happened and did not": (
        "violated",
        [write(0, 0, None, 7), read(1, 1, 2, 7), read(1, 3, 4, 0)],
    ),
    "a lost write that happened before it was asked for": (
        "violated",
        [read(1, 1, 2, 7), write(0, 3, None, 7)],
    ),
    "a lost read": ("linearizable", [read(0, 0, None, None), write(1, 1, 2, 7)]),
    "two swaps that replaced one value": (
        "violated",
        [swap(0, 0, 3, 1, 0), swap(1, 1, 4, 2, 0)],
    ),
    "two swaps, one after the other": (
        "linearizable",
        [swap(0, 0, 3, 1, 2), swap(1, 1, 4, 2, 0)],
    ),
}


@pytest.mark.parametrize(("outcome", "history"), QUEUES.values(), ids=QUEUES)
def test_queues(outcome: str, history: Sequence[Operation[str | None, str]]) -> None:
    assert check(history, Queue()).outcome == outcome


@pytest.mark.parametrize(("outcome", "history"), REGISTERS.values(), ids=REGISTERS)
def test_registers(outcome: str, history: History) -> None:
    verdict = check(history, Register())

    assert verdict.outcome == outcome
    assert brute_force(history) == (outcome == "linearizable")


def test_parts_are_judged_by_themselves() -> None:
    good = [write(0, 0, 1, 7), read(0, 2, 3, 7)]
    bad = [write(1, 0, 1, 8), read(1, 2, 3, 9)]

    verdict = check([*good, *bad], Register(), key=lambda operation: operation.thread)

    assert [(part.key, part.outcome) for part in verdict.partitions] == [
        (0, "linearizable"),
        (1, "violated"),
    ]
    assert verdict.outcome == "violated"
    assert [part.operations for part in verdict.violations] == [tuple(bad)]
    assert verdict.visited == sum(part.visited for part in verdict.partitions) > 0


def test_a_search_that_takes_too_long_decides_nothing() -> None:
    bad = [write(0, 0, 1, 7), read(0, 2, 3, 8)]

    undecided = check(bad, Register(), limit=1)
    both = Verdict(partitions=(*undecided.partitions, *check(bad[:1], Register()).partitions))

    assert undecided.outcome == "undecided"
    assert undecided.visited == 1
    assert both.outcome == "undecided"
    assert not both.violations
    assert check(bad, Register(), limit=4).outcome == "violated"


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(ValueError, match=r"ends at 1, before its start at 2"):
        read(0, 2, 1, 0)


def test_an_end_without_an_answer_is_refused() -> None:
    with pytest.raises(ValueError, match=r"needs an answer; without one, end=None"):
        read(0, 1, 2, None)


def brute_force(kept: History, hidden: History = ()) -> bool:
    """Try every order of every selection that holds what is kept and has an end."""
    required = [each for each in kept if each.end is not None]
    optional = [*(each for each in kept if each.end is None), *hidden]
    return any(
        _in_time(order) and _permitted(order)
        for size in range(len(optional) + 1)
        for chosen in combinations(optional, size)
        for order in permutations([*required, *chosen])
    )


def _in_time(order: History) -> bool:
    return not any(later.deadline < earlier.start for earlier, later in combinations(order, 2))


def _permitted(order: History) -> bool:
    states = {Register().initial}
    for each in order:
        states = {
            after for state in states for after in Register().step(state, each.request, each.answer)
        }
    return bool(states)


def register_operations() -> st.SearchStrategy[RegisterOperation]:
    """Generate operations on few values at few times; shrinks to a read of 0 at 0."""
    values = st.integers(0, 2)
    return st.builds(
        lambda thread, start, length, request, answer: Operation(
            thread=thread,
            start=start,
            end=None if length is None else start + length,
            request=request,
            answer=None if length is None else answer,
        ),
        thread=st.integers(0, 2),
        start=st.integers(0, 6),
        length=st.integers(0, 4) | st.none(),
        request=st.tuples(st.sampled_from(["read", "write", "swap"]), values),
        answer=values,
    )


@given(st.lists(register_operations(), max_size=5))
def test_the_search_agrees_with_trying_everything(history: History) -> None:
    expected = "linearizable" if brute_force(history) else "violated"

    assert check(history, Register()).outcome == expected


@given(st.lists(register_operations(), max_size=3), st.lists(register_operations(), max_size=3))
def test_what_is_hidden_may_have_happened_within_its_time(kept: History, hidden: History) -> None:
    expected = "linearizable" if brute_force(kept, hidden) else "violated"

    assert explain(kept, hidden, Register())[0] == expected


def executed(
    draws: Sequence[tuple[Request, float, float, bool]], threads: int
) -> Iterator[RegisterOperation]:
    """Yield what a real register answers, each operation spread around its moment."""
    state = 0
    for moment, (request, before, after, lost) in enumerate(draws):
        kind, value = request
        answer = 0 if kind == "write" else state
        state = state if kind == "read" else value
        yield Operation(
            thread=moment % threads,
            start=moment - before,
            end=None if lost else moment + after,
            request=request,
            answer=None if lost else answer,
        )


def draws(
    max_spread: float, lost: st.SearchStrategy[bool]
) -> st.SearchStrategy[list[tuple[Request, float, float, bool]]]:
    spread = st.floats(0, max_spread)
    requests = st.tuples(st.sampled_from(["read", "write", "swap"]), st.integers(1, 4))
    return st.lists(st.tuples(requests, spread, spread, lost), max_size=30)


@given(draws(3, st.sampled_from([False, False, False, True])))
def test_what_a_register_really_did_is_accepted(
    spread: list[tuple[Request, float, float, bool]],
) -> None:
    assert check(executed(spread, threads=6), Register()).outcome == "linearizable"


@given(draws(0.4, st.just(value=False)), st.data())
def test_a_wrong_answer_is_rejected_where_nothing_overlaps(
    spread: list[tuple[Request, float, float, bool]], data: st.DataObject
) -> None:
    history = list(executed([(("read", 0), 0, 0, False), *spread], threads=2))
    wrong = data.draw(
        st.sampled_from([n for n, each in enumerate(history) if each.request[0] != "write"])
    )
    right = history[wrong]
    history[wrong] = Operation(
        thread=right.thread,
        start=right.start,
        end=right.end,
        request=right.request,
        answer=5,
    )

    assert check(history, Register()).outcome == "violated"


def test_a_thousand_operations_on_one_key_take_few_states() -> None:
    spread = [((("read", "write", "swap")[n % 3], n), 3.9, 3.9, False) for n in range(1000)]

    verdict = check(executed(spread, threads=8), Register())  # type: ignore[arg-type] # the literal

    assert verdict.outcome == "linearizable"
    assert verdict.visited < 5000


def test_a_violation_at_the_end_of_a_thousand_operations_takes_not_many_more() -> None:
    spread = [((("read", "write")[n % 2], n), 3.9, 3.9, False) for n in range(1000)]
    history = list(executed(spread, threads=8))  # type: ignore[arg-type] # the literal

    verdict = check([*history, read(0, 2000, 2001, -1)], Register())

    assert verdict.outcome == "violated"
    assert verdict.visited < 60_000


@given(st.lists(register_operations(), max_size=6))
def test_nothing_can_be_left_out_of_a_witness(history: History) -> None:
    partition = check_partition("key", history, Register())
    if partition.outcome != "violated":
        return

    core = smallest(partition).core

    everything = Counter(partition.operations)
    assert not Counter(core) - everything
    assert not brute_force(core, list((everything - Counter(core)).elements()))
    for each in core:
        fewer = Counter(core) - Counter([each])
        assert brute_force(list(fewer.elements()), list((everything - fewer).elements()))


def test_a_write_that_was_left_out_does_not_make_a_violation() -> None:
    """Without write 2 the reads of 2 would look wrong; what is really wrong is the last read."""
    history = [
        write(0, 0, 1, 1),
        write(0, 2, 3, 2),
        read(1, 4, 5, 2),
        read(2, 4, 5, 2),
        write(0, 6, 7, 3),
        read(1, 8, 9, 1),
    ]

    witness = smallest(check_partition("key", history, Register()))

    assert witness.core == (history[4], history[5])
    assert witness.operations == witness.core
    assert witness.key == "key"


def test_the_background_is_drawn_but_is_not_the_core() -> None:
    history = [write(0, 0, 1, 1), write(0, 2, 3, 2), read(1, 4, 5, 1)]
    partition = check_partition("key", history, Register())

    witness = smallest(partition, background=lambda _key, _core, others: others)

    assert witness.core == tuple(history[1:])
    assert witness.operations == tuple(history)


def test_what_takes_too_long_to_drop_stays() -> None:
    history = [write(0, 0, 1, 1), read(1, 4, 5, 0)]
    partition = check_partition("key", history, Register())

    assert smallest(partition, limit=0).core == tuple(history)


def test_only_a_violation_has_a_witness() -> None:
    with pytest.raises(ValueError, match=r"only a violated partition .*; this is linearizable"):
        smallest(check_partition("key", [], Register()))


DRAWING = """\
thread 0 |==========1==========|          |===============3================|
thread 1            |--------------------------------2-------------------------------->
                                                     |====4=====|
ms       0.0        1.0        2.1        3.0        3.1        3.4        4.0

1  ('write', 1) -> 0
2  ('write', 2) -> no answer
3  ('read', 0) -> 2
4  ('read', 0) -> 1
"""


def test_a_drawing_shows_who_overlapped_whom() -> None:
    history = [
        write(0, 10.0, 10.0021, 1),
        write(1, 10.001, None, 2),
        read(0, 10.003, 10.004, 2),
        read(1, 10.0031, 10.0034, 1),
    ]

    assert draw(reversed_in_time(history)) == DRAWING


def reversed_in_time(history: History) -> History:
    return sorted(history, key=lambda each: -each.start)


def test_touching_operations_are_drawn_overlapping() -> None:
    assert draw([read(0, 0, 1, 0), read(1, 1, 1, 0)]).splitlines()[:3] == [
        "thread 0 |===========1===========|",
        "thread 1             |=====2=====|",
        "ms       0.0         1000.0      1000.0",
    ]


@pytest.mark.parametrize("number", [1, 10, 24, 130])
def test_a_large_drawing_goes_on_beneath(number: int) -> None:
    history = [read(n % 8, n / 10, n / 10 + 0.35, 10**120) for n in range(number)]

    lines = draw(history).splitlines()

    assert max(map(len, lines)) <= 100
    bars = "".join(line[9:] for line in lines if line.startswith("thread"))
    assert bars.count("|") == 2 * number
    legend = "\n".join(lines).partition("\n\n" + " " * (len(str(number)) - 1) + "1  ")[2]
    assert legend.count("-> 1") == number
    assert legend.count("0") > 120 * number


def test_nothing_is_drawn_of_nothing() -> None:
    assert draw([]).strip() == ""
    assert as_data([]) == []


def test_the_data_of_a_drawing_are_plain_values() -> None:
    assert as_data([read(1, 10.5, 10.75, 2), write(0, 10.0, None, 1)]) == [
        {
            "thread": 0,
            "start_ms": 0.0,
            "end_ms": None,
            "request": "('write', 1)",
            "answer": "no answer",
        },
        {
            "thread": 1,
            "start_ms": 500.0,
            "end_ms": 750.0,
            "request": "('read', 0)",
            "answer": "2",
        },
    ]
