"""Exchanges as an HTTP Archive (HAR 1.2), for any viewer; written as the run goes.

The file is whole after each append: the closing brackets are written again behind every entry, so
that a run that is killed leaves an archive that opens.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

_TAIL = b"\n]}}\n"


def entry(exchange: Mapping[str, Any]) -> dict[str, Any]:
    """Return one exchange as an entry; what no archive has a place for is in its comment."""
    milliseconds = round(max(float(exchange["milliseconds"]), 0.0), 3)
    made: dict[str, Any] = {
        "startedDateTime": exchange["at"],
        "time": milliseconds,
        "request": _request(exchange),
        "response": _response(exchange),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
    }
    if exchange.get("worker"):
        made["_worker"] = str(exchange["worker"])
    if exchange.get("credentials"):
        made["_credentials"] = exchange["credentials"]
    if exchange.get("request_id"):
        made["_requestId"] = str(exchange["request_id"])
    return made


def _request(exchange: Mapping[str, Any]) -> dict[str, Any]:
    body = str(exchange["request_body"])
    headers = _headers(exchange["request_headers"])
    request: dict[str, Any] = {
        "method": exchange["method"],
        "url": exchange["url"],
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers,
        "queryString": [{"name": name, "value": value} for name, value in _query(exchange["url"])],
        "headersSize": -1,
        "bodySize": len(body.encode("utf-8", "surrogatepass")),
    }
    if body:
        request["postData"] = {"mimeType": _value(headers, "content-type"), "text": body}
    return request


def _response(exchange: Mapping[str, Any]) -> dict[str, Any]:
    body = str(exchange["response_body"])
    headers = _headers(exchange["response_headers"])
    size = len(body.encode("utf-8", "surrogatepass"))
    status = exchange["status"]
    response = {
        # A viewer takes status 0 for a request that was never answered.
        "status": status if status is not None else 0,
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers,
        "content": {"size": size, "mimeType": _value(headers, "content-type"), "text": body},
        "redirectURL": _value(headers, "location"),
        "headersSize": -1,
        "bodySize": size if status is not None else -1,
    }
    if exchange.get("failure"):
        response["_error"] = str(exchange["failure"])
    return response


def _headers(pairs: Iterable[Iterable[str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _value(headers: Iterable[Mapping[str, str]], name: str) -> str:
    found = (header["value"] for header in headers if header["name"].lower() == name)
    return next(found, "")


def _query(url: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        return []


class HarFile:
    """An archive that grows by one entry at a time, for one writer alone."""

    def __init__(
        self, path: Path, *, creator: str = "proxy-conformance", version: str = ""
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.entries = 0
        log = {"version": "1.2", "creator": {"name": creator, "version": version or "unknown"}}
        head = json.dumps({"log": log})[:-2] + ', "entries": ['
        # Unbuffered: what was appended is in the file, however this process ends.
        self._file = path.open("wb", buffering=0)
        self._file.write(head.encode() + _TAIL)
        self._end = len(head.encode())

    def append(self, exchange: Mapping[str, Any]) -> None:
        """Add an exchange and close the brackets again, in one write."""
        text = json.dumps(entry(exchange), ensure_ascii=True, separators=(",", ":"))
        self._put(text.encode())

    def _put(self, text: bytes) -> None:
        written = (b",\n" if self.entries else b"\n") + text
        self._file.seek(self._end)
        self._file.write(written + _TAIL)
        self._end += len(written)
        self.entries += 1

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        raised: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.close()


def merge(parts: Iterable[Path], target: Path) -> int:
    """Make one archive of the parts that workers wrote, in order of time; return its entries.

    A part whose end was lost keeps every entry that is whole. The target is replaced at once, so
    it may be one of the parts.
    """
    found: list[tuple[str, bytes]] = []
    head: dict[str, Any] = {}
    for part in parts:
        lines = part.read_bytes().split(b"\n")
        head = head or _creator(lines[0])
        found += _whole(lines[1:])
    found.sort(key=lambda pair: pair[0])
    beside = target.with_name(target.name + ".part")
    with HarFile(
        beside, creator=head.get("name", "proxy-conformance"), version=head.get("version", "")
    ) as made:
        for _, text in found:
            made._put(text)  # noqa: SLF001 - the entry is written already
    beside.replace(target)
    return len(found)


def _creator(line: bytes) -> dict[str, Any]:
    try:
        log: dict[str, Any] = json.loads(line + b"]}}")["log"]["creator"]
    except (ValueError, LookupError):
        return {}
    return log


def _whole(lines: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield the entries that can be read, each on a line of its own, with their time."""
    for line in lines:
        text = line.removesuffix(b",")
        try:
            started = json.loads(text)["startedDateTime"]
        except (ValueError, LookupError, TypeError):
            continue
        yield str(started), text
