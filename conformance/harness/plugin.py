"""Knows pytest's hooks, and hands what happens in them to who knows more. Wiring only."""

from collections.abc import Generator, Iterator
from typing import Any

import pytest

from conformance.harness import session
from conformance.harness.controller import CONTROLLER, Controller
from conformance.harness.exits import Exit
from conformance.harness.options import WrongUsage, add_options, read
from conformance.harness.session import OPTIONS, end, heed_the_end
from conformance.harness.target import Target
from conformance.harness.worker import NewApi, Play, Worker


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(session.Hooks)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "requirement(*ids): what the test tries, its own first")
    config.addinivalue_line("markers", "effort(name): the least effort at which the test runs")
    config.addinivalue_line("markers", "xdist_group(name): tests that share what they stand on")
    if not session.concerns(config):
        return
    try:
        config.stash[OPTIONS] = read(config)
    except WrongUsage as problem:
        raise pytest.UsageError(str(problem)) from None
    session.prepare(config)


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    return session.plans(config)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    config = session.config
    options = config.stash.get(OPTIONS, None)
    if options is None or hasattr(config, "workerinput") or config.option.collectonly:
        return
    controller = Controller(config=config, options=options)
    config.stash[CONTROLLER] = controller
    config.pluginmanager.register(controller, "conformance-controller")
    heed_the_end(config)
    controller.start()
    if controller.unjudgeable is not None:
        controller.finish(session)
        pytest.exit(controller.unjudgeable, returncode=Exit.UNJUDGEABLE)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    if (controller := node.config.stash.get(CONTROLLER, None)) is not None:
        node.workerinput["conformance"] = controller.values


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object | None:
    return session.scheduler(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if OPTIONS in config.stash:
        session.select(config, items)


@pytest.hookimpl(tryfirst=True)
def pytest_keyboard_interrupt(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    session.tellable(excinfo)


def pytest_runtest_setup(item: pytest.Item) -> None:
    session.begin(item)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    session.patiently(pyfuncitem)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    session.lighten(item, call)
    report = yield
    session.tell(item, call, report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, None, None]:
    try:
        end(session.config)
    finally:
        if (controller := session.config.stash.get(CONTROLLER, None)) is not None:
            controller.finish(session)
    return (yield)


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> Worker:
    """What this process of the run works with."""
    return session.worker(request.config)


@pytest.fixture(scope="session")
def target(worker: Worker) -> Target:
    """The API under test."""
    return worker.target


@pytest.fixture(scope="session")
def new_api(worker: Worker) -> Iterator[NewApi]:
    """Begin a story: a fresh trail, and Services of its own that go with it."""
    begin, end = worker.stories()
    yield begin
    end()


@pytest.fixture(scope="session")
def play(worker: Worker) -> Play:
    """Play a story once, for several tests to judge what was recorded."""
    return worker.play
