"""In which order tests are run: what takes longest first, what stands on the same recording together."""

import pytest

from conformance.harness import breadth, ordering, plan
from conformance.harness.contract import DOCUMENT

pytest_plugins = ["pytester"]
LONG = """
import pytest
from conformance.harness.marks import requirement

@pytest.fixture(scope="session")
def recorded():
    return 1

@pytest.fixture(scope="session")
def looked_up(recorded):
    return recorded

@requirement("CREATE-1")
def test_a(recorded): pass

def test_b(): pass

@requirement("CREATE-1")
def test_c(looked_up): pass
"""
SHORT = """
import pytest
from conformance.harness.marks import requirement

@requirement("CREATE-1")
def test_d(): pass
"""


def collected(pytester: pytest.Pytester, **files: str) -> list[pytest.Item]:
    pytester.makepyfile(**files)
    config = pytester.parseconfigure("-p", "no:cacheprovider", "--import-mode=importlib")
    config.addinivalue_line("markers", "requirement(*ids): as the plugin has it")
    config.addinivalue_line("markers", "xdist_group(name): as xdist has it")
    session = pytester.getnode(config, pytester.path)
    return list(session.session.genitems(session))


def test_what_needs_generated_cases_comes_last(pytester: pytest.Pytester) -> None:
    items = collected(pytester, test_contract=SHORT, test_create=LONG)

    ahead = ordering.for_one_process(items)

    assert [item.name for item in items] == ["test_a", "test_b", "test_c", "test_d"]
    assert len(ahead) == 2 * len(breadth.OPERATIONS)


def test_nothing_is_generated_that_nothing_needs(pytester: pytest.Pytester) -> None:
    assert ordering.for_one_process(collected(pytester, test_create=LONG)) == []


def test_cases_that_were_generated_ahead_are_those_that_are_sent() -> None:
    for generate in breadth.generating(DOCUMENT):
        generate()

    before = breadth.coverage_cases.cache_info().misses
    breadth.coverage_cases(DOCUMENT, "CreateService")

    assert breadth.coverage_cases.cache_info().misses == before


def test_workers_begin_with_what_sends_most(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what was measured of each file; the tests of one recording count as one, and stay together."""
    monkeypatch.setattr(
        plan, "requests", {"ci": {"test_long.py": 30, "test_short.py": 15}}.__getitem__
    )
    items = collected(pytester, test_short=SHORT, test_long=LONG)

    ordering.for_workers(items, "ci")

    assert [item.name for item in items] == ["test_a", "test_c", "test_d", "test_b"]
    groups = [[mark.args[0] for mark in item.iter_markers("xdist_group")] for item in items]
    assert groups == [["test_long-recorded"], ["test_long-recorded"], [], []]
