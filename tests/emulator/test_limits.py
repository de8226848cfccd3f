"""Latency and throttle: how they are read, and what they do."""

import json
import statistics
import time
from itertools import islice

import pytest

from emulator.app import Settings, create_app
from emulator.limits import (
    VENDOR,
    Latency,
    Throttle,
    Unreadable,
    latency_from,
    latency_of,
    throttle_from,
    throttle_of,
    windowed,
)
from emulator.messages import Request, Response, answer
from tests.emulator.client import Answer, Client
from tests.emulator.stories import LOOP


def drawn(latency: Latency, number: int = 2000) -> list[float]:
    return list(islice(iter(latency.draws(), None), number))


def put(client: Client, name: str, value: object) -> Answer:
    return client.send("PUT", f"/_emulator/{name}", json.dumps(value).encode())


@pytest.mark.parametrize(
    ("text", "latency"),
    [
        ("0", Latency()),
        ("0.2", Latency(first=0.2)),
        ("fixed:0.2", Latency(first=0.2)),
        ("uniform:0.1:0.3", Latency(kind="uniform", first=0.1, second=0.3)),
        ("uniform:0:1:7", Latency(kind="uniform", second=1, seed=7)),
        ("lognormal:0.1:0.5:7", Latency(kind="lognormal", first=0.1, second=0.5, seed=7)),
    ],
)
def test_a_latency_is_read_from_text_and_from_what_is_shown(text: str, latency: Latency) -> None:
    assert latency_from(text) == latency_of(text) == latency
    assert latency_of(json.loads(json.dumps(latency.shown))) == latency


def test_a_latency_is_read_from_json() -> None:
    assert latency_of(None) == Latency()
    assert latency_of(1) == latency_of({"kind": "fixed", "seconds": 1}) == Latency(first=1)
    uniform = Latency(kind="uniform", first=1, second=2)
    assert latency_of({"kind": "uniform", "from": 1, "to": 2}) == uniform


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "-1",
        "nan",
        "inf",
        "1e6",
        "1:2",
        "fixed:1:2",
        "uniform:1",
        "uniform:2:1",
        "uniform:0:1:x",
        "uniform:0:1:2:3",
        "lognormal:0:1",
        "lognormal:1:11",
        "normal:1:1",
    ],
)
def test_no_latency_is_told_with_what_could_be(text: str) -> None:
    with pytest.raises(Unreadable, match="give a number from 0 in seconds, uniform:FROM:TO or"):
        latency_from(text)


@pytest.mark.parametrize(
    "value",
    [
        -1,
        True,
        [1],
        {},
        {"kind": "x"},
        {"kind": []},
        {"kind": "fixed"},
        "x",
        10**400,
        {"kind": "fixed", "seconds": "1"},
        {"kind": "uniform", "from": 1},
        {"kind": "fixed", "seconds": 1, "seed": 1},
        {"kind": "uniform", "from": 2, "to": 1},
        {"kind": "uniform", "from": 1, "to": 2, "seed": 0.5},
    ],
    ids=lambda value: repr(value)[:50],
)
def test_no_latency_in_json_is_refused_and_changes_nothing(client: Client, value: object) -> None:
    put(client, "latency", 0.001)
    refused = put(client, "latency", value)
    assert refused.status == 400
    assert "give a number from 0" in refused.json["message"]
    assert client.send("GET", "/_emulator/latency").json == {"kind": "fixed", "seconds": 0.001}


def test_what_is_drawn_is_spread_as_was_asked() -> None:
    assert drawn(Latency(first=0.2), 3) == [0.2] * 3
    uniform = drawn(latency_from("uniform:0.1:0.3"))
    assert (0.1 <= min(uniform) < 0.11, 0.29 < max(uniform) <= 0.3) == (True, True)
    lognormal = drawn(latency_from("lognormal:0.1:0.5"))
    assert statistics.median(lognormal) == pytest.approx(0.1, rel=0.1)
    assert max(lognormal) > 0.3
    assert max(drawn(latency_from("lognormal:999999:10"))) == 1e6


@pytest.mark.parametrize("kind", ["uniform:0.1:0.3", "lognormal:0.1:0.5"])
def test_what_is_drawn_repeats_by_its_seed(kind: str) -> None:
    assert drawn(latency_from(kind)) == drawn(latency_from(f"{kind}:0"))
    assert drawn(latency_from(kind)) != drawn(latency_from(f"{kind}:1"))


def test_latency_is_exchanged_while_it_runs(client: Client) -> None:
    assert put(client, "latency", "uniform:0.05:0.06").json["kind"] == "uniform"
    before = time.perf_counter()
    assert client.listed().status == 200
    assert time.perf_counter() - before >= 0.05
    assert put(client, "latency", 0).json == {"kind": "fixed", "seconds": 0}


@pytest.mark.parametrize(
    ("text", "throttle", "room", "span"),
    [
        ("30", Throttle(per_second=30), 30, 1),
        ("30:5", VENDOR, 150, 5),
        ("vendor", VENDOR, 150, 5),
        ("0.5", Throttle(per_second=0.5), 1, 2),
        ("2.5", Throttle(per_second=2.5), 2, 1),
    ],
)
def test_a_throttle_is_read_from_text_and_from_what_is_shown(
    text: str, throttle: Throttle, room: int, span: float
) -> None:
    assert throttle_from(text) == throttle_of(text) == throttle_of(throttle.shown) == throttle
    assert (throttle.room, throttle.span) == (room, span)


def test_a_throttle_is_read_from_json() -> None:
    assert throttle_of(None) is None
    assert throttle_of(2) == throttle_of({"per_second": 2}) == Throttle(per_second=2)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "0",
        "-1",
        "nan",
        "1:",
        "1:0",
        "1:1e9",
        0,
        True,
        [],
        {},
        {"per_second": "1"},
        {"window": 5},
        {"per_second": 1, "burst": 5},
        {"per_second": 1, "window": None},
        10**400,
    ],
    ids=lambda value: repr(value)[:50],
)
def test_no_throttle_is_told_with_what_could_be(client: Client, value: object) -> None:
    refused = put(client, "throttle", value)
    assert refused.status == 400
    assert "give a number above 0, N:SECONDS to measure" in refused.json["message"]
    assert client.send("GET", "/_emulator/throttle").json is None


def test_a_window_slides() -> None:
    now = 0.0

    async def handler(_: Request) -> Response:
        return answer(200, b"{}")

    limited = windowed(handler, Throttle(per_second=1, window=3), timer=lambda: now)

    def sent(method: str = "GET") -> Response:
        path = "/v1/Services"
        request = Request(method=method, path=path, query="", headers={}, body=b"", origin="")
        return LOOP.run_until_complete(limited(request))

    assert sent().status == 200
    now = 2.0
    assert [sent().status for _ in range(3)] == [200, 200, 429]
    assert sent().header("Retry-After") == "1"
    assert sent("POST").status == 200
    now = 3.0
    assert [sent().status for _ in range(2)] == [200, 429]
    assert sent().header("Retry-After") == "2"
    now = 5.0
    assert [sent().status for _ in range(3)] == [200, 200, 429]


def test_throttle_is_exchanged_while_it_runs() -> None:
    client = Client(create_app(settings=Settings(throttle=Throttle(per_second=1))))
    assert [client.listed().status for _ in range(2)] == [200, 429]
    refused = client.listed()
    assert refused.error == (429, 20429)
    assert refused.headers["twilio-request-id"].startswith("RQ")
    assert put(client, "throttle", "vendor").json == {"per_second": 30, "window": 5}
    assert {client.listed().status for _ in range(150)} == {200}
    assert client.listed().status == 429
    assert put(client, "throttle", None).json is None
    assert client.listed().status == 200
