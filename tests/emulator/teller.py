"""A caller of an emulator, whose clock and sids are handed in, so that a story repeats to the byte."""

import hashlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import urlencode

from emulator.app import Settings, create_app
from emulator.mount import Mount
from tests.emulator.client import FORM, SECOND, Answer, Client

UNKNOWN = "KS" + "0" * 32


class Teller:
    """A caller whose every answer is noted down."""

    def __init__(self, *, prefix: str = "", **altered: Any) -> None:
        sids, ids = count(), count()
        self.requests = 0
        self.client = Client(
            create_app(
                clock=self._now,
                new_sid=lambda: "KS" + hashlib.md5(b"%d" % next(sids)).hexdigest(),
                new_request_id=lambda: f"RQ{next(ids):032x}",
                settings=Settings(mount=Mount(prefix=prefix)),
                **altered,
            )
        )
        self.other = Client(self.client.app, SECOND.header)
        self.prefix = prefix
        self.notes: list[object] = []

    def _now(self) -> datetime:
        """Return a time that moves on by ten seconds with each request."""
        return datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC) + timedelta(seconds=10 * self.requests)

    def send(self, method: str, target: str, *rest: Any, by: Client | None = None) -> Answer:
        self.requests += 1
        answer = (by or self.client).send(method, self.prefix + target, *rest)
        self.notes.append(answer)
        return answer

    def post(self, target: str, by: Client | None = None, **form: str) -> Answer:
        return self.raw(target, encoded(form), by=by)

    def raw(
        self, target: str, body: bytes, kind: str | None = FORM, by: Client | None = None
    ) -> Answer:
        headers = [] if kind is None else [("Content-Type", kind)]
        return self.send("POST", target, body, headers, by=by)

    def create(self, name: str, by: Client | None = None, **more: str) -> str:
        """Create a Service; return its sid, or an unknown one."""
        return self.create_with({"UniqueName": name, **more}, by)

    def create_with(self, form: dict[str, str], by: Client | None = None) -> str:
        return sid_of(self.raw("/v1/Services", encoded(form), by=by))

    def update(self, sid: str, by: Client | None = None, **form: str) -> Answer:
        return self.update_with(sid, form, by)

    def update_with(self, sid: str, form: dict[str, str], by: Client | None = None) -> Answer:
        return self.raw(f"/v1/Services/{sid}", encoded(form), by=by)

    def fetch(self, sid: str, by: Client | None = None) -> Answer:
        return self.send("GET", f"/v1/Services/{sid}", by=by)

    def delete(self, sid: str, by: Client | None = None) -> Answer:
        return self.send("DELETE", f"/v1/Services/{sid}", by=by)

    def listed(self, query: str = "", by: Client | None = None) -> Answer:
        return self.send("GET", f"/v1/Services?{query}" if query else "/v1/Services", by=by)

    def walk(self, query: str = "") -> None:
        """Follow the pages there and back, as far as they go."""
        answer = self.listed(query)
        for way in ("next_page_url", "previous_page_url"):
            for _ in range(6):
                with suppress(Exception):
                    answer = self.send("GET", "/" + answer.json["meta"][way].split("/", 3)[3])


def encoded(form: dict[str, str]) -> bytes:
    return urlencode(form).encode()


def sid_of(answer: Answer) -> str:
    with suppress(Exception):
        return str(answer.json["sid"])
    return UNKNOWN
