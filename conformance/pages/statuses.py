"""Which statuses a requirement names as right, and what a script makes of any other."""

import re
from collections.abc import Sequence

from conformance.pages.trail import Step

# Answers that say nothing about the requirement: not let in, or not served.
BLOCKED = ("401", "403", "429", "502", "503", "504")
_UNSERVED = ("429", "502", "503", "504")


def named(expected: str) -> tuple[list[str], list[str]]:
    """Return the patterns that are named as right, and those named as wrong."""
    right, _, wrong = re.sub(r"\b(other than|except|but|not)\b", "|", expected).partition("|")
    return _patterns(right), _patterns(wrong)


def _patterns(text: str) -> list[str]:
    if bound := re.search(r"\bbelow ([2-5])00\b", text):
        return [f"{first}??" for first in range(2, int(bound[1]))]
    found = re.findall(r"\b([1-5])(\d\d|xx|XX)\b", text)
    return [f"{first}{'??' if rest in {'xx', 'XX'} else rest}" for first, rest in found]


def status_test(last: Step, expected: str) -> str:
    """Return the lines that judge the status; nothing where what is right cannot be said."""
    right, wrong = named(expected)
    recorded = str(last.status)
    is_right = recorded in right or (f"{recorded[0]}??" in right and recorded not in wrong)
    if not right or is_right:
        return ""
    arms = [(recorded, "shows"), *((status, "blocked") for status in _unsaid(last, right, wrong))]
    arms += [(pattern, "gone") for pattern in right]
    if recorded[0] in "23" and all(pattern[0] == "2" for pattern in right):
        # About how a request is accepted: one that is refused is none of them.
        arms.append(("4??", "gone"))
    return _case([(p, end) for p, end in _once(arms)], "shows")


def _unsaid(last: Step, right: Sequence[str], wrong: Sequence[str]) -> list[str]:
    """Return the statuses that leave the requirement open, such as not being let in."""
    shut_out = []
    if last.credentials == "own":
        shut_out = ["401", "403"] if "403" in wrong or right[0][0] == "2" else ["401"]
    return [status for status in (*shut_out, *_UNSERVED) if status not in right]


def _once(arms: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return list({pattern: (pattern, end) for pattern, end in reversed(arms)}.values())[::-1]


def _case(arms: Sequence[tuple[str, str]], otherwise: str) -> str:
    lines = ["case $status in"]
    ends = list(dict.fromkeys(end for _, end in arms))
    for end in ends:
        patterns = " | ".join(pattern for pattern, own in arms if own == end)
        lines.append(f'  {patterns}) {end} "the status is $status" ;;')
    return "\n".join([*lines, "esac", f'{otherwise} "the status is $status"', ""])


def blocked_now(last: Step) -> str:
    """Return the call that ends a script whose last answer is of another kind."""
    return f'blocked "it answers $status, where it answered {last.status}"'
