"""What a fault and a variant have in common: a name, and what they put in place of the usual.

Correct code knows nothing of either. An alteration changes settings, stands in for the
operations, or stands around whatever answers requests.
"""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias

from emulator.access import Doorkeeper
from emulator.choices import Choices
from emulator.messages import Handler, Response
from emulator.operations import Operations
from emulator.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an alteration may need to know of the emulator that it is put into."""

    doorkeeper: Doorkeeper
    store: Store
    clock: Callable[[], datetime]
    choices: Choices
    stamp: Callable[[Response], Response]
    """Adds the headers that every answer has, to answers of an alteration's own."""


Behaviour: TypeAlias = Callable[[Operations, Surroundings], Operations]
Wire: TypeAlias = Callable[[Handler, Surroundings], Handler]
Sids: TypeAlias = Callable[[Callable[[], str]], Callable[[], str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alteration:
    """One fault, or one variant."""

    name: str
    sentence: str
    """What the API does with it, as the end of 'It ...'."""
    choices: Mapping[str, Any] = field(default_factory=dict)
    behaviour: Behaviour | None = None
    wire: Wire | None = None
    sids: Sids | None = None
    layer: int = 0
    """How far out it stands on the wire: what changes bytes stands around what changes values."""


class UnknownName(ValueError):
    """Nothing in a table has the name that was asked for."""


def table_of(*alterations: Alteration) -> dict[str, Alteration]:
    """Return a table by name; a name stands in it once."""
    table = {alteration.name: alteration for alteration in alterations}
    if len(table) < len(alterations):
        names = [alteration.name for alteration in alterations]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"named twice: {', '.join(twice)}")
    return table


def chosen(
    kind: str, names: Iterable[str], table: Mapping[str, Alteration]
) -> tuple[Alteration, ...]:
    """Look names up, each once, in the order given."""
    wanted = tuple(dict.fromkeys(names))
    for name in wanted:
        if name not in table:
            near = difflib.get_close_matches(name, table, n=3) or sorted(table)[:3]
            raise UnknownName(
                f"unknown {kind} {name!r}; known are {', '.join(near)} and others: "
                f"`proxy-emulator {kind}s` lists all {len(table)}"
            )
    return tuple(table[name] for name in wanted)


def choices_with(alterations: Iterable[Alteration], choices: Choices) -> Choices:
    """Apply the settings of each."""
    for alteration in alterations:
        choices = replace(choices, **alteration.choices)
    return choices


def operations_with(
    alterations: Iterable[Alteration], operations: Operations, around: Surroundings
) -> Operations:
    """Let each stand in for the operations, the last one outermost."""
    for alteration in alterations:
        if alteration.behaviour:
            operations = alteration.behaviour(operations, around)
    return operations


def handler_with(
    alterations: Iterable[Alteration], handler: Handler, around: Surroundings
) -> Handler:
    """Put each around what answers requests: by layer, and in one layer the last outermost."""
    for alteration in sorted(alterations, key=lambda one: one.layer):
        if alteration.wire:
            handler = alteration.wire(handler, around)
    return handler


def sids_with(alterations: Iterable[Alteration], new_sid: Callable[[], str]) -> Callable[[], str]:
    """Let each change where new sids come from."""
    for alteration in alterations:
        if alteration.sids:
            new_sid = alteration.sids(new_sid)
    return new_sid
