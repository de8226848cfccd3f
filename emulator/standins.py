"""The vocabulary in which alterations say what they change in the operations."""

import re
from collections.abc import Awaitable, Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from emulator.alterations import Behaviour, Surroundings
from emulator.domain import Form, Page, Reason, Refused, Service
from emulator.operations import Operations
from emulator.rules import PARAMETERS
from emulator.store import Store

WRITES = ("create", "update")
ASTRAL = re.compile("[\U00010000-\U0010ffff]")
"""Characters beyond the basic plane."""
EditForm: TypeAlias = Callable[[Form], Form]
Text: TypeAlias = Callable[[str], str]
Condition: TypeAlias = Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """Operations, each replaceable by itself."""

    create: Callable[[str, Form], Awaitable[Service]]
    fetch: Callable[[str, str], Awaitable[Service]]
    update: Callable[[str, str, Form], Awaitable[Service]]
    delete: Callable[[str, str], Awaitable[None]]
    list: Callable[[str, Form], Awaitable[Page]]


def but(correct: Operations, **replaced: Any) -> Operations:
    """Return the same operations with some of them replaced."""
    same = Actions(
        create=correct.create,
        fetch=correct.fetch,
        update=correct.update,
        delete=correct.delete,
        list=correct.list,
    )
    return replace(same, **replaced)


def forms(edit: EditForm, on: Container[str] = WRITES) -> Behaviour:
    """Read other parameters than those that were sent."""

    def behaviour(correct: Operations, _: Surroundings) -> Operations:
        async def create(account: str, form: Form) -> Service:
            return await correct.create(account, edit(form) if "create" in on else form)

        async def update(account: str, sid: str, form: Form) -> Service:
            return await correct.update(account, sid, edit(form) if "update" in on else form)

        return but(correct, create=create, update=update)

    return behaviour


def texts(edit: Text, *parameters: str, on: Container[str] = WRITES) -> Behaviour:
    """Read some parameters' values otherwise than they were sent."""

    def edited(form: Form) -> Form:
        return {name: edit(value) if name in parameters else value for name, value in form.items()}

    return forms(edited, on)


def refusing(
    condition: Condition, *parameters: str, on: Container[str] = WRITES, why: str = ""
) -> Behaviour:
    """Refuse values of some parameters that are in order otherwise."""

    def checked(form: Form) -> Form:
        for name in parameters:
            if name in form and condition(form[name]):
                raise Refused(Reason.INVALID_PARAMETER, name, why or "It is not allowed.")
        return form

    return forms(checked, on)


def queries(edit: EditForm) -> Behaviour:
    """Read other parameters of a list's query than those that were sent."""

    def behaviour(correct: Operations, _: Surroundings) -> Operations:
        async def listed(account: str, query: Form) -> Page:
            return await correct.list(account, edit(query))

        return but(correct, list=listed)

    return behaviour


def accepting(
    condition: Condition,
    parameter: str,
    value: Callable[[str], object] = str,
    on: Container[str] = WRITES,
) -> Behaviour:
    """Accept values of a parameter that break its rule, and store something for them."""

    def behaviour(correct: Operations, around: Surroundings) -> Operations:
        field = PARAMETERS[parameter].field

        def wrong(form: Form, name: str) -> bool:
            return name in on and parameter in form and condition(form[parameter])

        def stored(service: Service, form: Form) -> Service:
            return put(around.store, service, **{field: value(form[parameter])})

        async def create(account: str, form: Form) -> Service:
            if not wrong(form, "create"):
                return await correct.create(account, form)
            refuse_taken(around.store, account, form.get("UniqueName", ""))
            service = await correct.create(account, without(form, parameter))
            return stored(service, form)

        async def update(account: str, sid: str, form: Form) -> Service:
            if not wrong(form, "update"):
                return await correct.update(account, sid, form)
            refuse_taken(around.store, account, form.get("UniqueName", ""), sid)
            service = await correct.update(account, sid, without(form, parameter))
            return stored(service, form)

        return but(correct, create=create, update=update)

    return behaviour


def storing(
    change: Callable[[Any], Any], *parameters: str, on: Container[str] = WRITES
) -> Behaviour:
    """Accept what is right, and store another value for it."""

    def behaviour(correct: Operations, around: Surroundings) -> Operations:
        def changed(service: Service, form: Form) -> Service:
            fields = [PARAMETERS[name].field for name in parameters if name in form]
            return put(
                around.store,
                service,
                **{field: change(getattr(service, field)) for field in fields},
            )

        async def create(account: str, form: Form) -> Service:
            service = await correct.create(account, form)
            return changed(service, form) if "create" in on else service

        async def update(account: str, sid: str, form: Form) -> Service:
            service = await correct.update(account, sid, form)
            return changed(service, form) if "update" in on else service

        return but(correct, create=create, update=update)

    return behaviour


def writes_checked(correct: Operations, check: Callable[[str, Form], None]) -> Operations:
    """Look at what is written, in which account, before it is; a check refuses by raising."""

    async def create(account: str, form: Form) -> Service:
        check(account, form)
        return await correct.create(account, form)

    async def update(account: str, sid: str, form: Form) -> Service:
        check(account, form)
        return await correct.update(account, sid, form)

    return but(correct, create=create, update=update)


def items_checked(correct: Operations, check: Callable[[str, str], None]) -> Operations:
    """Look at which Service is meant, by which account; a check refuses by raising."""

    async def fetch(account: str, sid: str) -> Service:
        check(account, sid)
        return await correct.fetch(account, sid)

    async def update(account: str, sid: str, form: Form) -> Service:
        check(account, sid)
        return await correct.update(account, sid, form)

    async def delete(account: str, sid: str) -> None:
        check(account, sid)
        await correct.delete(account, sid)

    return but(correct, fetch=fetch, update=update, delete=delete)


def put(store: Store, service: Service, **values: Any) -> Service:
    """Store a Service with other values, whatever the rules say."""
    changed = service._replace(**values)
    if changed != service:
        store.put(changed)
    return changed


def without(form: Form, parameter: str) -> Form:
    """Return a form without one parameter, or with a harmless name where one is required."""
    others = {name: value for name, value in form.items() if name != parameter}
    if parameter == "UniqueName":
        others[parameter] = f"\0stand-in for {form[parameter]}"[:191]
    return others


def refuse_taken(store: Store, account: str, name: str, sid: str = "") -> None:
    """Refuse a name that another Service has."""
    holder = store.named(account, name) if name else None
    if holder and holder.sid != sid:
        raise Refused(Reason.NAME_TAKEN, "UniqueName")


@contextmanager
def unnoticed(store: Store, account: str, name: str) -> Iterator[None]:
    """Keep a name's holder out of sight for a moment, so that the name looks free."""
    holder = store.named(account, name)
    if holder is None:
        yield
        return
    store.put(holder._replace(unique_name=f"\0hidden {holder.sid}"))
    try:
        yield
    finally:
        if store.get(account, holder.sid):
            store.put(holder)
