"""Knows which generated requests have to be accepted, which refused, and which nobody knows.

A generator of requests is wrong about both at times: it takes any text for a name, any URI for a
callback URL, and a form's text for a number. So what it says is not believed; each parameter of
a request is read here, once more, against the contract. What neither the documents nor observation
settle is `unsettled` and spoils the verdict of its request: only that it does no harm is judged.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

Operation: TypeAlias = Literal[
    "CreateService", "ListService", "FetchService", "UpdateService", "DeleteService"
]
Pairs: TypeAlias = tuple[tuple[str, str], ...]
Rule: TypeAlias = Literal["missing", "empty", "too long", "malformed"]
"""Which kind of rule a value breaks."""

MOST_NAME: Final = 191
"""Characters of a UniqueName (M06, M31); characters, says the vendor's page on limits."""
MOST_URL: Final = 4000
"""Characters of a callback URL, says the vendor's page on limits."""
MOST_TTL: Final = 2147483646
"""The largest DefaultTtl relied on: what the vendor's page on limits allows a Session's ttl."""
MOST_PAGE: Final = 1000
"""The largest PageSize (M41)."""
LEVELS: Final = ("area-code", "overlay", "radius", "country")
BEHAVIORS: Final = ("avoid-sticky", "prefer-sticky")
ANY_NAME: Final = "breadth"
SHOWN: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the contract says of one value: kept, broken (and how), or unsettled."""

    state: Literal["kept", "broken", "unsettled"]
    how: str = ""
    rule: Rule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a whole request must be accepted (True), refused (False), or neither (None)."""

    valid: bool | None
    parameter: str | None = None
    how: str | None = None
    rule: Rule | None = None


KEPT: Final = Reading(state="kept")
UNSETTLED: Final = Reading(state="unsettled")
NEITHER: Final = Verdict(valid=None)
Reader: TypeAlias = Callable[[str], Reading]


def _broken(how: str, rule: Rule = "malformed") -> Reading:
    return Reading(state="broken", how=how, rule=rule)


def _shown(value: str) -> str:
    return repr(value if len(value) <= SHOWN else f"{value[:SHOWN]}...")


def is_plain_text(text: str) -> bool:
    """Tell whether a text has nothing a target may reasonably trim, drop or refuse.

    Assigned, printable characters of any plane, without blanks at the ends.
    """
    return text == text.strip() and all(
        char == " " or unicodedata.category(char)[0] not in "CZ" for char in text
    )


def read_name(value: str) -> Reading:
    """Read a UniqueName; the empty one is for each operation to judge (REFUSE-2, REFUSE-28)."""
    if not value or not is_plain_text(value):
        return UNSETTLED
    if len(value) > MOST_NAME:
        return _broken(f"UniqueName has {len(value)} characters", "too long")
    return KEPT


def read_ttl(value: str) -> Reading:
    """Read a DefaultTtl; whole numbers out of bounds or oddly spelled are nobody's to judge."""
    if re.fullmatch(r"0|[1-9][0-9]{0,9}", value) and int(value) <= MOST_TTL:
        return KEPT
    if not value.strip() or _is_whole_number_to_someone(value):
        return UNSETTLED
    return _broken(f"DefaultTtl is {_shown(value)}, not an integer")


def _is_whole_number_to_someone(value: str) -> bool:
    """Tell whether a lenient parser may take a text for a whole number: 1.0, 1e3, 0x10, 1_000."""
    if re.fullmatch(r"\s*[+-]?\d[\d_]*\s*", value):
        return True
    try:
        number = float(value)
    except ValueError:
        return re.fullmatch(r"\s*[+-]?0[xXoObB][0-9a-fA-F_]+\s*", value) is not None
    return number.is_integer() or (math.isinf(number) and any(map(str.isdigit, value)))


def one_of(name: str, listed: tuple[str, ...], *, disputed: tuple[str, ...] = ()) -> Reader:
    """Read an enumerated parameter; what differs in case, blanks or underscores is unsettled."""

    def read(value: str) -> Reading:
        if value in listed:
            return KEPT
        folded = value.strip().lower().replace("_", "-")
        if not folded or folded in {*listed, *disputed}:
            return UNSETTLED
        return _broken(f"{name} is {_shown(value)}, none of the listed ones")

    return read


def read_chat(value: str) -> Reading:
    """Read a ChatInstanceSid (M38); the empty text means none, on update at least."""
    if re.fullmatch(r"IS[0-9a-fA-F]{32}", value):
        return KEPT
    if not value.strip() or re.fullmatch(r"is[0-9a-f]{32}", value.strip().lower()):
        return UNSETTLED
    return _broken(f"ChatInstanceSid is {_shown(value)}, not IS and 32 hexadecimal digits")


_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PART: Final = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*"
_ORDINARY: Final = re.compile(
    rf"https?://(?P<host>{_LABEL}(?:\.{_LABEL})*\.[A-Za-z]{{2,63}})(?::[1-9][0-9]{{0,3}})?"
    rf"(?:/{_PART})?(?:\?(?:{_PART}|\?)*)?(?:#{_PART})?"
)


def url_of(name: str) -> Reader:
    """Read a callback URL: ordinary ones are to be kept, what is no URI at all is broken."""

    def read(value: str) -> Reading:
        if is_ordinary_url(value):
            if len(value) > MOST_URL:
                return _broken(f"{name} has {len(value)} characters", "too long")
            return KEPT
        if not value.strip():
            return UNSETTLED
        if not re.match(r"\s*[A-Za-z][A-Za-z0-9+.-]*:", value):
            return _broken(f"{name} is {_shown(value)}, not a URI: it has no scheme")
        return UNSETTLED

    return read


def is_ordinary_url(value: str) -> bool:
    """Tell whether a text is an absolute http(s) URL that no target has a reason to refuse.

    URLs of the vendor's own are none: those of Proxy are refused.
    """
    found = _ORDINARY.fullmatch(value)
    return (
        found is not None
        and len(found["host"]) <= 253
        and not found["host"].lower().endswith(("twilio.com", "localhost"))
    )


READERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        "UniqueName": read_name,
        "DefaultTtl": read_ttl,
        "CallbackUrl": url_of("CallbackUrl"),
        "GeoMatchLevel": one_of("GeoMatchLevel", LEVELS, disputed=("extended-area-code",)),
        "NumberSelectionBehavior": one_of("NumberSelectionBehavior", BEHAVIORS),
        "InterceptCallbackUrl": url_of("InterceptCallbackUrl"),
        "OutOfSessionCallbackUrl": url_of("OutOfSessionCallbackUrl"),
        "ChatInstanceSid": read_chat,
    }
)


def read_form(operation: Operation, form: Pairs) -> dict[str, Reading]:
    """Read every parameter of a form, and the name that a create lacks."""
    names = [name for name, _ in form]
    readings = {
        name: READERS[name](value) if name in READERS and names.count(name) == 1 else UNSETTLED
        for name, value in form
    }
    if operation == "CreateService":
        if "UniqueName" not in readings:
            readings["UniqueName"] = _broken("UniqueName is missing", "missing")
        elif ("UniqueName", "") in form and names.count("UniqueName") == 1:
            readings["UniqueName"] = _broken("UniqueName is empty", "empty")
    return readings


def read_query(operation: Operation, query: Pairs) -> dict[str, Reading]:
    """Read a query: a PageSize within its bounds is kept, all else is unsettled."""
    if operation == "ListService" and len(query) == 1 and query[0][0] == "PageSize":
        size = query[0][1]
        kept = re.fullmatch(r"[1-9][0-9]{0,3}", size) and int(size) <= MOST_PAGE
        return {"PageSize": KEPT if kept else UNSETTLED}
    return dict.fromkeys((name for name, _ in query), UNSETTLED)


def verdict(readings: Iterable[tuple[str, Reading]]) -> Verdict:
    """Judge a request by its parameters: one that breaks a rule, among none that are unsettled."""
    found = list(readings)
    broken = [(name, reading) for name, reading in found if reading.state == "broken"]
    if any(reading.state == "unsettled" for _, reading in found) or len(broken) > 1:
        return NEITHER
    if broken:
        name, reading = broken[0]
        return Verdict(valid=False, parameter=name, how=reading.how, rule=reading.rule)
    return Verdict(valid=True)


def with_one_fault(operation: Operation, form: Pairs) -> Pairs:
    """Leave one broken parameter in a form that has any, and none that is unsettled.

    A generator breaks several at once, and then the refusal says nothing about either.
    """
    readings = read_form(operation, form)
    first = next((name for name, reading in readings.items() if reading.state == "broken"), None)
    if first is None:
        return form
    alone = tuple(
        (name, value) for name, value in form if name == first or readings[name].state == "kept"
    )
    if operation == "CreateService" and first != "UniqueName":
        return (("UniqueName", dict(alone).get("UniqueName", ANY_NAME)), *_without_name(alone))
    return alone


def _without_name(form: Pairs) -> Pairs:
    return tuple(pair for pair in form if pair[0] != "UniqueName")
