"""The strategies are sound, complete and small.

Sound: what they call valid keeps the rules, and what they call invalid breaks one of them; the
rules are written here once more, from the reference. Complete: everything that matters is
generated. Small: whatever fails shrinks to what the docstring says.
"""

import inspect
import re
import string
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlsplit

import pytest
import yaml
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

import strategies
from strategies import (
    Clear,
    Create,
    Delete,
    Edge,
    Fetch,
    Invalid,
    ListAll,
    Race,
    Rename,
    Step,
    Update,
)

T = TypeVar("T")

DOCUMENT: Final = Path(__file__).parents[1] / "openapi" / "service.yaml"
TOKEN: Final = "run-7f3a"
HEX: Final = frozenset(string.hexdigits)
GEO_MATCH_LEVELS: Final = {"country", "area-code", "overlay", "radius"}
NUMBER_SELECTION_BEHAVIORS: Final = {"prefer-sticky", "avoid-sticky"}
URLS: Final = ("CallbackUrl", "InterceptCallbackUrl", "OutOfSessionCallbackUrl")

QUICK: Final = settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
REACHING: Final = settings(QUICK, max_examples=20_000, phases=[Phase.generate])
SHRINKING: Final = settings(QUICK, max_examples=3000, phases=[Phase.generate, Phase.shrink])

# RFC 3986, appendix A, for the schemes and hosts in use.
PCHAR: Final = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-F]{2})"
URL: Final = re.compile(
    r"https?://"
    r"(?P<host>[a-z0-9.-]+|\[[0-9a-f:]+\])(?::(?P<port>[1-9][0-9]*))?"
    rf"(?P<path>(?:/{PCHAR}*)+)"
    rf"(?:\?(?:{PCHAR}|[/?])*)?(?:\#(?:{PCHAR}|[/?])*)?"
)
UNRESERVED: Final = [bytes([byte]) for byte in b"-._~" + string.printable[:62].encode()]
EXAMPLE_HOST: Final = re.compile(
    r"(?:[a-z0-9-]{1,63}\.)*example\.(?:com|org|net)|[a-z]+\.example|192\.0\.2\.\d+|198\.51\.100\.\d+"
    r"|\[2001:db8:[0-9a-f:]+\]"
)

INVALID: Final[Mapping[str, st.SearchStrategy[Invalid[str]]]] = {
    "UniqueName": strategies.invalid_unique_names(),
    "DefaultTtl": strategies.invalid_default_ttls(),
    "CallbackUrl": strategies.invalid_callback_urls(),
    "GeoMatchLevel": strategies.invalid_geo_match_levels(),
    "NumberSelectionBehavior": strategies.invalid_number_selection_behaviors(),
    "ChatInstanceSid": strategies.invalid_chat_instance_sids(),
    "Sid": strategies.malformed_service_sids(),
}
EACH_REASON: Final = [
    pytest.param(INVALID[parameter], invalid, id=f"{parameter}: {invalid.reason}")
    for parameter in INVALID
    for invalid in strategies.ONE_OF_EACH[parameter]
]


def always(_: object) -> bool:
    return True


def reaches(strategy: st.SearchStrategy[T], condition: Callable[[T], bool]) -> bool:
    """Tell whether the strategy comes to such a value within reason."""
    try:
        find(strategy, condition, settings=REACHING)
    except NoSuchExample:
        return False
    return True


def drawn(strategy: st.SearchStrategy[T], count: int) -> list[T]:
    """Draw as a test would: where many conditions are asked for, this is faster than finding."""
    values: list[T] = []

    @settings(QUICK, max_examples=count, phases=[Phase.generate])
    @given(strategy)
    def collect(value: T) -> None:
        values.append(value)

    collect()
    return values


@pytest.fixture(scope="module")
def names() -> list[str]:
    return drawn(strategies.unique_names(), 2000)


@pytest.fixture(scope="module")
def urls() -> list[str]:
    return drawn(strategies.callback_urls(), 700)


@pytest.fixture(scope="module")
def created() -> list[dict[str, str]]:
    return drawn(strategies.create_forms(), 200)


@pytest.fixture(scope="module")
def updated() -> list[dict[str, str]]:
    return drawn(strategies.update_forms(), 200)


@pytest.fixture(scope="module")
def bodies() -> list[strategies.Hostile[bytes]]:
    return drawn(strategies.hostile_form_bodies(names=st.just(TOKEN)), 800)


def smallest(strategy: st.SearchStrategy[T], condition: Callable[[T], bool] = always) -> T:
    return find(strategy, condition, settings=SHRINKING)


# The rules once more.


def is_trimmable(character: str) -> bool:
    return unicodedata.category(character) in {"Zs", "Zl", "Zp", "Cf"} or unicodedata.name(
        character, ""
    ).startswith("VARIATION SELECTOR")


def faults_of_characters(text: str) -> Iterator[str]:
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cs", "Cn"}:
            yield f"{character!a} is a control, a surrogate or unassigned"
        if ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF:
            yield f"{character!a} is a noncharacter"
        if character in "\ufffd\ufeff\u115f\u1160\u3164\uffa0\u2800":
            yield f"{character!a} gets lost or shows as blank"


def faults_of_a_name(name: str) -> list[str]:
    found = list(faults_of_characters(name))
    if not name:
        return ["empty"]
    if len(name) > 191:
        found.append("too long")
    if is_trimmable(name[0]) or is_trimmable(name[-1]):
        found.append("trimmable")
    return found


def faults_of_a_ttl(text: str) -> list[str]:
    return [] if re.fullmatch("0|[1-9][0-9]{0,9}", text) and int(text) < 2**31 - 1 else ["no ttl"]


def faults_of_a_url(text: str) -> list[str]:
    """Judge as the most lenient validators do: a scheme, a host, a length."""
    parts = urlsplit(text)
    lacking = [] if parts.scheme and parts.netloc else ["malformed"]
    return [*lacking, *(["too long"] if len(text) > 4000 else [])]


def faults_of_a_sid(prefix: str, text: str) -> list[str]:
    found = [] if text.startswith(prefix) else ["prefix"]
    if len(text) != 34:
        found.append("length")
    if not HEX.issuperset(text[2:]):
        found.append("not hexadecimal")
    return found


def assert_plain_url(url: str) -> None:
    """Hold a URL against the grammar, the hosts for examples and the normal form."""
    match = URL.fullmatch(url)
    assert match, url
    assert len(url) <= 4000
    assert EXAMPLE_HOST.fullmatch(match["host"]), url
    assert match["port"] not in {"80", "443"}
    assert int(match["port"] or 1) <= 65535
    assert not {".", ".."} & set(match["path"].split("/"))
    for escape in re.findall("%..", url):
        assert (
            unquote_to_bytes(escape).decode("latin-1")
            not in string.ascii_letters + "0123456789-._~"
        )


# Names.


def test_unique_names_are_valid(names: list[str]) -> None:
    assert [fault for name in names for fault in faults_of_a_name(name)] == []


@QUICK
@given(st.data())
def test_unique_names_keep_to_the_sizes(data: st.DataObject) -> None:
    least = data.draw(st.integers(1, 191))
    most = data.draw(st.integers(least, 191))

    name = data.draw(strategies.unique_names(min_size=least, max_size=most))

    assert least <= len(name) <= most
    assert faults_of_a_name(name) == []


@QUICK
@given(strategies.unique_names(alphabet=("x", "yz")))
def test_unique_names_keep_to_an_alphabet(name: str) -> None:
    assert set(name) <= set("xyz")


@pytest.mark.parametrize(("least", "most"), [(0, 5), (5, 4), (1, 192)])
def test_sizes_out_of_bounds_are_a_mistake(least: int, most: int) -> None:
    with pytest.raises(ValueError, match=f"sizes {least} to {most}: allowed are 1 to 191"):
        strategies.unique_names(min_size=least, max_size=most)


@QUICK
@given(strategies.name_tails(max_size=191 - len(TOKEN)))
def test_name_tails_make_valid_names(tail: str) -> None:
    assert faults_of_a_name(TOKEN + tail) == []


@pytest.mark.parametrize("size", [-1, 191])
def test_a_tail_leaves_room_for_a_token(size: int) -> None:
    with pytest.raises(ValueError, match=f"max_size {size}: a token takes at least one of 191"):
        strategies.name_tails(max_size=size)


@QUICK
@given(st.data(), st.integers(0, 190))
def test_boundary_name_tails_have_the_length(data: st.DataObject, length: int) -> None:
    tail = data.draw(strategies.boundary_name_tails(length))

    assert len(tail) == length
    assert faults_of_a_name(f"x{tail}") == []


@QUICK
@given(strategies.blank_ended_name_tails(max_size=100))
def test_blank_ended_name_tails_end_with_a_blank_and_are_fine_without(tail: str) -> None:
    assert tail[-1].isspace()
    assert len(tail) <= 100
    assert faults_of_a_name(f"x{tail[:-1]}") == []


@pytest.mark.parametrize("alphabet", strategies.ALPHABETS)
def test_every_piece_of_every_alphabet_is_of_good_characters(alphabet: str) -> None:
    pieces = strategies.ALPHABETS[alphabet]

    assert list(faults_of_characters("".join(pieces))) == []
    assert len(set(pieces)) == len(pieces) > 1


@pytest.mark.parametrize("plane", [0, 1, 2, 3, 14, 15, 16])
def test_names_and_tails_reach_every_plane_that_has_characters(
    plane: int, names: list[str]
) -> None:
    def has_the_plane(text: str) -> bool:
        return any(ord(character) >> 16 == plane for character in text)

    assert any(map(has_the_plane, names))
    assert reaches(strategies.boundary_name_tails(180), has_the_plane)


@pytest.mark.parametrize("length", [1, 2, 190, 191])
def test_names_reach_the_length(length: int, names: list[str]) -> None:
    assert length in map(len, names)


@pytest.mark.parametrize(
    "holds",
    [
        pytest.param(lambda name: name.isascii() and "&" in name, id="an ampersand"),
        pytest.param(lambda name: "  " in name, id="two blanks"),
        pytest.param(lambda name: "\u200d" in name, id="a joiner"),
        pytest.param(lambda name: "%2B" in name, id="like an escape"),
        pytest.param(lambda name: "null" in name, id="null"),
        pytest.param(lambda name: len(name.encode("utf-16-le")) == 764, id="764 bytes in UTF-16"),
        pytest.param(lambda name: len(name.encode()) == 764, id="764 bytes in UTF-8"),
        pytest.param(lambda name: unicodedata.normalize("NFC", name) != name, id="not NFC"),
        pytest.param(lambda name: unicodedata.normalize("NFD", name) != name, id="not NFD"),
        pytest.param(lambda name: len(name.casefold()) > len(name), id="longer when folded"),
        pytest.param(lambda name: unicodedata.bidirectional(name[0]) == "AL", id="Arabic"),
        pytest.param(lambda name: len({ord(c) >> 16 for c in name}) > 2, id="three planes"),
    ],
)
def test_names_reach_what_goes_wrong_elsewhere(
    holds: Callable[[str], bool], names: list[str]
) -> None:
    assert any(map(holds, names))


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

VALUE_IS_FINE: Final[Mapping[str, Callable[[str], bool]]] = {
    "UniqueName": lambda text: not faults_of_a_name(text),
    "DefaultTtl": lambda text: not faults_of_a_ttl(text),
    "GeoMatchLevel": GEO_MATCH_LEVELS.__contains__,
    "NumberSelectionBehavior": NUMBER_SELECTION_BEHAVIORS.__contains__,
    "ChatInstanceSid": lambda text: not faults_of_a_sid("IS", text),
    **dict.fromkeys(URLS, lambda text: not faults_of_a_url(text)),
}


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


# Invalid values.


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


# Edges.


@pytest.mark.parametrize("parameter", strategies.EDGE_VALUES)
def test_edge_values_are_valid_and_differ(parameter: str) -> None:
    edges = strategies.EDGE_VALUES[parameter]

    assert all(VALUE_IS_FINE[parameter](edge.value) for edge in edges)
    assert len({edge.value for edge in edges}) == len(edges)


def test_edge_values_hold_both_ends_and_every_listed_value() -> None:
    edges = {
        parameter: {edge.value for edge in values}
        for parameter, values in strategies.EDGE_VALUES.items()
    }

    assert edges["DefaultTtl"] >= {"0", "1", "32768", "65536", "2147483646"}
    assert edges["GeoMatchLevel"] == GEO_MATCH_LEVELS
    assert edges["NumberSelectionBehavior"] == NUMBER_SELECTION_BEHAVIORS
    assert {len(url) for url in edges["CallbackUrl"]} >= {3999, 4000}


@pytest.mark.parametrize("edge", strategies.EDGE_VALUES["CallbackUrl"], ids=lambda edge: edge.why)
def test_edges_of_urls_are_plain(edge: Edge[str]) -> None:
    assert_plain_url(edge.value)


def test_mixtures_are_valid_forms_of_all_kinds() -> None:
    many = strategies.mixtures(105)
    names = [f"token-of-the-run{one.tail}" for one in many]

    assert [fault for name in names for fault in faults_of_a_name(name)] == []
    assert [many[at].tail for at in (0, 1, -1)] == ["", "", ""]
    assert len({one.tail for one in many}) == len(many) - 2
    for parameter, edges in strategies.EDGE_VALUES.items():
        sent = {one.form[parameter] for one in many if parameter in one.form}
        assert sent >= {edge.value for edge in edges if len(edge.value) < 200}
        assert any(parameter not in one.form for one in many)
    assert {len(value) > 3000 for one in many for value in one.form.values()} == {True, False}
    assert {one.has_chat for one in many} == {True, False}
    assert [one.form for one in strategies.mixtures(3)] == [one.form for one in many[:3]]


@pytest.mark.parametrize("length", [0, 1, 8, 20, 150])
def test_edge_name_tails_make_valid_names_of_all_kinds(length: int) -> None:
    edges = strategies.edge_name_tails(token_length=length)
    names = ["t" * length + edge.value for edge in edges]

    assert [fault for name in names for fault in faults_of_a_name(name)] == []
    assert {len(name) for name in names} >= {190, 191}
    assert {edge.why for edge in edges} >= set(strategies.ALPHABETS)
    assert len({edge.why for edge in edges}) == len(edges)


def test_edge_name_tails_have_every_plane() -> None:
    text = "".join(edge.value for edge in strategies.edge_name_tails(token_length=20))

    assert {ord(character) >> 16 for character in text} == {0, 1, 2, 3, 14, 15, 16}


# Hostile input.


@pytest.mark.parametrize(
    "hostile", strategies.HOSTILE_PATH_SEGMENTS, ids=lambda hostile: hostile.reason
)
def test_hostile_path_segments_can_be_put_into_a_path_and_a_form(
    hostile: strategies.Hostile[str],
) -> None:
    assert re.fullmatch(r"(?:[A-Za-z0-9\-._~!$'()*,;:@]|%[0-9A-Fa-f]{2})+", hostile.value)
    assert hostile.value not in {".", ".."}


def test_reasons_of_hostile_input_differ() -> None:
    for table in (
        strategies.HOSTILE_TEXTS,
        strategies.HOSTILE_URLS,
        strategies.HOSTILE_PATH_SEGMENTS,
        strategies.one_of_each_hostile_form_body(TOKEN),
    ):
        assert len({hostile.reason for hostile in table}) == len(table) > 5
        assert len({hostile.value for hostile in table}) == len(table)


def is_not_utf8(raw: bytes) -> bool:
    return raw.decode(errors="replace").encode() != raw


@pytest.mark.parametrize(
    "holds",
    [
        pytest.param(lambda raw: b"\0" in raw, id="NUL"),
        pytest.param(is_not_utf8, id="not UTF-8"),
        pytest.param(lambda raw: b"\xed\xa0\x80" in raw, id="lone surrogate"),
        pytest.param(lambda raw: b"\xc0\xaf" in raw, id="overlong"),
        pytest.param(lambda raw: len(raw) >= 10_000, id="10 kB"),
        pytest.param(lambda raw: "\u202e".encode() in raw, id="right-to-left override"),
        pytest.param(lambda raw: b"\r\n" in raw, id="line break"),
        pytest.param(lambda raw: b"../" in raw, id="path traversal"),
        pytest.param(lambda raw: b"' OR" in raw, id="SQL"),
        pytest.param(lambda raw: b"{{" in raw, id="template"),
        pytest.param(lambda raw: b'"' in raw, id="JSON"),
        pytest.param(lambda raw: 20 < len(raw) < 41 and is_not_utf8(raw), id="any bytes"),
    ],
)
def test_hostile_texts_and_segments_reach_it(holds: Callable[[bytes], bool]) -> None:
    for strategy in (strategies.hostile_texts(), strategies.hostile_path_segments()):
        assert reaches(strategy, lambda hostile: holds(unquote_to_bytes(hostile.value)))


@pytest.mark.parametrize(
    "body", strategies.one_of_each_hostile_form_body(TOKEN), ids=lambda body: body.reason
)
def test_a_hostile_form_body_names_nothing_but_the_token(body: strategies.Hostile[bytes]) -> None:
    read = parse_qsl(body.value.decode("latin-1"), keep_blank_values=True)
    names = [value for key, value in read if key.startswith("UniqueName")]

    assert all(name.startswith(TOKEN) or name == "" for name in names)


def test_a_hostile_form_body_has_a_thousand_parameters() -> None:
    sizes = {
        body.reason: len(parse_qsl(body.value.decode("latin-1")))
        for body in strategies.one_of_each_hostile_form_body(TOKEN)
    }

    assert sizes["1000 parameters"] == max(sizes.values()) == 1000


def test_hostile_form_bodies_reach_every_reason(bodies: list[strategies.Hostile[bytes]]) -> None:
    table = strategies.one_of_each_hostile_form_body(TOKEN)

    assert {body.reason for body in bodies} == {
        *(body.reason for body in table),
        "any bytes after the name",
    }


# Histories.


@QUICK
@given(strategies.sequences(max_size=5))
def test_sequences_start_with_a_create_and_stay_short(steps: tuple[Step, ...]) -> None:
    assert isinstance(steps[0], Create)
    assert 1 <= len(steps) <= 5
    assert len({hash(step) for step in steps}) <= len(steps)


@pytest.mark.parametrize("kind", [Create, Fetch, ListAll, Update, Rename, Clear, Delete])
def test_sequences_reach_every_kind_of_step(kind: type[Step]) -> None:
    assert reaches(
        strategies.sequences(max_size=8), lambda steps: any(isinstance(s, kind) for s in steps[1:])
    )


def test_sequences_reach_a_name_that_is_freed_and_taken_again() -> None:
    def is_taken_again(steps: tuple[Step, ...]) -> bool:
        kinds = [type(step) for step in steps]
        names = {step.name for step in steps if isinstance(step, Create)}
        return kinds[:3] == [Create, Delete, Create] and len(names) == 1

    assert reaches(strategies.sequences(max_size=5), is_taken_again)


@QUICK
@given(strategies.races(threads=3, steps_per_thread=2))
def test_races_have_the_threads_and_existing_names(race: Race) -> None:
    assert len(race.threads) == 3
    assert all(1 <= len(steps) <= 2 for steps in race.threads)
    assert race.existing in {(2,), (2, 1)}


@pytest.mark.parametrize("kind", [Create, Fetch, Update, Rename, Delete])
def test_races_reach_every_kind_of_step(kind: type[Step]) -> None:
    assert reaches(
        strategies.races(threads=2, steps_per_thread=2),
        lambda race: all(any(isinstance(s, kind) for s in steps) for steps in race.threads),
    )


def test_the_values_of_a_step_are_valid() -> None:
    @QUICK
    @given(strategies.sequences(max_size=6))
    def check(steps: tuple[Step, ...]) -> None:
        for step in steps:
            fields = step.fields if isinstance(step, Create | Update) else ()
            assert all(VALUE_IS_FINE[parameter](value) for parameter, value in fields)
            assert not {"UniqueName", "ChatInstanceSid"} & dict(fields).keys()

    check()


# Small.

CREATE_THE_FIRST: Final = Create(name=0)


@pytest.mark.parametrize(
    ("strategy", "simplest"),
    [
        (strategies.hex_digits(), "0"),
        (strategies.hex_digits_of_any_case(), "0"),
        (strategies.service_sids(), "KS" + "0" * 32),
        (strategies.account_sids(), "AC" + "0" * 32),
        (strategies.chat_instance_sids(), "IS" + "0" * 32),
        (strategies.unknown_service_sids(), "KS7d1c94e20b6fa358" + "0" * 16),
        (strategies.unique_names(), "0"),
        (strategies.unique_names(min_size=3), "000"),
        (strategies.unique_names(min_size=3, alphabet=(" ",)), "0 0"),
        (
            strategies.unique_names(alphabet=strategies.ALPHABETS["flags"], max_size=2),
            "\U0001f1e9\U0001f1ea",
        ),
        (strategies.name_tails(max_size=9), ""),
        (strategies.name_tails(max_size=0), ""),
        (strategies.boundary_name_tails(7), "0000000"),
        (strategies.boundary_name_tails(3, alphabet=("ab",)), "aba"),
        (strategies.blank_ended_name_tails(max_size=9), " "),
        (strategies.default_ttls(), "0"),
        (strategies.geo_match_levels(), "country"),
        (strategies.number_selection_behaviors(), "prefer-sticky"),
        (strategies.page_sizes(), 1),
        (strategies.callback_urls(), "http://example.com/"),
        (strategies.create_forms(), {"UniqueName": "0"}),
        (strategies.update_forms(), {}),
        (strategies.hostile_texts(), strategies.HOSTILE_TEXTS[0]),
        (strategies.hostile_path_segments(), strategies.HOSTILE_PATH_SEGMENTS[0]),
        (strategies.sequences(max_size=9), (CREATE_THE_FIRST,)),
        (
            strategies.races(threads=2, steps_per_thread=3),
            Race(existing=(2,), threads=((CREATE_THE_FIRST,), (CREATE_THE_FIRST,))),
        ),
        (strategies.too_long_unique_names(), strategies.ONE_OF_EACH["UniqueName"][1]),
        *((INVALID[parameter], strategies.ONE_OF_EACH[parameter][0]) for parameter in INVALID),
    ],
)
def test_a_strategy_shrinks_to_its_simplest_value(
    strategy: st.SearchStrategy[object], simplest: object
) -> None:
    assert smallest(strategy) == simplest


def test_urls_shrink_to_the_shortest_with_what_matters() -> None:
    urls = strategies.callback_urls()

    assert smallest(urls, lambda url: "?" in url) == "http://example.com/?a"
    assert smallest(urls, lambda url: len(url) == 4000) == "http://example.com/".ljust(4000, "a")
    assert smallest(strategies.too_long_callback_urls()).value == "http://example.com/".ljust(
        4001, "a"
    )
    assert smallest(strategies.malformed_callback_urls()).value == "x"


def test_hostile_form_bodies_shrink_to_separators() -> None:
    body = smallest(strategies.hostile_form_bodies(names=st.just(TOKEN)))

    assert body.value == b"&&&"


def test_a_form_shrinks_to_the_field_that_matters() -> None:
    form = smallest(strategies.create_forms(), lambda form: "DefaultTtl" in form)

    assert form == {"UniqueName": "0", "DefaultTtl": "0"}


# The package.


def test_the_public_names_are_all_there() -> None:
    assert all(hasattr(strategies, name) for name in strategies.__all__)


def test_every_strategy_says_what_it_shrinks_to() -> None:
    functions = [
        function
        for name in strategies.__all__
        if inspect.isfunction(function := getattr(strategies, name))
    ]
    returning = [f for f in functions if "SearchStrategy" in str(inspect.signature(f))]

    assert len(returning) > 20
    for function in returning:
        doc = inspect.getdoc(function) or ""
        assert re.search(r"^Shrinks to ", doc, re.MULTILINE), function.__name__


def test_the_limits_are_those_of_the_document() -> None:
    document: Any = yaml.safe_load(DOCUMENT.read_text("utf-8"))
    parts = document["components"]["schemas"]
    page_size = document["components"]["parameters"]["PageSize"]["schema"]

    assert parts["UniqueName"]["maxLength"] == strategies.MAX_UNIQUE_NAME
    assert parts["DefaultTtl"]["maximum"] == strategies.MAX_DEFAULT_TTL
    assert parts["CallbackUrl"]["maxLength"] == strategies.MAX_CALLBACK_URL
    assert set(parts["GeoMatchLevel"]["enum"]) == set(strategies.GEO_MATCH_LEVELS)
    assert parts["GeoMatchLevel"]["default"] == strategies.GEO_MATCH_LEVELS[0]
    assert set(parts["NumberSelectionBehavior"]["enum"]) == set(
        strategies.NUMBER_SELECTION_BEHAVIORS
    )
    assert parts["NumberSelectionBehavior"]["default"] == strategies.NUMBER_SELECTION_BEHAVIORS[0]
    assert (page_size["maximum"], page_size["default"]) == (
        strategies.MAX_PAGE_SIZE,
        strategies.DEFAULT_PAGE_SIZE,
    )
    assert set(parts["CreateServiceRequest"]["properties"]) == set(strategies.PARAMETERS.values())
