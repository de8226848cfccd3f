"""The page for people: one file, no network, and every word of it readable without a script."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from conformance.pages import advice, evidence, findings, observations, plots, text
from conformance.pages.evidence import Evidence
from conformance.pages.findings import Row, Run

_TEMPLATES = Path(__file__).with_name("templates")
# A page of a usual run stays below a megabyte, and one of a target that is all wrong near it.
ROOM_FOR_EVIDENCE = 420_000
ROOM_FOR_SCRIPTS = 160_000
MOST_EVIDENCE = 4
MOST_WITH_STEPS = 60

VERDICT_WORDS = {
    "violated": "violated",
    "deviates": "deviates as stated",
    "unproven": "could not be tried",
    "held": "held",
    "observed": "observed",
    "not-run": "not run",
    "not-applicable": "not applicable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A requirement that the target breaks, with its evidence."""

    row: Row
    evidence: tuple[Evidence, ...]
    races: tuple[plots.Race | None, ...]
    unseen: int
    following: tuple[Row, ...]
    script: str
    has_script: bool


def document(run: Run, reproducers: Mapping[str, str], files: Sequence[str]) -> str:
    """Return the page; the files are those that lie beside it."""
    run = findings.complete(run)
    latency, ticks = plots.latency(run["latency"])
    return render(
        "index.html",
        run=run,
        tone=tone(run),
        headline=findings.headline(run),
        account=_capital(findings.account(run)),
        steps=advice.next_steps(run, frozenset(reproducers)),
        totals=_totals(run),
        areas=findings.areas(run),
        matrix=matrix(run),
        findings=_findings(run, reproducers),
        latency=latency,
        latency_ticks=ticks,
        timeline=plots.timeline(run["timeline"]),
        evidence=observations.evidence(run),
        report_folder=findings.report_folder(run),
        sweep=findings.sweep_line(run),
        files=files,
    )


def _capital(text: str) -> str:
    """Begin a sentence with a capital, but for what is no word, such as a URL."""
    return text[:1].upper() + text[1:] if text.split(" ", maxsplit=1)[0].isalpha() else text


def tone(run: Run) -> str:
    """Return the verdict whose colour the page wears."""
    if not findings.judged(run):
        return "unproven"
    if run["conforms"]:
        return "held" if run["exit_status"] == 0 else "deviates"
    return "violated"


def render(template: str, **values: Any) -> str:
    """Fill a template; styles and script are allowed by their hash, and nothing else is."""
    style, script = _source("style.css"), _source("page.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; "
        f"script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    )
    page = _environment().get_template(template)
    # nosec: both files are ours; they hold nothing that a target sent.
    return page.render(
        style=Markup(style), script=Markup(script), policy=policy, words=VERDICT_WORDS, **values  # noqa: S704
    )  # fmt: skip


def matrix(run: Run) -> dict[str, Any]:
    """Count by operation and stance, with a column for each verdict that occurs."""
    rows = run["requirements"]
    counted = findings.counts(rows)
    columns = [
        (stance, verdict)
        for stance in findings.STANCES
        for verdict in findings.VERDICTS
        if counted[stance, verdict]
    ]
    lines = [
        (operation, findings.counts(findings.of_operation(rows, operation)))
        for operation in (*findings.OPERATIONS, None)
    ]
    return {
        "columns": columns,
        "spans": [(s, sum(stance == s for stance, _ in columns)) for s in findings.STANCES],
        "lines": [(operation, counts) for operation, counts in lines if counts],
        "total": counted,
    }


def _totals(run: Run) -> list[tuple[str, int, int]]:
    """Count each verdict: all, and how many of them are musts."""
    counted = findings.counts(run["requirements"])
    return [
        (verdict, sum(counted[s, verdict] for s in findings.STANCES), counted["must", verdict])
        for verdict in findings.VERDICTS
    ]


def _findings(run: Run, reproducers: Mapping[str, str]) -> list[Finding]:
    pairs = findings.shown_violated(run)
    rows = [(row, following) for row, following in pairs]
    rows += [(row, []) for _, following in pairs for row in following]
    rows += [(row, []) for row in findings.having(run, "deviates")]
    most = MOST_EVIDENCE if len(rows) <= 30 else 1
    shown = [row["violations"][:most] for row, _ in rows]
    exchanges = sum(
        1 + min(len(violation.get("trail", [])), evidence.MOST_STEPS)
        for violations in shown
        for violation in violations
    )
    room = max(160, min(4000, ROOM_FOR_EVIDENCE // max(exchanges, 1) // 4))
    left = ROOM_FOR_SCRIPTS
    found: list[Finding] = []
    for (row, following), whole in zip(rows, shown, strict=True):
        violations = whole
        script = reproducers.get(row["id"], "")
        left -= len(script)
        if len(found) >= MOST_WITH_STEPS:
            violations = [{**one, "trail": [], "exchange": None} for one in violations]
        seen = tuple(evidence.of(one, run["target"]["base_url"], room) for one in violations)
        found.append(
            Finding(
                row=row,
                evidence=seen,
                races=tuple(plots.race(one.witness) if one.witness else None for one in seen),
                unseen=len(row["violations"]) - len(seen),
                following=tuple(following),
                script=script if left > 0 else "",
                has_script=bool(script),
            )
        )
    return found


@cache
def _source(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _hash(source: str) -> str:
    digest = hashlib.sha256(source.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        # Whatever a template writes is made visible first: no control reaches a page.
        finalize=_shown,
    )
    environment.filters |= {"number": text.number, "ms": plots.milliseconds, "plural": text.plural}
    return environment


def _shown(value: object) -> object:
    return text.block(value) if type(value) is str else value
