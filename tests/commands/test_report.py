"""What `diff`, `report` and `observations` make of recorded runs."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from tests.commands.saying import Say, sentence
from tests.pages import runs


def recorded(folder: Path, run: dict[str, Any]) -> Path:
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(run))
    return folder


@pytest.fixture
def green(tmp_path: Path) -> Path:
    return recorded(tmp_path / "green", runs.run(red=False))


@pytest.fixture
def red(tmp_path: Path) -> Path:
    return recorded(tmp_path / "red", runs.run(red=True))


def test_a_run_that_is_no_worse_ends_well(say: Say, green: Path, red: Path) -> None:
    for old, new in ((green, green), (red, red), (red, green)):
        status, out, _ = say("diff", old, new / "run.json")

        assert status == 0
        assert out.strip()


def test_a_run_that_is_worse_does_not(say: Say, green: Path, red: Path) -> None:
    status, out, _ = say("diff", green, red)

    assert status == 1
    assert out.splitlines()[-1].startswith("Worse: ")


def test_a_difference_is_told_as_json(say: Say, green: Path, red: Path) -> None:
    status, out, _ = say("diff", green, red, "--json")

    assert status == 1
    assert json.loads(out)["worse"] is True


def test_a_difference_is_written_as_a_page(
    say: Say, green: Path, red: Path, tmp_path: Path
) -> None:
    status, out, _ = say("diff", green, red, "--html", tmp_path / "diff.html")

    assert status == 1
    assert "Written: " in out
    assert (tmp_path / "diff.html").read_text().lower().startswith("<!doctype html>")


def test_a_page_that_cannot_be_written_is_told(say: Say, green: Path) -> None:
    status, _, err = say("diff", green, green, "--html", "none/diff.html")

    assert status == 4
    assert "cannot write none/diff.html: No such file or directory" in sentence(err)


PAGES: Final = {"index.html", "summary.md", "junit.xml", "ctrf.json", "badge.svg"}


def test_the_pages_of_a_run_are_made_again(say: Say, red: Path, tmp_path: Path) -> None:
    assert say("report", red, "--to", tmp_path / "there")[0] == 0
    assert say("report", red / "run.json")[0] == 0

    for folder in (red, tmp_path / "there"):
        there = {path.name for path in folder.iterdir()}
        linked = re.findall(r'<a href="([\w.]+)">', (folder / "index.html").read_text())
        assert there >= PAGES | set(linked) | {"run.json"}


def test_pages_that_cannot_be_written_are_told(say: Say, red: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    status, _, err = say("report", red, "--to", tmp_path / "file")
    assert status == 4
    assert "cannot write to " in sentence(err)


def test_observations_are_printed_as_toml(say: Say, red: Path) -> None:
    import tomllib  # noqa: PLC0415

    status, out, _ = say("observations", red)

    assert status == 0
    assert tomllib.loads(out)["observation"]


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("<html>", "is not JSON"),
        ("[]", "is no run.json of this suite: at its top"),
        ("{}", "is no run.json of this suite: at its top"),
        (json.dumps({**runs.run(), "format": 2}), "at /format, 1 was expected"),
        (json.dumps({**runs.run(), "requirements": [5]}), "at /requirements/0"),
    ],
    ids=["HTML", "an array", "nothing", "another format", "a wrong row"],
)
def test_what_is_no_record_of_a_run_is_told(
    say: Say, tmp_path: Path, written: str, says: str
) -> None:
    path = tmp_path / "run.json"
    path.write_text(written)
    for command in (("diff", path, path), ("report", path), ("observations", path)):
        status, out, err = say(*command)

        assert (status, out) == (4, "")
        assert says in sentence(err)
        assert len(err) < 400
