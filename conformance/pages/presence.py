"""Whether a Service is shown by a list or a walk: what a script can ask without the order of it.

An account holds other Services, so a walk is taken anew to its end, whatever was recorded.
"""

import re
from collections.abc import Mapping
from typing import Any

from conformance.pages.shell import quoted, written
from conformance.pages.trail import Step, Story

_SID = re.compile(r"(?<![A-Za-z0-9])KS[0-9a-fA-F]{32}(?![A-Za-z0-9])")
_NUMBER = re.compile(r"(?:at most )?(\d{1,4}) Services")
MOST_PADDING = 120
MOST_WALKS = 9


def test(violation: Mapping[str, Any], story: Story) -> str:
    """Return the lines, or nothing where the violation is not about who is shown."""
    if violation["where"] != "/services" or not story.steps[-1].is_list:
        return ""
    expected = str(violation["expected"])
    if match := re.fullmatch(r"no Service named (.*)", expected):
        return _named(match[1], story)
    if match := _NUMBER.fullmatch(expected):
        return _numbered(int(match[1]), "-le" if expected.startswith("at most") else "-eq")
    sid = next((sid for sid in _SID.findall(expected) if sid in story.known), None)
    if sid is None:
        return ""
    return _page_copied() + _asked(story.known[sid], "not to show" in expected)


def walk(violation: Mapping[str, Any], story: Story) -> str:
    """Return the lines that walk anew and judge, or nothing where it is not about a walk."""
    if violation["where"] != "the walk" or not story.steps[-1].is_list:
        return ""
    expected = str(violation["expected"])
    sid = next((sid for sid in _SID.findall(expected) if sid in story.known), None)
    first = next(step for step in reversed(story.steps) if step.number not in story.paths)
    begin = f"walk {quoted(first.path, story.known)}\n"
    if sid is not None:
        return begin + _asked(story.known[sid], "to be gone" in expected)
    if expected == "a last page":
        judged = '  [ "$more" -lt 200 ] || shows "the walk has no end after $more pages"\n'
    else:
        right = "-le 1" if expected == "no Service twice" else "-gt 0"
        judged = f"""\
  for one in $created; do
    case " $removed " in *" ${{one#*=}} "*) continue ;; esac
    count=$(shown "${{one#*=}}") || :
    [ "$count" {right} ] || shows "a walk shows ${{one#*=}} $count times"
  done
"""
    times = min(_page_size(first), MOST_WALKS) + 1
    return f"""\
# It may hang on how full the last page is: there is one Service more for each walk.
for extra in {" ".join(map(str, range(1, times + 1)))}; do
  say "walk $extra"
  {begin}{judged}  pad 1
done
gone "{times} walks were as expected"
"""


def missing(violation: Mapping[str, Any], story: Story) -> int:
    """Return how many Services the story needs that it does not create itself.

    The account of the run held those of other tests; pages that were followed need to be full.
    """
    needed = followed = 0
    for step in story.steps:
        if step.is_list:
            followed = followed + 1 if step.number in story.paths else 0
            needed = max(needed, _page_size(step) * followed + 1 if followed else 0)
    if match := re.fullmatch(r"(\d{1,4}) other Services", str(violation["found"])):
        needed = max(needed, int(match[1]) + 1)
    if match := _NUMBER.fullmatch(str(violation["expected"])):
        counted = _NUMBER.fullmatch(str(violation["found"]))
        needed = max(needed, int(match[1]) + 1, int(counted[1]) if counted else 0)
    made = sum(
        step.method == "POST" and step.path == "/v1/Services" and step.status in {200, 201}
        for step in story.steps
    )
    return min(max(needed - made, 0), MOST_PADDING)


def _page_size(step: Step) -> int:
    size = re.search(r"[?&]PageSize=(\d{1,4})\b", step.path)
    return min(int(size[1]), 1000) if size else 50


def pages(story: Story) -> list[Step]:
    """Return the lists that a story ends with."""
    found: list[Step] = []
    for step in reversed(story.steps):
        if not step.is_list:
            break
        found.insert(0, step)
    return found


def _page_copied() -> str:
    return 'cp "$work/$name.body" "$work/walk"\n'


def _asked(sid: str, unwanted: bool) -> str:  # noqa: FBT001 - one question, asked either way
    right, wrong = ("-eq 0", "still") if unwanted else ("-gt 0", "not")
    return f"""\
count=$(shown "{sid}") || :
[ "$count" {right} ] || shows "{sid} is {wrong} shown"
gone "{sid} is shown $count times"
"""


def _numbered(number: int, right: str) -> str:
    return f"""\
count=0
while value "$name" "/services/$count" >/dev/null; do count=$((count + 1)); done
[ "$count" {right} {number} ] || shows "there are $count Services on the page"
gone "there are $count Services on the page"
"""


def _named(name: str, story: Story) -> str:
    return f"""\
{written('"unique_name":"' + name + '"', story.known)} >"$work/wanted"
tr '\\n\\r\\t' '   ' <"$work/$name.body" | sed 's/" *: */":/g' >"$work/seen"
if grep -qF -f "$work/wanted" "$work/seen"; then shows "there is one of that name"; fi
gone "there is none of that name"
"""
