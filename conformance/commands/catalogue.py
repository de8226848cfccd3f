"""Knows how to list the requirements."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Final

from conformance.commands.running import collected
from conformance.harness.options import WrongUsage
from conformance.harness.requirements import Requirement, load, matching

ALONG: Final = "every answer that says something about it, in whichever test"


def requirements(patterns: tuple[str, ...], *, as_json: bool, long: bool) -> int:
    """List the requirements that a pattern matches, or all. Raises WrongUsage with one sentence."""
    catalogue = load()
    for pattern in patterns:
        if not matching((pattern,), tuple(catalogue)):
            raise WrongUsage(
                f"{pattern!r} matches none of the {len(catalogue)} requirements;"
                " `proxy-conformance requirements` lists them"
            )
    rows = [catalogue[row] for row in matching(patterns, tuple(catalogue))]
    tests = collected() if long else {}
    if as_json:
        listed = [asdict(row) | ({"tests": tests.get(row.id, [])} if long else {}) for row in rows]
        sys.stdout.write(json.dumps(listed, indent=1, ensure_ascii=False) + "\n")
        return 0
    width = max(len(row.id) for row in rows)
    for row in rows:
        sys.stdout.write(f"{row.id:<{width}}  {row.stance:<7}  {row.sentence}\n")
        for line in _long(row, tests) if long else ():
            sys.stdout.write(f"{'':<{width + 2}}{line}\n")
    return 0


def _long(row: Requirement, tests: Mapping[str, list[str]]) -> Iterator[str]:
    yield f"basis       {row.basis}: {row.source}"
    yield f"statements  {', '.join(row.statements) or 'none: the document is silent'}"
    yield f"since       {row.since}"
    if row.untested:
        yield f"untested    {row.untested}"
        return
    named = list(dict.fromkeys(test.partition("[")[0] for test in tests.get(row.id, [])))
    for test in named or [ALONG]:
        yield f"tried by    {test}"
