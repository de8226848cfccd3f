"""Knows what a check is and what it finds, and the four ways in which a test can end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from conformance.harness.evidence import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """What a check found wrong, where; of the test's own requirement unless it names another."""

    where: str
    expected: str
    found: str
    requirement: str | None = None


A_SUCCESS: Final = "a 2xx"
"""What is expected of a request that has to be accepted."""
Check: TypeAlias = Callable[[Exchange], Iterator[Violation]]
Judgement: TypeAlias = tuple[str, Violation | None]
"""What is said of a requirement: what is wrong, or None where it is held."""
Monitor: TypeAlias = Callable[[Exchange], Iterator[Judgement]]
"""Holds every answer of a run against requirements of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A violation with its evidence, ready to be told to whoever keeps the verdicts."""

    requirement: str | None
    violation: Violation
    exchange: Exchange | None
    because: str = ""
    witness: dict[str, Any] | None = field(default=None, hash=False)

    def as_values(self) -> dict[str, Any]:
        """Give the form that run.json holds."""
        return {
            "where": self.violation.where,
            "expected": self.violation.expected,
            "found": self.violation.found,
            "because": self.because,
            "count": 1,
            "exchange": self.exchange and self.exchange.as_values(),
            "trail": [step.as_values() for step in self.exchange.trail()] if self.exchange else [],
            "witness": self.witness,
            "reproduced": "not-tried",
        }


class ConformanceFailure(Exception):
    """The target broke a requirement."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("; ".join(_told(finding.violation) for finding in findings))
        self.findings = findings


class Unproven(Exception):
    """The requirement could not be tried; the text says why."""


class NotRun(Exception):
    """What this run leaves the requirement out: its effort, budget or options; the text says which."""


class AccountFull(NotRun):
    """The account takes no more Services, whatever they hold."""

    def __init__(self) -> None:
        super().__init__("the account takes no more Services beside those that are alive")


class NotApplicable(Exception):
    """The target declares that it lacks what this is about."""


@dataclass(frozen=True, slots=True)
class About:
    """Checks that report to another requirement than the test's own."""

    requirement: str
    checks: tuple[Check, ...]

    def __call__(self, exchange: Exchange) -> Iterator[Violation]:
        for check in self.checks:
            for violation in check(exchange):
                yield replace(violation, requirement=violation.requirement or self.requirement)


@dataclass(frozen=True, slots=True)
class When:
    """A check that has something to say of some answers alone."""

    is_case: Callable[[Exchange], bool]
    check: Check

    def __call__(self, exchange: Exchange) -> Iterator[Violation]:
        if self.is_case(exchange):
            yield from self.check(exchange)


def about(requirement: str, *checks: Check) -> Check:
    """Have the given checks report to another requirement than the test's own."""
    return About(requirement, checks)


def applies(check: Check, exchange: Exchange) -> bool:
    """Tell whether a check has anything to say of an answer: what it passes over it has not tried."""
    match check:
        case About(checks=checks):
            return any(applies(one, exchange) for one in checks)
        case When(is_case=is_case, check=inner):
            return is_case(exchange) and applies(inner, exchange)
        case _:
            return True


def row_of(check: Check) -> str | None:
    """Give the requirement that a check reports to, None for the test's own."""
    match check:
        case About(requirement=requirement):
            return requirement
        case When(check=inner):
            return row_of(inner)
        case _:
            return None


def _told(violation: Violation) -> str:
    return f"expected at {violation.where}: {violation.expected}; found: {violation.found}"
