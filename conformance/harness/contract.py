"""Knows the OpenAPI document as validators: one per property, so that each violation has its row."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from conformance.harness.requirements import CONTRACT

DOCUMENT: Final = CONTRACT / "service.yaml"
_URI: Final = "urn:openapi"


@functools.cache
def document(path: Path = DOCUMENT) -> Mapping[str, Any]:
    """Read the OpenAPI document."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: Mapping[str, Any] = yaml.load(path.read_bytes(), Loader=loader)  # noqa: S506 - a safe loader
    return loaded


@functools.cache
def _registry() -> Registry[Any]:
    resource = Resource.from_contents(dict(document()), default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource(_URI, resource)
    return registry


@functools.cache
def validator(pointer: str) -> Draft202012Validator:
    """Make a validator of the schema at a JSON pointer of the document.

    It leaves formats alone: which of them jsonschema knows depends on what else is installed.
    """
    return Draft202012Validator({"$ref": f"{_URI}#{pointer}"}, registry=_registry())


def problem(schema: str, name: str, value: object) -> str | None:
    """Say what a property's value breaks of its schema, or None."""
    return _problem(f"/components/schemas/{schema}/properties/{name}", json.dumps(value))


@functools.lru_cache(maxsize=20_000)
def _problem(pointer: str, value: str) -> str | None:
    errors = validator(pointer).iter_errors(json.loads(value))
    found = next(iter(errors), None)
    return None if found is None else _told(found)


def _told(error: ValidationError) -> str:
    """Say which rule is broken; where there are several ways to keep one, each of them."""
    if error.context:
        return " or ".join(dict.fromkeys(map(_told, error.context)))
    return _rule(error.validator, error.validator_value)


def _rule(keyword: object, value: object) -> str:
    return {
        "type": f"of type {value}",
        "enum": f"one of {value}",
        "pattern": f"like {value}",
        "const": repr(value),
        "minLength": f"of {value} characters at least",
        "maxLength": f"of {value} characters at most",
    }.get(str(keyword), "as the OpenAPI document has it")
