"""How an account with Services behaves when requests come one at a time.

Two models, since two small searches are fast where one large search is not: a name, which at most
one Service holds, and a Service, which shows what it was last given. What one of them cannot know
(seen from the Service: whether the new name was free) it permits.

Each names what the reference document promises, and nothing beyond: names are unique, an update
changes what it names, a deleted Service is gone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final, Literal, TypeAlias

from conformance.harness.linearizability import Operation

Field: TypeAlias = str | int | None
Item: TypeAlias = tuple[str, Field]
Fields: TypeAlias = tuple[Item, ...]


def fields(values: Mapping[str, Field]) -> Fields:
    """Return fields as a value; by their names in answers, also where a request spells them so.

    What a request sets and what an answer shows are compared with `==`.
    """
    return tuple(sorted(values.items()))


_NAME: Final = "unique_name"
_LONGEST: Final = 40


def _short(value: Field) -> str:
    """Return a value as plain ASCII of a bounded length; both ends of it, where names differ."""
    text = ascii(value)
    half = _LONGEST // 2
    return text if len(text) <= _LONGEST else f"{text[: half - 1]}...{text[2 - half :]}"


def _words(verb: str, about: str, values: Fields = ()) -> str:
    shown = (f"{field}={_short(value)}" for field, value in values)
    return " ".join(word for word in (verb, about, *shown) if word)


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """A request for a new Service."""

    name: str
    fields: Fields = ()

    def __str__(self) -> str:
        return _words("create", _short(self.name), self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """A request to see a Service."""

    sid: str

    def __str__(self) -> str:
        return _words("fetch", self.sid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A request to change some fields of a Service, its name among them if one is given."""

    sid: str
    name: str | None = None
    fields: Fields = ()

    def __str__(self) -> str:
        name = () if self.name is None else ((_NAME, self.name),)
        return _words("update", self.sid, (*name, *self.fields))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """A request to remove a Service."""

    sid: str

    def __str__(self) -> str:
        return _words("delete", self.sid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A Service was created, and looks like this."""

    sid: str
    name: str
    fields: Fields = ()

    def __str__(self) -> str:
        return _words("created", self.sid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A fetched or updated Service looks like this; what is not listed is not judged."""

    name: str | None
    fields: Fields = ()

    def __str__(self) -> str:
        name = () if self.name is None else ((_NAME, self.name),)
        return _words("shows", "", (*name, *self.fields)) if name or self.fields else "accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A 4xx that is about the request: the name is taken, or the Service is not there."""

    status: int | None = None

    def __str__(self) -> str:
        return "refused" if self.status is None else f"refused ({self.status})"


@dataclass(frozen=True, slots=True)
class Deleted:
    """The Service was removed."""

    def __str__(self) -> str:
        return "deleted"


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer came: a timeout, a broken connection."""

    def __str__(self) -> str:
        return "no answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """An answer that says nothing about the effect: a 5xx, a 429, something unreadable."""

    status: int

    def __str__(self) -> str:
        return f"failed ({self.status})"


Request: TypeAlias = Create | Fetch | Update | Delete
Answer: TypeAlias = Created | Shown | Refused | Deleted | Lost | Failed
AccountOperation: TypeAlias = Operation[Request, Answer]

NAME: Final = ""  # stands for the unique name where that is one field among others
UNTOLD: Final = "?"  # stands for the SID of a create whose answer was lost
UNSEEN: Final = "\0"  # stands for every value that no answer shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Who holds the name, and which of those that were to be given it are gone."""

    holder: str | None = None
    gone: frozenset[str] = frozenset()


_FREE: Final = Holding()


@dataclass(frozen=True, slots=True, kw_only=True)
class NameModel:
    """One name, free at first, held by at most one Service at a time.

    `renamed` are the SIDs of all updates that ask for the name: being gone is a reason to refuse
    them. `strangers` are SIDs that no answer to a create told: those of lost creates, perhaps.
    """

    name: str
    renamed: frozenset[str]
    strangers: frozenset[str] = frozenset()
    initial: Holding = _FREE

    def only_reads(self, _request: Request, answer: Answer | None) -> bool:
        return isinstance(answer, Refused)

    def step(self, state: Holding, request: Request, answer: Answer | None) -> tuple[Holding, ...]:
        if isinstance(answer, Refused):
            return (state,) if self._may_refuse(state, request) else ()
        effects = tuple(self._effects(state, request, answer))
        return effects if _took_effect(request, answer) else (state, *effects)

    def _may_refuse(self, state: Holding, request: Request) -> bool:
        """Tell whether the name is taken, or the Service that asks for it is not there.

        Taken by itself counts: nothing says whether a Service may be renamed to its own name.
        """
        absent = isinstance(request, Update) and request.sid in state.gone | self.strangers
        return absent or state.holder is not None

    def _effects(
        self, state: Holding, request: Request, answer: Answer | None
    ) -> Iterator[Holding]:
        match request:
            case Create():
                sid = answer.sid if isinstance(answer, Created) else UNTOLD
                yield from self._taken(state, sid)
            case Update(sid=sid, name=self.name) if sid not in state.gone:
                yield from self._taken(state, sid)
            case Update(sid=sid, name=str()) if sid not in state.gone:
                yield from self._given_up(state, sid)
            case Delete(sid=sid):
                for after in self._given_up(state, sid):
                    yield replace(after, gone=after.gone | ({sid} & self.renamed))
            case _:  # whether a Service that is gone may answer is for the part of the SID to judge
                yield state

    def _taken(self, state: Holding, sid: str) -> Iterator[Holding]:
        if state.holder in {None, sid} or self._perhaps(state, sid):
            yield replace(state, holder=sid)

    def _given_up(self, state: Holding, sid: str) -> Iterator[Holding]:
        if state.holder != sid:
            yield state
        if state.holder == sid or self._perhaps(state, sid):
            yield replace(state, holder=None)

    def _perhaps(self, state: Holding, sid: str) -> bool:
        return state.holder == UNTOLD and sid in self.strangers


def _took_effect(request: Request, answer: Answer | None) -> bool:
    """Tell whether the answer confirms the effect; else it may or may not have happened."""
    match request, answer:
        case (Create(name=asked), Created(name=shown)) | (Update(name=asked), Shown(name=shown)):
            return asked == shown
        case _:
            return isinstance(answer, Deleted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A Service as far as it is known, its name among the fields."""

    fields: Fields


ServiceState: TypeAlias = Live | Literal["unborn", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceModel:
    """One Service: created, shown as it was last left, and gone for good once deleted.

    `seen` is every field with every value that any answer shows. Other values need not be told
    apart, which keeps the states few.
    """

    seen: frozenset[Item]
    initial: ServiceState = "unborn"

    def only_reads(self, request: Request, answer: Answer | None) -> bool:
        return isinstance(request, Fetch) or isinstance(answer, Refused)

    def step(
        self, state: ServiceState, request: Request, answer: Answer | None
    ) -> tuple[ServiceState, ...]:
        if isinstance(answer, Refused):
            return (state,) if _may_refuse(state, request, answer) else ()
        after = self._after(state, request, answer)
        if answer is None or isinstance(answer, Lost | Failed):
            return (state,) if after is None else (state, after)
        return () if after is None or not _agrees(after, answer) else (after,)

    def _after(
        self, state: ServiceState, request: Request, answer: Answer | None
    ) -> ServiceState | None:
        """Return what the request makes of the Service; None if it cannot succeed."""
        match state, request:
            case "unborn", Create(fields=asked) if isinstance(answer, Created):
                return self._live((), ((NAME, answer.name), *asked, *answer.fields))
            case Live(), Fetch():
                return state
            case Live(), Update(name=name, fields=asked):
                changes = asked if name is None else ((NAME, name), *asked)
                return self._live(state.fields, changes)
            case Live(), Delete():
                return "gone"
            case _:
                return None

    def _live(self, known: Fields, changes: Fields) -> Live:
        values = dict(known)
        for item in changes:
            values[item[0]] = item[1] if item in self.seen else UNSEEN
        return Live(fields=fields(values))


def _may_refuse(state: ServiceState, request: Request, answer: Refused) -> bool:
    """Tell whether the Service is not there, or a new name may be taken by another.

    A write may also be refused with 409, for it meets another: code 20409 is a conflict with the
    current state (contract facts, 4.2).
    """
    renames = isinstance(request, Update) and request.name is not None
    conflicts = answer.status == HTTPStatus.CONFLICT and isinstance(request, Update | Delete)
    return renames or conflicts or not isinstance(state, Live)


def _agrees(after: ServiceState, answer: Answer) -> bool:
    """Compare what is both shown and known: an answer may leave fields out, and so may the run."""
    known = dict(after.fields) if isinstance(after, Live) else {}
    return all(known.get(field, value) == value for field, value in shown_by(answer))


def shown_by(answer: Answer | None) -> Fields:
    """Return what an answer shows of a Service that existed before, its name among the fields."""
    match answer:
        case Shown(name=str() as name, fields=shown):
            return ((NAME, name), *shown)
        case Shown(fields=shown):
            return shown
        case _:
            return ()
