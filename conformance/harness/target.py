"""Knows the target: base URL, credentials, what it declares to lack."""

import hashlib
import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

CAPABILITIES = {
    "auth": "checks no credentials; none are needed then",
    "paging": "answers every list in one page",
    "short-codes": "has no short_codes link",
    "chat": "takes no ChatInstanceSid",
    "clearing": "does not clear URLs and chat sids by an empty text",
    "callback-validation": "does not check that callback URLs are URIs",
    "concurrency": "does not order overlapping requests",
    "method-refusals": "does not refuse methods that the resource does not have",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whom requests are made as; `sid` is unknown where an API key comes without it."""

    sid: str | None
    user: str = field(repr=False)
    password: str = field(repr=False)

    @property
    def is_key(self) -> bool:
        """Whether an API key stands for the account."""
        return self.user != self.sid and not self.user.startswith("AC")


def _mistyped(account: Account) -> Account:
    last = "0" if account.password.endswith("1") else "1"
    return _with_token(account, account.password[:-1] + last)


def _stranger(account: Account) -> Account:
    """Give an account that nobody has, with the token of this one: it opens this one alone."""
    digits = hashlib.sha256(account.user.encode()).hexdigest()[:32]
    return Account(sid=None, user=account.user[:2] + digits, password=account.password)


def _with_token(account: Account, token: str) -> Account:
    return Account(sid=None, user=account.user, password=token)


IMPOSTORS: Final[Mapping[str, Callable[[Account], Account]]] = {
    "no-token": lambda account: _with_token(account, ""),
    "wrong-token": _mistyped,
    "longer-token": lambda account: _with_token(account, account.password + "0"),
    "shorter-token": lambda account: _with_token(account, account.password[:-1]),
    "token-in-other-case": lambda account: _with_token(account, account.password.swapcase()),
    "sid-as-token": lambda account: _with_token(account, account.user),
    "unknown-account": _stranger,
}
"""What looks like an account and is none; the wrong token is so in its last character alone."""


NO_OTHER: Final = "no second account: set TWILIO_OTHER_ACCOUNT_SID and TWILIO_OTHER_AUTH_TOKEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The API under test."""

    base_url: str
    account: Account
    other: Account | None = None
    why_alone: str = NO_OTHER
    """Why there is no second account, where there is none."""
    name: str | None = None
    embedded: bool = False
    lacks: frozenset[str] = frozenset()
    ca: str | None = None

    @property
    def prefix(self) -> str:
        """The path of the base URL, under which /v1 lies."""
        return urlsplit(self.base_url).path.rstrip("/")


class BadUrl(ValueError):
    """A base URL that cannot be one; the text says what to write instead."""


def base_url(text: str) -> str:
    """Read a base URL as it is used: absolute, without /v1, credentials, query or trailing slash.

    Raises BadUrl with one sentence.
    """
    url = text.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as problem:
        raise BadUrl(
            f"the base URL {text!r} is no URL ({problem}); write http://HOST:PORT"
        ) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise BadUrl(
            f"the base URL {text!r} is not absolute; write http://HOST:PORT or https://HOST"
        )
    if parts.username is not None or parts.password is not None:
        raise BadUrl(
            "the base URL holds credentials; leave them out of it and set"
            " TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN in the environment"
        )
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise BadUrl(f"the base URL {text!r} holds a query or a fragment; leave them out")
    if parts.path.endswith("/v1") or parts.path == "/v1":
        raise BadUrl(f"the base URL {text!r} ends in /v1; leave it out, the suite adds it")
    return url


def is_loopback(url: str) -> bool:
    """Tell, without any look-up, whether a URL names this machine itself."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


NOT_ALLOWED: Final = {
    80506: "may not create Services",
    20008: "is a test account",
    20006: "is suspended",
    20403: "may not use the API",
}
"""What the vendor's codes say of an account."""


def not_allowed(code: object) -> str:
    """Say in one sentence that the account cannot do what a run needs, and what is left to do."""
    why = NOT_ALLOWED.get(code if isinstance(code, int) else 0, "is suspended")
    return f"the account {why} (code {code}); with --read-only, what can be read is judged"
