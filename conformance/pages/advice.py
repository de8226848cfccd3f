"""What to do next, given what came out; the most pressing first."""

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.pages import findings
from conformance.pages.findings import Run
from conformance.pages.shell import quoted
from conformance.pages.text import line, plural

MOST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One thing to do: in words, as a command if there is one, and where to read more."""

    text: str
    command: str = ""
    anchor: str = ""
    link: str = ""
    then: str = ""
    """What follows the link, before the command."""


def next_steps(run: Run, reproducible: frozenset[str]) -> list[Advice]:
    """Return at most four things to do."""
    parts = (_without_verdict, _violated, _unproven, _deviations, _left, _untried, _all_well)
    return [advice for part in parts for advice in part(run, reproducible)][:MOST]


def _base(run: Run) -> str:
    return "" if run["target"]["embedded"] else f" --base-url {quoted(run['target']['base_url'])}"


def _without_verdict(run: Run, _: frozenset[str]) -> Iterator[Advice]:
    match run["exit_status"]:
        case 2:
            yield Advice(text="The run was interrupted before it had a verdict: start it again.")
        case 3:
            yield Advice(
                text="The suite itself failed, which says nothing about the target. "
                "Report it, with run.json of this folder."
            )
        case 6:
            yield Advice(
                text="See whether the target can be reached and takes the credentials:",
                command=f"proxy-conformance check{_base(run)}",
            )


def _violated(run: Run, reproducible: frozenset[str]) -> Iterator[Advice]:
    pairs = findings.shown_violated(run)
    if not pairs:
        return
    row, following = pairs[0]
    folded = f"; {plural(len(following), 'other')} follow from it" if len(following) > 1 else ""
    folded = "; another follows from it" if len(following) == 1 else folded
    known = row["id"] in reproducible
    yield Advice(
        text=f"Start with {row['id']}{folded}. Read",
        command=f"sh reproduce/{row['id']}.sh" if known else "",
        anchor=f"finding-{row['id']}",
        link="its evidence",
        then=", or see it again without the suite:" if known else ".",
    )
    yield Advice(
        text="When it is mended, try that requirement alone:",
        command=f"pytest --requirement {row['id']}{_base(run)}",
    )


def _unproven(run: Run, _: frozenset[str]) -> Iterator[Advice]:
    rows = findings.having(run, "unproven")
    if rows and findings.judged(run):
        why = line(str(rows[0].get("why") or "see the row"))
        first = "" if len(rows) == 1 else ", the first because"
        yield Advice(
            text=f"{plural(len(rows), 'requirement')} could not be tried{first}: {why}. See",
            anchor=rows[0]["id"],
            link=rows[0]["id"],
        )


def _deviations(run: Run, _: frozenset[str]) -> Iterator[Advice]:
    if entries := run.get("deviations"):
        yield Advice(
            text=f"Mend the deviations file: {plural(len(entries), 'entry', 'entries')} no longer "
            "say what is.",
            anchor="deviations",
            link="which",
        )


def _left(run: Run, _: frozenset[str]) -> Iterator[Advice]:
    if left := run["services"]["left"]:
        yield Advice(
            text=f"Delete {plural(len(left), 'Service')} that this run left behind:",
            command=findings.sweep_line(run),
            anchor="residue",
            link="which",
        )


def _untried(run: Run, _: frozenset[str]) -> Iterator[Advice]:
    if (rows := findings.untried(run)) and findings.judged(run):
        yield Advice(
            text=f"{plural(len(rows), 'must', 'musts')} that can be tried were left out by this "
            "run; each says why, such as",
            anchor=rows[0]["id"],
            link=rows[0]["id"],
        )


def _all_well(run: Run, _: frozenset[str]) -> Iterator[Advice]:
    if not (run["conforms"] and run["exit_status"] == 0):
        return
    if run["blind_spots"]:
        yield Advice(
            text=f"Know what this run cannot see: "
            f"{plural(len(run['blind_spots']), 'known fault')} would have passed it, its",
            anchor="blind-spots",
            link="blind spots",
        )
    if run["effort"] != "thorough":
        yield Advice(
            text="Look further when there is time:",
            command=f"pytest --effort thorough{_base(run)}",
        )
    yield Advice(
        text="Keep run.json, and compare the next run with it:",
        command="proxy-conformance diff OLD NEW",
    )
