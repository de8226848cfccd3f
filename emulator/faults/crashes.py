"""Faults of robustness: input, and moments, at which it answers 500."""

import asyncio
from base64 import b64decode
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, unquote_to_bytes

from emulator.alterations import Alteration, Surroundings
from emulator.forms import FORM
from emulator.messages import Handler, Request, Response, answer
from emulator.rewriting import instead, operation, sent, sid_in

CRASH = answer(500, b"Internal Server Error", kind="text/plain; charset=utf-8")
WRITES = ("create", "update")
WINDOW = 0.02
"""Seconds that a list takes: long enough that requests sent with it meet in it."""

Condition = Callable[[Request], bool]


def _writes(condition: Condition) -> Condition:
    return lambda request: operation(request) in WRITES and condition(request)


def _value(parameter: str, condition: Callable[[str], bool]) -> Condition:
    return lambda request: parameter in sent(request) and condition(sent(request)[parameter])


def _any_value(condition: Callable[[str], bool]) -> Condition:
    return lambda request: any(condition(value) for value in sent(request).values())


def _query(parameter: str, condition: Callable[[str], bool]) -> Condition:
    def asked(request: Request) -> bool:
        query = dict(parse_qsl(request.query, keep_blank_values=True, max_num_fields=None))
        return operation(request) == "list" and parameter in query and condition(query[parameter])

    return asked


def _is_integer(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


def _is_utf_8(raw: bytes) -> bool:
    try:
        unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        return False
    return True


def _has_nul(sid: str) -> bool:
    return b"\0" in unquote_to_bytes(sid)


def _repeats(request: Request) -> bool:
    names = [part.partition(b"=")[0] for part in request.body.split(b"&")]
    return len(set(names)) < len(names)


def _has_broken_escape(request: Request) -> bool:
    return _breaks_escapes(request.body)


def _breaks_escapes(raw: bytes) -> bool:
    after = raw.split(b"%")[1:]
    digits = b"0123456789abcdefABCDEF"
    return any(len(part) < 2 or part[0] not in digits or part[1] not in digits for part in after)


def _kind(request: Request) -> str:
    return request.headers.get("content-type", FORM).partition(";")[0]


def _has_surrogates(request: Request) -> bool:
    raw = unquote_to_bytes(request.body)
    return any(raw[at] == 0xED and raw[at + 1 : at + 2] >= b"\xa0" for at in range(len(raw)))


def _authorization(request: Request) -> str:
    return request.headers.get("authorization", "")


def _credentials(request: Request) -> bytes:
    encoded = _authorization(request).partition(" ")[2]
    try:
        return b64decode(encoded)
    except ValueError:
        return b""


def _at_changed_lists(handler: Handler, around: Surroundings) -> Handler:
    """Count the Services before and after a list is made, and give up where the numbers differ."""

    def number() -> int:
        return sum(len(around.store.arrivals(account)) for account in around.store.accounts())

    async def answered(request: Request) -> Response:
        if operation(request) != "list":
            return await handler(request)
        before = number()
        await asyncio.sleep(WINDOW)
        response = await handler(request)
        return response if number() == before else CRASH

    return answered


CRASHES: Mapping[str, tuple[str, Condition]] = {
    "astral-names": (
        "a name beyond the basic plane",
        _value("UniqueName", lambda name: any(ord(character) > 0xFFFF for character in name)),
    ),
    "non-ascii-names": (
        "a name beyond ASCII",
        _value("UniqueName", lambda name: not name.isascii()),
    ),
    "combining-characters": (
        "a name with a combining accent",
        _value("UniqueName", lambda name: any("\u0300" <= letter <= "\u036f" for letter in name)),
    ),
    "long-names": (
        "a name of more than 191 characters",
        _value("UniqueName", lambda name: len(name) > 191),
    ),
    "very-long-names": (
        "a name of more than 5000 characters",
        _value("UniqueName", lambda name: len(name) > 5000),
    ),
    "quotes": ("an apostrophe in a name", _value("UniqueName", lambda name: "'" in name)),
    "nul": ("NUL in a value", _any_value(lambda value: "\0" in value)),
    "control-characters": (
        "a control character in a name",
        _value("UniqueName", lambda name: any(letter < " " and letter for letter in name)),
    ),
    "invalid-utf-8": (
        "a form that is not UTF-8",
        _writes(lambda request: not _is_utf_8(request.body)),
    ),
    "surrogates": ("an encoded surrogate in a form", _writes(_has_surrogates)),
    "broken-escapes": ("a percent sign without two digits", _writes(_has_broken_escape)),
    "repeated-parameters": ("a parameter that is repeated", _writes(_repeats)),
    "empty-values": ("an empty value", _any_value(lambda value: not value)),
    "empty-bodies": ("an empty form", _writes(lambda request: not request.body)),
    "unknown-parameters": (
        "a parameter that is not known",
        lambda request: any(not name[:1].isupper() for name in sent(request)),
    ),
    "many-parameters": (
        "more than a hundred parameters",
        _writes(lambda request: request.body.count(b"&") > 100),
    ),
    "large-bodies": (
        "a body of more than 100,000 bytes",
        _writes(lambda request: len(request.body) > 100_000),
    ),
    "other-content-types": (
        "a body that is not a form",
        _writes(lambda request: _kind(request) != FORM),
    ),
    "json-bodies": (
        "a body of JSON",
        _writes(lambda request: _kind(request) == "application/json"),
    ),
    "missing-content-types": (
        "a body without a content type",
        _writes(lambda request: "content-type" not in request.headers),
    ),
    "text-ttl": (
        "a ttl that is no integer",
        _value("DefaultTtl", lambda ttl: not _is_integer(ttl)),
    ),
    "huge-ttl": (
        "a ttl beyond 64 bits",
        _value("DefaultTtl", lambda ttl: _is_integer(ttl) and len(ttl) > 19),
    ),
    "ttl-above-31-bits": (
        "a ttl beyond 31 bits",
        _value("DefaultTtl", lambda ttl: _is_integer(ttl) and len(ttl) < 20 and int(ttl) >= 2**31),
    ),
    "negative-ttl": ("a negative ttl", _value("DefaultTtl", lambda ttl: ttl.startswith("-"))),
    "bad-geo": (
        "a GeoMatchLevel that is none",
        _value(
            "GeoMatchLevel",
            lambda level: level not in {"area-code", "overlay", "radius", "country"},
        ),
    ),
    "bad-selection": (
        "a NumberSelectionBehavior that is none",
        _value(
            "NumberSelectionBehavior", lambda value: value not in {"avoid-sticky", "prefer-sticky"}
        ),
    ),
    "bad-urls": (
        "a CallbackUrl without a scheme",
        _value("CallbackUrl", lambda url: bool(url) and "://" not in url),
    ),
    "long-urls": (
        "a CallbackUrl of more than 4000 characters",
        _value("CallbackUrl", lambda url: len(url) > 4000),
    ),
    "ipv6-urls": ("a CallbackUrl with brackets", _value("CallbackUrl", lambda url: "[" in url)),
    "bad-chat-sids": (
        "a ChatInstanceSid that is none",
        _value("ChatInstanceSid", lambda sid: bool(sid) and len(sid) != 34),
    ),
    "page-size-text": (
        "a PageSize that is text",
        _query("PageSize", lambda size: not _is_integer(size)),
    ),
    "page-size-zero": ("a PageSize of 0", _query("PageSize", lambda size: size == "0")),
    "page-size-negative": (
        "a negative PageSize",
        _query("PageSize", lambda size: size.startswith("-")),
    ),
    "page-size-1000": ("a PageSize of 1000", _query("PageSize", lambda size: size == "1000")),
    "page-size-above-1000": (
        "a PageSize above 1000",
        _query("PageSize", lambda size: _is_integer(size) and len(size) < 9 and int(size) > 1000),
    ),
    "huge-page-sizes": (
        "a PageSize beyond 31 bits",
        _query("PageSize", lambda size: _is_integer(size) and len(size) > 9),
    ),
    "bad-page-tokens": (
        "a PageToken that it has not issued",
        _query("PageToken", lambda token: not token.startswith("PT")),
    ),
    "page-tokens-beyond-ascii": (
        "a PageToken with a character beyond ASCII",
        _query("PageToken", lambda token: not token.isascii()),
    ),
    "negative-pages": ("a negative Page", _query("Page", lambda page: page.startswith("-"))),
    "page-text": ("a Page that is text", _query("Page", lambda page: not _is_integer(page))),
    "slash-at-the-end": ("a path that ends in a slash", lambda request: request.path.endswith("/")),
    "short-sids": (
        "a sid of less than 34 characters",
        lambda request: 0 < len(sid_in(request)) < 34,
    ),
    "escaped-sids": ("a percent sign in a sid", lambda request: "%" in sid_in(request)),
    "percent-signs-in-sids": (
        "a percent sign without two digits in a sid",
        lambda request: _breaks_escapes(sid_in(request).encode()),
    ),
    "bad-credentials": (
        "an Authorization header that cannot be read",
        lambda request: bool(_authorization(request)) and len(_authorization(request)) < 12,
    ),
    "credentials-beyond-ascii": (
        "credentials with a character beyond ASCII",
        lambda request: not _credentials(request).isascii(),
    ),
    "credentials-not-utf-8": (
        "credentials that are no UTF-8",
        lambda request: not _is_utf_8(_credentials(request)),
    ),
    "bearer-tokens": (
        "an Authorization header of another scheme",
        lambda request: _authorization(request).startswith("Bearer"),
    ),
    "head": ("a HEAD request", lambda request: request.method == "HEAD"),
    "head-of-an-item": (
        "a HEAD request for a Service",
        lambda request: request.method == "HEAD" and bool(sid_in(request)),
    ),
    "nul-in-sids-of-writes": (
        "a NUL in the sid of an update or a delete",
        lambda request: request.method != "GET" and _has_nul(sid_in(request)),
    ),
    "put": ("a PUT request", lambda request: request.method == "PUT"),
    "delete-of-list": (
        "DELETE on the collection",
        lambda request: request.method == "DELETE" and not sid_in(request),
    ),
}

ALTERATIONS = (
    *(
        Alteration(
            name=f"crashes-at-{name}",
            sentence=f"answers 500 to {what}",
            wire=instead(condition, CRASH),
        )
        for name, (what, condition) in CRASHES.items()
    ),
    Alteration(
        name="crashes-at-changed-lists",
        sentence="answers 500 to a list while a Service is created or deleted",
        wire=_at_changed_lists,
    ),
)
