"""Knows how to name what nobody else has: Services, chat instances, sids."""

import itertools
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

TOKEN_LENGTH: Final = len("pc-01234567-m000000")
"""Characters that the part of a name takes which nobody else has."""
_BASE36: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(slots=True)
class Names:
    """Makes names that nobody else has: run, worker and number, in one letter case."""

    run: str
    worker: str
    _count: Iterator[int] = field(default_factory=itertools.count, repr=False)

    def next(self, tail: str = "", *, head: str = "") -> str:
        return f"{head}pc-{self.run}-{self.worker}{_base36(next(self._count)).zfill(4)}{tail}"

    def of_length(self, length: int, unit: str = "x", *, head: str = "") -> str:
        """Make a name of exactly that many characters; `unit` fills it up."""
        return self.next(unit * length, head=head)[:length]

    def is_ours(self, name: object) -> bool:
        """Tell whether a name is of this run, however the target may have changed it."""
        return isinstance(name, str) and f"pc-{self.run}-" in name.casefold()


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _BASE36[digit] + digits
        if not number:
            return digits


def chat_sid() -> str:
    """Make a ChatInstanceSid that no other Service has: a target may keep one to one Service."""
    return unknown_sid("IS")


def unknown_sid(prefix: str = "KS") -> str:
    """Make a well-formed sid that nobody has: 128 random bits."""
    return prefix + secrets.token_hex(16)
