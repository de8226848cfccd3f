"""The rules of each parameter: text as it was sent in, a checked value out."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from emulator.choices import Choices
from emulator.domain import (
    GEO_MATCH_LEVELS,
    NUMBER_SELECTION_BEHAVIORS,
    Form,
    Reason,
    Refused,
    Values,
)
from emulator.uris import fault_of_uri

MAX_UNIQUE_NAME = 191
"""Characters, not bytes: M06, M31, and the vendor's page of limits."""

MAX_URL = 4000
"""Characters: the vendor's page of limits."""

CHAT_INSTANCE_SID = re.compile(r"IS[0-9a-fA-F]{32}", re.ASCII)
"""M09, M38."""

SERVICE_SID = re.compile(r"KS[0-9a-fA-F]{32}", re.ASCII)
"""M05, M46, M49."""

INTEGER = re.compile(r"-?[0-9]{1,40}", re.ASCII)
"""Forty digits are beyond every bound, and few enough for `int`."""

Rule: TypeAlias = Callable[[str, Choices], object]


@dataclass(slots=True, eq=False)
class Broken(Exception):
    """A value breaks its parameter's rule, in words."""

    why: str


def unique_name(text: str, _: Choices) -> str:
    """Take a name exactly as it was sent."""
    if len(text) > MAX_UNIQUE_NAME:
        raise Broken(f"It has {len(text)} characters; at most {MAX_UNIQUE_NAME} are allowed.")
    return text


def default_ttl(text: str, choices: Choices) -> int:
    """Read an integer of ASCII digits."""
    if not INTEGER.fullmatch(text):
        raise Broken("It must be an integer.")
    ttl = int(text)
    if ttl < 0 and choices.negative_ttl == "refused":
        raise Broken("It must not be negative.")
    if abs(ttl) > choices.largest_ttl:
        raise Broken(f"It must not be above {choices.largest_ttl}.")
    return ttl


def url(text: str, choices: Choices) -> str | None:
    """Take an absolute URI; an empty text clears it (observed, contract fact 21)."""
    if not text:
        return None
    if len(text) > MAX_URL:
        raise Broken(f"It has {len(text)} characters; at most {MAX_URL} are allowed.")
    if why := fault_of_uri(text, choices):
        raise Broken(why)
    return text


def one_of(allowed: tuple[str, ...], text: str, _: Choices) -> str:
    """Take one of the listed values, letter by letter."""
    if text not in allowed:
        raise Broken(f"It must be one of {', '.join(allowed)}.")
    return text


def chat_instance_sid(text: str, _: Choices) -> str | None:
    """Take a chat instance's SID; an empty text clears it (contract fact 21)."""
    if not text:
        return None
    if not CHAT_INSTANCE_SID.fullmatch(text):
        raise Broken("It must be IS and 32 hexadecimal digits.")
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A form parameter: the field that it sets, and its rule."""

    field: str
    rule: Rule


PARAMETERS: Mapping[str, Parameter] = {
    "UniqueName": Parameter(field="unique_name", rule=unique_name),
    "DefaultTtl": Parameter(field="default_ttl", rule=default_ttl),
    "CallbackUrl": Parameter(field="callback_url", rule=url),
    "GeoMatchLevel": Parameter(field="geo_match_level", rule=partial(one_of, GEO_MATCH_LEVELS)),
    "NumberSelectionBehavior": Parameter(
        field="number_selection_behavior", rule=partial(one_of, NUMBER_SELECTION_BEHAVIORS)
    ),
    "InterceptCallbackUrl": Parameter(field="intercept_callback_url", rule=url),
    "OutOfSessionCallbackUrl": Parameter(field="out_of_session_callback_url", rule=url),
    "ChatInstanceSid": Parameter(field="chat_instance_sid", rule=chat_instance_sid),
}
"""M31 to M38; other parameters are ignored (contract fact 12)."""


def checked(form: Form, choices: Choices) -> Values:
    """Return the fields that a form sets, or refuse the first value that breaks a rule."""
    if form.get("UniqueName") == "":
        raise Refused(Reason.MISSING_PARAMETER, "UniqueName")
    values: Values = {}
    for name, parameter in PARAMETERS.items():
        if name in form:
            try:
                values[parameter.field] = parameter.rule(form[name], choices)
            except Broken as broken:
                raise Refused(Reason.INVALID_PARAMETER, name, broken.why) from None
    return values
