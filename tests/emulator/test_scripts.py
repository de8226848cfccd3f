"""Rules: which requests they take, how often, and what they do then."""

import json
import time
from typing import Any

import httpx
import pytest

from tests.emulator.client import SECOND, Answer, Client
from tests.emulator.process import running

RULES = "/_emulator/rules"
REFUSE: dict[str, Any] = {"status": 503}


def rule(client: Client, method: str = "POST", **parts: Any) -> Answer:
    value: Any = {"do": REFUSE} | parts
    body = json.dumps([value] if method == "PUT" else value).encode()
    return client.send(method, RULES, body)


def statuses(client: Client, number: int) -> list[int]:
    return [client.listed().status for _ in range(number)]


def test_the_next_three_creations_answer_503(client: Client) -> None:
    rule(client, match={"operation": "create"}, times=3)
    assert client.listed().status == 200
    answers = [client.create("name") for _ in range(4)]
    assert [answer.status for answer in answers] == [503, 503, 503, 201]
    assert answers[0].error == (503, 20503)
    assert answers[0].headers["twilio-request-id"].startswith("RQ")
    (shown,) = client.send("GET", RULES).json
    assert (shown["matched"], shown["fired"]) == (4, 3)


@pytest.mark.parametrize(
    ("counts", "seen"),
    [
        ({}, [503] * 6),
        ({"after": 2}, [200, 200, 503, 503, 503, 503]),
        ({"after": 1, "times": 2}, [200, 503, 503, 200, 200, 200]),
        ({"every": 3}, [503, 200, 200, 503, 200, 200]),
        ({"after": 1, "every": 2, "times": 2}, [200, 503, 200, 503, 200, 200]),
        ({"times": None, "probability": 1}, [503] * 6),
        ({"probability": 0}, [200] * 6),
    ],
)
def test_it_counts(client: Client, counts: dict[str, Any], seen: list[int]) -> None:
    rule(client, **counts)
    assert statuses(client, 6) == seen


def test_a_probability_repeats_by_its_seed(client: Client) -> None:
    def drawn(seed: int) -> list[int]:
        rule(client, "PUT", probability=0.5, seed=seed)
        return statuses(client, 30)

    assert drawn(1) == drawn(1) != drawn(2)
    assert set(drawn(1)) == {200, 503}


@pytest.mark.parametrize(
    ("match", "mine", "theirs"),
    [
        ({}, 503, 503),
        ({"method": "GET"}, 503, 503),
        ({"method": "POST"}, 200, 200),
        ({"operation": "list"}, 503, 503),
        ({"operation": "fetch"}, 200, 200),
        ({"path": "/v1/Services"}, 503, 503),
        ({"path": "/v1/Services/*"}, 200, 200),
        ({"path": "/v1/*"}, 503, 503),
        ({"account": SECOND.user}, 200, 503),
        ({"account": SECOND.user, "method": "DELETE"}, 200, 200),
    ],
    ids=repr,
)
def test_it_takes_what_matches(
    client: Client, other: Client, match: dict[str, str], mine: int, theirs: int
) -> None:
    rule(client, match=match)
    assert (client.listed().status, other.listed().status) == (mine, theirs)


def test_status_code_and_headers_are_those_of_the_rule(client: Client) -> None:
    rule(
        client,
        "PUT",
        do={
            "status": 429,
            "code": 20429,
            "headers": {"Retry-After": "7", "Twilio-Request-Id": None},
        },
    )
    refused = client.listed()
    assert refused.error == (429, 20429)
    assert refused.headers["retry-after"] == "7"
    assert "twilio-request-id" not in refused.headers
    rule(client, "PUT", do={"status": 401})
    assert client.listed().error == (401, 20003)
    rule(client, "PUT", do={"headers": {"X-Mark": "é"}})
    kept = client.listed()
    assert (kept.status, kept.headers["x-mark"]) == (200, "é")


@pytest.mark.parametrize(("when", "left"), [("before", []), ("after", ["name"])])
def test_the_answer_is_lost_before_or_after_the_effect(
    client: Client, when: str, left: list[str]
) -> None:
    rule(client, times=1, do={"status": 500, "when": when})
    assert client.create().error == (500, 20500)
    assert client.names() == left


def test_it_waits(client: Client) -> None:
    rule(client, do={"delay": 0.05})
    before = time.perf_counter()
    assert client.listed().status == 200
    assert time.perf_counter() - before >= 0.05


def test_the_first_that_fires_decides(client: Client) -> None:
    rule(client, times=1)
    rule(client, times=1, do={"status": 502})
    assert statuses(client, 3) == [503, 502, 200]
    shown = client.send("GET", RULES).json
    assert [one["matched"] for one in shown] == [3, 2]


def test_rules_keep_their_counts_over_other_changes_and_resets(client: Client) -> None:
    rule(client, times=2)
    assert client.listed().status == 503
    client.send("PUT", "/_emulator/faults", b'["create-200"]')
    client.send("POST", "/_emulator/reset")
    assert statuses(client, 2) == [503, 200]
    assert client.send("DELETE", RULES).json == []


def test_rules_that_were_shown_can_be_put_back(client: Client) -> None:
    rule(client, match={"operation": "list"}, after=1, do={"status": 500, "headers": {"X": "1"}})
    client.listed()
    shown = client.send("GET", RULES).json
    again = client.send("PUT", RULES, json.dumps(shown).encode()).json
    assert again == [shown[0] | {"matched": 0, "fired": 0}]


def test_a_closed_connection_is_logged_without_a_status(client: Client) -> None:
    rule(client, times=1, do={"close": True, "when": "after"})
    with pytest.raises(IndexError):
        client.create("kept")
    assert client.names() == ["kept"]
    first, second = client.send("GET", "/_emulator/requests").json["log"]
    assert (first["status"], first["answer"], second["status"]) == (None, "", 200)


def test_a_served_connection_is_closed_without_a_byte() -> None:
    with running() as server, server.client() as client:
        added = {"match": {"operation": "create"}, "times": 1, "do": {"close": True}}
        assert client.post(RULES, json=added).status_code == 200
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            client.post("/v1/Services", data={"UniqueName": "x"})
        assert client.post("/v1/Services", data={"UniqueName": "x"}).status_code == 201
        server.process.terminate()
        assert server.process.communicate(timeout=5) == ("", "")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "found None as a rule"),
        ([], "found [] as a rule"),
        ({}, "found a rule that does nothing"),
        ({"do": {"when": "after"}}, "found a rule that does nothing"),
        ({"do": {"close": False}}, "found a rule that does nothing"),
        ({"do": []}, "found [] as do"),
        ({"do": REFUSE, "match": "x"}, "found 'x' as match"),
        ({"do": REFUSE, "count": 1}, "unknown in a rule: count; known: match, after, times"),
        ({"do": REFUSE, "match": {"sid": 1}}, "unknown in match: sid; known: method, path"),
        ({"do": {"body": ""}}, "unknown in do: body; known: status, code"),
        ({"do": REFUSE, "match": {"operation": "made"}}, "found 'made' as 'operation' in match"),
        ({"do": REFUSE, "match": {"operation": ["create"]}}, "as 'operation' in match"),
        ({"do": REFUSE, "match": {"path": 1}}, "found 1 as 'path'"),
        ({"do": {"status": 200}}, "found 200 as 'status'"),
        ({"do": {"status": 600}}, "found 600 as 'status'"),
        ({"do": {"status": "503"}}, "found '503' as 'status'"),
        ({"do": {"status": 503, "code": 0}}, "found 0 as 'code'"),
        ({"do": {"delay": -1}}, "found -1 as 'delay'"),
        ({"do": {"delay": float("nan")}}, "found nan as 'delay'"),
        ({"do": {"close": 1}}, "found 1 as 'close'"),
        ({"do": REFUSE | {"when": "now"}}, "found 'now' as 'when'"),
        ({"do": {"headers": ["X"]}}, "as 'headers'"),
        ({"do": {"headers": {"X Y": "1"}}}, "as 'headers'"),
        ({"do": {"headers": {"X": "1\r\nY: 2"}}}, "as 'headers'"),
        ({"do": {"headers": {"X": "€"}}}, "as 'headers'"),
        ({"do": {"headers": {"X": 1}}}, "as 'headers'"),
        ({"do": REFUSE, "times": 0}, "found 0 as 'times'"),
        ({"do": REFUSE, "every": 0}, "found 0 as 'every'"),
        ({"do": REFUSE, "after": -1}, "found -1 as 'after'"),
        ({"do": REFUSE, "times": True}, "found True as 'times'"),
        ({"do": REFUSE, "probability": 1.1}, "found 1.1 as 'probability'"),
    ],
)
def test_what_is_no_rule_is_refused_in_words(client: Client, value: object, told: str) -> None:
    refused = client.send("POST", RULES, json.dumps(value).encode())
    assert refused.status == 400
    assert told in refused.json["message"]
    assert client.send("GET", RULES).json == []


def test_rules_come_as_a_list(client: Client) -> None:
    refused = client.send("PUT", RULES, b"{}")
    assert (refused.status, refused.json["message"][:26]) == (400, "send a JSON list of rules;")
    for body in (b"x", b"[" * 100_000):
        assert client.send("POST", RULES, body).json["message"].startswith("send JSON;")
