"""Recorded answers read by JSON pointer: each value as it was written, also where the end is cut.

`json.loads` forgets how a value was written, and reads nothing of an answer that was shortened for
the record; a script has to compare with what the target really wrote.
"""

import json
from functools import lru_cache

CONTAINERS = ("{", "[")
_DEEPEST = 200
_DECODER = json.JSONDecoder()


@lru_cache(maxsize=64)
def written(answer: str) -> dict[str, str]:
    """Return how each value was written, by pointer; `{` or `[` for one that holds others."""
    found: dict[str, str] = {}
    try:
        _value(answer, 0, "", found, 0)
    except (ValueError, IndexError):
        return found  # cut short, or no JSON: what came before stands
    return found


def value(answer: str, pointer: str) -> object:
    """Return the scalar at a pointer, None also where there is none."""
    raw = written(answer).get(pointer)
    return None if raw is None or raw in CONTAINERS else json.loads(raw)


def scalars(answer: str) -> dict[str, object]:
    """Return all scalars by pointer."""
    return {
        pointer: json.loads(raw)
        for pointer, raw in written(answer).items()
        if raw not in CONTAINERS
    }


def _value(text: str, at: int, pointer: str, found: dict[str, str], depth: int) -> int:
    at = _blank(text, at)
    if text[at] not in CONTAINERS:
        _, end = _DECODER.raw_decode(text, at)
        found.setdefault(pointer, text[at:end])
        return end
    if depth > _DEEPEST:
        raise ValueError(f"an answer nested more than {_DEEPEST} deep")
    opened, index = text[at], 0
    found.setdefault(pointer, opened)
    at = _blank(text, at + 1)
    while text[at] not in "}]":
        name = str(index)
        if opened == "{":
            name, at = _DECODER.raw_decode(text, at)
            at = _blank(text, at) + 1
        at = _blank(text, _value(text, at, f"{pointer}/{name}", found, depth + 1))
        at = _blank(text, at + 1) if text[at] == "," else at
        index += 1
    return at + 1


def _blank(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at
