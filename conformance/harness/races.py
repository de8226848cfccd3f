"""Whether what several threads did to an account at once could have happened in some order.

A history is judged in parts: per name, who holds it; per SID, what the Service shows. What is
linearizable as a whole is so in every part, hence a part that no order explains is a violation;
a defect that shows only across parts goes unseen.

The history must hold every request of the run that concerned its names and SIDs, the setup
included. Nobody else may use the names, and they are to differ in more than their case.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from conformance.harness.account_model import (
    NAME,
    UNTOLD,
    AccountOperation,
    Answer,
    Create,
    Created,
    Delete,
    Deleted,
    Failed,
    Fetch,
    Field,
    Fields,
    Lost,
    NameModel,
    Refused,
    Request,
    ServiceModel,
    Shown,
    Update,
    shown_by,
)
from conformance.harness.linearizability import LIMIT, Partition, Verdict, check_partition

_ANSWERS: Mapping[type, tuple[type, ...]] = {
    Create: (Created, Refused),
    Fetch: (Shown, Refused),
    Update: (Shown, Refused),
    Delete: (Deleted, Refused),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """The key of the part that says who holds a name."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sid:
    """The key of the part that says what a Service shows."""

    sid: str


def check_account(
    history: Iterable[AccountOperation], *, limit: int = LIMIT
) -> Verdict[Request, Answer]:
    """Judge what several threads did to an account: per name, then per SID.

    What was done to a SID that no answer to a create told is not judged.
    """
    operations = tuple(_open_ended(operation) for operation in history)
    return Verdict(
        partitions=(*_by_name(operations, limit), *_by_sid(operations, limit)),
    )


def _open_ended(operation: AccountOperation) -> AccountOperation:
    """Let what was lost or failed take effect whenever it likes; refuse a recorder's mistake."""
    request, answer = operation.request, operation.answer
    if answer is None or isinstance(answer, Lost | Failed):
        return replace(operation, end=None)
    if not isinstance(answer, _ANSWERS[type(request)]):
        raise TypeError(f"{answer} is no answer to {request}")
    return operation


def _by_name(
    operations: Sequence[AccountOperation], limit: int
) -> Iterator[Partition[Request, Answer]]:
    told = _told(operations)
    strangers = frozenset(
        each.request.sid
        for each in operations
        if not isinstance(each.request, Create) and each.request.sid not in told
    )
    for name, sids in _takers(operations).items():
        concerned = sids | strangers if UNTOLD in sids else sids
        part = [
            each
            for each in operations
            if _concerns(each, name, concerned) and not _meets_another(each, operations)
        ]
        renamed = frozenset(
            each.request.sid
            for each in part
            if isinstance(each.request, Update) and each.request.name == name
        )
        model = NameModel(name=name, renamed=renamed, strangers=strangers)
        yield check_partition(Name(name=name), part, model, limit=limit)


def _told(operations: Iterable[AccountOperation]) -> dict[str, None]:
    """Return the SIDs that creates were answered with, in order."""
    return {each.answer.sid: None for each in operations if isinstance(each.answer, Created)}


def _takers(operations: Iterable[AccountOperation]) -> dict[str, set[str]]:
    """Return for each name the SIDs that may ever hold it."""
    takers: dict[str, set[str]] = {}
    for operation in operations:
        match operation.request, operation.answer:
            case Create(name=name), Created(sid=sid):
                takers.setdefault(name, set()).add(sid)
            case Create(name=name), Refused():
                takers.setdefault(name, set())
            case Create(name=name), _:
                takers.setdefault(name, set()).add(UNTOLD)
            case Update(name=str() as name, sid=sid), _:
                takers.setdefault(name, set()).add(sid)
            case _:
                pass
    return takers


def _concerns(operation: AccountOperation, name: str, sids: set[str]) -> bool:
    """Tell whether an operation may take the name, give it up, or be refused because of it."""
    match operation.request:
        case Create(name=asked):
            return asked == name
        case Update(sid=sid, name=asked):
            refused = isinstance(operation.answer, Refused)
            return asked == name or (sid in sids and asked is not None and not refused)
        case Delete(sid=sid):
            return sid in sids and not isinstance(operation.answer, Refused)
        case _:
            return False


def _meets_another(operation: AccountOperation, operations: Iterable[AccountOperation]) -> bool:
    """Tell whether an update is refused with 409 beside another write of its Service.

    That says nothing of its name: code 20409 is a conflict with the current state (contract
    facts, 4.2).
    """
    match operation.request, operation.answer:
        case Update(sid=sid), Refused(status=HTTPStatus.CONFLICT):
            return any(
                other is not operation
                and isinstance(other.request, Update | Delete)
                and other.request.sid == sid
                and other.start <= operation.deadline
                and operation.start <= other.deadline
                for other in operations
            )
        case _:
            return False


def _by_sid(
    operations: Sequence[AccountOperation], limit: int
) -> Iterator[Partition[Request, Answer]]:
    parts: dict[str, list[AccountOperation]] = {sid: [] for sid in _told(operations)}
    for operation in operations:
        match operation.request, operation.answer:
            case (Create(), Created(sid=sid)) | (
                (Fetch(sid=sid) | Update(sid=sid) | Delete(sid=sid)),
                _,
            ):
                parts.get(sid, []).append(operation)
            case _:
                pass
    for sid, part in parts.items():
        settled = _settled(part)
        seen = frozenset(item for each in settled for item in shown_by(each.answer))
        yield check_partition(Sid(sid=sid), settled, ServiceModel(seen=seen), limit=limit)


def _settled(part: Sequence[AccountOperation]) -> list[AccountOperation]:
    """Take out of the answers to updates what another update was changing at the same time.

    Nothing says that such an answer is a snapshot: a target may read before it writes, or after,
    and still lose no update. So a field that is being written may show any value that anybody
    gave it. What a fetch shows is judged whole.
    """
    ordered = sorted(part, key=lambda each: each.start)
    given = {item for each in ordered for item in given_by(each)}
    contested: list[set[str]] = [set() for _ in ordered]
    for number, earlier in enumerate(ordered):
        for later in range(number + 1, len(ordered)):
            if ordered[later].start > earlier.deadline:
                break
            contested[number] |= {field for field, _ in given_by(ordered[later])}
            contested[later] |= {field for field, _ in given_by(earlier)}
    return [
        _without(each, contested=fields, given=given)
        for each, fields in zip(ordered, contested, strict=True)
    ]


def given_by(operation: AccountOperation) -> Fields:
    """Return what an operation may have given the fields of a Service, its name among them."""
    match operation.request, operation.answer:
        case Create(fields=asked), Created(name=name, fields=shown):
            return ((NAME, name), *asked, *shown)
        case Update(name=name, fields=asked), answer if not isinstance(answer, Refused):
            return asked if name is None else ((NAME, name), *asked)
        case _:
            return ()


def _without(
    operation: AccountOperation, *, contested: set[str], given: set[tuple[str, Field]]
) -> AccountOperation:
    match operation.request, operation.answer:
        case Update(), Shown(name=name, fields=shown):
            judged = [
                (field, value)
                for field, value in ((NAME, name), *shown)
                if field not in contested or (field, value) not in given
            ]
            left = tuple(item for item in judged if item[0] != NAME)
            named = name if len(left) < len(judged) else None
            return replace(operation, answer=Shown(name=named, fields=left))
        case _:
            return operation
