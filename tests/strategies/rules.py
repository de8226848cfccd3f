"""The rules of values once more, from the reference, and how tests draw, reach and shrink."""

import re
import string
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeVar
from urllib.parse import unquote_to_bytes, urlsplit

from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

import strategies
from strategies import Invalid

T = TypeVar("T")

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
EXAMPLE_HOST: Final = re.compile(
    r"(?:[a-z0-9-]{1,63}\.)*example\.(?:com|org|net)|[a-z]+\.example"
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
    if len(text) > 34 and text[1:].startswith(prefix) and not faults_of_a_sid(prefix, text[1:]):
        return ["a letter before it"]
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


VALUE_IS_FINE: Final[Mapping[str, Callable[[str], bool]]] = {
    "UniqueName": lambda text: not faults_of_a_name(text),
    "DefaultTtl": lambda text: not faults_of_a_ttl(text),
    "GeoMatchLevel": GEO_MATCH_LEVELS.__contains__,
    "NumberSelectionBehavior": NUMBER_SELECTION_BEHAVIORS.__contains__,
    "ChatInstanceSid": lambda text: not faults_of_a_sid("IS", text),
    **dict.fromkeys(URLS, lambda text: not faults_of_a_url(text)),
}
