"""The exchanges that led to a violation, as steps that can be taken again on another day.

Sids and page URLs are new each time, so whatever a later step takes from an earlier answer is
captured there; names of the suite hold a token of its run, which is replaced by a fresh one.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from conformance.pages.commands import headers
from conformance.pages.shell import Known

RUN_TOKEN = re.compile(r"pc-([0-9a-z]{8})-")
_SID = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9a-fA-F]{32}(?![A-Za-z0-9])")
_PAGE_URLS = tuple(
    f"/{name}"
    for name in (
        "meta/next_page_url",
        "meta/previous_page_url",
        "meta/first_page_url",
        "meta/url",
        "url",
    )
)


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


def story(violation: Mapping[str, Any], base_url: str, account: str | None) -> Story:
    """Read the trail and the last exchange of a violation."""
    exchanges = [*violation.get("trail", []), violation["exchange"]]
    steps = tuple(_step(i, e, base_url) for i, e in enumerate(exchanges, start=1))
    captures: list[Capture] = []
    paths: dict[int, str] = {}
    known: dict[str, str] = {}
    for step in steps:
        earlier = steps[: step.number - 1]
        if page := _page(step, earlier):
            captures.append(page)
            paths[step.number] = page.variable
            continue
        for sid in _sids(f"{unquote(step.path)} {unquote(step.body)}", step.path):
            found = _place(sid, earlier)
            if sid not in known and found is not None:
                capture = Capture(variable=f"sid_{len(captures) + 1}", **found, is_path=False)
                captures.append(capture)
                known[sid] = f"${{{capture.variable}}}"
    tokens = _tokens(steps, violation)
    known |= {f"pc-{token}-": f"pc-${{run_{i}}}-" for i, token in enumerate(tokens, start=1)}
    if account:
        known.setdefault(account, "${account}")
    return Story(
        steps=steps,
        captures=tuple(captures),
        paths=paths,
        known=known,
        runs=tuple(f"run_{i}" for i in range(1, len(tokens) + 1)),
    )


def leaves(text: str) -> dict[str, Any]:
    """Return what stands at each JSON pointer of an answer; nothing for what is no JSON."""
    try:
        return dict(_leaves("", json.loads(text)))
    except (ValueError, RecursionError):
        return {}


def _leaves(at: str, value: object) -> Iterator[tuple[str, Any]]:
    yield at, value
    match value:
        case dict():
            for name, inner in value.items():
                yield from _leaves(f"{at}/{name}", inner)
        case list():
            for index, inner in enumerate(value):
                yield from _leaves(f"{at}/{index}", inner)


def _step(number: int, exchange: Mapping[str, Any], base_url: str) -> Step:
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
    )


def path_below(url: str, base_url: str) -> str:
    """Return path and query below the base URL; another host's are taken for the base's own."""
    base = base_url.rstrip("/")
    if url.startswith(base + "/"):
        return url[len(base) :]
    parts = urlsplit(url)
    path = "/" + parts.path.removeprefix(urlsplit(base).path).lstrip("/")
    return path + (f"?{parts.query}" if parts.query else "")


def _page(step: Step, earlier: Sequence[Step]) -> Capture | None:
    """Find the URL of an earlier answer that this step follows, unless the path says it all."""
    if step.method != "GET" or "?" not in step.path:
        return None
    for before in reversed(earlier):
        found = leaves(before.answer)
        for pointer in _PAGE_URLS:
            url = found.get(pointer)
            if isinstance(url, str) and url and _tail(url) == _tail(step.path):
                name = f"page_{step.number}"
                return Capture(variable=name, step=before.number, pointer=pointer, is_path=True)
    return None


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


def _place(value: str, earlier: Sequence[Step]) -> dict[str, Any] | None:
    for before in earlier:
        for pointer, found in leaves(before.answer).items():
            if found == value and pointer.rpartition("/")[2] == "sid":
                return {"step": before.number, "pointer": pointer}
    return None


def _tokens(steps: Sequence[Step], violation: Mapping[str, Any]) -> list[str]:
    found: dict[str, None] = {}
    texts = [f"{step.path} {step.body}" for step in steps] + [str(violation["expected"])]
    for text in texts:
        found |= dict.fromkeys(RUN_TOKEN.findall(text))
    return list(found)
