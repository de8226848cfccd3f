"""Faults of requests that are refused: what they change all the same, at once or later."""

from collections.abc import Callable

from emulator.alterations import Alteration, Behaviour, Surroundings
from emulator.choices import Choices
from emulator.domain import Form, Reason, Refused, Service
from emulator.operations import Operations
from emulator.rules import PARAMETERS, checked
from emulator.standins import but, put, unnoticed


def _nameless(form: Form) -> Form:
    return {name: value for name, value in form.items() if name != "UniqueName"}


def _valid_part(form: Form, choices: Choices) -> Form:
    """Return the parameters before the first one that breaks a rule."""
    valid: dict[str, str] = {}
    for name in PARAMETERS:
        if name in form:
            try:
                checked({name: form[name]}, choices)
            except Refused:
                return valid
            valid[name] = form[name]
    return valid


def _writing(reason: Reason, part: Callable[[Form, Surroundings], Form | None]) -> Behaviour:
    """Refuse an update for that reason, and write a part of it all the same, if any."""

    def behaviour(correct: Operations, around: Surroundings) -> Operations:
        async def update(account: str, sid: str, form: Form) -> Service:
            try:
                return await correct.update(account, sid, form)
            except Refused as refused:
                written = part(form, around) if refused.reason is reason else None
                if written is not None:
                    await correct.update(account, sid, written)
                raise

        return but(correct, update=update)

    return behaviour


def _new_name(form: Form, _: Surroundings) -> Form | None:
    wanted = form.get("UniqueName")
    return {"UniqueName": wanted} if wanted and len(wanted) <= 191 else None


def _moves_date_though_refused(correct: Operations, around: Surroundings) -> Operations:
    async def update(account: str, sid: str, form: Form) -> Service:
        try:
            return await correct.update(account, sid, form)
        except Refused:
            if service := around.store.get(account, sid):
                put(around.store, service, date_updated=around.clock())
            raise

    return but(correct, update=update)


def _loses_next(correct: Operations, around: Surroundings) -> Operations:
    """Answer the update after a refused one as if it were done, and leave everything as it was."""
    refused: set[str] = set()

    async def update(account: str, sid: str, form: Form) -> Service:
        before = await correct.fetch(account, sid)
        try:
            after = await correct.update(account, sid, form)
        except Refused:
            refused.add(sid)
            raise
        if sid in refused:
            refused.remove(sid)
            around.store.put(before)
        return after

    return but(correct, update=update)


def _applies_later(correct: Operations, around: Surroundings) -> Operations:
    """Keep the valid part of a refused update for the next one that is accepted."""
    left: dict[str, Form] = {}

    async def update(account: str, sid: str, form: Form) -> Service:
        try:
            service = await correct.update(account, sid, form)
        except Refused as refused:
            if refused.reason is Reason.INVALID_PARAMETER:
                left[sid] = _nameless(_valid_part(form, around.choices))
            raise
        kept = {name: value for name, value in left.pop(sid, {}).items() if name not in form}
        return await correct.update(account, sid, kept) if kept else service

    return but(correct, update=update)


def _fills_next(correct: Operations, around: Surroundings) -> Operations:
    """Keep values of a refused create for the next one that does not send them."""
    left: dict[str, Form] = {}

    async def create(account: str, form: Form) -> Service:
        kept = left.get(account, {})
        try:
            service = await correct.create(account, {**kept, **form})
        except Refused:
            some = {name: form[name] for name in ("DefaultTtl", "CallbackUrl") if name in form}
            left[account] = {**kept, **_valid_part(some, around.choices)}
            raise
        left[account] = {name: value for name, value in kept.items() if name in form}
        return service

    return but(correct, create=create)


def _stores_refused_creates(correct: Operations, around: Surroundings) -> Operations:
    async def create(account: str, form: Form) -> Service:
        try:
            return await correct.create(account, form)
        except Refused as refused:
            valid = _valid_part(form, around.choices)
            if refused.reason is Reason.INVALID_PARAMETER and "UniqueName" in valid:
                await correct.create(account, valid)
            raise

    return but(correct, create=create)


def _stores_refused_duplicates(correct: Operations, around: Surroundings) -> Operations:
    async def create(account: str, form: Form) -> Service:
        try:
            return await correct.create(account, form)
        except Refused as refused:
            if refused.reason is Reason.NAME_TAKEN:
                with unnoticed(around.store, account, form["UniqueName"]):
                    await correct.create(account, form)
            raise

    return but(correct, create=create)


def _paid_by_holder(effect: Callable[[Surroundings, Service], object]) -> Behaviour:
    """Do something to the holder of a name when another is refused that name."""

    def behaviour(correct: Operations, around: Surroundings) -> Operations:
        async def create(account: str, form: Form) -> Service:
            try:
                return await correct.create(account, form)
            except Refused as refused:
                holder = around.store.named(account, form.get("UniqueName", ""))
                if refused.reason is Reason.NAME_TAKEN and holder:
                    effect(around, holder)
                raise

        return but(correct, create=create)

    return behaviour


ALTERATIONS = (
    Alteration(
        name="applies-valid-part",
        sentence="refuses an update, and applies what stands before the invalid value",
        behaviour=_writing(
            Reason.INVALID_PARAMETER, lambda form, around: _valid_part(form, around.choices)
        ),
    ),
    Alteration(
        name="applies-rest-of-duplicate",
        sentence="refuses an update to a taken name, and applies its other parameters",
        behaviour=_writing(Reason.NAME_TAKEN, lambda form, _: _nameless(form)),
    ),
    Alteration(
        name="renames-though-refused",
        sentence="refuses an update for another value, and renames",
        behaviour=_writing(Reason.INVALID_PARAMETER, _new_name),
    ),
    Alteration(
        name="moves-date-though-refused",
        sentence="moves date_updated with a refused update",
        behaviour=_moves_date_though_refused,
    ),
    Alteration(
        name="loses-update-after-refused",
        sentence="answers the update after a refused one as if it were done, and stores nothing",
        behaviour=_loses_next,
    ),
    Alteration(
        name="fills-next-from-refused-create",
        sentence="gives DefaultTtl and CallbackUrl of a refused create to the next one without",
        behaviour=_fills_next,
    ),
    Alteration(
        name="stores-refused-creates",
        sentence="refuses to create, and stores what stands before the invalid value",
        behaviour=_stores_refused_creates,
    ),
    Alteration(
        name="stores-refused-duplicates",
        sentence="refuses a duplicate on create, and stores it",
        behaviour=_stores_refused_duplicates,
    ),
    Alteration(
        name="applies-refused-part-later",
        sentence="applies the valid part of a refused update with the next one",
        behaviour=_applies_later,
    ),
    Alteration(
        name="moves-date-of-holder-of-refused-name",
        sentence="refuses a duplicate on create, and moves date_updated of the one that has the name",
        behaviour=_paid_by_holder(
            lambda around, holder: put(around.store, holder, date_updated=around.clock())
        ),
    ),
    Alteration(
        name="deletes-holder-of-refused-name",
        sentence="refuses a duplicate on create, and deletes the Service that has the name",
        behaviour=_paid_by_holder(lambda around, holder: around.store.remove(holder)),
    ),
)
