"""Services and pages as JSON."""

import json
from datetime import datetime
from functools import lru_cache
from typing import Any

from emulator.domain import Page, PageLink, Service
from emulator.messages import Response, answer

SERVICES = "/v1/Services"
_ENCODER = json.JSONEncoder(ensure_ascii=False)


def service_answer(status: int, service: Service, origin: str) -> Response:
    """Return the answer that shows one Service."""
    return answer(status, _dumped(shown(service, origin)))


def page_answer(page: Page, origin: str) -> Response:
    """Return the answer that shows a page of a list."""
    body = {
        "services": [shown(service, origin) for service in page.services],
        "meta": {
            "page": page.here.number,
            "page_size": page.here.size,
            "first_page_url": _page_url(PageLink(number=0, size=page.here.size), origin),
            "previous_page_url": page.previous and _page_url(page.previous, origin),
            "url": _page_url(page.here, origin),
            "next_page_url": page.next and _page_url(page.next, origin),
            "key": "services",
        },
    }
    return answer(200, _dumped(body))


NO_CONTENT = Response(status=204, headers=())
"""A deletion's answer: neither a body nor anything about one."""


def shown(service: Service, origin: str) -> dict[str, Any]:
    """Return the representation of a Service, with URLs as the client wrote its own."""
    url = f"{origin}{SERVICES}/{service.sid}"
    return {
        "sid": service.sid,
        "account_sid": service.account_sid,
        "chat_instance_sid": service.chat_instance_sid,
        "unique_name": service.unique_name,
        "default_ttl": service.default_ttl,
        "callback_url": service.callback_url,
        "geo_match_level": service.geo_match_level,
        "number_selection_behavior": service.number_selection_behavior,
        "intercept_callback_url": service.intercept_callback_url,
        "out_of_session_callback_url": service.out_of_session_callback_url,
        "date_created": timestamp(service.date_created),
        "date_updated": timestamp(service.date_updated),
        "url": url,
        "links": {
            "sessions": f"{url}/Sessions",
            "phone_numbers": f"{url}/PhoneNumbers",
            "short_codes": f"{url}/ShortCodes",
        },
    }


@lru_cache(maxsize=4096)
def timestamp(moment: datetime) -> str:
    """Write a moment in whole seconds of GMT, the one form that vendor's clients read."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _page_url(link: PageLink, origin: str) -> str:
    """Write a page's address, in the order of M44's sample."""
    token = f"&PageToken={link.token}" if link.token else ""
    return f"{origin}{SERVICES}?PageSize={link.size}&Page={link.number}{token}"


def _dumped(body: dict[str, Any]) -> bytes:
    """Write JSON as UTF-8; a lone surrogate cannot occur, since forms are strict UTF-8."""
    return _ENCODER.encode(body).encode()
