"""Knows one process of a pytest session: which tests run, and what each tells at its end."""

import functools
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from _pytest._code.code import TracebackEntry
from _pytest.outcomes import Skipped
from hypothesis import HealthCheck, Phase, settings
from hypothesis.configuration import set_hypothesis_home_dir

from conformance.harness import deviations, facts, ordering, plan, requirements
from conformance.harness.controller import CONTROLLER
from conformance.harness.expect import NotApplicable, NotRun, Unproven
from conformance.harness.options import EFFORTS, Options
from conformance.harness.requirements import matching
from conformance.harness.verdicts import LACKS
from conformance.harness.wire import AnswerLost
from conformance.harness.worker import Ended, Worker
from conformance.pages import failure

OPTIONS: Final = pytest.StashKey[Options]()
WORKER: Final = pytest.StashKey[Worker]()
AHEAD: Final = pytest.StashKey[list[Callable[[], object]]]()
"""What generates cases that tests of this process will need."""
HERE: Final = Path(__file__).resolve().parents[1]
EXAMPLES: Final = {"probe": 2, "ci": 4, "thorough": 150}
"""Examples per property-based test."""


class Hooks:
    """What a conftest.py may say."""

    @pytest.hookspec(firstresult=True)
    def pytest_conformance_emulator(self) -> tuple[tuple[str, ...], Path]:  # type: ignore[empty-body]  # a hook's specification
        """Give the command that starts the embedded emulator, and the folder of its package."""


class LeftOut(Skipped):
    """A test that is not begun; pytest tells a skip apart, and makes no traceback of it."""

    def __init__(self, outcome: str, why: str) -> None:
        super().__init__(why)
        self.outcome = outcome
        self.why = why


class GivenUp(LeftOut):
    """A test that is not begun since the target was given up, which the run says once for all."""

    def __init__(self, why: str) -> None:
        super().__init__("unproven", why)


def concerns(config: pytest.Config) -> bool:
    """Tell whether a session is about the conformance tests at all."""
    if hasattr(config, "workerinput"):
        return "conformance" in config.workerinput
    if config.option.help or config.option.version:
        return False
    return any(_names_us(str(argument), config) for argument in config.args)


def _names_us(argument: str, config: pytest.Config) -> bool:
    name = argument.partition("::")[0]
    if config.option.pyargs and name.partition(".")[0] == "conformance":
        return True
    path = (config.invocation_params.dir / name).resolve()
    return path == HERE or path in HERE.parents or HERE in path.parents


def heed_the_end(config: pytest.Config) -> None:
    """Take a SIGTERM, as pipelines send it, for Ctrl-C: the run ends and deletes what it made."""
    if threading.current_thread() is threading.main_thread():
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)

        def restore() -> None:
            signal.signal(signal.SIGTERM, before)

        config.add_cleanup(restore)


def plans(config: pytest.Config) -> int | None:
    """Say what would be sent, where that is all that was asked for; nothing is started."""
    if not config.option.plan or not concerns(config):
        return None
    config.option.dist = "no"
    config._do_configure()  # noqa: SLF001 - pytest does so for its own options of this kind
    options = config.stash[OPTIONS]
    target = options.target
    sys.stdout.write(
        plan.text(
            options.planned,
            target=target.base_url if target else "the embedded emulator",
            account=target.account.sid if target else None,
            effort=options.effort,
            read_only=options.read_only,
            limits=options.limits,
        )
    )
    config._ensure_unconfigure()  # noqa: SLF001
    return 0


def prepare(config: pytest.Config) -> None:
    """Set Hypothesis's profile, and have workers share what tests stand on."""
    options = config.stash[OPTIONS]
    for name in EFFORTS:
        settings.register_profile(
            name,
            max_examples=EXAMPLES[name],
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            print_blob=False,
            phases=(Phase.explicit, Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
    settings.load_profile(options.effort)
    if config.getoption("hypothesis_seed", None) is None:
        config.option.hypothesis_seed = _seed(config, options)
    set_hypothesis_home_dir(config.rootpath / ".hypothesis")
    if config.option.tbstyle == "auto":
        # Failures tell their own story; pytest's takes ten times as long to put together.
        config.option.tbstyle = "native"
    if getattr(config.option, "dist", "no") == "load":
        config.option.dist = "loadgroup"
        config.option.loadscopereorder = False  # which knows numbers of tests, not what they take
    if hasattr(config, "workerinput"):
        # A worker reads the command line anew, and does not know what the controller made of it.
        config.option.loadgroup = config.workerinput["conformance"]["grouped"]


def scheduler(config: pytest.Config, log: Any) -> object | None:
    """Give who hands tests to the workers of a run of ours."""
    if OPTIONS not in config.stash or config.option.dist != "loadgroup":
        return None
    from conformance.harness.scheduling import Resuming  # noqa: PLC0415 - for parallel runs alone

    return Resuming(config, log)


def _seed(config: pytest.Config, options: Options) -> int:
    """Choose the seed: fixed, but for thorough runs, where each run tries something else."""
    given = getattr(config, "workerinput", {}).get("conformance", {}).get("seed")
    if given is not None:
        return int(given)
    if options.seed is not None:
        return options.seed
    return time.time_ns() % 2**32 if options.effort == "thorough" else 0


def worker(config: pytest.Config) -> Worker:
    """Give what this process works with, made at its first use."""
    if WORKER not in config.stash:
        if hasattr(config, "workerinput"):
            values: dict[str, Any] = config.workerinput["conformance"]
            name = str(config.workerinput["workerid"])
        else:
            values, name = config.stash[CONTROLLER].values, "main"
        config.stash[WORKER] = Worker(values, name, meanwhile=config.stash.get(AHEAD, []))
    return config.stash[WORKER]


def select(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what was not asked for, and put the rest in order."""
    spare({one.obj for one in items if isinstance(one, pytest.Function) and facts.rows_of(one)})
    options = config.stash[OPTIONS]
    ids = tuple(requirements.load())
    wanted = set(matching(options.selection, ids))
    out = [
        item for item in items
        if options.selection and facts.rows_of(item) and not wanted & set(facts.rows_of(item))
    ]  # fmt: skip
    if out and not _needs_all(options.selection, items):
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in set(out)]
    if hasattr(config, "workerinput"):
        column = plan.way(options.effort, read_only=options.read_only)
        ordering.for_workers(items, column)
    elif options.effort != "probe" and not options.read_only:
        config.stash[AHEAD] = ordering.for_one_process(items)


def _needs_all(selection: Iterable[str], items: Iterable[pytest.Item]) -> bool:
    """Tell whether something is selected that no test names: every answer is held against it."""
    tried = {row for item in items for row in facts.rows_of(item)}
    ids = tuple(requirements.load())
    return any(not tried & set(matching((one,), ids)) for one in selection)


def begin(item: pytest.Item) -> None:
    """Begin a test, or say why it is left out."""
    rows = facts.rows_of(item)
    if not rows:
        return
    options = item.config.stash[OPTIONS]
    worker(item.config).start_test(item.nodeid)
    for capability in sorted(options.lacks):
        if matching(LACKS[capability], rows[:1]):
            raise LeftOut("not-applicable", f"the target declares that it lacks {capability}")
    least = max((EFFORTS.index(one.args[0]) for one in item.iter_markers("effort")), default=0)
    if least > EFFORTS.index(options.effort):
        has = f"{EFFORTS[least]} has it"
        raise LeftOut("not-run", f"--effort {options.effort} leaves it out, {has}")
    if worker(item.config).budget.figures()["stopped"]:
        raise GivenUp(worker(item.config).budget.reason())


def patiently(function: pytest.Function) -> None:
    """Have a test begun anew where the connection broke; Hypothesis does that by itself."""
    if facts.rows_of(function) and not hasattr(function.obj, "hypothesis"):
        running, inner = worker(function.config), function.obj
        function.obj = lambda **arguments: running.call(lambda: inner(**arguments))


def spare(tests: Iterable[Callable[..., object]]) -> None:
    """Have Hypothesis look for no smallest example of what could not be tried: there is none.

    It lets a skip of pytest's pass as it is.
    """
    for test in tests:
        if (handle := getattr(test, "hypothesis", None)) is not None:
            handle.inner_test = _without_smaller(handle.inner_test)


def _without_smaller(inner: Callable[..., object]) -> Callable[..., object]:
    @functools.wraps(inner)
    def tried(*arguments: object, **named: object) -> object:
        try:
            return inner(*arguments, **named)
        except AnswerLost:  # which Hypothesis tries again
            raise
        except tuple(kind for kind, _ in _NO_FAILURES) as problem:
            outcome = next(word for kind, word in _NO_FAILURES if isinstance(problem, kind))
            raise LeftOut(outcome, str(problem)) from problem

    return tried


def lighten(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Have pytest make no traceback of what is no failure of a test; it takes longer than the test."""
    if not facts.rows_of(item):
        return
    problem = call.excinfo.value if call.excinfo else None
    for kind, outcome in _NO_FAILURES:
        if isinstance(problem, kind):
            light = LeftOut(outcome, str(problem))
            found = (LeftOut, light, problem.__traceback__)
            call.excinfo = pytest.ExceptionInfo.from_exc_info(found)  # type: ignore[arg-type]  # it was raised, so there is a traceback


_NO_FAILURES: Final = (
    (NotApplicable, "not-applicable"),
    (NotRun, "not-run"),
    (Unproven, "unproven"),
)


def tell(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Put on a report what the test found, and make its outcome that of the requirements."""
    rows = facts.rows_of(item)
    if not rows or WORKER not in item.config.stash:
        return
    if report.when == "setup" and report.passed:
        return
    running = worker(item.config)
    problem = call.excinfo.value if call.excinfo else None
    if report.when == "teardown":
        running.rest()
        facts.attach(report, facts.facts_of((), Ended("passed"), running))
        return
    ended = running.ended(problem)
    if ended.failure is None and isinstance(problem, LeftOut):
        ended = Ended(problem.outcome, problem.why)
    found = facts.facts_of(rows, ended, running)
    facts.attach(report, found)
    _outcome(item, report, found, problem)


def _outcome(
    item: pytest.Item,
    report: pytest.TestReport,
    found: dict[str, Any],
    problem: BaseException | None,
) -> None:
    """Make the outcome of a report that of the requirements; a fault of ours keeps its traceback."""
    catalogue, options = requirements.load(), item.config.stash[OPTIONS]
    if found["outcome"] in {"not-run", "not-applicable"}:
        _skip(report, f"{found['outcome']}: {found['why']}")
        return
    told, new = _findings(found, options, tuple(catalogue))
    if told and not new:
        _skip(report, f"deviates, as expected: {_named(told)}", is_finding=True)
    elif facts.fails({**found, "findings": new}, catalogue, options.fail_on):
        report.outcome = "failed"
        report.longrepr = failure.text(told, catalogue, worker(item.config).stories_told)
    elif told:
        _skip(report, f"warns only: {_named(new)}", is_finding=True)
    elif found["outcome"] == "unproven":
        must = any(catalogue[row].stance == "must" for row in found["rows"])
        if not must or isinstance(problem, GivenUp):
            _skip(report, f"unproven: {found['why']}")
        else:
            report.outcome = "failed"
            if isinstance(problem, Unproven | LeftOut):
                report.longrepr = f"unproven: {found['why']}"


def _findings(
    found: Mapping[str, Any], options: Options, ids: tuple[str, ...]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Give what was found of the requirements that a run is about, and what of it is no deviation."""
    wanted = set(matching(options.selection, ids) if options.selection else ids)
    for capability in options.lacks:
        wanted -= set(matching(LACKS[capability], ids))
    told = [one for one in found["findings"] if one["requirement"] in wanted]
    day = deviations.today()
    new = [one for one in told
           if not deviations.excused(options.expected, one["requirement"], one, day)]  # fmt: skip
    return told, new


def _skip(report: pytest.TestReport, why: str, *, is_finding: bool = False) -> None:
    """Have a report say why nothing failed; pytest counts findings that do not as expected failures."""
    report.outcome = "skipped"
    report.longrepr = ("conformance", None, why)  # type: ignore[assignment]  # no line to name
    if is_finding:
        report.wasxfail = why


def tellable(interrupted: pytest.ExceptionInfo[BaseException]) -> None:
    """Leave out the frames that stand on no line.

    CPython has such frames while it enters or leaves a block, and pytest trips over them.
    """
    interrupted.traceback = interrupted.traceback.filter(_has_line)


def _has_line(entry: TracebackEntry) -> bool:
    try:
        return entry.lineno >= 0
    except TypeError:
        return False


def _named(findings: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(sorted({one["requirement"] for one in findings}))


def end(config: pytest.Config) -> None:
    """Close what this process worked with, and tell the controller what it has to know."""
    if WORKER not in config.stash:
        return
    running = config.stash[WORKER]
    running.close()
    told = {**running.told(), **facts.facts_of((), Ended("passed"), running)}
    if hasattr(config, "workeroutput"):
        config.workeroutput["conformance"] = facts.packed(told)
    else:
        config.stash[CONTROLLER].hears(told)
