"""Generated requests are the same everywhere, judged rightly, and leave no rule out."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from conformance.harness import breadth_schema
from conformance.harness.breadth import (
    FUZZED,
    LIVE,
    NOBODYS_SID,
    OPERATIONS,
    BreadthCase,
    coverage_cases,
    example_cases,
    fuzz_cases,
    ready,
)
from conformance.harness.breadth_rules import (
    MOST_NAME,
    MOST_URL,
    READERS,
    Operation,
    is_ordinary_url,
    is_plain_text,
)

ROOT: Final = Path(__file__).parents[1]
DOCUMENT: Final = ROOT / "openapi" / "service.yaml"
RAW: Final[dict[str, Any]] = yaml.safe_load(DOCUMENT.read_text("utf-8"))
REGISTRY: Final[Registry[Any]] = Registry().with_resource(
    "urn:service", Resource.from_contents(RAW, default_specification=DRAFT202012)
)
SCHEMAS: Final = {
    "CreateService": "CreateServiceRequest",
    "UpdateService": "UpdateServiceRequest",
}
METHODS: Final = {
    "CreateService": "POST",
    "ListService": "GET",
    "FetchService": "GET",
    "UpdateService": "POST",
    "DeleteService": "DELETE",
}
URLS: Final = tuple(name for name in READERS if name.endswith("Url"))
ORDINARY: Final[dict[str, Callable[[str], bool]]] = {
    "UniqueName": is_plain_text,
    **dict.fromkeys(URLS, is_ordinary_url),
}
QUICK: Final = settings(
    max_examples=25,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
FORMATS: Final = FormatChecker(())
FORMATS.checks("uri")(lambda value: not isinstance(value, str) or is_ordinary_url(value[:MOST_URL]))


@lru_cache(maxsize=1)
def systematic() -> tuple[BreadthCase, ...]:
    return tuple(
        case
        for operation in OPERATIONS
        for case in (*coverage_cases(DOCUMENT, operation), *example_cases(DOCUMENT, operation))
    )


def broken_parameters(case: BreadthCase) -> set[str]:
    """Say which parameters of a form break the document's schema; jsonschema decides."""
    values: dict[str, object] = {name: typed(name, value) for name, value in case.form or ()}
    validator = Draft202012Validator(
        {"$ref": f"urn:service#/components/schemas/{SCHEMAS[case.operation]}"},
        registry=REGISTRY,
        format_checker=FORMATS,
    )
    found = set()
    for error in validator.iter_errors(values):
        missing = error.validator == "required"
        found.add("UniqueName" if missing else str(error.path[0] if error.path else error.message))
    return found


def typed(name: str, value: str) -> object:
    if name != "DefaultTtl":
        return value
    try:
        return int(value)
    except ValueError:
        return value


def breaches(case: BreadthCase) -> Iterator[str]:
    """Say why a case is judged wrongly; the rules are stated once more, by other means."""
    if (case.broken is None, case.parameter is None) != (case.valid is not False,) * 2:
        yield "the broken parameter is not named"
    if case.valid is None:
        return
    if case.content_type is not None or case.method != METHODS[case.operation]:
        yield "an odd content type or another method is judged"
    if case.operation in SCHEMAS:
        yield from form_breaches(case)
    if [name for name, _ in case.query] not in ([], ["PageSize"]):
        yield "a query of more than a PageSize is judged"
    if case.query and not 1 <= int(case.query[0][1]) <= 1000:
        yield "a PageSize out of bounds is judged"


def form_breaches(case: BreadthCase) -> Iterator[str]:
    form = dict(case.form or ())
    expected = {case.parameter} if case.valid is False else set()
    if (found := broken_parameters(case)) != expected:
        yield f"broken are {found}, not {expected}"
    if len(form) != len(case.form or ()):
        yield "a parameter that is there twice is judged"
    for name in set(form) - {case.parameter}:
        if name in ORDINARY and not ORDINARY[name](form[name]):
            yield f"an odd {name} is judged"


def test_the_cases_are_many_but_not_too_many() -> None:
    assert 120 <= len(systematic()) <= 165
    assert {case.operation for case in systematic()} == set(OPERATIONS)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_has_a_case_that_must_be_accepted(operation: Operation) -> None:
    assert any(case.operation == operation and case.valid for case in systematic())


def test_the_cases_are_the_same_in_every_process_whichever_are_made_first() -> None:
    script = (
        "from pathlib import Path; from conformance.harness.breadth import *;"
        "d = Path('openapi/service.yaml');"
        "made = {o: (*coverage_cases(d, o), *example_cases(d, o)) for o in OPERATIONS[::%s]};"
        "print([made[o] for o in OPERATIONS])"
    )
    texts = [
        subprocess.run(
            [sys.executable, "-c", script % step],
            check=True,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        ).stdout
        for seed, step in (("1", 1), ("2", -1))
    ]

    assert "BreadthCase(" in texts[0]
    assert texts[0] == texts[1]


def test_no_case_is_there_twice() -> None:
    sent = [
        (case.method, case.target, case.form, case.content_type, case.phase)
        for case in systematic()
    ]

    assert len(sent) == len(set(sent))


def test_no_systematic_case_is_judged_wrongly() -> None:
    assert [(case, list(breaches(case))) for case in systematic() if any(breaches(case))] == []


@pytest.mark.parametrize(("operation", "valid"), FUZZED)
def test_no_fuzzed_case_is_judged_wrongly(operation: Operation, *, valid: bool) -> None:
    seen = []

    @QUICK
    @given(case=fuzz_cases(DOCUMENT, operation, valid=valid))
    def collect(case: BreadthCase) -> None:
        seen.append(case)

    collect()

    assert [(case, list(breaches(case))) for case in seen if any(breaches(case))] == []
    assert {case.valid for case in seen} <= ({True} if valid else {False, None})
    assert {case.phase for case in seen} == {"fuzzing"}


@pytest.mark.parametrize("operation", SCHEMAS)
@pytest.mark.parametrize("parameter", READERS)
def test_each_parameter_is_sent_rightly_and_broken(operation: Operation, parameter: str) -> None:
    of = [case for case in systematic() if case.operation == operation]

    assert any(case.valid and parameter in dict(case.form or ()) for case in of)
    assert any(case.valid is False and case.parameter == parameter for case in of)


@pytest.mark.parametrize("operation", SCHEMAS)
def test_each_parameter_is_sent_alone(operation: Operation) -> None:
    forms = [
        dict(case.form or ()) for case in systematic() if case.operation == operation and case.valid
    ]
    alone = {
        frozenset(form) - ({"UniqueName"} if operation == "CreateService" else set())
        for form in forms
    }

    assert {frozenset({name}) for name in READERS if name != "UniqueName"} <= alone
    assert frozenset(READERS) in {frozenset(form) for form in forms}


@pytest.mark.parametrize("operation", SCHEMAS)
def test_bounds_are_tried_on_both_sides(operation: Operation) -> None:
    of = [case for case in systematic() if case.operation == operation and case.form]
    values = {
        valid: {(n, v) for case in of if case.valid is valid for n, v in case.form or ()}
        for valid in (True, False, None)
    }
    lengths = {valid: {(n, len(v)) for n, v in pairs} for valid, pairs in values.items()}

    assert ("UniqueName", MOST_NAME) in lengths[True]
    assert ("UniqueName", MOST_NAME + 1) in lengths[False]
    for name in URLS:
        assert (name, MOST_URL) in lengths[True]
        assert (name, MOST_URL + 1) in lengths[False]
    assert {("DefaultTtl", "0"), ("DefaultTtl", "2147483646")} <= values[True]
    assert {("DefaultTtl", "-1"), ("DefaultTtl", "2147483647")} <= values[None]


@pytest.mark.parametrize("operation", SCHEMAS)
def test_every_listed_value_is_sent(operation: Operation) -> None:
    sent = {
        pair
        for case in systematic()
        if case.operation == operation and case.valid
        for pair in case.form or ()
    }
    listed = {
        (name, value)
        for name in ("GeoMatchLevel", "NumberSelectionBehavior")
        for value in RAW["components"]["schemas"][name]["enum"]
    }

    assert listed <= sent


def test_page_sizes_are_tried_at_their_bounds() -> None:
    sizes = {
        case.query: case.valid
        for case in systematic()
        if case.operation == "ListService" and case.content_type is None
    }

    assert {(("PageSize", size),) for size in ("1", "2", "999", "1000")} <= {
        query for query, valid in sizes.items() if valid
    }
    assert {(("PageSize", size),) for size in ("0", "1001", "AAA")} <= {
        query for query, valid in sizes.items() if valid is None
    }


def test_no_write_can_reach_what_is_somebody_elses() -> None:
    for case in systematic():
        if case.method != "GET":
            sid = case.path.removeprefix("/v1/Services").removeprefix("/")
            assert sid in {"", LIVE} or len(sid) >= NOBODYS_SID, case
            assert (case.method, case.path) != ("DELETE", "/v1/Services")


def test_only_methods_that_a_target_ought_to_know_are_sent() -> None:
    methods = {case.method for case in systematic()}

    assert methods == {"GET", "POST", "DELETE", "OPTIONS", "PATCH", "PUT"}


def test_a_fuzzed_sid_of_a_write_is_nobodys() -> None:
    @QUICK
    @given(case=fuzz_cases(DOCUMENT, "DeleteService", valid=False))
    def check(case: BreadthCase) -> None:
        assert case.path != "/v1/Services/"
        assert case.needs_sid or len(case.path) >= len("/v1/Services/") + NOBODYS_SID

    check()


@pytest.mark.parametrize("operation", SCHEMAS)
def test_fuzzing_breaks_most_parameters(operation: Operation) -> None:
    broken: set[str | None] = set()

    @settings(QUICK, max_examples=100)
    @given(case=fuzz_cases(DOCUMENT, operation, valid=False))
    def collect(case: BreadthCase) -> None:
        broken.add(case.parameter)

    collect()

    assert len(broken - {None}) >= 4


def test_fuzzed_names_are_of_many_characters() -> None:
    names: list[str] = []

    @settings(QUICK, max_examples=60)
    @given(case=fuzz_cases(DOCUMENT, "CreateService", valid=True))
    def collect(case: BreadthCase) -> None:
        names.append(dict(case.form or ())["UniqueName"])

    collect()

    assert any(ord(char) > 0xFFFF for name in names for char in name)
    assert all(1 <= len(name) <= MOST_NAME for name in names)


def test_the_smallest_valid_create_has_nothing_but_a_name() -> None:
    found = find(fuzz_cases(DOCUMENT, "CreateService", valid=True), lambda _: True, settings=QUICK)

    assert found.form == (("UniqueName", "0"),)


def test_our_own_strategies_are_ordinary() -> None:
    @QUICK
    @given(name=breadth_schema.names(), url=breadth_schema.urls())
    def check(name: str, url: str) -> None:
        assert READERS["UniqueName"](name).state == "kept"
        assert READERS["CallbackUrl"](url).state == "kept"

    check()

    assert find(breadth_schema.names(), lambda _: True) == "0"
    assert find(breadth_schema.urls(), lambda _: True) == "https://www.example.com"


def test_what_cannot_be_fuzzed_says_so() -> None:
    with pytest.raises(ValueError, match="nothing of a FetchService can be broken"):
        fuzz_cases(DOCUMENT, "FetchService", valid=False)


def test_a_ready_case_has_a_name_and_a_chat_instance_of_its_own() -> None:
    for case in systematic():
        first = ready(case, sid="KS1", head="pc-run-1-")
        second = ready(case, sid="KS1", head="pc-run-2-")
        before, after = dict(case.form or ()), dict(first.form or ())

        assert LIVE not in first.path
        assert (first.valid, first.broken) == (case.valid, case.broken)
        if before.get("UniqueName"):
            assert after["UniqueName"].startswith("pc-run-1-")
            assert after["UniqueName"] != dict(second.form or ())["UniqueName"]
            if len(before["UniqueName"]) > len("pc-run-1-"):
                assert len(after["UniqueName"]) == len(before["UniqueName"])
        if case.valid and "ChatInstanceSid" in before:
            assert READERS["ChatInstanceSid"](after["ChatInstanceSid"]).state == "kept"
            assert after["ChatInstanceSid"] != dict(second.form or ())["ChatInstanceSid"]
        assert [breach for breach in breaches(first) if case.valid is not None] == []


def test_an_empty_or_missing_name_stays_so() -> None:
    broken = [case for case in systematic() if "missing" in (case.broken or "")]
    empty = [case for case in systematic() if "is empty" in (case.broken or "")]

    for case in broken:
        assert "UniqueName" not in dict(ready(case, sid=None, head="x").form or ())
    for case in empty:
        assert dict(ready(case, sid=None, head="x").form or ())["UniqueName"] == ""
    assert len(broken) == 2
    assert len(empty) == 1


def test_a_case_on_a_service_needs_one() -> None:
    case = next(case for case in systematic() if case.needs_sid)

    with pytest.raises(ValueError, match=r"needs the sid of a live Service"):
        ready(case, sid=None, head="x")


def test_the_target_of_a_request_holds_its_query() -> None:
    case = BreadthCase(
        operation="ListService",
        method="GET",
        path="/v1/Services",
        phase="coverage",
        query=(("PageSize", "1"), ("PageToken", "a b")),
    )

    assert case.target == "/v1/Services?PageSize=1&PageToken=a+b"


def test_schemathesis_is_not_imported_before_a_request_is_generated() -> None:
    script = (
        "import sys; import conformance.harness.breadth, conformance.harness.breadth_judge;"
        "import conformance.harness.breadth_links; print('schemathesis' in sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT
    )

    assert found.stdout.strip() == "False"


def test_hypothesis_shows_arguments_after_schemathesis_is_imported() -> None:
    breadth_schema.library()

    @settings(QUICK, max_examples=1)
    @given(value=st.just("shown as it is"))
    def fails(value: str) -> None:
        raise AssertionError(value)

    with pytest.raises(AssertionError) as caught:
        fails()
    assert any("shown as it is" in note for note in caught.value.__notes__)
