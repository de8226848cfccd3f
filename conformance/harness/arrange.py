"""Knows what tests begin with: Services, and forms that use every parameter."""

from collections.abc import Mapping
from typing import Any, Final

from conformance.harness.api import Api
from conformance.harness.evidence import Credentials, Exchange
from conformance.harness.names import chat_sid
from conformance.harness.target import Target
from conformance.harness.wire import Form

WHO: Final[dict[Credentials, str]] = {
    "none": "ACCESS-1",
    "wrong-token": "ACCESS-2",
    "unknown-account": "ACCESS-3",
}
"""Whoever may not do anything, and the requirement that says so."""
WRONG: Final = {
    "UniqueName": ("REFUSE-4", "REFUSE-5"),
    "GeoMatchLevel": ("REFUSE-6", "REFUSE-7"),
    "NumberSelectionBehavior": ("REFUSE-8", "REFUSE-9"),
    "DefaultTtl": ("REFUSE-10", "REFUSE-11"),
    "ChatInstanceSid": ("REFUSE-12", "REFUSE-13"),
    "CallbackUrl": ("REFUSE-14", "REFUSE-15"),
    "InterceptCallbackUrl": ("REFUSE-16", "REFUSE-17"),
    "OutOfSessionCallbackUrl": ("REFUSE-18", "REFUSE-19"),
}
"""Whose requirements it is that a wrong value of a parameter is refused: on create, on update."""
TOO_LONG: Final = ("REFUSE-20", "REFUSE-21")
"""Those of a callback URL that is too long."""
EXAMPLE: Final = "https://example.com/callback"
URL_FIELDS: Final = ("CallbackUrl", "InterceptCallbackUrl", "OutOfSessionCallbackUrl")


def kept(api: Api, form: Form, name: str | None = None) -> Exchange:
    """Create and fetch; a create that is refused is what there is to judge."""
    answer = api.create(form, name=name)
    sid = answer.object().get("sid")
    return api.fetch(sid) if answer.accepted and isinstance(sid, str) else answer


def updated(api: Api, sid: str, form: Form) -> Exchange:
    """Update and fetch; an update that is refused is what there is to judge."""
    answer = api.update(sid, form)
    return api.fetch(sid) if answer.accepted else answer


def chat(target: Target) -> dict[str, str]:
    """Give a chat instance of its own, unless the target takes none."""
    return {} if "chat" in target.lacks else {"ChatInstanceSid": chat_sid()}


def settings(target: Target, mark: str = "a") -> dict[str, str]:
    """Give every parameter but the name, none at its default, told apart by a mark."""
    return {
        "DefaultTtl": str(40_000_000 + ord(mark)),
        "CallbackUrl": f"{EXAMPLE}?of=status&mark={mark}",
        "GeoMatchLevel": "overlay",
        "NumberSelectionBehavior": "avoid-sticky",
        "InterceptCallbackUrl": f"{EXAMPLE}?of=intercept&mark={mark}",
        "OutOfSessionCallbackUrl": f"{EXAMPLE}?of=out&mark={mark}",
        **chat(target),
    }


UNLIKE: Final = {"GeoMatchLevel": "radius", "NumberSelectionBehavior": "prefer-sticky"}
"""Listed values that are neither the defaults nor among those settings."""


def everything(api: Api, target: Target) -> dict[str, str]:
    """Give a form that sends every parameter."""
    return {"UniqueName": api.name_of(190), **settings(target)}


MIXED: Final = (
    "  two blanks, +plus &amp; =%2B% %41;'\"<b>\\/#?"
    "\u00e9e\u0301\u212b \u01c5\u00df\u0130 \u0436\u03c2 \u6f22\uac00\u1112\u1161 \u05d0\u0627"
    " \U0001f600\U0001f469\u200d\U0001f680 \U00020000\U00030000\U000e0100\ue000\U000f0000\U00100000"
    " null 0 %s ${a} {0} _a.b \u201c\u201d\u2018\u2019\u2013\u2014 \\n\\u0041\\x41 End."
)
"""A little of everything that names are known to suffer from, for runs that spend few requests."""
DIGIT: Final = "7"
"""What such a name begins with: nearly all others begin with a letter."""


def full(api: Api, target: Target, name: str | None = None, **others: str) -> Mapping[str, Any]:
    """Give a Service in which nothing is at its default; `others` are set as they are given.

    Where the target will not have it, one with less: that a value is refused is for the tests of
    that value, and ought not to keep all others from being tried.
    """
    form = {"UniqueName": name or api.name(), **settings(target), **others}
    answer = api.create(form)
    if answer.accepted and isinstance(answer.object().get("sid"), str):
        return answer.object()
    form |= settings(target)
    less = ("GeoMatchLevel", "NumberSelectionBehavior"), ("ChatInstanceSid",), URL_FIELDS
    for fields in less:
        form = {name: value for name, value in form.items() if name not in fields}
        answer = api.create({**form, "UniqueName": api.name()})
        if answer.accepted and isinstance(answer.object().get("sid"), str):
            return answer.object()
    return api.given()


def marked(api: Api) -> str:
    """Give a URL by which a Service is known to be of this run, where its name is like others'."""
    return f"{EXAMPLE}?of={api.name()}"
