"""Requests out of bytes, however those are cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.bodies import MAX_BODY, MAX_DRAINED
from emulator.domain import Reason, Refused
from emulator.messages import Request
from emulator.reading import MAX_HEAD, Reader

POST = b"POST /v1/Services?a=1 HTTP/1.1\r\nHost: h\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
STREAM = (
    b"GET /v1/Services/KS%20 HTTP/1.1\r\nHOST: api.test\r\nX: 1\r\nx: 2\r\n\r\n"
    + POST
    + b"Content-Length: 3\r\n\r\nabc"
    + CHUNKED
    + b"2\r\nde\r\n1\r\nf\r\n0\r\nHost: elsewhere\r\n\r\n"
    + b"DELETE /x HTTP/1.1\r\nConnection: close\r\n\r\n"
)


def read(*parts: bytes) -> Reader:
    reader = Reader("http", "127.0.0.1:80")
    for part in parts:
        reader.feed(part)
    return reader


def asked(reader: Reader) -> list[Request]:
    return [turn.asked for turn in reader.turns if isinstance(turn.asked, Request)]


def refused(reader: Reader) -> Refused:
    (turn,) = reader.turns
    assert isinstance(turn.asked, Refused)
    assert turn.last
    return turn.asked


def test_requests_are_read_one_after_the_other() -> None:
    reader = read(STREAM)
    first, second, third, fourth = asked(reader)
    assert (first.method, first.path, first.origin) == (
        "GET",
        "/v1/Services/KS%20",
        "http://api.test",
    )
    assert first.headers == {"host": "api.test", "x": "2"}
    assert (second.query, second.body, third.body) == ("a=1", b"abc", b"def")
    assert third.origin == "http://h"
    assert fourth.origin == "http://127.0.0.1:80"
    assert [turn.last for turn in reader.turns] == [False, False, False, True]
    assert reader.begun == 4
    assert not reader.partial


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, len(STREAM)), max_size=8).map(sorted))
def test_it_does_not_matter_how_the_bytes_are_cut(cuts: list[int]) -> None:
    ends = [*cuts, len(STREAM)]
    parts = [STREAM[start:end] for start, end in zip([0, *cuts], ends, strict=True)]
    assert asked(read(*parts)) == asked(read(STREAM))


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/", "/", ""),
        ("/a?b?c", "/a", "b?c"),
        ("/a#b?c", "/a", ""),
        ("http://h:1/a?b", "/a", "b"),
        ("http://h", "", ""),
        ("http://h?b", "", "b"),
        ("//h/a", "//h/a", ""),
        ("*", "*", ""),
    ],
)
def test_a_target_may_be_a_whole_url(target: str, path: str, query: str) -> None:
    method = "OPTIONS" if target == "*" else "GET"
    (request,) = asked(read(f"{method} {target} HTTP/1.1\r\nHost: h\r\n\r\n".encode()))
    assert (request.path, request.query) == (path, query)


def test_another_protocol_that_is_offered_is_not_taken_up() -> None:
    upgrade = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    assert len(asked(read(upgrade + b"GET /next HTTP/1.1\r\nHost: h\r\n\r\n"))) == 2


@pytest.mark.parametrize(
    ("head", "modern", "last"),
    [
        (b"GET / HTTP/1.1\r\n", True, False),
        (b"GET / HTTP/1.1\r\nConnection: close\r\n", True, True),
        (b"GET / HTTP/1.0\r\n", False, True),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n", False, True),
    ],
)
def test_the_version_says_whether_more_can_follow(head: bytes, modern: bool, last: bool) -> None:  # noqa: FBT001
    (turn,) = read(head + b"\r\n").turns
    assert (turn.modern, turn.last) == (modern, last)


def test_a_sender_that_waits_is_known_until_its_body_is_there() -> None:
    reader = read(POST + b"Expect: 100-Continue\r\nContent-Length: 1\r\n\r\n")
    assert (reader.expecting, reader.partial) == (True, True)
    reader.feed(b"x")
    assert (reader.expecting, reader.partial) == (False, False)


@pytest.mark.parametrize("noise", [b"\x16\x03\x01", b"GET\r\n\r\n", CHUNKED + b"zz\r\n"])
def test_what_is_no_http_ends_the_connection(noise: bytes) -> None:
    reader = read(noise)
    assert refused(reader).reason is Reason.NOT_HTTP
    reader.feed(b"GET / HTTP/1.1\r\n\r\n")
    assert len(reader.turns) == 1


def test_a_head_without_an_end_is_refused() -> None:
    reader = read(b"GET / HTTP/1.1\r\n", b"X: ")
    for _ in range(MAX_HEAD // 1024):
        reader.feed(b"x" * 1024)
    assert refused(reader).reason is Reason.HEAD_TOO_LARGE


def test_a_head_is_measured_from_where_it_begins() -> None:
    reader = read(b"GET / HTTP/1.1\r\nX: %b\r\n\r\nGET / HTTP/1.1\r\n" % (b"x" * 2 * MAX_HEAD))
    reader.feed(b"\r\n")
    assert len(asked(reader)) == 2


@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_that_is_too_large_is_refused(chunked: bool) -> None:  # noqa: FBT001
    size = MAX_BODY + 1
    head = CHUNKED + b"%x\r\n" % size if chunked else POST + b"Content-Length: %d\r\n\r\n" % size
    reader = read(head, b"x" * size, b"\r\n0\r\n\r\n" if chunked else b"", STREAM)
    first = reader.turns.popleft()
    assert isinstance(first.asked, Refused)
    assert first.asked.reason is Reason.TOO_LARGE
    assert not first.last
    assert len(asked(reader)) == 4


def test_a_body_without_an_end_is_not_read_for_ever() -> None:
    reader = read(CHUNKED)
    part = b"%x\r\n%b\r\n" % (MAX_BODY, b"x" * MAX_BODY)
    for _ in range(MAX_DRAINED // MAX_BODY):
        reader.feed(part)
    reader.feed(part + part + b"0\r\n\r\n" + STREAM)
    assert refused(reader).reason is Reason.TOO_LARGE


def test_a_body_means_nothing_where_there_is_to_be_none() -> None:
    (request,) = asked(read(b"DELETE / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx"))
    assert request.body == b""
