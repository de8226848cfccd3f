"""Ways of being wrong, one each, by name."""

from collections.abc import Mapping

from emulator.alterations import Alteration

FAULTS: Mapping[str, Alteration] = {}
