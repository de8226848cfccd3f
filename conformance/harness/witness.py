"""The smallest part of a history that no order explains, and how to draw it.

Leaving operations out is delicate: without the write, the read of its value looks like a violation
that never was. So what is left out of a witness stays at hand. A selection of operations is a
witness only if no order of them is permitted *even when each of the others may have happened, with
its own answer, within its own time, or not*. If the whole history could be explained in some order,
that same order would explain every selection, the others happening as they did. Hence a witness
proves a violation of the whole history, and nobody has to know what was left out to believe it.

The more is selected, the less is explained. So what had to stay while others were there still has
to stay when they are gone, and one look at each operation is enough.
"""

import textwrap
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeAlias

from conformance.harness.linearizability import (
    LIMIT,
    Answer,
    Operation,
    Partition,
    Request,
    explain,
)

COLUMNS: Final = 100
# One attempt to do with fewer operations may take this part of the limit. What takes more is given
# up, and more operations than necessary stay.
ATTEMPTS: Final = 10

# From what is kept and the others, sorted by start, to some of the others.
Choice: TypeAlias = Callable[
    [Hashable, Sequence[Operation[Request, Answer]], Sequence[Operation[Request, Answer]]],
    Iterable[Operation[Request, Answer]],
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness(Generic[Request, Answer]):
    """Operations that contradict each other, with what a reader needs to understand them.

    None of the `core` can be left out. `operations` are the core and its background: where the
    Service came from, who wrote a value that is seen.
    """

    partition: Partition[Request, Answer]
    core: tuple[Operation[Request, Answer], ...]
    operations: tuple[Operation[Request, Answer], ...]

    @property
    def key(self) -> Hashable:
        """What the operations are about."""
        return self.partition.key


def all_others(
    _key: Hashable,
    _kept: Sequence[Operation[Request, Answer]],
    others: Sequence[Operation[Request, Answer]],
) -> Sequence[Operation[Request, Answer]]:
    """Choose all of them."""
    return others


def none_of_them(
    _key: Hashable,
    _kept: Sequence[Operation[Request, Answer]],
    _others: Sequence[Operation[Request, Answer]],
) -> tuple[()]:
    """Choose nothing."""
    return ()


def smallest(
    partition: Partition[Request, Answer],
    *,
    bearing: Choice[Request, Answer] = all_others,
    background: Choice[Request, Answer] = none_of_them,
    limit: int = LIMIT,
) -> Witness[Request, Answer]:
    """Select operations of a violated partition of which none can be left out.

    `bearing` chooses the others that might help to explain what is kept, which saves the search
    the rest; `background` those that a reader wants to see.
    """
    if partition.outcome != "violated":
        raise ValueError(f"only a violated partition has a witness; this is {partition.outcome}")
    attempts = _Attempts(partition, bearing, limit)
    prefix = _shortest_prefix(len(partition.operations), attempts.is_witness)
    core = _minimal(prefix[-1:], _recent_writes_first(partition, prefix[:-1]), attempts.is_witness)
    kept, others = _parted(partition.operations, core)
    shown = sorted((*kept, *background(partition.key, kept, others)), key=lambda each: each.start)
    return Witness(partition=partition, core=kept, operations=tuple(shown))


class _Attempts(Generic[Request, Answer]):
    """Selections that are tried, until the budget is used up; then none is a witness any more."""

    def __init__(
        self, partition: Partition[Request, Answer], bearing: Choice[Request, Answer], budget: int
    ) -> None:
        self.partition = partition
        self.bearing = bearing
        self.left = budget
        self.each = budget // ATTEMPTS

    def is_witness(self, selection: Collection[int]) -> bool:
        """Tell whether no order explains the selection, whatever happened of the others."""
        kept, others = _parted(self.partition.operations, selection)
        hidden = tuple(self.bearing(self.partition.key, kept, others))
        limit = min(self.each, self.left)
        outcome, visited = explain(kept, hidden, self.partition.model, limit=limit)
        self.left -= visited
        return outcome == "violated"


def _parted(
    operations: Sequence[Operation[Request, Answer]], selection: Collection[int]
) -> tuple[tuple[Operation[Request, Answer], ...], tuple[Operation[Request, Answer], ...]]:
    selected = set(selection)
    kept = tuple(each for number, each in enumerate(operations) if number in selected)
    others = tuple(each for number, each in enumerate(operations) if number not in selected)
    return kept, others


def _shortest_prefix(length: int, is_witness: Callable[[range], bool]) -> list[int]:
    """Return the numbers up to where the contradiction is complete, found by bisection."""
    low, high = 0, length
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_witness(range(middle)) else (middle + 1, high)
    return list(range(high))


def _recent_writes_first(
    partition: Partition[Request, Answer], selection: Iterable[int]
) -> list[int]:
    """Sort by what tells a reader more: what was disregarded just before, a write above all."""
    model, operations = partition.model, partition.operations
    asked = ((number, operations[number]) for number in selection)
    reads = {number: model.only_reads(each.request, each.answer) for number, each in asked}
    return sorted(reads, key=lambda number: (reads[number], -number))


def _minimal(
    core: list[int], candidates: list[int], is_witness: Callable[[list[int]], bool]
) -> list[int]:
    """Add to the core what it needs of the candidates, the first of them preferred.

    All together are known to be a witness. The last one of the fewest that suffice is needed: so
    it is, then, whatever is dropped of those before it.
    """
    while candidates and not is_witness(core):
        fewest = _fewest(core, candidates, is_witness)
        core = [*core, candidates[fewest - 1]]
        candidates = candidates[: fewest - 1]
    return core


def _fewest(core: list[int], candidates: list[int], is_witness: Callable[[list[int]], bool]) -> int:
    """Return how many of the first candidates suffice, trying small numbers first."""
    low, high = 0, 1
    while high < len(candidates) and not is_witness(core + candidates[:high]):
        low, high = high, high * 2
    high = min(high, len(candidates))
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_witness(core + candidates[:middle]) else (middle, high)
    return high


def as_data(operations: Sequence[Operation[Request, Answer]]) -> list[dict[str, object]]:
    """Return operations as plain values, in milliseconds since the first of them started."""
    origin = min((each.start for each in operations), default=0.0)
    return [
        {
            "thread": each.thread,
            "start_ms": _milliseconds(each.start - origin),
            "end_ms": None if each.end is None else _milliseconds(each.end - origin),
            "request": str(each.request),
            "answer": _words_of(each.answer),
        }
        for each in sorted(operations, key=lambda each: each.start)
    ]


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)


def _words_of(answer: object) -> str:
    return "no answer" if answer is None else str(answer)


def draw(operations: Sequence[Operation[Request, Answer]]) -> str:
    """Draw operations as numbered bars, a row for each thread, with what was said beneath.

    Only the order of starts and ends is to scale: a race is about who came first, and a millisecond
    would vanish beside a second. Starts come before ends of the same time, since those overlap.
    At most 100 columns; what does not fit goes on beneath. A bar that ends in `>` has no known end.
    """
    ordered = sorted(operations, key=lambda each: each.start)
    events = sorted({event for each in ordered for event in _events(each)})
    rows = _rows(ordered)
    gutter = max((len(title) for title, _ in rows), default=0) + 1
    room = COLUMNS - gutter
    narrowest = len(str(len(ordered))) + 2
    step = max(narrowest, min(12, (room - 1) // (len(events) + 1)))
    columns = {event: number * step for number, event in enumerate(events)}
    edge = len(events) * step
    lines = [(title, _painted(row, columns, edge)) for title, row in rows]
    panels = _panels([*lines, ("ms", _axis(columns, edge, room))], gutter, room)
    return "\n".join([*panels, *_legend(ordered)]) + "\n"


_Event: TypeAlias = tuple[float, int]  # a time, and 1 if it is an end
_Numbered: TypeAlias = tuple[int, Operation[Request, Answer]]


def _events(operation: Operation[Request, Answer]) -> list[_Event]:
    ends = () if operation.end is None else ((operation.end, 1),)
    return [(operation.start, 0), *ends]


def _rows(
    ordered: Sequence[Operation[Request, Answer]],
) -> list[tuple[str, list[_Numbered[Request, Answer]]]]:
    """Give each thread a row, and another where something without an end is still under way."""
    rows: dict[tuple[int, int], list[_Numbered[Request, Answer]]] = {}
    for number, operation in enumerate(ordered, start=1):
        lane = 0
        while (row := rows.get((operation.thread, lane))) and (
            row[-1][1].deadline >= operation.start
        ):
            lane += 1
        rows.setdefault((operation.thread, lane), []).append((number, operation))
    return [
        ("" if lane else f"thread {thread}", rows[thread, lane]) for thread, lane in sorted(rows)
    ]


def _painted(
    row: Iterable[_Numbered[Request, Answer]], columns: Mapping[_Event, int], edge: int
) -> str:
    line = ""
    for number, operation in row:
        first = columns[operation.start, 0]
        if operation.end is None:
            bar = "|" + str(number).center(edge - first - 1, "-") + ">"
        else:
            bar = "|" + str(number).center(columns[operation.end, 1] - first - 1, "=") + "|"
        line = line.ljust(first) + bar
    return line.ljust(edge + 1)


def _axis(columns: Mapping[_Event, int], edge: int, room: int) -> str:
    """Write the times where there is room for them, in milliseconds since the first."""
    line = ""
    origin = min((time for time, _ in columns), default=0.0)
    for (time, _), column in columns.items():
        label = f"{(time - origin) * 1000:.1f}"
        cut = column // room != (column + len(label)) // room
        if not cut and (not line or len(line) < column):
            line = line.ljust(column) + label
    return line.ljust(edge + 1)


def _panels(lines: Sequence[tuple[str, str]], gutter: int, room: int) -> Iterator[str]:
    """Yield the lines, cut where the page ends, each panel followed by an empty line."""
    width = max(len(line) for _, line in lines)
    for start in range(0, width, room):
        for title, line in lines:
            part = line[start : start + room].rstrip()
            if part:
                yield title.ljust(gutter) + part
        yield ""


def _legend(ordered: Sequence[Operation[Request, Answer]]) -> Iterator[str]:
    """Yield what was asked and answered, by number."""
    indent = len(str(len(ordered))) + 2
    for number, operation in enumerate(ordered, start=1):
        text = f"{operation.request} -> {_words_of(operation.answer)}"
        lines = textwrap.wrap(text, COLUMNS - indent) or [text]
        for label, line in zip([str(number), *[""] * len(lines)], lines, strict=False):
            yield label.rjust(indent - 2) + "  " + line
