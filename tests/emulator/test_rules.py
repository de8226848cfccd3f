"""The domain's tables, exhaustively."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.choices import Choices
from emulator.domain import GEO_MATCH_LEVELS, NUMBER_SELECTION_BEHAVIORS, Reason, Refused
from emulator.rules import PARAMETERS, Parameter, checked
from emulator.uris import fault_of_uri

USUAL = Choices()
URL_PARAMETERS = ("CallbackUrl", "InterceptCallbackUrl", "OutOfSessionCallbackUrl")


def refused(parameter: str, value: str, choices: Choices = USUAL) -> Refused:
    with pytest.raises(Refused) as caught:
        checked({parameter: value}, choices)
    return caught.value


def value_of(parameter: str, value: str, choices: Choices = USUAL) -> object:
    values = checked({parameter: value}, choices)
    assert len(values) == 1
    return values[PARAMETERS[parameter].field]


@given(st.text(min_size=1, max_size=191, alphabet=st.characters(codec="utf-8")))
def test_any_name_of_at_most_191_characters_is_taken_as_it_is(name: str) -> None:
    assert value_of("UniqueName", name) == name


@pytest.mark.parametrize("character", ["a", "é", "あ", "😀", "\u0301", " ", "\0"])
def test_the_limit_of_names_counts_characters(character: str) -> None:
    assert value_of("UniqueName", character * 191) == character * 191
    why = refused("UniqueName", character * 192)
    assert why.reason is Reason.INVALID_PARAMETER
    assert "192 characters; at most 191" in why.detail


def test_an_empty_name_counts_as_missing() -> None:
    assert refused("UniqueName", "").reason is Reason.MISSING_PARAMETER


@pytest.mark.parametrize(
    ("text", "ttl"),
    [
        ("0", 0),
        ("1", 1),
        ("2147483646", 2147483646),
        ("2147483648", 2147483648),
        ("007", 7),
        ("-0", 0),
        (str(2**63 - 1), 2**63 - 1),
    ],
)
def test_integers_of_digits_are_ttls(text: str, ttl: int) -> None:
    assert value_of("DefaultTtl", text) == ttl


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1 ",
        "+1",
        "1.0",
        "1e3",
        "0x10",
        "1_000",
        "٣",
        "²",
        "-1",
        "one",
        "1\n",
        "null",
        str(2**63),
        "9" * 41,
        "9" * 5000,
    ],
)
def test_other_texts_are_no_ttl(text: str) -> None:
    assert refused("DefaultTtl", text).about == "DefaultTtl"


def test_negative_ttls_are_a_choice() -> None:
    assert value_of("DefaultTtl", "-5", replace(USUAL, negative_ttl="accepted")) == -5


def test_the_largest_ttl_is_a_choice() -> None:
    bounded = replace(USUAL, largest_ttl=2147483646)
    assert value_of("DefaultTtl", "2147483646", bounded) == 2147483646
    assert "not be above 2147483646" in refused("DefaultTtl", "2147483647", bounded).detail


@pytest.mark.parametrize(
    ("parameter", "allowed"),
    [
        ("GeoMatchLevel", GEO_MATCH_LEVELS),
        ("NumberSelectionBehavior", NUMBER_SELECTION_BEHAVIORS),
    ],
)
def test_enums_take_what_is_listed_and_nothing_near_it(
    parameter: str, allowed: tuple[str, ...]
) -> None:
    for value in allowed:
        assert value_of(parameter, value) == value
        for near in (value.upper(), value.replace("-", "_") + "_", value[:-1], f" {value}", ""):
            assert ", ".join(allowed) in refused(parameter, near).detail


@pytest.mark.parametrize("sid", ["IS" + "0" * 32, "IS" + "aF" * 16])
def test_chat_sids_are_taken_as_they_are(sid: str) -> None:
    assert value_of("ChatInstanceSid", sid) == sid


@pytest.mark.parametrize(
    "sid",
    [
        "IS" + "0" * 31,
        "IS" + "0" * 33,
        "is" + "0" * 32,
        "KS" + "0" * 32,
        "IS" + "g" * 32,
        "IS" + "٣" * 32,
        "IS" + "0" * 32 + "\n",
        "IS",
    ],
)
def test_other_chat_sids_are_refused(sid: str) -> None:
    assert "32 hexadecimal digits" in refused("ChatInstanceSid", sid).detail


@pytest.mark.parametrize("parameter", [*URL_PARAMETERS, "ChatInstanceSid"])
def test_empty_text_clears(parameter: str) -> None:
    assert value_of(parameter, "") is None


@pytest.mark.parametrize("parameter", URL_PARAMETERS)
def test_urls_have_at_most_4000_characters(parameter: str) -> None:
    longest = "https://example.com/".ljust(4000, "x")
    assert value_of(parameter, longest) == longest
    assert "4001 characters; at most 4000" in refused(parameter, longest + "x").detail


@pytest.mark.parametrize(
    "uri",
    [
        "http://a",
        "https://example.com",
        "HTTPS://EXAMPLE.COM/",
        "https://example.com:443/a/b;c=d?e=f&g=%20+h#i/j?k",
        "https://user:secret@example.com/",
        "https://[2001:db8::1]:8080/",
        "https://[::1]/",
        "https://127.0.0.1/",
        "https://localhost:3000/twilio",
        "https://xn--bcher-kva.example/",
        "ftp://example.com/file",
        "https://example.com/%C3%A9",
        "https://example.com:/",
        "https://proxy.twilio.com.example.com/",
        "https://example.com/?to=https://proxy.twilio.com/v1",
        "https://example.com/#",
        "https://[v1.fe]/",
    ],
)
def test_absolute_uris_are_callback_urls(uri: str) -> None:
    assert fault_of_uri(uri, USUAL) is None


@pytest.mark.parametrize(
    "text",
    [
        "not a url",
        "example.com",
        "/relative",
        "//example.com/",
        "https://",
        "https:///path",
        "https:example.com",
        "://example.com",
        "1http://example.com",
        "https://exa mple.com/",
        "https://example.com/a b",
        "https://example.com/%zz",
        "https://example.com/%2",
        "https://example.com:port/",
        "https://example.com:65536/",
        "https://example.com:" + "9" * 4000,
        "https://[::1",
        "https://[::g]/",
        "https://[1:2]/",
        "https://example.com/\n",
        "https://example.com/é",
        "https://exämple.com/",
        'https://example.com/"',
        "https://example.com/<a>",
        "mailto:someone@example.com",
        "https://proxy.twilio.com/v1/Services",
        "HTTPS://PROXY.TWILIO.COM",
        "https://user@proxy.twilio.com:443/",
        "https://proxy.twilio.com./",
        "https://proxy.sydney.au1.twilio.com/",
        " https://example.com/",
        "https://example.com/#a#b",
    ],
)
def test_other_texts_are_no_callback_urls(text: str) -> None:
    assert fault_of_uri(text, USUAL)


def test_international_urls_and_other_schemes_are_choices() -> None:
    international = replace(USUAL, international_urls=True)
    assert fault_of_uri("https://exämple.com/é?ü=😀", international) is None
    assert fault_of_uri("https://exämple.com/\u0007", international)
    web = replace(USUAL, schemes="web")
    assert fault_of_uri("HTTP://example.com/", web) is None
    assert fault_of_uri("ftp://example.com/", web)


@given(st.text(max_size=60))
def test_no_text_breaks_a_rule_other_than_by_a_refusal(text: str) -> None:
    for name in PARAMETERS:
        with suppress(Refused):
            assert set(checked({name: text}, USUAL)) == {PARAMETERS[name].field}


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=5)))
def test_parameters_that_are_not_known_are_ignored(form: dict[str, str]) -> None:
    unknown = {name: value for name, value in form.items() if name not in PARAMETERS}
    assert checked(unknown, USUAL) == {}


def test_every_field_has_one_parameter() -> None:
    fields = [parameter.field for parameter in PARAMETERS.values()]
    assert len(set(fields)) == len(fields) == 8
    assert all(isinstance(parameter, Parameter) for parameter in PARAMETERS.values())
