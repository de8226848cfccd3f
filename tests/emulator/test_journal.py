"""The log of requests: by account, after a number, without secrets, as a page."""

import json
from typing import Any

import pytest

from emulator.app import Settings, create_app
from emulator.journal import LOGGED_BODY
from tests.emulator.client import FIRST, SECOND, Client

REQUESTS = "/_emulator/requests"


def log(client: Client, query: str = "") -> list[dict[str, Any]]:
    answer = client.send("GET", f"{REQUESTS}?{query}")
    assert answer.status == 200
    return list(answer.json["log"])


def test_it_tells_account_headers_body_and_answer(client: Client) -> None:
    made = client.send(
        "POST",
        "/v1/Services?a=b",
        b"UniqueName=%C3%A9&\xff",
        [("User-Agent", "x"), ("Cookie", "s3cret")],
    )
    (entry,) = log(client)
    assert (entry["number"], entry["account"], entry["query"]) == (1, FIRST.user, "a=b")
    assert entry["headers"] == {"host": "api.test", "user-agent": "x"}
    assert entry["body"].encode("latin-1") == b"UniqueName=%C3%A9&\xff"
    assert entry["status"] == made.status
    assert entry["answer"].encode("latin-1") == made.body
    assert entry["at"].endswith("Z")


def test_no_secret_is_in_it(client: Client) -> None:
    client.send("GET", "/v1/Services", b"", [("Proxy-Authorization", "s3cret")])
    text = json.dumps(log(client))
    assert "s3cret" not in text
    assert FIRST.password not in text
    assert FIRST.header.removeprefix("Basic ") not in text


def test_strangers_have_no_account(client: Client) -> None:
    Client(client.app, None).listed()
    Client(client.app, "Basic eDp5").listed()
    assert [(entry["account"], entry["status"]) for entry in log(client)] == [(None, 401)] * 2


def test_it_is_asked_by_account_and_after_a_number(client: Client, other: Client) -> None:
    for one in (client, other, client):
        one.listed()
    assert [entry["number"] for entry in log(client, f"account={FIRST.user}")] == [1, 3]
    assert [entry["number"] for entry in log(client, f"account={SECOND.user}")] == [2]
    assert [entry["number"] for entry in log(client, "after=1")] == [2, 3]
    assert [entry["number"] for entry in log(client, f"after=1&account={FIRST.user}")] == [3]


def test_it_is_forgotten_by_account_or_whole(client: Client, other: Client) -> None:
    client.listed()
    other.listed()
    client.send("DELETE", f"{REQUESTS}?account={SECOND.user}")
    other.listed()
    assert [entry["number"] for entry in log(client)] == [1, 3]
    assert client.send("DELETE", REQUESTS).json == {"count": 0, "log": []}
    client.listed()
    assert [entry["number"] for entry in log(client)] == [1]


def test_large_bodies_are_cut(client: Client) -> None:
    client.send("POST", "/v1/Services", b"x" * (LOGGED_BODY + 1))
    for number in range(20):
        client.made(f"{number}")
    client.listed()
    entries = log(client)
    assert len(entries[0]["body"]) == len(entries[-1]["answer"]) == LOGGED_BODY


@pytest.mark.parametrize(
    "query", ["after=x", "after=-1", "after=", "number=1", "after=" + "9" * 20]
)
def test_what_it_cannot_look_for_is_refused(client: Client, query: str) -> None:
    refused = client.send("GET", f"{REQUESTS}?{query}")
    assert refused.status == 400
    assert "after" in refused.json["message"]


def test_a_page_shows_it(client: Client) -> None:
    page = client.send("GET", "/_emulator/")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"fetch(`requests?after=" in page.body


@pytest.mark.parametrize("name", ["", "state", "requests", "clock", "rules", "throttle", "faults"])
def test_without_control_nothing_of_it_is_there(name: str) -> None:
    client = Client(create_app(settings=Settings(control=False)))
    for method in ("GET", "PUT", "POST", "DELETE"):
        assert client.send(method, f"/_emulator/{name}", b"[]").error == (404, 20404)
    assert client.create().status == 201
