"""What the README says is there is there, and what is there is in the README."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.commands import arguments
from conformance.harness import options, requirements
from conformance.harness.account_model import AccountOperation, Create, Created
from conformance.harness.linearizability import Operation
from conformance.harness.target import CAPABILITIES
from conformance.harness.witness import draw
from conformance.pages.folder import write_all
from emulator import catalogue
from emulator.options import parser
from tests.pages import runs

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SIDS = "KSb0dbfbd69dc14184d893116794908469", "KSe3fa1bd72bc17906593d5e61577aae4a"


class Registered(list[str]):
    """Takes the place of pytest's parser, and keeps the names of what is registered."""

    def getgroup(self, *_: str) -> "Registered":
        return self

    def addoption(self, name: str, **_: object) -> None:
        self.append(name)


def rows_of(heading: str) -> list[list[str]]:
    """Give the cells of the table below a heading of its own."""
    lines = README.partition(f"\n| {heading} |")[2].splitlines()[2:]
    table = lines[: next(i for i, line in enumerate([*lines, ""]) if not line.startswith("|"))]
    return [re.split(r"(?<!\\)(?<!`) \| ", line.strip("| ")) for line in table]


def words(command: str) -> Iterator[list[str]]:
    """Give each line of the README that runs a command, as its arguments."""
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL):
        for line in block.splitlines():
            arguments = shlex.split(line.replace("&", ""), comments=True)
            if arguments[:1] == [command]:
                yield arguments[1:]


def test_the_table_of_options_is_the_one_that_pytest_takes() -> None:
    registered = Registered()
    options.add_options(registered)  # type: ignore[arg-type]  # as much of a parser as it takes

    told = re.findall(r"--[a-z-]+", " ".join(cells[0] for cells in rows_of("option")))

    assert sorted(told) == sorted([*registered, "--base-url"])


@pytest.mark.parametrize("name", [*CAPABILITIES, *options.KEYS, *options.EFFORTS])
def test_every_word_that_an_option_or_a_target_takes_is_named(name: str) -> None:
    assert re.search(rf"[`|]{name}[`|\\]|\n{name} = ", README)


def test_every_command_is_named() -> None:
    listed = arguments.parser().format_help().partition("COMMAND\n")[2]
    commands = re.findall(r"^    (\w+)", listed, re.MULTILINE)

    assert len(commands) >= 7
    assert [name for name in commands if f"proxy-conformance {name}" not in README] == []


def test_every_file_of_a_report_is_named(tmp_path: Path) -> None:
    write_all(runs.run(), tmp_path)
    told = " ".join(cells[0] for cells in rows_of("file"))

    made = {path.name.replace("CREATE-4", "ID") for path in tmp_path.rglob("*CREATE-4*")}
    made |= {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert {name for name in made if name not in told} == set()


@pytest.mark.parametrize("given", list(words("proxy-emulator")), ids=" ".join)
def test_what_the_emulator_is_started_with_it_takes(
    given: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file.toml").write_text('[[account]]\nsid = "AC' + "0" * 32 + '"\ntoken = "t"\n')

    chosen = parser().parse_args(given)

    assert set(chosen.fault) <= set(catalogue.faults())
    assert set(chosen.variant) <= set(catalogue.variants())


def test_the_sample_of_a_failure_is_what_a_run_prints() -> None:
    sample = README.partition("## How to read a failure\n\n```\n")[2].partition("\n```")[0]
    claim, _, *_, drawing = sample.split("\n", 4)
    races = [won(4, 0.0, 0.0240, SIDS[0]), won(1, 0.0003, 0.0233, SIDS[1])]
    row = requirements.load()["RACE-1"]

    assert claim == f"RACE-1 ({row.stance}): {row.sentence}"
    assert drawing.endswith(draw(races).rstrip())


def won(thread: int, start: float, end: float, sid: str) -> AccountOperation:
    name = "pc-57ac24a3-m000019"
    return Operation(
        thread=thread, start=start, end=end,
        request=Create(name=name), answer=Created(sid=sid, name=name),
    )  # fmt: skip
