"""Faults of unique names: that each is given once, and free again once nobody has it."""

import re
from collections.abc import Callable, Container
from contextlib import AbstractContextManager, nullcontext
from itertools import count

from emulator.alterations import Alteration, Behaviour, Surroundings
from emulator.domain import Form, Reason, Refused, Service
from emulator.operations import Operations
from emulator.standins import ASTRAL, but, put, refuse_taken, unnoticed, writes_checked
from emulator.store import services_of

Lost = Container[tuple[str, str]]
"""Sids of Services, each with a name of its own that counts no more."""


def _never_the_same(affected: Callable[[str], bool]) -> Callable[[str], str]:
    """Return a key by which affected names differ from everything, themselves included."""
    numbers = count()
    return lambda name: f"\0{next(numbers)}" if affected(name) else name


def _unnoticed_on_create(correct: Operations, around: Surroundings) -> Operations:
    async def create(account: str, form: Form) -> Service:
        with unnoticed(around.store, account, form.get("UniqueName", "")):
            return await correct.create(account, form)

    return but(correct, create=create)


def _unnoticed_on_update(correct: Operations, around: Surroundings) -> Operations:
    async def update(account: str, sid: str, form: Form) -> Service:
        holder = around.store.named(account, form.get("UniqueName", ""))
        if holder is None or holder.sid == sid:
            return await correct.update(account, sid, form)
        with unnoticed(around.store, account, form["UniqueName"]):
            return await correct.update(account, sid, form)

    return but(correct, update=update)


def _keeps_old_names(correct: Operations, around: Surroundings) -> Operations:
    """Never give a name free that a rename left behind."""
    left: set[tuple[str, str]] = set()

    def check(account: str, form: Form) -> None:
        if (account, form.get("UniqueName", "")) in left:
            raise Refused(Reason.NAME_TAKEN, "UniqueName")

    checked = writes_checked(correct, check)

    async def update(account: str, sid: str, form: Form) -> Service:
        before = around.store.get(account, sid)
        after = await checked.update(account, sid, form)
        if before and before.unique_name != after.unique_name:
            left.add((account, before.unique_name))
        return after

    return but(checked, update=update)


def _keeping_deleted(kept: Callable[[str], bool]) -> Behaviour:
    """Never give some names free that a deleted Service had."""

    def behaviour(correct: Operations, around: Surroundings) -> Operations:
        left: set[tuple[str, str]] = set()

        def check(account: str, form: Form) -> None:
            if (account, form.get("UniqueName", "")) in left:
                raise Refused(Reason.NAME_TAKEN, "UniqueName")

        async def delete(account: str, sid: str) -> None:
            gone = around.store.get(account, sid)
            await correct.delete(account, sid)
            if gone and kept(gone.unique_name):
                left.add((account, gone.unique_name))

        return but(writes_checked(correct, check), delete=delete)

    return behaviour


def _keeps_first_names(correct: Operations, _: Surroundings) -> Operations:
    """Never give a Service the name again that it was created with."""
    first: dict[str, str] = {}

    async def create(account: str, form: Form) -> Service:
        service = await correct.create(account, form)
        first[service.sid] = service.unique_name
        return service

    async def update(account: str, sid: str, form: Form) -> Service:
        present = await correct.fetch(account, sid)
        wanted = form.get("UniqueName", "")
        if present.unique_name != wanted == first.get(sid):
            raise Refused(Reason.NAME_TAKEN, "UniqueName")
        return await correct.update(account, sid, form)

    return but(correct, create=create, update=update)


def _blind_to(lost: Lost, correct: Operations, around: Surroundings) -> Operations:
    """Take a name for free that its holder has lost."""

    def unseen(account: str, form: Form, sid: str = "") -> AbstractContextManager[None]:
        name = form.get("UniqueName", "")
        holder = around.store.named(account, name)
        if holder and holder.sid != sid and (holder.sid, name) in lost:
            return unnoticed(around.store, account, name)
        return nullcontext()

    async def create(account: str, form: Form) -> Service:
        with unseen(account, form):
            return await correct.create(account, form)

    async def update(account: str, sid: str, form: Form) -> Service:
        with unseen(account, form, sid):
            return await correct.update(account, sid, form)

    return but(correct, create=create, update=update)


def _frees_elsewhere(correct: Operations, around: Surroundings) -> Operations:
    """Give the name of a deleted Service free in every account."""
    lost: set[tuple[str, str]] = set()

    async def delete(account: str, sid: str) -> None:
        name = (await correct.fetch(account, sid)).unique_name
        await correct.delete(account, sid)
        namesakes = (around.store.named(other, name) for other in around.store.accounts())
        lost.update((one.sid, name) for one in namesakes if one)

    return but(_blind_to(lost, correct, around), delete=delete)


def _frees_before_rename(correct: Operations, around: Surroundings) -> Operations:
    """Give the old name free before it is known whether the new one is."""
    lost: set[tuple[str, str]] = set()
    blind = _blind_to(lost, correct, around)

    async def update(account: str, sid: str, form: Form) -> Service:
        service = await correct.fetch(account, sid)
        try:
            return await blind.update(account, sid, form)
        except Refused as refused:
            if refused.reason is Reason.NAME_TAKEN:
                lost.add((sid, service.unique_name))
            raise

    return but(blind, update=update)


def _frees_after_update(correct: Operations, around: Surroundings) -> Operations:
    """Give the name of a Service free that is updated without one."""
    lost: set[tuple[str, str]] = set()
    blind = _blind_to(lost, correct, around)

    async def update(account: str, sid: str, form: Form) -> Service:
        service = await blind.update(account, sid, form)
        if form and "UniqueName" not in form:
            lost.add((sid, service.unique_name))
        return service

    return but(blind, update=update)


def _frees_own_name(correct: Operations, around: Surroundings) -> Operations:
    """Give the name of a Service free that is updated to the one that it has."""
    lost: set[tuple[str, str]] = set()
    blind = _blind_to(lost, correct, around)

    async def update(account: str, sid: str, form: Form) -> Service:
        before = around.store.get(account, sid)
        service = await blind.update(account, sid, form)
        if before and form.get("UniqueName") == before.unique_name:
            lost.add((sid, service.unique_name))
        return service

    return but(blind, update=update)


def _takes_former_name(correct: Operations, around: Surroundings) -> Operations:
    """Let a Service have a name again that it had before, whoever has it now."""
    former: set[tuple[str, str]] = set()

    async def update(account: str, sid: str, form: Form) -> Service:
        name, before = form.get("UniqueName", ""), around.store.get(account, sid)
        with unnoticed(around.store, account, name) if (sid, name) in former else nullcontext():
            service = await correct.update(account, sid, form)
        if before and before.unique_name != service.unique_name:
            former.add((sid, before.unique_name))
        return service

    return but(correct, update=update)


def _refuses_sharing_names(correct: Operations, around: Surroundings) -> Operations:
    """Refuse to rename to a name that shares 190 characters with another Service's."""

    async def update(account: str, sid: str, form: Form) -> Service:
        shared = form.get("UniqueName", "")[:190]
        for other in services_of(around.store, account):
            if len(shared) == 190 and other.sid != sid and other.unique_name[:190] == shared:
                raise Refused(Reason.NAME_TAKEN, "UniqueName")
        return await correct.update(account, sid, form)

    return but(correct, update=update)


def _refuses_own_name(correct: Operations, around: Surroundings) -> Operations:
    async def update(account: str, sid: str, form: Form) -> Service:
        refuse_taken(around.store, account, form.get("UniqueName", ""))
        return await correct.update(account, sid, form)

    return but(correct, update=update)


def _unique_everywhere(correct: Operations, around: Surroundings) -> Operations:
    def check(account: str, form: Form) -> None:
        for other in around.doorkeeper.accounts:
            if other != account:
                refuse_taken(around.store, other, form.get("UniqueName", ""))

    return writes_checked(correct, check)


def _returns_existing(correct: Operations, around: Surroundings) -> Operations:
    async def create(account: str, form: Form) -> Service:
        existing = around.store.named(account, form.get("UniqueName", ""))
        return existing or await correct.create(account, form)

    return but(correct, create=create)


def _overwrites_existing(correct: Operations, around: Surroundings) -> Operations:
    async def create(account: str, form: Form) -> Service:
        existing = around.store.named(account, form.get("UniqueName", ""))
        if existing:
            return await correct.update(account, existing.sid, form)
        return await correct.create(account, form)

    return but(correct, create=create)


def _takes_name_over(correct: Operations, around: Surroundings) -> Operations:
    """Rename the present holder of a name that another Service is given."""

    async def update(account: str, sid: str, form: Form) -> Service:
        holder = around.store.named(account, form.get("UniqueName", ""))
        if holder and holder.sid != sid and around.store.get(account, sid):
            put(around.store, holder, unique_name=f"{holder.unique_name[:180]} (old)")
        return await correct.update(account, sid, form)

    return but(correct, update=update)


ALTERATIONS = (
    Alteration(
        name="accepts-duplicates",
        sentence="accepts a name that is taken, on create and on update",
        choices={"name_key": _never_the_same(lambda _: True)},
    ),
    Alteration(
        name="accepts-duplicates-on-create",
        sentence="accepts a name that is taken on create",
        behaviour=_unnoticed_on_create,
    ),
    Alteration(
        name="accepts-duplicates-on-update",
        sentence="accepts a name that is taken on update",
        behaviour=_unnoticed_on_update,
    ),
    Alteration(
        name="accepts-non-ascii-duplicates",
        sentence="accepts a name that is taken where it is not ASCII",
        choices={"name_key": _never_the_same(lambda name: not name.isascii())},
    ),
    Alteration(
        name="accepts-long-duplicates",
        sentence="accepts a name that is taken where it has more than 100 characters",
        choices={"name_key": _never_the_same(lambda name: len(name) > 100)},
    ),
    Alteration(
        name="accepts-duplicates-with-blanks",
        sentence="accepts a name that is taken where it has a blank in it",
        choices={"name_key": _never_the_same(lambda name: " " in name)},
    ),
    Alteration(
        name="compares-190-characters",
        sentence="counts names as the same that share 190 characters",
        choices={"name_key": lambda name: name[:190]},
    ),
    Alteration(
        name="compares-names-with-single-blanks",
        sentence="counts names as the same that differ in the number of blanks in one place",
        choices={"name_key": lambda name: re.sub("(?<=.) +(?=.)", " ", name)},
    ),
    Alteration(
        name="compares-64-characters",
        sentence="counts names as the same that share 64 characters",
        choices={"name_key": lambda name: name[:64]},
    ),
    Alteration(
        name="compares-astral-characters-equal",
        sentence="counts names as the same that differ in characters beyond the basic plane",
        choices={"name_key": lambda name: ASTRAL.sub("?", name)},
    ),
    Alteration(
        name="compares-numbers-as-equal",
        sentence="counts names as the same that differ in leading zeros",
        choices={"name_key": lambda name: name.lstrip("0") if name.isdecimal() else name},
    ),
    Alteration(
        name="keeps-old-names",
        sentence="leaves the old name taken after a rename",
        behaviour=_keeps_old_names,
    ),
    Alteration(
        name="keeps-deleted-names",
        sentence="leaves the name of a deleted Service taken",
        behaviour=_keeping_deleted(lambda _: True),
    ),
    Alteration(
        name="keeps-deleted-names-beyond-ascii",
        sentence="leaves the name of a deleted Service taken where it is not ASCII",
        behaviour=_keeping_deleted(lambda name: not name.isascii()),
    ),
    Alteration(
        name="keeps-first-names",
        sentence="refuses to rename a Service back to the name that it was created with",
        behaviour=_keeps_first_names,
    ),
    Alteration(
        name="frees-names-elsewhere",
        sentence="gives the name of a deleted Service free in other accounts that use it",
        behaviour=_frees_elsewhere,
    ),
    Alteration(
        name="frees-name-of-refused-rename",
        sentence="refuses to rename to a taken name, and gives the Service's own name free",
        behaviour=_frees_before_rename,
    ),
    Alteration(
        name="frees-name-of-updated",
        sentence="gives the name of a Service free that is updated without one",
        behaviour=_frees_after_update,
    ),
    Alteration(
        name="frees-own-name",
        sentence="gives the name of a Service free that is updated to the one that it has",
        behaviour=_frees_own_name,
    ),
    Alteration(
        name="takes-former-name",
        sentence="lets a Service have a name again that it had before, whoever has it now",
        behaviour=_takes_former_name,
    ),
    Alteration(
        name="compares-190-characters-on-update",
        sentence="refuses to rename to a name that shares 190 characters with another",
        behaviour=_refuses_sharing_names,
    ),
    Alteration(
        name="refuses-own-name",
        sentence="refuses an update to the name that the Service has",
        behaviour=_refuses_own_name,
    ),
    Alteration(
        name="shares-names-across-accounts",
        sentence="refuses a name that another account uses",
        behaviour=_unique_everywhere,
    ),
    Alteration(
        name="returns-existing-on-duplicate",
        sentence="answers a duplicate on create with the Service that is there",
        behaviour=_returns_existing,
    ),
    Alteration(
        name="overwrites-on-duplicate",
        sentence="updates the Service that is there on a duplicate create",
        behaviour=_overwrites_existing,
    ),
    Alteration(
        name="takes-names-over",
        sentence="gives a taken name to the Service that is updated, and renames its holder",
        behaviour=_takes_name_over,
    ),
)
