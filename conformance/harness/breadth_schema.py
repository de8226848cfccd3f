"""Knows how schemathesis is loaded: late, quietly, and with the document made fit to generate from.

Its import takes most of a second and replaces parts of Hypothesis, so it happens when the first
request is generated, in the workers that do so, and what it replaced is put back: its printer
would show the arguments of every later failure blank, its buffer would change what later tests
draw.
"""

import contextlib
from collections.abc import Iterator
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import yaml
from hypothesis import core
from hypothesis import strategies as st
from hypothesis.internal.conjecture import engine
from hypothesis.strategies._internal import collections

from conformance.harness.breadth_rules import MOST_NAME, is_plain_text

if TYPE_CHECKING:
    from schemathesis.schemas import APIOperation
    from schemathesis.specs.openapi.schemas import OpenApiSchema

Use: TypeAlias = Literal["judging", "coverage", "breaking", "keeping", "links"]
"""What a form of the document is for: the first is the document as it stands."""

FORM: Final = "application/x-www-form-urlencoded"
NAME_FORMAT: Final = "proxy-unique-name"
URL_FORMAT: Final = "proxy-callback-url"
SEED: Final = 1
_PATCHED: Final[tuple[tuple[ModuleType, str], ...]] = (
    (core, "RepresentationPrinter"),
    (core, "BUFFER_SIZE"),
    (engine, "BUFFER_SIZE"),
    (collections, "BUFFER_SIZE"),
)
_NOISE: Final = ("description", "summary", "example", "examples", "default")


@contextlib.contextmanager
def _hypothesis_as_it_was() -> Iterator[None]:
    """Put back what schemathesis replaces in Hypothesis when it is imported."""
    before = [
        (where, name, getattr(where, name)) for where, name in _PATCHED if hasattr(where, name)
    ]
    try:
        yield
    finally:
        for where, name, value in before:
            setattr(where, name, value)


@lru_cache(maxsize=1)
def library() -> ModuleType:
    """Import schemathesis, once, with the formats of our own registered."""
    with _hypothesis_as_it_was():
        import schemathesis  # noqa: PLC0415 - slow, see above
        import schemathesis.generation.hypothesis.builder  # noqa: PLC0415

    schemathesis.openapi.format(NAME_FORMAT, names())
    schemathesis.openapi.format(URL_FORMAT, urls())
    return schemathesis


def names() -> st.SearchStrategy[str]:
    """Generate UniqueNames that every target has to take.

    Shrinks to "0".
    """
    marks = st.characters(exclude_categories=("C", "Z"))
    inner = st.characters(exclude_categories=("C", "Z")) | st.just(" ")
    longer = st.builds(
        lambda a, b, c: a + b + c, marks, st.text(inner, max_size=MOST_NAME - 2), marks
    )
    return (marks | longer).filter(is_plain_text)


def urls() -> st.SearchStrategy[str]:
    """Generate ordinary absolute URLs.

    Shrinks to "https://www.example.com".
    """
    hosts = st.sampled_from(("www.example.com", "example.org", "a-b.c1.example.net:8443"))
    part = st.text("a0-._~!$'()*,;:@", max_size=12) | st.sampled_from(("%20", "a%2Fb", "%C3%A9"))
    path = st.lists(part, max_size=3).map(lambda parts: "".join(f"/{each}" for each in parts))
    query = st.just("") | st.sampled_from(("?", "?a=b", "?a=b&c=d+e", "?q=%26%3D"))
    fragment = st.just("") | st.sampled_from(("#", "#top"))
    return st.builds(
        "{}{}{}{}{}".format, st.sampled_from(("https://", "http://")), hosts, path, query, fragment
    )


@lru_cache(maxsize=16)
def operation(document: Path, name: str, use: Use) -> "APIOperation[Any, Any, Any, Any]":
    """Give an operation of the document, in the form that suits a use."""
    return schema(document, use).find_operation_by_id(name)


@lru_cache(maxsize=8)
def schema(document: Path, use: Use) -> "OpenApiSchema":
    """Load the document with schemathesis, in the form that suits a use."""
    loaded = library()
    config = loaded.Config.from_dict(
        {
            "seed": SEED,
            "generation": {
                "mode": "positive" if use in {"keeping", "links"} else "all",
                "with-security-parameters": False,
                "allow-extra-parameters": False,
            },
        }
    )
    found: OpenApiSchema = loaded.openapi.from_dict(fitted(raw(document), use), config=config)
    return found


@lru_cache(maxsize=2)
def raw(document: Path) -> dict[str, Any]:
    """Read the document."""
    found: dict[str, Any] = yaml.load(document.read_text("utf-8"), Loader=_LOADER)  # noqa: S506
    return found


_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def fitted(document: dict[str, Any], use: Use) -> dict[str, Any]:
    """Make the document fit for a use.

    For judging it stays as it is, but that any text is a URL that a Service holds: they were not
    validated before 2019-05-21 (contract fact 10), and an account has Services of others in it.
    What our own hold is held against what was sent.

    To generate from, examples go, since the generator would repeat them. Where an update
    also takes the empty text, only the other kind of value stays: the empty text has tests of its
    own. A name and a URL that have to be accepted are generated by our own strategies.
    """
    made = deepcopy(document)
    if use == "judging":
        for shown in made["components"]["schemas"].get("UrlOrUnset", {}).get("anyOf", []):
            shown.pop("format", None)
        return made
    for item in made["paths"].values():
        for described in item.values():
            if isinstance(described, dict):
                _fit_operation(described, made, use)
    return made


def _fit_operation(described: dict[str, Any], document: dict[str, Any], use: Use) -> None:
    described["parameters"] = [
        parameter
        for parameter in _plain(described.get("parameters", []), document)
        if use == "coverage" or parameter["name"] not in {"Page", "PageToken"}
    ]
    if "requestBody" not in described:
        return
    body = _plain(described["requestBody"]["content"][FORM]["schema"], document)
    body["properties"] = {
        name: _fit_value(part["anyOf"][0] if "anyOf" in part else part, name, use)
        for name, part in body["properties"].items()
        if not (use == "links" and name == "ChatInstanceSid")  # taken for the key of a resource
    }
    described["requestBody"]["content"][FORM] = {"schema": body}


def _fit_value(part: dict[str, Any], name: str, use: Use) -> dict[str, Any]:
    if use in {"keeping", "links"}:
        if name == "UniqueName":
            return {"type": "string", "format": NAME_FORMAT}
        if part.get("format") == "uri":
            return {"type": "string", "format": URL_FORMAT}
    if part.get("format") == "uri":
        return {**part, "minLength": 1}
    return part


def _plain(part: Any, document: dict[str, Any]) -> Any:
    """Resolve every reference below a part, and leave out what is not about values."""
    if isinstance(part, list):
        return [_plain(each, document) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        found: Any = document
        for key in part["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        return _plain({**found, **{k: v for k, v in part.items() if k != "$ref"}}, document)
    return {
        key: _plain(value, document)
        for key, value in part.items()
        if key not in _NOISE and not key.startswith("x-")
    }
