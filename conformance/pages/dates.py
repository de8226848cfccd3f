"""Dates whose order, or whose distance from now, a requirement is about."""

import re
from datetime import timedelta

from conformance.pages import answers
from conformance.pages.shell import quoted
from conformance.pages.trail import Story


def test(expected: str, story: Story, where: str) -> str:
    """Return the lines where the requirement is about order or the clock, else nothing."""
    if found := re.fullmatch(r"within (?:(\d+) days?, )?(\d+):(\d\d):(\d\d) of .*", expected):
        days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        room = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return _near_now(round(room.total_seconds()))
    order = re.fullmatch(r"(not before|later than) (\S.*)", expected)
    if order is None:
        return ""
    earlier = _said_where(story, order[2], where)
    if earlier is None:
        return ""
    strictly = '[ "$found" = "$before" ] || ' if order[1] == "not before" else ""
    same = '[ "$found" = "$before" ] && shows "it has not moved"\n' if not strictly else ""
    return f"""\
before=$(value {earlier[0]} {quoted(earlier[1])}) || blocked "there is no date to compare with"
{same}first=$(printf '%s\\n' "$found" "$before" | LC_ALL=C sort | sed -n 1p)
{strictly}[ "$first" != "$found" ] || shows "it is before $before"
gone "it is as expected"
"""


def _said_where(story: Story, date: str, where: str) -> tuple[int, str] | None:
    """Find the step and the pointer that a date was taken from."""
    parent = where.rpartition("/")[0]
    for step in story.steps:
        for pointer in (where, f"{parent}/date_created", "/date_updated"):
            is_itself = step is story.steps[-1] and pointer == where
            if not is_itself and answers.value(step.answer, pointer) == date:
                return step.number, pointer
    return None


def _near_now(seconds: int) -> str:
    return f"""\
seconds=$(from_now "$found") || shows "it is no date"
[ "$seconds" -le {seconds} ] || shows "it is $seconds seconds from now"
gone "it is $seconds seconds from now"
"""
