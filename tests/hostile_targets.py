"""Targets that make a run's life hard: an emulator behind a server that interferes.

What the server does with each request is its mood: it may pass the request on, change the answer,
make one up, or give None, which resets the connection.
"""

import contextlib
import http.client
import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qs, urlsplit

from tests import suite_runs
from tests.servers import LONGEST, Seen, Server, response, serving
from tests.suite_runs import Job, Outcome, outcomes

SERVICES: Final = "/v1/Services"
ACCOUNT: Final = ("AC" + "a" * 32, "token-of-a-crude-target")
"""The account that runs against a URL have."""
_OTHER: Final = ("AC" + "b" * 32, "token-of-another-account")
_NOT_ONWARD: Final = frozenset({"connection", "keep-alive", "transfer-encoding"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the emulator answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def written(self) -> bytes:
        """Write the answer as it was."""
        lines = [f"HTTP/1.1 {self.status} Passed on"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


Forward: TypeAlias = Callable[[Seen], Reply]
Mood: TypeAlias = Callable[[Seen, int, Forward], bytes | None]


def calm(seen: Seen, _: int, forward: Forward) -> bytes | None:
    """Pass everything on."""
    return forward(seen).written()


def creates(seen: Seen) -> bool:
    return seen.method == "POST" and seen.target.partition("?")[0] == SERVICES


def sid(seen: Seen) -> str:
    """Read the sid in a path; empty for the collection."""
    return seen.target.partition("?")[0].removeprefix(SERVICES).strip("/").partition("/")[0]


def name(seen: Seen) -> str:
    return parse_qs(seen.body.decode("latin-1")).get("UniqueName", [""])[0]


def said(status: int, document: object, *headers: str) -> bytes:
    """Write an answer of JSON."""
    return response(status, json.dumps(document).encode(), *headers)


def refusal(status: int, code: int, message: str, *headers: str) -> bytes:
    """Write an error as the vendor words them."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    return said(
        status, {"code": code, "message": message, "more_info": more, "status": status}, *headers
    )


@dataclass(slots=True)
class Hostile:
    """A running target, what it was asked, and the emulator behind it."""

    server: Server
    forward: Forward
    _pages: int = field(default=1000, init=False)

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def seen(self) -> list[Seen]:
        return self.server.seen

    def count(self, method: str) -> int:
        return sum(seen.method == method for seen in self.seen)

    def ask(self, method: str, target: str, body: bytes = b"") -> Reply:
        """Ask the emulator itself, past what stands before it."""
        word = b64encode(":".join(ACCOUNT).encode()).decode()
        headers = {
            "authorization": f"Basic {word}",
            "content-type": "application/x-www-form-urlencoded",
        }
        return self.forward(Seen(method=method, target=target, headers=headers, body=body))

    def fill(self, count: int) -> dict[str, Any]:
        """Create that many Services of somebody else's; give them by sid."""
        for number in range(count):
            self.ask("POST", SERVICES, f"UniqueName=somebody-elses-{number}&DefaultTtl=77".encode())
        return self.services()

    def services(self) -> dict[str, Any]:
        """Read all Services by sid."""
        found: dict[str, Any] = {}
        target: str | None = f"{SERVICES}?PageSize={self._pages}"
        while target:
            page = self.ask("GET", target).json()
            found |= {one["sid"]: one for one in page["services"]}
            parts = urlsplit(page["meta"]["next_page_url"] or "")
            target = parts.path and f"{parts.path}?{parts.query}"
        return found


@contextlib.contextmanager
def _forwarding(url: str) -> Iterator[Forward]:
    """Give what asks the emulator, on connections that are used again."""
    parts = urlsplit(url)
    idle: list[http.client.HTTPConnection] = []

    def forward(seen: Seen) -> Reply:
        connection = idle.pop() if idle else _connection(parts.hostname, parts.port)
        kept_back = {*_NOT_ONWARD, "content-length"}
        headers = {key: value for key, value in seen.headers.items() if key not in kept_back}
        connection.request(seen.method, seen.target, seen.body or None, headers)
        answer = connection.getresponse()
        kept = [
            (key, value) for key, value in answer.getheaders() if key.lower() not in _NOT_ONWARD
        ]
        reply = Reply(status=answer.status, headers=tuple(kept), body=answer.read())
        idle.append(connection)
        return reply

    yield forward
    for connection in idle:
        connection.close()


def _connection(host: str | None, port: int | None) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(host or "", port, timeout=LONGEST)


@contextlib.contextmanager
def hostile(mood: Mood = calm, *arguments: str) -> Iterator[Hostile]:
    """Run an emulator behind a server of that mood."""
    accounts = ["--account", ":".join(ACCOUNT), "--account", ":".join(_OTHER)]
    with (
        suite_runs.emulator([*accounts, *arguments]) as served,
        _forwarding(served["url"]) as forward,
        serving(lambda seen, number: mood(seen, number, forward)) as server,
    ):
        yield Hostile(server=server, forward=forward)


def run(
    target: Hostile | str, *rows: str, effort: str = "probe", more: tuple[str, ...] = ()
) -> Outcome:
    """Run the suite, or some requirements of it, in a child of this process."""
    url = target if isinstance(target, str) else target.url
    chosen = [f"--requirement={row}" for row in rows]
    job = Job(name="hostile", url=url, effort=effort, options=(*chosen, *more), reproduces=True)
    return next(outcomes([job], side_by_side=1))
