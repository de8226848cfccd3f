"""Requests to operations and back: parse, call one operation, render."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias
from urllib.parse import unquote

from emulator.access import Doorkeeper
from emulator.choices import Choices
from emulator.domain import Form, Reason, Refused
from emulator.forms import FORM, decoded
from emulator.messages import Request, Response
from emulator.operations import Operations
from emulator.refusals import refusal
from emulator.rendering import NO_CONTENT, SERVICES, Writer


class Routes:
    """The API over some operations, for those whom the doorkeeper lets in."""

    def __init__(self, operations: Operations, doorkeeper: Doorkeeper, choices: Choices) -> None:
        self._operations = operations
        self._doorkeeper = doorkeeper
        self._choices = choices
        self._writer = Writer()

    async def __call__(self, request: Request) -> Response:
        try:
            account = self._doorkeeper.account_of(request.headers.get("authorization"))
            actions, sid = _addressed(request.path)
            action = actions.get(request.method)
            if action is None:
                allowed = {"Allow": ", ".join(actions)}
                raise Refused(Reason.METHOD_NOT_ALLOWED, request.method, headers=allowed)
            return await action(self, request, account, sid)
        except Refused as refused:
            return refusal(refused)

    async def create(self, request: Request, account: str, _: str) -> Response:
        """POST /v1/Services (M30)."""
        service = await self._operations.create(account, self._form(request))
        return self._writer.service(201, service, request.origin)

    async def fetch(self, request: Request, account: str, sid: str) -> Response:
        """GET /v1/Services/{Sid} (M39)."""
        service = await self._operations.fetch(account, sid)
        return self._writer.service(200, service, request.origin)

    async def list(self, request: Request, account: str, _: str) -> Response:
        """GET /v1/Services (M40)."""
        query = decoded(request.query.encode("latin-1"))
        return self._writer.page(await self._operations.list(account, query), request.origin)

    async def update(self, request: Request, account: str, sid: str) -> Response:
        """POST /v1/Services/{Sid} (M45)."""
        service = await self._operations.update(account, sid, self._form(request))
        return self._writer.service(200, service, request.origin)

    async def delete(self, _: Request, account: str, sid: str) -> Response:
        """DELETE /v1/Services/{Sid} (M48)."""
        await self._operations.delete(account, sid)
        return NO_CONTENT

    def _form(self, request: Request) -> Form:
        """Read the body; another type than a form holds no parameters (contract fact 52)."""
        kind = request.headers.get("content-type", FORM).partition(";")[0].strip().lower()
        if kind == FORM:
            return decoded(request.body)
        if self._choices.other_content_types == "refused":
            raise Refused(Reason.UNSUPPORTED_CONTENT_TYPE, kind)
        return {}


Action: TypeAlias = Callable[[Routes, Request, str, str], Awaitable[Response]]

COLLECTION: Mapping[str, Action] = {"GET": Routes.list, "POST": Routes.create}
ITEM: Mapping[str, Action] = {"GET": Routes.fetch, "POST": Routes.update, "DELETE": Routes.delete}
_IN_SERVICES = f"{SERVICES}/"


def _addressed(path: str) -> tuple[Mapping[str, Action], str]:
    """Return what can be done at a path, and the sid in it; letters' case counts (fact 49)."""
    if path == SERVICES:
        return COLLECTION, ""
    if path.startswith(_IN_SERVICES) and path != _IN_SERVICES:
        sid = path[len(_IN_SERVICES) :]
        if "/" not in sid:
            return ITEM, unquote(sid) if "%" in sid else sid
    raise Refused(Reason.NO_SUCH_RESOURCE, path)
