"""What can be done with Services, and the Protocol that stands for it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from emulator.choices import Choices
from emulator.domain import Form, Page, Reason, Refused, Service, Values
from emulator.paging import DEFAULT_PAGE_SIZE, page_of
from emulator.rules import SERVICE_SID, checked
from emulator.store import Store


class Operations(Protocol):
    """The five operations; each raises `Refused` for a request that breaks a rule."""

    def create(self, account: str, form: Form, /) -> Awaitable[Service]: ...

    def fetch(self, account: str, sid: str, /) -> Awaitable[Service]: ...

    def update(self, account: str, sid: str, form: Form, /) -> Awaitable[Service]: ...

    def delete(self, account: str, sid: str, /) -> Awaitable[None]: ...

    def list(self, account: str, query: Form, /) -> Awaitable[Page]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOperations:
    """The operations on what a store holds.

    None of them awaits anything, so each is one step to all others.
    """

    store: Store
    clock: Callable[[], datetime]
    new_sid: Callable[[], str]
    choices: Choices
    page_size: int = DEFAULT_PAGE_SIZE

    async def create(self, account: str, form: Form) -> Service:
        if "UniqueName" not in form:
            raise Refused(Reason.MISSING_PARAMETER, "UniqueName")
        values = checked(form, self.choices)
        if self.store.named(account, values["unique_name"]):
            raise Refused(Reason.NAME_TAKEN, "UniqueName")
        now = self.clock()
        service = Service(
            sid=self.new_sid(),
            account_sid=account,
            arrival=self.store.next_arrival(),
            date_created=now,
            date_updated=now,
            **values,
        )
        self.store.put(service)
        return service

    async def fetch(self, account: str, sid: str) -> Service:
        return self._known(account, sid)

    async def update(self, account: str, sid: str, form: Form) -> Service:
        service = self._known(account, sid)
        values = checked(form, self.choices)
        if "unique_name" in values:
            holder = self.store.named(account, values["unique_name"])
            if holder and holder.sid != sid:
                raise Refused(Reason.NAME_TAKEN, "UniqueName")
        if self._moves_date(service, values):
            values["date_updated"] = max(self.clock(), service.date_updated)
        updated = service._replace(**values)
        self.store.put(updated)
        return updated

    async def delete(self, account: str, sid: str) -> None:
        self.store.remove(self._known(account, sid))

    async def list(self, account: str, query: Form) -> Page:
        return page_of(self.store, account, query, self.choices, self.page_size)

    def _known(self, account: str, sid: str) -> Service:
        if service := self.store.get(account, sid):
            return service
        known_form = SERVICE_SID.fullmatch(sid)
        raise Refused(Reason.UNKNOWN_SERVICE if known_form else Reason.MALFORMED_SID, sid)

    def _moves_date(self, service: Service, values: Values) -> bool:
        match self.choices.moves_date_updated:
            case "always":
                return True
            case "when-sent":
                return bool(values)
            case "when-changed":
                return any(getattr(service, field) != value for field, value in values.items())
