"""Knows whether a target can be judged at all, from its first answers."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from conformance.harness.api import Api
from conformance.harness.budget import RESERVE
from conformance.harness.envelope import meta
from conformance.harness.evidence import Exchange, readable, shortened
from conformance.harness.expect import NotRun, Unproven
from conformance.harness.ledger import OTHER
from conformance.harness.names import unknown_sid
from conformance.harness.paths import SERVICES
from conformance.harness.target import NOT_ALLOWED, not_allowed

FIRST_ANSWER: Final = 10.0
"""Seconds that the first answer may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudgeable:
    """Why a target cannot be judged, in one sentence."""

    reason: str


def look(api: Api) -> Unjudgeable | None:
    """Send a list and, if that answer says little, a fetch of a sid that nobody has.

    A target is given up only if both say that it is no such API: one broken operation is a
    violation, to be told as one.
    """
    url = api.wire.target.base_url
    try:
        first = api.list()
        if (reason := why_not(first)) is None:
            return None
        second = api.fetch(unknown_sid())
        again = why_not(second)
    except Unproven as problem:
        return Unjudgeable(reason=f"the target {url} cannot be reached: {problem}")
    return None if again is None else Unjudgeable(reason=reason)


def refuses_other(api: Api) -> str | None:
    """Say why the second account cannot be used, or None where it can; there may be none."""
    if api.wire.target.other is None or "auth" in api.wire.target.lacks:
        return None
    try:
        answer = api.list(PageSize=1, credentials=OTHER)
    except (Unproven, NotRun):
        return None
    if answer.status in {401, 403}:
        return f"the target refuses the credentials of the second account ({answer.status})"
    return None


def to_read_twice(api: Api) -> int:
    """Give how many requests it takes to read the whole account twice, with some to spare.

    So many are kept in reserve, to delete what a run created and to prove that it is gone.
    """
    last = api.last
    if last is None or not meta(last).get("next_page_url"):
        return RESERVE
    with suppress(Unproven, NotRun):
        return 2 * (len(api.walk(1000).pages) + 1) + RESERVE
    return RESERVE


def why_not(answer: Exchange) -> str | None:
    """Say why a target that answers so cannot be judged, or None where it can."""
    place = f"GET {SERVICES}" if answer.operation == "list" else "a fetch"
    status = answer.status or 0
    if 300 <= status < 400:
        to = answer.header("location") or "nowhere"
        return f"{place} is answered with a redirect ({status} to {to}); name the base URL it means"
    code, message = answer.object().get("code"), answer.object().get("message")
    known = isinstance(code, int) and code in NOT_ALLOWED
    if known or (isinstance(message, str) and "suspended" in message.lower()):
        return not_allowed(code)
    if status in {401, 403}:
        return f"the target refuses the credentials ({status}); set those of an account it knows"
    if not answer.is_json:
        shown = shortened(readable(answer.response_body).strip(), 60) or "an empty body"
        return f"{place} is not answered with JSON ({status}, {shown!r}); is that the base URL?"
    return None
