"""Waiting for a busy target ends, and takes the time that the target asked for."""

import threading
import time
from email.utils import formatdate

import pytest

from conformance.harness import patience
from conformance.harness.patience import Patience, asked_pause, is_busy
from tests.exchanges import exchange, lost


def busy(status: int, *after: str) -> bool:
    headers = tuple(("Retry-After", value) for value in after)
    return is_busy(exchange(status=status, response_headers=headers))


def test_a_target_is_busy_that_says_so() -> None:
    assert busy(429)
    assert busy(429, "1")
    assert busy(503, "1")


def test_a_target_that_fails_is_not_busy() -> None:
    assert not busy(503)
    assert not busy(500, "1")
    assert not busy(200, "1")
    assert not is_busy(lost())


def pause(value: str) -> float | None:
    return asked_pause(exchange(status=429, response_headers=(("retry-after", value),)))


@pytest.mark.parametrize(
    ("value", "seconds"), [("0", 0.0), ("2", 2.0), ("1.5", 1.5), ("-3", 0.0), (" 4 ", 4.0)]
)
def test_retry_after_is_read_in_seconds(value: str, seconds: float) -> None:
    assert pause(value) == seconds


def test_retry_after_is_read_as_a_date() -> None:
    later = pause(formatdate(time.time() + 30, usegmt=True))

    assert later is not None
    assert 27 < later <= 30
    assert pause("Thu, 30 Jul 2015 12:00:00 GMT") == 0.0


def test_a_date_is_held_against_the_clock_of_the_target() -> None:
    """Which may be minutes ahead of ours."""
    headers = (
        ("Date", "Thu, 30 Jul 2099 12:00:00 GMT"),
        ("Retry-After", "Thu, 30 Jul 2099 12:00:05 GMT"),
    )

    assert asked_pause(exchange(status=429, response_headers=headers)) == 5.0


@pytest.mark.parametrize(
    "value", ["", "soon", "nan", "inf", "-inf", "1e999", "Thu, 99 Jul 2015 12:00:00 GMT"]
)
def test_an_unreadable_retry_after_asks_for_nothing(value: str) -> None:
    assert pause(value) is None


def test_without_retry_after_nothing_is_asked() -> None:
    assert asked_pause(exchange(status=429)) is None


def test_what_is_asked_is_waited() -> None:
    waiting, start = Patience(), time.monotonic()

    assert waiting.wait(0.05)
    assert time.monotonic() - start >= 0.05
    assert (waiting.times, waiting.waited) == (1, 0.05)


def test_patience_ends() -> None:
    waiting = Patience(patience=0.05)

    assert waiting.wait(0.06)
    assert not waiting.wait(0.01)


def test_a_target_may_not_ask_for_ever() -> None:
    assert not Patience().wait(patience.LONGEST_ASKED + 1)


def test_a_target_that_asks_for_no_time_at_all_runs_out_of_patience() -> None:
    waiting, tries = Patience(patience=0.5), 0
    while waiting.wait(0.0) and tries < 100:
        tries += 1

    assert tries < 10


def test_pauses_grow_with_jitter_up_to_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(threading.Event, "wait", lambda _, seconds: pauses.append(seconds))
    waiting = Patience(patience=1e6)
    for _ in range(12):
        waiting.wait()

    for number, seconds in enumerate(pauses):
        most = min(patience.LONGEST_PAUSE, patience.FIRST_PAUSE * 2**number)
        assert most / 2 <= seconds <= most
