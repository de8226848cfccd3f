"""Whether a Service is shown by a list or a walk: what a script can ask without the order of it.

An account holds other Services, so a walk is taken anew to its end, whatever was recorded.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.pages.shell import written
from conformance.pages.trail import Step, Story

_SID = re.compile(r"(?<![A-Za-z0-9])KS[0-9a-fA-F]{32}(?![A-Za-z0-9])")
_NUMBER = re.compile(r"(?:at most )?(\d{1,4}) Services")
_PLACES = ("/services", "the walk")
MOST_PADDING = 120
MOST_PAGES = 200


def test(violation: Mapping[str, Any], story: Story) -> str:
    """Return the lines, or nothing where the violation is not about who is shown."""
    if violation["where"] not in _PLACES or not story.steps[-1].is_list:
        return ""
    expected, found = str(violation["expected"]), str(violation["found"])
    whole = violation["where"] == "the walk"
    if match := re.fullmatch(r"no Service named (.*)", expected):
        return _named(match[1], story)
    if match := _NUMBER.fullmatch(expected):
        return _numbered(int(match[1]), "-le" if expected.startswith("at most") else "-eq")
    wanted = [sid for sid in _SID.findall(expected) if sid in story.known]
    if wanted and re.search(r"\bnot to show\b|\bto be gone\b", expected):
        return _counted(wanted[:1], story, "-eq 0", "is not shown", "is still shown", whole=whole)
    if wanted and expected.startswith("to show"):
        return _counted(wanted[:1], story, "-gt 0", "is shown", "is not shown", whole=whole)
    if whole and expected == "a last page":
        return _ended(story)
    if whole:
        missed = [sid for sid in _SID.findall(found) if sid in story.known][:3]
        if missed and expected.startswith("no Service twice"):
            return _counted(missed, story, "-le 1", "is shown once", "is shown again", whole=whole)
        if missed and expected.startswith("every Service"):
            return _counted(missed, story, "-gt 0", "is shown", "is not shown", whole=whole)
    return ""


def missing(violation: Mapping[str, Any], story: Story) -> int:
    """Return how many Services the story needs that it does not create itself.

    The account of the run held those of other tests; pages that were followed need to be full.
    """
    needed = 0
    for step in story.steps:
        if step.is_list:
            followed = sum(capture.step == step.number for capture in story.captures)
            pages = _page_number(step) + 1
            needed = max(needed, _page_size(step) * pages + 1 if followed else 0)
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


def _page_number(step: Step) -> int:
    page = re.search(r"[?&]Page=(\d{1,3})\b", step.path)
    return int(page[1]) if page else 0


def _pages(story: Story) -> list[Step]:
    pages: list[Step] = []
    for step in reversed(story.steps):
        if not step.is_list:
            break
        pages.insert(0, step)
    return pages


def _gathered(story: Story, *, whole: bool) -> str:
    if not whole:
        return 'cp "$work/$name.body" "$work/seen"\n'
    numbers = " ".join(f'"$work/{step.number}.body"' for step in _pages(story))
    return f"""\
cat {numbers} >"$work/seen"
more=0
while [ "$more" -lt {MOST_PAGES} ] && next=$(text "$name" /meta/next_page_url); do
  more=$((more + 1))
  send "walk-$more" GET "$(path_of "$next")" own
  cat "$work/walk-$more.body" >>"$work/seen"
done
"""


def _ended(story: Story) -> str:
    return _gathered(story, whole=True) + f"""\
[ "$more" -lt {MOST_PAGES} ] || shows "the walk has no end after $more pages"
gone "the walk ends"
"""


def _counted(  # noqa: PLR0913 - what is asked, and both answers
    sids: Sequence[str],
    story: Story,
    right: str,
    well: str,
    ill: str,
    *,
    whole: bool,
) -> str:
    variables = " ".join(f'"{story.known[sid]}"' for sid in sids)
    limit = f"""\
[ "${{more-0}}" -lt {MOST_PAGES} ] || blocked "the walk has no end after $more pages"
"""
    return _gathered(story, whole=whole) + (limit if whole else "") + f"""\
set -- {variables}
for sid do
  count=$(tr -d '\\n\\r\\t ' <"$work/seen" | tr ',{{}}' '[\\n*]' |
    grep -c "^\\"sid\\":\\"$sid\\"") || :
  [ "$count" {right} ] || shows "$sid {ill}"
done
gone "$sid {well}"
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

