"""Knows what a run may spend, over all of its processes together: requests, pace, Services alive.

The figures lie in a small file that every worker maps; each change is made under a lock.
"""

import fcntl
import mmap
import operator
import os
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final

from conformance.harness.expect import NotRun, Unproven

_LAYOUT: Final = struct.Struct("<QQQQQdQQQQQQ")
RESERVE: Final = 6
"""Requests kept back, besides one per Service alive, to prove at the end that nothing is left."""
PER_SERVICE: Final = 2
"""Requests kept back for each Service alive: one to look at it, one to delete it."""
GIVEN_UP: Final = 8
"""Requests in a row, over all workers, that found no answer before the target is given up."""
HUNG_COUNTS: Final = 3
"""As how many of those a request counts that waited for an answer until its time was over."""
MOST_HUNG: Final = 8
"""Requests that may ever wait in vain until the target is given up."""
EASE: Final = 1.05
"""By how much requests keep further apart than the rate asks: some take longer on their way."""
LATE: Final = 0.02
"""Seconds by which a request may miss its turn."""
WAIT_FOR_ROOM: Final = 20.0
"""Seconds that a create waits for other workers to delete, before it is left out."""


class BudgetSpent(NotRun):
    """A budget of the run is used up; what needs more is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the user allows; None where nothing was said."""

    max_requests: int | None = None
    rate: float | None = None
    max_live: int | None = None


@dataclass(slots=True)
class _Figures:
    requests: int = 0
    created: int = 0
    deleted: int = 0
    live: int = 0
    peak: int = 0
    next_slot: float = 0.0
    failures: int = 0
    stopped: int = 0
    hung: int = 0
    reserve: int = 0
    full: int = 0
    """One more than the number of deletes at which somebody waited for room in vain."""
    held: int = 0
    """Services alive that belong to those who wait for room themselves."""


_in_order: Final = operator.attrgetter(*(one.name for one in fields(_Figures)))
"""Gives the figures as they lie in the file."""


@dataclass(slots=True)
class Budget:
    """The shared figures of one run, and the right to spend."""

    path: Path
    limits: Limits = field(default_factory=Limits)
    _map: mmap.mmap = field(init=False, repr=False)
    _file: int = field(init=False, repr=False)
    _threads: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(self._file, _LAYOUT.size)
        self._map = mmap.mmap(self._file, _LAYOUT.size)

    def close(self) -> None:
        self._map.close()
        os.close(self._file)

    @contextmanager
    def _figures(self) -> Iterator[_Figures]:
        with self._threads:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX)
                figures = _Figures(*_LAYOUT.unpack(self._map[:]))
                yield figures
                self._map[:] = _LAYOUT.pack(*_in_order(figures))
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def figures(self) -> dict[str, int]:
        with self._figures() as now:
            return {
                "requests": now.requests, "created": now.created, "deleted": now.deleted,
                "live": now.live, "peak": now.peak, "failures": now.failures,
                "stopped": now.stopped,
            }  # fmt: skip

    def spend(self, count: int = 1, *, reserved: bool = False) -> None:
        """Take the right to send `count` requests at once, waiting for the pace.

        Deleting at the end may use what is kept in reserve. Raises BudgetSpent.
        """
        with self._figures() as now:
            self._check(now, count, reserved=reserved)
            slot = self._slot(now, count)
            now.requests += count
        self._wait(slot, count)

    def spend_create(
        self, count: int = 1, *, others: int = 0, at_once: bool = True, holds: int = 0
    ) -> None:
        """Take the right to `count` more Services alive, and to the requests that create them.

        `others` are requests that are sent together with them. What is not sent at once waits for
        its pace before each request. `holds` says how many Services the asker has alive: where all
        that are alive belong to those who wait for room, waiting is in vain.
        """
        slot = self._room(count, others, at_once=at_once)
        if slot is None:
            with self._holding(holds):
                slot = self._room_later(count, others, at_once=at_once)
        if at_once:
            self._wait(slot, count + others)

    def _room_later(self, count: int, others: int, *, at_once: bool) -> float:
        deadline = time.monotonic() + WAIT_FOR_ROOM
        while (slot := self._room(count, others, at_once=at_once)) is None:
            if self._is_full(count, give_up=time.monotonic() > deadline):
                raise BudgetSpent(f"--max-live {self.limits.max_live} Services were alive already")
            _wait_until(time.monotonic() + 0.02)
        return slot

    @contextmanager
    def _holding(self, holds: int) -> Iterator[None]:
        with self._figures() as now:
            now.held += holds
        try:
            yield
        finally:
            with self._figures() as now:
                now.held = max(0, now.held - holds)

    def _wait(self, slot: float, count: int) -> None:
        """Wait for the pace; whoever was held up meanwhile takes another turn."""
        _wait_until(slot)
        while slot and time.monotonic() - slot > LATE:
            with self._figures() as now:
                slot = self._slot(now, count)
            _wait_until(slot)

    def _room(self, count: int, others: int, *, at_once: bool) -> float | None:
        """Give the time at which to send, or None while there is no room."""
        most = self.limits.max_live
        if most is not None and count > most:
            raise BudgetSpent(f"needs {count} Services alive, --max-live allows {most}")
        with self._figures() as now:
            if most is not None and now.live + count > most:
                return None
            self._check(now, others + (1 + PER_SERVICE) * count, reserved=False)
            slot = self._slot(now, count + others) if at_once else 0.0
            now.live += count
            now.peak = max(now.peak, now.live)
            now.requests += count + others
            return slot

    def _is_full(self, count: int, *, give_up: bool) -> bool:
        """Tell whether waiting is in vain: somebody did, and nothing was deleted since."""
        with self._figures() as now:
            if give_up:
                now.full = now.deleted + 1
            in_vain = now.held >= now.live or now.full == now.deleted + 1
            return in_vain and now.live + count > (self.limits.max_live or 0)

    def pace(self) -> None:
        """Wait for the pace of one request that is granted already."""
        with self._figures() as now:
            slot = self._slot(now, 1)
        self._wait(slot, 1)

    def _check(self, now: _Figures, count: int, *, reserved: bool) -> None:
        if now.stopped and not reserved:
            raise Unproven(self.reason())
        most = self.limits.max_requests
        if most is None:
            return
        kept = 0 if reserved else PER_SERVICE * now.live + max(RESERVE, now.reserve)
        if now.requests + count + kept > most:
            raise BudgetSpent(f"--max-requests {most} is used up, but for what cleaning up needs")

    def _slot(self, now: _Figures, count: int) -> float:
        """Give the time at which `count` requests may be sent together.

        They count as if each had come at its own time, so that no second sees more than the rate.
        """
        rate = self.limits.rate
        if rate is None or not count:
            return 0.0
        if count > max(rate, 1):
            raise BudgetSpent(f"needs {count} requests at once, --rate allows {rate:g} a second")
        quiet = 0.0 if count == 1 else max(0.0, 1 - 1 / rate)
        slot = max(time.monotonic(), now.next_slot + quiet)
        now.next_slot = slot + max(EASE * count / rate, quiet)
        return slot

    def keeps(self, requests: int) -> None:
        """Keep that many requests in reserve, besides those for each Service alive."""
        with self._figures() as now:
            now.reserve = requests

    def created(self) -> None:
        with self._figures() as now:
            now.created += 1

    def not_created(self) -> None:
        """Give back the room of a create that was refused."""
        with self._figures() as now:
            now.live = max(0, now.live - 1)

    def deleted(self) -> None:
        with self._figures() as now:
            now.deleted += 1
            now.live = max(0, now.live - 1)

    def answered(self) -> None:
        """Note that the target answered."""
        if _LAYOUT.unpack(self._map[:])[6]:
            with self._figures() as now:
                now.failures = 0

    def failed(self, *, hung: bool = False) -> bool:
        """Note that a request found no answer; tell whether the target is to be given up."""
        with self._figures() as now:
            now.failures += HUNG_COUNTS if hung else 1
            now.hung += hung
            return now.failures >= GIVEN_UP or now.hung >= MOST_HUNG

    def stop(self, why: str) -> None:
        """Tell every worker to send nothing more but what cleans up, and why; the first says it."""
        with self._figures() as now:
            if not now.stopped:
                self._why.write_text(why, encoding="utf-8", errors="backslashreplace")
            now.stopped = 1

    def reason(self) -> str:
        """Give why the target was given up."""
        try:
            return self._why.read_text(encoding="utf-8")
        except OSError:
            return "the target was given up"

    @property
    def _why(self) -> Path:
        return self.path.with_name("given-up")


def _wait_until(moment: float) -> None:
    pause = threading.Event()
    while (left := moment - time.monotonic()) > 0:
        pause.wait(left)
