"""Requests out of the bytes of a connection; it knows no sockets and no time.

The parser is llhttp, by `httptools`.
"""

from collections import deque
from typing import Any, NamedTuple

import httptools

from emulator.bodies import BODILESS, Body
from emulator.domain import Reason, Refused
from emulator.messages import HEADER_NAMES, Request

MAX_HEAD = 1 << 16
"""How many bytes of a request line and headers may come without an end."""

_CLOSE = {"Connection": "close"}


class Turn(NamedTuple):
    """A request that waits for its answer, or what it is to be refused with."""

    asked: Request | Refused
    modern: bool
    """Whether it is of HTTP/1.1, whose answers can be sent in chunks."""
    last: bool
    """Whether the connection ends with its answer."""


class Reader:
    """Reads the requests of one connection; what is no HTTP, or too large, ends it."""

    def __init__(self, scheme: str, server: str) -> None:
        """Take the scheme and the name that a request without `Host` was sent to."""
        self.turns: deque[Turn] = deque()
        """What was read and is not answered yet."""
        self.begun = 0
        """How many requests have begun."""
        self.partial = False
        """Whether the last one that has begun is still to end."""
        self.expecting = False
        """Whether its sender waits to be told to go on (RFC 9110, section 10.1.1)."""
        self.ended = False
        """Whether all that may follow means nothing."""
        self._scheme = scheme
        self._server = server
        self._parser: Any = httptools.HttpRequestParser(self)
        self._begin()

    def feed(self, data: bytes) -> None:
        """Read on; what is complete stands in `turns` afterwards."""
        while data and not self.ended:
            self._fed = len(data)
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                # No other protocol is spoken here, so what follows is HTTP as well.
                data = data[upgrade.args[0] :]
                continue
            except httptools.HttpParserError:
                self.refuse(Refused(Reason.NOT_HTTP, headers=_CLOSE))
            if self.partial and self._in_head:
                self._head += self._fed
                if self._head > MAX_HEAD:
                    self.refuse(Refused(Reason.HEAD_TOO_LARGE, headers=_CLOSE))
            return

    def refuse(self, refused: Refused) -> None:
        """Refuse what is being read, and read no more."""
        if not self.ended:
            self.turns.append(Turn(refused, modern=True, last=True))
        self.ended = True
        self.partial = self.expecting = False

    def _begin(self) -> None:
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body: Body | None = None
        self._in_head = True

    # What the parser calls.

    def on_message_begin(self) -> None:
        self.begun += 1
        self.partial = True
        self._head = -self._fed  # where in these bytes it begins is unknown: count from the next
        self._begin()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # what comes after a chunked body is none
            self._headers[HEADER_NAMES[name]] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._in_head = False
        if "expect" in self._headers:
            self.expecting = self._headers["expect"].lower() == "100-continue"

    def on_body(self, part: bytes) -> None:
        if self.ended:
            return
        if self._body is None:
            self._body = Body()
        try:
            self._body.add(part)
        except Refused as refused:
            self.refuse(refused)

    def on_message_complete(self) -> None:
        if self.ended:
            return
        self.partial = self.expecting = False
        modern = self._parser.get_http_version() == "1.1"
        last = not (modern and self._parser.should_keep_alive())
        self.turns.append(Turn(self._asked(), modern, last))

    def _asked(self) -> Request | Refused:
        method = self._parser.get_method().decode("latin-1")
        url = self._url.decode("latin-1")
        path, _, query = url.partition("?")
        if not url.startswith("/") or "#" in url:
            path, query = _target(url)
        headers = self._headers
        try:
            body = b"" if self._body is None else self._body.whole()
        except Refused as refused:
            return refused
        if method in BODILESS:
            body = b""
        origin = f"{self._scheme}://{headers.get('host') or self._server}"
        return Request(method, path, query, headers, body, origin)


def _target(url: str) -> tuple[str, str]:
    """Return path and query of a request's target, which may be a whole URL (RFC 9112, 3.2)."""
    if not url.startswith("/") and "://" in url:
        place = url.partition("://")[2]
        at = min((place.find(mark) for mark in "/?#" if mark in place), default=len(place))
        url = place[at:]
    path, _, query = url.partition("#")[0].partition("?")
    return path, query
