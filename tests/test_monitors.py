"""What is true of every answer is held against each; good ones are seen to hold it."""

from typing import Any

import pytest

from conformance.harness import monitors, representation
from conformance.harness.evidence import Exchange
from tests.exchanges import ACCOUNT, ERROR, HOST, SERVICE, exchange, lost, page, service

HTML = (("Content-Type", "text/html; charset=utf-8"),)


def judged(made: Exchange, account: str | None = ACCOUNT) -> dict[str, list[str]]:
    """Give each requirement that is judged, with the places where it is violated."""
    found: dict[str, list[str]] = {}
    for monitor in monitors.monitors(account):
        for row, violation in monitor(made):
            found.setdefault(row, []).extend([violation.where] if violation else [])
    return found


def violated(made: Exchange, account: str | None = ACCOUNT) -> dict[str, list[str]]:
    return {row: places for row, places in judged(made, account).items() if places}


GOOD = {
    "create": exchange("create", body=service()),
    "fetch": exchange("fetch", body=service()),
    "update": exchange("update", body=service()),
    "delete": exchange("delete", response_headers=()),
    "an empty list": exchange("list", body=page()),
    "a list": exchange("list", body=page(service(), service())),
    "a refusal": exchange("fetch", 404, ERROR),
    "a refusal in problem+json": exchange(
        "fetch", 404, ERROR, response_headers=(("content-type", "application/problem+json"),)
    ),
    "fractions of a second": exchange(body=service(date_updated="2015-07-30T20:00:00.5Z")),
}


@pytest.mark.parametrize("made", [pytest.param(made, id=words) for words, made in GOOD.items()])
def test_a_good_answer_violates_nothing_that_counts(made: Exchange) -> None:
    assert judged(made)
    assert set(violated(made)) <= {"SERVICE-22"}


def test_good_answers_hold_each_requirement_that_monitors_watch() -> None:
    held = {row for made in GOOD.values() for row, places in judged(made).items() if not places}

    assert held >= {*representation.SHAPES.values(), *(row for row, _ in monitors.SUCCESS.values())}
    assert held >= {"LIST-2", "LIST-3", "LIST-4", "DELETE-2", "SERVICE-22"}
    assert held >= {f"ERROR-{number}" for number in range(1, 9)}
    assert held >= {f"SERVICE-{number}" for number in (9, 10, 11, 12, 13, 14, 15, 18, 21)}


def test_where_a_property_may_hold_several_things_each_is_told() -> None:
    ((_, violation),) = [
        (row, violation)
        for row, violation in representation.Representations(account_sid=ACCOUNT)(
            exchange(body=service(chat_instance_sid="is" + "0" * 31))
        )
        if violation is not None
    ]

    assert violation is not None
    assert violation.expected == (
        "of 34 characters at least or like ^IS[0-9a-fA-F]{32}$ or one of [None, '']"
    )


def test_what_another_account_creates_is_its_own() -> None:
    """What it is shown else may be somebody else's, which is for other requirements."""
    watch = representation.Representations(account_sid=ACCOUNT, other_sid="AC" + "2" * 32)
    created = exchange("create", body=service(), credentials="other-account")
    fetched = exchange("fetch", body=service(), credentials="other-account")

    assert [row for row, violation in watch(created) if violation] == ["SERVICE-3"]
    assert [row for row, violation in watch(fetched) if violation] == []


def test_a_create_that_is_answered_with_an_old_service_is_judged_elsewhere() -> None:
    watch = monitors.AsSent()

    assert [row for row, _ in watch(created("&DefaultTtl=5"))] == ["CREATE-22"]
    assert [row for row, _ in watch(created("&DefaultTtl=5"))] == []


def test_a_service_that_is_shown_again_is_judged_as_it_was() -> None:
    watch = representation.Representations(account_sid=ACCOUNT)
    right, wrong = service(default_ttl=0), service(default_ttl=False)

    first = list(watch(exchange(body=right)))

    assert list(watch(exchange("list", body=page(right)))) == first
    for _ in range(2):
        shown = [row for row, violation in watch(exchange(body=wrong)) if violation is not None]
        assert shown == ["SERVICE-5"]


def test_a_list_may_show_services_that_are_older_than_what_they_need() -> None:
    old = service(unique_name=None, date_updated=None)

    assert violated(exchange("list", body=page(old))) == {}
    assert set(violated(exchange("fetch", body=old))) == {"SERVICE-14"}
    assert "SERVICE-14" in violated(exchange("list", body=page(service(unique_name=...))))


def test_what_is_remembered_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(representation, "MOST_REMEMBERED", 1)
    watch = representation.Representations(account_sid=ACCOUNT)

    judged_twice = [list(watch(exchange(body=service(default_ttl=ttl)))) for ttl in (1, 2, 1, 2)]

    assert judged_twice[:2] == judged_twice[2:]


ELSEWHERE = "https://proxy.example/v1/Services/KS" + "b" * 32
LINKS: dict[str, Any] = SERVICE["links"]
BAD_SERVICES = [
    ("SERVICE-1", "/sid", {"sid": "KSxyz", "url": ..., "links": ...}),
    ("SERVICE-1", "/sid", {"sid": 5, "url": ..., "links": ...}),
    ("SERVICE-2", "/unique_name", {"unique_name": 5}),
    ("SERVICE-3", "/account_sid", {"account_sid": "AC" + "2" * 32}),
    ("SERVICE-3", "/account_sid", {"account_sid": "AC1"}),
    ("SERVICE-4", "/chat_instance_sid", {"chat_instance_sid": "IS1"}),
    ("SERVICE-5", "/default_ttl", {"default_ttl": "0"}),
    ("SERVICE-5", "/default_ttl", {"default_ttl": 1.5}),
    ("SERVICE-5", "/default_ttl", {"default_ttl": True}),
    ("SERVICE-6", "/callback_url", {"callback_url": 5}),
    ("SERVICE-6", "/intercept_callback_url", {"intercept_callback_url": []}),
    ("SERVICE-6", "/out_of_session_callback_url", {"out_of_session_callback_url": {}}),
    ("SERVICE-7", "/geo_match_level", {"geo_match_level": "continent"}),
    ("SERVICE-8", "/number_selection_behavior", {"number_selection_behavior": "sticky"}),
    ("SERVICE-9", "/date_created", {"date_created": "Thu, 30 Jul 2015 20:00:00 +0000"}),
    ("SERVICE-10", "/date_updated", {"date_updated": "2015-07-30T20:00:00+02:00"}),
    ("SERVICE-11", "/url", {"url": ELSEWHERE}),
    ("SERVICE-11", "/url", {"url": f"/v1/Services/{SERVICE['sid']}"}),
    ("SERVICE-11", "/url", {"url": "http://[::1"}),
    ("SERVICE-12", "/links/sessions", {"links": LINKS | {"sessions": f"{ELSEWHERE}/Sessions"}}),
    ("SERVICE-12", "/links/phone_numbers", {"links": LINKS | {"phone_numbers": None}}),
    ("SERVICE-12", "/links/sessions", {"links": LINKS | {"sessions": LINKS["phone_numbers"]}}),
    ("SERVICE-13", "/links/short_codes", {"links": LINKS | {"short_codes": None}}),
    ("SERVICE-18", "/date_updated", {"date_updated": "2015-07-30T19:59:59Z"}),
    ("SERVICE-22", "/date_created", {"date_created": "2015-07-30T20:00:00+00:00"}),
]


@pytest.mark.parametrize(("row", "where", "changed"), BAD_SERVICES)
def test_each_shape_has_its_requirement(row: str, where: str, changed: dict[str, object]) -> None:
    body = service(**changed)
    for made in (exchange(body=body), exchange("create", body=body), exchange("update", body=body)):
        assert violated(made).pop(row) == [where]

    listed = exchange("list", body=page(service(), body))
    assert violated(listed).pop(row) == [f"/services/1{where}"]


@pytest.mark.parametrize("name", representation.NEEDED)
@pytest.mark.parametrize("absent", [None, ...], ids=["null", "absent"])
def test_what_a_service_needs_is_there(name: str, absent: object) -> None:
    assert violated(exchange(body=service(**{name: absent})))["SERVICE-14"] == [f"/{name}"]


def test_a_property_that_is_not_there_is_another_requirement() -> None:
    found = violated(exchange(body=service(callback_url=...)))

    assert found == {"SERVICE-15": ["body"]}


def test_links_that_are_no_object_violate_their_requirements() -> None:
    assert set(violated(exchange(body=service(links="https://a.example")))) == {
        "SERVICE-12",
        "SERVICE-13",
    }


def test_the_account_is_judged_only_where_it_is_known_and_ours() -> None:
    body = service(account_sid="AC" + "2" * 32)

    assert violated(exchange(body=body), account=None) == {}
    assert violated(exchange(body=body, credentials="other-account")) == {}
    assert violated(exchange(body=service(account_sid=ACCOUNT.lower().replace("ac", "AC")))) == {}


BAD_META = [
    ("LIST-3", "/meta/page", {"page": "0"}),
    ("LIST-3", "/meta/page_size", {"page_size": None}),
    ("LIST-3", "/meta/url", {"url": None}),
    ("LIST-3", "/meta/url", {"url": "/v1/Services"}),
    ("LIST-3", "/meta/next_page_url", {"next_page_url": "?Page=1"}),
    ("LIST-3", "/meta/previous_page_url", {"previous_page_url": 5}),
    *(("LIST-3", f"/meta/{name}", {name: ...}) for name in monitors.META),
    ("LIST-4", "/meta/key", {"key": "items"}),
    ("LIST-4", "/meta/key", {"key": None}),
]


@pytest.mark.parametrize("query", ["", "?PageSize=2", "?PageSize=1000"])
@pytest.mark.parametrize(
    ("where", "changed"),
    [
        ("/meta/page", {"page": 1}),
        ("/meta/previous_page_url", {"previous_page_url": f"{HOST}/v1/Services?Page=0"}),
    ],
)
def test_a_first_page_is_page_0_and_has_none_before_it(
    query: str, where: str, changed: dict[str, object]
) -> None:
    asked = exchange("list", body=page(**changed), url=f"{HOST}/v1/Services{query}")

    assert violated(asked) == {"LIST-13": [where]}


@pytest.mark.parametrize(
    "query", ["?Page=1", "?PageSize=2&PageToken=x", "?PageSize=x", "?cursor=x"]
)
def test_what_may_be_a_later_page_may_have_one_before_it(query: str) -> None:
    changed = {"page": 1, "previous_page_url": f"{HOST}/v1/Services?Page=0"}

    assert violated(exchange("list", body=page(**changed), url=f"{HOST}/v1/Services{query}")) == {}


@pytest.mark.parametrize(("row", "where", "changed"), BAD_META)
def test_meta_is_complete_and_of_its_types(
    row: str, where: str, changed: dict[str, object]
) -> None:
    assert violated(exchange("list", body=page(**changed))) == {row: [where]}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"services": []},
        {"meta": {}},
        {"services": {}, "meta": {}},
        {"services": [5], "meta": {}},
        {"services": [], "meta": []},
    ],
)
def test_a_list_has_its_envelope(body: dict[str, object]) -> None:
    assert violated(exchange("list", body=body)) == {"LIST-2": ["body"]}


def test_an_envelope_that_is_no_object_is_no_json_object() -> None:
    assert violated(exchange("list", body=[service()])) == {"SERVICE-21": ["body"]}


@pytest.mark.parametrize("status", [500, 502, 503, 599])
@pytest.mark.parametrize("operation", ["list", "create", "other"])
def test_no_answer_is_a_5xx(operation: str, status: int) -> None:
    assert violated(exchange(operation, status, ERROR))["ERROR-1"] == ["status"]


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ("create", 200),
        ("fetch", 203),
        ("list", 302),
        ("update", 201),
        ("update", 202),
        ("delete", 200),
    ],
)
def test_each_operation_succeeds_in_its_own_way(operation: str, status: int) -> None:
    row, _ = monitors.SUCCESS[operation]

    assert violated(exchange(operation, status, service()))[row] == ["status"]


@pytest.mark.parametrize("status", [400, 404, 500])
def test_a_failure_says_nothing_about_how_an_operation_succeeds(status: int) -> None:
    assert monitors.SUCCESS["fetch"][0] not in judged(exchange("fetch", status, ERROR))


def test_answers_are_called_json() -> None:
    assert violated(exchange(body=service(), response_headers=HTML)) == {
        "SERVICE-21": ["header Content-Type"]
    }
    assert violated(exchange("fetch", 404, ERROR, response_headers=())) == {
        "ERROR-7": ["header Content-Type"]
    }


def test_an_answer_of_success_is_a_json_object() -> None:
    assert violated(exchange(body=b"not json")) == {"SERVICE-21": ["body"]}


def created(form: str, **shown: Any) -> Exchange:
    """Make a create of a form, and what it was answered."""
    return exchange(
        "create",
        body=service(unique_name="a", **shown),
        request_headers=(("content-type", "application/x-www-form-urlencoded"),),
        request_body=f"UniqueName=a{form}".encode(),
    )


@pytest.mark.parametrize(
    ("form", "shown", "row"),
    [
        ("&DefaultTtl=5", {"default_ttl": 6}, "CREATE-22"),
        ("&GeoMatchLevel=radius", {"geo_match_level": "country"}, "CREATE-8"),
        ("&NumberSelectionBehavior=avoid-sticky", {}, "CREATE-9"),
        ("&DefaultTtl=5", {"default_ttl": 5, "geo_match_level": "radius"}, "CREATE-12"),
        ("&CallbackUrl=https%3A%2F%2Fa.example.com%2F",
         {"callback_url": "https://a.example.com/",
          "intercept_callback_url": "https://a.example.com/"}, "CREATE-14"),
    ],
)  # fmt: skip
def test_a_create_shows_what_it_sent_and_else_what_is_the_default(
    form: str, shown: dict[str, Any], row: str
) -> None:
    assert set(violated(created(form, **shown))) == {row}


@pytest.mark.parametrize(
    "form",
    [
        "&DefaultTtl=2147483648",
        "&DefaultTtl=1&DefaultTtl=2",
        "&DefaultTtl",
        "&GeoMatchLevel=extended-area-code",
        "&Unknown=x",
        "&CallbackUrl=",
        "&%FF=x",
    ],
)
def test_what_nobody_reads_alike_is_not_held_against_the_answer(form: str) -> None:
    assert violated(created(form, default_ttl=7)) == {}


BAD_ERRORS = [
    ("ERROR-2", "/message", {}),
    ("ERROR-2", "/message", ERROR | {"message": ""}),
    ("ERROR-2", "/message", ERROR | {"message": {"text": "no"}}),
    ("ERROR-3", "/status", ERROR | {"status": 400}),
    ("ERROR-3", "/status", ERROR | {"status": "404"}),
    ("ERROR-4", "/code", {key: value for key, value in ERROR.items() if key != "code"}),
    ("ERROR-5", "/more_info", {key: value for key, value in ERROR.items() if key != "more_info"}),
    ("ERROR-6", "/code", ERROR | {"code": "20404"}),
    ("ERROR-6", "/more_info", ERROR | {"more_info": "errors/20404"}),
    ("ERROR-8", "body", ERROR | {"message": 'File "/srv/app.py", line 3, in create'}),
    ("ERROR-8", "body", ERROR | {"message": "Traceback (most recent call last):\n  x"}),
    ("ERROR-8", "body", ERROR | {"message": "Error: no\n    at Object.create(app.js:3)"}),
]


@pytest.mark.parametrize(("row", "where", "body"), BAD_ERRORS)
def test_an_error_says_what_it_is(row: str, where: str, body: dict[str, object]) -> None:
    assert violated(exchange("fetch", 404, body)) == {row: [where]}


@pytest.mark.parametrize(
    "message", ["Invalid value at position 5: a.b", "look at https://a.example/docs.py for more"]
)
def test_a_message_that_only_resembles_a_stack_trace_is_fine(message: str) -> None:
    assert violated(exchange("fetch", 404, ERROR | {"message": message})) == {}


def test_a_delete_answers_without_a_body() -> None:
    assert violated(exchange("delete", body=service())) == {"DELETE-2": ["body"]}


@pytest.mark.parametrize(("length", "found"), [("0", {}), ("17", {"DELETE-2": ["body"]})])
def test_a_delete_says_nothing_of_a_body(length: str, found: dict[str, list[str]]) -> None:
    """Which clients do not read after 204, and take for the next answer."""
    headers = (("Content-Length", length),)
    assert violated(exchange("delete", response_headers=headers)) == found


def test_where_no_answer_came_there_is_nothing_to_judge() -> None:
    assert judged(lost()) == {}


@pytest.mark.parametrize("operation", ["other", "sweep"])
def test_what_is_no_operation_of_the_resource_is_judged_elsewhere(operation: str) -> None:
    made = exchange(operation, 405, b"<html>", response_headers=HTML)

    assert judged(made) == {"ERROR-1": []}


def test_long_values_are_shortened() -> None:
    [found] = [
        violation.found
        for monitor in monitors.monitors(None)
        for row, violation in monitor(exchange(body=service(geo_match_level="x" * 9999)))
        if violation and row == "SERVICE-7"
    ]

    assert len(found) < 300
