"""The exchanges that led to a violation, as steps that can be taken again on another day.

Sids and page URLs are new each time, so whatever a later step takes from an earlier answer is
captured there; names of the suite hold a token of its run, which is replaced by a fresh one.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from conformance.pages import answers
from conformance.pages.commands import headers
from conformance.pages.shell import Known

LONGEST_PAUSE = 3
RUN_TOKEN = re.compile(r"pc-([0-9a-z]{8})-")
_SID = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9a-fA-F]{32}(?![A-Za-z0-9])")
# What an answer links, and how a requirement calls it.
_PAGE_URLS: Mapping[str, str] = {
    "/meta/next_page_url": "next_page_url",
    "/meta/previous_page_url": "previous_page_url",
    "/meta/first_page_url": "first_page_url",
    "/meta/url": "meta.url",
    "/url": "url of a Service",
}
LONGEST_TRAIL = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request to be sent again, and what came back when it was recorded."""

    number: int
    method: str
    path: str
    body: str
    headers: tuple[tuple[str, str], ...]
    credentials: str
    status: int | None
    response_headers: tuple[tuple[str, str], ...]
    answer: str
    waited: int
    """Seconds that had passed since the step before, where it was one at least."""

    @property
    def is_list(self) -> bool:
        return self.method == "GET" and bool(re.match(r"/v1/Services/?(\?|$)", self.path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A variable that takes its value from the answer to a step."""

    variable: str
    step: int
    pointer: str
    is_path: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All steps in order, and what passes from one to another."""

    steps: tuple[Step, ...]
    captures: tuple[Capture, ...]
    paths: Mapping[int, str]
    known: Known
    runs: tuple[str, ...]

    def captured_from(self, step: Step) -> list[Capture]:
        return [capture for capture in self.captures if capture.step == step.number]


def story(
    requirement: Mapping[str, Any], violation: Mapping[str, Any], target: Mapping[str, Any]
) -> Story | None:
    """Read the trail and the last exchange; None where the record lacks what they stand on.

    A long trail is cut at its beginning: a step about a Service whose making was cut off is left
    out, and without the Service of the last step nothing can be shown.
    """
    exchanges = [*violation.get("trail", []), violation["exchange"]]
    told = _told(exchanges, target["base_url"])
    is_cut = len(told) > LONGEST_TRAIL
    meant = [pointer for pointer, word in _PAGE_URLS.items() if word in requirement["sentence"]]
    captures: list[Capture] = []
    paths: dict[int, str] = {}
    known: dict[str, str] = {}
    steps: list[Step] = []
    for step in told:
        page = _page(step, steps, meant if step is told[-1] else [])
        found = [] if page else list(_captured(step, steps, known, len(captures)))
        if page:
            captures.append(page)
            paths[step.number] = page.variable
        elif is_cut and _is_orphan(step, known, found):
            continue
        captures += [capture for _, capture in found]
        known |= {sid: f"${{{capture.variable}}}" for sid, capture in found}
        steps.append(step)
    if not steps or steps[-1] is not told[-1]:
        return None
    for sid in _SID.findall(f"{violation['expected']} {violation['found']}"):
        # It may be from the answer itself; then it is a value to be compared, not one to be kept.
        place = None if sid in known else _place(sid, steps[:-1])
        if place is not None:
            name = f"sid_{len(captures) + 1}"
            captures.append(Capture(variable=name, step=place[0], pointer=place[1], is_path=False))
            known[sid] = f"${{{name}}}"
    tokens = _tokens(steps, violation)
    known |= {f"pc-{token}-": f"pc-${{run_{i}}}-" for i, token in enumerate(tokens, start=1)}
    known[target["base_url"].rstrip("/")] = "${BASE_URL}"
    if target["account_sid"]:
        known.setdefault(target["account_sid"], "${account}")
    return Story(
        steps=tuple(steps),
        captures=tuple(captures),
        paths=paths,
        known=known,
        runs=tuple(f"run_{i}" for i in range(1, len(tokens) + 1)),
    )


def _told(exchanges: Sequence[Mapping[str, Any]], base_url: str) -> list[Step]:
    return [
        _step(number, exchange, base_url, exchanges[number - 2] if number > 1 else None)
        for number, exchange in enumerate(exchanges, start=1)
    ]


def _captured(
    step: Step, earlier: Sequence[Step], known: Known, made: int
) -> Iterator[tuple[str, Capture]]:
    """Yield the sids that a step takes from earlier answers and that no variable holds yet."""
    wanted = dict.fromkeys(_sids(f"{unquote(step.path)} {unquote(step.body)}", step.path))
    for sid in wanted:
        place = None if sid in known else _place(sid, earlier)
        if place is not None:
            made += 1
            yield (
                sid,
                Capture(variable=f"sid_{made}", step=place[0], pointer=place[1], is_path=False),
            )


def _is_orphan(step: Step, known: Known, found: Sequence[tuple[str, Capture]]) -> bool:
    below = re.match(r"/v1/Services/([^/?]+)", step.path)
    if below is None or step.status is None or not 200 <= step.status < 300:
        return False
    sid = unquote(below[1])
    return sid not in known and sid not in dict(found)


def _step(
    number: int, exchange: Mapping[str, Any], base_url: str, before: Mapping[str, Any] | None
) -> Step:
    return Step(
        number=number,
        method=exchange["method"],
        path=path_below(exchange["url"], base_url),
        body=exchange["request_body"],
        headers=tuple(headers(exchange)),
        credentials=exchange.get("credentials") or "own",
        status=exchange["status"],
        response_headers=tuple((name, value) for name, value in exchange["response_headers"]),
        answer=exchange["response_body"],
        waited=_waited(before, exchange) if before else 0,
    )


def _waited(before: Mapping[str, Any], exchange: Mapping[str, Any]) -> int:
    """Return the pause between two exchanges: some requirements need the clock to move."""
    try:
        ended = datetime.fromisoformat(before["at"]) + timedelta(
            milliseconds=before["milliseconds"]
        )
        pause = (datetime.fromisoformat(exchange["at"]) - ended).total_seconds()
    except (ValueError, TypeError):
        return 0
    return min(math.ceil(pause), LONGEST_PAUSE) if pause >= 1 else 0


def path_below(url: str, base_url: str) -> str:
    """Return path and query below the base URL; another host's are taken for the base's own."""
    base = base_url.rstrip("/")
    if url.startswith(base + "/"):
        return url[len(base) :]
    parts, prefix = urlsplit(url), urlsplit(base).path
    has_it = f"{parts.path}/".startswith(f"{prefix}/")
    path = "/" + (parts.path.removeprefix(prefix) if has_it else parts.path).lstrip("/")
    return path + (f"?{parts.query}" if parts.query else "")


def _page(step: Step, earlier: Sequence[Step], meant: Sequence[str]) -> Capture | None:
    """Find the URL of an earlier answer that this step follows, unless the path says it all.

    Several may have led to it: the last step follows what its requirement is about. The end of a
    long answer is not in the record; a page token then comes from the page before.
    """
    if step.method != "GET":
        return None
    if found := _link(step, earlier, meant):
        return found
    if "?" not in step.path:
        return None
    if found := _link(step, earlier, list(_PAGE_URLS)):
        return found
    before = next((before for before in reversed(earlier) if before.is_list), None)
    has_token = re.search(r"[?&](Page|PageToken)=", step.path)
    return _followed(step, before, "/meta/next_page_url") if before and has_token else None


def _link(step: Step, earlier: Sequence[Step], pointers: Sequence[str]) -> Capture | None:
    for before in reversed(earlier):
        for pointer in pointers:
            url = answers.value(before.answer, pointer)
            if isinstance(url, str) and url and _tail(url) == _tail(step.path):
                return _followed(step, before, pointer)
    return None


def _followed(step: Step, before: Step, pointer: str) -> Capture:
    name = f"page_{step.number}"
    return Capture(variable=name, step=before.number, pointer=pointer, is_path=True)


def _tail(url: str) -> str:
    """Return path and query from the last /v1/ on, wherever the target lives."""
    parts = urlsplit(url)
    path = parts.path[parts.path.rfind("/v1/") :] if "/v1/" in parts.path else parts.path
    return f"{path}?{parts.query}"


def _sids(text: str, path: str) -> Iterator[str]:
    """Yield what looks like a sid, and what stands in the place of one in the path."""
    yield from _SID.findall(text)
    below = re.match(r"/v1/Services/([^/?]+)", path)
    if below:
        yield unquote(below[1])


def _place(value: str, earlier: Sequence[Step]) -> tuple[int, str] | None:
    for before in earlier:
        for pointer, found in answers.scalars(before.answer).items():
            if found == value and pointer.rpartition("/")[2] == "sid":
                return before.number, pointer
    return None


def _tokens(steps: Sequence[Step], violation: Mapping[str, Any]) -> list[str]:
    found: dict[str, None] = {}
    texts = [f"{step.path} {step.body}" for step in steps] + [str(violation["expected"])]
    for text in texts:
        found |= dict.fromkeys(RUN_TOKEN.findall(text))
    return list(found)
