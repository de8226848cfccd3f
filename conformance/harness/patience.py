"""Knows how long to wait for a target that is busy, and when to give it up."""

import threading
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from random import uniform  # noqa: TID251 - jitter keeps workers apart; no choice of a run hangs on it
from typing import Final

from conformance.harness.evidence import Exchange

FIRST_PAUSE: Final = 0.25
LONGEST_PAUSE: Final = 8.0
PATIENCE: Final = 60.0
"""Seconds that one request may be put off before the target counts as throttling without end."""
RETRIES: Final = 4


@dataclass(slots=True)
class Patience:
    """The waiting for one request: how often it was put off, and for how long."""

    patience: float = PATIENCE
    waited: float = 0.0
    times: int = 0

    def wait(self, asked: float | None = None) -> bool:
        """Wait as the target asked, else exponentially with jitter; False when patience is out.

        The vendor states no Retry-After for its 429, its Node client waits exponentially with
        jitter; both are met here.
        """
        pause = asked if asked is not None else self._back_off()
        if self.waited + pause > self.patience:
            return False
        self.times += 1
        self.waited += pause
        threading.Event().wait(pause)
        return True

    def _back_off(self) -> float:
        most = min(LONGEST_PAUSE, FIRST_PAUSE * 2**self.times)
        return most / 2 + uniform(0, most / 2)  # noqa: S311 - no secret hangs on it


def is_busy(exchange: Exchange) -> bool:
    """Tell whether the target put the request off: 429, or 503 that says when to come back."""
    return exchange.status == 429 or (
        exchange.status == 503 and exchange.header("retry-after") is not None
    )


def asked_pause(exchange: Exchange) -> float | None:
    """Read Retry-After, in seconds or as a date; None where it is missing or unreadable."""
    value = exchange.header("retry-after")
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError):
        return None
