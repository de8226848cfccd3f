"""Requests bear the credentials, the form and the names that they should, within the budget."""

import base64
import json

import pytest

from conformance.harness import wire as wires
from conformance.harness.budget import BudgetSpent, Limits
from conformance.harness.evidence import REDACTED, Credentials, Exchange
from conformance.harness.expect import NotRun
from conformance.harness.target import Account
from conformance.harness.wire import Request, Wire, encode
from tests.servers import Seen, response, serving
from tests.wires import (
    ACCOUNT,
    BUSY_FOR_NOW,
    CREATE,
    LIST,
    OTHER,
    TOKEN,
    NewWire,
    after,
    authorized,
    fine,
)


def sent_as(wire: Wire, credentials: Credentials) -> Exchange:
    return wire.send(Request(method="GET", path="/", credentials=credentials))


def test_each_credentials_are_what_they_are_called(new_wire: NewWire) -> None:
    with serving(fine) as server:
        wire = new_wire(server.url, other=OTHER)
        sent_as(wire, "own")
        assert authorized(server.seen[-1]) == f"{ACCOUNT}:{TOKEN}"
        sent_as(wire, "other-account")
        assert authorized(server.seen[-1]) == f"{OTHER.user}:{OTHER.password}"
        sent_as(wire, "other-token")
        assert authorized(server.seen[-1]) == f"{ACCOUNT}:{OTHER.password}"
        sent_as(wire, "wrong-token")
        user, token = authorized(server.seen[-1]).split(":")
        assert (user, token != TOKEN) == (ACCOUNT, True)
        sent_as(wire, "unknown-account")
        user, _ = authorized(server.seen[-1]).split(":")
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
            sent[who] = authorized(server.seen[-1]).removeprefix(f"{ACCOUNT}:")

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
