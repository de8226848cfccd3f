"""How a script tells whether a defect still shows: lines of sh over the last answers.

What was expected decides where it is a value that a shell can compare; else the defect shows as
long as what was found still stands there, apart from what is new in each run.
"""

import ast
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from conformance.pages import answers, presence
from conformance.pages.shell import Known, quoted, written
from conformance.pages.statuses import BLOCKED, blocked_now, status_test
from conformance.pages.text import line
from conformance.pages.trail import Step, Story

NOTHING: Final = "nothing"
_LONGEST_ANSWER = 12_000
_OF_ERRORS = ("/code", "/message", "/more_info", "/status")
_PROCEED = "  2??) ;;\n"
_IS_GONE = '  2??) gone "it is accepted, with $status" ;;\n'
_DATED = re.compile(r"\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d|[A-Z]{2}[0-9a-f]{32}|https?://")
_SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")
_ITEM = re.compile(r"^/services/\d+(?=/)")


def test(violation: Mapping[str, Any], story: Story) -> str:
    """Return the lines that end the script, with status 0, 1 or 2."""
    last = story.steps[-1]
    where, expected = str(violation["where"]), str(violation["expected"])
    if last.status is None:
        return _no_answer()
    if where == "status":
        return status_test(last, expected) or _same_answers(story)
    if where.lower().startswith("header "):
        return guard(last) + _header(violation, last, where.split(None, 1)[1].strip())
    if found := presence.test(violation, story):
        return guard(last) + found
    if expected == "all properties" and str(violation["found"]).startswith("no "):
        return guard(last) + _properties(str(violation["found"]), where)
    if where == "body" and expected == "no body":
        return guard(last) + _no_body()
    if where.startswith("/") and "~" not in where:
        return _pointer(violation, story, where) or _same_answers(story)
    return _same_answers(story)


def _properties(found: str, where: str) -> str:
    names = [name for name in found.removeprefix("no ").split(", ") if name.isidentifier()]
    parent = where if where.startswith("/") else ""
    return f"""\
for one in {" ".join(names)}; do
  value "$name" {quoted(parent + "/")}"$one" >/dev/null || shows "there is no $one"
done
gone "all properties are there"
"""


def _no_answer() -> str:
    return """\
[ "$problem" = 0 ] || shows "there is no whole answer: $(printable <"$work/problem")"
gone "the status is $status"
"""


def _no_body() -> str:
    return """\
[ ! -s "$work/$name.body" ] || shows "there is a body"
gone "there is no body"
"""


def guard(last: Step, *, accepted: str = "") -> str:
    """End early where the last answer is of another kind than the recorded one.

    `accepted` is what follows from a 2xx where there was none: nothing, that the defect is gone,
    or, as it is for what an error has to say, that it could not be tried.
    """
    kind = str(last.status)[0]
    shut_out = () if last.credentials == "own" else ("401", "403")
    blocked = " | ".join(s for s in BLOCKED if s != str(last.status) and s not in shut_out)
    if kind == "3":
        accepted = _PROCEED + "  4??) ;;\n"
    other = {"2": '  4??) gone "it is refused, with $status" ;;\n'}.get(kind, accepted)
    return f"""\
case $status in
  {last.status}) ;;
  {blocked}) blocked "it answers $status" ;;
  {kind}??) ;;
{other}  *) {blocked_now(last)} ;;
esac
"""


def _header(violation: Mapping[str, Any], last: Step, name: str) -> str:
    value = next((v for n, v in last.response_headers if n.lower() == name.lower()), None)
    recorded = NOTHING if value is None else line(value).lower()
    pattern = re.escape(name.lower()).replace("\\-", "-")
    lines = f"""\
found=$(LC_ALL=C tr '[:upper:]' '[:lower:]' <"$work/$name.head" | tr -d '\\r' |
  sed -n {quoted(f"s/^{pattern}:[[:space:]]*//p")} | sed -n '$p')
[ -n "$found" ] || found={NOTHING}
say {quoted(f"   {line(name)}:")} "$(printf '%s' "$found" | printable)"
"""
    expected = str(violation["expected"])
    right = _literal(expected)
    right = right if isinstance(right, str) else expected if _is_media_type(expected) else None
    if right is not None and not recorded.startswith(right.lower()):
        lines += f'case $found in\n  {quoted(right.lower())}*) gone "it is as expected" ;;\nesac\n'
        return lines + 'shows "it is not what was expected"\n'
    lines += f'[ "$found" != {quoted(recorded)} ] || shows "it is what was found before"\n'
    return lines + 'gone "it is not what was found before"\n'


def _is_media_type(text: str) -> bool:
    return bool(re.fullmatch(r"[a-z]+/[a-z+.-]+", text))


def _pointer(violation: Mapping[str, Any], story: Story, where: str) -> str:
    last = story.steps[-1]
    found = answers.written(last.answer)
    absent = where not in found
    if found.get(where) in answers.CONTAINERS or (absent and not found):
        return ""
    lines = guard(last, accepted="" if where in _OF_ERRORS else _PROCEED) + _look(where, story)
    recorded = found.get(where, NOTHING)
    if dated := _dates(str(violation["expected"]), story, where):
        return lines + dated
    right = [text for text in _expected(violation, story, where) if text != quoted(recorded)]
    if right:
        lines += "case $found in\n"
        lines += f'  {" | ".join(right)}) gone "it is as expected" ;;\n'
        return lines + 'esac\nshows "it is not what was expected"\n'
    if absent:
        return lines + f'[ "$found" != {NOTHING} ] || shows "it is missing"\ngone "it is there"\n'
    return lines + _alike(last.answer, where, recorded)


def _expected(violation: Mapping[str, Any], story: Story, where: str) -> list[str]:
    """Return the patterns of a case that stand for the expected value, if it is one."""
    expected = str(violation["expected"])
    right = expected if _SID.fullmatch(expected) else _literal(expected)
    if expected == NOTHING or right is None:
        # Not set may be said in three ways.
        return [NOTHING, "null", "'\"\"'"]
    if right is _UNKNOWN or (right == answers.value(story.steps[-1].answer, where)):
        return []
    before = _said_before(story, where, right)
    if isinstance(right, str) and _DATED.search(_replaced(right, story.known)):
        return before  # new in every run, unless an earlier answer said the same
    said = {json.dumps(right, ensure_ascii=flag) for flag in (True, False)}
    said |= {text.replace("/", "\\/") for text in said}
    # A number as text, or the reverse, breaks a requirement of its own.
    said |= {json.dumps(str(right))} if type(right) is int else set()
    return [*(_pattern(text, story.known) for text in sorted(said)), *before]


def _said_before(story: Story, where: str, right: object) -> list[str]:
    """Return a pattern for what the latest answer said that held the expected value."""
    pointer = _ITEM.sub("", where)
    for step in reversed(story.steps[:-1]):
        said = answers.written(step.answer).get(pointer, NOTHING)
        if said != NOTHING and answers.value(step.answer, pointer) == right:
            return [f'"$(value {step.number} {quoted(pointer)})"']
    return []


def _look(where: str, story: Story) -> str:
    """Look at a place in the answer; an item of a list is found by its sid, not by its index."""
    last = story.steps[-1]
    place, find = quoted(where), ""
    item = _ITEM.match(where)
    sid = answers.value(last.answer, f"{item[0]}/sid") if item else None
    if item and isinstance(sid, str) and sid in story.known:
        find = (
            f'item=$(index_of "$name" "{story.known[sid]}") ||\n'
            '  blocked "the Service is not on that page"\n'
        )
        place = f'"/services/$item"{quoted(where[item.end():])}'
    if item and not find:
        find = (
            f'value "$name" {quoted(item[0])} >/dev/null ||\n'
            '  blocked "there is no such item on that page"\n'
        )
    return f"""\
{find}found=$(value "$name" {place}) || found={NOTHING}
say {quoted(f"   at {line(where)}:")} "$(printf '%s' "$found" | printable)"
"""


def _replaced(text: str, known: Known) -> str:
    for value in known:
        text = text.replace(value, "")
    return text


def _pattern(text: str, known: Known) -> str:
    """Quote a value for a case, octets that no terminal should meet by way of printf."""
    if text.isascii() and text.isprintable():
        return quoted(text, known)
    return f'"$({written(text, known)})"'


_UNKNOWN: Final = object()


def _literal(text: str) -> object:
    """Read a value back from its repr; words, and values that were shortened, are unknown."""
    if "…" in text:
        return _UNKNOWN
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return _UNKNOWN
    return value if value is None or isinstance(value, (str, int, float, bool)) else _UNKNOWN


def _dates(expected: str, story: Story, where: str) -> str:
    """Compare dates where the requirement is about their order, or about the clock."""
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
apart=$(printf '%s %s\\n' "$found" "$(date -u '+%Y-%m-%dT%H:%M:%SZ')" | tr -dc '0-9 TZ:.+-' |
  LC_ALL=C awk 'function seconds(text,   p, y, m) {{
    split(text, p, /[^0-9]+/); y = p[1]; m = p[2]
    if (m < 3) {{ y--; m += 12 }}
    return ((365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * m - 457) / 5) + p[3]) \\
      * 24 + p[4]) * 3600 + p[5] * 60 + p[6]
  }}
  {{ apart = seconds($1) - seconds($2); print int(apart < 0 ? -apart : apart) }}')
[ "$apart" -gt {seconds} ] 2>/dev/null && shows "it is $apart seconds from now"
gone "it is $apart seconds from now"
"""


def _alike(answer: str, where: str, recorded: str) -> str:
    """Compare with what stood there, after what is new each time is made alike in both."""
    blur = ""
    if re.fullmatch(r'"[A-Za-z]{0,4}[0-9A-Za-z_-]{16,64}"', recorded):
        blur = " | sed 's/[0-9a-fA-F]/0/g; s/[g-z]/g/g; s/[G-Z]/G/g'"
    parent = re.match(r"/services/\d+", where)
    pointer = f"{parent[0] if parent else ''}/sid"
    own = answers.value(answer, pointer)
    lines, now = "", "printf '%s' \"$found\""
    if isinstance(own, str) and re.fullmatch(r"[0-9A-Za-z_-]{4,}", own) and pointer != where:
        # Its own sid, and another's, are not the same mistake.
        recorded = recorded.replace(own, "own-sid")
        lines = f'own=$(text "$name" {quoted(pointer)}) || own=none\n'
        now += ' | sed "s/$(printf \'%s\' "$own" | tr -dc \'0-9A-Za-z_-\')/own-sid/g"'
    return lines + f"""\
before=$({written(recorded)} | shape{blur})
now=$({now} | shape{blur})
[ "$now" != "$before" ] || shows "it is what was found before"
gone "it is not what was found before"
"""


def _same_answers(story: Story) -> str:
    """Compare the last answers whole: those of the reads that the story ends with."""
    last = story.steps[-1]
    compared = [last]
    for step in reversed(story.steps[:-1]):
        if step.method != "GET" or last.method != "GET":
            break
        compared.insert(0, step)
    if sum(len(step.answer) for step in compared) > _LONGEST_ANSWER:
        compared = [last]
    checks = "".join(
        f'{written(step.answer)} | shape >"$work/before"\n'
        f'shape <"$work/{step.number}.body" | cmp -s "$work/before" - ||\n'
        f'  gone "answer {step.number} is not what it was: compare it with the report"\n'
        for step in compared
    )
    return guard(last, accepted=_IS_GONE) + checks + 'shows "the answers are what they were"\n'
