"""The emulator as one ASGI application: puts the parts together, and lets them be exchanged."""

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from typing import Any

from emulator.access import DEFAULT_ACCOUNTS, Credential, Doorkeeper
from emulator.alterations import (
    Alteration,
    Surroundings,
    choices_with,
    handler_with,
    operations_with,
    sids_with,
)
from emulator.asgi import Receive, Scope, Send, serve_one
from emulator.catalogue import chosen_faults, chosen_variants
from emulator.choices import Choices
from emulator.clocks import Clock
from emulator.control import CONTROL, controlled
from emulator.domain import Refused
from emulator.journal import Journal
from emulator.limits import Latency, Throttle, windowed
from emulator.messages import Handler, Request, Response
from emulator.mount import Mount
from emulator.operations import StoredOperations
from emulator.pacing import held_back
from emulator.paging import DEFAULT_PAGE_SIZE
from emulator.refusals import refusal
from emulator.routes import Routes
from emulator.scripts import Script, script_of, scripted
from emulator.store import MemoryStore, Store, services_of


def system_clock() -> datetime:
    """Return the time in whole seconds of GMT."""
    return _moment(int(time.time()))


@lru_cache(maxsize=2)
def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def random_sid() -> str:
    """Return a sid that was never given before."""
    return "KS" + os.urandom(16).hex()


def request_ids() -> Callable[[], str]:
    """Return what gives values for the `Twilio-Request-Id` header (contract fact 53).

    They count, behind something random, so that none was seen before.
    """
    start, counted = f"RQ{os.urandom(8).hex()}", count()
    return lambda: f"{start}{next(counted):016x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How an emulator is run; nothing in it changes what the API means."""

    mount: Mount = field(default_factory=Mount)
    latency: Latency = field(default_factory=Latency)
    throttle: Throttle | None = None
    page_size: int = DEFAULT_PAGE_SIZE
    control: bool = True


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
        self.clock = Clock(parts.clock)
        self.settings = settings
        self.journal = Journal(self.account_of)
        self.scripts: tuple[Script, ...] = ()
        self.faults: tuple[Alteration, ...] = ()
        self.variants: tuple[Alteration, ...] = ()
        self.new_sid = parts.new_sid
        self._new_request_id = parts.new_request_id
        self._handler: Handler = self._assembled()

    def configure(
        self,
        *,
        faults: Iterable[str] | None = None,
        variants: Iterable[str] | None = None,
        scripts: Iterable[Script] | None = None,
        **settings: Any,
    ) -> None:
        """Exchange faults, variants, rules or settings, or none: what they remember is forgotten.

        Rules alone keep their counts, unless they are exchanged themselves.
        """
        chosen = None if faults is None else chosen_faults(faults)
        if variants is not None:
            self.variants = chosen_variants(variants)
        if chosen is not None:
            self.faults = chosen
        if scripts is not None:
            self.scripts = tuple(scripts)
        self.settings = replace(self.settings, **settings)
        self._handler = self._assembled()

    def follow(self, *rules: Any) -> None:
        """Replace the rules by those that are given as the control surface takes them."""
        self.configure(scripts=[script_of(rule) for rule in rules])

    def reset(self, account: str | None = None) -> None:
        """Forget Services and requests, of one account or all; with all, the clock's setting too.

        Faults, variants, rules and limits stay.
        """
        self.journal.clear(account)
        if account is None:
            self.store.clear()
            self.clock.reset()
        else:
            others = [name for name in self.store.accounts() if name != account]
            kept = [service for name in others for service in services_of(self.store, name)]
            self.store.replace(sorted(kept, key=lambda service: service.arrival))
        self.configure()

    def account_of(self, request: Request) -> str:
        """Return the account that a request is made for; empty for nobody's."""
        try:
            return self.doorkeeper.account_of(request.headers.get("authorization"))
        except Refused:
            return ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"only HTTP is served here, not {scope['type']}")
        await serve_one(self, scope, receive, send)

    async def answer(self, request: Request, *, local: bool) -> Response:
        """Answer a request to the API, or to the control surface."""
        if self.settings.control and request.path.startswith(CONTROL):
            placed = replace(self.settings.mount, prefix="").placed(request)
            return controlled(self, placed, local=local)
        try:
            return await self._logged(self.settings.mount.placed(request))
        except Refused as refused:
            return self.refuse(refused)

    def refuse(self, refused: Refused) -> Response:
        """Answer what no handler gets to see."""
        return self._stamped(refusal(refused))

    async def _logged(self, request: Request) -> Response:
        response: Response | None = None
        try:
            response = await self._handler(request)
        finally:
            self.journal.add(self.clock(), request, response)
        return response

    def _assembled(self) -> Handler:
        """Build what answers requests: the correct API, variants around it, faults around those."""
        altered = (*self.variants, *self.faults)
        choices = choices_with(altered, Choices())
        around = Surroundings(
            doorkeeper=self.doorkeeper,
            store=self.store,
            clock=self.clock,
            choices=choices,
            stamp=self._stamped,
        )
        self.store.index_names(choices.name_key)
        operations = StoredOperations(
            store=self.store,
            clock=self.clock,
            new_sid=sids_with(altered, self.new_sid),
            choices=choices,
            page_size=self.settings.page_size,
        )
        routes = Routes(operations_with(altered, operations, around), self.doorkeeper, choices)

        async def stamped(request: Request) -> Response:
            return self._stamped(await routes(request))

        handler = handler_with(altered, stamped, around)
        if self.scripts:
            handler = scripted(handler, self.scripts, self.account_of, stamp=self._stamped)
        if self.settings.throttle is not None:
            handler = windowed(handler, self.settings.throttle, stamp=self._stamped)
        if self.settings.latency != Latency():
            handler = held_back(handler, self.settings.latency.draws())
        return handler

    def _stamped(self, response: Response) -> Response:
        """Add the headers that every answer of the vendor's has (contract fact 53)."""
        request_id = ("Twilio-Request-Id", self._new_request_id())
        headers = (*response.headers, request_id, *CROSS_ORIGIN)
        return Response(response.status, headers, response.body)


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
    new_request_id: Callable[[], str] | None = None,
    settings: Settings | None = None,
) -> Emulator:
    """Build an emulator afresh; with clock and sids handed in, it repeats to the byte."""
    parts = Parts(
        store=store or MemoryStore(),
        doorkeeper=Doorkeeper(accounts),
        clock=clock,
        new_sid=new_sid,
        new_request_id=new_request_id or request_ids(),
    )
    emulator = Emulator(parts, settings or Settings())
    emulator.configure(faults=faults, variants=variants)
    return emulator
