"""Faults of ttls, enums and chat instances: what is accepted, and what is stored for it."""

import re
import struct
from collections.abc import Callable

from emulator.alterations import Alteration
from emulator.domain import GEO_MATCH_LEVELS, NUMBER_SELECTION_BEHAVIORS, Form
from emulator.rules import CHAT_INSTANCE_SID, INTEGER
from emulator.standins import accepting, forms, refusing, storing, texts

GEO, SELECTION, TTL, CHAT = (
    "GeoMatchLevel",
    "NumberSelectionBehavior",
    "DefaultTtl",
    "ChatInstanceSid",
)


def _with_default(parameter: str, value: str) -> Callable[[Form], Form]:
    return lambda form: {parameter: value, **form}


def _as_float_32(ttl: int) -> int:
    return int(struct.unpack("f", struct.pack("f", ttl))[0])


def _is_fraction(text: str) -> bool:
    whole, point, part = text.partition(".")
    return bool(point) and whole.isdecimal() and part.isdecimal()


def _is_foreign_number(text: str) -> bool:
    return text.isdecimal() and not text.isascii()


def _is_no_number(text: str) -> bool:
    return not INTEGER.fullmatch(text)


def _is_no_geo(text: str) -> bool:
    return text not in GEO_MATCH_LEVELS


def _is_no_selection(text: str) -> bool:
    return text not in NUMBER_SELECTION_BEHAVIORS


def _is_no_chat_sid(text: str) -> bool:
    return bool(text) and not CHAT_INSTANCE_SID.fullmatch(text)


def _has_wrong_prefix(text: str) -> bool:
    return _is_no_chat_sid(text) and bool(CHAT_INSTANCE_SID.fullmatch("IS" + text[2:]))


def _has_wrong_length(text: str) -> bool:
    digits = "".join(digit for digit in text[2:] if digit in "0123456789abcdefABCDEF")
    return _is_no_chat_sid(text) and text == "IS" + digits


def _has_line_feed(text: str) -> bool:
    return text.endswith("\n") and bool(CHAT_INSTANCE_SID.fullmatch(text[:-1]))


def _has_upper_case(text: str) -> bool:
    return text[2:] != text[2:].lower()


def _is_not_hex(text: str) -> bool:
    return _is_no_chat_sid(text) and text.startswith("IS") and len(text) == 34


TTLS = (
    Alteration(
        name="ignores-zero-ttl",
        sentence="ignores a DefaultTtl of 0 on update",
        behaviour=forms(
            lambda form: (
                {name: value for name, value in form.items() if (name, value) != (TTL, "0")}
            ),
            on=("update",),
        ),
    ),
    Alteration(
        name="refuses-zero-ttl",
        sentence="refuses a DefaultTtl of 0",
        behaviour=refusing(lambda text: text == "0", TTL),
    ),
    Alteration(
        name="refuses-ttl-of-one",
        sentence="refuses a DefaultTtl of 1",
        behaviour=refusing(lambda text: text == "1", TTL),
    ),
    Alteration(
        name="refuses-ttl-above-a-day",
        sentence="refuses a DefaultTtl above 86400",
        behaviour=refusing(lambda text: not _is_no_number(text) and int(text) > 86400, TTL),
    ),
    Alteration(
        name="refuses-largest-ttl",
        sentence="refuses a DefaultTtl of 2147483646",
        behaviour=refusing(lambda text: text == "2147483646", TTL),
    ),
    Alteration(
        name="wraps-ttl-at-16-bits",
        sentence="stores the last 16 bits of a ttl",
        behaviour=storing(lambda ttl: ttl & 0xFFFF, TTL),
    ),
    Alteration(
        name="caps-ttl-at-30-bits",
        sentence="stores 1073741823 for every ttl above it",
        behaviour=storing(lambda ttl: min(ttl, 2**30 - 1), TTL),
    ),
    Alteration(
        name="stores-ttl-as-float",
        sentence="stores a ttl with the precision of a 32-bit float",
        behaviour=storing(_as_float_32, TTL),
    ),
    Alteration(
        name="rounds-ttl-to-minutes",
        sentence="stores a ttl in whole minutes",
        behaviour=storing(lambda ttl: ttl - ttl % 60, TTL),
    ),
    Alteration(
        name="stores-ttl-in-milliseconds",
        sentence="stores a thousandfold ttl",
        behaviour=storing(lambda ttl: ttl * 1000, TTL),
    ),
    Alteration(
        name="loses-ttl",
        sentence="stores 0 for every ttl given on create",
        behaviour=storing(lambda _: 0, TTL, on=("create",)),
    ),
    Alteration(
        name="accepts-text-ttl",
        sentence="takes any text as DefaultTtl, and stores 0 for it",
        behaviour=accepting(_is_no_number, TTL, lambda _: 0),
    ),
    Alteration(
        name="accepts-text-ttl-on-update",
        sentence="takes any text as DefaultTtl on update, and stores 0 for it",
        behaviour=accepting(_is_no_number, TTL, lambda _: 0, on=("update",)),
    ),
    Alteration(
        name="accepts-fractional-ttl",
        sentence="takes a fraction as DefaultTtl, and cuts it",
        behaviour=accepting(_is_fraction, TTL, lambda text: int(float(text))),
    ),
    Alteration(
        name="accepts-ttl-with-unit",
        sentence="takes a number and a unit as DefaultTtl, such as 60s",
        behaviour=accepting(
            lambda text: text[:-1].isdecimal() and text[-1:] in "smhd",
            TTL,
            lambda text: int(text[:-1]),
        ),
    ),
    Alteration(
        name="accepts-foreign-digits",
        sentence="takes digits of every script in DefaultTtl",
        behaviour=accepting(_is_foreign_number, TTL, int),
    ),
    Alteration(
        name="defaults-ttl-to-an-hour",
        sentence="gives a Service a ttl of 3600 where none was sent",
        behaviour=forms(_with_default(TTL, "3600"), on=("create",)),
    ),
)

ENUMS = (
    *(
        Alteration(
            name=f"refuses-{value}",
            sentence=f"refuses the {parameter} {value}",
            behaviour=refusing(value.__eq__, parameter),
        )
        for parameter, values in ((GEO, GEO_MATCH_LEVELS), (SELECTION, NUMBER_SELECTION_BEHAVIORS))
        for value in values
    ),
    Alteration(
        name="refuses-overlay-on-update",
        sentence="refuses the GeoMatchLevel overlay on update",
        behaviour=refusing(lambda text: text == "overlay", GEO, on=("update",)),
    ),
    Alteration(
        name="accepts-any-geo",
        sentence="takes any text as GeoMatchLevel",
        behaviour=accepting(_is_no_geo, GEO),
    ),
    Alteration(
        name="accepts-any-geo-on-create",
        sentence="takes any text as GeoMatchLevel on create",
        behaviour=accepting(_is_no_geo, GEO, on=("create",)),
    ),
    Alteration(
        name="accepts-any-geo-on-update",
        sentence="takes any text as GeoMatchLevel on update",
        behaviour=accepting(_is_no_geo, GEO, on=("update",)),
    ),
    Alteration(
        name="defaults-unknown-geo",
        sentence="takes any text as GeoMatchLevel, and stores country for it",
        behaviour=accepting(_is_no_geo, GEO, lambda _: "country"),
    ),
    Alteration(
        name="accepts-any-selection",
        sentence="takes any text as NumberSelectionBehavior",
        behaviour=accepting(_is_no_selection, SELECTION),
    ),
    Alteration(
        name="accepts-any-selection-on-create",
        sentence="takes any text as NumberSelectionBehavior on create",
        behaviour=accepting(_is_no_selection, SELECTION, on=("create",)),
    ),
    Alteration(
        name="accepts-any-selection-on-update",
        sentence="takes any text as NumberSelectionBehavior on update",
        behaviour=accepting(_is_no_selection, SELECTION, on=("update",)),
    ),
    Alteration(
        name="ignores-unknown-selection",
        sentence="takes any text as NumberSelectionBehavior, and stores prefer-sticky for it",
        behaviour=accepting(_is_no_selection, SELECTION, lambda _: "prefer-sticky"),
    ),
    Alteration(
        name="stores-overlay-as-radius",
        sentence="stores radius for overlay",
        behaviour=texts(lambda text: "radius" if text == "overlay" else text, GEO),
    ),
    Alteration(
        name="stores-country-always",
        sentence="stores country for every GeoMatchLevel",
        behaviour=storing(lambda _: "country", GEO),
    ),
    Alteration(
        name="stores-prefer-sticky-always",
        sentence="stores prefer-sticky for every NumberSelectionBehavior",
        behaviour=storing(lambda _: "prefer-sticky", SELECTION),
    ),
    Alteration(
        name="stores-enums-with-underscores",
        sentence="stores area_code and avoid_sticky, as before 2017-12",
        behaviour=storing(lambda value: value.replace("-", "_"), GEO, SELECTION),
    ),
    Alteration(
        name="defaults-geo-to-area-code",
        sentence="gives a Service area-code where no GeoMatchLevel was sent",
        behaviour=forms(_with_default(GEO, "area-code"), on=("create",)),
    ),
    Alteration(
        name="defaults-to-avoid-sticky",
        sentence="gives a Service avoid-sticky where no NumberSelectionBehavior was sent",
        behaviour=forms(_with_default(SELECTION, "avoid-sticky"), on=("create",)),
    ),
)


def _chat_fault(name: str, sentence: str, condition: Callable[[str], bool]) -> Alteration:
    return Alteration(name=name, sentence=sentence, behaviour=accepting(condition, CHAT))


CHATS = (
    _chat_fault("accepts-any-chat-sid", "takes any text as ChatInstanceSid", _is_no_chat_sid),
    _chat_fault(
        "accepts-other-chat-prefixes",
        "takes a ChatInstanceSid of another prefix than IS",
        _has_wrong_prefix,
    ),
    _chat_fault(
        "accepts-other-chat-lengths",
        "takes a ChatInstanceSid of any number of digits",
        _has_wrong_length,
    ),
    _chat_fault(
        "accepts-chat-sids-not-hex",
        "takes a ChatInstanceSid of any 32 characters",
        _is_not_hex,
    ),
    _chat_fault(
        "accepts-text-before-chat-sids",
        "takes a ChatInstanceSid with text before it",
        lambda text: bool(CHAT_INSTANCE_SID.fullmatch(text[-34:])) and len(text) > 34,
    ),
    _chat_fault(
        "accepts-chat-sids-of-other-digits",
        "takes a ChatInstanceSid of digits that are not ASCII",
        lambda text: bool(re.fullmatch(r"IS[\da-fA-F]{32}", text)) and not text.isascii(),
    ),
    _chat_fault(
        "accepts-chat-sids-with-line-feed",
        "takes a ChatInstanceSid with a line feed behind it",
        _has_line_feed,
    ),
    Alteration(
        name="accepts-any-chat-sid-on-update",
        sentence="takes any text as ChatInstanceSid on update",
        behaviour=accepting(_is_no_chat_sid, CHAT, on=("update",)),
    ),
    Alteration(
        name="drops-chat-sid",
        sentence="stores no ChatInstanceSid",
        behaviour=storing(lambda _: None, CHAT),
    ),
    Alteration(
        name="drops-invalid-chat-sid",
        sentence="takes any text as ChatInstanceSid, and stores only what is one",
        behaviour=accepting(_is_no_chat_sid, CHAT, lambda _: None),
    ),
    Alteration(
        name="lower-cases-chat-sid",
        sentence="stores a ChatInstanceSid with digits in lower case",
        behaviour=storing(lambda sid: sid and sid[:2] + sid[2:].lower(), CHAT),
    ),
    Alteration(
        name="refuses-upper-case-chat-sid",
        sentence="refuses a ChatInstanceSid with digits in upper case",
        behaviour=refusing(_has_upper_case, CHAT),
    ),
    Alteration(
        name="refuses-upper-case-chat-sid-on-update",
        sentence="refuses a ChatInstanceSid with digits in upper case on update alone",
        behaviour=refusing(_has_upper_case, CHAT, on=("update",)),
    ),
)

ALTERATIONS = (*TTLS, *ENUMS, *CHATS)
