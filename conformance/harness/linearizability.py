"""Whether a timed history of operations could have happened one operation at a time.

A history is linearizable if each operation can be given one moment between its start and its end,
such that a sequential model, taking the operations in the order of those moments, permits every
answer (Herlihy and Wing, "Linearizability: a correctness condition for concurrent objects", 1990).
The search is Wing and Gong's ("Testing and verifying concurrent objects", 1993) with Lowe's
memoisation ("Testing for linearizability", 2017): a configuration, which is the set of operations
already placed together with the state they led to, is never searched twice.

Knows nothing of the resource: requests, answers and states are whatever the model says.
"""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import inf
from operator import or_
from typing import Any, Generic, Literal, Protocol, TypeAlias, TypeVar

State = TypeVar("State", bound=Hashable)
Request = TypeVar("Request", bound=Hashable)
Answer = TypeVar("Answer", bound=Hashable)
Request_contra = TypeVar("Request_contra", bound=Hashable, contravariant=True)
Answer_contra = TypeVar("Answer_contra", bound=Hashable, contravariant=True)

Outcome: TypeAlias = Literal["linearizable", "violated", "undecided"]

# Configurations searched in one partition before the answer is `undecided`: some seconds, and two
# orders of magnitude above what a history of a thousand operations on one key takes.
LIMIT = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Generic[Request, Answer]):
    """One request, when it was sent, and what was answered when.

    Times are seconds on one monotonic clock. Without an `end` the operation may or may not have
    happened, at any time after its start: a timeout, a broken connection.
    """

    thread: int
    start: float
    end: float | None
    request: Request
    answer: Answer | None

    def __post_init__(self) -> None:
        """Refuse what no clock can have measured."""
        if self.end is not None and not self.start <= self.end:
            raise ValueError(f"an operation ends at {self.end}, before its start at {self.start}")
        if self.end is not None and self.answer is None:
            raise ValueError("an operation that has an end needs an answer; without one, end=None")

    @property
    def deadline(self) -> float:
        """The last moment at which it can have taken effect."""
        return inf if self.end is None else self.end


class Model(Protocol[State, Request_contra, Answer_contra]):
    """How the object behaves when nothing happens at the same time."""

    @property
    def initial(self) -> State:
        """The state before the history."""

    def step(
        self, state: State, request: Request_contra, answer: Answer_contra | None
    ) -> tuple[State, ...]:
        """Return every state that this answer may leave behind; none if it is not permitted here.

        Without an answer: whatever the request may lead to, the unchanged state included.
        """

    def only_reads(self, request: Request_contra, answer: Answer_contra | None) -> bool:
        """Tell whether the request, answered like this, leaves every state as it is.

        The search places such operations at once, where they are permitted; a `True` that is
        wrong makes it unsound, a `False` only slower.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition(Generic[Request, Answer]):
    """What was found of the operations on one key."""

    key: Hashable
    operations: tuple[Operation[Request, Answer], ...]
    model: Model[Any, Request, Answer]  # what its states are is the model's own affair
    outcome: Outcome
    visited: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict(Generic[Request, Answer]):
    """What was found of a whole history, partition by partition."""

    partitions: tuple[Partition[Request, Answer], ...]

    @property
    def outcome(self) -> Outcome:
        """The worst of the partitions: violated, then undecided, then linearizable."""
        found = {partition.outcome for partition in self.partitions}
        worst: tuple[Outcome, ...] = ("violated", "undecided")
        return next((outcome for outcome in worst if outcome in found), "linearizable")

    @property
    def violations(self) -> tuple[Partition[Request, Answer], ...]:
        """The partitions that no order explains."""
        return tuple(part for part in self.partitions if part.outcome == "violated")

    @property
    def visited(self) -> int:
        """The configurations searched, over all partitions."""
        return sum(partition.visited for partition in self.partitions)


def check(
    history: Iterable[Operation[Request, Answer]],
    model: Model[State, Request, Answer],
    *,
    key: Callable[[Operation[Request, Answer]], Hashable] | None = None,
    limit: int = LIMIT,
) -> Verdict[Request, Answer]:
    """Judge a history, split by `key` into parts that do not influence each other."""
    parts: dict[Hashable, list[Operation[Request, Answer]]] = {}
    for operation in history:
        parts.setdefault(key(operation) if key else None, []).append(operation)
    return Verdict(
        partitions=tuple(
            check_partition(name, part, model, limit=limit) for name, part in parts.items()
        )
    )


def check_partition(
    key: Hashable,
    operations: Iterable[Operation[Request, Answer]],
    model: Model[State, Request, Answer],
    *,
    limit: int = LIMIT,
) -> Partition[Request, Answer]:
    """Judge operations that have to be explained together."""
    ordered = tuple(sorted(operations, key=_by_start))
    outcome, visited = explain(ordered, (), model, limit=limit)
    return Partition(key=key, operations=ordered, model=model, outcome=outcome, visited=visited)


def explain(
    kept: Sequence[Operation[Request, Answer]],
    hidden: Sequence[Operation[Request, Answer]],
    model: Model[State, Request, Answer],
    *,
    limit: int = LIMIT,
) -> tuple[Outcome, int]:
    """Search an order for all that is kept, with whatever is needed of what is hidden.

    A hidden operation may be left out; where it is used, its own answer and its own time bind.
    Return what was found and how many configurations it took.
    """
    return _Search(kept, hidden, model).run(limit)


def _by_start(operation: Operation[Request, Answer]) -> float:
    return operation.start


# Required operations that are placed, optional ones that are placed or too late, the state.
_Configuration: TypeAlias = tuple[int, int, State]


class _Search(Generic[State, Request, Answer]):
    """The operations of one search by number, sorted by start; sets of them are bit masks."""

    def __init__(
        self,
        kept: Sequence[Operation[Request, Answer]],
        hidden: Sequence[Operation[Request, Answer]],
        model: Model[State, Request, Answer],
    ) -> None:
        self.model = model
        self.required = sorted((each for each in kept if each.end is not None), key=_by_start)
        # An operation that need not have happened and changes nothing explains nothing.
        self.optional = sorted(
            (
                each
                for each in (*(lost for lost in kept if lost.end is None), *hidden)
                if not model.only_reads(each.request, each.answer)
            ),
            key=_by_start,
        )
        self.reads = [model.only_reads(each.request, each.answer) for each in self.required]
        too_late = _too_late(self.optional)
        self.required_expires = [too_late(each.start) for each in self.required]
        self.optional_expires = [too_late(each.start) for each in self.optional]

    def run(self, limit: int) -> tuple[Outcome, int]:
        """Search depth first, each configuration once."""
        everything = (1 << len(self.required)) - 1
        first: _Configuration[State] = (0, 0, self.model.initial)
        stack, seen, visited = [first], {first}, 0
        while stack:
            if visited == limit:
                return "undecided", visited
            configuration = stack.pop()
            visited += 1
            if configuration[0] == everything:
                return "linearizable", visited
            for following in self._following(configuration):
                if following not in seen:
                    seen.add(following)
                    stack.append(following)
        return "violated", visited

    def _following(self, configuration: _Configuration[State]) -> list[_Configuration[State]]:
        """List where one more operation can lead, the most promising last."""
        done, spent, state = configuration
        candidates, bound = self._candidates(done)
        steps = []
        for number in candidates:
            operation, expires = self.required[number], self.required_expires[number]
            states = self.model.step(state, operation.request, operation.answer)
            # A read that is permitted now can always come now: it changes nothing for the others,
            # and no required operation has to precede it. An optional one might have to.
            if states and self.reads[number] and not expires & ~spent:
                return [(done | 1 << number, spent, state)]
            steps += [(done | 1 << number, spent | expires, after) for after in states]
        return [*self._optional_steps(configuration, bound), *reversed(steps)]

    def _candidates(self, done: int) -> tuple[list[int], float]:
        """List the required operations that can be next: none that is left ended before them.

        Equal times count as overlapping, since a clock has a grain.
        """
        found, bound = [], inf
        for number in _unset_bits(done, len(self.required)):
            if self.required[number].start > bound:
                break
            found.append(number)
            bound = min(bound, self.required[number].deadline)
        return found, bound

    def _optional_steps(
        self, configuration: _Configuration[State], bound: float
    ) -> Iterator[_Configuration[State]]:
        """Yield where an operation that need not have happened can lead; never to the same state.

        One that changes nothing is better left out: whatever is possible after it is possible
        without it.
        """
        done, spent, state = configuration
        for number in _unset_bits(spent, len(self.optional)):
            operation = self.optional[number]
            if operation.start > bound:
                break
            expires = spent | 1 << number | self.optional_expires[number]
            for after in self.model.step(state, operation.request, operation.answer):
                if after != state:
                    yield done, expires, after


def _too_late(optional: Sequence[Operation[Request, Answer]]) -> Callable[[float], int]:
    """Return a function from a start to the set of operations that ended before it.

    Once something that started later is placed, those cannot be placed any more.
    """
    by_end = sorted((each.deadline, number) for number, each in enumerate(optional))
    ends = [end for end, _ in by_end]
    masks = list(accumulate((1 << number for _, number in by_end), or_, initial=0))
    return lambda start: masks[bisect_left(ends, start)]


def _unset_bits(mask: int, length: int) -> Iterator[int]:
    """Yield the numbers below `length` that are not in the set, lowest first."""
    number = ((mask + 1) & ~mask).bit_length() - 1
    while number < length:
        if not mask >> number & 1:
            yield number
        number += 1
