"""Faults of requests at the same time: what is done between looking and writing."""

import asyncio

from emulator.alterations import Alteration, Surroundings
from emulator.domain import Form, Service
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


ALTERATIONS = (
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
