"""The line that says how far a run is: a share of its requests, a name, the time that is left."""

from types import SimpleNamespace
from typing import Any

import pytest

from conformance.harness.progress import Progress

NODE = "conformance/test_crowd.py::test_a_page_holds_50_by_default[x]@pages"


def progress(*, sent: int, expected: int, width: int = 200, **counts: int) -> Progress:
    reporter: Any = SimpleNamespace(_tw=SimpleNamespace(fullwidth=width))
    made = Progress(reporter=reporter, requests=lambda: sent, expected=expected, started=100.0)
    made.total, made.done = counts.get("total", 0), counts.get("done", 0)
    return made


@pytest.mark.parametrize(
    ("sent", "expected", "total", "done", "line"),
    [
        pytest.param(
            500, 2000, 600, 10, " 25%  500 requests  about 30 s left  a page holds 50 by default",
            id="requests count, tests do not",
        ),
        pytest.param(
            2500, 2000, 600, 599, " 99%  2,500 requests  about 0 s left  a page holds 50 by default",
            id="more requests than were expected",
        ),
        pytest.param(
            7, 2000, 600, 300, "  0%  7 requests  a page holds 50 by default",
            id="too early to tell",
        ),
        pytest.param(
            7, 0, 10, 5, " 50%  7 requests  about 10 s left  a page holds 50 by default",
            id="nobody knows how many requests",
        ),
        pytest.param(
            0, 0, 0, 0, "  0%  0 requests  a page holds 50 by default",
            id="before anything was collected",
        ),
    ],
)  # fmt: skip
def test_the_line_says_how_far_a_run_is(
    sent: int, expected: int, total: int, done: int, line: str
) -> None:
    made = progress(sent=sent, expected=expected, total=total, done=done)

    assert made.line(NODE, 110.0) == line


def test_the_line_is_cut_to_the_width_of_the_terminal() -> None:
    assert progress(sent=0, expected=0, width=20).line(NODE, 110.0) == "  0%  0 requests  a"
