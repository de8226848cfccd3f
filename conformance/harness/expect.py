"""Knows how a test says what it expects, and the four ways in which one can end."""

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


def about(requirement: str, *checks: Check) -> Check:
    """Have the given checks report to another requirement than the test's own."""

    def check(exchange: Exchange) -> Iterator[Violation]:
        for inner in checks:
            for violation in inner(exchange):
                yield replace(violation, requirement=violation.requirement or requirement)

    check.requirement = requirement  # type: ignore[attr-defined]  # read by Verdicts.hears
    return check


def _told(violation: Violation) -> str:
    return f"expected at {violation.where}: {violation.expected}; found: {violation.found}"
