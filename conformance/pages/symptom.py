"""How a script tells whether a defect still shows: lines of sh over the last answers.

What was expected decides where it is a value that a shell can compare; else the defect shows as
long as what was found still stands there, apart from what is new in each run.
"""

import ast
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from conformance.pages import answers, dates, presence
from conformance.pages.shell import Known, quoted, written
from conformance.pages.statuses import BLOCKED, blocked_now, status_test
from conformance.pages.text import line
from conformance.pages.trail import Step, Story

NOTHING: Final = "nothing"
_LONGEST_ANSWER = 12_000
_OF_ERRORS = ("/code", "/message", "/more_info", "/status")
_PROCEED = "  2??) ;;\n"
_IS_GONE = '  2??) gone "it is accepted, with $status" ;;\n'
_DATED = re.compile(r"\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d|[A-Z]{2}[0-9a-f]{32}")
_SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")
# A pattern that means the same to grep -E as to Python.
_PATTERN = re.compile(r"like (\^[A-Za-z0-9\[\]{},|()-]+\$)")
_ITEM = re.compile(r"^/services/\d+(?=/)")


def test(violation: Mapping[str, Any], story: Story) -> str:
    """Return the lines that end the script, with status 0, 1 or 2."""
    last = story.steps[-1]
    if last.status is None:
        return _no_answer()
    kinds = (_by_status, _by_header, _by_presence, _by_words, _by_pointer)
    return next(filter(None, (kind(violation, story) for kind in kinds)), _same_answers(story))


def _by_status(violation: Mapping[str, Any], story: Story) -> str:
    if violation["where"] != "status":
        return ""
    return status_test(story.steps[-1], str(violation["expected"]))


def _by_header(violation: Mapping[str, Any], story: Story) -> str:
    where = str(violation["where"])
    if not where.lower().startswith("header "):
        return ""
    last = story.steps[-1]
    return guard(last) + _header(violation, last, where.split(None, 1)[1].strip())


def _by_presence(violation: Mapping[str, Any], story: Story) -> str:
    lines = presence.test(violation, story)
    return lines and guard(story.steps[-1]) + lines


def _by_words(violation: Mapping[str, Any], story: Story) -> str:
    """Know some words that the suite uses where no single value is wrong."""
    where, found = str(violation["where"]), str(violation["found"])
    match violation["expected"]:
        case "all properties" if found.startswith("no "):
            return guard(story.steps[-1]) + _properties(found, where)
        case "no body" if where == "body":
            return guard(story.steps[-1]) + _no_body()
        case _:
            return ""


def _by_pointer(violation: Mapping[str, Any], story: Story) -> str:
    where = str(violation["where"])
    return _pointer(violation, story, where) if where.startswith("/") and "~" not in where else ""


def _properties(found: str, where: str) -> str:
    names = [name for name in found.removeprefix("no ").split(", ") if name.isidentifier()]
    parent = where if where.startswith("/") else ""
    lines = [
        f'value "$name" {quoted(f"{parent}/{name}")} >/dev/null || shows "there is no {name}"\n'
        for name in names
    ]
    return "".join(lines) + 'gone "all properties are there"\n'


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
    if dated := dates.test(str(violation["expected"]), story, where):
        return lines + dated
    right = [text for text in _expected(violation, story, where) if text != quoted(recorded)]
    if right:
        lines += "case $found in\n"
        lines += f'  {" | ".join(right)}) gone "it is as expected" ;;\n'
        return lines + 'esac\nshows "it is not what was expected"\n'
    if absent:
        return lines + f'[ "$found" != {NOTHING} ] || shows "it is missing"\ngone "it is there"\n'
    if match := _PATTERN.fullmatch(str(violation["expected"])):
        return lines + _like(match[1])
    return lines + _alike(last.answer, where, recorded)


def _like(pattern: str) -> str:
    return f"""\
if printf '%s\\n' "$found" | sed 's/^"//; s/"$//' | LC_ALL=C grep -Eq {quoted(pattern)}; then
  gone "it is as expected"
fi
shows "it is not as expected"
"""


def _expected(violation: Mapping[str, Any], story: Story, where: str) -> list[str]:
    """Return the patterns of a case that stand for the expected value, if it is one."""
    expected = str(violation["expected"])
    if start := _beginning(expected, str(violation["found"])):
        return [f"{_pattern(start, story.known)}*"]
    right = expected if _SID.fullmatch(expected) else _literal(expected)
    if expected == NOTHING or right is None:
        # Not set may be said in three ways.
        return [NOTHING, "null", "'\"\"'", *_unset_before(story, where)]
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


def _unset_before(story: Story, where: str) -> list[str]:
    """Return a pattern for what the latest answer with the Service said, if it had no value."""
    pointer = _ITEM.sub("", where)
    for step in reversed(story.steps[:-1]):
        said = answers.written(step.answer)
        if "/sid" in said and said.get(pointer, "null") == "null":
            return [f'"$(value {step.number} {quoted(pointer)})"']
    return []


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
        place = f'"/services/$item"{quoted(where[item.end() :])}'
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


def _beginning(expected: str, found: str) -> str:
    """Return how the JSON of a text begins that was shortened, where what was found does not."""
    start, cut, _ = expected.partition("…")
    if not cut or len(start) < 40 or found.startswith(start) or start[0] != "'":
        return ""
    inner = start[1:]
    plain = inner.isascii() and inner.isprintable() and not set(inner) & set("\\'\"/")
    return f'"{inner}' if plain else ""


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
        now += " | sed \"s/$(printf '%s' \"$own\" | tr -dc '0-9A-Za-z_-')/own-sid/g\""
    return (
        lines
        + f"""\
before=$({written(recorded)} | shape{blur})
now=$({now} | shape{blur})
[ "$now" != "$before" ] || shows "it is what was found before"
gone "it is not what was found before"
"""
    )


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
