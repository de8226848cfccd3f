"""How a script tells whether a defect still shows: lines of sh over the last answer.

What was expected decides where it is a value that a shell can compare; else the defect shows as
long as what was found still stands there, apart from what is new in each run.
"""

import ast
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.pages.shell import Known, quoted, written
from conformance.pages.text import line, shortened
from conformance.pages.trail import Step, Story, leaves

NOTHING = "nothing"
# Answers that say nothing about the requirement: not let in, or not served.
_BLOCKED = ("401", "403", "429", "502", "503", "504")
_LONGEST_ANSWER = 6000
_DATED = re.compile(r"\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d|[A-Z]{2}[0-9a-f]{32}|https?://")


def test(violation: Mapping[str, Any], story: Story) -> str:
    """Return the lines that end the script, with status 0, 1 or 2."""
    last = story.steps[-1]
    where = str(violation["where"])
    expected = str(violation["expected"])
    if last.status is None:
        return _no_answer()
    if where == "status":
        return _status(last, expected) or _same_answers(story)
    if where.lower().startswith("header "):
        return _guard(last) + _header(violation, last, where.split(None, 1)[1].strip())
    if where.startswith("/") and "~" not in where:
        return _pointer(violation, story, where) or _same_answers(story)
    return _same_answers(story)


def statuses(expected: str) -> tuple[list[str], list[str]]:
    """Return the patterns that are named as right, and those named as wrong."""
    right, _, wrong = re.sub(r"\b(other than|except|but|not)\b", "|", expected).partition("|")
    return _patterns(right), _patterns(wrong)


def _patterns(text: str) -> list[str]:
    found = re.findall(r"\b([1-5])(\d\d|xx|XX)\b", text)
    return [f"{first}{'??' if rest in {'xx', 'XX'} else rest}" for first, rest in found]


def _status(last: Step, expected: str) -> str:
    right, wrong = statuses(expected)
    if not right:
        return f"""\
case $status in
  {last.status}) shows "the status is $status" ;;
  {" | ".join(s for s in _BLOCKED if s != str(last.status))}) blocked "it answers $status" ;;
esac
gone "the status is $status"
"""
    if str(last.status) in right:
        return ""
    named = {str(last.status), *right, *wrong}
    arms = [(str(last.status), "shows"), *[(s, "blocked") for s in wrong if s != str(last.status)]]
    arms += [(pattern, "gone") for pattern in right]
    arms += [(s, "blocked") for s in _BLOCKED if s not in named and not _covered(s, right)]
    by_end: list[tuple[list[str], str]] = []
    for pattern, end in arms:
        if by_end and by_end[-1][1] == end:
            by_end[-1][0].append(pattern)
        else:
            by_end.append(([pattern], end))
    lines = [f'  {" | ".join(p)}) {end} "the status is $status" ;;' for p, end in by_end]
    return "case $status in\n" + "\n".join(lines) + '\nesac\nshows "the status is $status"\n'


def _covered(status: str, patterns: Sequence[str]) -> bool:
    return any(pattern == f"{status[0]}??" for pattern in patterns)


def _no_answer() -> str:
    return """\
[ "$problem" = 0 ] || shows "there is no whole answer: $(printable <"$work/problem")"
gone "the status is $status"
"""


def _guard(last: Step) -> str:
    """End early where the last answer is of another kind than the recorded one."""
    kind = str(last.status)[0]
    refused = f'  4??) gone "it is refused, with $status" ;;\n' if kind == "2" else ""
    blocked = " | ".join(status for status in _BLOCKED if status != str(last.status))
    return f"""\
case $status in
  {last.status}) ;;
  {blocked}) blocked "it answers $status" ;;
  {kind}??) ;;
{refused}  *) blocked "it answers $status, where it answered {last.status}" ;;
esac
"""


def _header(violation: Mapping[str, Any], last: Step, name: str) -> str:
    value = next((v for n, v in last.response_headers if n.lower() == name.lower()), None)
    recorded = NOTHING if value is None else line(value).lower()
    right = _literal(str(violation["expected"]))
    lines = f"""\
found=$(LC_ALL=C tr '[:upper:]' '[:lower:]' <"$work/$name.head" | tr -d '\\r' |
  sed -n {quoted(f"s/^{re.escape(name.lower())}:[[:space:]]*//p")} | sed -n '$p')
[ -n "$found" ] || found={NOTHING}
say "   {name}: $(printf '%s' "$found" | printable)"
"""
    if isinstance(right, str) and right != NOTHING and right.lower() != recorded:
        lines += f'[ "$found" != {quoted(right.lower())} ] || gone "it is as expected"\n'
        return lines + 'shows "it is not what was expected"\n'
    lines += f'[ "$found" != {quoted(recorded)} ] || shows "it is what was found before"\n'
    return lines + 'gone "it is not what was found before"\n'


def _pointer(violation: Mapping[str, Any], story: Story, where: str) -> str:
    last = story.steps[-1]
    found = leaves(last.answer)
    absent = where not in found
    if not absent and isinstance(found[where], (dict, list)):
        return ""
    if absent and violation["found"] != NOTHING and not found:
        return ""
    at = quoted(where)
    lines = _guard(last) + f"""\
found=$(value "$name" {at}) || found={NOTHING}
say "   at "{at}": $(printf '%s' "$found" | printable)"
"""
    right = _expected_texts(violation, story, where, None if absent else found[where])
    if right:
        lines += "case $found in\n"
        lines += f'  {" | ".join(right)}) gone "it is as expected" ;;\n'
        return lines + 'esac\nshows "it is not what was expected"\n'
    if absent:
        return lines + f'[ "$found" != {NOTHING} ] || shows "it is missing"\ngone "it is there"\n'
    return lines + _alike(last.answer, where)


def _expected_texts(
    violation: Mapping[str, Any], story: Story, where: str, found: object
) -> list[str]:
    """Return the patterns of a case that stand for the expected value, if it is one."""
    expected = str(violation["expected"])
    if expected == NOTHING:
        return [NOTHING]
    right = _literal(expected)
    if right is _UNKNOWN or (right == found and type(right) is type(found)):
        return []
    if isinstance(right, str):
        for step in story.steps[:-1]:
            if leaves(step.answer).get(where) == right and _DATED.search(right):
                return [f'"$(value {step.number} {quoted(where)})"']
        if _DATED.search(_replaced(right, story.known)):
            return []
    written_as = {json.dumps(right, ensure_ascii=flag) for flag in (True, False)}
    written_as |= {text.replace("/", "\\/") for text in written_as}
    return [_pattern(text, story.known) for text in sorted(written_as)]


def _replaced(text: str, known: Known) -> str:
    for value in known:
        text = text.replace(value, "")
    return text


def _pattern(text: str, known: Known) -> str:
    """Quote a value for a case, octets that no terminal should meet by way of printf."""
    if text.isascii() and text.isprintable():
        return quoted(text, known) if not text.isalnum() else f"'{text}'"
    return f'"$({written(text, known)})"'


_UNKNOWN = object()


def _literal(text: str) -> object:
    """Read a value back from its repr; words, and values that were shortened, are unknown."""
    if "…" in text or "..." in text:
        return _UNKNOWN
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return _UNKNOWN
    return value if value is None or isinstance(value, (str, int, float, bool)) else _UNKNOWN


def _alike(answer: str, where: str) -> str:
    """Compare with what stood there, after what is new each time is made alike in both."""
    recorded = _raw(answer, where)
    blur = ""
    if re.fullmatch(r'"[A-Za-z]{0,4}[0-9A-Za-z_-]{16,64}"', recorded):
        blur = " | sed 's/[0-9a-fA-F]/0/g; s/[g-z]/g/g; s/[G-Z]/G/g'"
    return f"""\
before=$({written(recorded)} | shape{blur})
now=$(printf '%s' "$found" | shape{blur})
[ "$now" != "$before" ] || shows "it is what was found before"
gone "it is not what was found before"
"""


def _raw(answer: str, where: str) -> str:
    """Return a scalar as it was written in the answer; json.loads keeps no such thing."""
    decoder = json.JSONDecoder()
    raw: dict[str, str] = {}
    _scan(answer, 0, "", raw, decoder)
    return raw.get(where, "")


def _scan(text: str, at: int, pointer: str, raw: dict[str, str], decoder: json.JSONDecoder) -> int:
    at = _blank(text, at)
    if text[at] not in "{[":
        _, end = decoder.raw_decode(text, at)
        raw.setdefault(pointer, text[at:end])
        return end
    opened, index = text[at], 0
    at = _blank(text, at + 1)
    while text[at] not in "}]":
        name = str(index)
        if opened == "{":
            name, at = decoder.raw_decode(text, at)
            at = _blank(text, at) + 1
        at = _blank(text, _scan(text, at, f"{pointer}/{name}", raw, decoder))
        at = _blank(text, at + 1) if text[at] == "," else at
        index += 1
    return at + 1


def _blank(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at


def _same_answers(story: Story) -> str:
    """Compare the last answers whole: those of the reads that the story ends with."""
    last = story.steps[-1]
    compared = [last]
    for step in reversed(story.steps[:-1]):
        if step.method != "GET" or last.method != "GET":
            break
        compared.insert(0, step)
    if sum(len(step.answer) for step in compared) > _LONGEST_ANSWER:
        return _guard(last) + _same_number(compared)
    checks = "".join(
        f"{written(shortened_answer(step))} | shape >\"$work/before\"\n"
        f'shape <"$work/{step.number}.body" | cmp -s "$work/before" - || '
        f'gone "answer {step.number} is not what it was: compare it with the report"\n'
        for step in compared
    )
    return _guard(last) + checks + 'shows "the answers are what they were"\n'


def shortened_answer(step: Step) -> str:
    """Return the recorded answer with a line's end, as sed writes one."""
    return step.answer + "\n"


def _same_number(compared: Sequence[Step]) -> str:
    numbers = " ".join(str(step.number) for step in compared)
    before = sum(len(re.findall(r'"sid"\s*:\s*"', step.answer)) for step in compared)
    return f"""\
found=0
for one in {numbers}; do
  more=$(tr '\\n,{{' '  \\n' <"$work/$one.body" | tr '"' '\\n' | grep -c '^sid$') || more=0
  found=$((found + more))
done
[ "$found" != {before} ] || shows "the answers hold {before} Services, as they did"
gone "the answers hold $found Services, where they held {before}"
"""
