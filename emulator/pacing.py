"""Answering later than possible, and refusing what comes too fast."""

import asyncio
import math
import time
from collections.abc import Callable

from emulator.domain import Reason, Refused
from emulator.messages import Handler, Request, Response
from emulator.refusals import refusal


def delayed(handler: Handler, seconds: float) -> Handler:
    """Hold each request back for the same time before it is looked at."""
    return held_back(handler, lambda: seconds)


def held_back(handler: Handler, draw: Callable[[], float]) -> Handler:
    """Hold each request back for a time of its own before it is looked at."""

    async def hold(request: Request) -> Response:
        await asyncio.sleep(draw())
        return await handler(request)

    return hold


def throttled(
    handler: Handler,
    per_second: float,
    *,
    endpoint: Callable[[Request], str] = lambda _: "",
    says_when: bool = True,
    stamp: Callable[[Response], Response] = lambda response: response,
    timer: Callable[[], float] = time.monotonic,
) -> Handler:
    """Let through so many requests a second of each endpoint, that many at once at most."""
    buckets: dict[str, tuple[float, float]] = {}
    room = max(per_second, 1.0)

    async def admit(request: Request) -> Response:
        now = timer()
        left, since = buckets.get(endpoint(request), (room, now))
        left = min(room, left + (now - since) * per_second)
        if left < 1:
            buckets[endpoint(request)] = (left, now)
            wait = str(math.ceil((1 - left) / per_second))
            headers = {"Retry-After": wait} if says_when else {}
            return stamp(refusal(Refused(Reason.THROTTLED, headers=headers)))
        buckets[endpoint(request)] = (left - 1, now)
        return await handler(request)

    return admit
