"""Faults of reading forms: escapes, separators, and which parameters are seen."""

import re
from collections.abc import Mapping

from emulator.alterations import Alteration, Wire
from emulator.rewriting import form_bodies, raw_forms


def _literal_plus(body: bytes) -> bytes:
    return body.replace(b"+", b"%2B")


def _at_semicolons(body: bytes) -> bytes:
    return body.replace(b";", b"&")


def _at_second_equals(body: bytes) -> bytes:
    return b"&".join(b"=".join(part.split(b"=")[:2]) for part in body.split(b"&"))


def _lower_case_escapes_only(body: bytes) -> bytes:
    """Leave escapes with upper-case digits as they are."""
    return re.sub(rb"%(?=[0-9]?[A-F])", b"%25", body)


def _without_last_character(body: bytes) -> bytes:
    return body[:-1] if len(body) > 1 and not body.endswith(b"=") else body


def _escaped_once_more(body: bytes) -> bytes:
    return re.sub(rb"%25([0-9A-Fa-f]{2})", rb"%\1", body)


def _blank_as_plus(body: bytes) -> bytes:
    return body.replace(b"%20", b"%2B")


FORMS: Mapping[str, tuple[str, Wire]] = {
    "takes-plus-literally": (
        "stores a plus sign where + stands for a blank",
        raw_forms(_literal_plus),
    ),
    "takes-escaped-blank-for-plus": ("stores a plus sign for %20", raw_forms(_blank_as_plus)),
    "splits-forms-at-semicolons": (
        "takes a semicolon for the end of a value",
        raw_forms(_at_semicolons),
    ),
    "cuts-values-at-equals": (
        "cuts values at an equals sign that is not escaped",
        raw_forms(_at_second_equals),
    ),
    "cuts-updated-values-at-equals": (
        "cuts values at an equals sign that is not escaped, on update",
        raw_forms(_at_second_equals, "update"),
    ),
    "takes-plus-literally-on-update": (
        "stores a plus sign where + stands for a blank, on update",
        raw_forms(_literal_plus, "update"),
    ),
    "keeps-upper-case-escapes": (
        "decodes escapes with digits in lower case alone",
        raw_forms(_lower_case_escapes_only),
    ),
    "decodes-forms-twice": ("decodes escapes in forms once more", raw_forms(_escaped_once_more)),
    "loses-last-byte-of-forms": (
        "reads forms without their last byte",
        raw_forms(_without_last_character),
    ),
    "reads-three-parameters": (
        "reads the first three parameters of a form",
        form_bodies(lambda sent: sent[:3]),
    ),
    "reads-one-parameter": (
        "reads the first parameter of a form on create",
        form_bodies(lambda sent: sent[:1], "create"),
    ),
}

ALTERATIONS = tuple(
    Alteration(name=name, sentence=sentence, wire=wire) for name, (sentence, wire) in FORMS.items()
)
