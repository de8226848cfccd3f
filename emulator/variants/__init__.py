"""Other permitted ways of being right, one each, by name."""

from collections.abc import Mapping

from emulator.alterations import Alteration, table_of
from emulator.variants import errors, lists, representation, transport, values

VARIANTS: Mapping[str, Alteration] = table_of(
    *errors.ALTERATIONS,
    *representation.ALTERATIONS,
    *transport.ALTERATIONS,
    *values.ALTERATIONS,
    *lists.ALTERATIONS,
)
