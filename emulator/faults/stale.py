"""Faults of what is seen after a change: the version before it, or nothing yet."""

from collections.abc import Callable

from emulator.alterations import Alteration, Behaviour, Surroundings
from emulator.domain import Form, Page, Reason, Refused, Service
from emulator.operations import Operations
from emulator.standins import but


def _level_of(before: Service, service: Service) -> Service:
    return service._replace(geo_match_level=before.geo_match_level)


def _all_of(before: Service, _: Service) -> Service:
    return before


def _stale(
    *,
    once: bool,
    fetched: bool,
    listed: bool,
    torn: Callable[[Service, Service], Service] = _all_of,
) -> Behaviour:
    """Show the version before the last update; in lists, what is taken from it."""

    def behaviour(correct: Operations, around: Surroundings) -> Operations:
        before: dict[str, Service] = {}

        async def update(account: str, sid: str, form: Form) -> Service:
            read = around.store.get(account, sid)
            updated = await correct.update(account, sid, form)
            if read:
                before[sid] = read
            return updated

        async def fetch(account: str, sid: str) -> Service:
            service = await correct.fetch(account, sid)
            if not fetched:
                return service
            return before.pop(sid, service) if once else before.get(sid, service)

        async def list_(account: str, query: Form) -> Page:
            page = await correct.list(account, query)
            if not listed:
                return page
            return page._replace(
                services=tuple(
                    torn(before.get(service.sid, service), service) for service in page.services
                ),
            )

        return but(correct, update=update, fetch=fetch, list=list_)

    return behaviour


def _appears_late(correct: Operations, _: Surroundings) -> Operations:
    """Find a new Service only at the second attempt."""
    new: set[str] = set()

    async def create(account: str, form: Form) -> Service:
        service = await correct.create(account, form)
        new.add(service.sid)
        return service

    async def fetch(account: str, sid: str) -> Service:
        if sid in new:
            new.discard(sid)
            raise Refused(Reason.UNKNOWN_SERVICE, sid)
        return await correct.fetch(account, sid)

    return but(correct, create=create, fetch=fetch)


ALTERATIONS = (
    Alteration(
        name="fetches-stale",
        sentence="fetches the version before the last update",
        behaviour=_stale(once=False, fetched=True, listed=False),
    ),
    Alteration(
        name="fetches-stale-once",
        sentence="fetches the version before the last update at the first fetch after it",
        behaviour=_stale(once=True, fetched=True, listed=False),
    ),
    Alteration(
        name="lists-stale",
        sentence="lists the version before the last update",
        behaviour=_stale(once=False, fetched=False, listed=True),
    ),
    Alteration(
        name="lists-levels-stale",
        sentence="lists the geo_match_level of before the last update",
        behaviour=_stale(once=False, fetched=False, listed=True, torn=_level_of),
    ),
    Alteration(
        name="appears-late",
        sentence="refuses the first fetch of a new Service",
        behaviour=_appears_late,
    ),
)
