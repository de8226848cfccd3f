"""Knows the vocabulary that tests hand to expect(): what an exchange has to be like."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from conformance.harness import moments
from conformance.harness.evidence import Exchange, shortened
from conformance.harness.expect import A_SUCCESS, Check, Violation, When

DEFAULTS: Final[Mapping[str, object]] = {
    "default_ttl": 0,
    "geo_match_level": "country",
    "number_selection_behavior": "prefer-sticky",
    "callback_url": None,
    "intercept_callback_url": None,
    "out_of_session_callback_url": None,
    "chat_instance_sid": None,
}
"""What a property holds that was never set; where it is absent, it is taken to hold this."""
FIELDS: Final = {
    "UniqueName": "unique_name",
    "DefaultTtl": "default_ttl",
    "CallbackUrl": "callback_url",
    "InterceptCallbackUrl": "intercept_callback_url",
    "OutOfSessionCallbackUrl": "out_of_session_callback_url",
    "GeoMatchLevel": "geo_match_level",
    "NumberSelectionBehavior": "number_selection_behavior",
    "ChatInstanceSid": "chat_instance_sid",
}
"""Parameter to property."""
AWAY: Final = frozenset({401, 403})
"""Statuses that turn away whoever may not."""
LASTING: Final = ("sid", "account_sid", "date_created", "url")
CONTENT: Final = ("unique_name", *DEFAULTS)
_DATES: Final = frozenset({"date_created", "date_updated"})
_MISSING: Final = object()
_SHOWN: Final = 300


def _show(value: object) -> str:
    return "nothing" if value is _MISSING else shortened(repr(value), _SHOWN)


def status(*allowed: int) -> Check:
    """Accept an answer with one of the given statuses."""
    wanted = " or ".join(map(str, allowed))

    def check(exchange: Exchange) -> Iterator[Violation]:
        if exchange.status not in allowed:
            yield Violation(where="status", expected=wanted, found=str(exchange.status))

    return check


def accepted() -> Check:
    """Accept any 2xx that shows what was asked for; which 2xx is a requirement of its own."""

    def check(exchange: Exchange) -> Iterator[Violation]:
        if not exchange.accepted:
            body = shortened(exchange.response_body.decode(errors="replace"), 120)
            found = f"{exchange.status} {body}".rstrip()
            yield Violation(where="status", expected=A_SUCCESS, found=found)
        elif (missing := _SHOWN_BY.get(exchange.operation)) and missing not in exchange.object():
            found = shortened(repr(exchange.response_body[:120]), 120)
            yield Violation(where=f"/{missing}", expected="to be there", found=found)

    return check


_SHOWN_BY: Final = {"create": "sid", "fetch": "sid", "update": "sid", "list": "services"}
"""What an answer to an operation cannot be without."""


def refused() -> Check:
    """Accept a 4xx that is about the request: not its credentials, not its pace."""

    def check(exchange: Exchange) -> Iterator[Violation]:
        if not exchange.refused:
            wanted = "a 4xx about the request (not 401, 403, 429)"
            yield Violation(where="status", expected=wanted, found=str(exchange.status))

    return check


def refused_as_taken(name: str, keeps: str) -> Check:
    """Accept a refusal of a name that another Service has.

    A target that makes it another name has no reason to refuse it: that is told to the requirement
    by which names are kept as well, and first.
    """

    def check(exchange: Exchange) -> Iterator[Violation]:
        shown = exchange.object().get("unique_name")
        if exchange.accepted and isinstance(shown, str) and shown != name:
            yield Violation(
                where="/unique_name", expected=repr(name), found=repr(shown), requirement=keeps
            )
        yield from refused()(exchange)

    return check


def no_5xx() -> Check:
    """Accept any answer below 500, or none: a gateway may close the connection on what is hostile."""
    return that(
        lambda exchange: exchange.status is None or exchange.status < 500,
        where="status",
        expected="anything below 500",
        found=lambda exchange: str(exchange.status),
    )


def states_no_other_status() -> Check:
    """Accept an answer but one in the words of the API whose status is not that of the answer.

    A gateway may answer in words of its own.
    """

    def is_another(exchange: Exchange) -> bool:
        body = exchange.object()
        stated = body.get("status")
        ours = isinstance(body.get("message"), str) and type(stated) is int
        return ours and stated in range(400, 600) and stated != exchange.status

    return that(
        lambda exchange: not is_another(exchange),
        where="/status",
        expected="the status of the answer",
        found=lambda exchange: (
            f"{exchange.object().get('status')} in an answer of {exchange.status}"
        ),
    )


def turned_away() -> Check:
    """Accept the answers to whoever may not: 401 or 403."""
    return status(*sorted(AWAY))


def out_of_reach() -> Check:
    """Accept the answers for what somebody else has: a 4xx, but 429."""

    def check(exchange: Exchange) -> Iterator[Violation]:
        if exchange.status is None or not 400 <= exchange.status < 500:
            yield Violation(where="status", expected="a 4xx", found=str(exchange.status))

    return check


def code(number: int) -> Check:
    """Accept an error with the given code of the vendor's dictionary."""

    def check(exchange: Exchange) -> Iterator[Violation]:
        found = exchange.object().get("code", _MISSING)
        if found != number:
            yield Violation(where="/code", expected=str(number), found=_show(found))

    return check


def held(shown: Mapping[str, Any], name: str) -> object:
    """Give what a Service holds under a property, one way of saying 'not set' for all.

    The document marks every property optional, so what was never set may be null, absent, or an
    empty text.
    """
    value = shown.get(name, DEFAULTS.get(name, _MISSING))
    return None if value == "" and DEFAULTS.get(name, _MISSING) is None else value


def _alike(name: str, value: object, other: object) -> bool:
    """Compare two values of a property; a value of another type is for its own requirement.

    URLs of the target may name another host each time, and a prefix or none.
    """
    if name == "url" and isinstance(value, str) and isinstance(other, str):
        return value.rpartition("/v1/")[2] == other.rpartition("/v1/")[2]
    if name in _DATES:
        first, second = moments.read(value), moments.read(other)
        if first is not None and second is not None:
            return abs(first - second) < timedelta(seconds=1)
    if value is None or other is None or isinstance(value, dict) or isinstance(other, dict):
        return value == other
    return value == other or str(value) == str(other)


def shows(**fields: object) -> Check:
    """Accept a Service that has the given properties with the given values."""

    def check(exchange: Exchange) -> Iterator[Violation]:
        yield from differences(exchange.object(), fields)

    return check


def differences(
    shown: Mapping[str, Any], fields: Mapping[str, object], where: str = ""
) -> Iterator[Violation]:
    """Give each property of a Service that is not as it should be."""
    for name, value in fields.items():
        found = held(shown, name)
        if not _alike(name, found, value):
            yield Violation(where=f"{where}/{name}", expected=_show(value), found=_show(found))


def shows_form(form: Mapping[str, str]) -> Check:
    """Accept a Service that holds what a form sent."""
    return shows(**properties(form))


def properties(form: Mapping[str, str]) -> dict[str, object]:
    """Translate the parameters of a form to the properties that they set."""
    return {
        FIELDS[name]: int(value) if name == "DefaultTtl" else value or None
        for name, value in form.items()
    }


BEGUN: Final = {
    "default_ttl": "CREATE-11",
    "geo_match_level": "CREATE-12",
    "number_selection_behavior": "CREATE-13",
    "callback_url": "CREATE-14",
    "intercept_callback_url": "CREATE-14",
    "out_of_session_callback_url": "CREATE-14",
}
"""Whose requirement it is what a property begins as."""


KEPT: Final = {
    "UniqueName": "CREATE-17",
    "DefaultTtl": "CREATE-22",
    "GeoMatchLevel": "CREATE-8",
    "NumberSelectionBehavior": "CREATE-9",
    "ChatInstanceSid": "CREATE-10",
    "CallbackUrl": "CREATE-20",
    "InterceptCallbackUrl": "CREATE-20",
    "OutOfSessionCallbackUrl": "CREATE-20",
}
"""Whose requirement it is that a create keeps a parameter."""


def leaves_defaults(form: Mapping[str, str]) -> Check:
    """Accept a Service in which nothing but what was sent is set; each to its own requirement."""
    unsent = BEGUN.keys() - {FIELDS[name] for name in form}

    def check(exchange: Exchange) -> Iterator[Violation]:
        for name in sorted(unsent if exchange.accepted else ()):
            for found in differences(exchange.object(), {name: DEFAULTS[name]}):
                yield replace(found, requirement=BEGUN[name])

    return check


def content(shown: Mapping[str, Any]) -> dict[str, object]:
    """Give what a Service was configured to hold."""
    return {name: held(shown, name) for name in CONTENT}


def lasting(service: Mapping[str, Any]) -> dict[str, object]:
    """Give what stays as it was shown of a Service that nobody changes."""
    kept = {name: held(service, name) for name in (*LASTING, *CONTENT, "date_updated")}
    return {name: value for name, value in kept.items() if value is not _MISSING}


def same_as(service: Mapping[str, Any], *but: str, dates: bool = True) -> Check:
    """Accept the Service as it was shown before, but for the given properties."""
    left_out = {*but, *(() if dates else ("date_updated",))}
    return shows(**{name: one for name, one in lasting(service).items() if name not in left_out})


def is_about(sid: str) -> Check:
    """Accept a Service with the given sid."""

    def check(exchange: Exchange) -> Iterator[Violation]:
        found = exchange.object().get("sid", _MISSING)
        if not isinstance(found, str) or found.lower() != sid.lower():
            yield Violation(where="/sid", expected=repr(sid), found=_show(found))

    return check


def that(
    is_so: Callable[[Exchange], bool],
    *,
    where: str,
    expected: str,
    found: Callable[[Exchange], str],
) -> Check:
    """Accept an exchange for which a predicate holds, told in words."""

    def check(exchange: Exchange) -> Iterator[Violation]:
        if not is_so(exchange):
            yield Violation(
                where=where, expected=expected, found=shortened(found(exchange), _SHOWN)
            )

    return check


def only_after(answer: Exchange, check: Check) -> Check:
    """Apply a check only if an earlier request was refused; else there is nothing to say."""
    return When(lambda _: answer.refused, check)


def only_after_all(answers: Iterable[Exchange], check: Check) -> Check:
    """Apply a check only if all earlier requests were refused; else there is nothing to say."""
    refusals = [answer.refused for answer in answers]
    return When(lambda _: all(refusals), check)


def only_after_accepted(answer: Exchange, check: Check) -> Check:
    """Apply a check only if an earlier request was accepted; else there is nothing to say."""
    return When(lambda _: answer.accepted, check)


def only_if_refused(check: Check) -> Check:
    """Apply a check only to a refusal: that it is one is a requirement of its own."""
    return When(lambda exchange: exchange.refused, check)


def only_if_accepted(check: Check) -> Check:
    """Apply a check only to what was accepted: that it was is another matter."""
    return When(lambda exchange: exchange.accepted, check)


def only_if_turned_away(check: Check) -> Check:
    """Apply a check only to the answer to whoever may not: that it is one is another matter."""
    return When(lambda exchange: exchange.status in AWAY, check)
