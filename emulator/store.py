"""Where Services are kept, in memory, account by account, in order of arrival."""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from emulator.choices import exactly
from emulator.domain import Service


class Store(Protocol):
    """What operations need of a place for Services."""

    def next_arrival(self) -> int:
        """Return a number above all that were given before."""
        ...

    def put(self, service: Service) -> None:
        """Keep a Service that is new, or replace the one with its sid."""
        ...

    def get(self, account: str, sid: str) -> Service | None: ...

    def named(self, account: str, name: str) -> Service | None:
        """Return the Service whose name counts as the same, if there is one."""
        ...

    def remove(self, service: Service) -> None: ...

    def arrivals(self, account: str) -> Sequence[int]:
        """Return the numbers of the Services there, ascending; not to be changed."""
        ...

    def arrived(self, account: str, arrivals: Iterable[int]) -> tuple[Service, ...]:
        """Return the Services with these numbers."""
        ...

    def accounts(self) -> Sequence[str]: ...

    def index_names(self, key: Callable[[str], str]) -> None:
        """Count names as the same from now on where their keys are equal."""
        ...

    def replace(self, services: Iterable[Service]) -> None:
        """Keep these, in order of arrival, in place of all that there are."""
        ...

    def clear(self) -> None: ...

    def close(self) -> None: ...


@dataclass(slots=True, eq=False)
class UnusableFile(Exception):
    """The file cannot serve as a store, in words."""

    why: str

    def __str__(self) -> str:
        return self.why


@dataclass(slots=True)
class _Shelf:
    """The Services of one account."""

    sids: dict[str, Service] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    by_number: dict[int, Service] = field(default_factory=dict)


class MemoryStore:
    """Services in dicts; create, fetch and a page of a list cost the same at any size."""

    def __init__(self, services: Sequence[Service] = (), *, last_arrival: int = 0) -> None:
        """Start with Services that are there already, in order of arrival."""
        self._shelves: dict[str, _Shelf] = {}
        self._key: Callable[[str], str] = exactly
        self._last_arrival = last_arrival
        for service in services:
            self.put(service)

    def next_arrival(self) -> int:
        self._last_arrival += 1
        return self._last_arrival

    def put(self, service: Service) -> None:
        shelf = self._shelves.setdefault(service.account_sid, _Shelf())
        before = shelf.sids.get(service.sid)
        if before is not None and before.arrival != service.arrival:
            self.remove(before)
            before = None
        if before is None:
            self._last_arrival = max(self._last_arrival, service.arrival)
            insort(shelf.numbers, service.arrival)
        else:
            self._forget_name(shelf, before)
        shelf.sids[service.sid] = service
        shelf.by_number[service.arrival] = service
        shelf.names[self._key(service.unique_name)] = service.sid

    def get(self, account: str, sid: str) -> Service | None:
        shelf = self._shelves.get(account)
        return shelf.sids.get(sid) if shelf else None

    def named(self, account: str, name: str) -> Service | None:
        shelf = self._shelves.get(account)
        if shelf is None:
            return None
        sid = shelf.names.get(self._key(name))
        return shelf.sids[sid] if sid else None

    def remove(self, service: Service) -> None:
        shelf = self._shelves[service.account_sid]
        kept = shelf.sids.pop(service.sid)
        self._forget_name(shelf, kept)
        del shelf.by_number[kept.arrival]
        del shelf.numbers[bisect_left(shelf.numbers, kept.arrival)]

    def arrivals(self, account: str) -> Sequence[int]:
        shelf = self._shelves.get(account)
        return shelf.numbers if shelf else ()

    def arrived(self, account: str, arrivals: Iterable[int]) -> tuple[Service, ...]:
        shelf = self._shelves.get(account)
        return tuple(map(shelf.by_number.__getitem__, arrivals)) if shelf else ()

    def accounts(self) -> Sequence[str]:
        return sorted(self._shelves)

    def index_names(self, key: Callable[[str], str]) -> None:
        self._key = key
        for shelf in self._shelves.values():
            shelf.names = {
                key(service.unique_name): sid for sid, service in reversed(shelf.sids.items())
            }

    def replace(self, services: Iterable[Service]) -> None:
        self._shelves.clear()
        for service in services:
            self.put(service)

    def clear(self) -> None:
        self._shelves.clear()

    def close(self) -> None:
        """Nothing is left open."""

    def _forget_name(self, shelf: _Shelf, service: Service) -> None:
        """Free a name, unless another Service holds it (a wrapper may have let that happen)."""
        key = self._key(service.unique_name)
        if shelf.names.get(key) == service.sid:
            del shelf.names[key]


def services_of(store: Store, account: str) -> tuple[Service, ...]:
    """Return an account's Services in order of arrival."""
    return store.arrived(account, store.arrivals(account))
