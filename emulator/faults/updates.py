"""Faults of update, and of requests that are refused: what is written, and what should not be."""

from collections.abc import Callable

from emulator.alterations import Alteration, Behaviour, Surroundings
from emulator.choices import Choices
from emulator.domain import Form, Reason, Refused, Service, Values
from emulator.operations import Operations
from emulator.rules import PARAMETERS, checked
from emulator.standins import but, forms, put, unnoticed
from emulator.store import services_of

DEFAULTS: Values = {
    "default_ttl": 0,
    "callback_url": None,
    "intercept_callback_url": None,
    "out_of_session_callback_url": None,
    "geo_match_level": "country",
    "number_selection_behavior": "prefer-sticky",
    "chat_instance_sid": None,
}


def _resetting(*parameters: str) -> Behaviour:
    """Set fields back to their defaults that an update does not name."""

    def behaviour(correct: Operations, around: Surroundings) -> Operations:
        async def update(account: str, sid: str, form: Form) -> Service:
            service = await correct.update(account, sid, form)
            fields = [PARAMETERS[name].field for name in parameters if name not in form]
            return put(around.store, service, **{field: DEFAULTS[field] for field in fields})

        return but(correct, update=update)

    return behaviour


def _loses_updates(correct: Operations, around: Surroundings) -> Operations:
    """Answer with what was asked for, and leave everything as it was."""

    async def update(account: str, sid: str, form: Form) -> Service:
        before = around.store.get(account, sid)
        after = await correct.update(account, sid, form)
        if before:
            around.store.put(before)
        return after

    return but(correct, update=update)


def _answers_before_updating(correct: Operations, around: Surroundings) -> Operations:
    async def update(account: str, sid: str, form: Form) -> Service:
        before = around.store.get(account, sid)
        after = await correct.update(account, sid, form)
        return before or after

    return but(correct, update=update)


def _without(*parameters: str) -> Callable[[Form], Form]:
    return lambda form: {name: value for name, value in form.items() if name not in parameters}


def _renamed(**names: str) -> Callable[[Form], Form]:
    return lambda form: {names.get(name, name): value for name, value in form.items()}


def _first_only(form: Form) -> Form:
    return dict([pair for pair in form.items() if pair[0] in PARAMETERS][:1])


def _needs_name(form: Form) -> Form:
    if "UniqueName" not in form:
        raise Refused(Reason.MISSING_PARAMETER, "UniqueName")
    return form


def _needs_something(form: Form) -> Form:
    if not form:
        raise Refused(Reason.INVALID_PARAMETER, "", "Nothing was sent.")
    return form


def _writes_neighbour(correct: Operations, around: Surroundings) -> Operations:
    """Write a ttl into the next Service of the account as well."""

    async def update(account: str, sid: str, form: Form) -> Service:
        service = await correct.update(account, sid, form)
        if "DefaultTtl" in form:
            later = (
                other
                for other in services_of(around.store, account)
                if other.arrival > service.arrival
            )
            if neighbour := next(later, None):
                put(around.store, neighbour, default_ttl=service.default_ttl)
        return service

    return but(correct, update=update)


def _writes_chat_mates(correct: Operations, around: Surroundings) -> Operations:
    """Write a ttl into every Service of the account with the same chat instance."""

    async def update(account: str, sid: str, form: Form) -> Service:
        service = await correct.update(account, sid, form)
        if "DefaultTtl" in form and service.chat_instance_sid:
            for other in services_of(around.store, account):
                if other.chat_instance_sid == service.chat_instance_sid:
                    put(around.store, other, default_ttl=service.default_ttl)
        return service

    return but(correct, update=update)


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


def _applies_valid_part(correct: Operations, around: Surroundings) -> Operations:
    async def update(account: str, sid: str, form: Form) -> Service:
        try:
            return await correct.update(account, sid, form)
        except Refused as refused:
            if refused.reason is Reason.INVALID_PARAMETER:
                await correct.update(account, sid, _valid_part(form, around.choices))
            raise

    return but(correct, update=update)


def _applies_rest(correct: Operations, _: Surroundings) -> Operations:
    """Refuse a name that is taken, and write everything else."""

    async def update(account: str, sid: str, form: Form) -> Service:
        try:
            return await correct.update(account, sid, form)
        except Refused as refused:
            if refused.reason is Reason.NAME_TAKEN:
                await correct.update(account, sid, _without("UniqueName")(form))
            raise

    return but(correct, update=update)


def _renames_though_refused(correct: Operations, _: Surroundings) -> Operations:
    async def update(account: str, sid: str, form: Form) -> Service:
        try:
            return await correct.update(account, sid, form)
        except Refused as refused:
            wanted = form.get("UniqueName")
            if refused.reason is Reason.INVALID_PARAMETER and wanted and len(wanted) <= 191:
                await correct.update(account, sid, {"UniqueName": wanted})
            raise

    return but(correct, update=update)


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
                left[sid] = _without("UniqueName")(_valid_part(form, around.choices))
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


def _deletes_though_refused(correct: Operations, around: Surroundings) -> Operations:
    """Delete the holder of a name when another is refused that name."""

    async def create(account: str, form: Form) -> Service:
        try:
            return await correct.create(account, form)
        except Refused as refused:
            holder = around.store.named(account, form.get("UniqueName", ""))
            if refused.reason is Reason.NAME_TAKEN and holder:
                around.store.remove(holder)
            raise

    return but(correct, create=create)


RESETS = (
    Alteration(
        name="resets-unsent-fields",
        sentence="sets every field back on update that was not sent",
        behaviour=_resetting(*(name for name in PARAMETERS if name != "UniqueName")),
    ),
    *(
        Alteration(
            name=f"resets-unsent-{name}",
            sentence=f"sets {name} back on update where it was not sent",
            behaviour=_resetting(name),
        )
        for name in PARAMETERS
        if name != "UniqueName"
    ),
)

WRITES = (
    Alteration(
        name="loses-updates",
        sentence="answers an update as if it were done, and stores nothing",
        behaviour=_loses_updates,
    ),
    Alteration(
        name="ignores-updates",
        sentence="takes updates and changes nothing but the date",
        behaviour=forms(lambda _: {}, on=("update",)),
    ),
    Alteration(
        name="answers-before-updating",
        sentence="answers an update with the Service as it was before",
        behaviour=_answers_before_updating,
    ),
    *(
        Alteration(
            name=f"ignores-{name}-on-update",
            sentence=f"ignores {name} on update",
            behaviour=forms(_without(name), on=("update",)),
        )
        for name in PARAMETERS
    ),
    *(
        Alteration(
            name=f"ignores-{name}-on-create",
            sentence=f"ignores {name} on create",
            behaviour=forms(_without(name), on=("create",)),
        )
        for name in (
            "CallbackUrl",
            "GeoMatchLevel",
            "InterceptCallbackUrl",
            "NumberSelectionBehavior",
            "OutOfSessionCallbackUrl",
        )
    ),
    Alteration(
        name="swaps-callback-urls-on-update",
        sentence="writes CallbackUrl into intercept_callback_url on update, and the reverse",
        behaviour=forms(
            _renamed(CallbackUrl="InterceptCallbackUrl", InterceptCallbackUrl="CallbackUrl"),
            on=("update",),
        ),
    ),
    Alteration(
        name="swaps-callback-urls",
        sentence="stores OutOfSessionCallbackUrl for InterceptCallbackUrl, and the reverse",
        behaviour=forms(
            _renamed(
                OutOfSessionCallbackUrl="InterceptCallbackUrl",
                InterceptCallbackUrl="OutOfSessionCallbackUrl",
            )
        ),
    ),
    Alteration(
        name="writes-one-field-of-several",
        sentence="takes the first of several parameters on update",
        behaviour=forms(_first_only, on=("update",)),
    ),
    Alteration(
        name="requires-name-on-update",
        sentence="refuses an update without UniqueName",
        behaviour=forms(_needs_name, on=("update",)),
    ),
    Alteration(
        name="refuses-empty-update",
        sentence="refuses an update without any parameter",
        behaviour=forms(_needs_something, on=("update",)),
    ),
    Alteration(
        name="writes-neighbour-too",
        sentence="writes a ttl into the next Service as well",
        behaviour=_writes_neighbour,
    ),
    Alteration(
        name="writes-chat-mates-too",
        sentence="writes a ttl into every Service with the same ChatInstanceSid as well",
        behaviour=_writes_chat_mates,
    ),
)

REFUSED = (
    Alteration(
        name="applies-valid-part",
        sentence="refuses an update, and applies what stands before the invalid value",
        behaviour=_applies_valid_part,
    ),
    Alteration(
        name="applies-rest-of-duplicate",
        sentence="refuses an update to a taken name, and applies its other parameters",
        behaviour=_applies_rest,
    ),
    Alteration(
        name="renames-though-refused",
        sentence="refuses an update for another value, and renames",
        behaviour=_renames_though_refused,
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
        name="deletes-holder-of-refused-name",
        sentence="refuses a duplicate on create, and deletes the Service that has the name",
        behaviour=_deletes_though_refused,
    ),
)


ALTERATIONS = (*RESETS, *WRITES, *REFUSED)
