import re
from typing import Any

import pytest

from conformance.pages.terminal import summary
from conformance.pages.text import cells
from tests.pages import runs

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def lines(run: dict[str, Any], width: int = 100) -> list[str]:
    return summary(run, colour=False, width=width).split("\n")


def test_a_good_run_takes_a_dozen_lines() -> None:
    said = lines(runs.run(red=False))

    assert 8 <= len(said) <= 12
    assert said[-1] == "Conforms: all 153 musts tried are held."
    assert "127.0.0.1:8080" in said[0]
    assert "effort ci" in said[1]
    assert "seed 20261124" in said[1]
    assert "1,312 requests in 14.4 s on 4 workers" in said[1]


def test_a_bad_run_takes_forty_lines_and_says_what_where_and_why() -> None:
    said = lines(runs.run())
    text = "\n".join(said)

    assert len(said) <= 44
    assert "✗ CREATE-4  A create keeps the DefaultTtl that was sent." in text
    assert "at /default_ttl: expected 3600, found 0" in text
    assert "… and 2 that follow from it: FETCH-2, UPDATE-3" in text
    assert not re.search(r"^  ✗ FETCH-2", text, re.MULTILINE)
    assert "? 1 requirement unproven: the account held no Service" in text
    assert "≠ LIST-9  deviations file, line 12: stale" in text
    assert "proxy-conformance sweep reports/latest/ledger.jsonl" in text
    assert said[-1].startswith("Does not conform: of 149 musts tried, 10 are violated")


def test_the_report_is_named_where_it_lies() -> None:
    text = "\n".join(lines(runs.run() | {"report_dir": "out/x"}))

    assert "Report: out/x/index.html" in text
    assert "sweep out/x/ledger.jsonl" in text


@pytest.mark.parametrize("name", sorted(runs.RUNS))
@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_no_line_of_prose_is_wider_than_the_terminal(name: str, width: int) -> None:
    said = lines(runs.RUNS[name](), width)

    wide = [line for line in said if cells(line) > max(width, 40)]
    allowed = r"( *(must|should|observe|✗|✓|\?|✗) .*)|(  proxy-conformance sweep .*)|(\d+ Serv.*)"
    last = said[-1]
    assert [line for line in wide if line != last and not re.fullmatch(allowed, line)] == []


@pytest.mark.parametrize("name", sorted(runs.RUNS))
def test_colour_changes_no_word_and_no_target_speaks_to_the_terminal(name: str) -> None:
    run = runs.RUNS[name]()

    coloured = summary(run, colour=True, width=100)

    assert ANSI.sub("", coloured) == summary(run, colour=False, width=100)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066]", ANSI.sub("", coloured))


def test_a_run_without_a_verdict_says_why() -> None:
    said = lines(runs.not_judged())

    assert said[-1].startswith("Not judged: http://127.0.0.1:8080 cannot be reached")
    assert len(said) < 15


def test_rows_that_follow_each_other_in_a_circle_are_shown() -> None:
    run = runs.run()
    for row in run["requirements"]:
        row["follows"] = {"CREATE-4": "FETCH-2", "FETCH-2": "CREATE-4"}.get(row["id"])

    text = "\n".join(lines(run))

    assert "CREATE-4" in text
    assert "FETCH-2" in text
