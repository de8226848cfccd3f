"""Knows how a run becomes run.json, its exit status, and the files that are made from it."""

import json
import math
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from conformance.harness import deviations, reproduction
from conformance.harness.attribution import attribute, rank
from conformance.harness.blindness import blind_spots
from conformance.harness.exits import Exit
from conformance.harness.requirements import Requirement, matching
from conformance.harness.sweep import Swept
from conformance.harness.verdicts import LACKS, Tally

if TYPE_CHECKING:
    from conformance.harness.controller import Controller

NOTHING_RAN: Final = 5
"""What pytest calls it where no test was selected."""
BUCKETS_PER_DECADE: Final = 5
MOST_SHOWN: Final = 3
"""Violations of one requirement that run.json holds; the others are counted."""


def assemble(controller: "Controller", swept: Swept, status: int) -> dict[str, Any]:
    """Put together what run.json holds."""
    options, target = controller.options, controller.target
    rows = [
        _row(tally, options.as_of, options.selection, options.lacks)
        for tally in controller.tallies.values()
    ]
    attribute(rows)
    seen = {id: [*tally.violations, *tally.kinds] for id, tally in controller.tallies.items()}
    problems = deviations.apply(rows, seen, options.expected, deviations.today())
    gone = bool(controller.budget.figures()["stopped"])
    exit_status, reason = weigh(
        rows, fail_on=options.fail_on, status=status, unjudgeable=controller.unjudgeable,
        gone=controller.budget.reason() if gone else None, lost=controller.lost,
        problems=problems,
    )  # fmt: skip
    figures = controller.budget.figures()
    return {
        "format": 1,
        "suite": {"version": controller.values["version"], "requirements": len(rows)},
        "target": {
            "base_url": target.base_url,
            "account_sid": target.account.sid,
            "embedded": target.embedded,
            "name": target.name,
            "lacks": sorted(options.lacks),
        },
        "effort": options.effort,
        "fail_on": options.fail_on,
        "seed": controller.values["seed"],
        "workers": len(getattr(controller.config.option, "tx", None) or ()),
        "started": controller.started,
        "seconds": round(time.monotonic() - controller.clock, 2),
        "requests": figures["requests"],
        "services": {
            "created": figures["created"],
            "deleted": figures["deleted"],
            "left": swept.residue(),
            "proven": swept.proven,
        },
        "report_dir": shown(options.report_dir),
        "selection": list(options.selection),
        "as_of": options.as_of,
        "requirements": rows,
        "observations": controller.observations,
        "deviations": problems,
        "latency": _latency(controller.heard),
        "timeline": _timeline(controller.heard),
        "budgets": {
            **asdict(options.limits),
            "peak_live": figures["peak"],
            "read_only": options.read_only,
        },
        "blind_spots": blind_spots(rows, options.effort),
        "tests": controller.tests,
        "exit_status": exit_status,
        "conforms": exit_status in {Exit.AS_EXPECTED, Exit.VIOLATED} and _conforms(rows),
        "reason": reason,
    }


def _row(
    tally: Tally, as_of: str | None, selection: tuple[str, ...], lacks: Iterable[str]
) -> dict[str, Any]:
    row = tally.requirement
    verdict, why = tally.verdict()
    lacking = [one for one in sorted(lacks) if matching(LACKS[one], (row.id,))]
    if lacking:
        verdict, why = "not-applicable", f"the target declares that it lacks {lacking[0]}"
    if not matching(selection, (row.id,)):
        verdict, why = "not-run", "--requirement leaves it out"
    violated = verdict == "violated"
    return {
        **_plain(row),
        "verdict": verdict,
        "why": why,
        "follows": None,
        "scored": not (as_of and row.is_newer_than(as_of)),
        "tests": sorted(tally.tests),
        "violations": _shown(tally.violations) if violated else [],
    }


def _plain(row: Requirement) -> dict[str, Any]:
    return {
        "id": row.id,
        "sentence": row.sentence,
        "statements": list(row.statements),
        "stance": row.stance,
        "basis": row.basis,
        "source": row.source,
        "since": row.since,
        "operations": list(row.operations),
        "untested": row.untested,
    }


def _shown(violations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Show the few with the shortest trails; each kind of them counts how often it was seen."""
    kinds = Counter((one["where"], one["found"]) for one in violations)
    shown: dict[tuple[str, str], dict[str, Any]] = {}
    for one in sorted(violations, key=lambda one: len(one["trail"])):
        kind = (one["where"], one["found"])
        shown.setdefault(kind, {**one, "count": kinds[kind]})
    return list(shown.values())[:MOST_SHOWN]


def weigh(  # noqa: C901 - each status has its own reason
    rows: list[dict[str, Any]],
    *,
    fail_on: str,
    status: int,
    unjudgeable: str | None = None,
    gone: str | None = None,
    lost: list[str] | None = None,
    problems: Sequence[Mapping[str, Any]] = (),
) -> tuple[Exit, str]:
    """Give the exit status of a run and the sentence that goes with it.

    A violated `must` wins over a target that cannot be judged, which wins over what is unproven.
    """
    red = {"must"} if fail_on == "must" else {"must", "should"}
    scored = [row for row in rows if row["scored"]]
    violated = [row for row in scored if row["verdict"] == "violated" and row["stance"] in red]
    unproven = [row for row in scored if row["verdict"] == "unproven" and row["stance"] == "must"]
    if unjudgeable is not None:
        return Exit.UNJUDGEABLE, unjudgeable
    if violated:
        violated.sort(key=lambda row: (row["follows"] is not None, rank(row["id"])))
        first = violated[0]["id"]
        more = f" and {len(violated) - 1} more" if len(violated) > 1 else ""
        if all(row["stance"] == "should" for row in violated):
            return Exit.VIOLATED, f"by --fail-on should it is red: it violates {first}{more}"
        return Exit.VIOLATED, f"the target does not conform: it violates {first}{more}"
    if gone is not None:
        return Exit.UNJUDGEABLE, gone
    if status == Exit.INTERRUPTED:
        return Exit.INTERRUPTED, "the run was interrupted before its end"
    if status == Exit.BROKEN or lost:
        why = f": {lost[0]}" if lost else ""
        return Exit.BROKEN, f"the suite itself failed{why}"
    judged = [row for row in rows if row["verdict"] in {"held", "violated", "observed", "deviates"}]
    if status in {Exit.USAGE, NOTHING_RAN} or not (judged or unproven):
        return Exit.USAGE, "nothing was judged: no test was selected; see `pytest --collect-only`"
    if problems:
        first = problems[0]
        at = f", line {first['line']}" if first["line"] else ""
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        return (
            Exit.VIOLATED,
            f"the deviations file has to change{at}: {first['id']}: {first['problem']}{more}",
        )
    if unproven:
        more = f" and {len(unproven) - 1} more" if len(unproven) > 1 else ""
        return Exit.VIOLATED, f"{unproven[0]['id']}{more} could not be proven: {unproven[0]['why']}"
    if status == Exit.VIOLATED:
        return Exit.VIOLATED, "tests beside the requirements failed"
    known = sum(row["verdict"] == "deviates" for row in rows)
    if known:
        return (
            Exit.AS_EXPECTED,
            f"the target deviates from {known} of the requirements, as is known of it",
        )
    return Exit.AS_EXPECTED, "the target conforms, as far as this run could see"


def _conforms(rows: list[dict[str, Any]]) -> bool:
    bad = {"violated", "deviates", "unproven"}
    return not any(
        row["scored"] and row["stance"] == "must" and row["verdict"] in bad for row in rows
    )


def _latency(heard: list[dict[str, Any]]) -> list[dict[str, Any]]:
    by_operation: dict[str, list[float]] = {}
    for told in heard:
        for operation, times in told["latency"].items():
            by_operation.setdefault(operation, []).extend(times)
    return [
        {"operation": operation, "count": len(times), **_percentiles(sorted(times)), "buckets": _buckets(times)}
        for operation, times in sorted(by_operation.items())
    ]  # fmt: skip


def _percentiles(times: list[float]) -> dict[str, float]:
    def at(share: float) -> float:
        return times[min(len(times) - 1, math.ceil(share * len(times)) - 1)]

    return {"p50": at(0.5), "p90": at(0.9), "p99": at(0.99), "max": times[-1]}


def _buckets(times: list[float]) -> list[list[float]]:
    """Count by upper bounds that grow by a fifth of a decade."""
    steps = Counter(math.ceil(math.log10(max(one, 0.01)) * BUCKETS_PER_DECADE) for one in times)
    return [[round(10 ** (step / BUCKETS_PER_DECADE), 3), steps[step]] for step in sorted(steps)]


def _timeline(heard: list[dict[str, Any]]) -> list[dict[str, Any]]:
    lines: dict[tuple[int, str], dict[str, Any]] = {}
    for told in heard:
        for second, wrong, count in told["timeline"]:
            key = (second, told["worker"])
            line = lines.setdefault(
                key, {"second": second, "worker": told["worker"], "requests": 0, "errors": 0}
            )
            line["requests"] += count
            line["errors"] += count if wrong else 0
    return [lines[key] for key in sorted(lines)]


def write(run: dict[str, Any], folder: Path, *, reproduce: Mapping[str, str] | None = None) -> None:
    """Write run.json, and all that is made from it; try each reproducer before it is offered."""
    from conformance import pages  # noqa: PLC0415 - templates are needed at the end of a run alone
    from conformance.pages import har  # noqa: PLC0415

    run.update(json.loads(_text(run)))
    if reproduce is not None:
        reproduction.mark(run, reproduce)
    (folder / "run.json").write_bytes(_text(run))
    parts = sorted(folder.glob("exchanges-*.har"))
    har.merge(parts, folder / "exchanges.har")
    for part in parts:
        part.unlink()
    pages.write_all(run, folder)


def _text(run: Mapping[str, Any]) -> bytes:
    return json.dumps(run, indent=1, ensure_ascii=False).encode("utf-8", "backslashreplace")


def shown(path: Path) -> str:
    """Show a path as one would type it, from the folder that one is in."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
