"""Knows what a run says about each requirement.

What tests and monitors found is recorded in each process, and travels to the controller as plain
values; there, the worst verdict stands.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from conformance.harness.evidence import Exchange
from conformance.harness.expect import (
    A_SUCCESS,
    AccountFull,
    Check,
    ConformanceFailure,
    Finding,
    Monitor,
    applies,
    row_of,
)
from conformance.harness.record import Record, current
from conformance.harness.requirements import Requirement

Verdict: TypeAlias = Literal[
    "held", "violated", "deviates", "unproven", "not-applicable", "not-run", "observed"
]


def expect(exchange: Exchange, *checks: Check, because: str = "") -> None:
    """Run every check; raise one failure that holds all they found.

    What a check finds about another requirement than the test's own is told to that one, and
    fails nothing here. Raises AccountFull where a create is refused as any other would be.
    """
    __tracebackhide__ = True
    record, own = current(), []
    told = [(check, list(_findings(check, exchange, because))) for check in checks]
    if _is_refused_create(exchange, told) and record.is_full():
        raise AccountFull
    for check, found in told:
        own += [finding for finding in found if finding.requirement is None]
        for finding in found:
            if finding.requirement is not None:
                record.finds(finding)
        row = row_of(check)
        if row is not None and not found and applies(check, exchange):
            record.holds(row)
    record.weighs([applies(check, exchange) for check in checks if row_of(check) is None])
    if own:
        record.failure = ConformanceFailure(tuple(own))
        raise record.failure


def holds(*requirements: str) -> None:
    """Tell that what was just expected, and found, is what other requirements ask for as well."""
    for requirement in requirements:
        current().holds(requirement)


def _findings(check: Check, exchange: Exchange, because: str) -> Iterator[Finding]:
    for violation in check(exchange):
        yield Finding(
            requirement=violation.requirement,
            violation=violation,
            exchange=exchange,
            because=because,
        )


def _is_refused_create(exchange: Exchange, told: Iterable[tuple[Check, Iterable[Finding]]]) -> bool:
    """Tell whether a create was refused that had to be accepted."""
    return exchange.operation == "create" and any(
        finding.violation.expected == A_SUCCESS for _, found in told for finding in found
    )


def observe(requirement: str, what: str, exchange: Exchange, found: str | None = None) -> None:
    """Record what a target does where nobody knows what it has to do; nothing is judged."""
    shown = found if found is not None else outcome(exchange)
    current().observes(requirement, what, shown, exchange)


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


TRIED_ELSEWHERE: Final = "runs that write try this on Services of their own"
"""Why tests for read-only runs are left out of the others: the least of reasons."""


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
    kinds: list[dict[str, str]] = field(default_factory=list)
    """Places and texts of further violations, whose evidence was not kept."""

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
        why = self.not_run or ["no test of it was selected, or none met a case of it"]
        return min(why, key=lambda one: one == TRIED_ELSEWHERE)
