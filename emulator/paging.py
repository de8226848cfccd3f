"""Pages of a list: sizes, cursors, and what lies before and after.

A cursor is bound to the place of the last item seen, not to a count of items, so that it stays
good while Services come and go, and when the very item that it is bound to is deleted.
"""

import binascii
import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple, TypeAlias

from emulator.choices import Choices
from emulator.domain import Form, Page, PageLink, Reason, Refused, Service
from emulator.rules import INTEGER
from emulator.store import Store, services_of

DEFAULT_PAGE_SIZE = 50
LARGEST_PAGE_SIZE = 1000
"""M41."""

Key: TypeAlias = int | str
Side: TypeAlias = Literal["after", "before", "through"]


def _hashed(service: Service) -> str:
    return hashlib.sha256(service.sid.encode()).hexdigest()


SORT_KEYS: Mapping[str, Callable[[Service], Key]] = {
    "newest": lambda service: -service.arrival,
    "name": lambda service: service.unique_name,
    "sid": lambda service: service.sid,
    "hashed": _hashed,
}
"""The orders other than that of arrival, which the store keeps by itself."""


class Cursor(NamedTuple):
    """A place in a list, and on which side of it the page lies."""

    side: Side
    key: Key
    number: int
    order: str


@lru_cache(maxsize=1024)
def token_of(cursor: Cursor, account: str) -> str:
    """Write a cursor as text that is good for this account alone."""
    text = json.dumps([cursor.side, cursor.key, cursor.number, cursor.order]).encode()
    return "PT" + urlsafe_b64encode(_checksum(text, account) + text).rstrip(b"=").decode()


def cursor_of(token: str, account: str, order: str) -> Cursor:
    """Read a cursor, or refuse what this API has not issued."""
    bad = Refused(Reason.INVALID_PAGING, "PageToken", "It was not issued by this API.")
    if not token.startswith("PT"):
        raise bad
    try:
        raw = urlsafe_b64decode(token[2:].encode("ascii") + b"=" * (-len(token[2:]) % 4))
        text = raw[4:]
        if raw[:4] != _checksum(text, account):
            raise bad
        side, key, number, written_for = json.loads(text)
    except ValueError:
        raise bad from None
    if written_for != order:
        raise bad
    return Cursor(side=side, key=key, number=number, order=order)


def _checksum(text: bytes, account: str) -> bytes:
    return binascii.crc32(account.encode() + text).to_bytes(4, "big")


def page_of(store: Store, account: str, query: Form, choices: Choices, default_size: int) -> Page:
    """Return the page that a query asks for."""
    size = _size(query, choices, default_size)
    if choices.pages == "number":
        return _numbered(_Listing.of(store, account, choices.order), size, _number(query))
    number = _number(query)
    if number and "PageToken" not in query and choices.later_page == "refused":
        raise Refused(Reason.PAGE_WITHOUT_TOKEN)
    token = query.get("PageToken")
    cursor = None if token is None else cursor_of(token, account, choices.order)
    listing = _Listing.of(store, account, choices.order)
    page = _cut(listing, cursor, size, token)
    if not choices.previous_pages:
        page = page._replace(previous=None)
    if choices.page_number == "echoed" and "Page" in query:
        page = page._replace(here=PageLink(number=number, size=size, token=token))
    return page


class _Listing(NamedTuple):
    """An account's Services in order: their keys, and how to get at those from one to another."""

    account: str
    order: str
    keys: Sequence[Key]
    between: Callable[[int, int], Sequence[Service]]

    @classmethod
    def of(cls, store: Store, account: str, order: str) -> "_Listing":
        if order == "arrival":
            numbers = store.arrivals(account)
            return cls(
                account=account,
                order=order,
                keys=numbers,
                between=lambda start, stop: store.arrived(account, numbers[start:stop]),
            )
        sort_key: Callable[[Service], Any] = SORT_KEYS[order]
        services = sorted(services_of(store, account), key=sort_key)
        return cls(
            account=account,
            order=order,
            keys=[sort_key(service) for service in services],
            between=lambda start, stop: services[start:stop],
        )

    def link(self, side: Side, key: Key, number: int, size: int) -> PageLink:
        """Return where the page on that side of a key starts."""
        cursor = Cursor(side=side, key=key, number=number, order=self.order)
        return PageLink(number=number, size=size, token=token_of(cursor, self.account))


def _cut(listing: _Listing, cursor: Cursor | None, size: int, token: str | None) -> Page:
    """Cut the page at a cursor out of a list."""
    keys: Sequence[Any] = listing.keys
    number = cursor.number if cursor else 0
    start, stop = _bounds(keys, cursor, size)
    following = previous = None
    if start < stop:
        if stop < len(keys):
            following = listing.link("after", keys[stop - 1], number + 1, size)
        if start > 0:
            previous = listing.link("before", keys[start], max(number - 1, 0), size)
    elif cursor is not None and start > 0:
        previous = listing.link("through", cursor.key, max(number - 1, 0), size)
    elif cursor is not None and keys:
        following = listing.link("after", cursor.key, number + 1, size)
    return Page(
        services=tuple(listing.between(start, stop)),
        here=PageLink(number=number, size=size, token=token),
        next=following,
        previous=previous,
    )


def _bounds(keys: Sequence[Any], cursor: Cursor | None, size: int) -> tuple[int, int]:
    """Return where a page starts and stops among the keys."""
    if cursor is None:
        return 0, min(size, len(keys))
    match cursor.side:
        case "after":
            start = bisect_right(keys, cursor.key)
            return start, min(start + size, len(keys))
        case "before":
            stop = bisect_left(keys, cursor.key)
            return max(stop - size, 0), stop
        case "through":
            stop = bisect_right(keys, cursor.key)
            return max(stop - size, 0), stop


def _numbered(listing: _Listing, size: int, number: int) -> Page:
    """Cut a page by its number alone."""
    count = len(listing.keys)
    start = min(number * size, count)
    stop = min(start + size, count)
    return Page(
        services=tuple(listing.between(start, stop)),
        here=PageLink(number=number, size=size),
        next=PageLink(number=number + 1, size=size) if stop < count else None,
        previous=PageLink(number=number - 1, size=size) if number else None,
    )


def _size(query: Form, choices: Choices, default: int) -> int:
    """Return how many items a page shall hold."""
    text = query.get("PageSize")
    if text is None:
        return min(default, choices.page_cap)
    size = _integer("PageSize", text)
    if size < 1:
        if choices.page_size_too_small == "refused":
            raise Refused(Reason.INVALID_PAGING, "PageSize", "It must not be below 1.")
        size = 1
    if size > LARGEST_PAGE_SIZE and choices.page_size_too_large == "refused":
        detail = f"It must not be above {LARGEST_PAGE_SIZE}."
        raise Refused(Reason.INVALID_PAGING, "PageSize", detail)
    return min(size, choices.page_cap)


def _number(query: Form) -> int:
    """Return the index of the page, which is the client's own count (M42)."""
    number = _integer("Page", query.get("Page", "0"))
    if not 0 <= number < 2**31:
        raise Refused(Reason.INVALID_PAGING, "Page", "It must be from 0 to 2147483647.")
    return number


def _integer(name: str, text: str) -> int:
    if not INTEGER.fullmatch(text):
        raise Refused(Reason.INVALID_PAGING, name, "It must be an integer.")
    return int(text)
