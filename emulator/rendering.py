"""Services and pages as JSON."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from emulator.domain import Page, PageLink, Service
from emulator.messages import Response, answer

SERVICES = "/v1/Services"
_ENCODER = json.JSONEncoder(ensure_ascii=False)
_text = encode_basestring


MOST_WRITTEN = 20_000
"""How many Services a `Writer` remembers: some tens of megabytes."""


class Writer:
    """Writes answers that show Services, each Service once as long as clients name one origin."""

    def __init__(self) -> None:
        self._origin = ""
        self._written: dict[int, tuple[Service, bytes]] = {}
        """By identity, since Services that are equal may still be written differently; what is
        remembered lives, so that no other can have its identity."""

    def service(self, status: int, service: Service, origin: str) -> Response:
        """Return the answer that shows one Service."""
        if origin != self._origin:
            self._forget(origin)
        return answer(status, self._text(service))

    def page(self, page: Page, origin: str) -> Response:
        """Return the answer that shows a page of a list."""
        first = PageLink(number=0, size=page.here.size)
        meta = (
            f'{{"page": {page.here.number}, "page_size": {page.here.size}, '
            f'"first_page_url": {_page_url(first, origin)}, '
            f'"previous_page_url": {_page_url(page.previous, origin)}, '
            f'"url": {_page_url(page.here, origin)}, '
            f'"next_page_url": {_page_url(page.next, origin)}, "key": "services"}}'
        )
        if origin != self._origin:
            self._forget(origin)
        services = b", ".join(self._texts(page.services))
        return answer(200, b'{"services": [%b], "meta": %b}' % (services, meta.encode()))

    def _forget(self, origin: str) -> None:
        """Begin anew, with another origin."""
        self._written.clear()
        self._origin = origin

    def _texts(self, services: Sequence[Service]) -> list[bytes]:
        try:
            return [text for _, text in map(self._written.__getitem__, map(id, services))]
        except KeyError:
            return [self._text(service) for service in services]

    def _text(self, service: Service) -> bytes:
        """Write a Service, or remember how it was written."""
        if known := self._written.get(id(service)):
            return known[1]
        if len(self._written) >= MOST_WRITTEN:
            self._written.clear()
        text = written(service, self._origin).encode()
        self._written[id(service)] = (service, text)
        return text


NO_CONTENT = Response(status=204, headers=())
"""A deletion's answer: neither a body nor anything about one."""


def shown(service: Service, origin: str) -> dict[str, Any]:
    """Return the representation of a Service, with URLs as the client wrote its own."""
    parsed: dict[str, Any] = json.loads(written(service, origin))
    return parsed


def written(service: Service, origin: str) -> str:
    """Write a Service as JSON, by hand: the encoder takes three times as long.

    A lone surrogate cannot occur, since forms are strict UTF-8.
    """
    url = _text(f"{origin}{SERVICES}/{service.sid}")[:-1]
    return (
        f'{{"sid": {_json(service.sid)}, '
        f'"account_sid": {_json(service.account_sid)}, '
        f'"chat_instance_sid": {_json(service.chat_instance_sid)}, '
        f'"unique_name": {_json(service.unique_name)}, '
        f'"default_ttl": {_json(service.default_ttl)}, '
        f'"callback_url": {_json(service.callback_url)}, '
        f'"geo_match_level": {_json(service.geo_match_level)}, '
        f'"number_selection_behavior": {_json(service.number_selection_behavior)}, '
        f'"intercept_callback_url": {_json(service.intercept_callback_url)}, '
        f'"out_of_session_callback_url": {_json(service.out_of_session_callback_url)}, '
        f'"date_created": "{timestamp(service.date_created)}", '
        f'"date_updated": "{timestamp(service.date_updated)}", '
        f'"url": {url}", "links": {{"sessions": {url}/Sessions", '
        f'"phone_numbers": {url}/PhoneNumbers", "short_codes": {url}/ShortCodes"}}}}'
    )


def _json(value: object) -> str:
    """Write one value; nearly all are texts, numbers, or nothing."""
    kind = type(value)
    if kind is str:
        return _text(value)  # type: ignore[arg-type]  # it is one
    if value is None:
        return "null"
    return str(value) if kind is int else _ENCODER.encode(value)


@lru_cache(maxsize=4096)
def timestamp(moment: datetime) -> str:
    """Write a moment in whole seconds of GMT, the one form that vendor's clients read."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _page_url(link: PageLink | None, origin: str) -> str:
    """Write a page's address, in the order of M44's sample."""
    if link is None:
        return "null"
    token = f"&PageToken={link.token}" if link.token else ""
    return _text(f"{origin}{SERVICES}?PageSize={link.size}&Page={link.number}{token}")
