"""Knows dates and times as the API writes them: ISO 8601, in GMT."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

_MOMENT: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})([.,]\d+)?(?:[Zz]|([+-])00:?00|([+-])00)", re.ASCII
)
VENDOR_FORM: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)
TOLERANCE: Final = timedelta(minutes=10)
"""How far the target's clock may be from ours, or from the Date that it sends; zones differ by more."""


def read(text: object) -> datetime | None:
    """Read a date and time that is ISO 8601 and in GMT; None for anything else.

    Fractions of a second and a zone of +00:00 are as good as whole seconds and Z.
    """
    if not isinstance(text, str) or (match := _MOMENT.fullmatch(text)) is None:
        return None
    fraction = (match[3] or ".0").replace(",", ".")[:7]
    try:
        return datetime.fromisoformat(f"{match[1]}T{match[2]}{fraction.ljust(7, '0')}+00:00")
    except ValueError:
        return None


def read_http(text: str | None) -> datetime | None:
    """Read the Date header of an answer."""
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_about(moment: datetime, *clocks: datetime | None) -> bool:
    """Tell whether a moment is within the tolerance of one of the clocks."""
    return any(clock is not None and abs(moment - clock) <= TOLERANCE for clock in clocks)
