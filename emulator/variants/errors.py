"""Errors told otherwise: other statuses, codes, texts and shapes, where none is certain."""

from emulator.alterations import Alteration, Behaviour, Surroundings
from emulator.domain import Reason, Refused
from emulator.messages import Request, Response
from emulator.operations import Operations
from emulator.refusals import error
from emulator.rewriting import (
    Body,
    errors,
    errors_with,
    operation,
    responses,
    sid_in,
    with_json,
)
from emulator.rules import SERVICE_SID
from emulator.standins import but, items_checked

INVALID_SID, NAME_TAKEN, INVALID, MISSING = 80408, 80602, 80701, 20001


def not_found(request: Request, _: Response) -> Response:
    """Say that there is no such resource, as the vendor's front door does."""
    return error(404, 20404, f"The requested resource {request.path} was not found")


def _if_well_formed(request: Request, response: Response) -> Response:
    known_form = SERVICE_SID.fullmatch(sid_in(request))
    return not_found(request, response) if known_form else response


def _if_malformed(request: Request, response: Response) -> Response:
    known_form = SERVICE_SID.fullmatch(sid_in(request))
    return response if known_form else not_found(request, response)


def _foreign(reason: Reason) -> Behaviour:
    """Tell a caller that a sid is another account's."""

    def behaviour(correct: Operations, around: Surroundings) -> Operations:
        def check(account: str, sid: str) -> None:
            others = (other for other in around.doorkeeper.accounts if other != account)
            if any(around.store.get(other, sid) for other in others):
                raise Refused(reason, f"/v1/Services/{sid}")

        return items_checked(correct, check)

    return behaviour


def _tells_deleted(correct: Operations, around: Surroundings) -> Operations:
    """Remember what was deleted, and say that it is gone rather than invalid."""
    gone: set[tuple[str, str]] = set()

    def check(account: str, sid: str) -> None:
        if (account, sid) in gone and not around.store.get(account, sid):
            raise Refused(Reason.NO_SUCH_RESOURCE, f"/v1/Services/{sid}")

    checked = items_checked(correct, check)

    async def delete(account: str, sid: str) -> None:
        await checked.delete(account, sid)
        gone.add((account, sid))

    return but(checked, delete=delete)


def _without_code(_: Request, response: Response, body: Body) -> Response:
    return with_json(response, {"message": body["message"], "status": body["status"]})


def _with_details(_: Request, response: Response, body: Body) -> Response:
    return with_json(response, body | {"details": {"errors": [{"reason": body["message"]}]}})


def _reworded(_: Request, response: Response, body: Body) -> Response:
    return with_json(response, body | {"message": f"The request was refused ({body['code']})"})


def _other_order(_: Request, response: Response, body: Body) -> Response:
    return with_json(response, dict(reversed(body.items())))


def _method_not_found(request: Request, response: Response) -> Response:
    return not_found(request, response) if response.status == 405 else response


def _method_not_implemented(request: Request, response: Response) -> Response:
    if response.status == 405 and request.method not in {"PUT", "PATCH", "DELETE"}:
        return error(400, 20001, "Unknown method")
    return response


ALTERATIONS = (
    Alteration(
        name="unknown-sid-404",
        sentence="answers 404 with 20404 for a well-formed sid that is not there",
        wire=errors_with(INVALID_SID, _if_well_formed),
    ),
    Alteration(
        name="malformed-sid-404",
        sentence="answers 404 with 20404 for a sid that cannot be one",
        wire=errors_with(INVALID_SID, _if_malformed),
    ),
    Alteration(
        name="deleted-sid-404",
        sentence="answers 404 with 20404 for a sid that was deleted, 400 for other unknown ones",
        behaviour=_tells_deleted,
    ),
    Alteration(
        name="second-delete-404",
        sentence="answers 404 with 20404 to a DELETE of what is not there",
        wire=errors_with(INVALID_SID, not_found, "delete"),
    ),
    Alteration(
        name="second-delete-80307",
        sentence="answers 400 with 80307 to an update or DELETE of what is not there",
        wire=errors_with(
            INVALID_SID,
            lambda *_: error(400, 80307, "Record to be updated was not found"),
            "delete",
            "update",
        ),
    ),
    Alteration(
        name="foreign-sid-403",
        sentence="answers 403 for a sid of another account",
        behaviour=_foreign(Reason.FORBIDDEN),
    ),
    Alteration(
        name="foreign-sid-404",
        sentence="answers 404 for a sid of another account",
        behaviour=_foreign(Reason.NO_SUCH_RESOURCE),
    ),
    Alteration(
        name="duplicates-409",
        sentence="answers 409 to a name that is taken",
        wire=errors_with(
            NAME_TAKEN, lambda *_: error(409, NAME_TAKEN, "Service UniqueName must be unique.")
        ),
    ),
    Alteration(
        name="duplicates-20409",
        sentence="tells a name that is taken with the generic code 20409",
        wire=errors_with(NAME_TAKEN, lambda *_: error(400, 20409, "Conflict")),
    ),
    Alteration(
        name="validation-422",
        sentence="answers 422 with 20422 to a value that breaks a rule",
        wire=errors_with(INVALID, lambda *_: error(422, 20422, "Unprocessable entity")),
    ),
    Alteration(
        name="validation-20001",
        sentence="tells a value that breaks a rule with the generic code 20001",
        wire=errors_with(INVALID, lambda *_: error(400, 20001, "Invalid parameter")),
    ),
    Alteration(
        name="empty-name-80701",
        sentence="tells an empty name apart from a missing one, with 80701",
        wire=errors_with(
            MISSING,
            lambda request, response: (
                error(400, INVALID, "'UniqueName' is invalid. It is empty.")
                if b"UniqueName=" in request.body
                else response
            ),
        ),
    ),
    Alteration(
        name="missing-name-80701",
        sentence="tells a missing name with the code of every other invalid value, 80701",
        wire=errors_with(
            MISSING,
            lambda request, response: (
                error(400, INVALID, "'UniqueName' is invalid. It is required.")
                if operation(request) == "create"
                else response
            ),
        ),
    ),
    Alteration(
        name="other-error-texts",
        sentence="words every message otherwise",
        wire=errors(_reworded),
    ),
    Alteration(
        name="errors-with-details",
        sentence="adds an object `details` to errors",
        wire=errors(_with_details),
    ),
    Alteration(
        name="errors-without-code",
        sentence="leaves `code` and `more_info` out of errors",
        wire=errors(_without_code),
    ),
    Alteration(
        name="errors-in-other-order",
        sentence="writes the keys of errors the other way round",
        wire=errors(_other_order),
    ),
    Alteration(
        name="methods-404",
        sentence="answers 404 with 20404 to a method that does not exist at a path",
        wire=responses(_method_not_found),
    ),
    Alteration(
        name="methods-400",
        sentence="answers 400 to methods that no HTTP API has, 405 to PUT, PATCH and DELETE",
        wire=responses(_method_not_implemented),
    ),
    Alteration(
        name="405-without-allow",
        sentence="leaves the Allow header out of 405",
        wire=responses(
            lambda _, response: (
                response.with_header("Allow", None) if response.status == 405 else response
            )
        ),
    ),
    Alteration(
        name="401-without-challenge",
        sentence="leaves the WWW-Authenticate header out of 401",
        wire=responses(lambda _, response: response.with_header("WWW-Authenticate", None)),
    ),
    Alteration(
        name="401-with-other-text",
        sentence="says what is wrong with credentials",
        wire=errors_with(
            20003,
            lambda _, response: with_json(
                response,
                {
                    "code": 20003,
                    "message": "Authentication Error - invalid username",
                    "more_info": "https://www.twilio.com/docs/errors/20003",
                    "status": 401,
                },
            ),
        ),
    ),
)
