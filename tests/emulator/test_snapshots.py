"""Snapshot, restore, seeds, resets of one account."""

import json
from pathlib import Path
from typing import Any

import pytest

from emulator.app import create_app
from emulator.store import MemoryStore
from tests.emulator.client import FIRST, SECOND, Answer, Client, Opened
from tests.emulator.process import finished, running
from tests.emulator.stories import FULL

STATE = "/_emulator/state"
SID = "KS" + "a" * 32


def state(client: Client) -> Any:
    return client.send("GET", STATE).json


def restored(client: Client, value: object) -> Answer:
    return client.send("PUT", STATE, json.dumps(value).encode())


def seed(*services: dict[str, Any]) -> dict[str, Any]:
    return {"accounts": {FIRST.user: list(services)}}


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_what_was_shown_can_be_put_back(tmp_path: Path, opened: Opened, kind: str) -> None:
    file = tmp_path / "services.db"
    store = MemoryStore() if kind == "memory" else opened(file)
    client = Client(create_app(store=store))
    other = Client(client.app, SECOND.header)
    client.made("é", **FULL)
    other.made("theirs")
    client.made("second")
    before = state(client)
    client.send("POST", "/_emulator/reset")
    client.made("late")
    assert restored(client, before).json == before
    assert client.names() == ["é", "second"]
    assert client.create("second").error == (400, 80602)
    client.made("third")
    assert client.names() == ["é", "second", "third"]
    after = state(client)
    store.close()
    if kind == "file":
        assert state(Client(create_app(store=opened(file)))) == after


def test_a_name_is_enough(client: Client) -> None:
    client.send("PUT", "/_emulator/clock", b'{"at": "2020-01-01T00:00:00Z", "frozen": true}')
    assert restored(client, seed({"unique_name": "x"}, {"unique_name": "y"})).status == 200
    first, second = client.listed().json["services"]
    assert first["sid"] != second["sid"]
    assert first["date_created"] == "2020-01-01T00:00:00Z"
    assert first["geo_match_level"] == "country"
    assert client.fetch(second["sid"]).json["unique_name"] == "y"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "found no accounts; a document is such as"),
        ({}, "found no accounts"),
        ({"accounts": []}, "found no accounts"),
        ({"accounts": {}, "more": 1}, "found no accounts"),
        ({"accounts": {"AC1": []}}, "found 'AC1' as an account"),
        ({"accounts": {FIRST.user: {}}}, "as an account"),
        ({"accounts": {"AC" + "9" * 32: [{"unique_name": "x"}]}}, "unknown account 'AC99"),
        (seed({}), "without unique_name"),
        ({"accounts": {FIRST.user: [1]}}, "without unique_name"),
        (seed({"unique_name": ""}), "found '' as unique_name"),
        (seed({"unique_name": "\ud800"}), "as unique_name"),
        (seed({"unique_name": "x", "name": 1}), "unknown in the Service 'x' of AC1"),
        (seed({"unique_name": "x", "sid": "KS1"}), "found 'KS1' as sid"),
        (seed({"unique_name": "x", "default_ttl": "1"}), "found '1' as default_ttl"),
        (seed({"unique_name": "x", "default_ttl": 1 << 63}), "as default_ttl"),
        (seed({"unique_name": "x", "callback_url": 1}), "found 1 as callback_url"),
        (seed({"unique_name": "x", "geo_match_level": "x"}), "found 'x' as geo_match_level"),
        (seed({"unique_name": "x", "chat_instance_sid": "x"}), "as chat_instance_sid"),
        (seed({"unique_name": "x", "date_created": "today"}), "found 'today' as date_created"),
        (seed({"unique_name": "x", "date_created": "0999-01-01T00:00:00Z"}), "as date_created"),
        (seed({"unique_name": "x", "date_updated": None}), "found None as date_updated"),
        (seed({"unique_name": "x", "account_sid": SECOND.user}), f"under {FIRST.user}"),
        (seed({"unique_name": "x"}, {"unique_name": "x"}), "found the unique_name 'x' of"),
        (
            seed({"unique_name": "x", "sid": SID}, {"unique_name": "y", "sid": SID}),
            "found the sid 'KSaa",
        ),
    ],
)
def test_what_is_no_state_is_refused_in_words(client: Client, value: object, told: str) -> None:
    client.made("kept")
    refused = restored(client, value)
    assert refused.status == 400
    assert told in refused.json["message"]
    assert client.names() == ["kept"]


def test_a_reset_of_one_account_leaves_the_others(client: Client, other: Client) -> None:
    client.made("mine")
    kept = [other.made("a"), other.made("b")]
    client.send("PUT", "/_emulator/clock", b'{"frozen": true}')
    assert client.send("POST", f"/_emulator/reset?account={FIRST.user}").json == {"services": 2}
    assert client.names() == []
    assert other.listed().json["services"] == kept
    assert client.send("GET", "/_emulator/clock").json["frozen"]
    log = client.send("GET", "/_emulator/requests").json["log"]
    assert [entry["account"] for entry in log].count(SECOND.user) == 3
    other.made("c")
    assert other.names() == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("account=AC1", "unknown account 'AC1'; known: AC111"),
        ("acount=AC1", "unknown in the query: acount; known: account"),
    ],
)
def test_a_reset_of_nothing_known_is_refused(client: Client, query: str, told: str) -> None:
    client.made("kept")
    refused = client.send("POST", f"/_emulator/reset?{query}")
    assert refused.status == 400
    assert told in refused.json["message"]
    assert client.names() == ["kept"]


def test_it_starts_with_a_seed_and_leaves_a_file_with_services_alone(tmp_path: Path) -> None:
    file = tmp_path / "seed.json"
    file.write_text(json.dumps(seed({"unique_name": "x"}, {"unique_name": "y"})))
    options = ["--seed", str(file), "--db", str(tmp_path / "services.db")]
    for names in (["x", "y"], ["y"]):
        with running(*options) as server, server.client() as client:
            services = client.get("/v1/Services").json()["services"]
            assert [service["unique_name"] for service in services] == names
            client.delete(services[0]["url"])


@pytest.mark.parametrize("text", ["x", "{}", None])
def test_a_seed_that_holds_nothing_is_told(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "seed.json"
    if text is not None:
        file.write_text(text)
    ended = finished("--seed", str(file), "--port", "0")
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"proxy-emulator: cannot start with the Services of {file}: ")
    assert ended.stderr.count("\n") == 1
