"""A violation as a page shows it: what differs, and each step readable and to be copied."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from conformance.pages.commands import curl
from conformance.pages.text import block, line, shortened
from conformance.pages.trail import path_below

MOST_STEPS = 12
MOST_LINES = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a text, marked where the eye should go."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One exchange, ready to be read."""

    number: int
    method: str
    path: str
    status: str
    kind: str
    milliseconds: float
    credentials: str
    fields: tuple[tuple[str, str], ...]
    body: str
    headers: tuple[tuple[str, str], ...]
    answer: tuple[Piece, ...]
    left_out: int
    curl: str
    request_id: str
    at: str
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One violation: what was expected and found, and how it came about."""

    where: str
    expected: tuple[Piece, ...]
    found: tuple[Piece, ...]
    because: str
    test: str
    count: int
    reproduced: str
    steps: tuple[Step, ...]
    skipped: int
    witness: Mapping[str, Any] | None


def of(violation: Mapping[str, Any], base_url: str, room: int) -> Evidence:
    """Make a violation ready to be shown; no single value takes more than `room` characters."""
    expected, found = apart(str(violation["expected"]), str(violation["found"]), room)
    last = violation["exchange"]
    all_steps = [*violation.get("trail", []), *([last] if last else [])]
    numbered = list(enumerate(all_steps, start=1))
    shown = numbered
    if len(numbered) > MOST_STEPS:
        shown = numbered[:3] + numbered[3 - MOST_STEPS :]
    where = str(violation["where"])
    return Evidence(
        where=line(where) or "the whole answer",
        expected=expected,
        found=found,
        because=line(str(violation.get("because") or "")),
        test=line(str(violation.get("test") or "")),
        count=int(violation.get("count") or 1),
        reproduced=str(violation.get("reproduced") or "not-tried"),
        steps=tuple(
            _step(number, one, base_url, room, where if one is last else None)
            for number, one in shown
        ),
        skipped=len(numbered) - len(shown),
        witness=violation.get("witness"),
    )


def apart(left: str, right: str, room: int) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Mark where two values differ; what a long pair has in common is left out."""
    left, right = line(left), line(right)
    start = _common(left, right)
    end = _common(left[start:][::-1], right[start:][::-1])
    if start + end < 8:
        return _whole(left, room), _whole(right, room)
    return _marked(left, start, end, room), _marked(right, start, end, room)


def _common(left: str, right: str) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count


def _whole(text: str, room: int) -> tuple[Piece, ...]:
    return (Piece(text=shortened(text, room), marked=False),)


def _marked(text: str, start: int, end: int, room: int) -> tuple[Piece, ...]:
    stop = len(text) - end
    pieces = (
        Piece(text=_context(text[:start]), marked=False),
        Piece(text=shortened(text[start:stop], room), marked=True),
        Piece(text=_context(text[stop:]), marked=False),
    )
    return tuple(piece for piece in pieces if piece.text)


def _context(text: str) -> str:
    """Keep the ends of what two values have in common."""
    if len(text) <= 60:
        return text
    return f"{text[:24]} […{len(text) - 48:,} more…] {text[-24:]}"


def _step(
    number: int, exchange: Mapping[str, Any], base_url: str, room: int, where: str | None
) -> Step:
    status = exchange["status"]
    body = str(exchange["request_body"])
    answer, left_out = _answer(str(exchange["response_body"]), where, room)
    return Step(
        number=number,
        method=line(exchange["method"]),
        path=shortened(line(path_below(exchange["url"], base_url)), 500),
        status=str(status) if status is not None else "no answer",
        kind=str(status)[0] if status is not None else "none",
        milliseconds=exchange["milliseconds"],
        credentials={"own": ""}.get(
            exchange.get("credentials") or "own", line(str(exchange.get("credentials")))
        ),
        fields=_fields(body, room),
        body=shortened(line(body), room),
        headers=_pairs(exchange["response_headers"], room),
        answer=answer or _failure(exchange),
        left_out=left_out,
        curl=line(curl(exchange)) if len(body) <= 8 * room else "",
        request_id=line(str(exchange.get("request_id") or "")),
        at=line(str(exchange["at"])),
        is_last=where is not None,
    )


def _failure(exchange: Mapping[str, Any]) -> tuple[Piece, ...]:
    failure = exchange.get("failure")
    return (Piece(text=block(str(failure)), marked=True),) if failure else ()


def _pairs(pairs: Sequence[Sequence[str]], room: int) -> tuple[tuple[str, str], ...]:
    return tuple((line(name), shortened(line(value), room)) for name, value in pairs)


def _fields(body: str, room: int) -> tuple[tuple[str, str], ...]:
    """Decode a form; what is no form is shown as it was sent."""
    if "=" not in body or body.lstrip().startswith(("{", "[", "<")):
        return ()
    try:
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        return ()
    return tuple((line(name), shortened(line(value), room)) for name, value in pairs)


def _answer(body: str, where: str | None, room: int) -> tuple[tuple[Piece, ...], int]:
    """Break JSON into lines and mark the one in question; anything else stays as it came."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return ((Piece(text=block(shortened(body, room)), marked=False),) if body else ()), 0
    lines = list(_json_lines(value, _Spot(), where))
    marked = [index for index, piece in enumerate(lines) if piece.marked]
    start = max(0, min(marked[0] - MOST_LINES // 2, len(lines) - MOST_LINES)) if marked else 0
    kept = lines[start : start + MOST_LINES]
    used, shown = 0, []
    for piece in kept:
        text = shortened(piece.text, room)
        used += len(text)
        if used > 2 * room and not piece.marked:
            continue
        shown.append(Piece(text=text, marked=piece.marked))
    return tuple(shown), len(lines) - len(shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spot:
    """Where a value stands: by pointer and depth, and what its first and last line hold more."""

    pointer: str = ""
    indent: str = ""
    lead: str = ""
    tail: str = ""

    def inner(self, name: object, lead: str, tail: str) -> "_Spot":
        at = f"{self.pointer}/{name}"
        return _Spot(pointer=at, indent=self.indent + "  ", lead=lead, tail=tail)


def _json_lines(value: object, spot: _Spot, where: str | None) -> Iterator[Piece]:
    marked = bool(where) and spot.pointer == where
    start = spot.indent + spot.lead
    match value:
        case dict() if value:
            yield Piece(text=f"{start}{{", marked=marked)
            for index, (name, inner) in enumerate(value.items(), start=1):
                comma = "," if index < len(value) else ""
                below = spot.inner(name, f"{_json(name)}: ", comma)
                yield from _json_lines(inner, below, where)
            yield Piece(text=f"{spot.indent}}}{spot.tail}", marked=False)
        case list() if value:
            yield Piece(text=f"{start}[", marked=marked)
            for index, inner in enumerate(value):
                comma = "," if index < len(value) - 1 else ""
                yield from _json_lines(inner, spot.inner(index, "", comma), where)
            yield Piece(text=f"{spot.indent}]{spot.tail}", marked=False)
        case _:
            yield Piece(text=f"{start}{_json(value)}{spot.tail}", marked=marked)


def _json(value: object) -> str:
    return line(json.dumps(value, ensure_ascii=False))
