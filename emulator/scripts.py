"""Rules such as 'the next three creations answer 503': which requests, how often, and what then.

They count, or draw from a seed, so that a run repeats.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http import HTTPStatus
from random import Random  # noqa: TID251 - seeded, so that a run repeats
from typing import Any, Literal, TypeAlias

from emulator.limits import LONGEST, Unreadable
from emulator.messages import Cut, Handler, Request, Response
from emulator.refusals import error
from emulator.rewriting import operation

OPERATIONS = ("create", "fetch", "update", "delete", "list", "other")

CODES: Mapping[int, int] = {401: 20003, 405: 20004}
"""The vendor's dictionary; every other status has 20000 more as its code."""

Headers: TypeAlias = Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which requests a rule is about; what is None is any."""

    method: str | None = None
    path: str | None = None
    """As it is sent, without a prefix; `*` stands for anything."""
    operation: str | None = None
    account: str | None = None

    def takes(self, request: Request, account: str) -> bool:
        """Tell whether a request of an account is meant."""
        return (
            self.method in {None, request.method}
            and self.operation in {None, operation(request)}
            and self.account in {None, account}
            and (self.path is None or fnmatchcase(request.path, self.path))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a rule does: wait, then refuse, or close the connection, or change headers."""

    status: int | None = None
    code: int | None = None
    headers: Headers = field(default_factory=dict)
    """Headers to set; None leaves one out."""
    delay: float = 0
    close: bool = False
    when: Literal["before", "after"] = "before"
    """Whether it comes in place of what the request asks for, or after that was done."""


@dataclass(slots=True, kw_only=True)
class Script:
    """One rule, and how often it matched and fired."""

    match: Match
    effect: Effect
    after: int = 0
    """So many requests pass first."""
    times: int | None = None
    """So often it fires; None is without end."""
    every: int = 1
    """Of so many requests it takes the first."""
    probability: float = 1
    seed: int = 0
    matched: int = field(default=0, init=False)
    fired: int = field(default=0, init=False)
    _random: Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)  # noqa: S311 - no secret

    def fires(self, request: Request, account: str) -> bool:
        """Count a request, and tell whether the rule takes it."""
        if not self.match.takes(request, account):
            return False
        self.matched += 1
        beyond = self.matched - self.after - 1
        if beyond < 0 or beyond % self.every or self.fired == self.times:
            return False
        if self.probability < 1 and self._random.random() >= self.probability:
            return False
        self.fired += 1
        return True

    @property
    def shown(self) -> dict[str, Any]:
        """The rule as `script_of` reads it, and its counts."""
        match = {name: getattr(self.match, name) for name in Match.__slots__}
        effect = {name: getattr(self.effect, name) for name in Effect.__slots__}
        return {
            "match": {name: value for name, value in match.items() if value is not None},
            **{name: getattr(self, name) for name in COUNTS},
            "do": {name: value for name, value in effect.items() if value is not None},
            "matched": self.matched,
            "fired": self.fired,
        }


def scripted(
    handler: Handler,
    scripts: Sequence[Script],
    account_of: Callable[[Request], str],
    *,
    stamp: Callable[[Response], Response] = lambda response: response,
) -> Handler:
    """Let the first rule that fires have its way with a request; those behind do not see it."""

    async def follow(request: Request) -> Response:
        account = account_of(request)
        for script in scripts:
            if script.fires(request, account):
                return await _done(script.effect, handler, request, stamp)
        return await handler(request)

    return follow


async def _done(
    effect: Effect, handler: Handler, request: Request, stamp: Callable[[Response], Response]
) -> Response:
    """Do what a rule says, before the request is looked at or after it was done."""
    response = await handler(request) if effect.when == "after" else None
    if effect.delay:
        await asyncio.sleep(effect.delay)
    if effect.close:
        raise Cut
    if effect.status is not None:
        response = stamp(_refused(effect.status, effect.code))
    elif response is None:
        response = await handler(request)
    for name, value in effect.headers.items():
        response = response.with_header(name, value)
    return response


def _refused(status: int, code: int | None) -> Response:
    phrase = next((known.phrase for known in HTTPStatus if known == status), "Error")
    return error(status, code or CODES.get(status, 20000 + status), phrase)


Reads: TypeAlias = Callable[[Any], bool]


def _whole(least: int) -> Reads:
    return lambda value: type(value) is int and least <= value < 1 << 53


def _number(most: float) -> Reads:
    return lambda value: type(value) in (int, float) and 0 <= value <= most


def _one_of(*values: object) -> Reads:
    return lambda value: isinstance(value, str) and value in values


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _are_headers(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_header, value.items()))


def _is_header(pair: tuple[str, Any]) -> bool:
    """Tell whether a header can be sent as it is; its value None is to leave it out."""
    name, value = pair
    named = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return named and (value is None or (isinstance(value, str) and _is_sendable(value)))


def _is_sendable(text: str) -> bool:
    return text.isprintable() and all(ord(character) < 256 for character in text)


MATCHES: Mapping[str, Reads] = {
    "method": _text,
    "path": _text,
    "operation": _one_of(*OPERATIONS),
    "account": _text,
}
COUNTS: Mapping[str, Reads] = {
    "after": _whole(0),
    "times": lambda value: value is None or _whole(1)(value),
    "every": _whole(1),
    "probability": _number(1),
    "seed": _whole(0),
}
EFFECTS: Mapping[str, Reads] = {
    "status": lambda value: _whole(400)(value) and value < 600,
    "code": _whole(1),
    "headers": _are_headers,
    "delay": _number(LONGEST),
    "close": lambda value: isinstance(value, bool),
    "when": _one_of("before", "after"),
}
TOLD = frozenset({"matched", "fired"})
"""What a rule shows of itself beyond what it was given; ignored, so that it can be sent again."""

EXAMPLE = '{"match": {"operation": "create"}, "times": 3, "do": {"status": 503}}'


def script_of(value: Any) -> Script:
    """Read a rule from JSON, or raise `Unreadable`."""
    rule = _object(value, ("match", *COUNTS, "do", *TOLD), "a rule")
    match = _read(rule.get("match", {}), MATCHES, "match")
    effect = _read(rule.get("do", {}), EFFECTS, "do")
    if not any(effect.get(name) for name in ("status", "headers", "delay", "close")):
        raise Unreadable(f"found a rule that does nothing; a rule is such as {EXAMPLE}")
    counts = _read({name: rule[name] for name in COUNTS if name in rule}, COUNTS, "a rule")
    return Script(match=Match(**match), effect=Effect(**effect), **counts)


def _read(value: Any, known: Mapping[str, Reads], where: str) -> dict[str, Any]:
    given = _object(value, known, where)
    for name, found in given.items():
        if not known[name](found):
            raise Unreadable(f"found {found!r} as {name!r} in {where}; a rule is such as {EXAMPLE}")
    return given


def _object(value: Any, known: Iterable[str], where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable(f"found {value!r} as {where}; a rule is such as {EXAMPLE}")
    if unknown := sorted(set(value) - set(known)):
        raise Unreadable(f"unknown in {where}: {', '.join(unknown)}; known: {', '.join(known)}")
    return value
