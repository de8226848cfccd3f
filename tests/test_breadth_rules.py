"""The rules that judge generated requests agree with the document, and err on neither side."""

from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from conformance.harness.breadth_rules import (
    ANY_NAME,
    BEHAVIORS,
    LEVELS,
    MOST_NAME,
    MOST_PAGE,
    MOST_TTL,
    MOST_URL,
    READERS,
    Operation,
    Pairs,
    Verdict,
    read_form,
    read_query,
    verdict,
    with_one_fault,
)

COMPONENTS: Final[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[1] / "openapi" / "service.yaml").read_text("utf-8")
)["components"]
URL: Final = "https://www.example.com/"


def test_the_limits_are_those_of_the_document() -> None:
    schemas = COMPONENTS["schemas"]

    assert schemas["UniqueName"]["maxLength"] == MOST_NAME
    assert schemas["CallbackUrl"]["maxLength"] == MOST_URL
    assert (schemas["DefaultTtl"]["minimum"], schemas["DefaultTtl"]["maximum"]) == (0, MOST_TTL)
    assert schemas["GeoMatchLevel"]["enum"] == list(LEVELS)
    assert schemas["NumberSelectionBehavior"]["enum"] == list(BEHAVIORS)
    assert COMPONENTS["parameters"]["PageSize"]["schema"]["maximum"] == MOST_PAGE
    assert set(schemas["CreateServiceRequest"]["properties"]) == set(READERS)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("UniqueName", "0"),
        ("UniqueName", "a b"),
        ("UniqueName", "\U0001f600" * 191),
        ("UniqueName", "null"),
        ("DefaultTtl", "0"),
        ("DefaultTtl", "2147483646"),
        ("GeoMatchLevel", "overlay"),
        ("NumberSelectionBehavior", "avoid-sticky"),
        ("ChatInstanceSid", "IS" + "aF" * 16),
        ("CallbackUrl", "http://example.org"),
        ("CallbackUrl", "https://a-b.c1.example.net:8443/%20/x?a=b&c=d+e#top"),
        ("CallbackUrl", URL.ljust(4000, "a")),
    ],
)
def test_what_keeps_every_rule_is_kept(parameter: str, value: str) -> None:
    assert READERS[parameter](value).state == "kept"


@pytest.mark.parametrize(
    ("parameter", "value", "how"),
    [
        ("UniqueName", "x" * 192, "UniqueName has 192 characters"),
        ("DefaultTtl", "0.5", "DefaultTtl is '0.5', not an integer"),
        ("DefaultTtl", "true", "DefaultTtl is 'true', not an integer"),
        ("DefaultTtl", "NaN", "DefaultTtl is 'NaN', not an integer"),
        ("DefaultTtl", "Infinity", "DefaultTtl is 'Infinity', not an integer"),
        ("DefaultTtl", "12 h", "DefaultTtl is '12 h', not an integer"),
        ("GeoMatchLevel", "planet", "GeoMatchLevel is 'planet', none of the listed ones"),
        (
            "NumberSelectionBehavior",
            "sticky",
            "NumberSelectionBehavior is 'sticky', none of the listed ones",
        ),
        (
            "ChatInstanceSid",
            "KS" + "a" * 32,
            f"ChatInstanceSid is 'KS{'a' * 32}', not IS and 32 hexadecimal digits",
        ),
        (
            "ChatInstanceSid",
            "IS" + "a" * 31 + "\n",
            f"ChatInstanceSid is 'IS{'a' * 31}\\n', not IS and 32 hexadecimal digits",
        ),
        ("CallbackUrl", "nowhere", "CallbackUrl is 'nowhere', not a URI: it has no scheme"),
        ("CallbackUrl", "//a.org", "CallbackUrl is '//a.org', not a URI: it has no scheme"),
        ("InterceptCallbackUrl", URL.ljust(4001, "a"), "InterceptCallbackUrl has 4001 characters"),
        (
            "OutOfSessionCallbackUrl",
            "x" * 50,
            f"OutOfSessionCallbackUrl is '{'x' * 40}...', not a URI: it has no scheme",
        ),
    ],
)
def test_what_has_to_be_refused_is_broken_and_says_how(
    parameter: str, value: str, how: str
) -> None:
    reading = READERS[parameter](value)

    assert (reading.state, reading.how) == ("broken", how)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("UniqueName", ""),
        ("UniqueName", " x"),
        ("UniqueName", "x\u00a0"),
        ("UniqueName", "a\x00b"),
        ("UniqueName", "a\u200db"),
        ("UniqueName", "a\ue000b"),
        ("UniqueName", "\x7f" * 192),
        ("UniqueName", " " * 192),
        ("CallbackUrl", "http://"),
        ("DefaultTtl", ""),
        ("DefaultTtl", "-1"),
        ("DefaultTtl", "2147483647"),
        ("DefaultTtl", "007"),
        ("DefaultTtl", "+5"),
        ("DefaultTtl", " 5 "),
        ("DefaultTtl", "1.0"),
        ("DefaultTtl", "1e3"),
        ("DefaultTtl", "1e999"),
        ("DefaultTtl", "0x10"),
        ("DefaultTtl", "1_000"),
        ("DefaultTtl", "\u0663"),
        ("DefaultTtl", "9" * 5000),
        ("GeoMatchLevel", ""),
        ("GeoMatchLevel", "extended-area-code"),
        ("GeoMatchLevel", "Area_Code"),
        ("GeoMatchLevel", "country "),
        ("NumberSelectionBehavior", "PREFER-STICKY"),
        ("ChatInstanceSid", ""),
        ("ChatInstanceSid", "is" + "A" * 32),
        ("ChatInstanceSid", "IS" + "a" * 32 + "\n"),
        ("CallbackUrl", ""),
        ("CallbackUrl", "mailto:a@example.org"),
        ("CallbackUrl", "https://www.example.com/a b"),
        ("CallbackUrl", "https://" + "a" * 300 + ".com"),
        ("CallbackUrl", "https://proxy.twilio.com/v1/Services"),
        ("CallbackUrl", "http://localhost:1"),
        ("CallbackUrl", "http://[::1"),
        ("CallbackUrl", " nowhere:else"),
    ],
)
def test_what_nobody_knows_is_unsettled(parameter: str, value: str) -> None:
    assert READERS[parameter](value).state == "unsettled"


@pytest.mark.parametrize(
    ("operation", "form", "expected"),
    [
        ("CreateService", (("UniqueName", "a"),), Verdict(valid=True)),
        ("UpdateService", (), Verdict(valid=True)),
        (
            "CreateService",
            (),
            Verdict(
                valid=False, parameter="UniqueName", how="UniqueName is missing", rule="missing"
            ),
        ),
        (
            "CreateService",
            (("UniqueName", ""),),
            Verdict(valid=False, parameter="UniqueName", how="UniqueName is empty", rule="empty"),
        ),
        ("UpdateService", (("UniqueName", ""),), Verdict(valid=None)),
        ("CreateService", (("UniqueName", "a"), ("UniqueName", "b")), Verdict(valid=None)),
        ("CreateService", (("UniqueName", "a"), ("Unknown", "b")), Verdict(valid=None)),
        ("UpdateService", (("GeoMatchLevel", "x"), ("DefaultTtl", "x")), Verdict(valid=None)),
        ("UpdateService", (("GeoMatchLevel", "x"), ("DefaultTtl", "-1")), Verdict(valid=None)),
    ],
)
def test_a_request_is_judged_by_the_one_rule_it_breaks(
    operation: Operation, form: Pairs, expected: Verdict
) -> None:
    assert verdict(read_form(operation, form).items()) == expected


@pytest.mark.parametrize(
    ("query", "valid"),
    [
        ((), True),
        ((("PageSize", "1"),), True),
        ((("PageSize", "1000"),), True),
        ((("PageSize", "1001"),), None),
        ((("PageSize", "0"),), None),
        ((("PageSize", "01"),), None),
        ((("PageSize", "5"), ("PageSize", "5")), None),
        ((("PageSize", "5"), ("Page", "0")), None),
        ((("Page", "0"),), None),
        ((("PageToken", "x"),), None),
        ((("Unknown", "x"),), None),
    ],
)
def test_of_queries_only_a_page_size_within_bounds_is_judged(
    query: Pairs, *, valid: bool | None
) -> None:
    assert verdict(read_query("ListService", query).items()).valid is valid


@pytest.mark.parametrize(
    ("form", "left"),
    [
        (
            (("UniqueName", "a"), ("GeoMatchLevel", "x"), ("DefaultTtl", "x")),
            (("UniqueName", "a"), ("GeoMatchLevel", "x")),
        ),
        (
            (("UniqueName", " "), ("GeoMatchLevel", "x"), ("DefaultTtl", "5")),
            (("UniqueName", ANY_NAME), ("GeoMatchLevel", "x"), ("DefaultTtl", "5")),
        ),
        (
            (("DefaultTtl", "-1"), ("GeoMatchLevel", "x")),
            (("UniqueName", ANY_NAME), ("GeoMatchLevel", "x")),
        ),
        ((("DefaultTtl", "5"),), (("DefaultTtl", "5"),)),
        ((("UniqueName", " "), ("DefaultTtl", "-1")), (("UniqueName", " "), ("DefaultTtl", "-1"))),
    ],
)
def test_one_fault_is_left_in_a_create_that_has_several(form: Pairs, left: Pairs) -> None:
    assert with_one_fault("CreateService", form) == left


@pytest.mark.parametrize(
    ("parameter", "value", "rule"),
    [
        ("CallbackUrl", "characters", "malformed"),
        ("CallbackUrl", "https://example.com/".ljust(4001, "x"), "too long"),
        ("UniqueName", "x" * 192, "too long"),
        ("GeoMatchLevel", "empty", "malformed"),
    ],
)
def test_a_reading_says_which_kind_of_rule_is_broken(parameter: str, value: str, rule: str) -> None:
    assert READERS[parameter](value).rule == rule
