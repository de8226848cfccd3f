"""The last requests and their answers, numbered, as a test or a person wants to see them."""

from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from emulator.messages import Request, Response
from emulator.rendering import timestamp

LENGTH = 1000
"""How many requests are kept."""

LOGGED_BODY = 4096
"""How many bytes of a body are kept."""

SECRETS = frozenset({"authorization", "proxy-authorization", "cookie"})
"""Headers that are left out; who called is told by the account."""


class _Entry(NamedTuple):
    """One request, and its answer if there was one; shown only when somebody looks."""

    number: int
    at: datetime
    request: Request
    status: int | None
    answer: bytes

    def shown(self, account: str) -> dict[str, Any]:
        """Show it as JSON, without secrets."""
        request = self.request
        headers = {name: value for name, value in request.headers.items() if name not in SECRETS}
        return {
            "number": self.number,
            "at": timestamp(self.at),
            "account": account or None,
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "headers": headers,
            "body": request.body.decode("latin-1"),
            "status": self.status,
            "answer": self.answer.decode("latin-1"),
        }


class Journal:
    """Keeps the last requests; those before them are only counted."""

    def __init__(self, account_of: Callable[[Request], str]) -> None:
        """Take what tells for whom a request is: it is asked only when somebody looks."""
        self.count = 0
        self._account_of = account_of
        self._entries: deque[_Entry] = deque(maxlen=LENGTH)

    def add(self, at: datetime, request: Request, response: Response | None) -> None:
        """Keep one request; without an answer where the connection was cut."""
        if len(request.body) > LOGGED_BODY:
            request = request._replace(body=request.body[:LOGGED_BODY])
        self.count += 1
        status, answer = (None, b"") if response is None else (response.status, response.body)
        self._entries.append(_Entry(self.count, at, request, status, answer[:LOGGED_BODY]))

    def shown(self, account: str | None, after: int) -> list[dict[str, Any]]:
        """Return the requests of an account, or of all, that came after the one so numbered."""
        later = [one for one in self._entries if one.number > after]
        whose = [self._account_of(one.request) for one in later]
        return [
            one.shown(its) for one, its in zip(later, whose, strict=True) if account in {None, its}
        ]

    def clear(self, account: str | None) -> None:
        """Forget the requests of an account; of all, and their numbers start again."""
        kept = [
            one for one in self._entries if account not in {None, self._account_of(one.request)}
        ]
        self._entries = deque(kept, maxlen=LENGTH)
        if account is None:
            self.count = 0
