"""The emulator as one ASGI application: puts the parts together, and lets them be exchanged."""

import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from emulator.access import DEFAULT_ACCOUNTS, Credential, Doorkeeper
from emulator.alterations import (
    Alteration,
    Surroundings,
    choices_with,
    handler_with,
    operations_with,
    sids_with,
)
from emulator.asgi import Front, Mount, Receive, Scope, Send, serve_one
from emulator.catalogue import chosen_faults, chosen_variants
from emulator.choices import Choices
from emulator.control import CONTROL, controlled
from emulator.messages import Handler, Request, Response
from emulator.operations import StoredOperations
from emulator.pacing import delayed, throttled
from emulator.paging import DEFAULT_PAGE_SIZE
from emulator.routes import Routes
from emulator.store import MemoryStore, Store

LOG_LENGTH = 1000
LOGGED_BODY = 4096


def system_clock() -> datetime:
    """Return the time in whole seconds of GMT."""
    return datetime.fromtimestamp(int(time.time()), UTC)


def random_sid() -> str:
    """Return a sid that was never given before."""
    return "KS" + os.urandom(16).hex()


def random_request_id() -> str:
    """Return a value for the `Twilio-Request-Id` header (contract fact 53)."""
    return "RQ" + os.urandom(16).hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How an emulator is run; nothing in it changes what the API means."""

    mount: Mount = field(default_factory=Mount)
    latency: float = 0
    throttle: float | None = None
    page_size: int = DEFAULT_PAGE_SIZE
    control: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One request as the log keeps it: no headers, since they hold credentials."""

    at: datetime
    method: str
    path: str
    query: str
    body: bytes
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What an emulator is put together from."""

    store: Store
    doorkeeper: Doorkeeper
    clock: Callable[[], datetime]
    new_sid: Callable[[], str]
    new_request_id: Callable[[], str]


class Emulator:
    """An ASGI application over one store, whose faults and variants can be exchanged."""

    def __init__(self, parts: Parts, settings: Settings) -> None:
        self.store = parts.store
        self.doorkeeper = parts.doorkeeper
        self.clock = parts.clock
        self.settings = settings
        self.log: deque[Logged] = deque(maxlen=LOG_LENGTH)
        self.requests = 0
        self.faults: tuple[Alteration, ...] = ()
        self.variants: tuple[Alteration, ...] = ()
        self._new_sid = parts.new_sid
        self._new_request_id = parts.new_request_id
        self._handler: Handler = self._assembled()
        self._front = Front(handler=self._logged, stamp=self._stamped, mount=settings.mount)

    def configure(
        self, *, faults: Iterable[str] | None = None, variants: Iterable[str] | None = None
    ) -> None:
        """Exchange faults or variants, or neither: what they remember is forgotten."""
        if faults is not None:
            self.faults = chosen_faults(faults)
        if variants is not None:
            self.variants = chosen_variants(variants)
        self._handler = self._assembled()

    def reset(self) -> None:
        """Forget every Service and every request; faults and variants stay."""
        self.store.clear()
        self.log.clear()
        self.requests = 0
        self.configure()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"only HTTP is served here, not {scope['type']}")
        if self.settings.control and scope["path"].startswith(CONTROL):
            await controlled(self, scope, receive, send)
            return
        await serve_one(self._front, scope, receive, send)

    def now(self) -> datetime:
        """Return the time of the clock that is in use at this moment."""
        return self.clock()

    async def _logged(self, request: Request) -> Response:
        response = await self._handler(request)
        self.requests += 1
        self.log.append(
            Logged(
                at=self.clock(),
                method=request.method,
                path=request.path,
                query=request.query,
                body=request.body[:LOGGED_BODY],
                status=response.status,
            )
        )
        return response

    def _assembled(self) -> Handler:
        """Build what answers requests: the correct API, variants around it, faults around those."""
        altered = (*self.variants, *self.faults)
        choices = choices_with(altered, Choices())
        around = Surroundings(
            doorkeeper=self.doorkeeper, store=self.store, clock=self.now, choices=choices
        )
        self.store.index_names(choices.name_key)
        operations = StoredOperations(
            store=self.store,
            clock=self.now,
            new_sid=sids_with(altered, self._new_sid),
            choices=choices,
            page_size=self.settings.page_size,
        )
        routes = Routes(operations_with(altered, operations, around), self.doorkeeper, choices)

        async def stamped(request: Request) -> Response:
            return self._stamped(await routes(request))

        handler = handler_with(altered, stamped, around)
        if self.settings.throttle is not None:
            handler = throttled(handler, self.settings.throttle)
        return delayed(handler, self.settings.latency) if self.settings.latency else handler

    def _stamped(self, response: Response) -> Response:
        """Add the headers that every answer of the vendor's has (contract fact 53)."""
        request_id = ("Twilio-Request-Id", self._new_request_id())
        headers = (*response.headers, request_id, *CROSS_ORIGIN)
        return Response(status=response.status, headers=headers, body=response.body)


CROSS_ORIGIN = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS"),
    (
        "Access-Control-Allow-Headers",
        (
            "Accept, Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Match, "
            "If-Unmodified-Since"
        ),
    ),
    ("Access-Control-Expose-Headers", "ETag"),
    ("Access-Control-Allow-Credentials", "true"),
)
"""The five that the vendor's OpenAPI declares, as they were seen on sibling products."""


def create_app(
    *,
    faults: Iterable[str] = (),
    variants: Iterable[str] = (),
    accounts: Iterable[Credential] = DEFAULT_ACCOUNTS,
    store: Store | None = None,
    clock: Callable[[], datetime] = system_clock,
    new_sid: Callable[[], str] = random_sid,
    new_request_id: Callable[[], str] = random_request_id,
    settings: Settings | None = None,
) -> Emulator:
    """Build an emulator afresh; with clock and sids handed in, it repeats to the byte."""
    parts = Parts(
        store=store or MemoryStore(),
        doorkeeper=Doorkeeper(accounts),
        clock=clock,
        new_sid=new_sid,
        new_request_id=new_request_id,
    )
    emulator = Emulator(parts, settings or Settings())
    emulator.configure(faults=faults, variants=variants)
    return emulator
