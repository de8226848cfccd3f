"""Requests to operations and back: parse, call one operation, render."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote

from emulator.access import Doorkeeper
from emulator.choices import Choices
from emulator.domain import Form, Reason, Refused
from emulator.forms import FORM, decoded
from emulator.messages import Request, Response
from emulator.operations import Operations
from emulator.refusals import refusal
from emulator.rendering import NO_CONTENT, SERVICES, page_answer, service_answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request whose caller and address are known."""

    operations: Operations
    account: str
    sid: str
    form: Callable[[], Form]
    request: Request


Action: TypeAlias = Callable[[Call], Awaitable[Response]]


async def create(call: Call) -> Response:
    """POST /v1/Services (M30)."""
    service = await call.operations.create(call.account, call.form())
    return service_answer(201, service, call.request.origin)


async def fetch(call: Call) -> Response:
    """GET /v1/Services/{Sid} (M39)."""
    service = await call.operations.fetch(call.account, call.sid)
    return service_answer(200, service, call.request.origin)


async def list_(call: Call) -> Response:
    """GET /v1/Services (M40)."""
    query = decoded(call.request.query.encode("latin-1"))
    return page_answer(await call.operations.list(call.account, query), call.request.origin)


async def update(call: Call) -> Response:
    """POST /v1/Services/{Sid} (M45)."""
    service = await call.operations.update(call.account, call.sid, call.form())
    return service_answer(200, service, call.request.origin)


async def delete(call: Call) -> Response:
    """DELETE /v1/Services/{Sid} (M48)."""
    await call.operations.delete(call.account, call.sid)
    return NO_CONTENT


COLLECTION: Mapping[str, Action] = {"GET": list_, "POST": create}
ITEM: Mapping[str, Action] = {"GET": fetch, "POST": update, "DELETE": delete}


class Routes:
    """The API over some operations, for those whom the doorkeeper lets in."""

    def __init__(self, operations: Operations, doorkeeper: Doorkeeper, choices: Choices) -> None:
        self._operations = operations
        self._doorkeeper = doorkeeper
        self._choices = choices

    async def __call__(self, request: Request) -> Response:
        try:
            return await self._answered(request)
        except Refused as refused:
            return refusal(refused)

    async def _answered(self, request: Request) -> Response:
        account = self._doorkeeper.account_of(request.headers.get("authorization"))
        actions, sid = _addressed(request.path)
        action = actions.get(request.method)
        if action is None:
            allowed = {"Allow": ", ".join(actions)}
            raise Refused(Reason.METHOD_NOT_ALLOWED, request.method, headers=allowed)
        return await action(
            Call(
                operations=self._operations,
                account=account,
                sid=sid,
                form=lambda: self._form(request),
                request=request,
            )
        )

    def _form(self, request: Request) -> Form:
        """Read the body; another type than a form holds no parameters (contract fact 52)."""
        kind = request.headers.get("content-type", FORM).partition(";")[0].strip().lower()
        if kind == FORM:
            return decoded(request.body)
        if self._choices.other_content_types == "refused":
            raise Refused(Reason.UNSUPPORTED_CONTENT_TYPE, kind)
        return {}


def _addressed(path: str) -> tuple[Mapping[str, Action], str]:
    """Return what can be done at a path, and the sid in it; letters' case counts (fact 49)."""
    if path == SERVICES:
        return COLLECTION, ""
    head, _, sid = path.rpartition("/")
    if head == SERVICES and sid:
        return ITEM, unquote(sid)
    raise Refused(Reason.NO_SUCH_RESOURCE, path)
