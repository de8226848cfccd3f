"""Makes exchanges as they might have gone over the wire, for tests of whatever judges them."""

import json
from dataclasses import replace
from typing import Any, Final

from conformance.harness.evidence import Exchange, parse

ACCOUNT: Final = "AC" + "1" * 32
SID: Final = "KS" + "a" * 32
HOST: Final = "https://proxy.example"
SERVICE: Final[dict[str, Any]] = {
    "sid": SID,
    "account_sid": ACCOUNT,
    "unique_name": "a name",
    "chat_instance_sid": None,
    "default_ttl": 0,
    "callback_url": None,
    "intercept_callback_url": None,
    "out_of_session_callback_url": None,
    "geo_match_level": "country",
    "number_selection_behavior": "prefer-sticky",
    "date_created": "2015-07-30T20:00:00Z",
    "date_updated": "2015-07-30T20:00:00Z",
    "url": f"{HOST}/v1/Services/{SID}",
    "links": {
        "sessions": f"{HOST}/v1/Services/{SID}/Sessions",
        "phone_numbers": f"{HOST}/v1/Services/{SID}/PhoneNumbers",
        "short_codes": f"{HOST}/v1/Services/{SID}/ShortCodes",
    },
}
META: Final[dict[str, Any]] = {
    "first_page_url": f"{HOST}/v1/Services?PageSize=50&Page=0",
    "key": "services",
    "next_page_url": None,
    "page": 0,
    "page_size": 50,
    "previous_page_url": None,
    "url": f"{HOST}/v1/Services?PageSize=50&Page=0",
}
ERROR: Final[dict[str, Any]] = {
    "code": 20404,
    "message": "The requested resource was not found",
    "more_info": "https://www.twilio.com/docs/errors/20404",
    "status": 404,
}
USUAL: Final = {"create": 201, "delete": 204}
METHODS: Final = {"create": "POST", "update": "POST", "delete": "DELETE"}


def exchange(
    operation: str = "fetch", status: int | None = None, body: object = None, **other: Any
) -> Exchange:
    """Make an exchange; its body is JSON, unless bytes are given."""
    if status is None:
        status = USUAL.get(operation, 200)
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    values: dict[str, Any] = {
        "operation": operation,
        "method": METHODS.get(operation, "GET"),
        "url": f"{HOST}/v1/Services",
        "request_headers": (),
        "request_body": b"",
        "credentials": "own",
        "status": status,
        "response_headers": (("Content-Type", "application/json"),),
        "response_body": raw,
        "started": 0.0,
        "seconds": 0.01,
        "at": "2015-07-30T20:00:00.000Z",
        "worker": "main",
        "parsed": parse(raw),
    }
    return Exchange(**(values | other))


def lost(failure: str = "ConnectError") -> Exchange:
    """Make an exchange that found no answer."""
    return replace(exchange(), status=None, failure=failure, response_headers=())


def service(**changed: Any) -> dict[str, Any]:
    """Make a Service as an answer shows it; a property set to ... is left out."""
    return {key: value for key, value in (SERVICE | changed).items() if value is not ...}


def page(*services: dict[str, Any], **meta: Any) -> dict[str, Any]:
    """Make a list's answer; a key of its meta that is set to ... is left out."""
    changed = {key: value for key, value in (META | meta).items() if value is not ...}
    return {"services": list(services), "meta": changed}
