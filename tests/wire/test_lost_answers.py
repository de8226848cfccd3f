"""An answer that is broken or does not come is told as such, and asked for again where that is safe."""

import gzip
import json
import time

import pytest

from conformance.harness import patience
from conformance.harness.budget import GIVEN_UP
from conformance.harness.evidence import Exchange
from conformance.harness.wire import AnswerLost, Request, TargetGone
from tests.servers import Seen, closed_port, dripping, hanging, response, serving
from tests.wires import CREATE, LIST, NewWire, after


def test_a_body_that_is_not_encoded_as_it_says_is_an_answer(new_wire: NewWire) -> None:
    def mislabelled(_: Seen, __: int) -> bytes:
        return response(200, b'{"services": []}', "Content-Encoding: gzip")

    with serving(mislabelled) as server:
        exchange = new_wire(server.url).send(LIST)

    assert exchange.status == 200
    assert not exchange.is_json
    assert exchange.response_body.startswith(b"(this body is not encoded as Content-Encoding: gzip")


def test_a_lost_answer_to_a_safe_request_is_asked_for_again(new_wire: NewWire) -> None:
    with serving(after(2, None)) as server:
        assert new_wire(server.url).send(LIST).status == 200
        assert len(server.seen) == 3


def test_a_lost_answer_to_a_create_is_not(new_wire: NewWire) -> None:
    with serving(after(1, None)) as server:
        with pytest.raises(AnswerLost, match="no answer to POST /v1/Services: "):
            new_wire(server.url).send(CREATE)

        assert len(server.seen) == 1


def test_an_answer_that_is_cut_is_lost(new_wire: NewWire) -> None:
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"

    def answer(_: Seen, number: int) -> bytes | None:
        return cut if number == 1 else None

    with serving(answer) as server, pytest.raises(AnswerLost):
        new_wire(server.url, timeout=0.3).send(CREATE)
    assert len(server.seen) == 1


def test_a_fragile_request_may_find_no_answer(new_wire: NewWire) -> None:
    request = Request(method="POST", path="/v1/Services", body=b"\0", fragile=True)
    with serving(lambda _, __: None) as server:
        exchange = new_wire(server.url).send(request)

        assert exchange.status is None
        assert exchange.failure
        assert len(server.seen) == 1


@pytest.mark.parametrize("request_", [LIST, CREATE], ids=["list", "create"])
def test_a_closed_port_is_tried_again_then_told(new_wire: NewWire, request_: Request) -> None:
    wire = new_wire(closed_port())
    with pytest.raises(AnswerLost, match="ConnectError"):
        wire.send(request_)

    assert wire.budget.figures()["requests"] == patience.RETRIES


def test_a_target_that_is_gone_is_given_up_for_all(new_wire: NewWire) -> None:
    wire = new_wire(closed_port())
    for _ in range(GIVEN_UP // patience.RETRIES - 1):
        with pytest.raises(AnswerLost):
            wire.send(LIST)
    with pytest.raises(TargetGone, match="does not answer any more"):
        wire.send(LIST)

    sent = wire.budget.figures()["requests"]
    with pytest.raises(Exception, match="does not answer any more"):
        wire.send(LIST)
    assert wire.budget.figures()["requests"] == sent


def test_a_target_that_hangs_is_not_waited_for_again(new_wire: NewWire) -> None:
    with hanging() as url:
        begun = time.monotonic()
        with pytest.raises(AnswerLost, match="ReadTimeout"):
            new_wire(url, timeout=0.3, again_within=0.3).send(LIST)

    assert time.monotonic() - begun < 2


def test_what_is_lost_in_a_race_is_not_sent_again(new_wire: NewWire) -> None:
    with serving(lambda _, __: None) as server:
        wire = new_wire(server.url)
        judged: list[Exchange] = []
        wire.listeners.append(judged.append)
        done = wire.race([[LIST], [LIST]])

        assert [one.status for script in done for one in script] == [None, None]
        assert judged == []
        assert len(server.seen) == 2


@pytest.mark.parametrize(
    "said",
    [
        response(204, b'{"deleted": true}'),
        b"HTTP/1.1 204 Said\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ids=["a body", "chunks"],
)
def test_what_follows_where_nothing_may_is_not_taken_for_the_next_answer(
    new_wire: NewWire, said: bytes
) -> None:
    with serving(after(1, said)) as server:
        wire = new_wire(server.url)
        first, second = wire.send(CREATE), wire.send(CREATE)

    assert (first.status, first.response_body) == (204, b"")
    assert second.status == 200
    assert len(server.seen) == 2


def test_an_answer_without_an_end_is_lost(new_wire: NewWire) -> None:
    with dripping(pause=0.05) as url:
        begun = time.monotonic()
        with pytest.raises(AnswerLost, match="ReadTimeout"):
            new_wire(url, timeout=0.3, again_within=0.0).send(LIST)

    assert time.monotonic() - begun < 3


def test_compressed_answers_are_read(new_wire: NewWire) -> None:
    with serving(
        lambda _, __: response(200, gzip.compress(b'{"a": 1}'), "Content-Encoding: gzip")
    ) as server:
        assert new_wire(server.url).send(LIST).object() == {"a": 1}


@pytest.mark.parametrize(
    "said",
    [
        response(200, b"not gzip", "Content-Encoding: gzip"),
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 999 \r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        response(200, b"\xff\xfe\x00", kind="text/html; charset=nonsense"),
        response(204, b"") + b"more than was said",
        response(200, b"[" * 200_000),
    ],
    ids=["gzip", "length", "no HTTP", "999", "chunks", "charset", "more", "deep"],
)
def test_an_answer_however_wrong_is_an_exchange_or_lost(new_wire: NewWire, said: bytes) -> None:
    with serving(lambda _, __: said) as server:
        try:
            exchange = new_wire(server.url, timeout=1.0).send(CREATE)
        except AnswerLost:
            return
        assert json.dumps(exchange.as_values())
        assert exchange.object() == {}
