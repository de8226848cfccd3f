"""Knows what a form says, and what else a target may read in it."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

from conformance.harness.wire import Form, encode


def readings(form: Form) -> frozenset[str]:
    """Give each name that a target may read in a form, where it does not read it as others do."""
    body = encode(form)
    found = {
        value
        for encoding in ("utf-8", "latin-1")
        for errors in ("replace", "ignore")
        for key, value in parse_qsl(
            body.decode("latin-1"), keep_blank_values=True, encoding=encoding, errors=errors
        )
        if key == "UniqueName"
    }
    return frozenset(
        found | {value.strip() for value in found} | {v.partition("\0")[0] for v in found}
    )


def name_in(form: Form) -> str:
    """Read the UniqueName that a create sends, as the ledger has to know it."""
    return next((str(value) for key, value in pairs(form) if key == "UniqueName"), "")


def pairs(form: Form) -> Sequence[tuple[str, str]]:
    """Give the parameters of a form, in their order."""
    if isinstance(form, bytes):
        return parse_qsl(form.decode("latin-1"), keep_blank_values=True)
    return form if isinstance(form, list) else list(form.items())
