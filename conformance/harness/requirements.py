"""Knows the catalogue: openapi/requirements.toml as values."""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias

Stance: TypeAlias = Literal["must", "should", "observe"]

CONTRACT = Path(__file__).resolve().parents[2] / "openapi"
CATALOGUE = CONTRACT / "requirements.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """What a target has to do, in one sentence, and how we know."""

    id: str
    sentence: str
    statements: tuple[str, ...]
    stance: Stance
    basis: str
    source: str
    since: str
    operations: tuple[str, ...]
    untested: str | None = None

    def is_newer_than(self, version: str) -> bool:
        """Tell whether a user who froze the set at `version` does not know this row yet."""
        return release(self.since) > release(version)


def release(version: str) -> tuple[int, ...]:
    """Read a version of the suite, such as 1.0.0, so that versions compare.

    Raises ValueError for anything but numbers and full stops.
    """
    parts = tuple(int(part) for part in version.split("."))
    return parts + (0,) * (3 - len(parts))


@functools.cache
def load(path: Path = CATALOGUE) -> Mapping[str, Requirement]:
    """Read the catalogue, by id, in its order."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["requirement"]
    return MappingProxyType({row["id"]: _requirement(row) for row in rows})


def _requirement(row: dict[str, object]) -> Requirement:
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return Requirement(**values)  # type: ignore[arg-type]  # tests hold every row against its types


def matching(patterns: tuple[str, ...], ids: tuple[str, ...]) -> tuple[str, ...]:
    """Choose the ids that one of the patterns matches; without patterns, all."""
    if not patterns:
        return ids
    return tuple(id for id in ids if any(fnmatchcase(id, pattern) for pattern in patterns))
