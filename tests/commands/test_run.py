"""Wrong usage of any command, and what a run is of."""

from pathlib import Path

import pytest

from conformance.cli import main
from conformance.commands import running
from tests.commands.saying import Say, sentence


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "the following arguments are required: COMMAND"),
        (("frob",), "invalid choice: 'frob' (choose from"),
        (("check", "--frob"), "unrecognized arguments: --frob"),
        (("check",), "no target: say --base-url URL, or --target NAME of targets.toml"),
        (("check", "--base-url", "x"), "the base URL 'x' is not absolute"),
        (("check", "--base-url", "http://localhost/v1"), "ends in /v1; leave it out"),
        (("check", "--target", "mine"), "there is no targets.toml in"),
        (("check", "--base-url", "http://localhost", "--lacks", "x"), "unknown capability 'x'"),
        (("sweep",), "the following arguments are required: LEDGER"),
        (("sweep", "none.jsonl"), "cannot read the ledger none.jsonl: No such file or directory"),
        (("diff", "a"), "the following arguments are required: NEW"),
        (("diff", "a", "b"), "cannot read a: No such file or directory; name a run.json"),
        (("diff", "a", "b", "--json", "--html", "c"), "not allowed with argument --json"),
        (("report", "none"), "cannot read none: No such file or directory"),
        (("observations", "none"), "cannot read none: No such file or directory"),
        (("requirements", "NOPE-*"), "'NOPE-*' matches none of the"),
    ],
)
def test_wrong_usage_is_told_in_one_sentence(
    say: Say, arguments: tuple[str, ...], says: str
) -> None:
    status, out, err = say(*arguments)

    assert (status, out) == (4, "")
    assert says in sentence(err)


def test_help_names_every_command(say: Say) -> None:
    status, out, _ = say("--help")

    assert status == 0
    for command in ("run", "check", "sweep", "diff", "report", "requirements", "observations"):
        assert f"    {command}" in out


def test_a_version_is_told(say: Say) -> None:
    assert say("--version")[:2] == (0, "proxy-conformance 1.0.0\n")


# run


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    (tmp_path / "test_create.py").touch()
    return tmp_path


def test_tests_are_named_as_reports_name_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    wanted = f"{running.HERE / 'test_create.py'}::test_a[b]"

    assert running.placed("conformance/test_create.py::test_a[b]") == wanted
    assert running.placed("test_create.py::test_a[b]") == wanted
    assert running.placed("test_nothing.py") == "test_nothing.py"
    assert running.placed("--effort") == "--effort"


@pytest.mark.usefixtures("elsewhere")
def test_a_file_of_the_users_own_is_meant_where_there_is_one() -> None:
    assert running.placed("test_create.py") == "test_create.py"


@pytest.mark.parametrize(
    ("arguments", "all_of_them"),
    [
        ([], True),
        (["--effort", "probe", "-n", "2"], True),
        (["--requirement", "CREATE-1"], True),
        (["test_create.py"], False),
        (["conformance/test_create.py::test_a", "-q"], False),
        (["--deselect", "conformance/test_create.py::test_a"], True),
        (["--ignore", "test_create.py"], True),
    ],
)
def test_without_a_test_all_of_the_suite_is_meant(
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    all_of_them: bool,  # noqa: FBT001 - a table
) -> None:
    asked: list[str] = []

    def run(given: list[str]) -> int:
        asked.extend(given)
        return 0

    monkeypatch.chdir("/")
    monkeypatch.setattr(pytest, "main", run)

    assert main(["run", *arguments]) == 0
    assert (asked[-1] == str(running.HERE)) is all_of_them
    assert "--import-mode=importlib" in asked
    assert "--rootdir=/" in asked


def test_a_run_is_as_strict_as_in_a_checkout() -> None:
    import tomllib  # noqa: PLC0415

    root = Path(__file__).resolve().parents[2]
    wanted = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["pytest"]
    given = running.settings()

    assert set(wanted["addopts"]) <= set(given)
    assert wanted["strict"] is True
    assert "strict=true" in given
