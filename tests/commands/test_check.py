"""What `check` says of targets that are what they seem, and of others."""

import json

import pytest

from conformance.harness import preflight
from tests.commands.saying import Say, always, proxy
from tests.exchanges import ERROR, page
from tests.servers import Answer, Seen, closed_port, hanging, response, serving


def test_a_target_that_is_what_it_seems(say: Say) -> None:
    with serving(proxy) as server:
        status, out, _ = say("check", "--base-url", server.url)

    assert status == 0
    assert out.splitlines()[-1] == "The target can be judged (3 requests, nothing was created)."
    assert " no " not in out
    assert {one.method for one in server.seen} == {"GET"}


def open_to_all(seen: Seen, _: int) -> bytes:
    if seen.target.startswith("/v1/Services/"):
        return response(404, json.dumps(ERROR).encode())
    return response(200, json.dumps(page()).encode())


def empty_errors(seen: Seen, number: int) -> bytes:
    answer = proxy(seen, number)
    return response(404, b"{}") if answer.startswith(b"HTTP/1.1 404") else answer


STRANGE: dict[str, tuple[Answer, str]] = {
    "HTML": (always(response(200, b"<html>", kind="text/html")), "not answered with JSON"),
    "a redirect": (always(response(302, b"", "Location: http://b")), "a redirect (302 to http://b)"),
    "401": (always(response(401)), "refuses the credentials (401)"),
    "500": (always(response(500)), "a list was answered 500, expected 200"),
    "no list": (always(response(200, b"{}")), "a list breaks LIST-2"),
    "no auth": (open_to_all, "a wrong token was answered 200"),
    "no errors": (empty_errors, "a fetch breaks ERROR-2"),
    "resets": (always(None), "the target cannot be reached: no answer to GET /v1/Services"),
    "throttles": (always(response(429, b"{}", "Retry-After: 3600")), "throttles without end"),
    "is always busy": (always(response(429)), "does not answer, or throttles"),
    "suspended": (always(response(403, b'{"code": 20006, "message": "x"}')), "is suspended"),
}  # fmt: skip


@pytest.mark.parametrize("words", STRANGE)
def test_a_target_that_is_something_else(say: Say, words: str) -> None:
    answer, says = STRANGE[words]
    with serving(answer) as server:
        status, out, _ = say("check", "--base-url", server.url)

    assert status == 6
    assert says in out
    assert out.splitlines()[-1].startswith("The target cannot be judged as it is")
    assert 1 <= len(server.seen) <= 5


def test_a_target_that_checks_no_credentials_may_say_so(
    say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TWILIO_ACCOUNT_SID")
    with serving(open_to_all) as server:
        assert say("check", "--base-url", server.url, "--lacks", "auth")[0] == 0


def test_a_closed_port_is_told(say: Say) -> None:
    status, out, _ = say("check", "--base-url", closed_port())

    assert status == 6
    assert "ConnectError" in out


def test_a_target_that_hangs_is_told(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "FIRST_ANSWER", 0.3)
    with hanging() as url:
        status, out, _ = say("check", "--base-url", url)

    assert status == 6
    assert "ReadTimeout" in out
