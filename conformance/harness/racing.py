"""Knows how to have several threads act on the same Services, and to judge what they were told.

Each thread has a connection of its own; what they sent and were answered becomes a history, which
is held against the sequential model of an account.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

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
    Shown,
    Update,
    fields,
)
from conformance.harness.account_model import Request as Asked
from conformance.harness.anomalies import Kind, anomaly_of
from conformance.harness.api import Api, ReadOnly
from conformance.harness.checks import CONTENT, FIELDS, held, properties
from conformance.harness.evidence import Exchange
from conformance.harness.expect import (
    AccountFull,
    ConformanceFailure,
    Finding,
    Unproven,
    Violation,
)
from conformance.harness.linearizability import Operation
from conformance.harness.paths import SERVICES, item
from conformance.harness.races import check_account
from conformance.harness.record import current
from conformance.harness.wire import Request, encode
from conformance.harness.witness import as_data, draw

SETUP: Final = 0
"""The thread that arranges before a race, and looks after it."""
LIST: Final = Request(method="GET", path=SERVICES, operation="list")
ROWS: Final[Mapping[Kind, str]] = {
    "lost-update": "RACE-3",
    "revived": "RACE-4",
    "deleted-twice": "RACE-4",
    "stale-read": "RACE-5",
    "torn-read": "RACE-5",
    "unwritten-value": "RACE-5",
    "vanished": "RACE-5",
    "same-sid": "SERVICE-16",
}
"""To which requirement a kind of anomaly is told; any other kind to the test's own."""


@dataclass(slots=True)
class Race:
    """One story whose requests are all kept, with what they meant."""

    api: Api
    history: list[AccountOperation] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    listed: list[Exchange] = field(default_factory=list)
    """The pages that were asked for meanwhile."""

    def given(self, **form: str) -> str:
        """Give a Service to race about; it is shown to be ours before anybody acts on it."""
        sid = str(self.api.given(**form)["sid"])
        assert self.api.last is not None  # noqa: S101 - a create came before
        name = self.api.last.object().get("unique_name")
        sent = {"UniqueName": str(name), **form}
        self._keep(SETUP, Create(name=str(name), fields=asked(sent)), self.api.last)
        self.fetch(sid)
        return sid

    def fetch(self, sid: str) -> Exchange:
        exchange = self.api.fetch(sid)
        self._keep(SETUP, Fetch(sid=sid), exchange)
        return exchange

    def create(self, name: str) -> Exchange:
        """Create with a name, after a race."""
        exchange = self.api.create({"UniqueName": name})
        self._keep(SETUP, Create(name=name), exchange)
        return exchange

    def run(self, scripts: Sequence[Sequence[Asked]], *, lists: int = 0) -> list[list[Exchange]]:
        """Have each thread do its script, all at once; one more lists that many times meanwhile.

        Whether a list shows yet what is made meanwhile is anybody's guess.
        """
        if self.api.read_only:
            raise ReadOnly("--read-only sends nothing but GET")
        for sid in sorted(
            {one.sid for script in scripts for one in script if isinstance(one, Update | Delete)}
        ):
            self.api.owned(sid)
        names = [one.name for script in scripts for one in script if isinstance(one, Create)]
        others = sum(map(len, scripts)) - len(names) + lists
        self.api.wire.budget.spend_create(
            len(names), others=others, holds=len(self.api.own.ledger.alive)
        )
        self.api.own.intends(dict.fromkeys(names, ()))
        requests = [[replace(_request(one), paid=True) for one in script] for script in scripts]
        beside = [[replace(LIST, paid=True)] * lists] if lists else []
        answered = self.api.wire.race(requests + beside)
        done = answered[: len(scripts)]
        self.listed += [page for pages in answered[len(scripts) :] for page in pages]
        for thread, (script, exchanges) in enumerate(zip(scripts, done, strict=True), start=1):
            for one, exchange in zip(script, exchanges, strict=True):
                self._keep(thread, one, exchange)
                self._note(one, exchange)
        self._look_up([pair for pairs in map(zip, scripts, done) for pair in pairs])
        return done

    def _look_up(self, sent: Sequence[tuple[Asked, Exchange]]) -> None:
        """Find out what came of the creates whose answers were lost.

        They and those that failed may have made a Service, or may yet: whatever the others of that
        name were answered, its intent stays in the ledger.
        """
        creates = [(one.name, answer.status) for one, answer in sent if isinstance(one, Create)]
        doubtful = [name for name, status in creates if status is None or status >= 500]
        self.api.own.intends(dict.fromkeys(doubtful, ()))
        for name in (name for name, status in creates if status is None):
            self.api.look_up({name: (name,)})

    def _note(self, request: Asked, exchange: Exchange) -> None:
        if isinstance(request, Create) and exchange.status is not None:
            self.api.own.answered(exchange, request.name)
        elif isinstance(request, Delete) and exchange.accepted:
            self.api.own.deleted(request.sid)

    def _keep(self, thread: int, request: Asked, exchange: Exchange) -> None:
        answer = _answer(request, exchange)
        end = exchange.started + exchange.seconds
        self.exchanges.append(exchange)
        self.history.append(
            Operation(
                thread=thread,
                start=exchange.started,
                end=None if isinstance(answer, Lost | Failed) else end,
                request=request,
                answer=answer,
            )
        )

    def judge(self, because: str) -> None:
        """Hold the history against the model; raise what no order of its requests explains.

        What the search cannot decide is nobody's fault, and is not blamed.
        """
        told = [one for one in self.history if not isinstance(one.answer, Lost | Failed)]
        if not any(isinstance(one.answer, Created | Shown | Deleted) for one in told):
            raise Unproven("nothing that raced was answered in a way that could be judged")
        findings = [self._finding(part, because) for part in check_account(self.history).violations]
        if not findings:
            return
        if any(_is_refused_create(one) for one in self.history) and current().is_full():
            raise AccountFull
        record = current()
        for finding in findings:
            if finding.requirement is not None:
                record.finds(finding)
        own = tuple(finding for finding in findings if finding.requirement is None)
        if own:
            record.failure = ConformanceFailure(own)
            raise record.failure

    def _finding(self, partition: Any, because: str) -> Finding:
        anomaly = anomaly_of(partition)
        shown = anomaly.witness.operations
        last = max(anomaly.witness.core, key=lambda one: one.start)
        exchange = self.exchanges[self.history.index(_same_time(self.history, last))]
        return Finding(
            requirement=ROWS.get(anomaly.kind),
            violation=Violation(
                where="the history of overlapping requests",
                expected="answers that some order of the requests explains",
                found=anomaly.meaning,
            ),
            exchange=exchange,
            because=because,
            witness={"kind": anomaly.kind, "drawing": draw(shown), "bars": as_data(shown)},
        )


def _is_refused_create(one: AccountOperation) -> bool:
    return isinstance(one.request, Create) and isinstance(one.answer, Refused | Failed)


def _same_time(history: Sequence[AccountOperation], wanted: AccountOperation) -> AccountOperation:
    return next(one for one in history if (one.thread, one.start) == (wanted.thread, wanted.start))


def asked(form: Mapping[str, str]) -> Any:
    """Give what a form asks for, as the model has it: by properties, without the name."""
    return fields(
        {name: value for name, value in properties(form).items() if name != "unique_name"}  # type: ignore[misc]  # properties hold texts, integers, None
    )


def create(name: str, **form: str) -> Create:
    """Ask for a Service by its name and other parameters of a form."""
    return Create(name=name, fields=asked(form))


def update(sid: str, **form: str) -> Update:
    """Ask for an update of a Service by the parameters of a form."""
    return Update(sid=sid, name=form.get("UniqueName"), fields=asked(form))


def _request(one: Asked) -> Request:
    match one:
        case Create(name=name):
            body = encode({"UniqueName": name, **_form(one)})
            return Request(method="POST", path=SERVICES, operation="create", body=body, paid=True)
        case Fetch(sid=sid):
            return Request(method="GET", path=item(sid), operation="fetch")
        case Update(sid=sid, name=name):
            form = _form(one)
            body = encode(form if name is None else {"UniqueName": name, **form})
            return Request(method="POST", path=item(sid), operation="update", body=body)
        case Delete(sid=sid):
            return Request(method="DELETE", path=item(sid), operation="delete")


def _form(one: Create | Update) -> dict[str, str]:
    """Write what is asked for as the parameters of a form, without the name."""
    return {_PARAMETERS[key]: "" if value is None else str(value) for key, value in one.fields}


_PARAMETERS: Final = {name: parameter for parameter, name in FIELDS.items()}


def _answer(request: Asked, exchange: Exchange) -> Answer:
    status = exchange.status
    if status is None:
        return Lost()
    if exchange.refused:
        return Refused(status=status)
    if not exchange.accepted:
        return Failed(status=status)
    if isinstance(request, Delete):
        return Deleted()
    shown = exchange.object()
    name, sid = shown.get("unique_name"), shown.get("sid")
    if not isinstance(name, str) or not isinstance(sid, str):
        return Failed(status=status)
    content = _content(shown)
    if isinstance(request, Create):
        return Created(sid=sid, name=name, fields=content)
    return Shown(name=name, fields=content)


def _content(shown: Mapping[str, Any]) -> Any:
    """Give what an answer shows; values of another type are told by their texts."""
    values = {name: held(shown, name) for name in CONTENT if name != "unique_name"}
    return fields(
        {
            name: value if value is None or isinstance(value, str | int) else repr(value)
            for name, value in values.items()
            if name != "default_ttl" or isinstance(value, int)
        }
    )
