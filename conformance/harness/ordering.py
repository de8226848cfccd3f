"""Knows in which order tests are best run, and which of them one worker is best handed together."""

from collections import Counter, defaultdict
from collections.abc import Callable

import pytest

from conformance.harness import breadth, facts, plan
from conformance.harness.contract import DOCUMENT

GENERATING = "test_contract.py"
"""The file of tests that need cases which take long to be generated."""


def for_one_process(items: list[pytest.Item]) -> list[Callable[[], object]]:
    """Put last what needs generated cases; give what generates them, to be called before it."""
    items.sort(key=_generates)
    return breadth.generating(DOCUMENT) if any(map(_generates, items)) else []


def _generates(item: pytest.Item) -> bool:
    return item.path.name == GENERATING


def for_workers(items: list[pytest.Item], column: str) -> None:
    """Keep together the tests that stand on the same recordings, and put first what takes longest.

    What a group takes is told by what its files were measured to send: by a column of the table
    that `plan` reads.
    """
    for item in items:
        if facts.rows_of(item) and not item.get_closest_marker("xdist_group"):
            for name in _recordings(item)[-1:]:  # on which the others stand
                item.add_marker(pytest.mark.xdist_group(name))
    tests = Counter(item.path.name for item in items)
    requests = plan.requests(column)
    weights: defaultdict[str, float] = defaultdict(float)
    for item in items:
        weights[_group(item)] += requests.get(item.path.name, 0) / tests[item.path.name]
    items.sort(key=lambda item: -weights[_group(item)])


def _group(item: pytest.Item) -> str:
    marker = item.get_closest_marker("xdist_group")
    return str(marker.args[0]) if marker else item.nodeid


def _recordings(item: pytest.Item) -> list[str]:
    """Give the session-wide fixtures of a test's own module, which are best made once."""
    manager = item.session._fixturemanager  # noqa: SLF001 - pytest offers no other way
    return [
        f"{item.path.stem}-{name}"
        for name in getattr(item, "fixturenames", ())
        for definition in manager.getfixturedefs(name, item) or ()
        if definition.scope == "session" and ".py" in definition.baseid
    ]
