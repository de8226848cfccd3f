"""Faults of callback URLs: what is accepted, what is stored for it, and how it is cleared."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from emulator.alterations import Alteration, Surroundings
from emulator.choices import Choices
from emulator.domain import Form
from emulator.operations import Operations
from emulator.rules import MAX_URL
from emulator.standins import accepting, forms, refusing, storing
from emulator.uris import fault_of_uri

URLS = ("CallbackUrl", "InterceptCallbackUrl", "OutOfSessionCallbackUrl")
CLEARABLE = (*URLS, "ChatInstanceSid")
_USUAL = Choices()


def _changed(change: Callable[[str], str]) -> Callable[[Any], Any]:
    """Leave a URL alone that is not set."""
    return lambda url: change(url) if url else url


def _is_no_url(text: str) -> bool:
    return bool(text) and len(text) <= MAX_URL and bool(fault_of_uri(text, _USUAL))


def _is_relative(text: str) -> bool:
    return text.startswith("/") and len(text) <= MAX_URL


def _is_too_long(text: str) -> bool:
    return len(text) > MAX_URL


def _is_proxy(text: str) -> bool:
    host = text.partition("://")[2].partition("/")[0]
    return host.lower() == "proxy.twilio.com"


def _without_user(url: str) -> str:
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"


def _without_port(url: str) -> str:
    parts = urlsplit(url)
    return url.replace(f":{parts.port}", "", 1) if parts.port else url


def _sorted_query(url: str) -> str:
    start, mark, query = url.partition("?")
    return start + mark + "&".join(sorted(query.split("&")))


def _with_slash(url: str) -> str:
    return url if url.endswith("/") else f"{url}/"


_CHANGES: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "drops-queries": ("stores URLs without their query", lambda url: url.partition("?")[0]),
    "drops-fragments": ("stores URLs without their fragment", lambda url: url.partition("#")[0]),
    "adds-trailing-slashes": ("stores URLs with a slash at the end", _with_slash),
    "drops-trailing-slashes": (
        "stores URLs without a slash at the end",
        lambda url: url.rstrip("/"),
    ),
    "lower-cases-urls": ("stores URLs in lower case", str.lower),
    "decodes-urls": ("decodes percent signs in URLs", unquote),
    "escapes-urls-twice": (
        "escapes percent signs in URLs once more",
        lambda url: url.replace("%", "%25"),
    ),
    "cuts-urls-at-255": ("cuts URLs at 255 characters", lambda url: url[:255]),
    "cuts-urls-at-2000": ("cuts URLs at 2000 characters", lambda url: url[:2000]),
    "downgrades-https": (
        "stores http for https",
        lambda url: url.replace("https://", "http://", 1),
    ),
    "drops-user-from-urls": ("stores URLs without user and password", _without_user),
    "drops-ports": ("stores URLs without their port", _without_port),
    "sorts-queries": ("stores the parameters of a URL's query sorted", _sorted_query),
    "drops-second-parameter": (
        "stores URLs up to the first ampersand",
        lambda url: url.partition("&")[0],
    ),
}

_ACCEPTED: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("urls", "takes any text as a URL", _is_no_url),
    ("relative-urls", "takes a path as a URL", _is_relative),
    ("long-urls", "takes URLs of any length", _is_too_long),
    ("4001-characters", "takes URLs of exactly 4001 characters", lambda url: len(url) == 4001),
    (
        "urls-that-are-short-once-decoded",
        "counts the characters of URLs once their percent signs are decoded",
        lambda url: _is_too_long(url) and not _is_too_long(unquote(url)),
    ),
    ("proxy-urls", "takes URLs of Proxy itself", _is_proxy),
)


def _accepting(name: str, sentence: str, condition: Callable[[str], bool]) -> Alteration:
    """Accept in all three parameters."""

    def behaviour(correct: Operations, around: Surroundings) -> Operations:
        for parameter in URLS:
            correct = accepting(condition, parameter)(correct, around)
        return correct

    prefix = "accepts-any-" if name == "urls" else "accepts-"
    return Alteration(name=prefix + name, sentence=sentence, behaviour=behaviour)


_REFUSED: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("4000-characters", "URLs of exactly 4000 characters", lambda url: len(url) == MAX_URL),
    ("urls-above-2048", "URLs of more than 2048 characters", lambda url: len(url) > 2048),
    ("queries", "URLs with a query", lambda url: "?" in url),
    ("fragments", "URLs with a fragment", lambda url: "#" in url),
    ("ipv6-urls", "URLs with an IPv6 address", lambda url: "[" in url),
    ("ports", "URLs with a port", lambda url: ":" in url.partition("://")[2]),
    ("http-urls", "URLs that are not https", lambda url: url.startswith("http://")),
    ("escapes-in-urls", "URLs with percent signs", lambda url: "%" in url),
)


def _dropping_empty(parameter: str) -> Callable[[Form], Form]:
    return lambda form: {name: value for name, value in form.items() if name != parameter or value}


ALTERATIONS = (
    *(
        Alteration(name=name, sentence=sentence, behaviour=storing(_changed(change), *URLS))
        for name, (sentence, change) in _CHANGES.items()
    ),
    *(_accepting(*row) for row in _ACCEPTED),
    Alteration(
        name="accepts-any-callback-url-on-update",
        sentence="takes any text as CallbackUrl on update",
        behaviour=accepting(_is_no_url, "CallbackUrl", on=("update",)),
    ),
    Alteration(
        name="accepts-any-intercept-url",
        sentence="takes any text as InterceptCallbackUrl",
        behaviour=accepting(_is_no_url, "InterceptCallbackUrl"),
    ),
    Alteration(
        name="accepts-any-out-of-session-url",
        sentence="takes any text as OutOfSessionCallbackUrl",
        behaviour=accepting(_is_no_url, "OutOfSessionCallbackUrl"),
    ),
    *(
        Alteration(
            name=f"refuses-{name}",
            sentence=f"refuses {what}",
            behaviour=refusing(condition, *URLS),
        )
        for name, what, condition in _REFUSED
    ),
    *(
        Alteration(
            name=f"does-not-clear-{parameter}",
            sentence=f"ignores an empty {parameter} on update",
            behaviour=forms(_dropping_empty(parameter), on=("update",)),
        )
        for parameter in CLEARABLE
    ),
    *(
        Alteration(
            name=f"refuses-clearing-{parameter}",
            sentence=f"refuses an empty {parameter} on update",
            behaviour=refusing(lambda text: not text, parameter, on=("update",)),
        )
        for parameter in ("CallbackUrl", "ChatInstanceSid")
    ),
    Alteration(
        name="clears-to-the-word-null",
        sentence="stores the word null for a URL that is cleared",
        behaviour=storing(lambda value: value or "null", *URLS, on=("update",)),
    ),
)
