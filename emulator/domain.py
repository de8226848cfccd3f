"""What a Service is: its values, its defaults, and the reasons to refuse a request.

Values that each request makes anew are named tuples, here and in `messages.py`: a frozen dataclass
takes five times as long to make.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

Form: TypeAlias = Mapping[str, str]
"""Decoded parameters of a body or a query, each name once."""

GEO_MATCH_LEVELS = ("area-code", "overlay", "radius", "country")
"""M18; the prose's `extended-area-code` is not in the list of possible values (C1)."""

NUMBER_SELECTION_BEHAVIORS = ("avoid-sticky", "prefer-sticky")
"""M15."""


class Service(NamedTuple):
    """A Service of one account, as it is at one moment."""

    sid: str
    account_sid: str
    arrival: int
    """Its place in the order of creation; never shown and never used again."""
    unique_name: str
    date_created: datetime
    date_updated: datetime
    default_ttl: int = 0
    callback_url: str | None = None
    intercept_callback_url: str | None = None
    out_of_session_callback_url: str | None = None
    geo_match_level: str = "country"
    number_selection_behavior: str = "prefer-sticky"
    chat_instance_sid: str | None = None


class PageLink(NamedTuple):
    """Where another page of the same list starts."""

    number: int
    size: int
    token: str | None = None


class Page(NamedTuple):
    """One page of an account's Services."""

    services: tuple[Service, ...]
    here: PageLink
    next: PageLink | None
    previous: PageLink | None


class Reason(StrEnum):
    """Why a request is refused; `refusals.py` says how that is told."""

    MISSING_PARAMETER = "missing parameter"
    INVALID_PARAMETER = "invalid parameter"
    NAME_TAKEN = "name taken"
    UNKNOWN_SERVICE = "unknown service"
    MALFORMED_SID = "malformed sid"
    INVALID_PAGING = "invalid paging"
    PAGE_WITHOUT_TOKEN = "page without token"  # noqa: S105 - a page's token, no secret
    UNDECODABLE = "undecodable"
    UNSUPPORTED_CONTENT_TYPE = "unsupported content type"
    TOO_LARGE = "too large"
    HEAD_TOO_LARGE = "head too large"
    TOO_SLOW = "too slow"
    NOT_HTTP = "not HTTP"
    UNAUTHENTICATED = "unauthenticated"
    NO_SUCH_RESOURCE = "no such resource"
    METHOD_NOT_ALLOWED = "method not allowed"
    THROTTLED = "throttled"
    FORBIDDEN = "forbidden"


@dataclass(slots=True, eq=False)
class Refused(Exception):
    """A request broke a rule; nothing was changed."""

    reason: Reason
    about: str = ""
    """The parameter, path or methods concerned."""
    detail: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


Values: TypeAlias = dict[str, Any]
"""Fields of a Service by name, checked; what `Service._replace` takes."""
