"""What is put off is waited for, as long as there is hope."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import pytest

from conformance.harness import patience
from conformance.harness import wire as wires
from conformance.harness.evidence import Exchange
from conformance.harness.expect import NotRun
from conformance.harness.wire import TargetGone
from tests.servers import Seen, response, serving
from tests.wires import (
    ACCOUNT,
    BUSY,
    BUSY_FOR_NOW,
    CREATE,
    LIST,
    TOKEN,
    NewWire,
    after,
    authorized,
    fine,
)

AWAY_FOR_NOW = response(503, b"{}", "Retry-After: 0")


@pytest.mark.parametrize("first", [BUSY, BUSY_FOR_NOW, AWAY_FOR_NOW], ids=["429", "429 for", "503"])
def test_a_busy_target_is_waited_for(new_wire: NewWire, first: bytes) -> None:
    with serving(after(2, first)) as server:
        wire = new_wire(server.url)

        assert wire.send(CREATE).status == 200
        assert len(server.seen) == 3
        assert wire.budget.figures()["requests"] == 3


def test_a_busy_target_is_waited_for_as_long_as_it_says(new_wire: NewWire) -> None:
    with serving(after(1, response(429, b"{}", "Retry-After: 0.3"))) as server:
        begun = time.monotonic()
        new_wire(server.url).send(LIST)

        assert time.monotonic() - begun >= 0.3


def test_a_503_that_says_nothing_is_an_answer(new_wire: NewWire) -> None:
    with serving(lambda _, __: response(503)) as server:
        assert new_wire(server.url).send(LIST).status == 503
        assert len(server.seen) == 1


@pytest.mark.parametrize(
    "asks", ["Retry-After: 3600", "Retry-After: Fri, 30 Jul 2100 12:00:00 GMT"]
)
def test_a_target_that_asks_for_ever_is_given_up_at_once(new_wire: NewWire, asks: str) -> None:
    with serving(lambda _, __: response(429, b"{}", asks)) as server:
        wire = new_wire(server.url)
        with pytest.raises(TargetGone, match="throttles without end: 429"):
            wire.send(LIST)

        assert len(server.seen) == 1
        assert wire.budget.figures()["stopped"]


def test_a_target_that_throttles_without_end_is_given_up(
    new_wire: NewWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wires, "Patience", partial(patience.Patience, patience=0.1))
    with serving(lambda _, __: BUSY_FOR_NOW) as server:
        with pytest.raises(TargetGone, match="throttles without end"):
            new_wire(server.url).send(LIST)

        assert 1 < len(server.seen) < 50


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have patience end soon."""
    monkeypatch.setattr(wires, "Patience", partial(patience.Patience, patience=0.02))


def others_are_answered(turns: Sequence[bool]) -> Callable[[], bool]:
    """Give who tells whether others are answered: so in turn, the last for ever."""
    left = list(turns)
    return lambda: left.pop(0) if left[1:] else left[0]


@pytest.mark.usefixtures("soon")
def test_what_is_put_off_alone_is_refused_so(new_wire: NewWire) -> None:
    """Again and again, while others are answered at once; then it is judged like any answer."""
    judged: list[Exchange] = []
    with serving(lambda _, __: BUSY) as server:
        wire = new_wire(server.url, answers_others=others_are_answered([True]))
        wire.listeners.append(judged.append)
        answer = wire.send(CREATE)
        patiently = len(server.seen)
        again = wire.send(CREATE)

    assert [answer.status, again.status] == [429, 429]
    assert judged == [answer, again]
    assert len(server.seen) == patiently + 2, (
        "once seen, it is sent once more, and no more than that"
    )
    assert not wire.budget.figures()["stopped"]


@pytest.mark.usefixtures("soon")
def test_what_is_put_off_alone_and_then_answered_is_no_refusal(new_wire: NewWire) -> None:
    """Though others were refused so."""
    said = iter([BUSY] * 9)
    with serving(lambda seen, number: next(said, fine(seen, number))) as server:
        wire = new_wire(server.url, answers_others=others_are_answered([True]))
        refused = wire.send(CREATE)
        said = iter([BUSY])
        answered = wire.send(CREATE)

    assert [refused.status, answered.status] == [429, 200]


@pytest.mark.usefixtures("soon")
def test_what_wrong_credentials_are_put_off_for_says_nothing_of_others(new_wire: NewWire) -> None:
    def locked_out(seen: Seen, _: int) -> bytes:
        wrong = authorized(seen) != f"{ACCOUNT}:{TOKEN}"
        return BUSY if wrong or seen.method == "POST" else response(200, b"{}")

    with serving(locked_out) as server:
        wire = new_wire(server.url, answers_others=others_are_answered([True]))
        with pytest.raises(NotRun):
            wire.send(replace(LIST, credentials="wrong-token"))
        before = len(server.seen)
        with pytest.raises(NotRun):
            wire.send(replace(LIST, credentials="wrong-token"))
        again = len(server.seen) - before
        wire.send(CREATE)

    assert again == 1, "once seen, it is not waited for any more"
    assert len(server.seen) - before - again > 2, "but what has the right credentials is"


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("turns", [(False,), (True, True, False)])
def test_a_target_that_puts_off_others_as_well_throttles(
    new_wire: NewWire, turns: tuple[bool, ...]
) -> None:
    with serving(lambda _, __: BUSY) as server:
        wire = new_wire(server.url, answers_others=others_are_answered(turns))
        with pytest.raises(TargetGone, match="throttles without end"):
            wire.send(CREATE)


def test_what_is_answered_at_last_was_put_off_for_a_while(new_wire: NewWire) -> None:
    with serving(after(2, response(429, b"{}", "Retry-After: 3600"))) as server:
        wire = new_wire(server.url, answers_others=others_are_answered([True]))

        assert wire.send(CREATE).status == 200


@pytest.mark.usefixtures("soon")
def test_who_has_no_right_credentials_may_be_put_off_for_ever(new_wire: NewWire) -> None:
    request = replace(LIST, credentials="wrong-token")
    with serving(lambda _, __: BUSY) as server:
        wire = new_wire(server.url, answers_others=others_are_answered([True]))
        with pytest.raises(NotRun, match="429 is all that wrong credentials are answered"):
            wire.send(request)


def test_an_impatient_request_is_sent_once(new_wire: NewWire) -> None:
    with serving(lambda _, __: BUSY) as server:
        assert new_wire(server.url).send(replace(LIST, impatient=True)).status == 429
        assert len(server.seen) == 1


def test_what_is_put_off_in_a_race_is_sent_again(new_wire: NewWire) -> None:
    def busy_at_first(_: Seen, number: int) -> bytes:
        return response(429, b"{}", "Retry-After: 0") if number == 1 else response(200, b"{}")

    with serving(busy_at_first) as server:
        wire = new_wire(server.url)
        kept: list[Exchange] = []
        wire.sinks.append(kept.append)
        done = wire.race([[LIST], [LIST]])

    assert [one.status for script in done for one in script] == [200, 200]
    assert sorted(str(one.status) for one in kept) == ["200", "200", "429"]
    assert wire.budget.figures()["requests"] == 3
