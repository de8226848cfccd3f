"""What an absolute URI looks like (RFC 3986), as far as a callback URL needs it."""

import re
from functools import cache
from ipaddress import IPv6Address

from emulator.choices import Choices

_SAFE = r"A-Za-z0-9\-._~!$&'()*+,;="
_IRI = r"\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef\U00010000-\U000efffd"
_LARGEST_PORT = 65535


@cache
def _pattern(more: str) -> re.Pattern[str]:
    escape = "%[0-9A-Fa-f]{2}"
    return re.compile(
        r"(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]*)://"
        rf"(?:(?:[{_SAFE}{more}:]|{escape})*@)?"
        rf"(?P<host>\[[0-9A-Fa-f:.]+\]|\[v[0-9A-Fa-f]+\.[{_SAFE}:]+\]|(?:[{_SAFE}{more}]|{escape})+)"
        r"(?::(?P<port>[0-9]*))?"
        rf"(?:/(?:[{_SAFE}{more}:@/]|{escape})*)?"
        rf"(?:\?(?:[{_SAFE}{more}:@/?]|{escape})*)?"
        rf"(?:\#(?:[{_SAFE}{more}:@/?]|{escape})*)?"
    )


_PROXY_ITSELF = re.compile(r"proxy(\.[a-z0-9\-]+){0,2}\.twilio\.com\.?", re.IGNORECASE)


def fault_of_uri(text: str, choices: Choices) -> str | None:
    """Say in words what keeps a text from being a callback URL, or None."""
    parts = _pattern(_IRI if choices.international_urls else "").fullmatch(text)
    if parts is None:
        return "It must be an absolute URI with a scheme and a host."
    if choices.schemes == "web" and parts["scheme"].lower() not in {"http", "https"}:
        return "Its scheme must be http or https."
    if parts["port"] and int(parts["port"][:6]) > _LARGEST_PORT:
        return f"Its port must not be above {_LARGEST_PORT}."
    if parts["host"].startswith("[") and not _is_address(parts["host"][1:-1]):
        return "Its host is not an IP address."
    if _PROXY_ITSELF.fullmatch(parts["host"]):
        return "It must not be a URL of Proxy itself."
    return None


def _is_address(literal: str) -> bool:
    """Tell whether a bracketed host is an IPv6 address, or of a version still to come."""
    if literal[0] in "vV":
        return True
    try:
        IPv6Address(literal)
    except ValueError:
        return False
    return True
