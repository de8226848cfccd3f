"""What `requirements` lists."""

import json

import pytest

from tests.commands.saying import Say


def test_requirements_are_listed(say: Say) -> None:
    status, out, _ = say("requirements", "CREATE-1", "LIST-*")

    lines = out.splitlines()
    assert status == 0
    assert lines[0].split(maxsplit=2) == [
        "CREATE-1",
        "must",
        "A create that is accepted answers 201.",
    ]
    assert {line.partition("-")[0] for line in lines} == {"CREATE", "LIST"}


def test_requirements_are_listed_as_json(say: Say) -> None:
    rows = json.loads(say("requirements", "--json")[1])

    assert {row["id"] for row in rows} == set(running_ids())
    assert set(rows[0]) >= {"id", "sentence", "stance", "basis", "source", "statements"}


def running_ids() -> list[str]:
    from conformance.harness.requirements import load  # noqa: PLC0415

    return list(load())


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"CREATE-1": ["test_create.py::test_it[a]", "test_create.py::test_it[b]"]}
    monkeypatch.setattr("conformance.commands.catalogue.collected", lambda: found)


@pytest.mark.usefixtures("collected")
def test_a_long_list_says_how_we_know_and_what_tries_it(say: Say) -> None:
    out = say("requirements", "CREATE-1", "SERVICE-14", "--long")[1]

    assert "basis       vendor-spec: vendor OpenAPI" in out
    assert "statements  M30" in out
    assert out.count("tried by    test_create.py::test_it\n") == 1
    assert "tried by    every answer that says something about it" in out
    assert "tests" in json.loads(say("requirements", "CREATE-1", "--long", "--json")[1])[0]
