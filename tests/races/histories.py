"""Histories of an account: written by hand, or what a simulated one did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from conformance.harness.account_model import (
    AccountOperation,
    Answer,
    Create,
    Created,
    Delete,
    Deleted,
    Failed,
    Fetch,
    Lost,
    Refused,
    Request,
    Shown,
    Update,
    fields,
)
from conformance.harness.linearizability import Operation

REFUSED = Refused(status=400)


def at(
    start: float, end: float | None, request: Request, answer: Answer | None, thread: int = 0
) -> AccountOperation:
    return Operation(thread=thread, start=start, end=end, request=request, answer=answer)


def create(start: float, end: float, name: str, sid: str | None, **values: int) -> AccountOperation:
    shown = fields(values)
    answer = REFUSED if sid is None else Created(sid=sid, name=name, fields=shown)
    return at(start, end, Create(name=name, fields=shown), answer)


def update(start: float, end: float, **values: int) -> AccountOperation:
    changes = fields(values)
    return at(start, end, Update(sid="S", fields=changes), Shown(name=None, fields=changes))


def rename(start: float, end: float, name: str, sid: str = "S") -> AccountOperation:
    return at(start, end, Update(sid=sid, name=name), Shown(name=name))


def fetch(
    start: float, end: float, name: str | None = None, sid: str = "S", **values: int
) -> AccountOperation:
    return at(start, end, Fetch(sid=sid), Shown(name=name, fields=fields(values)))


def delete(start: float, end: float, sid: str = "S") -> AccountOperation:
    return at(start, end, Delete(sid=sid), Deleted())


def refused(operation: AccountOperation) -> AccountOperation:
    return replace(operation, answer=REFUSED)


def conflict(operation: AccountOperation) -> AccountOperation:
    """Refuse with 409."""
    return replace(operation, answer=Refused(status=409))


def lost(operation: AccountOperation) -> AccountOperation:
    return replace(operation, end=None, answer=None)


S = create(0, 1, "n", "S", f=0, g=0)


@dataclass(frozen=True)
class Step:
    """One request of a simulated run: what is asked, how long it takes, whether it is answered."""

    kind: str
    which: int
    name: str
    field: str
    before: float
    after: float
    lost: str
    happens: bool
    read: str


@dataclass
class Account:
    """A correct account that executes one request at a time."""

    services: dict[str, tuple[str, dict[str, int]]] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    moments: list[dict[str, tuple[str, dict[str, int]]]] = field(default_factory=list)

    def request(self, step: Step, value: int) -> Request:
        sid = self.made[step.which % len(self.made)] if self.made else "none"
        match step.kind:
            case "create":
                return Create(name=step.name, fields=fields({"f": value}))
            case "rename":
                return Update(sid=sid, name=step.name, fields=fields({"g": value}))
            case "update":
                return Update(sid=sid, fields=fields({step.field: value}))
            case "fetch":
                return Fetch(sid=sid)
            case _:
                return Delete(sid=sid)

    def execute(self, request: Request) -> Answer:
        match request:
            case Create(name=name, fields=given) if name not in self.names():
                sid = f"S{len(self.made)}"
                self.made.append(sid)
                self.services[sid] = (name, {"f": 0, "g": 0, **numbers(given)})
                return Created(sid=sid, name=name, fields=fields(self.services[sid][1]))
            case Fetch(sid=sid) if sid in self.services:
                return self.show(sid)
            case Update(sid=sid, name=name, fields=given) if sid in self.services:
                old, values = self.services[sid]
                if name in self.names() - {old}:
                    return REFUSED
                self.services[sid] = (name or old, {**values, **numbers(given)})
                return self.show(sid)
            case Delete(sid=sid) if sid in self.services:
                del self.services[sid]
                return Deleted()
            case _:
                return REFUSED

    def names(self) -> set[str]:
        return {name for name, _ in self.services.values()}

    def show(self, sid: str) -> Shown:
        name, values = self.services[sid]
        return Shown(name=name, fields=fields(values))


def numbers(given: tuple[tuple[str, str | int | None], ...]) -> dict[str, int]:
    return {name: value for name, value in given if isinstance(value, int)}


def simulated(steps: Sequence[Step]) -> list[AccountOperation]:
    """Execute the steps one by one, then say that each took some time around its moment.

    An update answers as an object-relational mapper would: with its own fields, and the others as
    they were when it started, or as they were when it ended.
    """
    account, history = Account(), []
    for moment, step in enumerate(steps):
        request = account.request(step, moment + 1)
        happens = step.lost == "" or step.happens
        answer = account.execute(request) if happens else Lost()
        account.moments.append(dict(account.services))
        operation = at(moment - step.before, moment + step.after, request, answer, moment % 6)
        match step.lost:
            case "lost":
                operation = lost(operation)
            case "failed":
                operation = replace(operation, answer=Failed(status=500))
            case _:
                pass
        history.append(operation)
    return [
        _mapped(operation, step, account.moments)
        for operation, step in zip(history, steps, strict=True)
    ]


def _mapped(
    operation: AccountOperation,
    step: Step,
    moments: Sequence[Mapping[str, tuple[str, dict[str, int]]]],
) -> AccountOperation:
    match operation.request, operation.answer:
        case Update(sid=sid, name=asked, fields=given), Shown() if step.read != "at once":
            when = operation.start if step.read == "before" else operation.deadline
            moment = min(len(moments) - 1, int(when // 1))
            name, values = moments[moment].get(sid, ("", {})) if moment >= 0 else ("", {})
            if not name:
                return operation
            shown = fields({**values, **numbers(given)})
            return replace(operation, answer=Shown(name=asked or name, fields=shown))
        case _:
            return operation


def steps(
    spread: float, lost: Sequence[str], names: Sequence[str] = ("a", "b", "c")
) -> st.SearchStrategy[list[Step]]:
    """Generate what a few threads may ask; shrinks to nothing asked."""
    kinds = ["create", "fetch", "update", "rename", "delete"]
    step = st.builds(
        Step,
        kind=st.sampled_from(kinds),
        which=st.integers(0, 3),
        name=st.sampled_from(names),
        field=st.sampled_from(["f", "g"]),
        before=st.floats(0, spread),
        after=st.floats(0, spread),
        lost=st.sampled_from(lost),
        happens=st.booleans(),
        read=st.sampled_from(["at once", "before", "after"]),
    )
    return st.lists(step, max_size=16)
