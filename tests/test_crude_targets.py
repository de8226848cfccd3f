"""Targets that are wrong in the crudest ways: every run is red, and they earn nothing they break."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.suite_runs import Job, Outcome, outcomes

Answer = tuple[int, str, bytes]
JSON = "application/json"
SERVICE = {
    "sid": "KS" + "a" * 32, "account_sid": "AC" + "a" * 32, "chat_instance_sid": None,
    "unique_name": "My Service", "default_ttl": 0, "callback_url": None,
    "geo_match_level": "country", "number_selection_behavior": "prefer-sticky",
    "intercept_callback_url": None, "out_of_session_callback_url": None,
    "date_created": "2015-07-30T20:00:00Z", "date_updated": "2015-07-30T20:00:00Z",
    "url": "http://localhost/v1/Services/KS" + "a" * 32,
    "links": {
        name: f"http://localhost/v1/Services/KS{'a' * 32}/{path}"
        for name, path in (("sessions", "Sessions"), ("phone_numbers", "PhoneNumbers"))
    },
}  # fmt: skip
LINK = "http://localhost/v1/Services?PageSize=50&Page=0"
PAGE = {
    "services": [SERVICE],
    "meta": {
        "first_page_url": LINK, "key": "services", "next_page_url": None, "page": 0,
        "page_size": 50, "previous_page_url": None, "url": LINK,
    },
}  # fmt: skip
NOT_FOUND = {"code": 20404, "message": "no", "more_info": "https://example.com/", "status": 404}


def mock(method: str, path: str) -> Answer:
    """Answer as a mock that was made of the document does: always the sample."""
    item = path.startswith("/v1/Services/")
    match method, item:
        case "POST", False:
            return 201, JSON, json.dumps(SERVICE).encode()
        case "GET", False:
            return 200, JSON, json.dumps(PAGE).encode()
        case "DELETE", True:
            return 204, JSON, b""
        case _:
            return 200, JSON, json.dumps(SERVICE).encode()


TARGETS: dict[str, Callable[[str, str], Answer]] = {
    "always {}": lambda *_: (200, JSON, b"{}"),
    "always 200": lambda *_: (200, JSON, b'{"ok": true}'),
    "always 404": lambda *_: (404, JSON, json.dumps(NOT_FOUND).encode()),
    "an echo": lambda method, path: (200, JSON, json.dumps({"method": method, "path": path}).encode()),
    "HTML": lambda *_: (200, "text/html", b"<html><body>Hello</body></html>"),
    "empty bodies": lambda *_: (200, JSON, b""),
    "a stateless mock": mock,
}  # fmt: skip
KEPT = {
    "always {}": {"ERROR-1", "SERVICE-21"},
    "always 200": {"ERROR-1", "SERVICE-21"},
    "always 404": {
        "ERROR-1", "ERROR-2", "ERROR-3", "ERROR-6", "ERROR-7", "ERROR-8", "FETCH-4", "FETCH-5",
        "UPDATE-20", "UPDATE-21", "UPDATE-22", "DELETE-6", "DELETE-7", "REFUSE-1", "REFUSE-2",
        "METHOD-1", "METHOD-2",
    },
    "an echo": {"ERROR-1", "SERVICE-21"},
    "HTML": set(),
    "empty bodies": set(),
}  # fmt: skip
"""The `must` rows that each of them keeps, in truth: it answers no 5xx, and what it says is JSON."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answer: Callable[[str, str], Answer]

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        status, kind, body = type(self).answer(self.command, self.path)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_DELETE = do_PUT = do_PATCH = do_OPTIONS = do_GET

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving(answer: Callable[[str, str], Answer]) -> Iterator[str]:
    kind = type("Crude", (Handler,), {"answer": staticmethod(answer)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def runs() -> Iterator[dict[str, Outcome]]:
    with contextlib.ExitStack() as stack:
        jobs = [
            Job(name=name, url=stack.enter_context(serving(answer)), effort="probe")
            for name, answer in TARGETS.items()
        ]
        yield {outcome.job.name: outcome for outcome in outcomes(jobs)}


@pytest.mark.parametrize("name", TARGETS)
def test_a_crude_target_is_red(runs: dict[str, Outcome], name: str) -> None:
    """Judged and found wrong, or so wrong that it cannot be judged at all."""
    assert runs[name].status == (6 if name in {"HTML", "empty bodies"} else 1)
    assert runs[name].run["conforms"] is False


@pytest.mark.parametrize("name", KEPT)
def test_a_crude_target_earns_nothing_that_it_breaks(runs: dict[str, Outcome], name: str) -> None:
    held = {id for id, stance in runs[name].ids("held").items() if stance == "must"}
    assert held <= KEPT[name]


def test_a_stateless_mock_is_told_what_it_does_not_keep(runs: dict[str, Outcome]) -> None:
    violated = runs["a stateless mock"].ids("violated")
    assert {"CREATE-3", "NAME-1", "FETCH-4", "SERVICE-17", "LIST-10"} <= set(violated)
