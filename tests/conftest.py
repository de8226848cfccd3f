"""Holds our own tests to more than a user's run: there, a warning of a dependency stays one."""

from pathlib import Path

import pytest
from hypothesis import settings

# Nothing here is a timed test: a busy machine fails none.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.filterwarnings("error"))
