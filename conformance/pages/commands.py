"""An exchange as one curl command, to be copied from a page."""

from collections.abc import Mapping
from typing import Any

from conformance.pages.shell import quoted, written

# What curl sets by itself, what belongs to one connection or client, and what is never shown.
UNSENT = frozenset(
    {
        "accept-charset",
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "cookie",
        "host",
        "keep-alive",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)
_LOGINS: Mapping[str, str] = {
    "own": '"$TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN"',
    "no-token": '"$TWILIO_ACCOUNT_SID:"',
    "wrong-token": '"$TWILIO_ACCOUNT_SID:${TWILIO_AUTH_TOKEN%?}-"',
    "longer-token": '"$TWILIO_ACCOUNT_SID:${TWILIO_AUTH_TOKEN}0"',
    "shorter-token": '"$TWILIO_ACCOUNT_SID:${TWILIO_AUTH_TOKEN%?}"',
    "token-in-other-case": (
        '"$TWILIO_ACCOUNT_SID:$(printf %s "$TWILIO_AUTH_TOKEN" | tr A-Za-z a-zA-Z)"'
    ),
    "sid-as-token": '"$TWILIO_ACCOUNT_SID:$TWILIO_ACCOUNT_SID"',
    "unknown-account": '"ACffffffffffffffffffffffffffffffff:$TWILIO_AUTH_TOKEN"',
    "other-account": '"$TWILIO_OTHER_ACCOUNT_SID:$TWILIO_OTHER_AUTH_TOKEN"',
    "other-token": '"$TWILIO_ACCOUNT_SID:$TWILIO_OTHER_AUTH_TOKEN"',
}

_KEYS: Mapping[str, str] = {
    "TWILIO_ACCOUNT_SID": "TWILIO_API_KEY",
    "TWILIO_AUTH_TOKEN": "TWILIO_API_SECRET",
}
"""What is named in their place where an API key stood for the account."""

_HEADERS: Mapping[str, list[str]] = {
    "no-credentials": ["-H 'Authorization: Basic !'"],
    "no-colon": ["-H 'Authorization: Basic bm9ib2R5'"],
    "beyond-ascii": ["-H 'Authorization: Basic w6k6w6k='"],
    "not-utf-8": ["-H 'Authorization: Basic /zr/'"],
    "bearer": ["-H 'Authorization: Bearer none'"],
}


def headers(exchange: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the request's own headers, those of the connection and the client left out."""
    return [
        (name, value)
        for name, value in exchange["request_headers"]
        if name.lower() not in UNSENT
        and (name.lower(), value) != ("accept", "*/*")
        and f"{name}{value}".isprintable()
    ]


def curl(exchange: Mapping[str, Any]) -> str:
    """Return the command; credentials stay names of environment variables."""
    body = str(exchange["request_body"])
    words = ["curl -i", *_as_it_stands(str(exchange["url"])), f"-X {quoted(exchange['method'])}"]
    login = _LOGINS.get(exchange.get("credentials") or "own", "")
    if exchange.get("by_key"):
        for name, instead in _KEYS.items():
            login = login.replace(name, instead)
    words += [f"-u {login}"] if login else []
    words += _HEADERS.get(exchange.get("credentials") or "own", [])
    sent = [(n, v) for n, v in headers(exchange) if not _implied(n, v, body=body)]
    words += [f"-H {quoted(f'{name}: {value}' if value else f'{name};')}" for name, value in sent]
    plain = written(body).removeprefix("printf '%s' ")
    piped = plain.startswith("printf ")
    if body.startswith("@"):  # which curl takes for the name of a file
        plain, piped = written(body), True
    words += ["--data-binary @-" if piped else f"-d {plain}"] if body else []
    words.append(quoted(exchange["url"]))
    return (f"{plain} | " if piped and body else "") + " ".join(words)


def _as_it_stands(url: str) -> list[str]:
    """Keep curl from reading brackets as patterns, and from resolving dots in a path."""
    patterns, dots = any(mark in url for mark in "[]{}"), "/." in url
    return ["--globoff"] * patterns + ["--path-as-is"] * dots


def _implied(name: str, value: str, *, body: str) -> bool:
    form = "application/x-www-form-urlencoded"
    return bool(body) and name.lower() == "content-type" and value == form
