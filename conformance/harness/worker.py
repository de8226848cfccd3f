"""Knows one process of a run: its wire, its ledger, what it recorded, and how a test ended."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias, TypeVar

import pytest
from hypothesis import currently_in_test_context, reject
from hypothesis.errors import Flaky

from conformance.harness import monitors
from conformance.harness.api import Api
from conformance.harness.budget import Budget, Limits
from conformance.harness.evidence import Exchange, Redaction
from conformance.harness.expect import (
    AccountFull,
    ConformanceFailure,
    Monitor,
    NotApplicable,
    NotRun,
    Unproven,
)
from conformance.harness.ledger import Ledger
from conformance.harness.memory import Memory
from conformance.harness.names import Names
from conformance.harness.ownership import Ownership
from conformance.harness.record import Record, recording
from conformance.harness.target import IMPOSTORS, Account, Target
from conformance.harness.verdicts import listen
from conformance.harness.wire import AnswerLost, TargetGone, Wire
from conformance.pages.har import HarFile

T = TypeVar("T")
NewApi: TypeAlias = Callable[[], Api]


class Play(Protocol):
    """Plays a story once, and gives what it returns."""

    def __call__(self, story: Callable[[Api], T]) -> T: ...


SHRINKING: Final = {"probe": 8, "ci": 25, "thorough": 200}
"""Stories that a test may spend, after its first failure, on making the counterexample small."""
AGAIN: Final = 3
"""How often a test whose connection broke is begun anew."""


def plain(target: Target) -> dict[str, Any]:
    """Give a target as plain values, to be told to a worker."""
    accounts = {
        key: account and [account.sid, account.user, account.password]
        for key, account in (("account", target.account), ("other", target.other))
    }
    return {
        "base_url": target.base_url, "name": target.name, "embedded": target.embedded,
        "lacks": sorted(target.lacks), "ca": target.ca, "why_alone": target.why_alone, **accounts,
    }  # fmt: skip


def target_of(values: dict[str, Any]) -> Target:
    """Make a target of its plain values."""

    def account(found: list[Any] | None) -> Account | None:
        return Account(sid=found[0], user=found[1], password=found[2]) if found else None

    own = account(values["account"])
    assert own is not None  # noqa: S101 - plain() wrote it
    return Target(
        base_url=values["base_url"], name=values["name"], embedded=values["embedded"],
        lacks=frozenset(values["lacks"]), ca=values["ca"], account=own,
        other=account(values["other"]), why_alone=values["why_alone"],
    )  # fmt: skip


@contextmanager
def archive(values: dict[str, Any], name: str) -> Iterator[Callable[[Exchange], None]]:
    """Archive exchanges as the run goes, in a part of their own for each process."""
    lock = threading.Lock()
    path = Path(values["report_dir"]) / f"exchanges-{name}.har"
    with HarFile(path, version=values["version"]) as har:

        def keep(exchange: Exchange) -> None:
            with lock:
                har.append(exchange.as_values())

        yield keep


@dataclass(slots=True)
class Ended:
    """How one test ended, for whoever weighs it."""

    outcome: str
    why: str = ""
    failure: ConformanceFailure | None = None


@dataclass(slots=True)
class Worker:
    """What one process of a run works with."""

    values: dict[str, Any]
    name: str
    target: Target = field(init=False)
    budget: Budget = field(init=False)
    ledger: Ledger = field(init=False)
    wire: Wire = field(init=False)
    names: Names = field(init=False)
    record: Record = field(init=False, default_factory=Record)
    memory: Memory = field(init=False, default_factory=Memory)
    stories_since: int = 0
    stories_told: Counter[str] = field(default_factory=Counter)
    """How often the story of a requirement was told in a failure's text."""
    meanwhile: list[Callable[[], object]] = field(default_factory=list)
    """What is to be done some time anyway, where a story waits: generating cases."""
    latency: dict[str, list[float]] = field(default_factory=dict)
    seconds: Counter[tuple[int, bool]] = field(default_factory=Counter)
    _stack: ExitStack = field(init=False, default_factory=ExitStack)
    _apis: list[Api] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        values = self.values
        self.target = target_of(values["target"])
        self.budget = Budget(Path(values["state"]) / "budget", Limits(**values["limits"]))
        self.ledger = Ledger(
            Path(values["report_dir"]) / "ledger.jsonl", others=dict(values["others"])
        )
        self.names = Names(run=values["run"], worker=_letter(self.name))
        self.wire = Wire(
            target=self.target,
            budget=self.budget,
            redaction=Redaction(tuple(values["secrets"]), pairs(self.target)),
            run=values["run"],
            worker=self.name,
            version=values["version"],
            timeout=values["timeout"],
        )
        self.wire.sinks.append(self._stack.enter_context(archive(values, self.name)))
        self.wire.sinks.append(self.memory.lose)
        watching: tuple[Monitor, ...] = (
            *monitors.monitors(*self._accounts()),
            self.memory,
        )
        self.wire.listeners.append(lambda exchange: listen(self.record, watching, exchange))
        self.wire.listeners.append(self._time)
        self._stack.enter_context(recording(self.record))
        self.record.is_full = lambda: self.new_api().is_full()
        self.wire.answers_others = lambda: self.new_api().lives()

    def play(self, story: Callable[[Api], T]) -> T:
        """Play a story once, for several tests to judge; its Services go with its end."""
        begin, end = self.stories()
        last: AnswerLost | AccountFull | None = None
        for _ in range(AGAIN):
            try:
                return story(begin())
            except AnswerLost as problem:
                last = problem
            except AccountFull as problem:
                last = problem
                self.make_room()
            finally:
                end()
        assert last is not None  # noqa: S101 - every other way has returned
        raise last

    @property
    def judges_account(self) -> bool:
        """Whether the account of the credentials is known: not where none are checked."""
        return "auth" not in self.target.lacks

    def _accounts(self) -> tuple[str | None, str | None]:
        """Give the sids of both accounts, as far as they are judged."""
        if not self.judges_account:
            return None, None
        other = self.target.other
        return self.target.account.sid, other.sid if other is not None else None

    def _time(self, exchange: Exchange) -> None:
        self.latency.setdefault(exchange.operation, []).append(exchange.seconds)
        second = int(exchange.started - self.values["monotonic"])
        self.seconds[second, (exchange.status or 599) >= 400] += 1

    def new_api(self) -> Api:
        api = Api(
            wire=self.wire,
            own=Ownership(ledger=self.ledger, names=self.names, budget=self.budget),
            read_only=self.values["read_only"],
            alive=self.memory.alive,
            meanwhile=self.meanwhile,
        )
        self._apis.append(api)
        return api

    def stories(self) -> tuple[NewApi, Callable[[], None]]:
        """Give a maker of stories, each of which ends the one before; and what ends the last."""
        api = self.new_api()

        def end() -> None:
            api.close(at_once=True)

        def begin() -> Api:
            if self.record.failure is not None and currently_in_test_context():
                self.stories_since += 1
                if self.stories_since > SHRINKING[self.values["effort"]]:
                    reject()
            api.begin()
            return api

        return begin, end

    def start_test(self, nodeid: str) -> None:
        self.wire.test = nodeid.rpartition("::")[2].partition("[")[0][:80]
        self.record.failure = None
        self.record.passed_over = None
        self.stories_since = 0

    def call(self, function: Callable[[], object]) -> None:
        """Run a test; where the connection broke half-way, or there was no room, begin it anew."""
        for _ in range(AGAIN - 1):
            try:
                function()
            except AnswerLost:
                continue
            except AccountFull:
                self.make_room()
            else:
                return
        function()

    def ended(self, problem: BaseException | None) -> Ended:
        """Tell how a test ended, from what was recorded before what was raised.

        Hypothesis may wrap a failure, or call it flaky since it was not let make it smaller; what
        was seen was seen.
        """
        if self.record.failure is not None:
            return Ended("failed", failure=self.record.failure)
        if problem is None and self.record.passed_over:
            return Ended("not-run", "what it is about did not come to pass")
        if problem is None:
            return Ended("passed")
        if isinstance(problem, NotApplicable):
            return Ended("not-applicable", str(problem))
        if isinstance(problem, NotRun):
            return Ended("not-run", str(problem))
        if isinstance(problem, pytest.skip.Exception):
            return Ended("not-run", str(problem))
        if isinstance(problem, Unproven):
            return Ended("unproven", str(problem))
        if isinstance(problem, Flaky):
            return Ended(
                "not-run", "the account changed while sequences were drawn from its answers"
            )
        return Ended("unproven", f"{type(problem).__name__}: {problem}".splitlines()[0])

    def rest(self) -> None:
        """Delete what the last story left, where others may wait for the room."""
        if self.budget.limits.max_live is not None or self.ledger.full:
            self.make_room()

    def make_room(self) -> None:
        """Delete what all stories left."""
        for api in self._apis:
            api.close(at_once=True)

    def told(self) -> dict[str, Any]:
        """Give what the whole process has to tell at its end."""
        return {
            "latency": {name: [round(one * 1000, 2) for one in times] for name, times in self.latency.items()},
            "timeline": [
                [second, wrong, count] for (second, wrong), count in sorted(self.seconds.items())
            ],
            "counts": self.record.counts,
            "worker": self.name,
        }  # fmt: skip

    def close(self) -> None:
        for api in self._apis:
            try:
                api.close(at_once=True)
            except (TargetGone, NotRun):
                continue
        self._stack.close()
        self.wire.close()
        self.ledger.close()
        self.budget.close()


def pairs(target: Target) -> tuple[tuple[str, str], ...]:
    """Give the credentials of a target, and those that are nearly right, to be redacted."""
    own = target.account
    accounts = (own, *(impostor(own) for impostor in IMPOSTORS.values()), target.other)
    return tuple((one.user, one.password) for one in accounts if one is not None)


def _letter(name: str) -> str:
    """Make a short prefix for names: a letter for the controller, letters for each worker."""
    number = name.removeprefix("gw")
    return f"w{int(number) % 100:02d}" if number.isdigit() else "m00"
