"""Faults of fetch and delete: what is there, and what is not there any more."""

from collections.abc import Callable

from emulator.alterations import Alteration, Behaviour, Surroundings
from emulator.domain import Form, Page, Reason, Refused, Service
from emulator.operations import Operations
from emulator.rules import SERVICE_SID
from emulator.standins import but
from emulator.store import Store, services_of


def _loses_created(correct: Operations, around: Surroundings) -> Operations:
    async def create(account: str, form: Form) -> Service:
        service = await correct.create(account, form)
        around.store.remove(service)
        return service

    return but(correct, create=create)


def _loses_every_tenth(correct: Operations, around: Surroundings) -> Operations:
    async def create(account: str, form: Form) -> Service:
        service = await correct.create(account, form)
        if service.arrival % 10 == 0:
            around.store.remove(service)
        return service

    return but(correct, create=create)


def _delete_does_nothing(correct: Operations, _: Surroundings) -> Operations:
    async def delete(account: str, sid: str) -> None:
        await correct.fetch(account, sid)

    return but(correct, delete=delete)


def _deleting(others: Callable[[Store, Service], list[Service]], *, itself: bool) -> Behaviour:
    """Delete other Services with the one that is meant, or in its place."""

    def behaviour(correct: Operations, around: Surroundings) -> Operations:
        async def delete(account: str, sid: str) -> None:
            service = await correct.fetch(account, sid)
            victims = others(around.store, service)
            if itself or not victims:
                await correct.delete(account, sid)
            for other in victims:
                around.store.remove(other)

        return but(correct, delete=delete)

    return behaviour


def _newest(store: Store, service: Service) -> list[Service]:
    return [services_of(store, service.account_sid)[-1]]


def _next(store: Store, service: Service) -> list[Service]:
    later = (
        other
        for other in services_of(store, service.account_sid)
        if other.arrival > service.arrival
    )
    return [other for other in (next(later, None),) if other]


def _all_others(store: Store, service: Service) -> list[Service]:
    return [other for other in services_of(store, service.account_sid) if other.sid != service.sid]


def _same_name_elsewhere(store: Store, service: Service) -> list[Service]:
    found = (
        store.named(account, service.unique_name)
        for account in store.accounts()
        if account != service.account_sid
    )
    return [other for other in found if other]


def _hides_deleted(*, fetched: bool, listed: bool) -> Behaviour:
    """Go on showing deleted Services, to some operations."""

    def behaviour(correct: Operations, _: Surroundings) -> Operations:
        gone: dict[tuple[str, str], Service] = {}

        async def delete(account: str, sid: str) -> None:
            service = await correct.fetch(account, sid)
            await correct.delete(account, sid)
            gone[account, sid] = service

        async def fetch(account: str, sid: str) -> Service:
            if fetched and (account, sid) in gone:
                return gone[account, sid]
            return await correct.fetch(account, sid)

        async def list_(account: str, query: Form) -> Page:
            page = await correct.list(account, query)
            ghosts = [service for (owner, _), service in gone.items() if owner == account]
            if not listed or page.next is not None:
                return page
            return page._replace(services=(*page.services, *ghosts)[: page.here.size])

        return but(correct, delete=delete, fetch=fetch, list=list_)

    return behaviour


def _repeats_delete(correct: Operations, _: Surroundings) -> Operations:
    """Answer the second deletion like the first."""
    gone: set[tuple[str, str]] = set()

    async def delete(account: str, sid: str) -> None:
        if (account, sid) not in gone:
            await correct.delete(account, sid)
        gone.add((account, sid))

    return but(correct, delete=delete)


def _deletes_unknown(correct: Operations, _: Surroundings) -> Operations:
    async def delete(account: str, sid: str) -> None:
        try:
            await correct.delete(account, sid)
        except Refused as refused:
            if refused.reason is not Reason.UNKNOWN_SERVICE:
                raise

    return but(correct, delete=delete)


def _revives(correct: Operations, around: Surroundings) -> Operations:
    """Let an update bring back what was deleted."""
    gone: dict[tuple[str, str], Service] = {}

    async def delete(account: str, sid: str) -> None:
        service = await correct.fetch(account, sid)
        await correct.delete(account, sid)
        gone[account, sid] = service

    async def update(account: str, sid: str, form: Form) -> Service:
        service = gone.get((account, sid))
        if service and not around.store.named(account, service.unique_name):
            around.store.put(service)
            del gone[account, sid]
        return await correct.update(account, sid, form)

    return but(correct, delete=delete, update=update)


def _revives_namesake(correct: Operations, around: Surroundings) -> Operations:
    """Let a delete bring back what was deleted before it under the same name."""
    gone: dict[tuple[str, str], Service] = {}

    async def delete(account: str, sid: str) -> None:
        service = await correct.fetch(account, sid)
        await correct.delete(account, sid)
        if earlier := gone.pop((account, service.unique_name), None):
            around.store.put(earlier)
        else:
            gone[account, service.unique_name] = service

    return but(correct, delete=delete)


def _cuts_sids_on_update(correct: Operations, _: Surroundings) -> Operations:
    async def update(account: str, sid: str, form: Form) -> Service:
        return await correct.update(account, sid[:34], form)

    return but(correct, update=update)


def _upserts(correct: Operations, around: Surroundings) -> Operations:
    """Create what an update does not find."""

    async def update(account: str, sid: str, form: Form) -> Service:
        if around.store.get(account, sid) or not SERVICE_SID.fullmatch(sid):
            return await correct.update(account, sid, form)
        made = await correct.create(account, {"UniqueName": f"upserted {sid}", **form})
        around.store.remove(made)
        moved = made._replace(sid=sid)
        around.store.put(moved)
        return moved

    return but(correct, update=update)


def _updates_unknown(correct: Operations, around: Surroundings) -> Operations:
    """Answer an update of what is not there as if it were done."""

    async def update(account: str, sid: str, form: Form) -> Service:
        if around.store.get(account, sid) or not SERVICE_SID.fullmatch(sid):
            return await correct.update(account, sid, form)
        made = await correct.create(account, {"UniqueName": f"upserted {sid}", **form})
        around.store.remove(made)
        return made._replace(sid=sid)

    return but(correct, update=update)


def _fetches_nearest(correct: Operations, around: Surroundings) -> Operations:
    """Fetch any Service for a sid that is not there."""

    async def fetch(account: str, sid: str) -> Service:
        try:
            return await correct.fetch(account, sid)
        except Refused as refused:
            arrivals = around.store.arrivals(account)
            if refused.reason is not Reason.UNKNOWN_SERVICE or not arrivals:
                raise
            return around.store.arrived(account, arrivals[:1])[0]

    return but(correct, fetch=fetch)


def _ignores_last_digit(correct: Operations, around: Surroundings) -> Operations:
    """Find a Service by all but the last digit of its sid."""

    async def fetch(account: str, sid: str) -> Service:
        if around.store.get(account, sid) or not SERVICE_SID.fullmatch(sid):
            return await correct.fetch(account, sid)
        for service in services_of(around.store, account):
            if service.sid[:-1] == sid[:-1]:
                return service
        return await correct.fetch(account, sid)

    return but(correct, fetch=fetch)


def _fetch_changes(correct: Operations, around: Surroundings) -> Operations:
    """Move date_updated with every fetch."""

    async def fetch(account: str, sid: str) -> Service:
        service = await correct.fetch(account, sid)
        around.store.put(service._replace(date_updated=around.clock()))
        return service

    return but(correct, fetch=fetch)


ALTERATIONS = (
    Alteration(
        name="loses-created-services",
        sentence="answers a create as if it were done, and stores nothing",
        behaviour=_loses_created,
    ),
    Alteration(
        name="loses-every-tenth-service",
        sentence="stores nothing at every tenth create",
        behaviour=_loses_every_tenth,
    ),
    Alteration(
        name="delete-does-nothing",
        sentence="answers a deletion as if it were done, and keeps the Service",
        behaviour=_delete_does_nothing,
    ),
    Alteration(
        name="deletes-newest",
        sentence="deletes the newest Service in place of the one that is meant",
        behaviour=_deleting(_newest, itself=False),
    ),
    Alteration(
        name="deletes-two",
        sentence="deletes the next Service with the one that is meant",
        behaviour=_deleting(_next, itself=True),
    ),
    Alteration(
        name="deletes-all",
        sentence="deletes every Service of the account with the one that is meant",
        behaviour=_deleting(_all_others, itself=True),
    ),
    Alteration(
        name="deletes-namesake-elsewhere",
        sentence="deletes the Service of the same name in another account too",
        behaviour=_deleting(_same_name_elsewhere, itself=True),
    ),
    Alteration(
        name="fetches-deleted",
        sentence="goes on fetching what was deleted",
        behaviour=_hides_deleted(fetched=True, listed=False),
    ),
    Alteration(
        name="lists-deleted",
        sentence="goes on listing what was deleted",
        behaviour=_hides_deleted(fetched=False, listed=True),
    ),
    Alteration(
        name="repeats-deletion",
        sentence="answers 204 to a second deletion",
        behaviour=_repeats_delete,
    ),
    Alteration(
        name="deletes-unknown",
        sentence="answers 204 to the deletion of a sid that was never there",
        behaviour=_deletes_unknown,
    ),
    Alteration(
        name="revives-on-update",
        sentence="lets an update bring back what was deleted",
        behaviour=_revives,
    ),
    Alteration(
        name="revives-namesake-on-delete",
        sentence="lets a deletion bring back an earlier Service of the same name",
        behaviour=_revives_namesake,
    ),
    Alteration(
        name="upserts-on-update",
        sentence="creates a Service with the sid of an update that finds none",
        behaviour=_upserts,
    ),
    Alteration(
        name="updates-unknown",
        sentence="answers an update that finds no Service as if it were done",
        behaviour=_updates_unknown,
    ),
    Alteration(
        name="fetches-another-for-unknown",
        sentence="fetches the oldest Service for a sid that is not there",
        behaviour=_fetches_nearest,
    ),
    Alteration(
        name="ignores-last-digit-of-sid",
        sentence="fetches a Service by a sid with another last digit",
        behaviour=_ignores_last_digit,
    ),
    Alteration(
        name="cuts-sids-on-update",
        sentence="updates a Service by a sid with more characters at its end",
        behaviour=_cuts_sids_on_update,
    ),
    Alteration(
        name="fetch-moves-date",
        sentence="moves date_updated with every fetch",
        behaviour=_fetch_changes,
    ),
)
