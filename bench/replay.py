"""The requests of a run, sent again by a bare loop: what they cost without the suite."""

import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from bench.servers import ACCOUNT, Served

_SID: Final = re.compile("KS[0-9a-f]{32}")
TURNED_AWAY: Final = 401


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One request of an archive, and the sid that its answer gave to a new Service."""

    sent: float
    """Seconds since the epoch, as are those of its answer."""
    answered: float
    method: str
    target: str
    content_type: str
    body: str
    created: str | None


def recorded(archive: Path) -> Iterator[Recorded]:
    """Read an archive; what was sent with other credentials than the account's own is left out."""
    for entry in json.loads(archive.read_text(encoding="utf-8"))["log"]["entries"]:
        asked, answered = entry["request"], entry["response"]
        if answered["status"] != TURNED_AWAY:
            parts = urlsplit(asked["url"])
            post = asked.get("postData", {})
            sent = datetime.fromisoformat(entry["startedDateTime"]).timestamp()
            yield Recorded(
                sent=sent,
                answered=sent + entry["time"] / 1000,
                method=asked["method"],
                target=f"{parts.path}?{parts.query}" if parts.query else parts.path,
                content_type=post.get("mimeType", ""),
                body=post.get("text", ""),
                created=_sid(answered),
            )


def _sid(answered: dict[str, Any]) -> str | None:
    if answered["status"] != httpx.codes.CREATED:
        return None
    found = _SID.search(answered["content"]["text"])  # an archive cuts long texts short
    return found and found[0]


def longest_pause(requests: Sequence[Recorded]) -> float:
    """Give the seconds of the longest time in which nothing was sent: a run waits for a date."""
    in_order = sorted(requests, key=lambda one: one.sent)
    return max(later.sent - earlier.answered for earlier, later in pairwise(in_order))


def replay(served: Served, requests: Sequence[Recorded]) -> float:
    """Send the same requests one after the other on one connection; give the seconds of one.

    Services have other sids this time: each stands for the one that was created in its place.
    """
    sids: dict[str, str] = {}

    def anew(text: str) -> str:
        return _SID.sub(lambda found: sids.get(found[0], found[0]), text)

    with httpx.Client(base_url=served.url, auth=(ACCOUNT.user, ACCOUNT.password)) as client:
        started = time.perf_counter()
        for one in requests:
            answer = client.request(
                one.method,
                anew(one.target),
                content=anew(one.body) or None,
                headers={"Content-Type": one.content_type} if one.content_type else None,
            )
            if one.created and answer.status_code == httpx.codes.CREATED:
                sids[one.created] = answer.json()["sid"]
        return (time.perf_counter() - started) / len(requests)
