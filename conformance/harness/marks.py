"""Knows the marks that tests carry, as names."""

import pytest

requirement = pytest.mark.requirement
effort = pytest.mark.effort


def of_each(table: dict[str, object], *, thrifty: int) -> list[object]:
    """Make parameters of a table, by the words that describe each; a thrifty run takes the first."""
    return [
        pytest.param(value, id=words, marks=() if index < thrifty else effort("ci"))
        for index, (words, value) in enumerate(table.items())
    ]
