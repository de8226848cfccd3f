"""All Services as one JSON document, and back."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from emulator.domain import GEO_MATCH_LEVELS, NUMBER_SELECTION_BEHAVIORS, Service
from emulator.limits import Unreadable
from emulator.rendering import shown
from emulator.rules import CHAT_INSTANCE_SID, SERVICE_SID
from emulator.store import Store, services_of

ACCOUNT_SID = re.compile(r"AC[0-9a-fA-F]{32}", re.ASCII)
WIDTH = 1 << 63
"""What a SQLite file can hold of a number."""

EXAMPLE = '{"accounts": {"AC...": [{"unique_name": "a name"}]}}'

Reads = Callable[[Any], bool]


def document(store: Store, origin: str) -> dict[str, Any]:
    """Return every Service of every account, as it is stored."""
    return {
        "accounts": {
            account: [shown(service, origin) for service in services_of(store, account)]
            for account in store.accounts()
        }
    }


def services_in(
    value: Any,
    *,
    first: int,
    clock: Callable[[], datetime],
    new_sid: Callable[[], str],
) -> list[Service]:
    """Read the Services of a document, or raise `Unreadable`; they arrive in its order.

    A Service needs a name; it gets a sid, dates and defaults where it says nothing of them.
    """
    services: list[Service] = []
    now = clock()
    for account, listed in _accounts(value).items():
        found = [_values(account, one) for one in listed]
        for values in found:
            new: dict[str, Any] = {"sid": new_sid(), "date_created": now, "date_updated": now}
            place = {"account_sid": account, "arrival": first + len(services)}
            services.append(Service(**(new | values | place)))
        own = [service for service in services if service.account_sid == account]
        _refuse_twice(account, "sid", (service.sid for service in own))
        _refuse_twice(account, "unique_name", (service.unique_name for service in own))
    return services


def _accounts(value: Any) -> Mapping[str, list[Any]]:
    accounts = value.get("accounts") if isinstance(value, dict) else None
    if not isinstance(accounts, dict) or len(value) > 1:
        raise Unreadable(f"found no accounts; a document is such as {EXAMPLE}")
    for account, listed in accounts.items():
        if not ACCOUNT_SID.fullmatch(account) or not isinstance(listed, list):
            raise Unreadable(
                f"found {account!r} as an account; a document is such as {EXAMPLE}, "
                "an account AC and 32 hexadecimal digits"
            )
    return accounts


def _values(account: str, one: Any) -> dict[str, Any]:
    """Return the fields that a Service of the document sets."""
    if not isinstance(one, dict) or "unique_name" not in one:
        raise Unreadable(f"found a Service of {account} without unique_name; such as {EXAMPLE}")
    name = one["unique_name"]
    if unknown := sorted(set(one) - set(FIELDS) - set(DERIVED)):
        raise Unreadable(f"unknown in the Service {name!r} of {account}: {', '.join(unknown)}")
    for field, value in one.items():
        if field in FIELDS and not FIELDS[field](value):
            raise Unreadable(f"found {value!r} as {field} of the Service {name!r} of {account}")
    if one.get("account_sid", account) != account:
        raise Unreadable(f"found the Service {name!r} of {one['account_sid']} under {account}")
    dates = {
        field: datetime.strptime(one[field], DATE).replace(tzinfo=UTC) for field in DATES & set(one)
    }
    return {field: one[field] for field in FIELDS if field in one} | dates


def _refuse_twice(account: str, field: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise Unreadable(f"found the {field} {value!r} of {account} twice")
        seen.add(value)


DATE = "%Y-%m-%dT%H:%M:%SZ"
DATES = frozenset({"date_created", "date_updated"})
DERIVED = ("account_sid", "url", "links")
"""What follows from the rest, so it is not read."""


def _is_date(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        read = datetime.strptime(value, DATE)  # noqa: DTZ007 - only its form matters here
    except ValueError:
        return False
    return read.strftime(DATE) == value


def _is_text(value: Any) -> bool:
    """Tell whether a text is Unicode throughout: JSON can hold halves of characters."""
    return isinstance(value, str) and not any("\ud800" <= one <= "\udfff" for one in value)


def _is_name(value: Any) -> bool:
    return _is_text(value) and value != ""


def _or_null(reads: Reads) -> Reads:
    return lambda value: value is None or reads(value)


def _is_like(pattern: re.Pattern[str]) -> Reads:
    return lambda value: isinstance(value, str) and bool(pattern.fullmatch(value))


FIELDS: Mapping[str, Reads] = {
    "sid": _is_like(SERVICE_SID),
    "unique_name": _is_name,
    "date_created": _is_date,
    "date_updated": _is_date,
    "default_ttl": lambda value: type(value) is int and -WIDTH <= value < WIDTH,
    "callback_url": _or_null(_is_text),
    "intercept_callback_url": _or_null(_is_text),
    "out_of_session_callback_url": _or_null(_is_text),
    "geo_match_level": lambda value: value in GEO_MATCH_LEVELS,
    "number_selection_behavior": lambda value: value in NUMBER_SELECTION_BEHAVIORS,
    "chat_instance_sid": _or_null(_is_like(CHAT_INSTANCE_SID)),
}
