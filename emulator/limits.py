"""How long requests are held back, and how many an endpoint takes: as text, as JSON, at work."""

import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random  # noqa: TID251 - seeded, so that a run repeats
from typing import Any, Literal, TypeAlias

from emulator.domain import Reason, Refused
from emulator.messages import Handler, Request, Response
from emulator.refusals import refusal
from emulator.rewriting import operation

Kind: TypeAlias = Literal["fixed", "uniform", "lognormal"]

FIELDS: Mapping[Kind, tuple[str, ...]] = {
    "fixed": ("seconds",),
    "uniform": ("from", "to"),
    "lognormal": ("median", "sigma"),
}

KINDS: Mapping[str, Kind] = {kind: kind for kind in FIELDS}

LONGEST = 1e6
"""Seconds; nobody waits as long."""

WIDEST = 10
"""A sigma above spreads over more than twenty orders of magnitude."""


class Unreadable(ValueError):
    """Something was given that means nothing here; told in one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long requests are held back, in seconds: a fixed time, or drawn from a seed."""

    kind: Kind = "fixed"
    first: float = 0
    """The time; the shortest; or the median."""
    second: float = 0
    """The longest, or the sigma of the time's logarithm."""
    seed: int = 0

    def draws(self) -> Callable[[], float]:
        """Return what gives one time after the other, the same ones on each call of this."""
        random = Random(self.seed)  # noqa: S311 - no secret
        match self.kind:
            case "fixed":
                return lambda: self.first
            case "uniform":
                return lambda: random.uniform(self.first, self.second)
            case "lognormal":
                mu = math.log(self.first)
                return lambda: min(LONGEST, random.lognormvariate(mu, self.second))

    @property
    def shown(self) -> dict[str, Any]:
        """The latency as `latency_of` reads it."""
        numbers = zip(FIELDS[self.kind], (self.first, self.second), strict=False)
        seed = {} if self.kind == "fixed" else {"seed": self.seed}
        return {"kind": self.kind, **dict(numbers), **seed}


LATENCIES = (
    "give a number from 0 in seconds, uniform:FROM:TO or lognormal:MEDIAN:SIGMA, "
    "the latter two with :SEED if you like"
)


def latency_from(text: str) -> Latency:
    """Read a latency from the command line."""
    name, *numbers = text.split(":") if ":" in text else ["fixed", text]
    try:
        return _latency(KINDS[name], numbers)
    except (KeyError, ValueError):
        raise Unreadable(f"found {text!r}; {LATENCIES}") from None


def latency_of(value: Any) -> Latency:
    """Read a latency from JSON: null, a number, a text as on the command line, or an object."""
    match value:
        case None:
            return Latency()
        case str():
            return latency_from(value)
        case dict() if isinstance(value.get("kind"), str) and value["kind"] in KINDS:
            kind = KINDS[value["kind"]]
            known = (*FIELDS[kind], *(() if kind == "fixed" else ("seed",)))
            given = [value[name] for name in known if name in value]
            if set(value) == {"kind", *known[: len(given)]} and _are_numbers(given):
                return _latency_in_json(kind, given, value)
        case int() | float() if _are_numbers([value]):
            return _latency_in_json("fixed", [value], value)
    raise Unreadable(f"found {value!r} as latency; {LATENCIES}")


def _latency_in_json(kind: Kind, numbers: list[Any], value: Any) -> Latency:
    try:
        return _latency(kind, [repr(number) for number in numbers])
    except ValueError:
        raise Unreadable(f"found {value!r} as latency; {LATENCIES}") from None


def _are_numbers(values: list[Any]) -> bool:
    return all(type(value) in (int, float) for value in values)


def _latency(kind: Kind, texts: list[str]) -> Latency:
    """Return what the numbers of a kind mean, or raise `ValueError`."""
    wanted = len(FIELDS[kind])
    numbers = [float(text) for text in texts[:wanted]]
    seeds = [int(text) for text in texts[wanted:]]
    if len(numbers) < wanted or len(seeds) > (kind != "fixed"):
        raise ValueError
    first, second, *_ = (*numbers, 0.0)
    right = {
        "fixed": 0 <= first < LONGEST,
        "uniform": 0 <= first <= second < LONGEST,
        "lognormal": 0 < first < LONGEST and 0 <= second <= WIDEST,
    }
    if not right[kind]:
        raise ValueError
    return Latency(kind=kind, first=first, second=second, seed=seeds[0] if seeds else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """How many requests a second an endpoint takes, measured over a window that slides."""

    per_second: float
    window: float = 1
    """Seconds: all that the window allows may come at once."""

    @property
    def room(self) -> int:
        """How many requests a window takes; at least one."""
        return max(1, int(self.per_second * self.window))

    @property
    def span(self) -> float:
        """The seconds that a window lasts: longer, where it had no room for one request."""
        return max(self.window, 1 / self.per_second)

    @property
    def shown(self) -> dict[str, float]:
        """The throttle as `throttle_of` reads it."""
        return {"per_second": self.per_second, "window": self.window}


VENDOR = Throttle(per_second=30, window=5)
"""The vendor's changelog: 30 requests a second of an endpoint, bursts of five times as many."""

THROTTLES = "give a number above 0, N:SECONDS to measure over so many seconds, or vendor"


def throttle_from(text: str) -> Throttle:
    """Read a throttle from the command line."""
    if text == "vendor":
        return VENDOR
    rate, separator, window = text.partition(":")
    try:
        return _throttle(float(rate), float(window) if separator else 1)
    except ValueError:
        raise Unreadable(f"found {text!r}; {THROTTLES}") from None


def throttle_of(value: Any) -> Throttle | None:
    """Read a throttle from JSON: null, a number, a text as on the command line, or an object."""
    try:
        match value:
            case None:
                return None
            case str():
                return throttle_from(value)
            case {"per_second": rate, **rest} if set(rest) <= {"window"}:
                numbers = [rate, rest.get("window", 1)]
            case rate:
                numbers = [rate, 1]
        if not _are_numbers(numbers):
            raise ValueError
        return _throttle(*map(float, numbers))
    except (ValueError, OverflowError):
        raise Unreadable(f"found {value!r} as throttle; {THROTTLES}") from None


def _throttle(rate: float, window: float) -> Throttle:
    if not (1e-6 <= rate < LONGEST and 0 < window <= 3600):
        raise ValueError
    return Throttle(per_second=rate, window=window)


def windowed(
    handler: Handler,
    throttle: Throttle,
    *,
    stamp: Callable[[Response], Response] = lambda response: response,
    timer: Callable[[], float] = time.monotonic,
) -> Handler:
    """Answer 429 to what is more than a window takes of one operation."""
    admitted: dict[str, deque[float]] = {}
    room, span = throttle.room, throttle.span

    async def admit(request: Request) -> Response:
        now = timer()
        times = admitted.setdefault(operation(request), deque())
        while times and now - times[0] >= span:
            times.popleft()
        if len(times) >= room:
            wait = str(max(1, math.ceil(times[0] + span - now)))
            return stamp(refusal(Refused(Reason.THROTTLED, headers={"Retry-After": wait})))
        times.append(now)
        return await handler(request)

    return admit
