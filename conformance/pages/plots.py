"""Drawings in SVG: positions in percent and heights in pixels, so that text keeps its size."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.pages.text import line, number

MOST_BINS = 120
PLOT_HEIGHT = 120
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A rectangle: left and width in percent, top and height in pixels."""

    left: float
    width: float
    top: float
    height: float
    style: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A place on an axis, in percent, and what is written there."""

    at: float
    label: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """How long one operation took: a histogram over a logarithmic axis."""

    operation: str
    count: int
    p50: str
    p90: str
    p99: str
    most: str
    bars: tuple[Bar, ...]
    marks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Requests by time, stacked by worker."""

    bars: tuple[Bar, ...]
    errors: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    workers: tuple[str, ...]
    most: int
    unit: str
    total: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One request of a race: when it was under way."""

    thread: str
    request: str
    answer: str
    start: str
    end: str
    left: float
    width: float
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """The smallest set of overlapping requests that no order explains."""

    kind: str
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    drawing: str


def latency(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[Distribution, ...], tuple[Tick, ...]]:
    """Draw all operations over one axis, so that they can be compared by eye."""
    bounds = [bound for row in rows for bound, count in row["buckets"] if count]
    bounds += [row[key] for row in rows for key in ("p50", "max")]
    positive = [bound for bound in bounds if bound > 0]
    if not positive:
        return (), ()
    low, high = math.log10(min(positive) / 1.6), math.log10(max(positive) * 1.05)

    def at(milliseconds: float) -> float:
        if milliseconds <= 0:
            return 0.0
        return round(min(max((math.log10(milliseconds) - low) / (high - low), 0), 1) * 100, 2)

    ticks = [Tick(at=at(t), label=milliseconds(t)) for t in _TICKS if low < math.log10(t) < high]
    return tuple(_distribution(row, at) for row in rows), tuple(_spaced(ticks))


def milliseconds(value: float) -> str:
    """Write a time as people say it."""
    return f"{number(value)} ms" if value < 1000 else f"{number(value / 1000)} s"


def _spaced(ticks: Sequence[Tick], room: float = 11) -> Iterator[Tick]:
    """Leave out ticks that would run into each other on a narrow page."""
    last = -room
    for tick in ticks:
        if tick.at - last >= room and tick.at <= 97:
            last = tick.at
            yield tick


def _distribution(row: Mapping[str, Any], at: Any) -> Distribution:
    most = max((count for _, count in row["buckets"]), default=0) or 1
    bars, before = [], 0.0
    for bound, count in row["buckets"]:
        left = at(before) if before else max(at(bound) - 4, 0)
        if count:
            height = max(2.0, round(40 * count / most, 1))
            bars.append(
                Bar(
                    left=left,
                    width=round(max(at(bound) - left - 0.15, 0.3), 2),
                    top=round(42 - height, 1),
                    height=height,
                    title=f"{count} up to {milliseconds(bound)}",
                )
            )
        before = bound
    return Distribution(
        operation=line(str(row["operation"])),
        count=row["count"],
        p50=milliseconds(row["p50"]),
        p90=milliseconds(row["p90"]),
        p99=milliseconds(row["p99"]),
        most=milliseconds(row["max"]),
        bars=tuple(bars),
        marks=tuple(Tick(at=at(row[key]), label=key) for key in ("p50", "p90", "p99")),
    )


def timeline(rows: Sequence[Mapping[str, Any]]) -> Timeline | None:
    """Stack the requests of each second by worker; long runs are put into fewer bins."""
    if not rows:
        return None
    seconds = max(row["second"] for row in rows) + 1
    size = math.ceil(seconds / MOST_BINS)
    bins = math.ceil(seconds / size)
    workers = sorted({str(row["worker"]) for row in rows}, key=lambda name: (len(name), name))
    requests = [[0] * len(workers) for _ in range(bins)]
    errors = [0] * bins
    for row in rows:
        requests[row["second"] // size][workers.index(str(row["worker"]))] += row["requests"]
        errors[row["second"] // size] += row.get("errors") or 0
    most = max(sum(column) for column in requests) or 1
    wide = 100 / bins
    return Timeline(
        bars=tuple(_columns(requests, workers, most, size)),
        errors=tuple(
            Bar(
                left=round(index * wide, 3),
                width=round(wide * 0.86, 3),
                top=round(PLOT_HEIGHT - (PLOT_HEIGHT - 8) * count / most - 1, 1),
                height=2,
                title=f"{count} answered with an error from {index * size} s",
            )
            for index, count in enumerate(errors)
            if count
        ),
        ticks=tuple(_second_ticks(seconds, size * bins)),
        workers=tuple(line(name) for name in workers),
        most=most,
        unit="second" if size == 1 else f"{size} seconds",
        total=sum(map(sum, requests)),
        failed=sum(errors),
    )


def _columns(
    requests: Sequence[Sequence[int]], workers: Sequence[str], most: int, size: int
) -> Iterator[Bar]:
    wide = 100 / len(requests)
    for index, column in enumerate(requests):
        floor = float(PLOT_HEIGHT)
        for place, count in enumerate(column):
            if count:
                height = (PLOT_HEIGHT - 8) * count / most
                floor -= height
                yield Bar(
                    left=round(index * wide, 3),
                    width=round(wide * 0.86, 3),
                    top=round(floor, 1),
                    height=round(max(height - 0.7, 0.7), 1),
                    style=f"w{place % 8}",
                    title=f"{line(workers[place])}: {count} requests from {index * size} s",
                )


def _second_ticks(seconds: int, whole: int) -> Iterator[Tick]:
    step = next((s for s in (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800) if seconds / s <= 8), 3600)
    for second in range(0, seconds + 1, step):
        at = round(100 * second / whole, 2)
        anchor = "start" if at < 3 else "end" if at > 96 else "middle"
        yield Tick(at=at, label=f"{second} s", anchor=anchor)


def race(witness: Mapping[str, Any]) -> Race:
    """Draw each request of a witness as a bar; one that was never answered stays open."""
    bars = witness["bars"]
    ends = [bar["end_ms"] for bar in bars if bar["end_ms"] is not None]
    start = min((bar["start_ms"] for bar in bars), default=0.0)
    end = max([*ends, *(bar["start_ms"] for bar in bars)], default=1.0)
    span = (end - start) * 1.08 or 1.0
    lanes = [_lane(bar, start, span) for bar in bars]
    steps = 4
    ticks = [
        Tick(
            at=100 * index / steps,
            label=milliseconds(span * index / steps),
            anchor=("start", "middle", "middle", "middle", "end")[index],
        )
        for index in range(steps + 1)
    ]
    return Race(
        kind=line(str(witness["kind"])),
        lanes=tuple(lanes),
        ticks=tuple(ticks),
        drawing="\n".join(map(line, str(witness["drawing"]).split("\n"))),
    )


def _lane(bar: Mapping[str, Any], start: float, span: float) -> Lane:
    is_open = bar["end_ms"] is None
    left = 100 * (bar["start_ms"] - start) / span
    right = 100.0 if is_open else 100 * (bar["end_ms"] - start) / span
    answer = bar["answer"]
    return Lane(
        thread=line(str(bar["thread"])),
        request=line(str(bar["request"])),
        answer="no answer" if answer is None else line(str(answer)),
        start=milliseconds(max(bar["start_ms"] - start, 0)),
        end="" if is_open else milliseconds(bar["end_ms"] - start),
        left=round(left, 2),
        width=round(max(right - left, 0.6), 2),
        is_open=is_open,
    )
