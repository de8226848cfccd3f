"""Knows how requests are sent: through one httpx client, within the budget, with patience.

Each request becomes an Exchange, redacted when made; each exchange goes to the listeners.
"""

import functools
import math
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPMethod
from itertools import chain
from typing import Final, TypeAlias
from urllib.parse import urlencode, urlsplit

import httpx

from conformance.harness.budget import Budget, BudgetSpent
from conformance.harness.evidence import (
    NOT_JSON,
    Credentials,
    Exchange,
    Headers,
    Redaction,
    Unredacted,
    parse,
)
from conformance.harness.expect import NotRun, Unproven
from conformance.harness.paths import below
from conformance.harness.patience import RETRIES, Patience, asked_pause, is_busy
from conformance.harness.quiet import Quiet
from conformance.harness.target import IMPOSTORS, Account, Target, is_loopback

FORM: Final = "application/x-www-form-urlencoded"
READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""
ALWAYS: Final = (
    ("Accept", "application/json"),
    ("Accept-Charset", "utf-8"),
    ("Accept-Encoding", "gzip, deflate"),
    ("Connection", "keep-alive"),
)
WHOLE: Final = 2
"""How many times as long as for a part of it a whole answer is waited for."""
ASIDE: Final = 3
"""How often in turn others are answered and a request is put off before that is its answer."""
Form: TypeAlias = dict[str, str] | list[tuple[str, str]] | bytes
Listener: TypeAlias = Callable[[Exchange], None]

NO_CREDENTIALS: Final = {
    "no-credentials": "Basic !",
    "no-colon": "Basic bm9ib2R5",
    "beyond-ascii": "Basic w6k6w6k=",
    "not-utf-8": "Basic /zr/",
    "bearer": "Bearer none",
}
"""Headers that look like credentials: what is no Base64, a user alone, `é:é`, bytes that are no UTF-8,
and another scheme."""
RIGHT: Final = frozenset({"own", "other-account"})
"""Credentials that a target has to take."""
CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 30.0
NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class AnswerLost(Unproven):
    """The connection failed; whether the request had an effect is not known."""


class TargetGone(Unproven):
    """The target does not answer any more, or throttles without end; nothing else is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be sent; `path` is as it stands in the request line, below the base URL."""

    method: str
    path: str
    operation: str = "other"
    body: bytes = b""
    content_type: str | None = None
    """None for that of a form, where there is a body; empty for none at all."""
    headers: Headers = ()
    """Beside those that are always sent, or in place of them."""
    credentials: Credentials = "own"
    safe: bool = False
    """Whether it may be sent again although an answer was lost."""
    fragile: bool = False
    """Whether it may well make the target close the connection; it is sent once."""
    reserved: bool = False
    """Whether it cleans up, and may spend what is kept for that."""
    paid: bool = False
    """Whether the budget has granted it already."""
    impatient: bool = False
    """Whether an answer that puts it off is given as it is; it is sent once."""


def encode(form: Form | None) -> bytes:
    """Encode a form as application/x-www-form-urlencoded, in UTF-8; bytes stay as they are."""
    if form is None:
        return b""
    if isinstance(form, bytes):
        return form
    return urlencode(form if isinstance(form, list) else list(form.items())).encode()


@functools.cache
def trust(ca: str | None) -> ssl.SSLContext:
    """Make, once, what certificates are verified by; the environment may name more of them."""
    context = httpx.create_ssl_context()
    if ca:
        context.load_verify_locations(ca)
    return context


def client(target: Target, *, timeout: float = ANSWER_SECONDS) -> httpx.Client:
    """Make a client for the target; certificates are always verified, redirects never followed.

    A proxy of the environment is for what is not on this machine: to a proxy, `localhost` is the
    proxy itself.
    """
    return httpx.Client(
        timeout=httpx.Timeout(timeout, connect=CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=4),
        follow_redirects=False,
        verify=trust(target.ca),
        trust_env=not is_loopback(target.base_url),
    )


@dataclass(slots=True)
class Wire:
    """Sends requests to one target as one worker of one run."""

    target: Target
    budget: Budget
    redaction: Redaction
    run: str
    worker: str = "main"
    version: str = "0"
    timeout: float = ANSWER_SECONDS
    again_within: float = math.inf
    """Seconds after which a request that found no answer is not sent again."""
    listeners: list[Listener] = field(default_factory=list)
    """Who judges: each exchange that says something about the target."""
    sinks: list[Listener] = field(default_factory=list)
    """Who keeps evidence: each exchange, those that were put off or lost as well."""
    test: str = ""
    answers_others: Callable[[], bool] | None = None
    """Tells, by requests that ought to be accepted, whether the target puts off none of them."""
    quiet: Quiet = field(init=False)
    _client: httpx.Client = field(init=False, repr=False)
    _impostors: dict[str, Account] = field(init=False, repr=False)
    _origin: str = field(init=False)
    _telling: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)
    _refuses_so: set[bool] = field(init=False, default_factory=set)
    """Whether this target was seen to put off a request for what it is: with the right credentials,
    and with wrong ones."""

    def __post_init__(self) -> None:
        self.quiet = Quiet(folder=self.budget.path.parent)
        self._client = client(self.target, timeout=self.timeout)
        parts = urlsplit(self.target.base_url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._impostors = {name: made(self.target.account) for name, made in IMPOSTORS.items()}

    def url(self, path: str) -> str:
        return f"{self._origin}{self.target.prefix}{path}"

    def path_of(self, url: str) -> str:
        """Give the path and query that a URL of an answer has below the base URL.

        The host is not judged, and the prefix of the base URL may be in it or not: an emulator
        may name the vendor's host.

        Raises Unproven where there is nothing to follow.
        """
        try:
            parts = urlsplit(url)
            path = below(parts.path, self.target.prefix)
            rooted = path if path.startswith("/") else f"/{path}"  # else it would name a host
            found = f"{rooted}?{parts.query}" if parts.query else rooted
            _as_it_stands(self.url(found))
        except (ValueError, httpx.InvalidURL) as problem:
            raise Unproven(f"{url!r} cannot be followed: {problem}") from None
        return found

    def send(self, request: Request, previous: Exchange | None = None) -> Exchange:
        """Send a request and wait for its answer as long as the target asks for patience.

        Raises AnswerLost, TargetGone, or BudgetSpent.
        """
        patience, failures, paid = Patience(), 0, request.paid
        latest = time.monotonic() + self.again_within
        while True:
            if not paid:
                self.budget.spend(reserved=request.reserved)
            paid = False
            with self._right_to(request):
                exchange = self._once(self._client, request, previous)
            self._keep(exchange)
            if exchange.status is None and request.fragile:
                return exchange
            if exchange.status is None:
                failures += 1
                tries = RETRIES if time.monotonic() < latest else failures
                self._lost(request, exchange, tries - failures, patience)
                continue
            if is_busy(exchange):
                if request.impatient:
                    return exchange
                if self._comes_again(exchange, patience, right=request.credentials in RIGHT):
                    continue
                if request.credentials not in RIGHT:
                    raise NotRun(f"{exchange.status} is all that wrong credentials are answered")
            self.budget.answered()
            self._tell(exchange)
            return exchange

    def _right_to(self, request: Request) -> AbstractContextManager[None]:
        """Hold the right to change the account, where a request may do so."""
        return nullcontext() if request.method == "GET" else self.quiet.shared()

    def _comes_again(self, exchange: Exchange, patience: Patience, *, right: bool) -> bool:
        """Wait as the target asks, before a request is sent again; False where this is its answer.

        It is, where again and again others are answered at once, and this one is put off alone.
        Where that was seen before, one with the right credentials is still sent once more: it may
        be put off for a while. Raises TargetGone where the target puts off all without end.
        """
        known = right in self._refuses_so
        if not (known and (patience.times or not right)) and patience.wait(asked_pause(exchange)):
            return True
        if self.answers_others is not None and self.answers_others():
            patience.aside += 1
            if known or patience.aside >= ASIDE:
                self._refuses_so.add(right)
                return False
            return True
        if known and patience.wait(asked_pause(exchange)):
            return True
        asked = exchange.header("retry-after")
        more = f", and asks for {asked} more" if asked is not None else ""
        why = (
            f"the target throttles without end: {exchange.status} for {patience.waited:.0f} s{more}"
        )
        self.budget.stop(why)
        raise TargetGone(why)

    def _lost(self, request: Request, exchange: Exchange, left: int, patience: Patience) -> None:
        """Wait before another try where one is safe; raise where it is not."""
        hung = (exchange.failure or "").startswith(_HUNG)
        if self.budget.failed(hung=hung):
            why = f"the target does not answer any more: {exchange.failure}"
            self.budget.stop(why)
            raise TargetGone(why)
        never_sent = (exchange.failure or "").startswith(_NEVER_SENT)
        again = request.safe or never_sent
        if again and left > 0 and patience.wait():
            return
        raise AnswerLost(f"no answer to {request.method} {request.path}: {exchange.failure}")

    def race(
        self, scripts: Sequence[Sequence[Request]], previous: Exchange | None = None
    ) -> list[list[Exchange]]:
        """Run one script of requests per thread, each on a connection of its own.

        The budget grants all requests before the first is sent, and the threads start together.
        What the target puts off has had no effect, and is sent again; nothing else is: an
        exchange without an answer may or may not have had its effect.
        """
        if unpaid := sum(not request.paid for script in scripts for request in script):
            self.budget.spend(unpaid)
        gate = threading.Barrier(len(scripts))
        put_off: list[Exchange] = []

        def taken(own: httpx.Client, request: Request) -> Exchange:
            patience = Patience()
            while True:
                exchange = self._once(own, request, previous)
                if not (is_busy(exchange) and patience.wait(asked_pause(exchange))):
                    return exchange
                try:
                    self.budget.spend()
                except (BudgetSpent, TargetGone):
                    return exchange
                put_off.append(exchange)

        def act(script: Sequence[Request]) -> list[Exchange]:
            with client(self.target, timeout=self.timeout) as own:
                gate.wait()
                return [taken(own, request) for request in script]

        with ThreadPoolExecutor(len(scripts)) as pool, self.quiet.shared():
            try:
                done = list(pool.map(act, scripts))
            finally:
                gate.abort()  # interrupted before all had come, nobody waits for the others
        self._tell_all(sorted(chain(put_off, *done), key=lambda one: one.started))
        return done

    def _tell(self, exchange: Exchange) -> None:
        """Tell those who judge; one exchange at a time, since several may be under way."""
        with self._telling:
            for listener in self.listeners:
                listener(exchange)

    def _tell_all(self, overlapping: Sequence[Exchange]) -> None:
        """Tell of exchanges that overlapped: of the writes first, for who holds reads against them."""
        for exchange in overlapping:
            self._keep(exchange)
        for exchange in sorted(overlapping, key=lambda one: one.method == HTTPMethod.GET):
            if exchange.status is not None and not is_busy(exchange):
                self._tell(exchange)

    def _keep(self, exchange: Exchange) -> None:
        for sink in self.sinks:
            sink(exchange)

    def _once(self, using: httpx.Client, request: Request, previous: Exchange | None) -> Exchange:
        headers = self._headers(request)
        url = self.url(request.path)
        at, started = datetime.now(UTC), time.monotonic()  # noqa: TID251 - the time of evidence
        answer, content, failure = None, b"", None
        try:
            reading = using.send(
                httpx.Request(
                    request.method,
                    _as_it_stands(url),
                    headers=list(headers),
                    content=request.body or None,
                    extensions=_verbatim(url),
                ),
                auth=self.login(request.credentials),
                stream=True,
            )
            content = _content(reading, started + WHOLE * self.timeout)
            answer = reading
        except httpx.TimeoutException as problem:
            failure = f"{type(problem).__name__} after {time.monotonic() - started:.0f} s"
        except httpx.HTTPError as problem:
            failure = _named(problem)
        seconds = time.monotonic() - started
        sent = answer.request.headers if answer is not None else httpx.Headers(list(headers))
        return Exchange(
            operation=request.operation,
            method=request.method,
            url=self.redaction.text(url),
            request_headers=self.redaction.headers(tuple(sent.multi_items())),
            request_body=self.redaction.body(request.body),
            credentials=request.credentials,
            status=answer.status_code if answer is not None else None,
            response_headers=self.redaction.headers(
                tuple(answer.headers.multi_items()) if answer is not None else ()
            ),
            response_body=self.redaction.body(content),
            started=started,
            seconds=seconds,
            at=at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            worker=self.worker,
            failure=failure and self.redaction.text(failure),
            by_key=self.target.account.is_key,
            parsed=parse(content) if answer is not None else NOT_JSON,
            unredacted=Unredacted(url=url, request_body=request.body, response_body=content),
            previous=previous,
        )

    def _headers(self, request: Request) -> Headers:
        agent = f"proxy-conformance/{self.version} run/{self.run} test/{self.test or 'none'}"
        named = {name for name, _ in request.headers}
        always = [(name, value) for name, value in ALWAYS if name not in named]
        headers = [*always, ("User-Agent", agent), *request.headers]
        if request.credentials in NO_CREDENTIALS:
            headers.append(("Authorization", NO_CREDENTIALS[request.credentials]))
        if request.content_type:
            headers.append(("Content-Type", request.content_type))
        elif request.content_type is None and (request.body or request.method == HTTPMethod.POST):
            headers.append(("Content-Type", FORM))
        return tuple(headers)

    def login(self, credentials: Credentials) -> httpx.BasicAuth | None:
        """Give what a request is made with. Raises NotRun where there is no such account."""
        own, other = self.target.account, self.target.other
        if credentials in {"none", *NO_CREDENTIALS}:
            return None
        if credentials in self._impostors:
            impostor = self._impostors[credentials]
            if impostor.password == own.password and impostor.user == own.user:
                raise NotRun("the token has no letters, so that it is the same in the other case")
            return httpx.BasicAuth(impostor.user, impostor.password)
        if credentials == "own":
            return httpx.BasicAuth(own.user, own.password)
        if other is None:
            raise NotRun(self.target.why_alone)
        return httpx.BasicAuth(
            other.user if credentials == "other-account" else own.user, other.password
        )

    def close(self) -> None:
        self._client.close()


_NEVER_SENT: Final = tuple(kind.__name__ for kind in NEVER_SENT)
_HUNG: Final = ("ReadTimeout", "WriteTimeout")


def _content(answer: httpx.Response, latest: float) -> bytes:
    """Read a body to its end; of one that is not encoded as it says, say so in its place.

    Raises ReadTimeout where there is no end to it: each part of it may come in time.
    """
    parts = []
    try:
        for part in answer.iter_bytes():
            parts.append(part)
            if time.monotonic() > latest:
                raise httpx.ReadTimeout("the answer has no end")
        return b"".join(parts)
    except httpx.DecodingError as problem:
        coding = answer.headers.get("content-encoding")
        return f"(this body is not encoded as Content-Encoding: {coding} says: {problem})".encode()
    finally:
        if answer.status_code == httpx.codes.NO_CONTENT and _goes_on(answer.headers):
            answer.extensions["network_stream"].close()
        answer.close()


def _goes_on(headers: httpx.Headers) -> bool:
    """Tell whether something may follow where nothing is read, and be taken for the next answer."""
    return "transfer-encoding" in headers or bool(headers.get("content-length", "").strip("0"))


def _named(problem: httpx.HTTPError) -> str:
    return f"{type(problem).__name__}: {problem}".removesuffix(": ")


@functools.lru_cache(maxsize=64)
def _as_it_stands(url: str) -> httpx.URL:
    """Make a URL whose path and query are sent as they stand, percent escapes and all."""
    parts = urlsplit(url)
    return _root(f"{parts.scheme}://{parts.netloc}").copy_with(raw_path=_target(url))


@functools.lru_cache(maxsize=4)
def _root(origin: str) -> httpx.URL:
    return httpx.URL(origin)


@functools.lru_cache(maxsize=64)
def _verbatim(url: str) -> dict[str, bytes]:
    """Give what has httpx leave `.` and `..` alone, which it would take out of a path.

    It must be nowhere else: on its way to a proxy, a CONNECT would have that target too.
    """
    dots = {".", ".."} & set(urlsplit(url).path.split("/"))
    return {"target": _target(url)} if dots else {}


def _target(url: str) -> bytes:
    parts = urlsplit(url)
    return (parts.path + (f"?{parts.query}" if parts.query else "")).encode()
