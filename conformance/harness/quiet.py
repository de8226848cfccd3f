"""Knows how to keep the other workers of a run from changing the account for a moment.

Pages of a list can be held against each other only while nobody changes the account. Other
people do as they like; our own workers wait.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True, kw_only=True)
class Quiet:
    """A lock that many who write share, and one who reads has alone.

    Two files: who wants to be alone holds the door, so that those who come later wait outside
    instead of keeping the room busy for ever.
    """

    folder: Path
    _alone: int | None = field(init=False, default=None)
    """The thread that has the account alone."""

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Hold the right to change the account; who has it alone has it."""
        if self._alone == threading.get_ident():
            yield
            return
        with ExitStack() as room:
            with self._locked("door", fcntl.LOCK_EX):
                room.enter_context(self._locked("room", fcntl.LOCK_SH))
            yield

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Have no other worker change the account meanwhile."""
        with self._locked("door", fcntl.LOCK_EX), self._locked("room", fcntl.LOCK_EX):
            self._alone = threading.get_ident()
            try:
                yield
            finally:
                self._alone = None

    @contextmanager
    def _locked(self, name: str, how: int) -> Iterator[None]:
        held = os.open(self.folder / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:  # an interrupt while the lock is taken has to give it back as well
            fcntl.flock(held, how)
            yield
        finally:
            os.close(held)
