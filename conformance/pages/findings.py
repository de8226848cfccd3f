"""What a run says, counted and put in order; nothing here knows how it will be shown."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from conformance.pages.text import plural

Run: TypeAlias = Mapping[str, Any]
Row: TypeAlias = Mapping[str, Any]

STANCES = ("must", "should", "observe")
OPERATIONS = ("create", "fetch", "list", "update", "delete")
# From the worst to what needs no attention; every table and legend keeps this order.
VERDICTS = (
    "violated",
    "deviates",
    "unproven",
    "held",
    "observed",
    "not-run",
    "not-applicable",
)
NOT_JUDGED = {2: "interrupted", 3: "fault of the suite", 6: "the target cannot be judged"}


def area(row: Row) -> str:
    """Return the part of an id before its number: `CREATE` of `CREATE-4`."""
    return str(row["id"]).rpartition("-")[0]


def position(row: Row) -> tuple[str, int]:
    """Return what sorts ids as people count: `CREATE-4` before `CREATE-10`."""
    number = re.search(r"\d+$", str(row["id"]))
    return area(row), int(number[0]) if number else 0


def areas(run: Run) -> dict[str, list[Row]]:
    """Group the requirements by area, in the order of the catalogue."""
    grouped: dict[str, list[Row]] = {}
    for row in run["requirements"]:
        grouped.setdefault(area(row), []).append(row)
    return grouped


def having(run: Run, verdict: str) -> list[Row]:
    """Return the requirements with one verdict: musts first, what is not scored last."""
    rows = [row for row in run["requirements"] if row["verdict"] == verdict]
    return sorted(rows, key=lambda row: (not row["scored"], STANCES.index(row["stance"])))


def leading(run: Run) -> list[Row]:
    """Return the violated requirements that are not taken to follow from another."""
    violated = having(run, "violated")
    known = {row["id"] for row in violated}
    return [row for row in violated if _leader(row) not in known - {row["id"]}]


def _leader(row: Row) -> str | None:
    follows = row.get("follows")
    return None if follows is None else str(follows)


def followers(run: Run) -> dict[str, list[Row]]:
    """Group the violated requirements that follow from another under that one.

    A chain is followed to its head, so that nothing is folded under a row that is folded itself.
    """
    violated = {row["id"]: row for row in having(run, "violated")}
    heads = {row["id"] for row in leading(run)}
    grouped: dict[str, list[Row]] = {}
    for row in violated.values():
        if row["id"] not in heads:
            grouped.setdefault(_head(row, violated, heads), []).append(row)
    return grouped


def _head(row: Row, violated: Mapping[str, Row], heads: set[str]) -> str:
    seen: set[str] = set()
    while row["id"] not in heads and row["id"] not in seen:
        seen.add(row["id"])
        row = violated[str(_leader(row))]
    return str(row["id"])


def shown_violated(run: Run) -> list[tuple[Row, list[Row]]]:
    """Pair each leading violated requirement with those that follow from it.

    Rows that follow each other in a circle are nobody's followers: they are shown by themselves.
    """
    grouped = followers(run)
    heads = leading(run)
    known = {row["id"] for row in heads}
    stray = [row for head, rows in grouped.items() if head not in known for row in rows]
    return [(row, grouped.get(row["id"], [])) for row in heads] + [(row, []) for row in stray]


def counts(rows: Iterable[Row]) -> Counter[tuple[str, str]]:
    """Count rows by stance and verdict."""
    return Counter((row["stance"], row["verdict"]) for row in rows)


def of_operation(rows: Sequence[Row], operation: str | None) -> list[Row]:
    """Return the rows of an operation; of None, those that belong to no operation."""
    if operation is None:
        return [row for row in rows if not row["operations"]]
    return [row for row in rows if operation in row["operations"]]


def is_red(run: Run, row: Row) -> bool:
    """Say whether this requirement makes the run fail, given what the run fails on."""
    if not row["scored"]:
        return False
    judged = {"must"} if run["fail_on"] == "must" else {"must", "should"}
    if row["verdict"] == "violated":
        return str(row["stance"]) in judged
    return bool(row["verdict"] == "unproven" and row["stance"] == "must")


def untried(run: Run) -> list[Row]:
    """Return the scored musts that a test could have tried and this run did not."""
    return [
        row
        for row in run["requirements"]
        if row["verdict"] == "not-run"
        and row["stance"] == "must"
        and row["scored"]
        and not row.get("untested")
    ]


def judged(run: Run) -> bool:
    """Say whether the run reached a verdict at all."""
    return run["exit_status"] not in NOT_JUDGED


def scored_musts(run: Run, *verdicts: str) -> int:
    """Count the scored requirements of stance must with one of these verdicts."""
    return sum(
        row["scored"] and row["stance"] == "must" and row["verdict"] in verdicts
        for row in run["requirements"]
    )


def headline(run: Run) -> str:
    """Say in two or three words what came out."""
    match run["exit_status"]:
        case 2:
            return "Interrupted"
        case 3:
            return "The suite failed"
        case 4 | 6:
            return "Not judged"
        case 0 if run["conforms"]:
            return "Conforms"
        case 0:
            return "Deviates as expected"
        case _ if run["conforms"]:
            return "Conforms, but fails"
        case _:
            return "Does not conform"


def sentence(run: Run) -> str:
    """Say in one sentence what came out, and out of how many."""
    return f"{headline(run)}: {account(run)}"


def account(run: Run) -> str:
    """Say how the verdict came about: the numbers, or why there is none."""
    reason = str(run["reason"]).strip()
    tried = scored_musts(run, "held", "violated", "deviates", "unproven")
    if not judged(run) or not tried:
        return reason
    if run["conforms"]:
        gap = len(untried(run))
        rest = f"; {_untried(gap)}" if gap else ""
        held = (
            f"{_of_all(tried)} is held{rest}."
            if tried == 1
            else f"{_of_all(tried)} are held{rest}."
        )
        return f"{held} {reason[:1].upper()}{reason[1:]}" if run["exit_status"] else held
    wrong = [
        f"{count} {'is' if count == 1 else 'are'} {word}"
        for verdict, word in _WRONG.items()
        if (count := scored_musts(run, verdict))
    ]
    return f"of {plural(tried, 'must')} tried, {_listed(wrong)}." if wrong else reason


_WRONG = {"violated": "violated", "deviates": "known to deviate", "unproven": "unproven"}


def _untried(gap: int) -> str:
    return f"{gap} more that could be tried {'was' if gap == 1 else 'were'} left out"


def _of_all(tried: int) -> str:
    return "the one must tried" if tried == 1 else f"all {tried} musts tried"


def _listed(parts: Sequence[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def report_folder(run: Run) -> str:
    """Return where the report lies, as the reader would type it."""
    return str(run.get("report_dir") or "reports/latest").rstrip("/")


def sweep_line(run: Run) -> str:
    """Return the command that deletes what this run left."""
    return f"proxy-conformance sweep {report_folder(run)}/ledger.jsonl"


def complete(run: Run) -> dict[str, Any]:
    """Return the record with what it may leave out filled in; a page asks for every key."""
    budgets = run.get("budgets") and {
        **dict.fromkeys(("max_requests", "rate", "max_live", "peak_live", "read_only")),
        **run["budgets"],
    }
    left = [{"why": "", **service} for service in run["services"]["left"]]
    return {
        "selection": [],
        "as_of": None,
        "deviations": [],
        **run,
        "budgets": budgets,
        "services": {**run["services"], "left": left},
        "requirements": [
            {"why": "", "untested": None, "follows": None, **row} for row in run["requirements"]
        ],
        "observations": [{"exchange": None, **seen} for seen in run["observations"]],
        "blind_spots": [{"requirements": [], **spot} for spot in run["blind_spots"]],
    }
