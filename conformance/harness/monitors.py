"""Knows what is true of every answer of a run, and holds each exchange against it.

A monitor gives, for the rows that an exchange says something about, what is wrong; a row with
nothing wrong is thereby held. They judge answers to requests of the resource's own operations;
methods and paths that the resource does not have are judged by their own tests.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from conformance.harness import contract, moments
from conformance.harness.breadth_rules import Pairs, read_form, verdict
from conformance.harness.checks import KEPT, leaves_defaults, shows_form
from conformance.harness.envelope import items
from conformance.harness.evidence import Exchange
from conformance.harness.expect import Violation, about
from conformance.harness.paths import SERVICES
from conformance.harness.wire import FORM

Judgement: TypeAlias = tuple[str, Violation | None]
Monitor: TypeAlias = Callable[[Exchange], Iterator[Judgement]]

OPERATIONS: Final = frozenset({"create", "fetch", "list", "update", "delete"})
METHODS: Final = frozenset({"GET", "POST", "DELETE"})
SHAPES: Final = {
    "sid": "SERVICE-1",
    "unique_name": "SERVICE-2",
    "account_sid": "SERVICE-3",
    "chat_instance_sid": "SERVICE-4",
    "default_ttl": "SERVICE-5",
    "callback_url": "SERVICE-6",
    "intercept_callback_url": "SERVICE-6",
    "out_of_session_callback_url": "SERVICE-6",
    "geo_match_level": "SERVICE-7",
    "number_selection_behavior": "SERVICE-8",
}
NEEDED: Final = (
    "sid", "account_sid", "unique_name", "date_created", "date_updated", "url", "links",
)  # fmt: skip
NULLABLE: Final = frozenset({"account_sid", "unique_name", "date_created", "date_updated"})
"""What is needed, and null in the vendor's spec; a list that shows ours so is told otherwise."""
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
READ_ALIKE: Final = frozenset({"DefaultTtl", "GeoMatchLevel", "NumberSelectionBehavior"})
"""What can be written in one way alone."""
MOST_REMEMBERED: Final = 4096
"""Services, as they were shown, that need not be judged again."""
_TRACE: Final = re.compile(
    r"Traceback \(most recent call last\)|\bat [\w$.<>]+\([\w.]+:\d+\)|File \"[^\"]+\", line \d+"
    r"|\.(?:py|js|rb|go|java|cs|php)\b[:\"(]\s*(?:line )?\d+"
    r"|\bSELECT\s.{1,200}\sFROM\s|\bINSERT\sINTO\s|\bSQLSTATE\b"
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
    )


def _show(value: object, limit: int = 200) -> str:
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}…"


def never_5xx(exchange: Exchange) -> Iterator[Judgement]:
    """Judge that nothing broke down."""
    status = exchange.status
    if status is None:
        return
    # 501 says that a target does not know a method: those of the resource it has to know.
    unknown = status == HTTPStatus.NOT_IMPLEMENTED and exchange.method not in METHODS
    wrong = status >= 500 and not unknown
    yield (
        "ERROR-1",
        Violation(where="status", expected="anything below 500", found=str(status))
        if wrong
        else None,
    )


def success_status(exchange: Exchange) -> Iterator[Judgement]:
    """Judge which 2xx a success is."""
    if exchange.operation not in SUCCESS or exchange.status is None:
        return
    row, wanted = SUCCESS[exchange.operation]
    if exchange.accepted or 300 <= exchange.status < 400:
        found = str(exchange.status)
        right = exchange.status == wanted
        yield (row, None if right else Violation(where="status", expected=str(wanted), found=found))


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
        found = found or "no Content-Type"
        yield (
            row,
            Violation(where="header Content-Type", expected="application/json", found=found),
        )
    elif exchange.accepted and not isinstance(exchange.parsed, dict):
        found = _show(exchange.response_body[:80])
        yield (row, Violation(where="body", expected="a JSON object", found=found))
    else:
        yield (row, None)


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
        body = exchange.request_body.decode("ascii")
        return tuple(parse_qsl(body, keep_blank_values=True, strict_parsing=True, errors="strict"))
    except ValueError:
        return None


def error_body(exchange: Exchange) -> Iterator[Judgement]:
    """Judge what a refusal says of itself."""
    status = exchange.status
    if exchange.operation not in OPERATIONS or status is None or not 400 <= status < 500:
        return
    body = exchange.object()
    message, stated, code = body.get("message"), body.get("status"), body.get("code")
    if not isinstance(message, str) or not message:
        shown = _show(exchange.response_body[:80])
        yield (
            "ERROR-2",
            Violation(where="/message", expected="a JSON object with a message", found=shown),
        )
        return
    yield ("ERROR-2", None)
    same = type(stated) is int and stated == status
    yield (
        "ERROR-3",
        None if same else Violation(where="/status", expected=str(status), found=_show(stated)),
    )
    yield (
        "ERROR-4",
        None
        if code is not None
        else Violation(where="/code", expected="an integer", found="nothing"),
    )
    more = body.get("more_info")
    yield (
        "ERROR-5",
        None
        if more is not None
        else Violation(where="/more_info", expected="a URL", found="nothing"),
    )
    yield ("ERROR-6", _error_shape(code, more))
    yield ("ERROR-8", _trace(exchange))


def _error_shape(code: object, more: object) -> Violation | None:
    if code is not None and type(code) is not int:
        return Violation(where="/code", expected="an integer", found=_show(code))
    if more is not None and not (isinstance(more, str) and _is_absolute(more)):
        return Violation(where="/more_info", expected="an absolute URL", found=_show(more))
    return None


def _trace(exchange: Exchange) -> Violation | None:
    # A JSON text escapes the quotes that a trace has.
    text = exchange.response_body.decode("utf-8", "replace").replace('\\"', '"')
    match = _TRACE.search(text)
    return match and Violation(
        where="body", expected="neither a stack trace nor a query", found=_show(match[0])
    )


def empty_after_delete(exchange: Exchange) -> Iterator[Judgement]:
    """Judge that a delete answers nothing."""
    if exchange.operation == "delete" and exchange.accepted:
        found = exchange.response_body
        yield (
            "DELETE-2",
            Violation(where="body", expected="no body", found=_show(found[:80])) if found else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Representations:
    """Holds every Service that an answer shows against what each has to look like.

    A Service is shown again and again; what was right of one is so of the same text.
    """

    account_sid: str | None
    other_sid: str | None = None
    """That of the second account."""
    _right: dict[tuple[str, str | None], tuple[str, ...]] = field(default_factory=dict, repr=False)
    """The rows that are held by a Service, by how it was shown."""

    def __call__(self, exchange: Exchange) -> Iterator[Judgement]:
        if not exchange.accepted or not isinstance(exchange.parsed, dict):
            return
        # What another account is shown may be somebody else's, but for what it creates itself.
        creates = exchange.operation == "create" and exchange.credentials == "other-account"
        own = self.account_sid if exchange.credentials == "own" else None
        owner = self.other_sid if creates else own
        if exchange.operation == "list":
            for index, shown in enumerate(items(exchange)):
                yield from self._judged(shown, f"/services/{index}", owner)
        elif exchange.operation in {"create", "fetch", "update"}:
            yield from self._judged(exchange.parsed, "", owner)

    def _judged(self, shown: dict[str, Any], where: str, owner: str | None) -> Iterator[Judgement]:
        key = (repr(shown), owner)
        if (held := self._right.get(key)) is not None:
            yield from ((row, None) for row in held)
            return
        judged = tuple(representation(shown, where, owner))
        if all(violation is None for _, violation in judged):
            if len(self._right) >= MOST_REMEMBERED:
                self._right.clear()
            self._right[key] = tuple(row for row, _ in judged)
        yield from judged


def representation(
    shown: dict[str, Any], where: str, account_sid: str | None
) -> Iterator[Judgement]:
    """Judge one Service: what is there, each property's shape, and how they fit together.

    In a list it may be anybody's, and old (until December 2017 a Service needed no name): there,
    null will do where the vendor's spec has it.
    """
    null_will_do = NULLABLE if where else frozenset[str]()
    missing = [
        name
        for name in NEEDED
        if shown.get(name) is None and not (name in shown and name in null_will_do)
    ]
    for name in missing:
        yield (
            "SERVICE-14",
            Violation(where=f"{where}/{name}", expected="to be there", found=_absent(shown, name)),
        )
    if not missing:
        yield ("SERVICE-14", None)
    absent = [name for name in SHAPES if name not in shown]
    yield (
        "SERVICE-15",
        Violation(where=where or "body", expected="all properties", found=f"no {', '.join(absent)}")
        if absent
        else None,
    )
    for name, row in SHAPES.items():
        if name in shown and not (name in NEEDED and shown[name] is None):
            yield (row, _shape(name, shown[name], where, account_sid))
    yield from _dates(shown, where)
    yield from _urls(shown, where)


def _absent(shown: dict[str, Any], name: str) -> str:
    return "null" if name in shown else "nothing"


def _shape(name: str, value: object, where: str, account_sid: str | None) -> Violation | None:
    where = f"{where}/{name}"
    rule = contract.problem("Service", name, value)
    if name == "default_ttl" and type(value) is not int:
        rule = "an integer"
    if rule is not None:
        return Violation(where=where, expected=rule, found=_show(value))
    if name == "account_sid" and account_sid is not None:
        same = isinstance(value, str) and value.lower() == account_sid.lower()
        return None if same else Violation(where=where, expected=account_sid, found=_show(value))
    return None


def _dates(shown: dict[str, Any], where: str) -> Iterator[Judgement]:
    read = {}
    for name, row in (("date_created", "SERVICE-9"), ("date_updated", "SERVICE-10")):
        value = shown.get(name)
        if value is None:
            continue
        read[name] = moments.read(value)
        place = f"{where}/{name}"
        if read[name] is None:
            rule = "an ISO 8601 date and time in GMT"
            yield (row, Violation(where=place, expected=rule, found=_show(value)))
            continue
        yield (row, None)
        usual = moments.VENDOR_FORM.fullmatch(str(value))
        rule = "whole seconds and Z, as 2015-07-30T20:00:00Z"
        yield (
            "SERVICE-22",
            None if usual else Violation(where=place, expected=rule, found=_show(value)),
        )
    created, updated = read.get("date_created"), read.get("date_updated")
    if created is not None and updated is not None:
        yield (
            "SERVICE-18",
            Violation(
                where=f"{where}/date_updated",
                expected=f"not before {shown['date_created']}",
                found=_show(shown["date_updated"]),
            )
            if updated < created
            else None,
        )


def _is_absolute(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def _urls(shown: dict[str, Any], where: str) -> Iterator[Judgement]:
    sid, url, links = shown.get("sid"), shown.get("url"), shown.get("links")
    if url is not None and isinstance(sid, str):
        ends = f"{SERVICES}/{sid}"
        path = urlsplit(url).path if isinstance(url, str) and _is_absolute(url) else ""
        right = path.endswith(ends) and "//" not in path
        rule = f"an absolute URL that ends in {ends}"
        yield (
            "SERVICE-11",
            None if right else Violation(where=f"{where}/url", expected=rule, found=_show(url)),
        )
    if links is None:
        return
    named = links if isinstance(links, dict) else {}
    wrong = list(_links(named, sid, where))
    yield from (("SERVICE-12", violation) for violation in wrong)
    if not wrong:
        yield ("SERVICE-12", None)
    yield (
        "SERVICE-13",
        None
        if isinstance(named.get("short_codes"), str)
        else Violation(where=f"{where}/links/short_codes", expected="a URL", found="nothing"),
    )


def _links(links: dict[str, Any], sid: object, where: str) -> Iterator[Violation]:
    for name, collection in (("sessions", "Sessions"), ("phone_numbers", "PhoneNumbers")):
        value = links.get(name)
        path = urlsplit(value).path if isinstance(value, str) and _is_absolute(value) else ""
        if f"/{sid}/" not in path or path.rstrip("/").endswith(_OTHER_LINK[collection]):
            rule = f"an absolute URL of {SERVICES}/{sid}/{collection}"
            yield Violation(where=f"{where}/links/{name}", expected=rule, found=_show(value))


_OTHER_LINK: Final = {"Sessions": "/PhoneNumbers", "PhoneNumbers": "/Sessions"}
"""The one that a link must not be: how a target spells its own is not judged."""


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
        found = _show({key: type(value).__name__ for key, value in body.items()})
        rule = "an array of objects under services, an object under meta"
        yield ("LIST-2", Violation(where="body", expected=rule, found=found))
        return
    yield ("LIST-2", None)
    yield from _meta(meta)


def _meta(meta: dict[str, Any]) -> Iterator[Judgement]:
    wrong = []
    for name in META:
        if name not in meta:
            found = "nothing"
        elif name == "key" or contract.problem("PageMeta", name, meta[name]) is None:
            if name.endswith("url") and meta[name] is not None and not _is_absolute(meta[name]):
                found = _show(meta[name])
            else:
                continue
        else:
            found = _show(meta[name])
        wrong.append(Violation(where=f"/meta/{name}", expected=_META_RULES[name], found=found))
    yield from (("LIST-3", violation) for violation in wrong)
    if not wrong:
        yield ("LIST-3", None)
    if "key" in meta:
        key = meta["key"]
        yield (
            "LIST-4",
            None
            if key == "services"
            else Violation(where="/meta/key", expected="'services'", found=_show(key)),
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
