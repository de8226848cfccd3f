"""Faults of update: what is written, and what should not be."""

from collections.abc import Callable

from emulator.alterations import Alteration, Behaviour, Surroundings
from emulator.domain import Form, Reason, Refused, Service, Values
from emulator.operations import Operations
from emulator.rules import PARAMETERS
from emulator.standins import but, forms, put
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


def _clears_at_nothing_known(correct: Operations, around: Surroundings) -> Operations:
    """Clear the chat instance with an update that sends nothing but what nobody knows."""

    async def update(account: str, sid: str, form: Form) -> Service:
        service = await correct.update(account, sid, form)
        if form and not form.keys() & PARAMETERS.keys():
            return put(around.store, service, chat_instance_sid=None)
        return service

    return but(correct, update=update)


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
        name="clears-chat-with-unknown-parameters",
        sentence="clears the chat instance with an update of unknown parameters alone",
        behaviour=_clears_at_nothing_known,
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


ALTERATIONS = (*RESETS, *WRITES)
