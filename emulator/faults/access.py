"""Faults of access: who is let in, to what, and what happens to those who are not."""

from collections.abc import Callable

from emulator.access import Credential, Doorkeeper, user_and_password
from emulator.alterations import Alteration, Behaviour, Surroundings, Wire
from emulator.domain import Form, Page, Refused, Service
from emulator.messages import Handler, Request, Response
from emulator.operations import Operations
from emulator.rewriting import ALL_OPERATIONS, operation, requests, sid_in
from emulator.standins import but, put

Admits = Callable[[Doorkeeper, str, str], Credential | None]
"""Whom a faulty door lets a user name and a password in as."""


def _given(request: Request) -> tuple[str, str] | None:
    """Return user name and password, or None where there are none."""
    try:
        return user_and_password(request.headers.get("authorization", ""))
    except Refused:
        return None


def _as(request: Request, credential: Credential) -> Request:
    headers = {**request.headers, "authorization": credential.header}
    return request._replace(headers=headers)


def _first(doorkeeper: Doorkeeper) -> Credential:
    return next(iter(doorkeeper.credentials.values()))


def _without_credentials(*operations: str) -> Wire:
    """Let those in, as the first account, who give no credentials."""

    def edit(request: Request, around: Surroundings) -> Request:
        if request.headers.get("authorization"):
            return request
        return _as(request, _first(around.doorkeeper))

    return requests(edit, *operations)


def _admitting(admits: Admits, *operations: str) -> Wire:
    """Let those in whom a faulty door admits."""

    def edit(request: Request, around: Surroundings) -> Request:
        given = _given(request)
        admitted = admits(around.doorkeeper, *given) if given else None
        return _as(request, admitted) if admitted else request

    return requests(edit, *operations)


def _bearer(request: Request, around: Surroundings) -> Request:
    """Let those in, as the first account, who give any token as Bearer (RFC 6750)."""
    scheme = request.headers.get("authorization", "").partition(" ")[0]
    return _as(request, _first(around.doorkeeper)) if scheme.lower() == "bearer" else request


def _any_password(doorkeeper: Doorkeeper, user: str, _: str) -> Credential | None:
    return doorkeeper.credentials.get(user)


def _empty_password(doorkeeper: Doorkeeper, user: str, password: str) -> Credential | None:
    return None if password else doorkeeper.credentials.get(user)


def _any_case(doorkeeper: Doorkeeper, user: str, password: str) -> Credential | None:
    known = doorkeeper.credentials.get(user)
    return known if known and known.password.lower() == password.lower() else None


def _longer_password(doorkeeper: Doorkeeper, user: str, password: str) -> Credential | None:
    known = doorkeeper.credentials.get(user)
    return known if known and password.startswith(known.password) else None


def _first_eight(doorkeeper: Doorkeeper, user: str, password: str) -> Credential | None:
    known = doorkeeper.credentials.get(user)
    return known if known and known.password[:8] == password[:8] else None


def _password_of_another(doorkeeper: Doorkeeper, user: str, password: str) -> Credential | None:
    passwords = {known.password for known in doorkeeper.credentials.values()}
    return doorkeeper.credentials.get(user) if password in passwords else None


def _unknown_user(doorkeeper: Doorkeeper, user: str, _: str) -> Credential | None:
    return None if user in doorkeeper.credentials else _first(doorkeeper)


def _unknown_user_known_password(
    doorkeeper: Doorkeeper, user: str, password: str
) -> Credential | None:
    if user in doorkeeper.credentials:
        return None
    found = (known for known in doorkeeper.credentials.values() if known.password == password)
    return next(found, None)


def _sid_as_password(doorkeeper: Doorkeeper, user: str, password: str) -> Credential | None:
    return doorkeeper.credentials.get(user) if password == user else None


def _open_to_others(*operations: str) -> Behaviour:
    """Let an account reach what another one has."""

    def behaviour(correct: Operations, around: Surroundings) -> Operations:
        def owner(account: str, sid: str, name: str) -> str:
            if name not in operations or around.store.get(account, sid):
                return account
            found = (other for other in around.store.accounts() if around.store.get(other, sid))
            return next(found, account)

        async def fetch(account: str, sid: str) -> Service:
            return await correct.fetch(owner(account, sid, "fetch"), sid)

        async def update(account: str, sid: str, form: Form) -> Service:
            return await correct.update(owner(account, sid, "update"), sid, form)

        async def delete(account: str, sid: str) -> None:
            await correct.delete(owner(account, sid, "delete"), sid)

        return but(correct, fetch=fetch, update=update, delete=delete)

    return behaviour


def _acts_on_foreign(name: str) -> Behaviour:
    """Refuse an account what is another's, and do it all the same."""
    opened = _open_to_others(name)

    def behaviour(correct: Operations, around: Surroundings) -> Operations:
        wide = opened(correct, around)

        async def update(account: str, sid: str, form: Form) -> Service:
            if not around.store.get(account, sid):
                await wide.update(account, sid, form)
            return await correct.update(account, sid, form)

        async def delete(account: str, sid: str) -> None:
            if not around.store.get(account, sid):
                await wide.delete(account, sid)
            await correct.delete(account, sid)

        replaced = {"update": update} if name == "update" else {"delete": delete}
        return but(correct, **replaced)

    return behaviour


def _one_list(correct: Operations, around: Surroundings) -> Operations:
    """List the first account's Services to everybody."""

    async def listed(_: str, query: Form) -> Page:
        return await correct.list(around.doorkeeper.accounts[0], query)

    return but(correct, list=listed)


def _after_effect(name: str) -> Wire:
    """Do what was asked, and only then look at the credentials."""

    def wire(handler: Handler, around: Surroundings) -> Handler:
        async def answered(request: Request) -> Response:
            response = await handler(request)
            if response.status == 401 and operation(request) == name:
                for known in around.doorkeeper.credentials.values():
                    if (await handler(_as(request, known))).status < 300:
                        break
            return response

        return answered

    return wire


def _touching(handler: Handler, around: Surroundings) -> Handler:
    """Move the date of the Service that somebody is kept from updating."""

    async def answered(request: Request) -> Response:
        response = await handler(request)
        if response.status == 401 and operation(request) == "update":
            for account in around.doorkeeper.accounts:
                if service := around.store.get(account, sid_in(request)):
                    put(around.store, service, date_updated=around.clock())
        return response

    return answered


ALTERATIONS = (
    Alteration(
        name="needs-no-credentials",
        sentence="lets everybody in who gives no credentials",
        wire=_without_credentials(),
    ),
    *(
        Alteration(
            name=f"needs-no-credentials-to-{name}",
            sentence=f"lets everybody {name} who gives no credentials",
            wire=_without_credentials(name),
        )
        for name in ALL_OPERATIONS
    ),
    Alteration(
        name="accepts-any-token",
        sentence="accepts any token of a known account",
        wire=_admitting(_any_password),
    ),
    *(
        Alteration(
            name=f"accepts-any-token-to-{name}",
            sentence=f"accepts any token of a known account to {name}",
            wire=_admitting(_any_password, name),
        )
        for name in ALL_OPERATIONS
    ),
    Alteration(
        name="accepts-empty-tokens",
        sentence="accepts the empty token of a known account",
        wire=_admitting(_empty_password),
    ),
    Alteration(
        name="accepts-tokens-in-any-case",
        sentence="accepts a token in upper case",
        wire=_admitting(_any_case),
    ),
    Alteration(
        name="accepts-longer-tokens",
        sentence="accepts a token with more characters at its end",
        wire=_admitting(_longer_password),
    ),
    Alteration(
        name="compares-eight-characters-of-tokens",
        sentence="accepts a token whose first eight characters are right",
        wire=_admitting(_first_eight),
    ),
    Alteration(
        name="accepts-tokens-of-others",
        sentence="accepts the token of any account for any other",
        wire=_admitting(_password_of_another),
    ),
    Alteration(
        name="accepts-sid-as-token",
        sentence="accepts an account's sid as its token",
        wire=_admitting(_sid_as_password),
    ),
    Alteration(
        name="accepts-unknown-accounts",
        sentence="lets unknown accounts in as the first one",
        wire=_admitting(_unknown_user),
    ),
    Alteration(
        name="accepts-any-bearer-token",
        sentence="lets everybody in as the first account who gives a Bearer token",
        wire=requests(_bearer),
    ),
    Alteration(
        name="ignores-user-names",
        sentence="lets everybody in who knows some account's token",
        wire=_admitting(_unknown_user_known_password),
    ),
    *(
        Alteration(
            name=f"others-can-{name}",
            sentence=f"lets an account {name} what another one has",
            behaviour=_open_to_others(name),
        )
        for name in ("fetch", "update", "delete")
    ),
    *(
        Alteration(
            name=f"refuses-foreign-{name}-with-effect",
            sentence=f"refuses to {name} what another account has, and does it",
            behaviour=_acts_on_foreign(name),
        )
        for name in ("update", "delete")
    ),
    Alteration(
        name="one-list-for-all",
        sentence="lists the first account's Services to every other",
        behaviour=_one_list,
    ),
    *(
        Alteration(
            name=f"unauthenticated-{name}-takes-effect",
            sentence=f"answers 401 to {name}, and does it",
            wire=_after_effect(name),
        )
        for name in ("create", "update", "delete")
    ),
    Alteration(
        name="unauthenticated-update-moves-date",
        sentence="answers 401 to update, and moves date_updated",
        wire=_touching,
    ),
)
