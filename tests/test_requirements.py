"""The catalogue is whole: each row tried or excused, each statement cited, each id known."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from conformance.harness import requirements
from conformance.harness.requirements import load, matching, release
from conformance.harness.verdicts import LACKS

ROOT: Final = Path(__file__).resolve().parents[1]
CATALOGUE: Final = load()
ROWS: Final = list(CATALOGUE.values())
ID: Final = re.compile(r"[A-Z]+-[1-9][0-9]*")
STATEMENTS: Final = {f"M{number:02}" for number in range(1, 58)}
OPERATIONS: Final = {"create", "fetch", "list", "update", "delete"}


def raw() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = tomllib.loads(requirements.CATALOGUE.read_text("utf-8"))[
        "requirement"
    ]
    return rows


def named(path: Path) -> Iterator[str]:
    """Give each id that stands in the code of a file: docstrings and comments do not count."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and ID.fullmatch(node.value)
        ):
            yield node.value


def files() -> list[Path]:
    return sorted((ROOT / "conformance").glob("test_*.py")) + sorted(
        (ROOT / "conformance" / "harness").glob("*.py")
    )


NAMED: Final = {path.name: set(named(path)) for path in files()}
COLLECTING: Final = """
import json
from conformance.commands.running import collected
print(json.dumps(collected()))
"""


@pytest.fixture(scope="module")
def tests() -> dict[str, list[str]]:
    """Collect in a process of its own: pytest in pytest leaves its profile of Hypothesis behind."""
    done = subprocess.run(
        [sys.executable, "-c", COLLECTING], cwd=ROOT, capture_output=True, text=True, check=True
    )
    collected: dict[str, list[str]] = json.loads(done.stdout)
    return collected


def test_ids_are_unique() -> None:
    ids = [row["id"] for row in raw()]

    assert len(ids) == len(set(ids)) == len(CATALOGUE)
    assert all(ID.fullmatch(row) for row in ids)


def test_the_ids_of_an_area_have_no_gap() -> None:
    """An id is never reused: a row that is retired leaves its number named in the changelog."""
    retired = set(re.findall(r"[A-Z]+-[1-9][0-9]*(?= is retired)", _changelog()))
    for area in {row.id.partition("-")[0] for row in ROWS}:
        numbers = {int(row.id.partition("-")[2]) for row in ROWS if row.id.startswith(f"{area}-")}
        gone = {
            f"{area}-{number}" for number in range(1, max(numbers) + 1) if number not in numbers
        }

        assert gone <= retired


def _changelog() -> str:
    path = ROOT / "CHANGELOG.md"
    return path.read_text("utf-8") if path.exists() else ""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.id))
def test_a_row_is_well_formed(row: requirements.Requirement) -> None:
    assert row.stance in {"must", "should", "observe"}
    assert row.basis in {"documented", "vendor-spec", "vendor-client", "observed", "inferred"}
    assert set(row.statements) <= STATEMENTS
    assert set(row.operations) <= OPERATIONS
    assert row.operations or row.untested or row.id.startswith(("METHOD-", "ERROR-"))
    assert row.source
    assert row.sentence.endswith(".")
    assert "\n" not in row.sentence
    assert release(row.since) >= (1, 0, 0)


def test_every_statement_is_cited() -> None:
    assert {statement for row in ROWS for statement in row.statements} == STATEMENTS


def test_every_row_is_tried_or_excused(tests: dict[str, list[str]]) -> None:
    tried = set(tests) | set().union(*NAMED.values())

    assert [row.id for row in ROWS if row.id not in tried and not row.untested] == []


def test_what_is_excused_is_not_tried(tests: dict[str, list[str]]) -> None:
    assert [row.id for row in ROWS if row.untested and row.id in tests] == []


def test_every_id_that_a_test_or_a_monitor_names_is_known(tests: dict[str, list[str]]) -> None:
    assert sorted(set(tests) - set(CATALOGUE)) == []
    for file, ids in NAMED.items():
        assert sorted(ids - set(CATALOGUE)) == [], file


def test_every_test_names_its_requirement(tests: dict[str, list[str]]) -> None:
    marked = {test.partition("[")[0].partition("::")[2] for some in tests.values() for test in some}
    for path in sorted((ROOT / "conformance").glob("test_*.py")):
        body = ast.parse(path.read_text("utf-8")).body
        functions = {one.name for one in body if isinstance(one, ast.FunctionDef)}
        unmarked = {name for name in functions if name.startswith("test_")} - marked

        assert sorted(unmarked) == [], path.name


def test_every_lack_excuses_rows_that_there_are() -> None:
    for patterns in LACKS.values():
        for pattern in patterns:
            assert matching((pattern,), tuple(CATALOGUE)), pattern


def test_patterns_choose_in_the_order_of_the_catalogue() -> None:
    ids = ("CREATE-1", "CREATE-2", "LIST-1")

    assert matching((), ids) == ids
    assert matching(("LIST-1", "CREATE-*"), ids) == ids
    assert matching(("CREATE-[23]",), ids) == ("CREATE-2",)
    assert matching(("create-1",), ids) == ()


def test_versions_compare_as_numbers() -> None:
    assert release("1.2") == (1, 2, 0)
    assert release("1.10.0") > release("1.9.9")
    for wrong in ("", "one", "1.x"):
        with pytest.raises(ValueError, match="invalid literal"):
            release(wrong)


def test_a_row_may_be_newer_than_what_a_user_froze() -> None:
    row = ROWS[0]

    assert row.is_newer_than("0.9")
    assert not row.is_newer_than(row.since)
