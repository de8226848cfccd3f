"""Knows a run as a whole: starts what it needs, hears what every process found, writes the report."""

import fcntl
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest

from conformance.harness import (
    embedded,
    facts,
    ledger,
    preflight,
    progress,
    report,
    reproduction,
    requirements,
)
from conformance.harness.api import Api
from conformance.harness.budget import Budget
from conformance.harness.evidence import Exchange, Redaction
from conformance.harness.exits import Exit
from conformance.harness.expect import Finding, Violation
from conformance.harness.ledger import OWNERS, Ledger
from conformance.harness.names import Names
from conformance.harness.options import Options
from conformance.harness.ownership import Ownership
from conformance.harness.record import MOST_FINDINGS
from conformance.harness.sweep import Swept, sweep
from conformance.harness.target import Target, is_loopback
from conformance.harness.verdicts import Tally
from conformance.harness.wire import ANSWER_SECONDS, Wire
from conformance.harness.worker import archive, pairs, plain

CONTROLLER: Final = pytest.StashKey["Controller"]()
SECRETS: Final = (
    "TWILIO_AUTH_TOKEN", "TWILIO_API_SECRET", "TWILIO_OTHER_AUTH_TOKEN",
)  # fmt: skip
WRITTEN: Final = (
    "run.json", "index.html", "summary.md", "junit.xml", "ctrf.json", "badge.svg",
    "exchanges.har", "ledger.jsonl",
)  # fmt: skip


@dataclass(slots=True, eq=False)
class Controller:
    """One run, seen from the process that starts it and ends it."""

    config: pytest.Config
    options: Options
    values: dict[str, Any] = field(init=False, default_factory=dict)
    emulator: embedded.Embedded | None = None
    tallies: dict[str, Tally] = field(init=False)
    observations: list[dict[str, Any]] = field(init=False, default_factory=list)
    tests: list[dict[str, Any]] = field(init=False, default_factory=list)
    heard: list[dict[str, Any]] = field(init=False, default_factory=list)
    unjudgeable: str | None = None
    line: progress.Progress | None = None
    started: str = field(init=False)
    clock: float = field(init=False)
    run: dict[str, Any] | None = None
    lost: list[str] = field(init=False, default_factory=list)
    _budget: Budget | None = None
    _lock: int | None = None
    _archive: Callable[[Exchange], None] | None = None
    _stack: ExitStack = field(init=False, default_factory=ExitStack)

    def __post_init__(self) -> None:
        self.tallies = {id: Tally(requirement=row) for id, row in requirements.load().items()}
        now = datetime.now(UTC)  # noqa: TID251 - when the run started
        self.started = now.isoformat(timespec="seconds").replace("+00:00", "Z")
        self.clock = time.monotonic()

    def start(self) -> None:
        """Start the emulator where no target is named, and look whether the target can be judged."""
        self._claim_report_dir()
        target = self.options.target or self._embedded_target()
        state = tempfile.mkdtemp(prefix="proxy-conformance-")
        self.values = {
            "target": plain(target),
            "state": state,
            "report_dir": str(self.options.report_dir),
            "run": secrets.token_hex(4),
            "secrets": [os.environ[name] for name in SECRETS if os.environ.get(name)],
            "limits": asdict(self.options.limits),
            "read_only": self.options.read_only,
            "effort": self.options.effort,
            "seed": self.config.option.hypothesis_seed,
            "version": suite_version(),
            "timeout": ANSWER_SECONDS,
            "monotonic": self.clock,
            "grouped": getattr(self.config.option, "dist", "no") == "loadgroup",
        }
        book = Ledger(self.options.report_dir / "ledger.jsonl")
        book.header(
            base_url=target.base_url,
            account_sid=target.account.sid,
            run=self.values["run"],
            started=self.started,
            embedded=target.embedded,
        )
        book.close()
        self._look()
        if self.unjudgeable is not None:
            return
        # A file counts whole there, whatever was selected of it.
        costs = () if self.options.selection else self.options.planned.costs
        expected = sum(cost.requests for cost in costs)
        self.line = progress.begin(self.config, lambda: self.budget.figures()["requests"], expected)

    def _claim_report_dir(self) -> None:
        folder = self.options.report_dir
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(folder / ".lock")
        except BlockingIOError:
            raise pytest.UsageError(
                f"another run writes to {folder}; wait for it, or name another --report-dir"
            ) from None
        except OSError as problem:
            raise pytest.UsageError(
                f"cannot write to --report-dir {folder}: {problem.strerror}; name another"
            ) from None
        self._keep_unfinished(folder / "ledger.jsonl")
        for part in folder.glob("exchanges-*.har"):
            part.unlink()
        for name in WRITTEN:
            (folder / name).unlink(missing_ok=True)
        shutil.rmtree(folder / "reproduce", ignore_errors=True)

    def _keep_unfinished(self, path: Path) -> None:
        """Keep the ledger of a run that did not finish, and say how to sweep after it."""
        if not path.exists() or not path.stat().st_size:
            return
        try:
            own, other = (ledger.read(path, owner) for owner in OWNERS)
        except ledger.UnreadableLedger as problem:
            names = (path.with_name(f"ledger-unreadable-{number}.jsonl") for number in count(1))
            kept = next(name for name in names if not name.exists())
            path.rename(kept)
            self._say(f"{problem}; it is kept as {report.shown(kept)}")
            return
        nothing = not (own.created or own.pending or other.created or other.pending)
        if own.finished or own.embedded or nothing:
            return
        kept = path.with_name(f"ledger-{own.run}.jsonl")
        path.rename(kept)
        self._say(
            f"an earlier run may have left Services; to delete them:"
            f" proxy-conformance sweep {report.shown(kept)}"
        )

    def _say(self, line: str) -> None:
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line(line)

    def _embedded_target(self) -> Target:
        found = self.config.hook.pytest_conformance_emulator()
        if not found:
            raise pytest.UsageError("no --base-url, and no emulator to start; name a target")
        try:
            self.emulator = embedded.start(*found)
        except embedded.EmulatorFailed as problem:
            pytest.exit(str(problem), returncode=Exit.BROKEN)
        target = self.emulator.target
        return Target(
            base_url=target.base_url, account=target.account, other=target.other,
            embedded=True, lacks=self.options.lacks,
        )  # fmt: skip

    @property
    def budget(self) -> Budget:
        """What the run has spent, and may."""
        if self._budget is None:
            self._budget = Budget(Path(self.values["state"]) / "budget", self.options.limits)
        return self._budget

    def _wire(self, timeout: float) -> Wire:
        target = self.target
        wire = Wire(
            target=target,
            budget=self.budget,
            redaction=Redaction(tuple(self.values["secrets"]), pairs(target)),
            run=self.values["run"],
            worker="controller",
            version=self.values["version"],
            timeout=timeout,
            again_within=timeout,
        )
        if self._archive is None:
            self._archive = self._stack.enter_context(archive(self.values, "controller"))
        wire.sinks.append(self._archive)
        return wire

    @property
    def target(self) -> Target:
        """The API under test: the embedded emulator, where no other was named."""
        if self.emulator is not None:
            return self.emulator.target
        assert self.options.target is not None  # noqa: S101 - one of the two is there
        return self.options.target

    def _look(self) -> None:
        wire = self._wire(preflight.FIRST_ANSWER)
        book = Ledger(self.options.report_dir / "ledger.jsonl")
        nobody = Names(run="", worker="")
        api = Api(wire=wire, own=Ownership(ledger=book, names=nobody, budget=wire.budget))
        found = preflight.look(api)
        if found is None and self.options.limits.max_requests is not None:
            self.budget.keeps(preflight.to_read_twice(api))
        if found is None and self.emulator is None:
            self._part_from_other(preflight.refuses_other(api))
        self.values["others"] = dict(book.others)
        wire.close()
        book.close()
        if found is not None:
            self.unjudgeable = found.reason

    def _part_from_other(self, why: str | None) -> None:
        """Do without a second account that cannot be used, and say so."""
        target = self.options.target
        if why is None or target is None:
            return
        self.options = replace(self.options, target=replace(target, other=None, why_alone=why))
        self.values["target"] = plain(self.target)
        self._say(f"{why}; what needs two accounts is not run")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        found = facts.read(report)
        if found is None:
            return
        node = report.nodeid.partition("@")[0]
        self._findings(found, node)
        if report.when == "teardown":
            return
        for row in found["rows"]:
            self._weigh(self.tallies[row], found, node)
        self.tests.append(
            {
                "id": node,
                "outcome": found["outcome"],
                "seconds": round(report.duration, 3),
                "worker": getattr(report, "worker_id", "main"),
                "requirements": found["rows"],
                "detail": found["why"],
            }
        )

    def _weigh(self, tally: Tally, found: dict[str, Any], node: str) -> None:
        if node not in tally.tests:
            tally.tests.append(node)
        why = {
            "unproven": tally.unproven,
            "not-run": tally.not_run,
            "not-applicable": tally.not_applicable,
        }.get(found["outcome"])
        if why is not None:
            why.append(found["why"])
        elif found["outcome"] == "passed" and tally.requirement.id == found["rows"][0]:
            tally.held = True  # the others are held by what was said about them

    def _findings(self, found: dict[str, Any], node: str) -> None:
        for row in found["judged"]:
            self.tallies[row].held = True
        for one in found["findings"]:
            row = one.pop("requirement")
            self.tallies[row].violations.append({**one, "test": node})
        for row, kinds in found["kinds"].items():
            self.tallies[row].kinds += [{"where": where, "found": text} for where, text in kinds]
        for one in found["observations"]:
            self.tallies[one["requirement"]].observed = True
            self.observations.append(one)

    def hears(self, told: dict[str, Any]) -> None:
        """Take in what a process has to tell at its end."""
        self.heard.append(told)
        self._findings(told, "")

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        told = getattr(node, "workeroutput", {}).get("conformance")
        if told is not None:
            self.hears(json.loads(told))
        elif error is not None:
            self.lost.append(str(error))

    def finish(self, session: pytest.Session) -> None:
        """Delete what is left, weigh everything, write the report, set the exit status."""
        if not self.values:
            self._release()
            return
        if self.line is not None:
            self.line.end()
        try:
            swept = self._clean()
        except Exception as problem:  # noqa: BLE001 - whatever it is, what was found is written down
            swept = Swept()
            self.lost.append(f"{type(problem).__name__} while cleaning up: {problem}")
        self._blame(swept)
        self._stack.close()
        self.run = report.assemble(self, swept, int(session.exitstatus))
        session.exitstatus = self.run["exit_status"]
        if self.run["exit_status"] != Exit.USAGE:
            report.write(
                self.run,
                self.options.report_dir,
                reproduce=self._reproduces(swept),
            )
        if self.emulator is not None:
            self.emulator.stop()
        shutil.rmtree(self.values["state"], ignore_errors=True)
        self._release()

    def _blame(self, swept: Swept) -> None:
        """Tell of what is there when all tests have ended, though it was deleted or never accepted.

        Where tests found that deletes fail, that they fail again is no news.
        """
        for sid, answer in sorted(swept.stayed.items())[:MOST_FINDINGS]:
            if answer.refused and not self.tallies["DELETE-1"].violations:
                self._finds(
                    "DELETE-1",
                    Violation(where="status", expected="204", found=str(answer.status)),
                    answer,
                    f"the list shows {sid}, before and after it",
                )
        for sid, page in sorted(swept.risen.items())[:MOST_FINDINGS]:
            shown = Violation(
                where="/services", expected=f"not to show {sid}", found=f"shows {sid}"
            )
            self._finds("LIST-22", shown, page, "its delete was accepted before")

        for sid, (name, page) in sorted(swept.uncalled.items())[:MOST_FINDINGS]:
            shown = Violation(
                where="/services", expected="no Service of that name", found=f"shows {sid}"
            )
            self._finds("REFUSE-24", shown, page, f"no create of {name} was accepted")

    def _finds(self, row: str, violation: Violation, exchange: Exchange, because: str) -> None:
        finding = Finding(requirement=row, violation=violation, exchange=exchange, because=because)
        self.tallies[row].violations.append({**finding.as_values(), "test": ""})

    def _reproduces(self, swept: Swept) -> dict[str, str] | None:
        """Give the environment in which reproducers are tried; None where they must not be.

        They send requests beside the budgets, and believe what a create answers: that will not do
        on somebody's account, nor where a create was answered with a sid of somebody else's. What
        they create is in no ledger: where this run could not delete, they could not either.
        """
        limits = self.options.limits
        stays = swept.left and self.emulator is None
        if swept.foreign or stays or not is_loopback(self.target.base_url):
            return None
        if self.options.read_only or limits.max_requests or limits.rate or limits.max_live:
            return None
        return reproduction.environment(self.target)

    def _clean(self) -> Swept:
        """Delete what the ledger has alive, and see in the account itself that it is gone."""
        path = self.options.report_dir / "ledger.jsonl"
        book, wire, swept = Ledger(path), self._wire(ANSWER_SECONDS), Swept(proven=True)
        known: dict[str, str] = {}
        for owner in OWNERS:
            remains = ledger.read(path, owner)
            known |= remains.created
            left = bool(remains.created or remains.pending)
            if left or (owner == "own" and not self.unjudgeable):
                swept = swept.and_also(sweep(wire, remains, owner))
        for sid in (*swept.deleted, *swept.gone):
            book.deleted(sid)
        for sid in swept.deleted:
            if sid not in known:
                self.budget.created()
            self.budget.deleted()
        if not swept.left:
            book.finished()
        book.close()
        wire.close()
        return swept

    def _release(self) -> None:
        if self._budget is not None:
            self._budget.close()
        if self._lock is not None:
            (self.options.report_dir / ".lock").unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.run is None:
            return
        from conformance.pages import terminal  # noqa: PLC0415 - needed at the end of a run alone

        terminalreporter.write_line("")
        terminalreporter.write(
            terminal.summary(
                self.run,
                colour=terminalreporter.hasmarkup,
                width=terminalreporter._tw.fullwidth if terminalreporter.isatty else terminal.WIDE,  # noqa: SLF001 - pytest offers no other way
            )
        )
        terminalreporter.write_line("")


def _locked(path: Path) -> int:
    """Lock a file, made if need be; one that was unlinked meanwhile, by whoever had it, is no lock.

    Raises BlockingIOError where another process has it.
    """
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(file), path.stat()):
                return file
        except FileNotFoundError:
            pass
        except OSError:
            os.close(file)
            raise
        os.close(file)


def suite_version() -> str:
    """Give the version of the suite as it is installed, or as the checkout states it."""
    try:
        return version("proxy-service-conformance")
    except PackageNotFoundError:
        import tomllib  # noqa: PLC0415 - a checkout alone comes here

        project = Path(__file__).resolve().parents[2] / "pyproject.toml"
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
