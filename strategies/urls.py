"""Callback URLs that every conforming target accepts: absolute, `http` or `https`, ASCII.

They keep to RFC 3986, and are written so that normalising changes nothing (lower-case host, a path,
no dot segments, no default port, escapes in capitals and only where needed; RFC 3986 section 6, and
what browsers do), since whether a target normalises is not known. Hosts are reserved for examples
(RFC 2606, 5737, 3849), never the vendor's: Proxy refuses its own URLs.
"""

from collections.abc import Sequence
from typing import Final

from hypothesis import strategies as st

MAX_CALLBACK_URL: Final = 4000
"""The longest callback URL, in characters (the vendor's limits page)."""

_SCHEMES: Final = ("http", "https")
_HOSTS: Final = (
    "example.com",
    "example.org",
    "a.example.com",
    "a-b.c.d.example.net",
    "0.example.com",
    f"{'a' * 63}.example.com",
    "xn--bcher-kva.example.com",
    "xn--fsqu00a.example.org",
    "[2001:db8::1]",
    "[2001:db8:1:2:3:4:5:6]",
)
_PORTS: Final = ("", ":8080", ":8443", ":81", ":65535")
_UNRESERVED: Final = "abcxyzABCXYZ0189-_~"
_ESCAPES: Final = ("%20", "%25", "%2B", "%26", "%3D", "%2F", "%3F", "%23", "%22", "%C3%A9")
_ASTRAL_ESCAPE: Final = "%F0%9F%98%80"
_PATH_PIECES: Final = (*_UNRESERVED, "a/a", *"!$&'()*+,;=:@", *_ESCAPES, _ASTRAL_ESCAPE)
# No apostrophe: RFC 3986 admits it in a query, browsers escape it there.
_QUERY_PIECES: Final = (*_UNRESERVED, *".!$&()*+,;=:@/?", *_ESCAPES, _ASTRAL_ESCAPE)


def callback_urls() -> st.SearchStrategy[str]:
    """Generate URLs with and without port, path, query and fragment, up to exactly 4000 characters.

    Shrinks to "http://example.com/".
    """
    longest = url_of_length(MAX_CALLBACK_URL)
    return _short_urls() | url_of_length(MAX_CALLBACK_URL - 1) | longest


def url_of_length(length: int) -> st.SearchStrategy[str]:
    """Generate URLs of exactly so many characters, 2000 or more, filled up at their end.

    Shrinks to "http://example.com/aaa...".
    """
    return _short_urls().map(lambda url: url.ljust(length, "a"))


def _short_urls() -> st.SearchStrategy[str]:
    return st.builds(
        "{}{}{}{}".format,
        _origins(),
        _pieces(_PATH_PIECES, min_size=0).map("/".__add__),
        st.just("") | _pieces(_QUERY_PIECES, min_size=1).map("?".__add__),
        st.just("") | _pieces(_QUERY_PIECES, min_size=1).map("#".__add__),
    )


def _origins() -> st.SearchStrategy[str]:
    return st.builds(
        "{}://{}{}".format,
        st.sampled_from(_SCHEMES),
        st.sampled_from(_HOSTS),
        st.sampled_from(_PORTS),
    )


def _pieces(pieces: Sequence[str], *, min_size: int) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(pieces), min_size=min_size, max_size=24).map("".join)
