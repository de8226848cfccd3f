"""Valid values at the edges, named and always the same, for runs that spend few requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Generic, TypeVar

from strategies.alphabets import ALPHABETS, ending_solid, fitted
from strategies.fields import (
    GEO_MATCH_LEVELS,
    MAX_DEFAULT_TTL,
    NUMBER_SELECTION_BEHAVIORS,
)
from strategies.names import MAX_UNIQUE_NAME
from strategies.urls import MAX_CALLBACK_URL

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge(Generic[T]):
    """A value that has to be accepted, and why it is worth a request."""

    value: T
    why: str


_CALLBACK_URLS: Final = tuple(
    Edge(value=value, why=why)
    for why, value in (
        ("a host and nothing else", "https://example.com/"),
        ("without TLS", "http://example.com/callback"),
        ("a port", "https://example.com:8443/callback"),
        ("letters of both cases", "https://example.com/CallBack/ID?Of=Both#Cases"),
        ("a query with two parameters", "https://example.com/?a=1&b=2"),
        ("a query with one parameter twice", "https://example.com/?a=1&a=2"),
        ("a query with a plus sign", "https://example.com/?a=1+2"),
        ("a fragment", "https://example.com/callback#part"),
        ("percent escapes", "https://example.com/a%20b%2Fc%25//d/?q=%C3%A9%2B%26"),
        ("an astral character, escaped", "https://example.com/%F0%9F%98%80"),
        ("all punctuation of a path", "https://example.com/-._~!$&'()*+,;=:@/"),
        ("a semicolon in the query", "https://example.com/?a=1;b=2"),
        ("an IPv6 address", "http://[2001:db8::1]/callback"),
        ("an IPv6 address with a port", "http://[2001:db8::1]:8080/callback"),
        ("a host in Punycode", "https://xn--bcher-kva.example.com/callback"),
        ("a top-level domain of seven letters", "https://callback.example/twilio"),
        ("a query with an empty value", "https://example.com/?a=&b=1"),
        ("the longest label of a host", f"https://{'a' * 63}.example.com/"),
        ("3999 characters long", "https://example.com/".ljust(MAX_CALLBACK_URL - 1, "a")),
        ("4000 characters long, in the path", "https://example.com/".ljust(MAX_CALLBACK_URL, "a")),
        (
            "4000 characters long, in the query",
            "https://example.com/?".ljust(MAX_CALLBACK_URL, "a"),
        ),
    )
)

EDGE_VALUES: Final[Mapping[str, tuple[Edge[str], ...]]] = MappingProxyType(
    {
        "DefaultTtl": (
            Edge(value="0", why="the default, without limit"),
            Edge(value="1", why="the shortest"),
            Edge(value="3600", why="the hour of the samples"),
            Edge(value="32767", why="the last in 15 bits"),
            Edge(value="32768", why="the first beyond 15 bits"),
            Edge(value="65535", why="the last in 16 bits"),
            Edge(value="65536", why="the first beyond 16 bits"),
            Edge(value=str(MAX_DEFAULT_TTL), why="the longest that a Session may have"),
        ),
        "CallbackUrl": _CALLBACK_URLS,
        "GeoMatchLevel": tuple(Edge(value=level, why="listed") for level in GEO_MATCH_LEVELS),
        "NumberSelectionBehavior": tuple(
            Edge(value=behavior, why="listed") for behavior in NUMBER_SELECTION_BEHAVIORS
        ),
        "InterceptCallbackUrl": _CALLBACK_URLS,
        "OutOfSessionCallbackUrl": _CALLBACK_URLS,
    }
)
"""Edges by parameter. `UniqueName` and `ChatInstanceSid` have to be fresh each time."""

_LONG_NAMES: Final = (
    ("ASCII", "a"),
    ("two bytes each", "\u0436"),
    ("three bytes each", "\u6f22"),
    ("four bytes each", "\U0001f600"),
    ("four bytes each, plane 2", "\U00020000"),
    ("letters with combining marks", "e\u0301"),
)


def edge_name_tails(*, token_length: int) -> tuple[Edge[str], ...]:
    """Return what may follow a token of that length in a name: each alphabet, each long name.

    Each needs a token of its own, since a target may take two of them for the same name.
    """
    room = MAX_UNIQUE_NAME - token_length
    return (
        *(
            Edge(value=_sample(pieces, room), why=alphabet)
            for alphabet, pieces in ALPHABETS.items()
        ),
        *(
            Edge(value=_long(unit, size - token_length), why=f"{size} characters, {kind}")
            for kind, unit in _LONG_NAMES
            for size in (MAX_UNIQUE_NAME - 1, MAX_UNIQUE_NAME)
        ),
    )


def _sample(pieces: tuple[str, ...], room: int) -> str:
    text = "".join(pieces[:32])
    return ending_solid(f"-{fitted(text, min_size=1, max_size=room - 1)}")


def _long(unit: str, length: int) -> str:
    return ending_solid(fitted(unit, min_size=length, max_size=length))
