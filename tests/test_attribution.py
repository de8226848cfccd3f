"""What is wrong is told first, and what follows from it is folded under it."""

from typing import Any

import pytest

from conformance.harness.attribution import attribute


def row(
    id: str, where: str = "status", stance: str = "must", expected: str = "a 4xx"
) -> dict[str, Any]:
    violation = {"where": where, "expected": expected, "found": "200", "exchange": None}
    return {
        "id": id, "stance": stance, "verdict": "violated", "follows": None,
        "violations": [violation],
    }  # fmt: skip


def follows(*rows: dict[str, Any]) -> dict[str, str | None]:
    attribute(rows)
    return {one["id"]: one["follows"] for one in rows}


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        pytest.param(
            [row("LIFE-1", "the walk"), row("CREATE-4", "/default_ttl")],
            {"CREATE-4": None, "LIFE-1": "CREATE-4"},
            id="a whole life follows from what a create loses",
        ),
        pytest.param(
            [row("SERVICE-2", "/unique_name"), row("REFUSE-4")],
            {"REFUSE-4": None, "SERVICE-2": "REFUSE-4"},
            id="a name too long is shown since it was accepted",
        ),
        pytest.param(
            [row("SERVICE-2", "/unique_name"), row("REFUSE-6")],
            {"REFUSE-6": None, "SERVICE-2": None},
            id="a name too long has nothing to do with a level accepted",
        ),
        pytest.param(
            [row("FETCH-2", "/default_ttl"), row("CREATE-11", "/default_ttl")],
            {"CREATE-11": None, "FETCH-2": "CREATE-11"},
            id="what is about one property follows from the most basic of it",
        ),
        pytest.param(
            [row("CREATE-1", expected="201"), row("NAME-1")],
            {"CREATE-1": None, "NAME-1": None},
            id="a duplicate accepted has nothing to do with how creates are accepted",
        ),
        pytest.param(
            [row("CREATE-1", expected="201"), row("CREATE-2", expected="201 or 4XX")],
            {"CREATE-2": None, "CREATE-1": "CREATE-2"},
            id="one operation that answers one wrong status is one defect",
        ),
        pytest.param(
            [row("NAME-9", stance="should"), row("NAME-1")],
            {"NAME-1": None, "NAME-9": "NAME-1"},
            id="a should follows from a must",
        ),
    ],
)
def test_what_builds_on_others_follows_from_them(
    rows: list[dict[str, Any]], found: dict[str, str | None]
) -> None:
    assert follows(*rows) == found
    assert follows(*reversed(rows)) == found
