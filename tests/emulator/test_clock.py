"""The clock: frozen, moved, set, and set free again."""

import json
from typing import Any

import pytest

from tests.emulator.client import Answer, Client

CLOCK = "/_emulator/clock"


def put(client: Client, value: object) -> Answer:
    return client.send("PUT", CLOCK, json.dumps(value).encode())


def told(client: Client) -> dict[str, Any]:
    return dict(client.send("GET", CLOCK).json)


def test_a_frozen_clock_stamps_every_service_alike(client: Client) -> None:
    put(client, {"at": "2020-02-29T23:59:59Z", "frozen": True})
    made = client.made()
    assert made["date_created"] == made["date_updated"] == "2020-02-29T23:59:59Z"
    moved = put(client, {"by": 1}).json
    assert (moved["at"], moved["frozen"]) == ("2020-03-01T00:00:00Z", True)
    assert client.update(made["sid"], DefaultTtl="1").json["date_updated"] == moved["at"]


def test_a_clock_that_was_moved_goes_on(client: Client) -> None:
    before = told(client)
    assert (before["ahead"], before["frozen"]) == (0, False)
    moved = put(client, {"by": 86400}).json
    assert (moved["ahead"], moved["frozen"]) == (86400, False)
    assert put(client, {"by": -86400}).json["ahead"] == 0
    assert put(client, {"frozen": True}).json["frozen"]
    assert not put(client, {"frozen": False}).json["frozen"]


def test_a_moment_may_name_its_offset(client: Client) -> None:
    shown = put(client, {"at": "2026-01-01T01:00:00.9+01:00", "frozen": True}).json
    assert shown["at"] == "2026-01-01T00:00:00Z"
    assert put(client, {"at": "2026-01-01T00:00:00"}).json["at"] == "2026-01-01T00:00:00Z"


def test_it_is_set_free_by_itself_or_with_a_reset_of_all(client: Client) -> None:
    for method, target in (("DELETE", CLOCK), ("POST", "/_emulator/reset")):
        put(client, {"by": 1000, "frozen": True})
        assert client.send(method, target).status == 200
        assert (told(client)["ahead"], told(client)["frozen"]) == (0, False)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        {"now": 1},
        {"at": 1},
        {"at": "soon"},
        {"at": "1969-12-31T23:59:59Z"},
        {"at": "9999-12-31T23:59:59Z"},
        {"at": "0001-01-01T00:00:00+01:00"},
        {"by": 1.5},
        {"by": True},
        {"by": 10**20},
        {"by": -(10**10)},
        {"frozen": 1},
    ],
    ids=repr,
)
def test_what_no_clock_can_show_is_refused_and_changes_nothing(
    client: Client, value: object
) -> None:
    put(client, {"at": "2020-01-01T00:00:00Z", "frozen": True})
    refused = put(client, value)
    assert refused.status == 400
    assert "send an object with" in refused.json["message"]
    assert told(client)["at"] == "2020-01-01T00:00:00Z"
