"""The vocabulary in which alterations say what they change on the wire."""

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from emulator.alterations import Surroundings, Wire
from emulator.domain import Refused
from emulator.forms import FORM, encoded, pairs
from emulator.messages import Handler, Request, Response, answer, resized
from emulator.refusals import refusal
from emulator.rendering import SERVICES

Body: TypeAlias = dict[str, Any]
EditService: TypeAlias = Callable[[Body], None]
EditResponse: TypeAlias = Callable[[Request, Response], Response]
EditPairs: TypeAlias = Callable[[list[tuple[str, str]]], list[tuple[str, str]]]

ITEM_OPERATIONS = ("fetch", "update", "delete")
ALL_OPERATIONS = ("create", "list", *ITEM_OPERATIONS)


def operation(request: Request) -> str:
    """Name the operation that a request asks for, or `other`."""
    if request.path == SERVICES:
        return {"GET": "list", "POST": "create"}.get(request.method, "other")
    if sid_in(request):
        names = {"GET": "fetch", "POST": "update", "DELETE": "delete"}
        return names.get(request.method, "other")
    return "other"


def sid_in(request: Request) -> str:
    """Return the last part of an item's path; empty for every other path."""
    head, _, sid = request.path.rpartition("/")
    return sid if head == SERVICES else ""


def responses(edit: EditResponse, *operations: str) -> Wire:
    """Change answers, of some operations or of all requests."""

    def wire(handler: Handler, _: Surroundings) -> Handler:
        async def edited(request: Request) -> Response:
            response = await handler(request)
            if operations and operation(request) not in operations:
                return response
            return edit(request, response)

        return edited

    return wire


def successes(edit: EditResponse, *operations: str) -> Wire:
    """Change answers of 2xx."""
    return responses(
        lambda request, response: edit(request, response) if succeeded(response) else response,
        *operations,
    )


def bodies(edit: Callable[[Request, Body], None], *operations: str) -> Wire:
    """Change the JSON objects of answers of 2xx, in place."""

    def edited(request: Request, response: Response) -> Response:
        body = json_of(response)
        if body is None:
            return response
        edit(request, body)
        return with_json(response, body)

    return successes(edited, *operations)


def services(edit: EditService, *operations: str) -> Wire:
    """Change each Service that is shown, alone or in a list, in place."""

    def edited(_: Request, body: Body) -> None:
        for service in shown_in(body):
            edit(service)

    return bodies(edited, *operations)


def pages(edit: Callable[[Body], None]) -> Wire:
    """Change the envelope of lists, in place."""
    return bodies(lambda _, body: edit(body), "list")


def errors(edit: Callable[[Request, Response, Body], Response], *operations: str) -> Wire:
    """Change answers of 4xx that have a JSON body."""

    def edited(request: Request, response: Response) -> Response:
        body = json_of(response)
        if response.status < 400 or body is None:
            return response
        return edit(request, response, body)

    return responses(edited, *operations)


def errors_with(code: int, edit: EditResponse, *operations: str) -> Wire:
    """Change the errors that have a certain code."""
    return errors(
        lambda request, response, body: (
            edit(request, response) if body.get("code") == code else response
        ),
        *operations,
    )


def requests(edit: Callable[[Request, Surroundings], Request], *operations: str) -> Wire:
    """Change requests before they are looked at."""

    def wire(handler: Handler, around: Surroundings) -> Handler:
        async def edited(request: Request) -> Response:
            if operations and operation(request) not in operations:
                return await handler(request)
            try:
                return await handler(edit(request, around))
            except Refused as refused:
                return around.stamp(refusal(refused))

        return edited

    return wire


def form_bodies(edit: EditPairs, *operations: str) -> Wire:
    """Change the parameters of a form before they are looked at."""

    def edited(request: Request, _: Surroundings) -> Request:
        if not is_form(request):
            return request
        return request._replace(body=encoded(edit(list(pairs(request.body)))))

    return requests(edited, *(operations or ("create", "update")))


def raw_forms(edit: Callable[[bytes], bytes], *operations: str) -> Wire:
    """Change a form as it was sent, still encoded."""

    def edited(request: Request, _: Surroundings) -> Request:
        return request._replace(body=edit(request.body)) if is_form(request) else request

    return requests(edited, *(operations or ("create", "update")))


def instead(condition: Callable[[Request], bool], reply: Response) -> Wire:
    """Answer some requests without looking at them any further."""

    def wire(handler: Handler, _: Surroundings) -> Handler:
        async def answered(request: Request) -> Response:
            return reply if condition(request) else await handler(request)

        return answered

    return wire


def sent(request: Request) -> dict[str, str]:
    """Return the parameters of a form; none where they cannot be read."""
    if operation(request) not in {"create", "update"} or not is_form(request):
        return {}
    try:
        return dict(pairs(request.body))
    except Refused:
        return {}


def is_form(request: Request) -> bool:
    """Tell whether a request has parameters in its body."""
    kind = request.headers.get("content-type", FORM).partition(";")[0].strip().lower()
    return kind == FORM


def succeeded(response: Response) -> bool:
    """Tell whether an answer is a 2xx."""
    return 200 <= response.status < 300


def shown_in(body: Body) -> list[Body]:
    """Return the Services in a body."""
    if isinstance(listed := body.get("services"), list):
        return listed
    return [body] if "sid" in body else []


def json_of(response: Response) -> Body | None:
    """Return the JSON object of an answer, or None."""
    if response.header("content-encoding"):
        return None
    try:
        body = json.loads(response.body)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def with_json(response: Response, body: Any) -> Response:
    """Return the same answer with another JSON body."""
    return resized(response, json.dumps(body, ensure_ascii=False).encode())


def plain(status: int, body: Any) -> Response:
    """Return an answer that is not one of the usual."""
    return answer(status, json.dumps(body, ensure_ascii=False).encode())
