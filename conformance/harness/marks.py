"""Knows the marks that tests carry, as names."""

from collections.abc import Mapping

import pytest
from _pytest.mark.structures import ParameterSet

requirement = pytest.mark.requirement
effort = pytest.mark.effort


def of_each(table: Mapping[str, object], *, thrifty: int) -> list[ParameterSet]:
    """Make parameters of a table, by the words that describe each; a thrifty run takes the first."""
    return [
        pytest.param(value, id=words, marks=() if index < thrifty else effort("ci"))
        for index, (words, value) in enumerate(table.items())
    ]
