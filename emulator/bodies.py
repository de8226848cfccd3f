"""The body of a request as it comes in, and how much of it is taken."""

from emulator.domain import Reason, Refused

MAX_BODY = 1 << 20
"""A hundred times what the largest good form needs, escaped."""

MAX_DRAINED = 16 << 20
"""How much is read of a body that is refused: who is still sending does not hear an answer."""

BODILESS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})
"""Methods with which a body means nothing."""


class Body:
    """What has come of a body so far; beyond the limit it is counted, and no longer kept."""

    __slots__ = ("_kept", "_length")

    def __init__(self) -> None:
        self._kept = bytearray()
        self._length = 0

    def add(self, part: bytes) -> None:
        """Take a part; a body that is too large is read on for a while, then refused."""
        self._length += len(part)
        if self._length <= MAX_BODY:
            self._kept += part
        elif self._length > MAX_DRAINED:
            raise _too_large(Connection="close")

    def whole(self) -> bytes:
        """Return the body, now that all of it has come, or refuse it."""
        if self._length > MAX_BODY:
            raise _too_large()
        return bytes(self._kept)


def _too_large(**headers: str) -> Refused:
    detail = f"At most {MAX_BODY} bytes are taken."
    return Refused(Reason.TOO_LARGE, detail=detail, headers=headers)
