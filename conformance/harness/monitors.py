"""Knows what is true of every answer of a run, and holds each exchange against it.

A monitor gives, for the rows that an exchange says something about, what is wrong; a row with
nothing wrong is thereby held. They judge answers to requests of the resource's own operations;
methods and paths that the resource does not have are judged by their own tests.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from conformance.harness import contract
from conformance.harness.breadth_rules import Pairs, read_form, verdict
from conformance.harness.checks import KEPT, leaves_defaults, shows_form
from conformance.harness.evidence import Exchange
from conformance.harness.expect import Judgement, Monitor, Violation, about
from conformance.harness.paths import PAGE_SIZE, SERVICES, query_of
from conformance.harness.representation import Representations, is_absolute, show
from conformance.harness.wire import FORM

OPERATIONS: Final = frozenset({"create", "fetch", "list", "update", "delete"})
METHODS: Final = frozenset({"GET", "POST", "DELETE"})
META: Final = (
    "first_page_url", "key", "next_page_url", "page", "page_size", "previous_page_url", "url",
)  # fmt: skip
SUCCESS: Final = {
    "create": ("CREATE-1", 201),
    "fetch": ("FETCH-1", 200),
    "list": ("LIST-1", 200),
    "update": ("UPDATE-1", 200),
    "delete": ("DELETE-1", 204),
}
_ITEM: Final = re.compile(SERVICES + r"/(KS[0-9a-fA-F]{32})\Z")
READ_ALIKE: Final = frozenset({"DefaultTtl", "GeoMatchLevel", "NumberSelectionBehavior"})
"""What can be written in one way alone."""
_TRACE: Final = re.compile(
    r"Traceback \(most recent call last\)|\bat [\w$.<>]+\([\w.]+:\d+\)|File \"[^\"]+\", line \d+"
    r"|\.(?:py|js|rb|go|java|cs|php)\b[:\"(]\s*(?:line )?\d+"
    r"|\bSELECT\s.{1,200}\sFROM\s|\bINSERT\sINTO\s|\bDELETE\sFROM\s|\bUPDATE\s\w+\sSET\s|\bSQLSTATE\b"
    r"|(?i:\bselect\s.{1,200}\sfrom\s+\w+\s+where\b)"
)


def monitors(account_sid: str | None, other_sid: str | None = None) -> tuple[Monitor, ...]:
    """Give every monitor, for the accounts of the run's credentials as far as they are known."""
    return (
        never_5xx,
        success_status,
        content_type,
        error_body,
        AsSent(),
        Representations(account_sid=account_sid, other_sid=other_sid),
        page,
        empty_after_delete,
        the_one_asked_for,
    )


def _judged(row: str, *, right: bool, where: str, expected: str, found: str) -> Judgement:
    """Say of a requirement that it is held, or what violates it."""
    return row, None if right else Violation(where=where, expected=expected, found=found)


def never_5xx(exchange: Exchange) -> Iterator[Judgement]:
    """Judge that nothing broke down."""
    status = exchange.status
    if status is None:
        return
    # 501 says that a target does not know a method: those of the resource it has to know.
    unknown = status == HTTPStatus.NOT_IMPLEMENTED and exchange.method not in METHODS
    right, expected = status < 500 or unknown, "anything below 500"
    yield _judged("ERROR-1", right=right, where="status", expected=expected, found=str(status))


def success_status(exchange: Exchange) -> Iterator[Judgement]:
    """Judge which 2xx a success is."""
    if exchange.operation not in SUCCESS or exchange.status is None:
        return
    row, wanted = SUCCESS[exchange.operation]
    if exchange.accepted or 300 <= exchange.status < 400:
        right, found = exchange.status == wanted, str(exchange.status)
        yield _judged(row, right=right, where="status", expected=str(wanted), found=found)


def content_type(exchange: Exchange) -> Iterator[Judgement]:
    """Judge that what has a body is JSON, and says so."""
    if exchange.operation not in OPERATIONS or exchange.status is None or exchange.status >= 500:
        return
    if exchange.operation == "delete" and exchange.accepted:
        return
    row = "SERVICE-21" if exchange.accepted else "ERROR-7"
    found = (exchange.header("content-type") or "").split(";")[0].strip().lower()
    named = found == "application/json" or (found.startswith("application/") and "+json" in found)
    if not named:
        where, expected, found = (
            "header Content-Type",
            "application/json",
            found or "no Content-Type",
        )
    else:
        where, expected, found = "body", "a JSON object", show(exchange.response_body[:80])
    right = named and (isinstance(exchange.parsed, dict) or not exchange.accepted)
    yield _judged(row, right=right, where=where, expected=expected, found=found)


@dataclass(frozen=True, slots=True, kw_only=True)
class AsSent:
    """Holds creates that keep all rules against what they sent, and what is the default.

    Names and URLs are for their own tests: some may be written in several ways. A create that is
    answered with a Service which was there before is another matter.
    """

    _created: set[object] = field(default_factory=set, repr=False)

    def __call__(self, exchange: Exchange) -> Iterator[Judgement]:
        sid = exchange.object().get("sid")
        if exchange.operation != "create" or not exchange.accepted or not isinstance(sid, str):
            return
        known, form = sid in self._created, _plain_form(exchange)
        self._created.add(sid)
        if known or form is None or not verdict(read_form("CreateService", form).items()).valid:
            return
        sent = dict(form)
        kept = (
            about(KEPT[name], shows_form({name: sent[name]})) for name in READ_ALIKE & sent.keys()
        )
        for check in (*kept, leaves_defaults(sent)):
            for violation in check(exchange):
                yield str(violation.requirement), violation


def _plain_form(exchange: Exchange) -> Pairs | None:
    """Read the form that was sent, where it is one that everybody reads alike."""
    kind = next((v for k, v in exchange.request_headers if k.lower() == "content-type"), "")
    if kind != FORM:
        return None
    try:
        body = exchange.whole.request_body.decode("ascii")
        return tuple(parse_qsl(body, keep_blank_values=True, strict_parsing=True, errors="strict"))
    except ValueError:
        return None


def error_body(exchange: Exchange) -> Iterator[Judgement]:
    """Judge what a refusal says of itself."""
    status = exchange.status
    if exchange.operation not in OPERATIONS or status is None or not 400 <= status < 500:
        return
    body = exchange.object()
    message, stated = body.get("message"), body.get("status")
    code, more = body.get("code"), body.get("more_info")
    told, shown = isinstance(message, str) and bool(message), show(exchange.response_body[:80])
    wanted = "a JSON object with a message"
    yield _judged("ERROR-2", right=told, where="/message", expected=wanted, found=shown)
    if not told:
        return
    same, shown = type(stated) is int and stated == status, show(stated)
    yield _judged("ERROR-3", right=same, where="/status", expected=str(status), found=shown)
    for row, name, value, wanted in (
        ("ERROR-4", "code", code, "an integer"),
        ("ERROR-5", "more_info", more, "a URL"),
    ):
        there = value is not None
        yield _judged(row, right=there, where=f"/{name}", expected=wanted, found="nothing")
    yield ("ERROR-6", _error_shape(code, more))
    yield ("ERROR-8", _trace(exchange))


def _error_shape(code: object, more: object) -> Violation | None:
    if code is not None and type(code) is not int:
        return Violation(where="/code", expected="an integer", found=show(code))
    if more is not None and not (isinstance(more, str) and is_absolute(more)):
        return Violation(where="/more_info", expected="an absolute URL", found=show(more))
    return None


def _trace(exchange: Exchange) -> Violation | None:
    # A JSON text escapes the quotes that a trace has.
    text = exchange.response_body.decode("utf-8", "replace").replace('\\"', '"')
    match = _TRACE.search(text)
    return match and Violation(
        where="body", expected="neither a stack trace nor a query", found=show(match[0])
    )


def empty_after_delete(exchange: Exchange) -> Iterator[Judgement]:
    """Judge that a delete answers nothing: neither a body nor, with 204, the length of one.

    What follows a 204 is read by no client, and taken for the beginning of the next answer.
    """
    if exchange.operation == "delete" and exchange.accepted:
        body, length = exchange.response_body, exchange.header("content-length") or ""
        found = show(body[:80]) if body else f"Content-Length: {length}"
        right = not body and not length.strip("0")
        yield _judged("DELETE-2", right=right, where="body", expected="no body", found=found)


def the_one_asked_for(exchange: Exchange) -> Iterator[Judgement]:
    """Judge that a fetch and an update by a sid are answered with the Service of that sid."""
    row = {"fetch": "FETCH-3", "update": "UPDATE-2"}.get(exchange.operation)
    asked, shown = _ITEM.search(urlsplit(exchange.whole.url).path), exchange.object().get("sid")
    if row is None or not exchange.accepted or not isinstance(shown, str) or asked is None:
        return
    right = shown.lower() == asked[1].lower()
    yield _judged(row, right=right, where="/sid", expected=repr(asked[1]), found=show(shown))


def page(exchange: Exchange) -> Iterator[Judgement]:
    """Judge the envelope of a list."""
    if exchange.operation != "list" or not exchange.accepted:
        return
    body = exchange.parsed
    if not isinstance(body, dict):
        return
    listed, meta = body.get("services"), body.get("meta")
    whole = (
        isinstance(listed, list)
        and isinstance(meta, dict)
        and all(isinstance(one, dict) for one in listed)
    )
    if not whole or not isinstance(meta, dict):
        found = show({key: type(value).__name__ for key, value in body.items()})
        rule = "an array of objects under services, an object under meta"
        yield ("LIST-2", Violation(where="body", expected=rule, found=found))
        return
    yield ("LIST-2", None)
    yield from _meta(meta)
    query = query_of(exchange.whole.url)
    if query.keys() <= {"PageSize"} and PAGE_SIZE.fullmatch(query.get("PageSize", "50")):
        yield from _first(meta)


def _first(meta: dict[str, Any]) -> Iterator[Judgement]:
    """Judge what the first page of a list says of its place, where it is of the right type."""
    page, previous = meta.get("page"), meta.get("previous_page_url")
    for name, value, wanted, typed in (
        ("page", page, 0, isinstance(page, int) and not isinstance(page, bool)),
        (
            "previous_page_url",
            previous,
            None,
            previous is None or (isinstance(previous, str) and is_absolute(previous)),
        ),
    ):
        where, expected = f"/meta/{name}", repr(wanted)
        if typed:
            yield _judged(
                "LIST-13", right=value == wanted, where=where, expected=expected, found=show(value)
            )


def _meta(meta: dict[str, Any]) -> Iterator[Judgement]:
    wrong: list[Violation | None] = [
        Violation(
            where=f"/meta/{name}",
            expected=_META_RULES[name],
            found=show(meta[name]) if name in meta else "nothing",
        )
        for name in META
        if not _is_in_order(meta, name)
    ]
    yield from (("LIST-3", violation) for violation in wrong or [None])
    if "key" in meta:
        right, found = meta["key"] == "services", show(meta["key"])
        yield _judged("LIST-4", right=right, where="/meta/key", expected="'services'", found=found)


def _is_in_order(meta: dict[str, Any], name: str) -> bool:
    """Tell whether a property of meta is there, and of its type; what its key is has its own row."""
    if name not in meta:
        return False
    if name == "key":
        return True
    link = meta[name] if name.endswith("url") else None
    return contract.problem("PageMeta", name, meta[name]) is None and (
        link is None or is_absolute(link)
    )


_META_RULES: Final = {
    "first_page_url": "an absolute URL",
    "key": "'services'",
    "next_page_url": "an absolute URL or null",
    "page": "an integer",
    "page_size": "an integer",
    "previous_page_url": "an absolute URL or null",
    "url": "an absolute URL",
}
