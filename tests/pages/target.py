"""The least server that scripts can be tried on: right, or wrong in one stated way."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from tests.pages import runs

Answer = tuple[int, dict[str, str], Any]
Fault = Callable[["Target", str, str, Answer], Answer]
CREDENTIALS = {"Basic QUNtZTpzM2NyZXQ=": "own", "Basic QUNvdGhlcjp0b2tlbg==": "other"}
"""ACme:s3cret and ACother:token."""
ENVIRONMENT = {
    "TWILIO_ACCOUNT_SID": "ACme",
    "TWILIO_AUTH_TOKEN": "s3cret",
    "TWILIO_OTHER_ACCOUNT_SID": "ACother",
    "TWILIO_OTHER_AUTH_TOKEN": "token",
}


class Target:
    """Services in memory, and all that was asked for."""

    def __init__(self, fault: Fault | None = None, prefix: str = "") -> None:
        self.fault = fault
        self.prefix = prefix
        self.services: dict[str, dict[str, Any]] = {}
        self.made = 1000
        self.asked: list[tuple[str, str, bytes]] = []
        self.base = ""
        self.forbidden = False

    def answer(self, method: str, url: str, body: bytes, who: str | None) -> Answer:
        self.asked.append((method, url, body))
        path = urlsplit(url).path.removeprefix(self.prefix)
        right = self._right(method, path, url, body, who)
        return self.fault(self, method, path, right) if self.fault else right

    def _right(self, method: str, path: str, url: str, body: bytes, who: str | None) -> Answer:
        if who is None or self.forbidden:
            return _refused(401, 20003)
        sid = path.removeprefix("/v1/Services").strip("/")
        match method, sid:
            case "POST", "":
                return self._create(dict(parse_qsl(body.decode("latin-1"), keep_blank_values=True)))
            case "GET", "":
                return self._page(parse_qs(urlsplit(url).query))
            case "GET", _ if sid in self.services:
                return 200, {}, self.services[sid]
            case "DELETE", _ if sid in self.services:
                del self.services[sid]
                return 204, {}, None
            case _:
                return _refused(404, 20404)

    def _create(self, form: dict[str, str]) -> Answer:
        name = form.get("UniqueName", "").encode("latin-1").decode("utf-8", "replace")
        if not name:
            return _refused(400, 20001)
        if any(service["unique_name"] == name for service in self.services.values()):
            return _refused(400, 80602)
        self.made += 1
        ttl = int(form.get("DefaultTtl", 0))
        made = runs.service(self.made, name, default_ttl=ttl)
        made["url"] = f"{self.base}/v1/Services/{made['sid']}"
        self.services[made["sid"]] = made
        return 201, {}, made

    def _page(self, query: dict[str, list[str]]) -> Answer:
        size = int(query.get("PageSize", ["50"])[0])
        number = int(query.get("Page", ["0"])[0])
        shown = list(self.services.values())[number * size : (number + 1) * size]
        more = len(self.services) > (number + 1) * size
        following = f"{self.base}/v1/Services?PageSize={size}&Page={number + 1}&PageToken=T{number}"
        meta = {"page": number, "page_size": size, "next_page_url": following if more else None}
        return 200, {}, {"meta": meta, "services": shown}


def _refused(status: int, code: int) -> Answer:
    error = {"status": status, "code": code, "message": "no", "more_info": "https://e.org/1"}
    return status, {}, error


@contextmanager
def serving(fault: Fault | None = None, prefix: str = "") -> Iterator[Target]:
    """Serve on a free loopback port; end with the block."""
    target = Target(fault, prefix)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def __getattr__(self, name: str) -> Callable[[], None]:
            if name.startswith("do_"):
                return self._any
            raise AttributeError(name)

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            who = CREDENTIALS.get(self.headers.get("Authorization") or "")
            status, headers, value = target.answer(self.command, self.path, body, who)
            text = value if isinstance(value, bytes) else b"" if value is None else _json(value)
            self.send_response(status)
            for name, told in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, told)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Say nothing: a test reads what was asked from the target."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    target.base = f"http://127.0.0.1:{server.server_port}{prefix}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield target
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
