"""Faults of requests at the same time: what is done between looking and writing."""

import asyncio
from collections import Counter
from contextlib import nullcontext

from emulator.alterations import Alteration, Surroundings
from emulator.domain import Form, Reason, Refused, Service
from emulator.operations import Operations
from emulator.rules import PARAMETERS
from emulator.standins import but, put, refuse_taken, unnoticed

STEP = 0.01
"""Seconds between the fields of one update: long enough that a fetch gets in."""

WINDOW = 0.02
"""Seconds between looking and writing: long enough that requests sent together meet in it."""


def _races_on_create(correct: Operations, around: Surroundings) -> Operations:
    """Look whether a name is free, and only a moment later take it."""

    async def create(account: str, form: Form) -> Service:
        name = form.get("UniqueName", "")
        refuse_taken(around.store, account, name)
        await asyncio.sleep(WINDOW)
        with unnoticed(around.store, account, name):
            return await correct.create(account, form)

    return but(correct, create=create)


def _races_on_rename(correct: Operations, around: Surroundings) -> Operations:
    async def update(account: str, sid: str, form: Form) -> Service:
        name = form.get("UniqueName", "")
        if not name:
            return await correct.update(account, sid, form)
        refuse_taken(around.store, account, name, sid)
        await asyncio.sleep(WINDOW)
        holder = around.store.named(account, name)
        if holder is None or holder.sid == sid:
            return await correct.update(account, sid, form)
        with unnoticed(around.store, account, name):
            return await correct.update(account, sid, form)

    return but(correct, update=update)


def _races_on_update(correct: Operations, around: Surroundings) -> Operations:
    """Read a Service, and a moment later write it back whole with the changes in it."""

    async def update(account: str, sid: str, form: Form) -> Service:
        read = around.store.get(account, sid)
        await asyncio.sleep(WINDOW)
        present = around.store.get(account, sid)
        if read and present and read != present:
            around.store.put(read._replace(unique_name=present.unique_name))
        return await correct.update(account, sid, form)

    return but(correct, update=update)


def _tears_updates(correct: Operations, around: Surroundings) -> Operations:
    """Write one field at once, the name where it is sent, and each other a moment later."""

    async def update(account: str, sid: str, form: Form) -> Service:
        before = await correct.fetch(account, sid)
        after = await correct.update(account, sid, form)
        fields = [parameter.field for name, parameter in PARAMETERS.items() if name in form]
        put(around.store, after, **{field: getattr(before, field) for field in fields[1:]})
        for field in fields[1:]:
            await asyncio.sleep(STEP)
            if present := around.store.get(account, sid):
                put(around.store, present, **{field: getattr(after, field)})
        return after

    return but(correct, update=update)


def _races_with_delete(correct: Operations, around: Surroundings) -> Operations:
    """Write a Service back that was deleted since it was read."""

    async def update(account: str, sid: str, form: Form) -> Service:
        read = around.store.get(account, sid)
        await asyncio.sleep(WINDOW)
        if read and not around.store.get(account, sid):
            refuse_taken(around.store, account, read.unique_name)
            around.store.put(read)
        return await correct.update(account, sid, form)

    return but(correct, update=update)


def _refuses_all_racers(correct: Operations, _: Surroundings) -> Operations:
    """Take a name that another create is about to take for taken, whichever was first."""
    under_way: Counter[tuple[str, str]] = Counter()
    met: set[tuple[str, str]] = set()

    async def create(account: str, form: Form) -> Service:
        name = account, form.get("UniqueName", "")
        under_way[name] += 1
        if under_way[name] > 1:
            met.add(name)
        try:
            await asyncio.sleep(WINDOW)
            if name in met:
                raise Refused(Reason.NAME_TAKEN, "UniqueName")
            return await correct.create(account, form)
        finally:
            under_way[name] -= 1
            if not under_way[name]:
                met.discard(name)

    return but(correct, create=create)


def _shows_half_created(correct: Operations, around: Surroundings) -> Operations:
    """Store a Service with its name alone, and what else was sent a moment later."""

    async def create(account: str, form: Form) -> Service:
        after = await correct.create(account, form)
        put(around.store, after, default_ttl=0, callback_url=None, geo_match_level="country")
        await asyncio.sleep(WINDOW)
        if around.store.get(account, after.sid):
            around.store.put(after)
        return after

    return but(correct, create=create)


def _hides_while_renamed(correct: Operations, _: Surroundings) -> Operations:
    """Let nobody find a Service while its new name is stored."""
    moving: set[str] = set()

    async def fetch(account: str, sid: str) -> Service:
        return await correct.fetch(account, f"{sid} (moving)" if sid in moving else sid)

    async def update(account: str, sid: str, form: Form) -> Service:
        after = await correct.update(account, sid, form)
        if "UniqueName" in form:
            moving.add(sid)
            await asyncio.sleep(WINDOW)
            moving.discard(sid)
        return after

    return but(correct, fetch=fetch, update=update)


def _keeps_names_of_racers(correct: Operations, _: Surroundings) -> Operations:
    """Leave a name taken that a Service had for a moment, between two renames that raced."""
    under_way: Counter[str] = Counter()
    met: set[str] = set()
    left: dict[tuple[str, str], str] = {}

    def check(account: str, form: Form, sid: str = "") -> None:
        if left.get((account, form.get("UniqueName", "")), sid) != sid:
            raise Refused(Reason.NAME_TAKEN, "UniqueName")

    async def create(account: str, form: Form) -> Service:
        check(account, form)
        return await correct.create(account, form)

    async def update(account: str, sid: str, form: Form) -> Service:
        if "UniqueName" not in form:
            return await correct.update(account, sid, form)
        check(account, form, sid)
        under_way[sid] += 1
        if under_way[sid] > 1:
            met.add(sid)
        try:
            await asyncio.sleep(WINDOW)
            before = await correct.fetch(account, sid)
            after = await correct.update(account, sid, form)
        finally:
            under_way[sid] -= 1
        if sid in met:
            left[account, before.unique_name] = sid
        if not under_way[sid]:
            met.discard(sid)
        return after

    return but(correct, create=create, update=update)


def _frees_own_name(correct: Operations, around: Surroundings) -> Operations:
    """Take the name of a Service for free while it is updated to the one that it has."""

    async def update(account: str, sid: str, form: Form) -> Service:
        before = around.store.get(account, sid)
        if before and form.get("UniqueName") == before.unique_name:
            with unnoticed(around.store, account, before.unique_name):
                await asyncio.sleep(WINDOW)
        return await correct.update(account, sid, form)

    return but(correct, update=update)


def _forgets_names_late(correct: Operations, around: Surroundings) -> Operations:
    """Forget the name of a deleted Service a moment later, though it is another's by then."""
    forgotten: set[tuple[str, str]] = set()

    async def create(account: str, form: Form) -> Service:
        name = form.get("UniqueName", "")
        hidden = unnoticed(around.store, account, name)
        with hidden if (account, name) in forgotten else nullcontext():
            return await correct.create(account, form)

    async def delete(account: str, sid: str) -> None:
        gone = around.store.get(account, sid)
        await correct.delete(account, sid)
        await asyncio.sleep(WINDOW)
        if gone and around.store.named(account, gone.unique_name):
            forgotten.add((account, gone.unique_name))

    return but(correct, create=create, delete=delete)


def _answers_with_last(correct: Operations, _: Surroundings) -> Operations:
    """Answer an update with what was updated last, whoever did that."""
    last: dict[str, Service] = {}

    async def update(account: str, sid: str, form: Form) -> Service:
        last[account] = await correct.update(account, sid, form)
        await asyncio.sleep(WINDOW)
        return last[account]

    return but(correct, update=update)


ALTERATIONS = (
    Alteration(
        name="frees-own-name-for-a-moment",
        sentence="takes the name of a Service for free while it is updated to the one that it has",
        behaviour=_frees_own_name,
    ),
    Alteration(
        name="forgets-names-late",
        sentence="gives the name of a deleted Service free once more, though another has it by then",
        behaviour=_forgets_names_late,
    ),
    Alteration(
        name="answers-racing-updates-alike",
        sentence="answers an update with another one of the same moment",
        behaviour=_answers_with_last,
    ),
    Alteration(
        name="races-on-create",
        sentence="lets creates at the same time have the same name",
        behaviour=_races_on_create,
    ),
    Alteration(
        name="races-on-rename",
        sentence="lets renames at the same time lead to the same name",
        behaviour=_races_on_rename,
    ),
    Alteration(
        name="races-on-update",
        sentence="loses one of two updates at the same time",
        behaviour=_races_on_update,
    ),
    Alteration(
        name="refuses-all-racing-creates",
        sentence="refuses all creates of one name that come at the same time",
        behaviour=_refuses_all_racers,
    ),
    Alteration(
        name="shows-half-created",
        sentence="shows a Service with its name alone for a moment, before its create is answered",
        behaviour=_shows_half_created,
    ),
    Alteration(
        name="hides-while-renamed",
        sentence="answers that a Service is not there while it is renamed",
        behaviour=_hides_while_renamed,
    ),
    Alteration(
        name="keeps-names-of-racing-renames",
        sentence="leaves names taken that a Service had between two renames at the same time",
        behaviour=_keeps_names_of_racers,
    ),
    Alteration(
        name="tears-updates",
        sentence="shows half of an update of several fields for a moment",
        behaviour=_tears_updates,
    ),
    Alteration(
        name="races-with-delete",
        sentence="revives a Service that is deleted during its update",
        behaviour=_races_with_delete,
    ),
)
