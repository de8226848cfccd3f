"""Faults of methods: verbs that do what they should not."""

from emulator.alterations import Alteration, Surroundings, Wire
from emulator.messages import Handler, Request, Response
from emulator.rendering import NO_CONTENT, SERVICES
from emulator.rewriting import instead, json_of, sid_in, succeeded
from emulator.standins import put


def _as_post(method: str, *, item: bool, tell: bool = True) -> Wire:
    """Take another method for POST; tell so, or refuse it all the same."""

    def wire(handler: Handler, _: Surroundings) -> Handler:
        async def answered(request: Request) -> Response:
            if request.method != method or bool(sid_in(request)) is not item:
                return await handler(request)
            done = await handler(request._replace(method="POST"))
            return done if tell else await handler(request)

        return answered

    return wire


def _deletes_collection(handler: Handler, _: Surroundings) -> Handler:
    """Delete every Service of the account at DELETE on the collection."""

    async def answered(request: Request) -> Response:
        if (request.method, request.path) != ("DELETE", SERVICES):
            return await handler(request)
        listed = await handler(request._replace(method="GET", query="PageSize=1000"))
        if not succeeded(listed):
            return listed
        for service in (json_of(listed) or {"services": []})["services"]:
            await handler(request._replace(path=f"{SERVICES}/{service['sid']}"))
        return NO_CONTENT

    return answered


def _deletes_at_put(handler: Handler, _: Surroundings) -> Handler:
    async def answered(request: Request) -> Response:
        if request.method == "PUT" and sid_in(request):
            await handler(request._replace(method="DELETE"))
        return await handler(request)

    return answered


def _fetches_at_put(handler: Handler, _: Surroundings) -> Handler:
    async def answered(request: Request) -> Response:
        if request.method == "PUT":
            return await handler(request._replace(method="GET"))
        return await handler(request)

    return answered


def _moves_date_at_put(handler: Handler, around: Surroundings) -> Handler:
    async def answered(request: Request) -> Response:
        response = await handler(request)
        if request.method == "PUT" and response.status == 405:
            account = around.doorkeeper.account_of(request.headers.get("authorization"))
            if service := around.store.get(account, sid_in(request)):
                put(around.store, service, date_updated=around.clock())
        return response

    return answered


ALTERATIONS = (
    Alteration(
        name="put-updates",
        sentence="takes PUT on a Service for an update",
        wire=_as_post("PUT", item=True),
    ),
    Alteration(
        name="patch-updates",
        sentence="takes PATCH on a Service for an update",
        wire=_as_post("PATCH", item=True),
    ),
    Alteration(
        name="put-creates",
        sentence="takes PUT on the collection for a create",
        wire=_as_post("PUT", item=False),
    ),
    Alteration(
        name="patch-creates",
        sentence="takes PATCH on the collection for a create",
        wire=_as_post("PATCH", item=False),
    ),
    Alteration(
        name="refused-patch-creates",
        sentence="refuses PATCH on the collection, and creates",
        wire=_as_post("PATCH", item=False, tell=False),
    ),
    Alteration(
        name="refused-put-takes-effect",
        sentence="refuses PUT on a Service, and updates it",
        wire=_as_post("PUT", item=True, tell=False),
    ),
    Alteration(
        name="refused-patch-takes-effect",
        sentence="refuses PATCH on a Service, and updates it",
        wire=_as_post("PATCH", item=True, tell=False),
    ),
    Alteration(
        name="refused-put-deletes",
        sentence="refuses PUT on a Service, and deletes it",
        wire=_deletes_at_put,
    ),
    Alteration(
        name="refused-put-moves-date",
        sentence="refuses PUT on a Service, and moves its date_updated",
        wire=_moves_date_at_put,
    ),
    Alteration(
        name="put-fetches",
        sentence="takes PUT for GET",
        wire=_fetches_at_put,
    ),
    Alteration(
        name="deletes-collection",
        sentence="deletes every Service at DELETE on the collection",
        wire=_deletes_collection,
    ),
    Alteration(
        name="delete-of-collection-204",
        sentence="answers 204 to DELETE on the collection, and does nothing",
        wire=instead(
            lambda request: (request.method, request.path) == ("DELETE", SERVICES), NO_CONTENT
        ),
    ),
)
