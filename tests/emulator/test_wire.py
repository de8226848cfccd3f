"""Bytes of every kind, over ASGI and over sockets: never a 5xx, never a crash."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.app import create_app
from emulator.asgi import Disconnected, request_of
from emulator.bodies import MAX_BODY, MAX_DRAINED
from tests.emulator.client import FIRST, FORM, Answer, Client
from tests.emulator.process import Running, running
from tests.emulator.stories import LOOP

AUTH = f"Authorization: {FIRST.header}\r\n".encode()
ANYTHING = settings(max_examples=200, deadline=None)
TEXT = st.text(max_size=40, alphabet=st.characters(codec="utf-8"))


def judged(answer: Answer) -> None:
    """A success with JSON or nothing, or an error of the known shape."""
    assert answer.status < 500
    if answer.status >= 400:
        assert answer.error[0] == answer.status
    elif answer.status != 204:
        json.loads(answer.body)


@ANYTHING
@given(st.binary(max_size=200), st.sampled_from([FORM, FORM + ";charset=x", "", "a/b", ";"]))
def test_any_body_is_answered(body: bytes, kind: str) -> None:
    client = Client(create_app())
    sid = client.made()["sid"]
    for path in ("/v1/Services", f"/v1/Services/{sid}"):
        judged(client.send("POST", path, body, [("Content-Type", kind)]))
    judged(client.listed())


@ANYTHING
@given(st.binary(max_size=60), st.sampled_from(["PageSize", "Page", "PageToken", "x"]))
def test_any_query_is_answered(query: bytes, name: str) -> None:
    client = Client(create_app())
    client.made()
    text = query.decode("latin-1").replace("?", "")
    client.scope = {"query_string": f"{name}={text}".encode("latin-1")}
    judged(client.listed())


@ANYTHING
@given(TEXT, st.sampled_from(["GET", "POST", "DELETE", "PUT", "X"]))
def test_any_path_is_answered(path: str, method: str) -> None:
    client = Client(create_app())
    judged(client.send(method, f"/v1/Services/{path}".partition("?")[0]))
    judged(client.send(method, f"/{path}".partition("?")[0]))


@ANYTHING
@given(st.text(max_size=40, alphabet=st.characters(max_codepoint=255)))
def test_any_credentials_are_answered(text: str) -> None:
    for authorization in (text, f"Basic {text}"):
        assert Client(create_app(), authorization).listed().status in {200, 401}


@ANYTHING
@given(TEXT.filter(bool))
def test_any_name_comes_back_as_it_was_sent(name: str) -> None:
    client = Client(create_app())
    made = client.made(name)
    assert client.fetch(made["sid"]).json["unique_name"] == name
    assert client.names() == [name]


def test_a_body_may_come_in_parts(client: Client) -> None:
    parts = [bytes([byte]) for byte in b"UniqueName=in+parts"]
    assert client.send("POST", "/v1/Services", parts).json["unique_name"] == "in parts"


def test_large_bodies_are_refused_and_mebibytes_are_read(client: Client) -> None:
    fitting = b"UniqueName=x&Other=".ljust(MAX_BODY, b"x")
    assert client.send("POST", "/v1/Services", fitting).status == 201
    larger = client.send("POST", "/v1/Services", [fitting, b"x"])
    assert larger.error == (413, 20001)
    assert "connection" not in larger.headers
    assert larger.headers["twilio-request-id"]
    endless = client.send("POST", "/v1/Services", [b"x" * MAX_DRAINED, b"x", b"x"])
    assert endless.error == (413, 20001)
    assert endless.headers["connection"] == "close"


def test_a_client_that_goes_away_is_no_request() -> None:
    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    scope = {"method": "POST", "scheme": "http", "path": "/", "query_string": b"", "headers": []}
    with pytest.raises(Disconnected):
        LOOP.run_until_complete(request_of(scope, receive))


@pytest.mark.parametrize("close", [False, True])
def test_over_asgi_nothing_is_sent_to_who_is_gone_or_to_be_cut(client: Client, close: bool) -> None:  # noqa: FBT001
    if close:
        client.app.follow({"do": {"close": True}})
    scope = {"type": "http", "method": "POST", "scheme": "http", "path": "/", "query_string": b""}
    incoming: dict[str, object] = {
        "type": "http.request" if close else "http.disconnect",
        "body": b"",
    }
    sent: list[object] = []

    async def receive() -> dict[str, object]:
        return incoming

    async def send(message: object) -> None:
        sent.append(message)

    LOOP.run_until_complete(client.app(scope | {"headers": []}, receive, send))
    assert sent == []


def test_only_http_is_served(client: Client) -> None:
    with pytest.raises(ValueError, match="only HTTP is served here, not websocket"):
        LOOP.run_until_complete(client.app({"type": "websocket"}, None, None))  # type: ignore[arg-type] # not reached


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running() as server:
        yield server


@contextmanager
def connected(server: Running) -> Iterator[socket.socket]:
    with socket.create_connection((server.host, server.port), timeout=10) as connection:
        yield connection


def exchanged(server: Running, request: bytes) -> bytes:
    """Send bytes as they are; return all that comes back until the other side closes."""
    with connected(server) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def head(method: str = "GET", target: str = "/v1/Services", *headers: str) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: h", "Connection: close", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n" + AUTH + b"\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        head(),
        head(target="/v1/Services?PageSize=%"),
        head(target="/v1/Services/%00%ff%zz"),
        head(target="http://elsewhere/v1/Services"),
        head(target="/v1/Services#x"),
        head(target="/" + "x" * 20000),
        head(target="/v1/Services/KS\xff"),
        head("HEAD"),
        head("OPTIONS", "*"),
        head("GET", "/v1/Services", "Upgrade: websocket"),
        head("GET", "/v1/Services", "Content-Length: 3") + b"abc",
        head("POST", "/v1/Services", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n0\r\n\r\n",
        head("POST", "/v1/Services", "Transfer-Encoding: chunked") + b"zz\r\n",
        head("POST", "/v1/Services", "Content-Length: -1"),
        head("POST", "/v1/Services", "Content-Length: x"),
        head("POST", "/v1/Services", "Content-Length: 0", "Expect: 100-continue"),
        b"GET /v1/Services HTTP/1.0\r\n\r\n",
        b"GET /v1/Services HTTP/9.9\r\n\r\n",
        b"GET /v1/Services\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\0" * 50,
        b"\r\n\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"X" * 100_000,
    ],
)
def test_any_bytes_are_answered_or_dropped(server: Running, request_: bytes) -> None:
    answer = exchanged(server, request_)
    start, _, rest = answer.partition(b"\r\n")
    if answer:
        assert int(start.split()[1]) < 500
        headers, _, body = rest.partition(b"\r\n\r\n")
        if body:
            assert b"application/json" in headers.lower()
            json.loads(body)
    assert b"200 OK" in exchanged(server, head())


@ANYTHING
@given(st.binary(max_size=300))
def test_random_bytes_do_no_harm(server: Running, noise: bytes) -> None:
    answer = exchanged(server, noise)
    assert not answer or int(answer.split()[1]) < 500


def test_a_large_body_is_answered_while_it_is_sent(server: Running) -> None:
    size = MAX_BODY * 4
    answer = exchanged(
        server, head("POST", "/v1/Services", f"Content-Length: {size}") + b"x" * size
    )
    assert b"413" in answer.partition(b"\r\n")[0]


def test_requests_can_follow_each_other_on_a_connection(server: Running) -> None:
    one = head().replace(b"Connection: close\r\n", b"")
    with connected(server) as connection:
        connection.sendall(one * 2 + head())
        answers = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answers.count(b"HTTP/1.1 200 OK") == 3


def test_answers_name_the_time(server: Running) -> None:
    assert b"\r\nDate: " in exchanged(server, head())
    assert b"\r\nServer: proxy-emulator" in exchanged(server, head())


def test_a_deletion_is_answered_without_a_body_or_its_length(server: Running) -> None:
    body = b"UniqueName=gone"
    made = exchanged(
        server, head("POST", "/v1/Services", f"Content-Length: {len(body)}") + body
    ).partition(b"\r\n\r\n")[2]
    answer = exchanged(server, head("DELETE", f"/v1/Services/{json.loads(made)['sid']}"))
    headers, _, rest = answer.partition(b"\r\n\r\n")
    assert headers.startswith(b"HTTP/1.1 204 ")
    assert b"content-length" not in headers.lower()
    assert b"transfer-encoding" not in headers.lower()
    assert not rest
