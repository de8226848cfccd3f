"""Knows schemathesis as a judge of answers: its checks, on an answer that is already there.

Only what the document says is judged. Which 4xx a refusal is, its code, more fields, a charset:
the document leaves them open. Its checks that send requests of their own are not used.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from conformance.harness import breadth_schema
from conformance.harness.breadth import BreadthCase
from conformance.harness.breadth_rules import Pairs

if TYPE_CHECKING:
    from schemathesis import Response
    from schemathesis.core.failures import Failure

ABOUT_THE_REQUEST: Final = frozenset(range(200, 500)) - {401, 403, 407, 408, 429}
"""Statuses that prove something of a request: not those about its credentials or its pace."""
SHOWN: Final = 600
STATUS: Final = "status"
"""Where the status is what is wrong, rather than a place in the body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    headers: Pairs
    body: bytes
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What a check found wrong with an answer; checks bear the names that schemathesis gives."""

    check: str
    message: str
    where: str = ""
    """A JSON pointer into the body, where the fault lies in one place of it; or the status."""


def judge(document: Path, case: BreadthCase, answer: Answer) -> tuple[Complaint, ...]:
    """Say what is wrong with the answer to a case, by the document and by what the case breaks."""
    return (*of_the_answer(document, case, answer), *of_the_request(case, answer))


def of_the_request(case: BreadthCase, answer: Answer) -> Iterator[Complaint]:
    """Say whether a case was accepted that breaks a rule, or refused that breaks none."""
    if answer.status not in ABOUT_THE_REQUEST:
        return
    if case.valid is False and answer.status < 400:
        yield Complaint(
            check="negative_data_rejection",
            message=f"a refusal, since {case.broken}; found {answer.status}",
        )
    if case.valid is True and 400 <= answer.status < 500:
        yield Complaint(
            check="positive_data_acceptance",
            message=f"to be accepted, since it breaks no rule; found {answer.status}",
        )


def of_the_answer(document: Path, case: BreadthCase, answer: Answer) -> Iterator[Complaint]:
    """Say what of an answer is not as the document has it."""
    breadth_schema.library()
    from schemathesis.checks import not_a_server_error  # noqa: PLC0415 - slow
    from schemathesis.specs.openapi import checks  # noqa: PLC0415

    described = breadth_schema.operation(document, case.operation, "judging")
    if case.method != described.method.upper() and answer.status < 400:
        return
    shape: list[Any] = [
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]
    chosen = [not_a_server_error] if answer.status >= 500 else shape
    judged = described.Case(path_parameters={"Sid": case.path.rpartition("/")[2]})
    yield from told_by(lambda: judged.validate_response(response(case, answer), checks=chosen))


def told_by(validate: Callable[[], None]) -> Iterator[Complaint]:
    """Run a validation of schemathesis's and give what it raises as complaints."""
    from schemathesis.core.failures import FailureGroup  # noqa: PLC0415 - slow

    try:
        validate()
    except FailureGroup as group:
        for failure in sorted(group.exceptions):
            yield _complaint(failure)


def _complaint(failure: "Failure") -> Complaint:
    """Read a failure: its first paragraph says what is wrong, the rest shows the schema again."""
    if (allowed := getattr(failure, "defined_status_codes", None)) is not None:
        found = getattr(failure, "status_code", "")
        message = f"{' or '.join(map(str, allowed))}; found {found}"
        return Complaint(check=failure.checks[0], message=message, where=STATUS)
    first = failure.message.partition("\n\n")[0] or f"status {getattr(failure, 'status_code', '')}"
    path = getattr(failure, "instance_path", ())
    return Complaint(
        check=failure.checks[0] if failure.checks else type(failure).__name__,
        message=_shortened(f"{failure.title}: {first}"),
        where="".join(f"/{str(key).replace('~', '~0').replace('/', '~1')}" for key in path),
    )


def _shortened(text: str) -> str:
    return re.sub(r"\s*\n\s*", "; ", text.strip())[:SHOWN]


def response(case: BreadthCase, answer: Answer) -> "Response":
    """Make schemathesis's own response of an answer.

    A media type that is JSON by its suffix counts as JSON: an error may be a problem document.
    """
    breadth_schema.library()
    import requests  # noqa: PLC0415 - slow
    from schemathesis import Response  # noqa: PLC0415

    headers: dict[str, list[str]] = {}
    for name, value in answer.headers:
        headers.setdefault(name.lower(), []).append(value)
    if "content-type" in headers:
        first = headers["content-type"][0]
        plain = re.sub(r"^application/[\w.+-]+\+json\b", "application/json", first)
        headers["content-type"] = [plain]
    return Response(
        status_code=answer.status,
        headers=headers,
        content=answer.body,
        request=requests.Request(case.method, f"http://target{case.target}").prepare(),
        elapsed=answer.seconds,
        verify=True,
    )
