"""An exchange is redacted when made, and says plainly what went over the wire."""

import base64
import html
import json
from dataclasses import FrozenInstanceError, replace
from urllib.parse import quote

import pytest

from conformance.harness.evidence import (
    CUT,
    NOT_JSON,
    REDACTED,
    SHOWN_BODY,
    TRAIL_LENGTH,
    Redaction,
    Unredacted,
    parse,
    readable,
    shortened,
)
from conformance.harness.representation import show
from tests.exchanges import exchange, lost

TOKEN = "tok3n-of-the-account"
BASIC = base64.b64encode(f"AC1:{TOKEN}".encode()).decode()
REDACTION = Redaction(("other-secret",), (("AC1", TOKEN),))


@pytest.mark.parametrize("secret", [TOKEN, BASIC, "other-secret"])
def test_exact_secrets_are_taken_out_of_texts_and_bodies(secret: str) -> None:
    assert REDACTION.text(f"a{secret}b {secret}") == f"a{REDACTED}b {REDACTED}"
    assert REDACTION.body(f"a{secret}b".encode()) == f"a{REDACTED}b".encode()


def test_what_holds_no_secret_stays_as_it_is() -> None:
    assert REDACTION.text("AC1 tok3n") == "AC1 tok3n"
    assert REDACTION.body(b"\xff\x00") == b"\xff\x00"


def test_a_user_that_is_sent_as_its_own_token_is_no_secret() -> None:
    assert Redaction((), (("AC-the-user", "AC-the-user"),)).text("AC-the-user") == "AC-the-user"


def test_secrets_are_taken_out_however_deep_they_lie() -> None:
    values = {"a": [TOKEN, {"b": f"x{TOKEN}"}], "n": 5, "none": None}

    assert REDACTION.values(values) == {
        "a": [REDACTED, {"b": f"x{REDACTED}"}],
        "n": 5,
        "none": None,
    }


def test_keys_are_our_own_and_stay() -> None:
    """Whatever word the secret is."""
    where = Redaction(("where",))

    assert where.values({"where": "somewhere"}) == {"where": f"some{REDACTED}"}


def test_what_was_said_is_there_for_checks_and_not_to_be_shown() -> None:
    said = Unredacted(url=f"/{TOKEN}", request_body=TOKEN.encode(), response_body=TOKEN.encode())
    made = exchange(unredacted=said)

    assert made.whole is said
    assert TOKEN not in repr(made) + json.dumps(made.as_values())


@pytest.mark.parametrize("name", ["Authorization", "cookie", "SET-COOKIE", "Proxy-Authorization"])
def test_headers_that_hold_secrets_are_taken_out_whole(name: str) -> None:
    assert REDACTION.headers(((name, "anything"),)) == ((name, REDACTED),)


def test_other_headers_lose_the_secret_alone() -> None:
    assert REDACTION.headers((("X-Echo", f"is {TOKEN}"),)) == (("X-Echo", f"is {REDACTED}"),)


def test_a_secret_within_another_leaves_nothing_of_it() -> None:
    redaction = Redaction(("secret", "secret-and-more"))

    assert redaction.text("secret-and-more") == REDACTED


ODD = "se\"cret\\tok/en+é&='<0123>"


@pytest.mark.parametrize(
    "spelt",
    [
        ODD, json.dumps(ODD), json.dumps(ODD, ensure_ascii=False), repr(ODD)[1:-1], html.escape(ODD),
        quote(ODD), quote(ODD, safe=""), json.dumps(ODD, ensure_ascii=False).replace("/", "\\/"),
        "se\\u0022cret\\\\tok\\u002Fen\\u002Bé\\u0026\\u003D\\u0027\\u003C0123\\u003E",
        "se\\u0022cret\\\\tok\\u002fen\\u002bé\\u0026\\u003d\\u0027\\u003c0123\\u003e",
    ],
)  # fmt: skip
def test_a_secret_is_known_however_it_is_spelt(spelt: str) -> None:
    redaction = Redaction((ODD,))

    assert redaction.text(f"is {spelt.strip(chr(34))}.") == f"is {REDACTED}."
    assert redaction.body(spelt.encode()).strip(b"\"'") == REDACTED.encode()


@pytest.mark.parametrize("left", [4, 10, len(TOKEN) - 1])
def test_what_a_cut_leaves_of_a_secret_is_taken_out(left: int) -> None:
    assert REDACTION.text(shortened(f"is {TOKEN}", 3 + left)).startswith(f"is {REDACTED}{CUT} (")
    assert REDACTION.text(show(f"is {TOKEN}", 4 + left)) == f"'is {REDACTED}{CUT}"


@pytest.mark.parametrize("short", ["", "a", "abc"])
def test_what_is_too_short_to_be_a_secret_is_none(short: str) -> None:
    assert Redaction((short,)).text("abcdef") == "abcdef"


@pytest.mark.parametrize(
    ("status", "accepted", "refused"),
    [
        (200, True, False),
        (204, True, False),
        (301, False, False),
        (400, False, True),
        (404, False, True),
        (401, False, False),
        (403, False, False),
        (429, False, False),
        (407, False, False),
        (408, False, False),
        (500, False, False),
    ],
)
def test_an_answer_accepts_refuses_or_neither(
    status: int, *, accepted: bool, refused: bool
) -> None:
    made = exchange(status=status)

    assert (made.accepted, made.refused) == (accepted, refused)


def test_no_answer_neither_accepts_nor_refuses() -> None:
    made = lost()

    assert not made.accepted
    assert not made.refused
    assert made.object() == {}
    assert made.header("content-type") is None


def test_headers_are_found_whatever_their_case() -> None:
    made = exchange(response_headers=(("Twilio-Request-Id", "RQ1"), ("x-a", "1"), ("X-A", "2")))

    assert made.header("TWILIO-REQUEST-ID") == made.request_id == "RQ1"
    assert made.header("X-a") == "1"
    assert exchange(response_headers=(("X-Request-Id", "7"),)).request_id == "7"


def test_the_trail_is_what_came_before_oldest_first() -> None:
    first = exchange("create")
    second = exchange("fetch", previous=first)
    third = exchange("update", previous=second)

    assert third.trail() == (first, second)
    assert first.trail() == ()


def test_a_long_trail_keeps_its_end() -> None:
    last = exchange(url="0")
    for number in range(1, TRAIL_LENGTH + 5):
        last = exchange(url=str(number), previous=last)

    assert [one.url for one in last.trail()][-1] == str(TRAIL_LENGTH + 3)
    assert len(last.trail()) == TRAIL_LENGTH


def test_an_exchange_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        exchange().status = 5  # type: ignore[misc]  # that is what is tried


def test_an_exchange_as_values_is_what_a_report_holds() -> None:
    made = exchange(
        "create",
        body={"a": 1},
        request_headers=(("A", "b"),),
        request_body=b"x=\xff",
        response_headers=(("X-Request-Id", "7"),),
    )

    values = made.as_values()

    assert json.loads(json.dumps(values)) == values
    assert values["request_body"] == "x=\\xff"
    assert (values["status"], values["request_id"]) == (201, "7")
    assert values["request_headers"] == [["A", "b"]]
    assert values["milliseconds"] == 10.0


def test_a_long_body_is_cut_in_the_report_alone() -> None:
    made = replace(exchange(), response_body=b"x" * (SHOWN_BODY + 7))

    assert made.as_values()["response_body"].endswith("… (7 more characters)")
    assert len(made.response_body) == SHOWN_BODY + 7


@pytest.mark.parametrize("body", [b'{"a": 1}', b"[]", b"null", b"5", '"é"'.encode()])
def test_json_is_read(body: bytes) -> None:
    assert parse(body) == json.loads(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{'a': 1}",
        b"NaN",
        b'{"a": Infinity}',
        b"\xff\xfe{}",
        b"[" * 100000,
        b"9" * 5000,
    ],
    ids=lambda body: repr(body[:8]),
)
def test_what_is_no_json_is_said_to_be_none(body: bytes) -> None:
    assert parse(body) is NOT_JSON


def test_null_is_json() -> None:
    assert exchange(body=b"null").is_json
    assert not exchange(body=b"").is_json


def test_bytes_that_are_no_text_are_shown() -> None:
    assert readable(b"a\xffb") == "a\\xffb"


def test_a_text_is_shortened_only_where_it_is_too_long() -> None:
    assert shortened("abc", 3) == "abc"
    assert shortened("abcd", 3) == "abc… (1 more characters)"
