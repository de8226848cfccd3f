"""What kind of wrong a witness shows, so that the right requirement is told of it.

Two readings of one witness may both fit: a read of an old value is a stale read or shows a lost
update. Each kind is recognised by what would have to be forgiven for an order to exist, and the
whole partition decides what the witness leaves open.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from conformance.harness.account_model import (
    AccountOperation,
    Answer,
    Create,
    Created,
    Delete,
    Deleted,
    Fetch,
    Field,
    Refused,
    Request,
    Shown,
    Update,
)
from conformance.harness.linearizability import Partition, explain
from conformance.harness.races import NAME, Name, Sid, given_by
from conformance.harness.witness import ATTEMPT, Witness, smallest

Item: TypeAlias = tuple[str, Field]
Kind: TypeAlias = Literal[
    "two-winners",
    "no-winner",
    "not-freed",
    "lost-update",
    "stale-read",
    "torn-read",
    "unwritten-value",
    "revived",
    "deleted-twice",
    "vanished",
    "same-sid",
    "mixed",
]

MEANINGS: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        "two-winners": "two Services were given one name at the same time",
        "no-winner": "a name was refused although no Service held it",
        "not-freed": "a name was refused although its holder had given it up",
        "lost-update": "an update was accepted, but another at the same time undid it",
        "stale-read": "an answer shows a Service as it was before an accepted update",
        "torn-read": "an answer shows one half of an update without the other",
        "unwritten-value": "an answer shows a value that nobody had given the Service",
        "revived": "a Service that was gone answered again",
        "deleted-twice": "two requests were told that they had deleted one Service",
        "vanished": "a Service was not found although nobody had deleted it",
        "same-sid": "two creates were answered with one SID",
        "mixed": "no order of the requests explains these answers",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """A violation made small, and its kind."""

    kind: Kind
    witness: Witness[Request, Answer]

    @property
    def meaning(self) -> str:
        """The kind in words."""
        return MEANINGS[self.kind]


def anomaly_of(partition: Partition[Request, Answer]) -> Anomaly:
    """Make the violation of a partition small, and say what it is."""
    witness = smallest(partition, bearing=bearing, background=background)
    return Anomaly(kind=classify(witness), witness=witness)


def classify(witness: Witness[Request, Answer]) -> Kind:
    """Say what kind of wrong the witness of a name or of a SID shows."""
    if isinstance(witness.key, Name):
        return _kind_of_holding(witness.core, witness.key.name)
    return _kind_of_life(witness) or _kind_of_reading(witness)


def bearing(
    key: Hashable, kept: Sequence[AccountOperation], others: Iterable[AccountOperation]
) -> Iterator[AccountOperation]:
    """Yield those that could help to explain what is kept.

    An update none of whose values is shown does not: where it was in force, nobody looked. A delete
    does not, unless somebody was refused.
    """
    shown = {item for each in kept for item in _shown(each)}
    refused = any(isinstance(each.answer, Refused) for each in kept)
    for each in others:
        match each.request:
            case Update() if isinstance(key, Sid):
                helps = not shown.isdisjoint(given_by(each))
            case Delete() if isinstance(key, Sid):
                helps = refused
            case _:
                helps = True
        if helps:
            yield each


def background(
    key: Hashable, core: Sequence[AccountOperation], others: Sequence[AccountOperation]
) -> Iterator[AccountOperation]:
    """Yield where the Services of the core come from, and who gave them what is seen of them."""
    sids = {_sid_of(each) for each in core} - {None}
    chosen = {
        number
        for number, each in enumerate(others)
        if isinstance(each.request, Create) and _sid_of(each) in sids
    }
    for reader in core:
        for item in _presumed(reader, key) - {item for each in core for item in given_by(each)}:
            writers = (
                number
                for number, each in enumerate(others)
                if item in given_by(each) and each.start <= reader.deadline
                if _sid_of(each) == _sid_of(reader)
            )
            chosen.update(list(writers)[-1:])
    return (others[number] for number in sorted(chosen))


def _presumed(operation: AccountOperation, key: Hashable) -> set[Item]:
    """Return what somebody must have given the Service for this to make sense."""
    if isinstance(key, Name):
        return set() if isinstance(operation.request, Create) else {(NAME, key.name)}
    return set(_shown(operation))


def _shown(operation: AccountOperation) -> tuple[Item, ...]:
    match operation.answer:
        case Shown(name=str() as name, fields=shown):
            return ((NAME, name), *shown)
        case Shown(fields=shown):
            return shown
        case _:
            return ()


def _sid_of(operation: AccountOperation) -> str | None:
    if not isinstance(operation.request, Create):
        return operation.request.sid
    return operation.answer.sid if isinstance(operation.answer, Created) else None


def _kind_of_holding(core: Sequence[AccountOperation], name: str) -> Kind:
    """Tell a refusal that had no reason from a success that should have been refused."""
    accepted = [each for each in core if not isinstance(each.answer, Refused)]
    if len(accepted) == len(core):
        return "two-winners"
    kept = all((NAME, name) in given_by(each) for each in accepted)
    return "no-winner" if kept else "not-freed"


def _kind_of_life(witness: Witness[Request, Answer]) -> Kind | None:
    """Say what is wrong with when the Service was there; None if it is what it showed."""
    core = witness.core
    creates = [each for each in core if isinstance(each.request, Create)]
    deleted = [each for each in core if isinstance(each.answer, Deleted)]
    refused = [each for each in core if isinstance(each.answer, Refused)]
    if len(creates) > 1:
        return "same-sid"
    if len(deleted) > 1:
        return "deleted-twice"
    if refused:
        answered = any(isinstance(each.answer, Shown | Deleted) for each in core)
        return "revived" if answered and _may_be_gone(witness, refused) else "vanished"
    return "revived" if deleted else None


def _may_be_gone(witness: Witness[Request, Answer], refused: Sequence[AccountOperation]) -> bool:
    """Tell whether any delete may have come before the refusals."""
    return any(
        isinstance(each.request, Delete)
        and not isinstance(each.answer, Refused)
        and each.start <= max(refusal.deadline for refusal in refused)
        for each in witness.partition.operations
    )


def _kind_of_reading(witness: Witness[Request, Answer]) -> Kind:
    """Say what is wrong with what was shown, by what has to be forgiven for an order to exist."""
    core = witness.core
    everything = witness.partition.operations
    others = [each for each in everything if each not in core]

    def possible(kept: Iterable[AccountOperation], hidden: Iterable[AccountOperation]) -> bool:
        kept = tuple(kept)
        hidden = tuple(bearing(witness.key, kept, hidden))
        return explain(kept, hidden, witness.partition.model, limit=ATTEMPT)[0] == "linearizable"

    if any(_unwritten(each, everything) for each in core):
        return "unwritten-value"
    if possible(_by_field(core), _by_field(others)):
        return "torn-read"
    lost = (each for each in core if _raced(each, everything) and not _seen_later(each, witness))
    if any(possible(_forgetting(each, core), others) for each in lost):
        return "lost-update"
    if possible(_reading_early(core), others):
        return "stale-read"
    return "mixed"


def _unwritten(reader: AccountOperation, everything: Iterable[AccountOperation]) -> bool:
    """Tell whether a value is shown before anybody asked for it."""
    fields = {field for each in everything for field, _ in given_by(each)}
    given = {
        item for each in everything if each.start <= reader.deadline for item in given_by(each)
    }
    return any(item[0] in fields and item not in given for item in _shown(reader))


def _by_field(operations: Iterable[AccountOperation]) -> Iterator[AccountOperation]:
    """Yield the operations, an update of several fields as several updates."""
    for each in operations:
        items = given_by(each)
        if isinstance(each.request, Update) and len(items) > 1:
            yield from _updates(each, items)
        else:
            yield each


def _updates(operation: AccountOperation, items: Iterable[Item]) -> Iterator[AccountOperation]:
    sid = _sid_of(operation) or ""
    for field, value in items:
        named = Update(sid=sid, name=str(value)) if field == NAME else None
        request = named or Update(sid=sid, fields=((field, value),))
        yield replace(operation, request=request, answer=Shown(name=None))


def _raced(operation: AccountOperation, everything: Iterable[AccountOperation]) -> bool:
    """Tell whether another accepted update was under way at the same time as this one."""
    return isinstance(operation.request, Update) and any(
        isinstance(each.request, Update)
        and isinstance(each.answer, Shown)
        and each != operation
        and each.start <= operation.deadline
        and operation.start <= each.deadline
        for each in everything
    )


def _seen_later(update: AccountOperation, witness: Witness[Request, Answer]) -> bool:
    """Tell whether what the core does not show is shown by a later read."""
    end = max(each.deadline for each in witness.core)
    rest = [each for each in witness.core if each != update]
    missing = set(given_by(update)) - {item for each in rest for item in _shown(each)}
    later = (each for each in witness.partition.operations if each.start > end)
    return any(missing & set(_shown(each)) for each in later)


def _forgetting(
    update: AccountOperation, core: Iterable[AccountOperation]
) -> Iterator[AccountOperation]:
    """Yield the core as if the update had not changed what somebody saw otherwise."""
    rest = [each for each in core if each != update]
    shown = {item for each in rest for item in _shown(each)}
    fields = {field for field, _ in shown}
    kept = (item for item in given_by(update) if item in shown or item[0] not in fields)
    yield from (*rest, *_updates(update, kept))


def _reading_early(core: Iterable[AccountOperation]) -> Iterator[AccountOperation]:
    """Yield the core as if everything shown might have been read at any time before."""
    for each in core:
        if isinstance(each.answer, Shown):
            yield replace(each, start=-inf, request=Fetch(sid=_sid_of(each) or ""))
        if isinstance(each.request, Update):
            yield replace(each, answer=Shown(name=None))
        elif not isinstance(each.request, Fetch):
            yield each
