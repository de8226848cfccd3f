"""Who may call: accounts and API keys, and HTTP Basic credentials."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hmac import compare_digest

from emulator.domain import Reason, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A user name and its password, and the account that they act for."""

    user: str
    password: str
    account_sid: str

    @property
    def header(self) -> str:
        """The value of the `Authorization` header that gives it."""
        return "Basic " + b64encode(f"{self.user}:{self.password}".encode()).decode()


def account(sid: str, token: str) -> Credential:
    """Return the credential of an account itself."""
    return Credential(user=sid, password=token, account_sid=sid)


def is_sid(prefix: str, text: str) -> bool:
    """Tell whether a text is a prefix and 32 hexadecimal digits."""
    digits = text.removeprefix(prefix)
    return (
        text.startswith(prefix)
        and len(digits) == 32
        and all(digit in "0123456789abcdefABCDEF" for digit in digits)
    )


DEFAULT_ACCOUNTS = (
    account("AC" + "1" * 32, "emulated0token0of0the0first00000"),
    account("AC" + "2" * 32, "emulated0token0of0the0second0000"),
)
"""Well known, for an emulator that listens on loopback only; they open nothing elsewhere."""


class Doorkeeper:
    """Knows the credentials that are good."""

    def __init__(self, credentials: Iterable[Credential] = DEFAULT_ACCOUNTS) -> None:
        self.credentials: Mapping[str, Credential] = {known.user: known for known in credentials}
        self._headers = {known.header: known.account_sid for known in self.credentials.values()}

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts, each once, in the order given."""
        return tuple(dict.fromkeys(known.account_sid for known in self.credentials.values()))

    def account_of(self, authorization: str | None) -> str:
        """Return the account that an `Authorization` header acts for, or refuse it."""
        if authorization is None:
            raise Refused(Reason.UNAUTHENTICATED)
        if exactly := self._headers.get(authorization):
            return exactly
        user, password = user_and_password(authorization)
        known = self.credentials.get(user)
        if known is None or not compare_digest(known.password.encode(), password.encode()):
            raise Refused(Reason.UNAUTHENTICATED)
        return known.account_sid


def user_and_password(authorization: str) -> tuple[str, str]:
    """Read HTTP Basic credentials (RFC 7617); what is none is refused."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise Refused(Reason.UNAUTHENTICATED)
    try:
        text = b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        raise Refused(Reason.UNAUTHENTICATED) from None
    user, _, password = text.partition(":")
    return user, password
