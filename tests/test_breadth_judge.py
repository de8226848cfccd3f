"""Answers to generated requests are judged by the document, and by nothing beyond it."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import pytest
import yaml
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from conformance.harness.breadth import OPERATIONS, BreadthCase, coverage_cases
from conformance.harness.breadth_judge import Answer, Complaint, judge
from conformance.harness.breadth_links import Known, links_machine
from conformance.harness.breadth_rules import READERS, Operation

DOCUMENT: Final = Path(__file__).parents[1] / "openapi" / "service.yaml"
EXAMPLES: Final[dict[str, Any]] = {
    name: example["value"]
    for name, example in yaml.safe_load(DOCUMENT.read_text("utf-8"))["components"][
        "examples"
    ].items()
}
SERVICE: Final = EXAMPLES["Service"]
ERROR: Final = EXAMPLES["MissingName"]
JSON: Final = (("Content-Type", "application/json"),)
SID: Final = "KS" + "a" * 32
CREATE: Final = BreadthCase(
    operation="CreateService",
    method="POST",
    path="/v1/Services",
    phase="coverage",
    form=(("UniqueName", "a"),),
    valid=True,
)
BROKEN: Final = replace(CREATE, valid=False, parameter="UniqueName", broken="UniqueName is empty")
UNJUDGED: Final = replace(CREATE, valid=None)
FETCH: Final = BreadthCase(
    operation="FetchService", method="GET", path=f"/v1/Services/{SID}", phase="coverage", valid=True
)
LIST: Final = replace(FETCH, operation="ListService", path="/v1/Services")
DELETE: Final = replace(FETCH, operation="DeleteService", method="DELETE")
PUT: Final = replace(FETCH, method="PUT", valid=None)


def answer(status: int, body: Any, headers: tuple[tuple[str, str], ...] = JSON) -> Answer:
    content = b"" if body is None else json.dumps(body).encode()
    return Answer(status=status, headers=headers, body=content)


@pytest.mark.parametrize(
    ("case", "given"),
    [
        (CREATE, answer(201, SERVICE)),
        (CREATE, answer(201, EXAMPLES["ServiceWithDefaults"])),
        (CREATE, answer(201, SERVICE, (("content-type", "application/json; charset=utf-8"),))),
        (CREATE, answer(201, {**SERVICE, "more": ["fields"]})),
        (CREATE, answer(201, {**SERVICE, "callback_url": "", "chat_instance_sid": None})),
        (CREATE, answer(201, {**SERVICE, "geo_match_level": "extended-area-code"})),
        (CREATE, answer(401, EXAMPLES["Unauthenticated"])),
        (CREATE, answer(403, EXAMPLES["TestCredentials"])),
        (CREATE, answer(429, EXAMPLES["TooManyRequests"])),
        (BROKEN, answer(400, ERROR)),
        (BROKEN, answer(404, {**ERROR, "status": 404, "code": 20404})),
        (BROKEN, answer(409, EXAMPLES["Conflict"])),
        (BROKEN, answer(422, {"status": 422, "message": "No.", "details": {}})),
        (BROKEN, answer(400, ERROR, (("Content-Type", "application/problem+json"),))),
        (BROKEN, answer(401, EXAMPLES["Unauthenticated"])),
        (UNJUDGED, answer(201, SERVICE)),
        (UNJUDGED, answer(415, {"status": 415, "message": "No."})),
        (FETCH, answer(200, SERVICE)),
        (LIST, answer(200, EXAMPLES["EmptyPage"])),
        (LIST, answer(200, EXAMPLES["PageOfOne"])),
        (DELETE, answer(204, None, ())),
        (PUT, answer(405, EXAMPLES["MethodNotAllowed"])),
        (PUT, answer(204, None, ())),
    ],
)
def test_whatever_the_document_permits_is_not_complained_of(
    case: BreadthCase, given: Answer
) -> None:
    assert judge(DOCUMENT, case, given) == ()


@pytest.mark.parametrize(
    ("case", "given", "check", "says"),
    [
        (CREATE, answer(500, ERROR), "not_a_server_error", "Server error: status 500"),
        (UNJUDGED, answer(503, None, ()), "not_a_server_error", "Server error"),
        (PUT, answer(501, None, ()), "not_a_server_error", "Server error"),
        (CREATE, answer(200, SERVICE), "status_code_conformance", "; found 200"),
        (DELETE, answer(200, SERVICE), "status_code_conformance", "; found 200"),
        (CREATE, answer(302, None, ()), "status_code_conformance", "; found 302"),
        (
            CREATE,
            answer(201, SERVICE, (("Content-Type", "text/html"),)),
            "content_type_conformance",
            "Received: text/html",
        ),
        (CREATE, answer(201, SERVICE, ()), "content_type_conformance", "Missing Content-Type"),
        (CREATE, answer(201, {}), "response_schema_conformance", "required"),
        (CREATE, answer(201, {**SERVICE, "sid": "KS1"}), "response_schema_conformance", '"KS1"'),
        (
            FETCH,
            answer(200, {**SERVICE, "default_ttl": "0"}),
            "response_schema_conformance",
            'Response violates schema: "0" is not of type "integer"',
        ),
        (
            FETCH,
            answer(200, {**SERVICE, "date_created": "yesterday Z"}),
            "response_schema_conformance",
            "yesterday",
        ),
        (LIST, answer(200, {"services": []}), "response_schema_conformance", "meta"),
        (BROKEN, answer(400, "No."), "response_schema_conformance", "object"),
        (UNJUDGED, answer(400, {"status": "400"}), "response_schema_conformance", "400"),
        (PUT, answer(405, {"status": 405}), "response_schema_conformance", "message"),
        (
            BROKEN,
            answer(201, SERVICE),
            "negative_data_rejection",
            "a refusal, since UniqueName is empty; found 201",
        ),
        (
            CREATE,
            answer(400, ERROR),
            "positive_data_acceptance",
            "to be accepted, since it breaks no rule; found 400",
        ),
    ],
)
def test_whatever_it_forbids_is_complained_of(
    case: BreadthCase, given: Answer, check: str, says: str
) -> None:
    complaints = judge(DOCUMENT, case, given)

    assert check in {complaint.check for complaint in complaints}
    assert any(says in complaint.message for complaint in complaints if complaint.check == check)


def test_a_body_that_is_not_json_is_complained_of() -> None:
    broken = Answer(status=201, headers=JSON, body=b"{")

    assert [complaint.check for complaint in judge(DOCUMENT, CREATE, broken)] == [
        "response_schema_conformance"
    ]


def test_a_complaint_of_a_body_says_where() -> None:
    item = {**EXAMPLES["PageOfOne"]["services"][0], "links": {"sessions": "https://a.org/b"}}
    page = answer(200, {**EXAMPLES["PageOfOne"], "services": [item]})

    assert judge(DOCUMENT, LIST, page) == (
        Complaint(
            check="response_schema_conformance",
            message='Response violates schema: "phone_numbers" is a required property',
            where="/services/0/links",
        ),
    )


def test_a_complaint_stays_short_and_on_one_line() -> None:
    given = answer(201, {**SERVICE, "sid": "x" * 5000})

    for complaint in judge(DOCUMENT, CREATE, given):
        assert len(complaint.message) <= 600
        assert "\n" not in complaint.message


@dataclass(slots=True)
class Target:
    """A target in memory, right but for what `wrong` does to its answers; it remembers requests."""

    wrong: Callable[["Target", BreadthCase, Answer], Answer] = lambda _, __, given: given
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    removed: dict[str, dict[str, Any]] = field(default_factory=dict)
    sent: list[BreadthCase] = field(default_factory=list)

    def send(self, case: BreadthCase) -> Answer:
        self.sent.append(case)
        return self.wrong(self, case, self._right(case))

    def _right(self, case: BreadthCase) -> Answer:
        sid = case.path.removeprefix("/v1/Services").removeprefix("/")
        if not sid:
            return self._create(case) if case.method == "POST" else self._list()
        if sid not in self.services:
            return answer(404, EXAMPLES["NotFound"])
        if case.method == "DELETE":
            self.removed[sid] = self.services.pop(sid)
            return answer(204, None, ())
        self._change(sid, case)
        return answer(200, self.services[sid])

    def _create(self, case: BreadthCase) -> Answer:
        sid = f"KS{len(self.services) + len(self.removed):032x}"
        self.services[sid] = {**SERVICE, "sid": sid}
        self._change(sid, case)
        return answer(201, self.services[sid])

    def _list(self) -> Answer:
        return answer(200, {**EXAMPLES["EmptyPage"], "services": list(self.services.values())})

    def _change(self, sid: str, case: BreadthCase) -> None:
        form = dict(parse_qsl(urlencode(case.form or ()), keep_blank_values=True))
        if "UniqueName" in form:
            self.services[sid]["unique_name"] = form["UniqueName"]


def run(target: Target) -> list[tuple[BreadthCase, Answer, Complaint]]:
    """Run the state machine on a target, and give what was complained of."""
    found: list[tuple[BreadthCase, Answer, Complaint]] = []
    numbers = count()

    def complain(case: BreadthCase, given: Answer, complaints: tuple[Complaint, ...]) -> None:
        found.extend((case, given, complaint) for complaint in complaints)

    followed: Any = links_machine(
        DOCUMENT, send=target.send, head=lambda: f"n{next(numbers)}-", complain=complain
    )
    before = deepcopy(target.services)

    class Afresh(followed):  # type: ignore[misc]  # made at run time
        """The same, on a target that begins anew: what an answer shows decides what is drawn."""

        def setup(self) -> None:
            target.services, target.removed = deepcopy(before), {}
            super().setup()

    run_state_machine_as_test(
        Afresh,
        settings=settings(
            max_examples=100,
            stateful_step_count=8,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    return found


def test_the_links_are_followed_on_a_right_target_without_complaint() -> None:
    target = Target()
    complaints = run(target)
    by_operation = {case.operation: 0 for case in target.sent}
    for case in target.sent:
        by_operation[case.operation] += 1

    assert complaints == []
    assert len(by_operation) == 5
    assert min(by_operation.values()) >= 5
    assert {case.valid for case in target.sent} >= {True, False}
    assert {case.phase for case in target.sent} == {"links"}


def test_the_links_send_names_that_are_unique_and_reach_only_their_own() -> None:
    foreign = {f"KS{'f' * 31}{n}": {**SERVICE, "sid": f"KS{'f' * 31}{n}"} for n in range(3)}
    target = Target(services=dict(foreign))
    run(target)
    names = [
        dict(case.form)["UniqueName"]
        for case in target.sent
        if case.method == "POST"
        if case.form and "UniqueName" in dict(case.form)
    ]

    assert len(names) == len(set(names))
    assert target.services.items() >= foreign.items()
    assert not [
        c for c in target.sent if c.method != "GET" and c.path.rpartition("/")[2] in foreign
    ]


def test_a_fetch_after_a_delete_that_still_succeeds_is_complained_of() -> None:
    def keeps_deleted(target: Target, case: BreadthCase, given: Answer) -> Answer:
        sid = case.path.rpartition("/")[2]
        if case.operation == "FetchService" and sid in target.removed:
            return answer(200, target.removed[sid])
        return given

    checks = {complaint.check for _, _, complaint in run(Target(wrong=keeps_deleted))}

    assert checks == {"use_after_free", "negative_data_rejection"}


def test_a_created_service_that_cannot_be_fetched_is_complained_of() -> None:
    def forgets(_: Target, case: BreadthCase, given: Answer) -> Answer:
        if case.operation == "FetchService":
            return answer(404, EXAMPLES["NotFound"])
        return given

    checks = {complaint.check for _, _, complaint in run(Target(wrong=forgets))}

    assert "positive_data_acceptance" in checks
    assert "ensure_resource_availability" in checks


def test_a_target_that_creates_nothing_ends_the_machine_without_a_write() -> None:
    def fails(_: Target, case: BreadthCase, given: Answer) -> Answer:
        return answer(500, ERROR) if case.operation == "CreateService" else given

    target = Target(wrong=fails)
    checks = {complaint.check for _, _, complaint in run(target)}

    assert checks == {"not_a_server_error"}
    assert {case.operation for case in target.sent} <= {
        "CreateService",
        "ListService",
        "FetchService",
    }


def test_what_is_known_of_a_sid_follows_the_answers() -> None:
    known = Known()
    known.learn(CREATE, "", answer(201, {"sid": "KS1"}))
    known.learn(CREATE, "", answer(201, {"sid": "KS2"}))
    known.learn(CREATE, "", answer(400, ERROR))
    known.learn(CREATE, "", Answer(status=201, headers=JSON, body=b"<html>"))
    known.learn(CREATE, "", Answer(status=201, headers=JSON, body=b"[" * 100_000))
    known.learn(LIST, "", answer(200, {"services": [{"sid": "KS3"}, {"sid": 3}, None]}))

    assert known.sid_for("FetchService", "KS3") == "KS3"
    assert known.sid_for("UpdateService", "KS3") == "KS2"
    assert known.judged(FETCH, "KS1").valid is True
    assert known.judged(FETCH, "KS3").valid is None

    known.learn(DELETE, "KS1", answer(204, None))
    known.learn(DELETE, "KS2", answer(500, ERROR))

    assert known.judged(FETCH, "KS1").broken == "the Service KS1 was deleted"
    assert known.judged(FETCH, "KS2").valid is None
    assert known.sid_for("DeleteService", "KS2") == "KS1"
    assert Known().sid_for("DeleteService", "KS1") is None


@pytest.mark.parametrize(("operation", "status"), [("CreateService", 201), ("UpdateService", 200)])
def test_a_target_that_takes_everything_is_told_so_for_each_parameter(
    operation: Operation, status: int
) -> None:
    cases = coverage_cases(DOCUMENT, operation)
    told = {
        case.parameter
        for case in cases
        for complaint in judge(DOCUMENT, case, answer(status, SERVICE))
        if complaint.check == "negative_data_rejection"
    }

    assert told == set(READERS)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_target_that_refuses_everything_is_told_so_for_each_operation(
    operation: Operation,
) -> None:
    told = [
        case
        for case in coverage_cases(DOCUMENT, operation)
        if judge(DOCUMENT, case, answer(400, ERROR))
    ]

    assert told == [case for case in coverage_cases(DOCUMENT, operation) if case.valid]
    assert told


def test_coverage_of_a_right_target_is_not_complained_of() -> None:
    refused = answer(400, ERROR)
    for case in coverage_cases(DOCUMENT, "CreateService"):
        given = answer(201, SERVICE) if case.valid else refused
        assert judge(DOCUMENT, case, given) == (), case
