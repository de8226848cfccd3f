"""Knows what a run may spend, over all of its processes together: requests, pace, Services alive.

The figures lie in a small file that every worker maps; each change is made under a lock.
"""

import fcntl
import mmap
import os
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from conformance.harness.expect import NotRun, Unproven

_LAYOUT: Final = struct.Struct("<QQQQQdQQ")
RESERVE: Final = 6
"""Requests kept back, besides one per Service alive, to prove at the end that nothing is left."""
WAIT_FOR_ROOM: Final = 30.0
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

    @contextmanager
    def _figures(self) -> Iterator[_Figures]:
        with self._threads:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                figures = _Figures(*_LAYOUT.unpack(self._map[:]))
                yield figures
                self._map[:] = _LAYOUT.pack(
                    figures.requests, figures.created, figures.deleted, figures.live,
                    figures.peak, figures.next_slot, figures.failures, figures.stopped,
                )  # fmt: skip
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
        """Take the right to send `count` requests now, waiting for the pace.

        Deleting at the end may use what is kept in reserve. Raises BudgetSpent.
        """
        with self._figures() as now:
            self._check(now, count, reserved=reserved)
            now.requests += count
            slot = self._slot(now, count)
        _wait_until(slot)

    def spend_create(self, count: int = 1) -> None:
        """Take the right to `count` more Services alive, and to the requests that create them."""
        deadline = time.monotonic() + WAIT_FOR_ROOM
        while True:
            with self._figures() as now:
                most = self.limits.max_live
                if most is not None and count > most:
                    raise BudgetSpent(f"needs {count} Services alive, --max-live allows {most}")
                if most is None or now.live + count <= most:
                    self._check(now, 2 * count, reserved=False)
                    now.live += count
                    now.peak = max(now.peak, now.live)
                    now.requests += count
                    slot = self._slot(now, count)
                    break
            if time.monotonic() > deadline:
                raise BudgetSpent(f"--max-live {most} Services were alive all the time")
            _wait_until(time.monotonic() + 0.02)
        _wait_until(slot)

    def _check(self, now: _Figures, count: int, *, reserved: bool) -> None:
        if now.stopped and not reserved:
            raise Unproven("the target was given up: it does not answer, or throttles without end")
        most = self.limits.max_requests
        if most is None:
            return
        kept = 0 if reserved else 2 * now.live + RESERVE
        if now.requests + count + kept > most:
            raise BudgetSpent(f"--max-requests {most} is used up, but for what cleaning up needs")

    def _slot(self, now: _Figures, count: int) -> float:
        if self.limits.rate is None:
            return 0.0
        slot = max(time.monotonic(), now.next_slot)
        now.next_slot = slot + count / self.limits.rate
        return slot

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

    def failed(self) -> int:
        """Note that a request found no answer; give how many did in a row."""
        with self._figures() as now:
            now.failures += 1
            return now.failures

    def stop(self) -> None:
        """Tell every worker to send nothing more but what cleans up."""
        with self._figures() as now:
            now.stopped = 1


def _wait_until(moment: float) -> None:
    pause = threading.Event()
    while (left := moment - time.monotonic()) > 0:
        pause.wait(left)
