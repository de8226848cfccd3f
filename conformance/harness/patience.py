"""Knows how long to wait for a target that is busy, and when to give it up."""

import math
import threading
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from random import uniform  # noqa: TID251 - jitter keeps workers apart; no choice of a run hangs on it
from typing import Final

from conformance.harness.evidence import Exchange

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 8.0
PATIENCE: Final = 30.0
"""Seconds for which one request is put off again and again; after that, the target throttles
without end."""
LONGEST_ASKED: Final = 60.0
"""Seconds that a target may ask for at once."""
RETRIES: Final = 4


@dataclass(slots=True)
class Patience:
    """The waiting for one request: how often it was put off, and for how long."""

    patience: float = PATIENCE
    waited: float = 0.0
    times: int = 0
    aside: int = 0
    """How often others were answered when it was out."""

    def wait(self, asked: float | None = None) -> bool:
        """Wait as the target asked, else exponentially with jitter; False when patience is out.

        The vendor states no Retry-After for its 429, its Node client waits exponentially with
        jitter; both are met here.
        """
        # Who asks for no time at all again and again is not obeyed: that would have no end.
        if asked is None or (asked < FIRST_PAUSE and self.times):
            asked = self._back_off()
        if self.waited >= self.patience or asked > LONGEST_ASKED:
            return False
        self.times += 1
        self.waited += asked
        threading.Event().wait(asked)
        return True

    def _back_off(self) -> float:
        most = min(LONGEST_PAUSE, FIRST_PAUSE * 2**self.times)
        half: float = most / 2
        return half + uniform(0, half)  # noqa: S311 - no secret hangs on it


def is_busy(exchange: Exchange) -> bool:
    """Tell whether the target put the request off: 429, or 503 that says when to come back."""
    return exchange.status == 429 or (
        exchange.status == 503 and exchange.header("retry-after") is not None
    )


def asked_pause(exchange: Exchange) -> float | None:
    """Read Retry-After, in seconds or as a date; None where it is missing or unreadable.

    A date is held against that of the answer: the target's clock may be another than ours.
    """
    value = exchange.header("retry-after")
    if value is None:
        return None
    try:
        seconds = float(value)
        return max(0.0, seconds) if math.isfinite(seconds) else None
    except ValueError:
        pass
    until, now = _moment(value), _moment(exchange.header("date"))
    if until is None:
        return None
    return max(0.0, until - (time.time() if now is None else now))


def _moment(date: str | None) -> float | None:
    """Read a date of HTTP, in seconds since 1970."""
    try:
        return parsedate_to_datetime(date or "").timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
