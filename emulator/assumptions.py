"""What no source settles: what the emulator does, what else it could do, and how we know.

The numbers are those of the facts and contradictions that the project collected; a variant, where
there is one, switches to the other reading.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """One choice."""

    name: str
    does: str
    otherwise: str
    source: str
    variants: tuple[str, ...] = ()


ASSUMPTIONS: tuple[Assumption, ...] = ()
