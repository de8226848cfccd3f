"""The end of a run as a person reads it in a terminal: short when all is well."""

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.pages import findings
from conformance.pages.findings import Row, Run
from conformance.pages.text import cells, cut, line, number, plural

MOST_VIOLATED = 8
MOST_LEFT = 3
WIDE = 400
"""Columns of what is no terminal, but a file or a log of a pipeline: there, nothing need be cut."""

MARKS: Mapping[str, str] = {
    "held": "✓",
    "violated": "✗",
    "deviates": "≠",
    "unproven": "?",
    "observed": "·",
    "not-run": "○",
    "not-applicable": "-",
}
_COLOURS: Mapping[str, str] = {
    "held": "32",
    "violated": "1;31",
    "deviates": "33",
    "unproven": "35",
    "observed": "36",
    "faint": "2",
    "strong": "1",
}


def summary(run: Run, *, colour: bool, width: int) -> str:
    """Return the summary; its last line is the verdict in one sentence."""
    paint = Paint(on=colour, width=max(width, 40))
    parts = [
        list(_about(run, paint)),
        list(_table(run, paint)),
        list(_violated(run, paint)),
        list(_unproven(run, paint)),
        list(_deviations(run, paint)),
        list(_end(run, paint)),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


class Paint:
    """How a line is finished: cut to the width, and coloured where that is wanted."""

    def __init__(self, *, on: bool, width: int) -> None:
        self.on = on
        self.width = width

    def __call__(self, style: str, text: str) -> str:
        return f"\033[{_COLOURS[style]}m{text}\033[0m" if self.on and style in _COLOURS else text

    def fitted(self, text: str, indent: int = 0) -> str:
        return " " * indent + cut(line(text), self.width - indent)

    def wrapped(self, text: str, indent: int, most: int = 3) -> list[str]:
        """Break at blanks, into so many lines at most; the last one is cut."""
        lines, room = [""], self.width - indent
        for word in line(text).split(" "):
            joined = f"{lines[-1]} {word}" if lines[-1] else word
            if cells(joined) <= room or not lines[-1] or len(lines) == most:
                lines[-1] = joined
            else:
                lines.append(word)
        return [" " * indent + cut(text, room) for text in lines]


def _about(run: Run, paint: Paint) -> Iterator[str]:
    target = run["target"]
    name = f"{target['name']}, " if target["name"] else ""
    kind = "the embedded emulator" if target["embedded"] else target["base_url"]
    where = f" at {target['base_url']}" if target["embedded"] else ""
    yield paint("strong", paint.fitted(f"Proxy Service contract against {name}{kind}{where}"))
    services = run["services"]
    facts = [
        f"effort {run['effort']}",
        f"seed {'none' if run['seed'] is None else run['seed']}",
        f"{plural(run['requests'], 'request')} in {number(run['seconds'])} s"
        + (f" on {plural(run['workers'], 'worker')}" if run["workers"] else ""),
        f"{plural(services['created'], 'Service')} created, {len(services['left'])} left",
    ]
    if run.get("selection"):
        facts.append("only " + " ".join(run["selection"]))
    yield from (paint("faint", text) for text in paint.wrapped(" · ".join(facts), 0))


def _table(run: Run, paint: Paint) -> Iterator[str]:
    """One row for each stance; verdicts that nothing has are left out."""
    counted = findings.counts(run["requirements"])
    shown = [v for v in findings.VERDICTS if any(counted[s, v] for s in findings.STANCES)]
    if not shown:
        return
    titles = [f"{MARKS[verdict]} {verdict.replace('-', ' ')}" for verdict in shown]
    yield " " * 8 + "".join(
        paint(verdict, title.rjust(len(title) + 3))
        for verdict, title in zip(shown, titles, strict=True)
    )
    for stance in findings.STANCES:
        row = [counted[stance, verdict] for verdict in shown]
        if any(row):
            yield stance.ljust(8) + "".join(
                paint(verdict if count else "faint", str(count or "·").rjust(len(title) + 3))
                for verdict, title, count in zip(shown, titles, row, strict=True)
            )


def _violated(run: Run, paint: Paint) -> Iterator[str]:
    pairs = findings.shown_violated(run)
    for row, following in pairs[:MOST_VIOLATED]:
        yield from _one_violated(row, following, paint)
    rest = [row["id"] for row, _ in pairs[MOST_VIOLATED:]]
    if rest:
        yield paint.fitted(f"… and {len(rest)} more: {', '.join(rest)}", 2)


def _one_violated(row: Row, following: list[Row], paint: Paint) -> Iterator[str]:
    note = "" if row["stance"] == "must" else f" ({row['stance']})"
    note += "" if row["scored"] else " (not scored)"
    lead = f"{MARKS['violated']} {row['id']}"
    text = paint.fitted(f"{lead}  {row['sentence']}{note}", 2)
    yield text.replace(lead, paint("violated", lead), 1)
    for violation in row["violations"][:1]:
        where, expected, found = (_words(violation, key) for key in ("where", "expected", "found"))
        yield from paint.wrapped(f"at {where}: expected {expected}, found {found}", 6, 2)
    if following:
        ids = ", ".join(str(follower["id"]) for follower in following)
        follow = "follows" if len(following) == 1 else "follow"
        said = f"… and {len(following)} that {follow} from it: {ids}"
        yield from (paint("faint", text) for text in paint.wrapped(said, 6, 2))


def _words(violation: Mapping[str, Any], key: str) -> str:
    return cut(line(str(violation[key])) or "the whole answer", 120)


def _unproven(run: Run, paint: Paint) -> Iterator[str]:
    """Say why something could not be tried: one reason is enough for many rows."""
    reasons: dict[str, list[str]] = {}
    for row in findings.having(run, "unproven"):
        reasons.setdefault(str(row.get("why", "")) or "no reason was given", []).append(row["id"])
    for why, ids in list(reasons.items())[:3]:
        lead = f"{MARKS['unproven']} {plural(len(ids), 'requirement')} unproven"
        first, *rest = paint.wrapped(f"{lead}: {why} ({', '.join(ids)})", 2, 2)
        yield first.replace(lead, paint("unproven", lead), 1)
        yield from rest


def _deviations(run: Run, paint: Paint) -> Iterator[str]:
    for entry in run.get("deviations", [])[:5]:
        at = f", line {entry['line']}" if entry["line"] else ""
        lead = f"{MARKS['deviates']} {entry['id']}"
        text = paint.fitted(f"{lead}  deviations file{at}: {entry['problem']}", 2)
        yield text.replace(lead, paint("deviates", lead), 1)


def _end(run: Run, paint: Paint) -> Iterator[str]:
    left = run["services"]["left"]
    for service in left[:MOST_LEFT]:
        shown = service["sid"] or "without a known sid"
        yield paint.fitted(f"left behind: {shown} {service['unique_name']}", 2)
    if left:
        yield f"{plural(len(left), 'Service')} left behind; to delete what is left:"
        yield f"  {findings.sweep_line(run)}"
    yield f"Report: {findings.report_folder(run)}/index.html"
    style = {True: "held", False: "violated"}[run["conforms"] and run["exit_status"] == 0]
    style = style if findings.judged(run) else "unproven"
    yield paint(style, line(findings.sentence(run)))
