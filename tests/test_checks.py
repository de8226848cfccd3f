"""Each check is silent on a good exchange, and says what it stands for on a bad one."""

from collections.abc import Iterator
from typing import Any

import pytest

from conformance.harness import checks
from conformance.harness.evidence import Exchange
from conformance.harness.expect import Check, Violation
from tests.exchanges import SID, exchange, lost, service


def told(check: Check, made: Exchange) -> list[tuple[str, str, str]]:
    return [(one.where, one.expected, one.found) for one in check(made)]


@pytest.mark.parametrize("status", [200, 404])
def test_a_status_that_is_allowed_is_fine(status: int) -> None:
    assert told(checks.status(200, 404), exchange(status=status)) == []


@pytest.mark.parametrize("status", [201, 500])
def test_a_status_that_is_not_allowed_is_told(status: int) -> None:
    assert told(checks.status(200, 404), exchange(status=status)) == [
        ("status", "200 or 404", str(status))
    ]


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_accepted(status: int) -> None:
    assert (
        told(checks.accepted(), exchange(status=status, body={"sid": "KS", "services": []})) == []
    )


@pytest.mark.parametrize("status", [199, 301, 400, 500])
def test_anything_else_is_not_accepted(status: int) -> None:
    [(where, expected, found)] = told(checks.accepted(), exchange(status=status, body={"a": 1}))

    assert (where, expected) == ("status", "a 2xx")
    assert found == f'{status} {{"a": 1}}'


@pytest.mark.parametrize("status", [400, 404, 409, 422, 499])
def test_a_4xx_about_the_request_is_a_refusal(status: int) -> None:
    assert told(checks.refused(), exchange(status=status)) == []


@pytest.mark.parametrize("status", [200, 302, 401, 403, 407, 408, 429, 500])
def test_what_is_about_something_else_is_no_refusal(status: int) -> None:
    [(where, _, found)] = told(checks.refused(), exchange(status=status))

    assert (where, found) == ("status", str(status))


@pytest.mark.parametrize(
    ("status", "silent"), [(401, True), (403, True), (400, False), (200, False)]
)
def test_whoever_may_not_is_turned_away(status: int, silent: bool) -> None:  # noqa: FBT001 - a table
    assert (told(checks.turned_away(), exchange(status=status)) == []) is silent


@pytest.mark.parametrize(
    ("status", "silent"), [(404, True), (403, True), (400, True), (200, False), (500, False)]
)
def test_what_is_somebody_elses_is_out_of_reach(status: int, silent: bool) -> None:  # noqa: FBT001
    assert (told(checks.out_of_reach(), exchange(status=status)) == []) is silent


def test_no_answer_is_neither_a_refusal_nor_accepted() -> None:
    for check in (checks.accepted(), checks.refused(), checks.out_of_reach(), checks.status(200)):
        assert len(told(check, lost())) == 1


def test_a_code_is_read_from_the_body() -> None:
    assert told(checks.code(20404), exchange(body={"code": 20404})) == []
    assert told(checks.code(20404), exchange(body={"code": 1})) == [("/code", "20404", "1")]
    assert told(checks.code(20404), exchange(body=b"<html>")) == [("/code", "20404", "nothing")]


def test_a_code_that_is_a_text_is_another_one() -> None:
    assert told(checks.code(20404), exchange(body={"code": "20404"})) == [
        ("/code", "20404", "'20404'")
    ]


def test_properties_that_are_shown_are_fine() -> None:
    made = exchange(body=service(default_ttl=7, unique_name="x"))

    assert told(checks.shows(default_ttl=7, unique_name="x"), made) == []


def test_each_property_that_differs_is_told() -> None:
    made = exchange(body=service(default_ttl=7, unique_name="x"))

    assert told(checks.shows(default_ttl=8, unique_name="y"), made) == [
        ("/default_ttl", "8", "7"),
        ("/unique_name", "'y'", "'x'"),
    ]


def test_a_name_that_is_taken_is_refused() -> None:
    check = checks.refused_as_taken("a", keeps="CREATE-17")

    assert list(check(exchange(status=400))) == []
    (kept,) = check(exchange("create", 201, service(unique_name="a")))
    changed, taken = check(exchange("create", 201, service(unique_name="b")))
    assert (kept.requirement, kept.found) == (taken.requirement, taken.found) == (None, "201")
    assert (changed.requirement, changed.where, changed.found) == (
        "CREATE-17", "/unique_name", "'b'",
    )  # fmt: skip


@pytest.mark.parametrize(("status", "count"), [(200, 1), (404, 0), (500, 0)])
def test_a_check_may_be_about_what_was_accepted_alone(status: int, count: int) -> None:
    check = checks.only_if_accepted(checks.status(201))

    assert len(list(check(exchange(status=status)))) == count


@pytest.mark.parametrize(("statuses", "count"), [((400, 409), 1), ((400, 200), 0)])
def test_a_check_may_be_applied_after_refusals_alone(statuses: tuple[int, ...], count: int) -> None:
    check = checks.only_after_all([exchange(status=one) for one in statuses], checks.status(201))

    assert len(list(check(exchange(status=200)))) == count


@pytest.mark.parametrize("unset", [None, "", ...])
def test_null_absent_and_empty_are_one_way_of_not_set(unset: object) -> None:
    made = exchange(body=service(callback_url=unset))

    assert told(checks.shows(callback_url=None), made) == []
    assert told(checks.shows(callback_url="http://a"), made) == [
        ("/callback_url", "'http://a'", "None")
    ]


def test_a_name_that_is_absent_is_nothing() -> None:
    assert told(checks.shows(unique_name="x"), exchange(body={})) == [
        ("/unique_name", "'x'", "nothing")
    ]


def test_a_value_of_another_type_is_for_its_own_requirement() -> None:
    assert told(checks.shows(default_ttl=5), exchange(body=service(default_ttl="5"))) == []


@pytest.mark.parametrize("true", ["True", [0], {"a": 0}])
def test_values_that_only_look_alike_differ(true: object) -> None:
    assert told(checks.shows(default_ttl=0), exchange(body=service(default_ttl=true))) != []


@pytest.mark.parametrize(
    "later", ["2015-07-30T20:00:00.5Z", "2015-07-30T20:00:00+00:00", "2015-07-30t20:00:00z"]
)
def test_dates_within_the_same_second_are_the_same(later: str) -> None:
    made = exchange(body=service(date_created=later))

    assert told(checks.shows(date_created="2015-07-30T20:00:00Z"), made) == []


def test_dates_further_apart_differ() -> None:
    made = exchange(body=service(date_created="2015-07-30T20:00:02Z"))

    assert len(told(checks.shows(date_created="2015-07-30T20:00:00Z"), made)) == 1


FORM = {"UniqueName": "x", "DefaultTtl": "5", "CallbackUrl": "", "GeoMatchLevel": "overlay"}


def test_a_form_is_shown_as_properties() -> None:
    made = exchange(body=service(unique_name="x", default_ttl=5, geo_match_level="overlay"))

    assert told(checks.shows_form(FORM), made) == []
    assert checks.properties(FORM) == {
        "unique_name": "x",
        "default_ttl": 5,
        "callback_url": None,
        "geo_match_level": "overlay",
    }


def test_what_a_form_sent_and_is_not_shown_is_told() -> None:
    assert [where for where, _, _ in told(checks.shows_form(FORM), exchange(body=service()))] == [
        "/unique_name",
        "/default_ttl",
        "/geo_match_level",
    ]


def test_the_same_service_is_the_same() -> None:
    assert told(checks.same_as(service()), exchange(body=service())) == []


LASTING = (
    "sid",
    "account_sid",
    "date_created",
    "url",
    "unique_name",
    "default_ttl",
    "date_updated",
)


@pytest.mark.parametrize("name", LASTING)
def test_a_service_that_changed_is_not_the_same(name: str) -> None:
    made = exchange(body=service(**{name: "2016-01-01T00:00:00Z"}))

    assert [where for where, _, _ in told(checks.same_as(service()), made)] == [f"/{name}"]


def test_the_host_of_a_url_is_nobodys_business() -> None:
    """A target may name another node of its own each time, with a prefix or without."""
    there = str(service()["url"]).partition("/v1/")[2]
    made = exchange(body=service(url=f"http://node-2.example/prefix/v1/{there}"))

    assert told(checks.same_as(service()), made) == []


def test_what_may_change_is_left_out() -> None:
    made = exchange(body=service(unique_name="other", date_updated="2020-01-01T00:00:00Z"))

    assert told(checks.same_as(service(), "unique_name", dates=False), made) == []


def test_what_was_never_shown_cannot_change() -> None:
    assert told(checks.same_as(service(url=...)), exchange(body=service())) == []


def test_the_content_of_a_service_is_what_can_be_set() -> None:
    assert checks.content(service(default_ttl=3, callback_url="")) == {
        "unique_name": "a name",
        "default_ttl": 3,
        "geo_match_level": "country",
        "number_selection_behavior": "prefer-sticky",
        "callback_url": None,
        "intercept_callback_url": None,
        "out_of_session_callback_url": None,
        "chat_instance_sid": None,
    }


@pytest.mark.parametrize(
    ("found", "silent"), [(SID, True), (SID.lower(), True), ("KS1", False), (5, False)]
)
def test_a_sid_is_compared_without_letter_case(found: object, silent: bool) -> None:  # noqa: FBT001
    assert (told(checks.is_about(SID), exchange(body=service(sid=found))) == []) is silent


def test_a_predicate_is_told_in_words() -> None:
    def is_empty(made: Exchange) -> bool:
        return made.object() == {}

    check = checks.that(is_empty, where="body", expected="to be empty", found=lambda _: "x" * 400)

    assert told(check, exchange(body={})) == []
    [(where, expected, found)] = told(check, exchange(body={"a": 1}))
    assert (where, expected) == ("body", "to be empty")
    assert found.endswith("(100 more characters)")


REFUSED, ACCEPTED = exchange(status=404), exchange(status=200)


def always(_: Exchange) -> Iterator[Violation]:
    yield Violation(where="here", expected="this", found="that")


@pytest.mark.parametrize(
    ("check", "count"),
    [
        (checks.only_after(REFUSED, always), 1),
        (checks.only_after(ACCEPTED, always), 0),
        (checks.only_after_accepted(ACCEPTED, always), 1),
        (checks.only_after_accepted(REFUSED, always), 0),
    ],
    ids=["refused", "not refused", "accepted", "not accepted"],
)
def test_a_check_may_depend_on_what_came_before(check: Check, count: int) -> None:
    assert len(list(check(exchange()))) == count


@pytest.mark.parametrize(("status", "count"), [(404, 1), (200, 0), (401, 0), (500, 0)])
def test_a_check_may_be_about_refusals_alone(status: int, count: int) -> None:
    assert len(list(checks.only_if_refused(always)(exchange(status=status)))) == count


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({"message": "no", "status": 400}, 1),
        ({"message": "no", "status": 404}, 0),
        ({"message": "no"}, 0),
        ({"message": "no", "status": "error"}, 0),
        ({"message": "no", "status": 0}, 0),
        ({"status": 400}, 0),
        ([], 0),
    ],
    ids=["another", "the same", "none", "in words", "a number of its own", "not ours", "no object"],
)
def test_a_gateway_may_refuse_in_words_of_its_own(body: Any, count: int) -> None:
    answer = exchange(status=404, body=body)

    assert len(list(checks.states_no_other_status()(answer))) == count


@pytest.mark.parametrize("value", ["x" * 1000, list(range(500))])
def test_long_values_are_shortened(value: Any) -> None:
    [(_, _, found)] = told(checks.shows(unique_name="a"), exchange(body=service(unique_name=value)))

    assert len(found) < 400
    assert "more characters" in found
