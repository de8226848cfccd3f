"""The text of a failed test: each claim, then the story that shows it, ready to be repeated."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from conformance.pages.commands import curl
from conformance.pages.text import line, shortened

SHOWN, LAST_SHOWN = 400, 1000
"""Characters of a value or an answer that are shown, and of the last answer; commands are whole."""
MOST_STORIES: Final = 3
"""Failures of one requirement whose story is told; the report has those of all others."""
FIRST_STEPS, LAST_STEPS = 2, 6
"""Exchanges of a longer story that are shown: how it begins, and how it ends."""
ALIKE: Final = 3
"""Further violations in the same place that are named."""


def text(
    findings: Iterable[Mapping[str, Any]],
    catalogue: Mapping[str, Any],
    told: Counter[str] | None = None,
) -> str:
    """Tell what a test found, as plain text that any terminal can show.

    `told` counts the stories of each requirement that were told before, and is brought up to date.
    """
    told = Counter() if told is None else told
    lines = list[str]()
    for block in _blocks(findings):
        row = catalogue[block[0]["requirement"]]
        lines += [f"{row.id} ({row.stance}): {row.sentence}", *_claims(block)]
        told[row.id] += 1
        if told[row.id] <= MOST_STORIES:
            lines += [*_story(block[0]), ""]
        else:
            lines += ["its story is in the report, like those before it", ""]
    return "\n".join(lines).encode("utf-8", "backslashreplace").decode()


def _blocks(findings: Iterable[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Put together what one answer shows of a requirement, and what is wrong in the same place."""
    blocks = list[list[Mapping[str, Any]]]()
    for one in findings:
        for block in blocks:
            first = block[0]
            is_alike = first["where"] == one["where"] or first["exchange"] == one["exchange"]
            if first["requirement"] == one["requirement"] and is_alike:
                block.append(one)
                break
        else:
            blocks.append([one])
    return blocks


def _claims(block: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Tell each place once, with all that was found there."""
    places: dict[str, dict[tuple[str, str], Mapping[str, Any]]] = {}
    for one in block:
        place = places.setdefault(one["where"], {})
        place.setdefault((one["expected"], one["found"]), one)
    if block[0]["because"]:
        yield f"because {line(block[0]['because'])}"
    for claims in places.values():
        first, *others = claims.values()
        yield from _claim(first)
        yield from _also(others)


def _claim(found: Mapping[str, Any]) -> Iterator[str]:
    where = line(found["where"])
    yield f"expected at {where}: {_fit(found['expected'])}"
    yield f"   found at {where}: {_fit(found['found'])}"


def _also(others: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for one in others[:ALIKE]:
        yield f"as well as: expected {_fit(one['expected'])}, found {_fit(one['found'])}"
    if len(others) > ALIKE:
        yield f"and {len(others) - ALIKE} more in the same place"


def _story(found: Mapping[str, Any]) -> Iterator[str]:
    if found["witness"]:
        yield str(found["witness"]["drawing"])
    steps = [*found["trail"], *([found["exchange"]] if found["exchange"] else [])]
    left_out = range(FIRST_STEPS, max(FIRST_STEPS, len(steps) - LAST_STEPS))
    for index, step in enumerate(steps):
        if index not in left_out:
            yield f"{index + 1}. {curl(step)}"
            yield f"   -> {answer(step, LAST_SHOWN if step is steps[-1] else SHOWN)}"
        elif index == left_out.start:
            yield f"   ... {len(left_out)} more, in the report"


def answer(step: Mapping[str, Any], room: int) -> str:
    """Write what came back, in one line: the status, the id for the server's log, the body."""
    if step["status"] is None:
        return f"no answer: {_fit(str(step['failure']), room)}"
    words = [str(step["status"]), *([f"({step['request_id']})"] if step["request_id"] else [])]
    return " ".join([*words, _fit(step["response_body"], room)]).rstrip()


def _fit(value: str, room: int = SHOWN) -> str:
    return shortened(line(value), room)
