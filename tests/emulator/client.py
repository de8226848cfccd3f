"""Calls an emulator in process, as one account or as nobody."""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlencode, urlsplit

from emulator.access import DEFAULT_ACCOUNTS
from emulator.app import Emulator
from emulator.durable_store import DurableStore

FIRST, SECOND = DEFAULT_ACCOUNTS
FORM = "application/x-www-form-urlencoded"
Opened: TypeAlias = Callable[[Path], DurableStore]
"""Opens a store on a file; whoever gave it closes it."""
_loop = asyncio.new_event_loop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, int]:
        """Status and code of an error whose body has the known shape."""
        body = self.json
        assert set(body) == {"code", "message", "more_info", "status"}
        assert body["status"] == self.status
        assert body["message"]
        assert body["more_info"] == f"https://www.twilio.com/docs/errors/{body['code']}"
        assert self.headers["content-type"] == "application/json"
        return self.status, body["code"]


@dataclass(slots=True)
class Client:
    """A caller with one set of credentials."""

    app: Emulator
    authorization: str | None = FIRST.header
    scope: dict[str, Any] = field(default_factory=dict)

    def send(
        self,
        method: str,
        target: str,
        body: bytes | Iterable[bytes] = b"",
        headers: Iterable[tuple[str, str]] = (("Content-Type", FORM),),
    ) -> Answer:
        return _loop.run_until_complete(self.sent(method, target, body, headers))

    async def sent(
        self,
        method: str,
        target: str,
        body: bytes | Iterable[bytes] = b"",
        headers: Iterable[tuple[str, str]] = (("Content-Type", FORM),),
    ) -> Answer:
        path, _, query = target.partition("?")
        own = [("Host", "api.test"), *headers]
        if self.authorization is not None:
            own.append(("Authorization", self.authorization))
        scope: dict[str, Any] = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in own],
        } | self.scope
        parts = [body] if isinstance(body, bytes) else list(body)
        incoming = iter(
            {"type": "http.request", "body": part, "more_body": index < len(parts)}
            for index, part in enumerate(parts, 1)
        )
        sent: list[Any] = []

        async def receive() -> Any:
            return next(incoming, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        start = sent[0]
        return Answer(
            status=start["status"],
            headers={name.decode(): value.decode("latin-1") for name, value in start["headers"]},
            body=b"".join(message.get("body", b"") for message in sent[1:]),
        )

    def create(self, name: str = "name", **more: str) -> Answer:
        return self.post("/v1/Services", UniqueName=name, **more)

    def made(self, name: str = "name", **more: str) -> dict[str, Any]:
        """Create what must be creatable."""
        answer = self.create(name, **more)
        assert answer.status == 201, answer.body
        return dict(answer.json)

    def post(self, path: str, **form: str) -> Answer:
        return self.send("POST", path, urlencode(form).encode())

    def fetch(self, sid: str) -> Answer:
        return self.send("GET", f"/v1/Services/{sid}")

    def update(self, sid: str, **form: str) -> Answer:
        return self.post(f"/v1/Services/{sid}", **form)

    def delete(self, sid: str) -> Answer:
        return self.send("DELETE", f"/v1/Services/{sid}")

    def listed(self, query: str = "") -> Answer:
        return self.send("GET", f"/v1/Services?{query}" if query else "/v1/Services")

    def follow(self, url: str) -> Answer:
        parts = urlsplit(url)
        return self.send("GET", f"{parts.path}?{parts.query}")

    def walk(self, query: str = "", way: str = "next_page_url") -> Iterator[dict[str, Any]]:
        """Go over the pages; a hundred are enough for any test."""
        answer = self.listed(query)
        for _ in range(100):
            assert answer.status == 200, answer.body
            yield answer.json
            if (url := answer.json["meta"][way]) is None:
                return
            answer = self.follow(url)
        raise AssertionError("the pages do not end")

    def names(self, query: str = "") -> list[str]:
        return [item["unique_name"] for page in self.walk(query) for item in page["services"]]
