"""Ways of being wrong, one each, by name."""

from collections.abc import Mapping

from emulator.alterations import Alteration, table_of
from emulator.faults import (
    access,
    crashes,
    dates,
    envelopes,
    errors,
    forms,
    lists,
    lives,
    methods,
    names,
    races,
    refused,
    representation,
    stale,
    statuses,
    uniqueness,
    updates,
    urls,
    values,
)

FAULTS: Mapping[str, Alteration] = table_of(
    *names.ALTERATIONS,
    *uniqueness.ALTERATIONS,
    *values.ALTERATIONS,
    *urls.ALTERATIONS,
    *updates.ALTERATIONS,
    *refused.ALTERATIONS,
    *races.ALTERATIONS,
    *lives.ALTERATIONS,
    *stale.ALTERATIONS,
    *lists.ALTERATIONS,
    *envelopes.ALTERATIONS,
    *dates.ALTERATIONS,
    *representation.ALTERATIONS,
    *forms.ALTERATIONS,
    *statuses.ALTERATIONS,
    *errors.ALTERATIONS,
    *crashes.ALTERATIONS,
    *access.ALTERATIONS,
    *methods.ALTERATIONS,
)
