"""The run as a CI step summary, for GitHub and GitLab alike."""

from collections.abc import Collection, Iterator, Mapping
from html import escape
from string import punctuation
from typing import Any

from conformance.pages import findings
from conformance.pages.commands import curl
from conformance.pages.findings import Row, Run
from conformance.pages.terminal import MARKS
from conformance.pages.text import block, line, number, plural, shortened

MOST_VIOLATED = 20
MOST_LISTED = 60
# GitHub takes a megabyte of summary from each step, and drops a longer one whole.
MOST_CHARACTERS = 900_000

# As entities they start no emphasis, link, table cell, mention or reference.
_ENTITIES = {ord(sign): f"&#{ord(sign)};" for sign in punctuation}


def plain(text: object) -> str:
    """Escape a text for any place in the document, also inside a table."""
    return line(str(text)).translate(_ENTITIES)


def code(text: object, length: int = 300) -> str:
    """Show a value as code; HTML's element, since backticks cannot be escaped in backticks."""
    return f"<code>{plain(shortened(line(str(text)), length))}</code>"


def summary(run: Run, reproducible: Collection[str]) -> str:
    """Return the whole summary; some of what was violated has a script that shows it."""

    def violated(run: Run) -> Iterator[str]:
        return _violated(run, reproducible)

    parts = (_head, _table, violated, _unproven, _deviations, _left, _observed, _blind)
    written, used = [], 0
    for part in parts:
        text = "\n".join(part(run))
        used += len(text)
        if used > MOST_CHARACTERS:
            written.append("… the rest is in index.html")
            break
        written += [text] if text else []
    return "\n\n".join(written) + "\n"


def _head(run: Run) -> Iterator[str]:
    ok = run["conforms"] and run["exit_status"] == 0
    sign = "✅" if ok else "❌" if findings.judged(run) else "⚠️"
    yield f"## {sign} Proxy Service contract: {plain(findings.headline(run))}\n"
    yield plain(findings.sentence(run)) + "\n"
    target = run["target"]
    named = f"{plain(target['name'])} at " if target["name"] else ""
    embedded = " (embedded emulator)" if target["embedded"] else ""
    services = run["services"]
    facts = [
        f"{named}{code(target['base_url'])}{embedded}",
        f"effort {plain(run['effort'])}",
        f"seed {plain(run['seed'])}",
        f"{plural(run['requests'], 'request')} in {number(run['seconds'])} s",
        f"{plural(services['created'], 'Service')} created, {len(services['left'])} left",
        f"suite {plain(run['suite']['version'])}",
    ]
    yield " · ".join(facts)


def _table(run: Run) -> Iterator[str]:
    counted = findings.counts(run["requirements"])
    shown = [v for v in findings.VERDICTS if any(counted[s, v] for s in findings.STANCES)]
    if not shown:
        return
    yield "| | " + " | ".join(f"{MARKS[v]} {v.replace('-', ' ')}" for v in shown) + " |"
    yield "|---|" + "---:|" * len(shown)
    for stance in findings.STANCES:
        cells = [str(counted[stance, verdict] or "") for verdict in shown]
        yield f"| {stance} | " + " | ".join(cells) + " |"


def _violated(run: Run, reproducible: Collection[str]) -> Iterator[str]:
    pairs = findings.shown_violated(run)
    if not pairs:
        return
    yield "### Violated\n"
    for row, following in pairs[:MOST_VIOLATED]:
        yield from _one_violated(row, following, reproducible=row["id"] in reproducible)
    rest = pairs[MOST_VIOLATED:]
    if rest:
        yield f"… and {len(rest)} more: {', '.join(plain(row['id']) for row, _ in rest)}"


def _one_violated(row: Row, following: list[Row], *, reproducible: bool) -> Iterator[str]:
    scored = "" if row["scored"] else ", not scored"
    yield (
        f"<details><summary><b>{plain(row['id'])}</b> {plain(row['sentence'])} "
        f"<i>({plain(row['stance'])}{scored})</i></summary>\n"
    )
    yield f"Basis: {plain(row['basis'])}, {plain(row['source'])}\n"
    for violation in row["violations"][:3]:
        yield from _violation(violation)
    if following:
        ids = ", ".join(plain(follower["id"]) for follower in following)
        follow = "follows" if len(following) == 1 else "follow"
        yield f"… and {len(following)} that {follow} from it: {ids}\n"
    if reproducible:
        yield f"To see it again: <code>sh reproduce/{plain(row['id'])}.sh</code>\n"
    yield "</details>\n"


def _violation(violation: Mapping[str, Any]) -> Iterator[str]:
    if violation.get("because"):
        yield f"Because {plain(violation['because'])}\n"
    where = code(violation["where"] or "the whole answer")
    yield "| at | expected | found |\n|---|---|---|"
    yield f"| {where} | {code(violation['expected'])} | {code(violation['found'])} |\n"
    last = violation["exchange"]
    steps = [*violation.get("trail", []), *([last] if last else [])]
    for step in steps[-6:]:
        answer = step["status"] if step["status"] is not None else step.get("failure")
        told = f"{curl(step)}\n# -> {answer} {line(step['response_body'])}"
        yield f"<pre>{escape(block(shortened(told, 1500)))}</pre>\n"


def _unproven(run: Run) -> Iterator[str]:
    yield from _folded(
        "could not be tried",
        [
            f"- <b>{plain(row['id'])}</b> {plain(row['sentence'])} {plain(row.get('why', ''))}"
            for row in findings.having(run, "unproven")
        ],
    )


def _deviations(run: Run) -> Iterator[str]:
    entries = run.get("deviations", [])
    if entries:
        yield "### Deviations file\n"
        for entry in entries:
            at = f" (line {entry['line']})" if entry["line"] else ""
            yield f"- <b>{plain(entry['id'])}</b>{at}: {plain(entry['problem'])}"


def _left(run: Run) -> Iterator[str]:
    left = run["services"]["left"]
    if left:
        yield f"### {plural(len(left), 'Service')} left behind\n"
        yield f"To delete what is left: {code(findings.sweep_line(run))}\n"
        for service in left[:MOST_LISTED]:
            yield f"- {code(service['sid'])} {code(service['unique_name'])}"


def _observed(run: Run) -> Iterator[str]:
    yield from _folded(
        "observed, not judged",
        [
            f"- <b>{plain(seen['requirement'])}</b> {plain(seen['what'])}: {code(seen['found'])}"
            for seen in run["observations"]
        ],
    )


def _blind(run: Run) -> Iterator[str]:
    yield from _folded(
        "known faults that this run would not have found",
        [
            f"- {code(spot['fault'])} {plain(spot['what'])}: {plain(spot['why'])}"
            for spot in run["blind_spots"]
        ],
    )


def _folded(title: str, items: list[str]) -> Iterator[str]:
    if not items:
        return
    yield f"<details><summary>{len(items)} {title}</summary>\n"
    yield from items[:MOST_LISTED]
    if len(items) > MOST_LISTED:
        yield f"- … and {len(items) - MOST_LISTED} more in index.html"
    yield "\n</details>"
