"""An account with Services, as small as sweeping needs it, and wrong where a test says so."""

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from tests.exchanges import service
from tests.servers import Seen, response

RUN = "01234567"


def sid(number: int) -> str:
    return f"KS{number:032x}"


def name(number: int) -> str:
    """Give a name as a run makes them."""
    return f"pc-{RUN}-m{number:06}"


def missing() -> bytes:
    return response(404, json.dumps({"code": 20404, "message": "no", "status": 404}).encode())


@dataclass(slots=True)
class Account:
    """Services by sid, and the ways in which this account is wrong."""

    names: dict[str, str]
    page_size: int = 2
    list_answer: bytes | None = None
    loops: bool = False
    """Whether the next page of each page is the first one."""
    delete_answers: dict[str, bytes | None] = field(default_factory=dict)
    keeps: frozenset[str] = frozenset()
    """Sids whose DELETE is answered with 204, and without effect."""
    fetch_answers: dict[str, bytes] = field(default_factory=dict)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def answer(self, seen: Seen, _: int) -> bytes | None:
        parts = urlsplit(seen.target)
        item = parts.path.removeprefix("/v1/Services").strip("/")
        with self._lock:
            if not item:
                return self.list_answer or self._page(
                    int(parse_qs(parts.query).get("Page", ["0"])[0])
                )
            if seen.method == "DELETE":
                return self._delete(item)
            return self._fetch(item)

    def _fetch(self, item: str) -> bytes:
        if item in self.fetch_answers:
            return self.fetch_answers[item]
        if item not in self.names:
            return missing()
        return response(200, json.dumps(self._shown([item])[0]).encode())

    def _delete(self, item: str) -> bytes | None:
        if item in self.delete_answers:
            return self.delete_answers[item]
        if item not in self.names:
            return missing()
        if item not in self.keeps:
            del self.names[item]
        return response(204, b"")

    def _page(self, number: int) -> bytes:
        first = number * self.page_size
        listed = list(self.names)[first : first + self.page_size]
        more = len(self.names) > first + self.page_size
        following = 0 if self.loops else number + 1 if more else None
        url = (
            None if following is None else f"https://elsewhere.example/v1/Services?Page={following}"
        )
        body = {"services": self._shown(listed), "meta": {"next_page_url": url}}
        return response(200, json.dumps(body).encode())

    def _shown(self, sids: Iterable[str]) -> list[dict[str, object]]:
        return [service(sid=one, unique_name=self.names[one]) for one in sids]
