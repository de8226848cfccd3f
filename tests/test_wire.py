"""Requests are sent as they stand, patiently, within the budget, whatever the target does."""

import base64
import gzip
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from conformance.harness import patience
from conformance.harness import wire as wires
from conformance.harness.budget import GIVEN_UP, BudgetSpent, Limits
from conformance.harness.evidence import REDACTED, Credentials, Exchange
from conformance.harness.expect import NotRun, Unproven
from conformance.harness.target import Account
from conformance.harness.wire import AnswerLost, Request, TargetGone, Wire, encode
from tests.servers import Answer, Seen, Server, closed_port, hanging, response, serving
from tests.wires import ACCOUNT, OTHER, TOKEN, NewWire
from tests.wires import wire as make

LIST = Request(method="GET", path="/v1/Services", operation="list", safe=True)
CREATE = Request(method="POST", path="/v1/Services", operation="create", body=b"UniqueName=x")


@pytest.fixture
def new_wire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NewWire]:
    monkeypatch.setattr(patience, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(patience, "LONGEST_PAUSE", 0.02)
    opened: list[Wire] = []

    def new(url: str, **other: Any) -> Wire:
        opened.append(make(tmp_path, url, **other))
        return opened[-1]

    yield new
    for one in opened:
        one.close()


def fine(_: Seen, __: int) -> bytes:
    return response(200, b'{"services": []}')


def after(times: int, first: bytes | None) -> Answer:
    """Answer so for some times, then as it should be."""

    def answer(seen: Seen, number: int) -> bytes | None:
        return first if number <= times else fine(seen, number)

    return answer


BUSY = response(429, b"{}")
BUSY_FOR_NOW = response(429, b"{}", "Retry-After: 0")
AWAY_FOR_NOW = response(503, b"{}", "Retry-After: 0")


def test_a_body_that_is_not_encoded_as_it_says_is_an_answer(new_wire: NewWire) -> None:
    def mislabelled(_: Seen, __: int) -> bytes:
        return response(200, b'{"services": []}', "Content-Encoding: gzip")

    with serving(mislabelled) as server:
        exchange = new_wire(server.url).send(LIST)

    assert exchange.status == 200
    assert not exchange.is_json
    assert exchange.response_body.startswith(b"(this body is not encoded as Content-Encoding: gzip")


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
    assert len(server.seen) == patiently + 1, "once seen, it is not waited for any more"
    assert not wire.budget.figures()["stopped"]


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


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer(new_wire: NewWire, status: int) -> None:
    with serving(fine) as elsewhere:
        to = f"Location: {elsewhere.url}/v1/Services"
        with serving(lambda _, __: response(status, b"", to)) as server:
            assert new_wire(server.url).send(LIST).status == status

        assert elsewhere.seen == []


PATHS = [
    "/v1/Services/KS%2Fx",
    "/v1/Services/..%2e",
    "/v1/Services/%00",
    "/v1/Services/a%20b?c=d%26e&f",
    "/v1//Services",
    "/v1/Services/../Services",
    "/v1/Services/.",
    "/v1/Services/%7e%41",
    "/v1/Services?PageSize=%F0%9F%98%80",
    "/v1/Services?",
    "/v1/Services/a;b=c:d@e",
]


@pytest.mark.parametrize("path", PATHS)
def test_odd_paths_are_sent_as_they_stand(new_wire: NewWire, path: str) -> None:
    with serving(fine) as server:
        new_wire(server.url).send(Request(method="GET", path=path))

    assert server.seen[0].target == path.removesuffix("?")


def test_a_prefix_of_the_base_url_stands_before_each_path(new_wire: NewWire) -> None:
    with serving(fine) as server:
        wire = new_wire(f"{server.url}/deep/er")
        exchange = wire.send(LIST)

    assert server.seen[0].target == "/deep/er/v1/Services"
    assert exchange.url == f"{server.url}/deep/er/v1/Services"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        (
            "https://proxy.twilio.com/v1/Services?Page=1&PageToken=a%2Fb",
            "/v1/Services?Page=1&PageToken=a%2Fb",
        ),
        ("https://proxy.twilio.com/deep/v1/Services", "/v1/Services"),
        ("/v1/Services/KS1", "/v1/Services/KS1"),
        ("https://proxy.twilio.com", "/"),
        ("?Page=2", "/?Page=2"),
    ],
)
def test_urls_of_answers_are_followed_below_the_base_url(
    new_wire: NewWire, url: str, path: str
) -> None:
    assert new_wire("http://127.0.0.1:1/deep").path_of(url) == path


@pytest.mark.parametrize("url", ["http://[", "http://[::1/v1", "http://a\u2100b.example/x"])
def test_a_url_that_is_none_cannot_be_followed(new_wire: NewWire, url: str) -> None:
    with pytest.raises(Unproven, match="cannot be followed"):
        new_wire("http://127.0.0.1:1").path_of(url)


def authorized(server: Server) -> str:
    return base64.b64decode(
        server.seen[-1].headers["authorization"].removeprefix("Basic ")
    ).decode()


def sent_as(wire: Wire, credentials: Credentials) -> Exchange:
    return wire.send(Request(method="GET", path="/", credentials=credentials))


def test_each_credentials_are_what_they_are_called(new_wire: NewWire) -> None:
    with serving(fine) as server:
        wire = new_wire(server.url, other=OTHER)
        sent_as(wire, "own")
        assert authorized(server) == f"{ACCOUNT}:{TOKEN}"
        sent_as(wire, "other-account")
        assert authorized(server) == f"{OTHER.user}:{OTHER.password}"
        sent_as(wire, "other-token")
        assert authorized(server) == f"{ACCOUNT}:{OTHER.password}"
        sent_as(wire, "wrong-token")
        user, token = authorized(server).split(":")
        assert (user, token != TOKEN) == (ACCOUNT, True)
        sent_as(wire, "unknown-account")
        user, _ = authorized(server).split(":")
        assert user.startswith("AC")
        assert user not in {ACCOUNT, OTHER.user}
        sent_as(wire, "none")
        assert "authorization" not in server.seen[-1].headers


def test_impostors_are_nearly_the_account(new_wire: NewWire) -> None:
    with serving(fine) as server:
        wire = new_wire(server.url)
        sent = {}
        for who in (
            "no-token",
            "longer-token",
            "shorter-token",
            "token-in-other-case",
            "sid-as-token",
        ):
            sent_as(wire, who)
            sent[who] = authorized(server).removeprefix(f"{ACCOUNT}:")

    assert sent == {
        "no-token": "",
        "longer-token": f"{TOKEN}0",
        "shorter-token": TOKEN[:-1],
        "token-in-other-case": TOKEN.swapcase(),
        "sid-as-token": ACCOUNT,
    }


def test_a_token_without_letters_has_no_other_case(new_wire: NewWire) -> None:
    digits = Account(sid=ACCOUNT, user=ACCOUNT, password="0123456789")
    with serving(fine) as server:
        with pytest.raises(NotRun, match="no letters"):
            sent_as(new_wire(server.url, account=digits), "token-in-other-case")

        assert server.seen == []


@pytest.mark.parametrize("who", ["other-account", "other-token"])
def test_without_a_second_account_its_rows_are_not_run(new_wire: NewWire, who: Credentials) -> None:
    with serving(fine) as server:
        with pytest.raises(NotRun, match="no second account: set TWILIO_OTHER_ACCOUNT_SID"):
            sent_as(new_wire(server.url), who)

        assert server.seen == []


def test_run_and_test_stand_in_the_user_agent(new_wire: NewWire) -> None:
    with serving(fine) as server:
        wire = new_wire(server.url)
        wire.test = "test_a_thing"
        wire.send(LIST)

    agent = server.seen[0].headers["user-agent"]
    assert agent == "proxy-conformance/1.0.0 run/01234567 test/test_a_thing"


def test_a_form_is_called_one_unless_something_else_is_said(new_wire: NewWire) -> None:
    with serving(fine) as server:
        wire = new_wire(server.url)
        wire.send(CREATE)
        wire.send(Request(method="POST", path="/", body=b"{}", content_type="application/json"))
        wire.send(LIST)

    kinds = [one.headers.get("content-type") for one in server.seen]
    assert kinds == ["application/x-www-form-urlencoded", "application/json", None]


@pytest.mark.parametrize(
    ("form", "body"),
    [
        (None, b""),
        (b"a=%ZZ", b"a=%ZZ"),
        ({"a": "b c", "d": "é&="}, b"a=b+c&d=%C3%A9%26%3D"),
        ([("a", "1"), ("a", "2")], b"a=1&a=2"),
    ],
)
def test_forms_are_encoded(form: wires.Form | None, body: bytes) -> None:
    assert encode(form) == body


def test_an_echo_of_the_credentials_is_redacted(new_wire: NewWire) -> None:
    def echo(seen: Seen, _: int) -> bytes:
        said = json.dumps({"you": seen.headers["authorization"], "token": TOKEN}).encode()
        return response(400, said, f"X-Token: {TOKEN}", f"Set-Cookie: {TOKEN}")

    with serving(echo) as server:
        exchange = new_wire(server.url).send(
            Request(method="POST", path=f"/?token={TOKEN}", body=TOKEN.encode())
        )

    told = json.dumps(exchange.as_values()) + repr(exchange)
    assert TOKEN not in told
    assert base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode() not in told
    assert REDACTED in told
    assert exchange.object()["token"] == TOKEN


def test_each_exchange_goes_to_who_judges_and_who_keeps(new_wire: NewWire) -> None:
    with serving(after(1, BUSY_FOR_NOW)) as server:
        wire = new_wire(server.url)
        judged: list[Exchange] = []
        kept: list[Exchange] = []
        wire.listeners.append(judged.append)
        wire.sinks.append(kept.append)
        wire.send(LIST)

    assert [one.status for one in judged] == [200]
    assert [one.status for one in kept] == [429, 200]


def test_a_budget_that_is_spent_sends_nothing(new_wire: NewWire) -> None:
    with serving(fine) as server:
        wire = new_wire(server.url, limits=Limits(max_requests=7))
        wire.send(LIST)
        with pytest.raises(BudgetSpent):
            wire.send(LIST)

        assert len(server.seen) == 1


def test_a_race_starts_together_on_connections_of_its_own(new_wire: NewWire) -> None:
    with serving(fine) as server:
        wire = new_wire(server.url)
        done = wire.race([[CREATE, LIST], [CREATE], [CREATE]])

    assert [len(script) for script in done] == [2, 1, 1]
    first = [script[0] for script in done]
    begun, ended = max(one.started for one in first), min(one.started + 5 for one in first)
    assert begun < ended
    assert wire.budget.figures()["requests"] == 4


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


def test_what_is_lost_in_a_race_is_not_sent_again(new_wire: NewWire) -> None:
    with serving(lambda _, __: None) as server:
        wire = new_wire(server.url)
        judged: list[Exchange] = []
        wire.listeners.append(judged.append)
        done = wire.race([[LIST], [LIST]])

        assert [one.status for script in done for one in script] == [None, None]
        assert judged == []
        assert len(server.seen) == 2


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
