"""Knows what a run says about each requirement.

A `Record` gathers, in one process, what tests and monitors found; its plain values travel to
the controller, where `weigh` makes the verdicts of them: the worst one stands.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from conformance.harness.evidence import Exchange
from conformance.harness.expect import Check, ConformanceFailure, Finding
from conformance.harness.monitors import Monitor
from conformance.harness.requirements import Requirement

Verdict: TypeAlias = Literal[
    "held", "violated", "deviates", "unproven", "not-applicable", "not-run", "observed"
]
MOST_FINDINGS: Final = 3
"""Findings per requirement and process that are kept with their evidence."""


@dataclass(slots=True)
class Record:
    """What was found since it was last told; and what was ever found, by requirement."""

    judged: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    observations: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    failure: ConformanceFailure | None = None
    """The last failure of the test under way."""

    def holds(self, requirement: str) -> None:
        self.judged.add(requirement)

    def finds(self, finding: Finding) -> None:
        """Keep a finding; after the first few of a requirement, only their number."""
        row = finding.requirement or ""
        seen = self.counts.get(row, 0)
        self.counts[row] = seen + 1
        if seen < MOST_FINDINGS:
            self.findings.append(finding)

    def observes(self, requirement: str, what: str, found: str, exchange: Exchange | None) -> None:
        self.observations.append(
            {
                "requirement": requirement,
                "what": what,
                "found": found,
                "at": exchange.at if exchange else "",
                "exchange": exchange and exchange.as_values(),
            }
        )

    def take(self) -> dict[str, Any]:
        """Give what was found since the last time, as plain values, and begin anew."""
        taken = {
            "judged": sorted(self.judged),
            "findings": [
                {"requirement": finding.requirement, **finding.as_values()}
                for finding in self.findings
            ],
            "observations": self.observations,
        }
        self.judged, self.findings, self.observations = set(), [], []
        return taken


_RECORD: ContextVar[Record] = ContextVar("record")


@contextmanager
def recording(record: Record) -> Iterator[None]:
    """Have what is expected go to the given record."""
    token = _RECORD.set(record)
    try:
        yield
    finally:
        _RECORD.reset(token)


def current() -> Record:
    """Give the record that what is expected goes to."""
    return _RECORD.get()


def expect(exchange: Exchange, *checks: Check, because: str = "") -> None:
    """Run every check; raise one failure that holds all they found.

    What a check finds about another requirement than the test's own is told to that one, and
    fails nothing here.
    """
    __tracebackhide__ = True
    record, own = _RECORD.get(), []
    for check in checks:
        row = getattr(check, "requirement", None)
        found = [
            Finding(
                requirement=violation.requirement,
                violation=violation,
                exchange=exchange,
                because=because,
            )
            for violation in check(exchange)
        ]
        own += [finding for finding in found if finding.requirement is None]
        for finding in found:
            if finding.requirement is not None:
                record.finds(finding)
        if row is not None and not found:
            record.holds(row)
    if own:
        record.failure = ConformanceFailure(tuple(own))
        raise record.failure


def observe(requirement: str, what: str, exchange: Exchange, found: str | None = None) -> None:
    """Record what a target does where nobody knows what it has to do; nothing is judged."""
    shown = found if found is not None else outcome(exchange)
    _RECORD.get().observes(requirement, what, shown, exchange)


def outcome(exchange: Exchange) -> str:
    """Say in short how a request was answered."""
    code = exchange.object().get("code")
    if exchange.status is None:
        return f"no answer ({exchange.failure})"
    return f"{exchange.status}" + (f", code {code}" if isinstance(code, int) else "")


def listen(record: Record, monitors: Iterable[Monitor], exchange: Exchange) -> None:
    """Hold an exchange against every monitor, and record what they say."""
    for monitor in monitors:
        for row, violation in monitor(exchange):
            if violation is None:
                record.holds(row)
            else:
                record.finds(Finding(requirement=row, violation=violation, exchange=exchange))


LACKS: Final[Mapping[str, tuple[str, ...]]] = {
    "auth": ("ACCESS-*",),
    "paging": ("LIST-9", "LIST-10", "LIST-12", "LIST-1[5-9]", "LIST-2[01]", "LIST-2[6789]", "LIST-30"),
    "short-codes": ("SERVICE-13",),
    "chat": ("CREATE-10", "CREATE-31", "CREATE-32", "UPDATE-10", "UPDATE-17", "REFUSE-12", "REFUSE-13"),
    "clearing": ("UPDATE-16", "UPDATE-17"),
    "callback-validation": ("REFUSE-1[4-9]", "REFUSE-2[0-3]"),
    "concurrency": ("RACE-*",),
    "method-refusals": ("METHOD-*",),
}  # fmt: skip
"""Which requirements a declared lack makes not applicable."""


@dataclass(slots=True)
class Tally:
    """What the tests of a run said about one requirement."""

    requirement: Requirement
    tests: list[str] = field(default_factory=list)
    held: bool = False
    unproven: list[str] = field(default_factory=list)
    not_run: list[str] = field(default_factory=list)
    not_applicable: list[str] = field(default_factory=list)
    observed: bool = False
    violations: list[dict[str, Any]] = field(default_factory=list)

    def verdict(self) -> tuple[Verdict, str]:
        """Weigh what was said; the worst stands. The second value says why, where it matters."""
        if self.requirement.stance == "observe":
            return self._observed()
        if self.violations:
            return "violated", ""
        if self.not_applicable:
            return "not-applicable", self.not_applicable[0]
        if self.unproven:
            return "unproven", self.unproven[0]
        if self.held:
            return "held", ""
        return "not-run", self._why_not()

    def _observed(self) -> tuple[Verdict, str]:
        if self.not_applicable:
            return "not-applicable", self.not_applicable[0]
        if self.observed:
            return "observed", ""
        return "not-run", self._why_not()

    def _why_not(self) -> str:
        if self.requirement.untested:
            return self.requirement.untested
        return (self.not_run or ["no test of it was selected, or none met a case of it"])[0]
