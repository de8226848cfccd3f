"""What changed between two runs; of an emulator and a real account, the drift between them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from conformance.pages import findings
from conformance.pages.findings import Row, Run
from conformance.pages.text import line, plural, shortened

# What happens to a requirement is worse where it moves to the right.
_GRADES = ("held", "observed", "not-applicable", "not-run", "deviates", "unproven", "violated")
# A shift of less is noise: both the ratio and the difference have to be exceeded.
LATENCY_RATIO = 1.5
LATENCY_MILLISECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A requirement whose verdict, or whose violation, is another one now."""

    id: str
    sentence: str
    stance: str
    scored: bool
    before: str
    after: str
    found_before: str
    found_after: str
    worse: bool
    better: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """An observation that turned out differently; empty where one run has none."""

    requirement: str
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """The time of an operation, in milliseconds."""

    operation: str
    p50_before: float
    p50_after: float
    p99_before: float
    p99_after: float
    notable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two runs."""

    base_url: str
    started: str
    effort: str
    version: str
    headline: str
    requests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """All that changed from one run to the next."""

    old: Side
    new: Side
    worse: bool
    reasons: tuple[str, ...]
    changes: tuple[Change, ...]
    added: tuple[Change, ...]
    retired: tuple[Change, ...]
    drifts: tuple[Drift, ...]
    shifts: tuple[Shift, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the whole as plain values."""
        return asdict(self)

    def terminal(self, *, colour: bool = False, width: int = 100) -> str:
        """Return the whole as lines for a person; the last one says what it comes to."""
        from conformance.pages import difference_text  # noqa: PLC0415 - one form is used at a time

        return difference_text.terminal(self, colour=colour, width=width)

    def as_html(self) -> str:
        """Return a page of its own, as self-contained as a run's."""
        from conformance.pages import page  # noqa: PLC0415 - templates are needed here alone

        return page.render("diff.html", diff=self, tone="violated" if self.worse else "held")

    def sentence(self) -> str:
        """Say in one sentence what the differences come to."""
        if self.worse:
            return f"Worse: {'; '.join(self.reasons)}."
        if not (self.changes or self.added or self.retired or self.drifts):
            return "No difference in verdicts or observations."
        better = sum(change.better for change in self.changes)
        worse = sum(change.worse for change in self.changes)
        rest = len(self.changes) - better - worse
        parts = [
            f"{plural(worse, 'other requirement')} worse" if worse else "",
            f"{plural(better, 'requirement')} better" if better else "",
            plural(rest, "other change") if rest else "",
            f"{plural(len(self.added), 'requirement')} added" if self.added else "",
            f"{plural(len(self.retired), 'requirement')} retired" if self.retired else "",
            f"{plural(len(self.drifts), 'observation')} changed" if self.drifts else "",
        ]
        lead = "Nothing worse that fails a run" if worse else "Not worse"
        return f"{lead}: {', '.join(part for part in parts if part)}."


def compare(old: Run, new: Run) -> Difference:
    """Compare two runs by requirement, observation and operation."""
    before = {row["id"]: row for row in old["requirements"]}
    after = {row["id"]: row for row in new["requirements"]}
    alike = _scope(old) == _scope(new)
    both = (_change(before[key], row, alike=alike) for key, row in after.items() if key in before)
    changes = tuple(
        change
        for change in both
        if (change.before, change.found_before) != (change.after, change.found_after)
    )
    added = tuple(
        _change(None, row, alike=alike) for key, row in after.items() if key not in before
    )
    retired = tuple(
        _change(row, None, alike=alike) for key, row in before.items() if key not in after
    )
    reasons = tuple(_reasons(old, new, changes, added, retired))
    return Difference(
        old=_side(old),
        new=_side(new),
        worse=bool(reasons),
        reasons=reasons,
        changes=tuple(sorted(changes, key=lambda change: (not change.worse, change.better))),
        added=added,
        retired=retired,
        drifts=tuple(_drifts(old, new)),
        shifts=tuple(_shifts(old, new)),
    )


def _reasons(
    old: Run,
    new: Run,
    changes: Sequence[Change],
    added: Sequence[Change],
    retired: Sequence[Change],
) -> Iterator[str]:
    """Say why the new run is worse: by its own terms, so a should counts where it fails the run.

    A new requirement that is violated is news about the suite, not a change of the target; it
    makes the new run worse only where it is scored, as the run's own exit status has it.
    """
    judged = {"must"} if new["fail_on"] == "must" else {"must", "should"}
    broken = [c for c in changes if c.worse and c.scored and c.stance in judged]
    if broken:
        yield f"{_named(broken)} {'is' if len(broken) == 1 else 'are'} worse than before"
    fresh = [
        c for c in added if c.after in {"violated", "unproven"} and c.scored and c.stance in judged
    ]
    if fresh:
        yield f"{_named(fresh)} {'is' if len(fresh) == 1 else 'are'} new and not held"
    lost = [c for c in retired if c.before in {"held", "violated"} and c.stance == "must"]
    if lost and new["suite"]["version"] == old["suite"]["version"]:
        yield f"{_named(lost)} of the same suite {'is' if len(lost) == 1 else 'are'} missing"
    if findings.judged(old) and not findings.judged(new):
        yield f"the new run has no verdict ({line(str(new['reason'])).rstrip('.')})"
    left = len(new["services"]["left"]) - len(old["services"]["left"])
    if left > 0:
        yield f"{plural(left, 'more Service')} left behind"


def _named(changes: Sequence[Change]) -> str:
    ids = [change.id for change in changes]
    return ", ".join(ids[:8]) + (f" and {len(ids) - 8} more" if len(ids) > 8 else "")


def _scope(run: Run) -> tuple[object, ...]:
    """Return what decides which requirements a run tries at all."""
    return run["effort"], sorted(run.get("selection") or []), sorted(run["target"]["lacks"])


def _change(before: Row | None, after: Row | None, *, alike: bool) -> Change:
    row = after or before or {}
    old, new = _verdict(before), _verdict(after)
    worse, better = _moved(old, new, alike=alike)
    return Change(
        id=row["id"],
        sentence=row["sentence"],
        stance=row["stance"],
        scored=row["scored"],
        before=old or "",
        after=new or "",
        found_before=_found(before),
        found_after=_found(after),
        worse=worse,
        better=better,
    )


def _verdict(row: Row | None) -> str | None:
    return None if row is None else str(row["verdict"])


_SILENT = frozenset({"observed", "not-applicable", "not-run"})


def _moved(before: str | None, after: str | None, *, alike: bool) -> tuple[bool, bool]:
    """Say whether a verdict became worse or better.

    From held to not run is worse, since nobody knows any more, but for two runs that try other
    things on purpose; from not run to violated is worse, since now somebody does; among verdicts
    that judge nothing, nothing is either.
    """
    if before is None or after is None or before == after:
        return False, False
    if before in _SILENT and after in _SILENT:
        return False, False
    if not alike and (after in _SILENT or (before in _SILENT and after == "held")):
        return False, False
    old, new = _GRADES.index(before), _GRADES.index(after)
    return new > old, new < old


def _found(row: Row | None) -> str:
    """Return the first violation in words that do not change with the run's own names."""
    if row is None or not row["violations"]:
        return ""
    first: Mapping[str, Any] = row["violations"][0]
    said = f"at {first['where'] or 'the answer'}: {first['found']}, not {first['expected']}"
    return shortened(_steady(said), 300)


def _steady(text: str) -> str:
    """Make alike what is new in every run: names of the suite, sids, times, local ports."""
    import re  # noqa: PLC0415 - comparing alone needs it

    for pattern, word in (
        (r"pc-[0-9a-z]{8}-[0-9a-z]+", "pc-…"),
        (r"\b([A-Z]{2})[0-9a-fA-F]{32}\b", r"\1…"),
        (r"\d{4}-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:\d\d)?", "(a time)"),
        (r"(https?://)[^/\s'\"]+", r"\1…"),
    ):
        text = re.sub(pattern, word, text)
    return line(text)


def _drifts(old: Run, new: Run) -> Iterator[Drift]:
    before, after = _observed(old), _observed(new)
    for key in list(dict.fromkeys([*before, *after])):
        one, other = before.get(key, ""), after.get(key, "")
        if one != other:
            yield Drift(requirement=key[0], what=key[1], before=one, after=other)


def _observed(run: Run) -> dict[tuple[str, str], str]:
    """Join what was found for the same thing: tried often, it may turn out in several ways."""
    found: dict[tuple[str, str], set[str]] = {}
    for seen in run["observations"]:
        key = (str(seen["requirement"]), _steady(str(seen["what"])))
        found.setdefault(key, set()).add(_steady(str(seen["found"])))
    return {key: shortened("; ".join(sorted(values)), 400) for key, values in found.items()}


def _shifts(old: Run, new: Run) -> Iterator[Shift]:
    before = {row["operation"]: row for row in old["latency"]}
    for row in new["latency"]:
        was = before.get(row["operation"])
        if was is not None:
            yield Shift(
                operation=line(str(row["operation"])),
                p50_before=was["p50"],
                p50_after=row["p50"],
                p99_before=was["p99"],
                p99_after=row["p99"],
                notable=_is_notable(was["p50"], row["p50"]),
            )


def _is_notable(before: float, after: float) -> bool:
    low, high = sorted((before, after))
    return high - low >= LATENCY_MILLISECONDS and high >= LATENCY_RATIO * low


def _side(run: Run) -> Side:
    return Side(
        base_url=run["target"]["base_url"],
        started=run["started"],
        effort=run["effort"],
        version=run["suite"]["version"],
        headline=findings.headline(run),
        requests=run["requests"],
    )
