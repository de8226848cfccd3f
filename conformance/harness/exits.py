"""Knows what exit statuses mean, of runs and of the commands."""

from enum import IntEnum


class Exit(IntEnum):
    """An exit status; those that pytest has as well are its own."""

    AS_EXPECTED = 0
    VIOLATED = 1
    """A violation, a deviation that has to change, a `must` that could not be proven, or a leftover."""
    INTERRUPTED = 2
    BROKEN = 3
    """A fault of the suite."""
    USAGE = 4
    """Wrong usage, nothing selected or nothing judged."""
    UNJUDGEABLE = 6
    """The target cannot be judged."""
