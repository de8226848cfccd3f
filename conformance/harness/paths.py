"""Knows the paths of the resource: of the collection, of a Service, and what stands in one."""

import re
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

SERVICES: Final = "/v1/Services"
PAGE_SIZE: Final = re.compile(r"[1-9][0-9]{0,2}|1000")
"""From 1 to 1000, as the document bounds it."""


def item(sid: str) -> str:
    """Give the path of a Service; what is no plain path segment is escaped."""
    return f"{SERVICES}/{quote(sid, safe='', errors='surrogatepass')}"


def below(path: str, prefix: str) -> str:
    """Give a path without the prefix that it may have; `/v1` is none of `/v1beta`'s."""
    return path.removeprefix(prefix) if f"{path}/".startswith(f"{prefix}/") else path


def sid_in(path: str) -> str:
    """Read the sid in the path of a request; empty where there is none."""
    below = path.partition("?")[0].removeprefix(SERVICES)
    return unquote(below.strip("/").partition("/")[0])


def query_of(url: str) -> dict[str, str]:
    """Read the query of a URL."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
