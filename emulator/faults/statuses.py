"""Faults of statuses and content types, where a request succeeds."""

from emulator.alterations import Alteration, Wire
from emulator.messages import Request, Response, resized
from emulator.rewriting import EditResponse, json_of, plain, successes

STATUSES = (
    ("create", 200),
    ("create", 202),
    ("create", 204),
    ("fetch", 201),
    ("fetch", 202),
    ("fetch", 203),
    ("list", 201),
    ("list", 206),
    ("update", 201),
    ("update", 202),
    ("delete", 200),
    ("delete", 202),
)


def _answering(status: int) -> EditResponse:
    def edit(_: Request, response: Response) -> Response:
        if status == 204:
            return _without_body(_, response)
        changed = response._replace(status=status)
        return changed if response.body else changed.with_header("Content-Length", "0")

    return edit


def _without_body(_: Request, response: Response) -> Response:
    bare = response.with_header("Content-Type", None).with_header("Content-Length", None)
    return bare._replace(status=204, body=b"")


def _empty(_: Request, response: Response) -> Response:
    return resized(response, b"")


def _deleted_in_words(_: Request, response: Response) -> Response:
    told = plain(200, {"deleted": True})
    return told._replace(headers=(*response.headers, *told.headers))


def _deleted_in_more_words(_: Request, response: Response) -> Response:
    told = plain(204, {"deleted": True})
    return told._replace(headers=(*response.headers, *told.headers))


def _redirected(status: int) -> EditResponse:
    """Lead to where the Service is, in place of showing it."""

    def edit(request: Request, response: Response) -> Response:
        body = json_of(response) or {}
        moved = resized(response._replace(status=status), b"")
        return moved.with_header("Location", str(body.get("url", request.origin + request.path)))

    return edit


def _typed(kind: str | None, *operations: str) -> Wire:
    def edit(_: Request, response: Response) -> Response:
        return response.with_header("Content-Type", kind) if response.body else response

    return successes(edit, *operations)


def _cut(_: Request, response: Response) -> Response:
    return resized(response, response.body[:-1])


def _with_guard(_: Request, response: Response) -> Response:
    return resized(response, b")]}',\n" + response.body) if response.body else response


def _in_latin_1(_: Request, response: Response) -> Response:
    return resized(response, response.body.decode().encode("latin-1", "replace"))


def _as_javascript(_: Request, response: Response) -> Response:
    return resized(response, b"callback(" + response.body + b")") if response.body else response


ALTERATIONS = (
    *(
        Alteration(
            name=f"{operation}-{status}",
            sentence=f"answers {status} to {operation}",
            wire=successes(_answering(status), operation),
        )
        for operation, status in STATUSES
    ),
    Alteration(
        name="update-204",
        sentence="answers an update with 204, and without the Service",
        wire=successes(_without_body, "update"),
    ),
    Alteration(
        name="create-without-body",
        sentence="answers a create with 201, and without the Service",
        wire=successes(_empty, "create"),
    ),
    Alteration(
        name="update-without-body",
        sentence="answers an update with 200, and without the Service",
        wire=successes(_empty, "update"),
    ),
    Alteration(
        name="delete-in-words",
        sentence="answers a deletion with 200 and a body",
        wire=successes(_deleted_in_words, "delete"),
    ),
    Alteration(
        name="delete-204-in-words",
        sentence="answers a deletion with 204 and a body",
        wire=successes(_deleted_in_more_words, "delete"),
    ),
    Alteration(
        name="create-302",
        sentence="redirects from create to the Service",
        wire=successes(_redirected(302), "create"),
    ),
    Alteration(
        name="create-303",
        sentence="redirects from create to the Service with 303",
        wire=successes(_redirected(303), "create"),
    ),
    Alteration(
        name="fetch-301",
        sentence="redirects every fetch",
        wire=successes(_redirected(301), "fetch"),
    ),
    Alteration(
        name="list-307",
        sentence="redirects every list",
        wire=successes(_redirected(307), "list"),
    ),
    Alteration(
        name="text-plain",
        sentence="says text/plain of JSON",
        wire=_typed("text/plain"),
    ),
    Alteration(
        name="text-html",
        sentence="says text/html of JSON",
        wire=_typed("text/html; charset=utf-8"),
    ),
    Alteration(
        name="list-text-plain",
        sentence="says text/plain of lists",
        wire=_typed("text/plain", "list"),
    ),
    Alteration(
        name="no-content-type",
        sentence="leaves the content type out",
        wire=_typed(None),
    ),
    Alteration(
        name="broken-json",
        sentence="leaves the last byte out of lists",
        wire=successes(_cut, "list"),
    ),
    Alteration(
        name="guarded-json",
        sentence="puts a guard against script inclusion before JSON",
        wire=successes(_with_guard),
    ),
    Alteration(
        name="latin-1-json",
        sentence="writes JSON in Latin-1",
        wire=successes(_in_latin_1),
    ),
    Alteration(
        name="json-in-a-call",
        sentence="writes JSON as the argument of a call",
        wire=successes(_as_javascript),
    ),
)
