"""Other fields, URLs and forms keep the rules, and everything that matters is among them."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from tests.strategies.rules import (
    GEO_MATCH_LEVELS,
    NUMBER_SELECTION_BEHAVIORS,
    QUICK,
    VALUE_IS_FINE,
    assert_plain_url,
    drawn,
    faults_of_a_sid,
    faults_of_a_ttl,
    faults_of_a_url,
    reaches,
    smallest,
)


@pytest.fixture(scope="module")
def urls() -> list[str]:
    return drawn(strategies.callback_urls(), 700)


@pytest.fixture(scope="module")
def created() -> list[dict[str, str]]:
    return drawn(strategies.create_forms(), 200)


@pytest.fixture(scope="module")
def updated() -> list[dict[str, str]]:
    return drawn(strategies.update_forms(), 200)


# Other fields.


@pytest.mark.parametrize(
    ("prefix", "strategy"),
    [
        ("KS", strategies.service_sids()),
        ("AC", strategies.account_sids()),
        ("IS", strategies.chat_instance_sids()),
        ("KS", strategies.unknown_service_sids()),
    ],
)
def test_sids_are_well_formed_in_lower_case(prefix: str, strategy: st.SearchStrategy[str]) -> None:
    @QUICK
    @given(strategy)
    def check(sid: str) -> None:
        assert re.fullmatch(f"{prefix}[0-9a-f]{{32}}", sid)

    check()


def test_sids_may_have_digits_of_any_case() -> None:
    sids = strategies.chat_instance_sids(digits=strategies.hex_digits_of_any_case())

    sample = drawn(sids, 20)

    assert not any(faults_of_a_sid("IS", sid) for sid in sample)
    assert any(not sid[2:].islower() and not sid[2:].isupper() for sid in sample)


def test_unknown_sids_are_never_among_the_first_that_a_counter_makes() -> None:
    assert smallest(strategies.unknown_service_sids()) > "KS7"


@QUICK
@given(strategies.default_ttls())
def test_default_ttls_are_valid(ttl: str) -> None:
    assert faults_of_a_ttl(ttl) == []


@pytest.mark.parametrize("ttl", [0, 1, 32767, 32768, 65535, 65536, 2147483646])
def test_default_ttls_reach_the_boundary(ttl: int) -> None:
    assert reaches(strategies.default_ttls(), lambda text: int(text) == ttl)


def test_default_ttls_reach_numbers_between_the_boundaries() -> None:
    assert reaches(strategies.default_ttls(), lambda text: 10**6 < int(text) < 2 * 10**9)


@pytest.mark.parametrize("level", sorted(GEO_MATCH_LEVELS))
def test_geo_match_levels_reach_the_level(level: str) -> None:
    assert reaches(strategies.geo_match_levels(), level.__eq__)


@pytest.mark.parametrize("behavior", sorted(NUMBER_SELECTION_BEHAVIORS))
def test_number_selection_behaviors_reach_the_behavior(behavior: str) -> None:
    assert reaches(strategies.number_selection_behaviors(), behavior.__eq__)


@QUICK
@given(st.data(), st.integers(1, 1000))
def test_page_sizes_keep_to_the_maximum(data: st.DataObject, most: int) -> None:
    assert 1 <= data.draw(strategies.page_sizes(max_value=most)) <= most


@pytest.mark.parametrize("size", [1, 50, 51, 100, 101, 999, 1000])
def test_page_sizes_reach_the_size(size: int) -> None:
    assert reaches(strategies.page_sizes(), size.__eq__)


# URLs.


@QUICK
@given(strategies.callback_urls())
def test_callback_urls_are_valid_and_plain(url: str) -> None:
    assert_plain_url(url)
    assert faults_of_a_url(url) == []


@pytest.mark.parametrize(
    "holds",
    [
        pytest.param(lambda url: len(url) == 3999, id="3999 characters"),
        pytest.param(lambda url: len(url) == 4000, id="4000 characters"),
        pytest.param(lambda url: url.startswith("https:"), id="https"),
        pytest.param(lambda url: "://[" in url, id="IPv6"),
        pytest.param(lambda url: "//xn--" in url, id="Punycode"),
        pytest.param(lambda url: ":65535/" in url, id="a port"),
        pytest.param(lambda url: "%2B" in urlsplit(url).query, id="an escape in the query"),
        pytest.param(lambda url: "+" in urlsplit(url).query, id="a plus sign in the query"),
        pytest.param(lambda url: "'" in urlsplit(url).path, id="an apostrophe in the path"),
        pytest.param(lambda url: "#" in url and "?" in url, id="query and fragment"),
        pytest.param(lambda url: urlsplit(url).path == "/", id="no path"),
        pytest.param(lambda url: urlsplit(url).path.count("/") > 2, id="a deep path"),
    ],
)
def test_callback_urls_reach_what_goes_wrong_elsewhere(
    holds: Callable[[str], bool], urls: list[str]
) -> None:
    assert any(map(holds, urls))


# Forms.


@QUICK
@given(strategies.create_forms())
def test_create_forms_are_valid(form: dict[str, str]) -> None:
    assert "UniqueName" in form
    assert all(VALUE_IS_FINE[parameter](value) for parameter, value in form.items())


@QUICK
@given(strategies.update_forms())
def test_update_forms_are_valid(form: dict[str, str]) -> None:
    assert all(VALUE_IS_FINE[parameter](value) for parameter, value in form.items())


@pytest.mark.parametrize("parameter", VALUE_IS_FINE)
def test_forms_reach_every_parameter(
    parameter: str, created: list[dict[str, str]], updated: list[dict[str, str]]
) -> None:
    assert any(parameter in form for form in created)
    assert any(parameter in form for form in updated)
    assert any(parameter not in form for form in updated)


def test_forms_reach_few_and_many_parameters(
    created: list[dict[str, str]], updated: list[dict[str, str]]
) -> None:
    assert min(map(len, created)) == 1
    assert min(map(len, updated)) == 0
    assert max(map(len, created)) >= 7
    assert max(map(len, updated)) >= 6


@QUICK
@given(
    strategies.create_forms(default_ttl=st.just("0"), unique_name=st.none()),
    strategies.update_forms(geo_match_level=st.just(""), callback_url=st.none()),
)
def test_an_override_pins_poisons_or_leaves_out(
    created: dict[str, str], updated: dict[str, str]
) -> None:
    assert created["DefaultTtl"] == "0"
    assert "UniqueName" not in created
    assert updated["GeoMatchLevel"] == ""
    assert "CallbackUrl" not in updated


def test_an_override_of_a_field_that_is_none_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="unknown field 'ttl'; known: unique_name, default_ttl"):
        strategies.create_forms(ttl=st.just("0"))  # type: ignore[call-arg]  # what is tried
