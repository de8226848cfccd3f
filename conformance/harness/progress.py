"""Knows how to say, while a run goes on, what is being tried, how far it is, and how long it takes.

One line of a terminal, rewritten; nothing at all where the output is no terminal.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

ERASE: Final = "\r\x1b[2K"
OFTEN: Final = 0.1
"""Seconds between two looks of the line."""
FIRST: Final = 0.05
"""The share of a run before which nothing is said of the time that is left."""
NEARLY: Final = 0.99
"""The share that a run reaches before its last test has ended."""


@dataclass(slots=True, eq=False)
class Progress:
    """The line of one run; its hooks are called by pytest."""

    reporter: pytest.TerminalReporter
    requests: Callable[[], int]
    expected: int = 0
    """Requests that such a run was measured to send; 0 where nobody knows."""
    started: float = field(default_factory=time.monotonic)
    total: int = 0
    done: int = 0
    drawn: float = 0.0

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.total = max(self.total, len(session.items))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self.total = max(self.total, len(ids))

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Let the line stand for the dots; what fails is still told as it happens."""
        if report.when == "call" and report.passed:
            return "passed", "", ""
        return ("skipped", "", "") if report.skipped and not hasattr(report, "wasxfail") else None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.done += report.when == "teardown"
        now = time.monotonic()
        if now - self.drawn >= OFTEN:
            self.drawn = now
            self._write(self.line(report.nodeid, now))

    def line(self, nodeid: str, now: float) -> str:
        """Say it in one line, cut to the width of the terminal."""
        test = nodeid.rpartition("::")[2].partition("[")[0].partition("@")[0]
        name = test.removeprefix("test_").replace("_", " ")
        requests = self.requests()
        share = self._share(requests)
        left = f"about {(now - self.started) * (1 / share - 1):.0f} s left  " if share else ""
        text = f"{share or 0:4.0%}  {requests:,} requests  {left}{name}"
        return text[: self.reporter._tw.fullwidth - 1]  # noqa: SLF001 - pytest offers no other way

    def _share(self, requests: int) -> float | None:
        """Tell how much of the run is done: of its requests where they are known, as tests differ.

        None before the first few say anything.
        """
        share = self.done / self.total if self.total else 0.0
        if self.expected and share < 1:
            share = min(requests / self.expected, NEARLY)
        return share if share >= FIRST else None

    def end(self) -> None:
        self._write("")

    def _write(self, text: str) -> None:
        self.reporter._tw.write(f"{ERASE}{text}", flush=True)  # noqa: SLF001 - a line is rewritten


def begin(config: pytest.Config, requests: Callable[[], int], expected: int) -> Progress | None:
    """Begin the line where there is a terminal that nobody asked to say more or less.

    `expected` requests are those that such a run was measured to send, or 0.
    """
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not reporter.isatty or config.option.verbose:
        return None
    config.option.verbose = -1
    progress = Progress(reporter=reporter, requests=requests, expected=expected)
    config.pluginmanager.register(progress, "conformance-progress")
    return progress
