"""How a refusal is told: status, code and message of each reason.

Codes come from the vendor's dictionary; where it knows none for the case, `assumptions.py`
says what was chosen.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from emulator.domain import Reason, Refused
from emulator.messages import Response, answer

Wording: TypeAlias = Callable[[Refused], str]


@dataclass(frozen=True, slots=True)
class Told:
    """A status, a code, and how the message is worded."""

    status: int
    code: int
    message: Wording


def _invalid(refused: Refused) -> str:
    return f"'{refused.about}' is invalid. {refused.detail}"


def _fixed(message: str) -> Wording:
    return lambda _: message


TOLD: Mapping[Reason, Told] = {
    Reason.MISSING_PARAMETER: Told(
        400, 20001, lambda refused: f"Missing required parameter {refused.about} in the post body"
    ),
    Reason.INVALID_PARAMETER: Told(400, 80701, _invalid),
    Reason.NAME_TAKEN: Told(400, 80602, _fixed("Service UniqueName must be unique.")),
    Reason.UNKNOWN_SERVICE: Told(400, 80408, _fixed("Invalid Service Sid")),
    Reason.MALFORMED_SID: Told(400, 80408, _fixed("Invalid Service Sid")),
    Reason.INVALID_PAGING: Told(400, 20001, _invalid),
    Reason.PAGE_WITHOUT_TOKEN: Told(400, 70002, _fixed("Paged requests must include a PageToken")),
    Reason.UNDECODABLE: Told(400, 20001, lambda refused: f"Invalid parameters. {refused.detail}"),
    Reason.UNSUPPORTED_CONTENT_TYPE: Told(415, 20001, _fixed("Unsupported content type")),
    Reason.TOO_LARGE: Told(413, 20001, lambda refused: f"Request too large. {refused.detail}"),
    Reason.HEAD_TOO_LARGE: Told(431, 20001, _fixed("Request header fields too large")),
    Reason.TOO_SLOW: Told(408, 20001, _fixed("Request timeout")),
    Reason.NOT_HTTP: Told(400, 20001, _fixed("Invalid HTTP request received.")),
    Reason.UNAUTHENTICATED: Told(401, 20003, _fixed("Authenticate")),
    Reason.NO_SUCH_RESOURCE: Told(
        404, 20404, lambda refused: f"The requested resource {refused.about} was not found"
    ),
    Reason.METHOD_NOT_ALLOWED: Told(405, 20004, _fixed("Method not allowed")),
    Reason.THROTTLED: Told(429, 20429, _fixed("Too Many Requests")),
    Reason.FORBIDDEN: Told(403, 20403, _fixed("Forbidden")),
}


def refusal(refused: Refused) -> Response:
    """Return the answer to a request that was refused."""
    told = TOLD[refused.reason]
    headers = dict(refused.headers)
    if refused.reason is Reason.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    return error(told.status, told.code, told.message(refused), *headers.items())


def error(status: int, code: int, message: str, *headers: tuple[str, str]) -> Response:
    """Return an error of the shape that all of the vendor's APIs share."""
    body = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return answer(status, json.dumps(body, ensure_ascii=False).encode(), *headers)
