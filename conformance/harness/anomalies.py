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
    NAME,
    AccountOperation,
    Answer,
    Create,
    Created,
    Delete,
    Deleted,
    Fetch,
    Item,
    Refused,
    Request,
    Shown,
    Update,
    shown_by,
)
from conformance.harness.linearizability import LIMIT, Partition, explain
from conformance.harness.races import Name, Sid, given_by
from conformance.harness.witness import Witness, smallest

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
        "lost-update": "an update was accepted, but another one undid it",
        "stale-read": "an answer shows a Service as it was before an accepted update",
        "torn-read": "an answer mixes what a Service was at different moments",
        "unwritten-value": "an answer shows a value that nobody had given the Service",
        "revived": "a Service that was gone answered again",
        "deleted-twice": "two requests were told that they had deleted one Service",
        "vanished": "a request was refused as if its Service were gone, and nobody had deleted it",
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


def classify(witness: Witness[Request, Answer], *, limit: int = LIMIT) -> Kind:
    """Say what kind of wrong the witness of a name or of a SID shows.

    Where several fit, it is the most particular one; `mixed` also where finding out took too long.
    """
    if isinstance(witness.key, Name):
        return _kind_of_holding(witness.core, witness.key.name)
    return _kind_of_life(witness) or _kind_of_reading(witness, limit)


def bearing(
    key: Hashable, kept: Sequence[AccountOperation], others: Iterable[AccountOperation]
) -> Iterator[AccountOperation]:
    """Yield those that could help to explain what is kept.

    An update none of whose values is shown does not: where it was in force, nobody looked. A delete
    does not, unless somebody was refused.
    """
    shown = {item for each in kept for item in shown_by(each.answer)}
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
    return set(shown_by(operation.answer))


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


def _kind_of_reading(witness: Witness[Request, Answer], limit: int) -> Kind:
    """Say what is wrong with what was shown, by what has to be forgiven for an order to exist."""
    shown, everything = witness.operations, witness.partition.operations
    others = [each for each in everything if each not in shown]

    def possible(forgiven: Iterable[AccountOperation]) -> bool:
        kept = tuple(forgiven)
        hidden = tuple(bearing(witness.key, kept, others))
        return explain(kept, hidden, witness.partition.model, limit=limit)[0] == "linearizable"

    if any(_unwritten(each, everything) for each in witness.core):
        return "unwritten-value"
    if possible(_reading_by_field(shown)):
        return "torn-read"
    undone = [each for each in shown if _contradicted(each, shown)]
    raced = any(_raced(each, everything) and not _seen_later(each, witness) for each in undone)
    is_lost = bool(undone) and possible(_forgetting(shown))
    if is_lost and raced:
        return "lost-update"
    if possible(_reading_early(shown)):
        return "stale-read"
    return "lost-update" if is_lost else "mixed"


def _unwritten(reader: AccountOperation, everything: Iterable[AccountOperation]) -> bool:
    """Tell whether a value is shown before anybody asked for it."""
    fields = {field for each in everything for field, _ in given_by(each)}
    given = {
        item for each in everything if each.start <= reader.deadline for item in given_by(each)
    }
    return any(item[0] in fields and item not in given for item in shown_by(reader.answer))


def _reading_by_field(operations: Iterable[AccountOperation]) -> Iterator[AccountOperation]:
    """Yield the operations as if each field of a fetch had been read at a moment of its own."""
    for each in operations:
        if isinstance(each.request, Fetch) and isinstance(each.answer, Shown):
            yield replace(each, answer=Shown(name=each.answer.name))
            for item in each.answer.fields:
                yield replace(each, answer=Shown(name=None, fields=(item,)))
        else:
            yield each


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
    """Tell whether what is missing from the witness is shown by a later read."""
    end = max(each.deadline for each in witness.core)
    missing = _contradicted(update, witness.operations)
    later = (each for each in witness.partition.operations if each.start > end)
    return any(missing & set(shown_by(each.answer)) for each in later)


def _contradicted(update: AccountOperation, operations: Iterable[AccountOperation]) -> set[Item]:
    """Return what an update gave, where the others show that field only otherwise."""
    if not isinstance(update.request, Update):
        return set()
    shown = {item for each in operations if each != update for item in shown_by(each.answer)}
    fields = {field for field, _ in shown}
    return {item for item in given_by(update) if item[0] in fields and item not in shown}


def _forgetting(operations: Sequence[AccountOperation]) -> Iterator[AccountOperation]:
    """Yield the operations as if no update had changed what is only shown otherwise."""
    for each in operations:
        match each.request, each.answer:
            case Update(sid=sid, name=name, fields=changes), Shown():
                lost = _contradicted(each, operations)
                name = None if (NAME, name) in lost else name
                kept = tuple(item for item in changes if item not in lost)
                asked = Update(sid=sid, name=name, fields=kept)
                yield replace(each, request=asked, answer=Shown(name=None))
            case _:
                yield each


def _reading_early(operations: Iterable[AccountOperation]) -> Iterator[AccountOperation]:
    """Yield the operations as if everything shown might have been read at any time before."""
    for each in operations:
        if isinstance(each.answer, Shown):
            yield replace(each, start=-inf, request=Fetch(sid=_sid_of(each) or ""))
        if isinstance(each.request, Update):
            yield replace(each, answer=Shown(name=None))
        elif not isinstance(each.request, Fetch):
            yield each
