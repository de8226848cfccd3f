"""Knows what tests and monitors of one process found, until it is told to the controller."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

from conformance.harness.evidence import Exchange
from conformance.harness.expect import ConformanceFailure, Finding

MOST_FINDINGS: Final = 3
"""Findings per requirement and process that are kept with their evidence."""
MOST_KINDS: Final = 30
"""Further kinds of violation that one test tells of one requirement."""


@dataclass(slots=True)
class Record:
    """What was found since it was last told; and what was ever found, by requirement."""

    judged: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    observations: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, list[list[str]]] = field(default_factory=dict)
    """Of each requirement, the places and texts of what was found beyond what is kept."""
    is_full: Callable[[], bool] = lambda: False
    """Tells whether the account takes no more Services, when a create was refused."""
    failure: ConformanceFailure | None = None
    """The last failure of the test under way."""
    passed_over: bool | None = None
    """Whether each check of the test's own requirement had nothing to say; None before the first."""

    def holds(self, requirement: str) -> None:
        self.judged.add(requirement)

    def weighs(self, applied: Sequence[bool]) -> None:
        """Note which checks of the test's own requirement had something to say."""
        if applied:
            self.passed_over = not any(applied) and self.passed_over is not False

    def finds(self, finding: Finding) -> None:
        """Keep a finding; after the first few of a requirement, only their number."""
        row = finding.requirement or ""
        seen = self.counts.get(row, 0)
        self.counts[row] = seen + 1
        if seen < MOST_FINDINGS:
            self.findings.append(finding)
            return
        kind = [finding.violation.where, finding.violation.found]
        kinds = self.kinds.setdefault(row, [])
        if kind not in kinds and len(kinds) < MOST_KINDS:
            kinds.append(kind)

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
            "kinds": self.kinds,
        }
        self.kinds = {}
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


def threads(number: int) -> ThreadPoolExecutor:
    """Give threads whose findings go to the same record as those of who asks for them."""
    return ThreadPoolExecutor(number, initializer=_RECORD.set, initargs=(current(),))
