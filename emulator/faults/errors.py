"""Faults of how refusals are told: statuses, bodies, and what is told as something else."""

from collections.abc import Mapping

from emulator.alterations import Alteration, Wire
from emulator.messages import Request, Response, answer, resized
from emulator.refusals import error
from emulator.rewriting import (
    Body,
    errors,
    errors_with,
    plain,
    responses,
    sid_in,
    with_json,
)
from emulator.rules import SERVICE_SID

INVALID_SID, NAME_TAKEN, INVALID, MISSING = 80408, 80602, 80701, 20001
UNAUTHENTICATED, NO_SUCH_PATH, NO_SUCH_METHOD = 20003, 20404, 20004
PAGE = b"<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Error</h1></body></html>"
TRACE = (
    "Traceback (most recent call last):\n"
    '  File "/srv/app/services.py", line 214, in create\n'
    "    raise ValidationError(name)\n"
    "ValidationError: "
)


def _html(_: Request, response: Response, __: Body) -> Response:
    page = answer(response.status, PAGE, kind="text/html; charset=utf-8")
    challenge = response.header("www-authenticate")
    return page.with_header("WWW-Authenticate", challenge) if challenge else page


def _without(*keys: str) -> Wire:
    def edit(_: Request, response: Response, body: Body) -> Response:
        return with_json(
            response, {name: value for name, value in body.items() if name not in keys}
        )

    return errors(edit)


def _with(**values: object) -> Wire:
    return errors(lambda _, response, body: with_json(response, body | values))


def _told_as(code: int, reply: Response, *operations: str) -> Wire:
    """Tell one kind of refusal as something else."""
    return errors_with(code, lambda *_: reply, *operations)


def _with_status(code: int, status: int, *operations: str) -> Wire:
    """Tell one kind of refusal under another status, its body in step."""

    def edit(_: Request, response: Response, body: Body) -> Response:
        if body.get("code") != code:
            return response
        return with_json(response._replace(status=status), body | {"status": status})

    return errors(edit, *operations)


def _malformed_only(reply: Response) -> Wire:
    return errors_with(
        INVALID_SID,
        lambda request, response: response if SERVICE_SID.fullmatch(sid_in(request)) else reply,
    )


def _trace(_: Request, response: Response, body: Body) -> Response:
    return with_json(response, body | {"message": TRACE + str(body["message"])})


def _query(_: Request, response: Response, body: Body) -> Response:
    message = f"SQLSTATE[23000]: {body['message']} at line 1 near 'services'"
    return with_json(response, body | {"message": message})


def _problem(_: Request, response: Response, body: Body) -> Response:
    told = {"error": {"reason": body["message"], "number": body["code"]}}
    return with_json(response, told)


CRASH = error(500, 20500, "Internal Server Error")
NO_SERVICE = Response(status=204, headers=())

WIRES: Mapping[str, tuple[str, Wire]] = {
    "html-errors": ("writes every error as HTML", errors(_html)),
    "html-errors-for-curl": (
        "writes errors as HTML for who does not ask for JSON by name",
        errors(
            lambda request, response, body: (
                response
                if "json" in request.headers.get("accept", "")
                else _html(request, response, body)
            )
        ),
    ),
    "html-404": (
        "writes 404 as HTML",
        errors(
            lambda request, response, body: (
                _html(request, response, body) if response.status == 404 else response
            )
        ),
    ),
    "html-405": (
        "writes 405 as HTML",
        errors(
            lambda request, response, body: (
                _html(request, response, body) if response.status == 405 else response
            )
        ),
    ),
    "html-401": (
        "writes 401 as HTML",
        errors(
            lambda request, response, body: (
                _html(request, response, body) if response.status == 401 else response
            )
        ),
    ),
    "empty-errors": (
        "leaves the body of errors empty",
        errors(lambda _, response, __: resized(response, b"")),
    ),
    "empty-objects-as-errors": (
        "writes an empty object for every error",
        errors(lambda _, response, __: with_json(response, {})),
    ),
    "errors-in-arrays": (
        "writes errors in an array",
        errors(lambda _, response, body: with_json(response, [body])),
    ),
    "errors-as-text": (
        "writes the message alone as the body of errors",
        errors(lambda _, response, body: with_json(response, body["message"])),
    ),
    "errors-of-another-shape": ("writes errors in another shape", errors(_problem)),
    "errors-without-message": ("leaves the message out of errors", _without("message")),
    "errors-without-status": ("leaves the status out of errors", _without("status")),
    "errors-with-empty-message": ("writes an empty message in errors", _with(message="")),
    "errors-with-null-message": ("writes null as the message of errors", _with(message=None)),
    "errors-with-other-status": (
        "writes 500 as the status in the body of every error",
        _with(status=500),
    ),
    "405-states-400": (
        "writes 400 as the status in the body of 405",
        errors(
            lambda _, response, body: (
                with_json(response, body | {"status": 400}) if response.status == 405 else response
            )
        ),
    ),
    "errors-with-text-status": (
        "writes the status in errors as text",
        errors(
            lambda _, response, body: with_json(response, body | {"status": str(response.status)})
        ),
    ),
    "errors-with-text-code": (
        "writes the code of errors as text",
        errors(lambda _, response, body: with_json(response, body | {"code": str(body["code"])})),
    ),
    "errors-with-message-object": (
        "writes an object as the message of errors",
        errors(
            lambda _, response, body: with_json(response, body | {"message": {"en": "Refused"}})
        ),
    ),
    "errors-with-relative-link": (
        "writes more_info without scheme and host",
        errors(
            lambda _, response, body: with_json(
                response, body | {"more_info": f"/docs/errors/{body['code']}"}
            )
        ),
    ),
    "errors-with-trace": ("writes a stack trace in the message of errors", errors(_trace)),
    "errors-with-query": ("writes a query of the database in the message", errors(_query)),
    "errors-text-plain": (
        "says text/plain of errors",
        errors(lambda _, response, __: response.with_header("Content-Type", "text/plain")),
    ),
    "errors-200": (
        "answers 200 to every refusal",
        errors(lambda _, response, __: response._replace(status=200)),
    ),
    "validation-200": (
        "answers 200 to a value that breaks a rule",
        errors_with(INVALID, lambda _, response: response._replace(status=200)),
    ),
    "duplicates-200": (
        "answers 200 with an error to a name that is taken",
        errors_with(NAME_TAKEN, lambda _, response: response._replace(status=200)),
    ),
    "unknown-sid-200": (
        "fetches an empty object for a sid that is not there",
        _told_as(INVALID_SID, plain(200, {}), "fetch"),
    ),
    "unknown-sid-null": (
        "fetches null for a sid that is not there",
        _told_as(INVALID_SID, plain(200, None), "fetch"),
    ),
    "unknown-sid-204": (
        "answers 204 to the fetch of a sid that is not there",
        _told_as(INVALID_SID, NO_SERVICE, "fetch"),
    ),
    "unknown-sid-500": (
        "answers 500 to the fetch of a sid that is not there",
        _told_as(INVALID_SID, CRASH, "fetch"),
    ),
    "unknown-sid-403": (
        "answers 403 to a sid that is not there",
        _with_status(INVALID_SID, 403),
    ),
    "unknown-sid-410": (
        "answers 410 to a sid that is not there",
        _with_status(INVALID_SID, 410),
    ),
    "update-unknown-200": (
        "answers 200 with an empty object to an update that finds nothing",
        _told_as(INVALID_SID, plain(200, {}), "update"),
    ),
    "update-unknown-500": (
        "answers 500 to an update that finds nothing",
        _told_as(INVALID_SID, CRASH, "update"),
    ),
    "delete-unknown-500": (
        "answers 500 to a deletion that finds nothing",
        _told_as(INVALID_SID, CRASH, "delete"),
    ),
    "malformed-sid-500": ("answers 500 to a sid that cannot be one", _malformed_only(CRASH)),
    "malformed-sid-200": (
        "answers 200 with an empty object to a sid that cannot be one",
        _malformed_only(plain(200, {})),
    ),
    "validation-500": (
        "answers 500 to a value that breaks a rule",
        _told_as(INVALID, CRASH),
    ),
    "validation-403": (
        "answers 403 to a value that breaks a rule",
        _with_status(INVALID, 403),
    ),
    "validation-401": (
        "answers 401 to a value that breaks a rule",
        _with_status(INVALID, 401),
    ),
    "validation-429": (
        "answers 429 to a value that breaks a rule on update",
        _with_status(INVALID, 429, "update"),
    ),
    "duplicates-500": ("answers 500 to a name that is taken", _told_as(NAME_TAKEN, CRASH)),
    "duplicates-500-on-update": (
        "answers 500 to a name that is taken on update",
        _told_as(NAME_TAKEN, CRASH, "update"),
    ),
    "duplicates-403": (
        "answers 403 to a name that is taken",
        _with_status(NAME_TAKEN, 403),
    ),
    "missing-name-500": (
        "answers 500 to a create without a name",
        _told_as(MISSING, CRASH, "create"),
    ),
    "missing-name-403": (
        "answers 403 to a create without a name",
        _with_status(MISSING, 403, "create"),
    ),
    "unknown-path-200": (
        "answers 200 with an empty object to a path that is not there",
        _told_as(NO_SUCH_PATH, plain(200, {})),
    ),
    "unknown-path-500": (
        "answers 500 to a path that is not there",
        _told_as(NO_SUCH_PATH, CRASH),
    ),
    "unknown-path-400": (
        "answers 400 to a path that is not there",
        _with_status(NO_SUCH_PATH, 400),
    ),
    "methods-200": (
        "answers 200 with an empty object to other methods",
        _told_as(NO_SUCH_METHOD, plain(200, {})),
    ),
    "methods-500": ("answers 500 to other methods", _told_as(NO_SUCH_METHOD, CRASH)),
    "methods-501": ("answers 501 to other methods", _with_status(NO_SUCH_METHOD, 501)),
    "unauthenticated-200": (
        "answers 200 with an error to other credentials",
        errors_with(UNAUTHENTICATED, lambda _, response: response._replace(status=200)),
    ),
    "unauthenticated-500": (
        "answers 500 to other credentials",
        _told_as(UNAUTHENTICATED, CRASH),
    ),
    "unauthenticated-302": (
        "redirects other credentials to a page to log in",
        _told_as(
            UNAUTHENTICATED,
            Response(
                status=302, headers=(("Location", "/login"), ("Content-Length", "0")), body=b""
            ),
        ),
    ),
    "unauthenticated-403": (
        "answers 403 to other credentials",
        _with_status(UNAUTHENTICATED, 403),
    ),
    "unauthenticated-404": (
        "answers 404 to other credentials",
        _with_status(UNAUTHENTICATED, 404),
    ),
    "unauthenticated-400": (
        "answers 400 to other credentials",
        _with_status(UNAUTHENTICATED, 400),
    ),
    "refused-creates-200": (
        "answers 200 with the word error to what it refuses on create",
        responses(
            lambda _, response: plain(200, {"error": True}) if response.status == 400 else response,
            "create",
        ),
    ),
}

ALTERATIONS = tuple(
    Alteration(name=name, sentence=sentence, wire=wire) for name, (sentence, wire) in WIRES.items()
)
