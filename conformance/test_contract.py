"""Breadth: requests that schemathesis makes of the OpenAPI document, through our own client."""

from collections.abc import Iterator, Sequence
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from conformance.harness import breadth, breadth_judge, breadth_links
from conformance.harness.api import Api
from conformance.harness.arrange import TOO_LONG, WRONG
from conformance.harness.breadth import BreadthCase
from conformance.harness.breadth_judge import STATUS
from conformance.harness.breadth_rules import Operation
from conformance.harness.contract import DOCUMENT
from conformance.harness.evidence import Exchange
from conformance.harness.expect import AccountFull, Check, Unproven, Violation, When, about
from conformance.harness.marks import effort, requirement
from conformance.harness.paths import SERVICES
from conformance.harness.record import current
from conformance.harness.verdicts import expect
from conformance.harness.wire import AnswerLost
from conformance.harness.worker import AGAIN, NewApi

LATER = effort("ci")
NAMES: Final = {
    "CreateService": "create",
    "ListService": "list",
    "FetchService": "fetch",
    "UpdateService": "update",
    "DeleteService": "delete",
}
METHODS: Final = {
    "create": "POST",
    "list": "GET",
    "fetch": "GET",
    "update": "POST",
    "delete": "DELETE",
}


def one_worker(operation: Operation) -> pytest.MarkDecorator:
    """Keep together what needs the same parts of schemathesis, which take long to be loaded."""
    return pytest.mark.xdist_group(f"test_contract-{operation}")


def send(api: Api, case: BreadthCase, sid: str | None) -> Exchange:
    """Send a case that is ready; what it creates is deleted with the story."""
    operation = NAMES[case.operation]
    plain = case.method == METHODS[operation]
    form = b"" if case.form is None else list(case.form)
    if operation == "create" and plain and case.path == SERVICES:
        name = dict(case.form or ()).get("UniqueName", "")
        return api.create(form, name=name, content_type=case.content_type)
    exchange = api.send(
        case.method,
        case.target,
        operation=operation if plain and case.valid is not None else "other",
        form=form if case.method not in {"GET", "DELETE"} else None,
        content_type=case.content_type,
    )
    if operation == "delete" and plain and sid is not None and exchange.accepted:
        api.own.deleted(sid)
    return exchange


def tried(api: Api, case: BreadthCase, sid: str | None) -> Exchange:
    """Make a case ready, and send it; a delete has a Service of its own."""
    if case.needs_sid and sid is None:
        sid = str(api.given()["sid"])
        api.fetch(sid)
    ready = breadth.ready(case, sid=sid, head=api.name())
    exchange = send(api, ready, sid)
    plain = case.operation == "CreateService" and case.valid
    if plain and not exchange.accepted and api.is_full():
        raise AccountFull
    judge(ready, exchange)
    return exchange


def patiently(api: Api, case: BreadthCase, sid: str | None) -> Exchange:
    """Try a case; anew, with another name, where its answer was lost."""
    for _ in range(AGAIN):
        try:
            return tried(api, case, sid)
        except AnswerLost:
            continue
    return tried(api, case, sid)


def judge(case: BreadthCase, exchange: Exchange) -> None:
    """Say what is wrong with an answer, each to the requirement that it is about."""
    answer = breadth_judge.Answer(
        status=exchange.status or 0,
        headers=exchange.response_headers,
        body=exchange.whole.response_body,
        seconds=exchange.seconds,
    )
    ruled = case.valid is not None and answer.status in breadth_judge.ABOUT_THE_REQUEST
    asked = tuple(breadth_judge.of_the_request(case, answer)) if ruled else ()
    shaped = case.valid is not None and 0 < answer.status < 500 and not known(exchange)
    shape = tuple(breadth_judge.of_the_answer(DOCUMENT, case, answer)) if shaped else ()

    expect(
        exchange,
        about(row_of(case), When(lambda _: ruled, says(asked))),
        about("BREADTH-3", When(lambda _: shaped, says(shape))),
        because=case.broken or ("every rule is kept" if case.valid else case.about),
    )


def known(exchange: Exchange) -> bool:
    """Tell whether a more precise requirement has already been told of this answer."""
    return any(finding.exchange is exchange for finding in current().findings)


def row_of(case: BreadthCase) -> str:
    """Say which requirement it is that a case breaks, or keeps: each rule has one."""
    if case.broken is None or case.parameter is None:
        return "BREADTH-1"
    on_update = case.operation == "UpdateService"
    match case.rule:
        case "missing":
            return "REFUSE-1"
        case "empty":
            return "REFUSE-28" if on_update else "REFUSE-2"
        case "too long" if case.parameter.endswith("Url"):
            return TOO_LONG[on_update]
        case _:
            return WRONG[case.parameter][on_update]


def says(complaints: Sequence[breadth_judge.Complaint]) -> Check:
    """Accept an answer of which nothing was complained."""

    def check(_: Exchange) -> Iterator[Violation]:
        for one in complaints:
            expected, found = one.message.partition("; found ")[::2]
            where = STATUS if one.where == STATUS else "the answer"
            yield Violation(where=where, expected=expected, found=found or one.message)

    return check


@requirement("BREADTH-1", "BREADTH-3")
@LATER
@pytest.mark.parametrize(
    "operation", [pytest.param(o, marks=one_worker(o)) for o in breadth.OPERATIONS]
)
def test_requests_that_cover_the_document(new_api: NewApi, operation: Operation) -> None:
    """Every example, every bound, every rule broken; an operation that never succeeds proves nothing."""
    api = new_api()
    sid = None if operation == "DeleteService" else str(api.given()["sid"])
    cases = (
        *breadth.example_cases(DOCUMENT, operation),
        *breadth.coverage_cases(DOCUMENT, operation),
    )

    answers = [patiently(api, case, sid) for case in cases]

    if not any(answer.accepted for answer in answers):
        raise Unproven(f"no generated {operation} was ever accepted")


@requirement("BREADTH-1", "BREADTH-3")
@LATER
@pytest.mark.parametrize(
    ("operation", "valid"),
    [
        pytest.param(o, v, id=f"{o}-{'valid' if v else 'invalid'}", marks=one_worker(o))
        for o, v in breadth.FUZZED
    ],
)
@given(data=st.data())
def test_requests_at_random(
    new_api: NewApi,
    operation: Operation,
    valid: bool,
    data: st.DataObject,
) -> None:
    """Any request that keeps the rules, and any that breaks one."""
    api = new_api()
    case = data.draw(breadth.fuzz_cases(DOCUMENT, operation, valid=valid))

    tried(api, case, None)


@requirement("BREADTH-1", "BREADTH-3")
@LATER
def test_requests_along_the_links(new_api: NewApi) -> None:
    """Operations chained by the links of the document."""
    api = new_api()

    def complain(
        case: BreadthCase, _: breadth_judge.Answer, complaints: tuple[breadth_judge.Complaint, ...]
    ) -> None:
        answer = api.last
        if answer is None or known(answer):
            return
        is_create = answer.operation == "create" and not answer.accepted
        if complaints and is_create and api.is_full():
            return
        expect(
            answer,
            about("BREADTH-3", says(complaints)),
            because=case.broken or "",
        )

    def answered(case: BreadthCase) -> breadth_judge.Answer:
        sid = case.path.rpartition("/")[2]
        exchange = send(api, case, sid)
        return breadth_judge.Answer(
            status=exchange.status or 0,
            headers=exchange.response_headers,
            body=exchange.whole.response_body,
        )

    machine = breadth_links.links_machine(DOCUMENT, send=answered, head=api.name, complain=complain)
    run_state_machine_as_test(machine, settings=settings(max_examples=4, stateful_step_count=8))
