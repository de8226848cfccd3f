"""A comparison of two runs as lines for a terminal."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from conformance.pages.terminal import MARKS, Paint
from conformance.pages.text import line, number

if TYPE_CHECKING:
    from conformance.pages.diff import Change, Difference

MOST = 40


def terminal(difference: "Difference", *, colour: bool, width: int) -> str:
    """Return the lines; the last one says what it comes to."""
    paint = Paint(on=colour, width=max(width, 40))
    parts = (_sides, _changes, _requirements, _drifts, _shifts)
    written = ["\n".join(part(difference, paint)) for part in parts]
    style = "violated" if difference.worse else "held"
    return "\n\n".join([*filter(None, written), paint(style, line(difference.sentence()))])


def _sides(difference: "Difference", paint: Paint) -> Iterator[str]:
    for name, side in (("old", difference.old), ("new", difference.new)):
        said = f"{side.base_url} · {side.started} · effort {side.effort} · suite {side.version}"
        yield paint.fitted(f"{name}  {side.headline} · {said}")


def _changes(difference: "Difference", paint: Paint) -> Iterator[str]:
    for change in difference.changes[:MOST]:
        yield from _one(change, paint)
    if len(difference.changes) > MOST:
        yield f"  … and {len(difference.changes) - MOST} more changes"


def _one(change: "Change", paint: Paint) -> Iterator[str]:
    lead = f"{MARKS[change.after]} {change.id}"
    moved = "worse" if change.worse else "better" if change.better else "changed"
    said = f"{change.before} → {change.after}" if change.before != change.after else change.after
    text = paint.fitted(f"{lead} ({change.stance})  {moved}: {said}  {change.sentence}", 2)
    yield text.replace(lead, paint(change.after, lead), 1)
    if change.found_before and change.found_before != change.found_after:
        yield paint.fitted(f"before: {change.found_before}", 6)
    if change.found_after and change.found_before != change.found_after:
        yield paint.fitted(f"   now: {change.found_after}", 6)


def _requirements(difference: "Difference", paint: Paint) -> Iterator[str]:
    for word, changes in (("added", difference.added), ("retired", difference.retired)):
        for change in changes[:MOST]:
            verdict = change.after or change.before
            yield paint.fitted(f"{word}: {change.id} ({verdict}) {change.sentence}", 2)


def _drifts(difference: "Difference", paint: Paint) -> Iterator[str]:
    for drift in difference.drifts[:MOST]:
        yield paint.fitted(f"{MARKS['observed']} {drift.requirement}  {drift.what}", 2)
        yield paint.fitted(f"before: {drift.before or 'not observed'}", 6)
        yield paint.fitted(f"   now: {drift.after or 'not observed'}", 6)


def _shifts(difference: "Difference", paint: Paint) -> Iterator[str]:
    for shift in difference.shifts:
        if shift.notable:
            said = _milliseconds(shift.p50_before, shift.p50_after)
            yield paint.fitted(f"{shift.operation}: half of the requests within {said}", 2)


def _milliseconds(before: float, after: float) -> str:
    """Write a shift with its sign in percent."""
    percent = f", {(after - before) / before:+.0%}" if before else ""
    return f"{number(before)} → {number(after)} ms{percent}"
