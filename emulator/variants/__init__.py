"""Other permitted ways of being right, one each, by name."""

from collections.abc import Mapping

from emulator.alterations import Alteration

VARIANTS: Mapping[str, Alteration] = {}
