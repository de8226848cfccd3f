"""Knows what went over the wire: one Exchange per request, redacted when made, plain values."""

import base64
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import quote, quote_plus

Credentials: TypeAlias = Literal[
    "own", "none", "no-credentials", "no-colon", "beyond-ascii", "not-utf-8", "bearer",
    "no-token", "wrong-token", "longer-token", "shorter-token", "token-in-other-case", "sid-as-token",
    "unknown-account",
    "other-account", "other-token",
]  # fmt: skip
"""Whose are sent: `no-credentials` and `no-colon` hold none, `beyond-ascii` and `not-utf-8` nobody's,
`bearer` is another scheme."""
Headers: TypeAlias = tuple[tuple[str, str], ...]

REDACTED: Final = "[redacted]"
SECRET_HEADERS: Final = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
SHORTEST_SECRET: Final = 4
"""Shorter ones hide nothing, and taking them out would leave nothing to read."""
CUT: Final = "…"
"""Where a text was cut for the eye."""
NOT_JSON: Final = object()
TRAIL_LENGTH: Final = 40
SHOWN_BODY: Final = 6000


class Redaction:
    """Takes exact secret values, as they are and as Basic credentials, out of texts.

    Each in every spelling that an answer, a URL or a page may give it; of one that was cut for the
    eye, what is left of it as well.
    """

    def __init__(
        self, secrets: tuple[str, ...] = (), pairs: tuple[tuple[str, str], ...] = ()
    ) -> None:
        basic = (base64.b64encode(f"{user}:{word}".encode()).decode() for user, word in pairs)
        known = {*secrets, *(word for user, word in pairs if word != user), *basic}
        spelt = {spelling for one in known for spelling in _spellings(one)}
        secret = (one for one in spelt if len(one) >= SHORTEST_SECRET)
        self._secrets = tuple(sorted(secret, key=len, reverse=True))

    def text(self, text: str) -> str:
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, REDACTED)
        return self._without_rests(text) if CUT in text else text

    def _without_rests(self, text: str) -> str:
        """Take out what a cut left of a secret, of which the rest is missing."""
        for secret in self._secrets:
            for length in range(len(secret) - 1, SHORTEST_SECRET - 1, -1):
                text = text.replace(f"{secret[:length]}{CUT}", f"{REDACTED}{CUT}")
        return text

    def body(self, body: bytes) -> bytes:
        for secret in self._secrets:
            if (encoded := secret.encode()) in body:
                body = body.replace(encoded, REDACTED.encode())
        return body

    def values(self, values: Any) -> Any:
        """Redact every text of plain values; the keys are our own."""
        if isinstance(values, str):
            return self.text(values)
        if isinstance(values, dict):
            return {key: self.values(value) for key, value in values.items()}
        return [self.values(one) for one in values] if isinstance(values, list) else values

    def headers(self, headers: Headers) -> Headers:
        return tuple(
            (name, REDACTED if name.lower() in SECRET_HEADERS else self.text(value))
            for name, value in headers
        )


def _spellings(secret: str) -> set[str]:
    """Give a text as JSON, HTML, a form, a URL and Python's repr have it.

    JSON may escape more than it has to: PHP does so with slashes, others with what HTML knows.
    """
    plain, only_ascii = (json.dumps(secret, ensure_ascii=only)[1:-1] for only in (False, True))
    slashed = secret.replace("\\", "\\\\")
    escaped = {_escaped(slashed, "\\u{:04x}"), _escaped(slashed, "\\u{:04X}")}
    quoted = {quote(secret), quote(secret, safe=""), quote_plus(secret), html.escape(secret)}
    php = plain.replace("/", "\\/")
    return {secret, plain, only_ascii, php, repr(secret)[1:-1], *escaped, *quoted}


def _escaped(text: str, form: str) -> str:
    return re.sub("[+/=<>&'\"]", lambda found: form.format(ord(found[0])), text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unredacted:
    """What was sent and answered as it was: for checks alone, never to be shown or kept."""

    url: str = field(repr=False)
    request_body: bytes = field(repr=False)
    response_body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer, or why none came.

    `parsed` is what the answer says, and `whole` all that was said, for checks alone; all else is
    redacted: a secret may be a word that stands in many a text.
    """

    operation: str
    method: str
    url: str
    request_headers: Headers
    request_body: bytes
    credentials: Credentials
    status: int | None
    response_headers: Headers
    response_body: bytes
    started: float
    seconds: float
    at: str
    worker: str
    failure: str | None = None
    by_key: bool = False
    """Whether an API key stood for the account."""
    parsed: Any = field(default=NOT_JSON, repr=False)
    unredacted: Unredacted | None = field(default=None, repr=False)
    previous: "Exchange | None" = None

    @property
    def whole(self) -> Unredacted:
        """What was sent and answered as it was, for checks alone."""
        return self.unredacted or Unredacted(
            url=self.url, request_body=self.request_body, response_body=self.response_body
        )

    @property
    def accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """A 4xx that is about the request: not its credentials, not its pace."""
        return (
            self.status is not None
            and 400 <= self.status < 500
            and self.status not in {401, 403, 407, 408, 429}
        )

    @property
    def is_json(self) -> bool:
        return self.parsed is not NOT_JSON

    def object(self) -> dict[str, Any]:
        """Give the JSON object of the answer; empty where the answer holds none."""
        return self.parsed if isinstance(self.parsed, dict) else {}

    def header(self, name: str) -> str | None:
        wanted = name.lower()
        return next((value for key, value in self.response_headers if key.lower() == wanted), None)

    @property
    def request_id(self) -> str | None:
        return self.header("twilio-request-id") or self.header("x-request-id")

    def trail(self) -> tuple["Exchange", ...]:
        """Give the exchanges of the same story before this one, oldest first."""
        return tuple(reversed(list(self._back())))[-TRAIL_LENGTH:]

    def _back(self) -> Iterator["Exchange"]:
        step = self.previous
        while step is not None:
            yield step
            step = step.previous

    def as_values(self) -> dict[str, Any]:
        """Give the form that run.json holds."""
        return {
            "method": self.method,
            "url": self.url,
            "request_headers": [list(header) for header in self.request_headers],
            "request_body": readable(self.request_body),
            "credentials": self.credentials,
            **({"by_key": True} if self.by_key else {}),
            "status": self.status,
            "response_headers": [list(header) for header in self.response_headers],
            "response_body": shortened(readable(self.response_body), SHOWN_BODY),
            "milliseconds": round(self.seconds * 1000, 2),
            "at": self.at,
            "worker": self.worker,
            "request_id": self.request_id,
            "failure": self.failure,
        }


def parse(body: bytes) -> Any:
    """Read a JSON body as RFC 8259 has it, or say that it is none.

    NaN and Infinity are no JSON; neither is a number too long to be read, nor what is not UTF-8.
    """
    try:
        return json.loads(body.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return NOT_JSON


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def readable(body: bytes) -> str:
    r"""Show a body as text; bytes that are no UTF-8 stand as \xNN."""
    return body.decode("utf-8", "backslashreplace")


def shortened(text: str, limit: int) -> str:
    """Cut a text for the eye, and say how much was cut."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}{CUT} ({len(text) - limit} more characters)"
