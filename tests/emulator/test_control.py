"""The control surface, and answering later or not at all."""

import json

import pytest

from emulator.app import Settings, create_app
from emulator.journal import LENGTH as LOG_LENGTH
from emulator.journal import LOGGED_BODY
from emulator.messages import Request, Response, answer, resized
from emulator.pacing import throttled
from tests.emulator.client import Answer, Client
from tests.emulator.stories import LOOP


@pytest.fixture
def control(client: Client) -> Client:
    """Return a caller of the same emulator without credentials."""
    return Client(client.app, None)


def put(control: Client, name: str, value: object) -> Answer:
    return control.send("PUT", f"/_emulator/{name}", json.dumps(value).encode())


def got(control: Client, name: str) -> object:
    answer = control.send("GET", f"/_emulator/{name}")
    assert answer.status == 200
    return answer.json


def test_faults_are_exchanged_while_it_runs(client: Client, control: Client) -> None:
    sid = client.made()["sid"]
    listed = put(control, "faults", ["delete-does-nothing"])
    assert listed.json["active"] == ["delete-does-nothing"]
    assert "delete-200" in listed.json["known"]
    client.delete(sid)
    assert client.fetch(sid).status == 200
    put(control, "faults", [])
    client.delete(sid)
    assert client.fetch(sid).status == 400


def test_variants_are_exchanged_while_it_runs(client: Client, control: Client) -> None:
    client.made("Name")
    assert put(control, "variants", ["folds-case"]).json["active"] == ["folds-case"]
    assert client.create("NAME").error == (400, 80602)
    put(control, "variants", [])
    assert client.create("NAME").status == 201


def test_a_reset_forgets_services_and_requests_and_keeps_the_rest(
    client: Client, other: Client, control: Client
) -> None:
    put(control, "faults", ["create-200"])
    put(control, "variants", ["charset"])
    client.create("one")
    other.create("two")
    assert control.send("POST", "/_emulator/reset").json == {"services": 0}
    assert client.names() == other.names() == []
    assert [entry["path"] for entry in got(control, "requests")["log"]] == [  # type: ignore[index]
        "/v1/Services"
    ] * 2
    answer = client.create("one")
    assert (answer.status, answer.headers["content-type"][-5:]) == (200, "utf-8")


def test_the_state_shows_every_account(client: Client, other: Client, control: Client) -> None:
    mine, theirs = client.made("mine"), other.made("theirs")
    state = got(control, "state")
    assert state == {"accounts": {mine["account_sid"]: [mine], theirs["account_sid"]: [theirs]}}


def test_the_log_is_counted_and_bounded(client: Client, control: Client) -> None:
    client.create("é" * 5000)
    client.listed("PageSize=1")
    seen = got(control, "requests")
    assert isinstance(seen, dict)
    assert seen["count"] == 2
    first, second = seen["log"]
    assert first["body"] == ("UniqueName=" + "%C3%A9" * 5000)[:LOGGED_BODY]
    assert first["status"] == 400
    assert (second["method"], second["query"], second["status"]) == ("GET", "PageSize=1", 200)
    assert "uthorization" not in json.dumps(seen)
    for _ in range(LOG_LENGTH):
        client.listed()
    seen = got(control, "requests")
    assert isinstance(seen, dict)
    assert (seen["count"], len(seen["log"])) == (LOG_LENGTH + 2, LOG_LENGTH)


def test_assumptions_are_told(control: Client) -> None:
    told = got(control, "assumptions")
    assert isinstance(told, dict)
    assert told["assumptions"][0]["variants"] == ["unknown-sid-404"]


@pytest.mark.parametrize(
    ("method", "name", "right"),
    [
        ("GET", "reset", "POST /_emulator/reset"),
        ("POST", "faults", "GET /_emulator/faults or PUT /_emulator/faults"),
        ("DELETE", "state", "GET /_emulator/state or PUT /_emulator/state"),
    ],
)
def test_a_wrong_method_names_the_right_call(
    client: Client, control: Client, method: str, name: str, right: str
) -> None:
    client.made()
    answer = control.send(method, f"/_emulator/{name}")
    assert answer.status == 405
    assert answer.json["message"].endswith(right)
    assert answer.headers["allow"] in right.replace(f" /_emulator/{name}", "").replace(" or", ",")
    assert client.names() == ["name"]


@pytest.mark.parametrize(
    "body", [b"", b"x", b'"loses-updates"', b"[1]", b'{"faults": []}', b"\xff", b"null"]
)
def test_what_is_no_list_of_names_is_refused(control: Client, body: bytes) -> None:
    answer = control.send("PUT", "/_emulator/faults", body)
    assert answer.status == 400
    assert answer.json["message"].startswith("send a JSON list of names")


def test_unknown_names_are_refused_and_nothing_is_exchanged(control: Client) -> None:
    put(control, "faults", ["create-200"])
    answer = put(control, "faults", ["delete-200", "delete-201"])
    assert answer.status == 400
    assert "unknown fault 'delete-201'; known are delete-20" in answer.json["message"]
    assert control.send("GET", "/_emulator/faults").json["active"] == ["create-200"]
    assert control.send("GET", "/_emulator/x").json["message"].startswith("unknown control 'x'")


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1", 200), ("::1", 200), ("10.0.0.1", 403)])
def test_it_answers_on_loopback_only(client: Client, host: str, status: int) -> None:
    client.made()
    control = Client(client.app, None, {"client": (host, 1)})
    assert control.send("POST", "/_emulator/reset").status == status
    assert len(client.names()) == (0 if status == 200 else 1)


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://api.test", 200), ("http://evil.test", 403), ("null", 403), ("", 403)],
)
def test_it_answers_no_other_sites_pages(control: Client, origin: str, status: int) -> None:
    answer = control.send("POST", "/_emulator/reset", b"", [("Origin", origin)])
    assert answer.status == status


def test_it_can_be_left_out() -> None:
    client = Client(create_app(settings=Settings(control=False)))
    assert client.send("GET", "/_emulator/state").error == (404, 20404)


def test_a_bucket_fills_up_again() -> None:
    now = 0.0

    async def handler(_: Request) -> Response:
        return answer(200, b"{}")

    slow = throttled(handler, 0.5, timer=lambda: now)
    request = Request(method="GET", path="/", query="", headers={}, body=b"", origin="")

    def status() -> int:
        return LOOP.run_until_complete(slow(request)).status

    assert [status(), status()] == [200, 429]
    refused = LOOP.run_until_complete(slow(request))
    assert refused.header("Retry-After") == "2"
    now = 2.0
    assert [status(), status()] == [200, 429]


def test_answers_are_changed_without_losing_the_rest() -> None:
    first = answer(200, b"{}", ("X", "1"))
    assert resized(first, b"[1]").header("content-length") == "3"
    bare = first.with_header("content-length", None)
    assert resized(bare, b"[1]").header("content-length") is None
    assert bare.header("x") == "1"
