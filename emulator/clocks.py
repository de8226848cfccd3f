"""The emulator's clock: that of the system, moved or stopped where a test wants it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from emulator.limits import Unreadable
from emulator.rendering import timestamp

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
"""A clock is set between these, so that it can go on running and be written down."""

FAR = (LATEST - EARLIEST) // timedelta(seconds=1)

HOW = (
    'send an object with "at" (such as "2026-01-31T12:00:00Z"), "by" (whole seconds to move) '
    'or "frozen" (true or false)'
)


class Clock:
    """Tells the time of a source, so many seconds off it, or one moment for ever."""

    def __init__(self, source: Callable[[], datetime]) -> None:
        self._source = source
        self._ahead = timedelta()
        self._frozen: datetime | None = None

    def __call__(self) -> datetime:
        if self._frozen is not None:
            return self._frozen
        return self._source() + self._ahead if self._ahead else self._source()

    def set(self, value: Any) -> None:
        """Set, move, stop or start the clock, in this order; or raise `Unreadable`."""
        if not isinstance(value, dict) or not value or set(value) - {"at", "by", "frozen"}:
            raise Unreadable(f"found {value!r} as clock; {HOW}")
        now = self()
        frozen = value.get("frozen", self._frozen is not None)
        moment = (_moment(value["at"]) if "at" in value else now) + _step(value.get("by", 0))
        if not isinstance(frozen, bool) or not EARLIEST <= moment <= LATEST:
            raise Unreadable(f"found {value!r} as clock; {HOW}, from 1970 to 9000")
        self._frozen = moment if frozen else None
        self._ahead = moment - self._source()

    def reset(self) -> None:
        """Tell the time of the source again."""
        self._ahead = timedelta()
        self._frozen = None

    @property
    def shown(self) -> dict[str, Any]:
        """The time, how many seconds it is ahead of the source, and whether it stands still."""
        now = self()
        ahead = now - self._source()
        return {
            "at": timestamp(now),
            "ahead": ahead // timedelta(seconds=1),
            "frozen": self._frozen is not None,
        }


def _moment(text: Any) -> datetime:
    """Read a moment, in whole seconds of GMT."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(microsecond=0, tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise Unreadable(f"found {text!r} as a moment; {HOW}") from None


def _step(seconds: Any) -> timedelta:
    if type(seconds) is not int or abs(seconds) > FAR:
        raise Unreadable(f"found {seconds!r} as seconds to move; {HOW}")
    return timedelta(seconds=seconds)
