"""What is called invalid breaks one rule, for every reason that there is."""

import re
import unicodedata
from typing import Final
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from strategies import Invalid
from tests.strategies.rules import (
    GEO_MATCH_LEVELS,
    INVALID,
    NUMBER_SELECTION_BEHAVIORS,
    QUICK,
    TOKEN,
    URL,
    faults_of_a_name,
    faults_of_a_sid,
    faults_of_a_url,
    smallest,
)

EACH_REASON: Final = [
    pytest.param(INVALID[parameter], invalid, id=f"{parameter}: {invalid.reason}")
    for parameter in INVALID
    for invalid in strategies.ONE_OF_EACH[parameter]
]


@QUICK
@given(INVALID["UniqueName"])
def test_invalid_unique_names_break_one_rule(name: Invalid[str]) -> None:
    assert faults_of_a_name(name.value) == [name.rule]


@QUICK
@given(strategies.too_long_unique_names())
def test_names_too_long_stay_so_however_they_are_counted(name: Invalid[str]) -> None:
    own = strategies.owned(name, token=TOKEN)

    assert own.value.startswith(TOKEN)
    assert (own.reason, own.rule, len(own.value)) == (name.reason, "too long", len(name.value))
    assert own.value.strip() == own.value
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert unicodedata.normalize(form, own.value) == own.value
    assert not any(unicodedata.combining(character) for character in own.value)


def test_the_empty_name_takes_no_token() -> None:
    empty = Invalid(value="", rule="empty", reason="empty")

    assert strategies.owned(empty, token=TOKEN) == empty


@QUICK
@given(INVALID["DefaultTtl"])
def test_invalid_default_ttls_are_no_integers_by_any_reading(ttl: Invalid[str]) -> None:
    assert re.fullmatch(r"[a-z]{1,21}|\d+\.[1-9]|\d+[smhwy]|0x[0-9a-f]+", ttl.value)
    assert ttl.value not in {"nan", "inf", "infinity", "null", "none", "true", "false"}


@QUICK
@given(INVALID["CallbackUrl"])
def test_invalid_callback_urls_break_one_rule(url: Invalid[str]) -> None:
    assert faults_of_a_url(url.value) == [url.rule]
    assert "@" not in url.value or url.rule == "too long"


@QUICK
@given(strategies.malformed_callback_urls(), strategies.too_long_callback_urls())
def test_malformed_and_too_long_callback_urls_are_told_apart(
    malformed: Invalid[str], too_long: Invalid[str]
) -> None:
    assert (malformed.rule, too_long.rule) == ("malformed", "too long")
    assert URL.fullmatch(too_long.value)


@pytest.mark.parametrize("parameter", ["GeoMatchLevel", "NumberSelectionBehavior"])
def test_invalid_enum_values_are_unlike_the_listed_ones(parameter: str) -> None:
    listed = {"GeoMatchLevel": GEO_MATCH_LEVELS | {"extended-area-code"}}.get(
        parameter, NUMBER_SELECTION_BEHAVIORS
    )
    plain = {re.sub("[^a-z]", "", value) for value in listed}

    @QUICK
    @given(INVALID[parameter])
    def check(value: Invalid[str]) -> None:
        assert re.fullmatch("[a-z]+(-[a-z]+)*", value.value)
        assert re.sub("[^a-z]", "", value.value) not in plain

    check()


@QUICK
@given(INVALID["ChatInstanceSid"])
def test_invalid_chat_instance_sids_miss_the_pattern_once(sid: Invalid[str]) -> None:
    assert len(faults_of_a_sid("IS", sid.value)) == 1


@QUICK
@given(INVALID["Sid"])
def test_malformed_service_sids_miss_the_pattern_and_are_safe_in_a_path(sid: Invalid[str]) -> None:
    word = sid.reason == "a word"
    assert len(faults_of_a_sid("KS", sid.value)) == 1 or word
    assert quote(sid.value, safe="") == sid.value


@pytest.mark.parametrize(("strategy", "simplest"), EACH_REASON)
def test_each_reason_is_reached_and_shrinks_to_the_one_of_each(
    strategy: st.SearchStrategy[Invalid[str]], simplest: Invalid[str]
) -> None:
    assert smallest(strategy, lambda invalid: invalid.reason == simplest.reason) == simplest


def test_there_is_one_of_each_for_each_parameter() -> None:
    assert set(strategies.ONE_OF_EACH) == {*strategies.PARAMETERS.values(), "Sid"}
    for parameter, reasons in strategies.REASONS.items():
        assert [invalid.reason for invalid in strategies.ONE_OF_EACH[parameter]] == list(reasons)
        assert len(set(reasons)) == len(reasons) > 0
