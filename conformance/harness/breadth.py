"""Knows schemathesis as a source of requests: examples, systematic coverage, fuzzing.

It sends nothing. Whoever sends a case first makes it `ready`: with the sid of a Service of its
own, and a name that nobody else has. Each case says whether it has to be accepted (`valid`),
refused (not `valid`, with the one parameter that it breaks), or neither (None): then only that
the answer is well-formed and no server error is judged. The same document gives the same examples
and coverage, in the same order, in every process.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias
from urllib.parse import urlencode

from hypothesis import strategies as st

from conformance.harness import breadth_schema
from conformance.harness.breadth_rules import (
    NEITHER,
    READERS,
    Operation,
    Pairs,
    Rule,
    Verdict,
    is_ordinary_url,
    read_form,
    read_query,
    verdict,
    with_one_fault,
)

if TYPE_CHECKING:
    from schemathesis import Case

Phase: TypeAlias = Literal["examples", "coverage", "fuzzing", "links"]

OPERATIONS: Final[tuple[Operation, ...]] = (
    "CreateService",
    "ListService",
    "FetchService",
    "UpdateService",
    "DeleteService",
)
LIVE: Final = "{Sid}"
"""Stands in a path where the sid of a live Service belongs."""
OTHER_METHODS: Final = frozenset({"OPTIONS", "PATCH", "PUT"})
"""Methods tried beside the documented ones. Not DELETE, which might succeed on somebody's
collection, nor TRACE and QUERY, which a gateway may rightly answer with 501."""
FIRST_OF_PATH: Final = frozenset({"CreateService", "FetchService"})
"""The operations at whose paths those are tried: at each path once, whatever else is generated."""
NOBODYS_SID: Final = 33
"""Characters that a broken sid of a write has at least: a shorter one might be somebody's name."""
LONG_URL: Final = 1000
"""From here on a generated URL is about its length alone; its host is too long to exist."""
FUZZED: Final[tuple[tuple[Operation, bool], ...]] = (
    ("CreateService", True),
    ("CreateService", False),
    ("ListService", True),
    ("ListService", False),
    ("UpdateService", True),
    ("UpdateService", False),
    ("DeleteService", False),
)
"""What is worth fuzzing: a fetch or delete that keeps the rules has but one form, and of a fetch
nothing can be broken, since its Sid is a plain string (M56)."""
PAGING: Final = frozenset({"PageSize", "Page", "PageToken"})
NEAR_A_BOUND: Final = "Near-boundary"
"""What schemathesis says of a value that is next to a bound, and within it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreadthCase:
    """One generated request, and what the contract says of it."""

    operation: Operation
    method: str
    path: str
    phase: Phase
    valid: bool | None = None
    parameter: str | None = None
    broken: str | None = None
    rule: Rule | None = None
    """Which kind of rule is broken, where one is."""
    query: Pairs = ()
    form: Pairs | None = None
    content_type: str | None = None
    about: str = ""

    @property
    def needs_sid(self) -> bool:
        return LIVE in self.path

    @property
    def target(self) -> str:
        """The path with its query, as it stands in a request line."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


@lru_cache(maxsize=16)
def coverage_cases(document: Path, operation: Operation) -> tuple[BreadthCase, ...]:
    """Give the systematic cases of an operation: each value and bound, each rule broken.

    But for forms with a value next to a bound and within it: what is at the bound tells as much.
    """
    breadth_schema.library()
    from schemathesis import GenerationMode  # noqa: PLC0415 - slow
    from schemathesis.generation.drivers import CoverageGenerator  # noqa: PLC0415
    from schemathesis.generation.feedback import NO_FEEDBACK  # noqa: PLC0415
    from schemathesis.generation.overrides import Override  # noqa: PLC0415

    described = breadth_schema.operation(document, operation, "coverage")
    described.schema.coverage_unexpected_methods_seen.clear()  # by the other operation of the path
    generator = CoverageGenerator(
        operation=described,
        generation_modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE],
        generation_config=described.schema.config.generation_for(
            operation=described, phase="coverage"
        ),
        auth_storage=None,
        override=Override(),
        feedback=NO_FEEDBACK,
    )
    cases = _distinct(as_case(operation, generated, "coverage") for generated in generator)
    return tuple(
        case for case in cases if not (case.valid and case.form and NEAR_A_BOUND in case.about)
    )


@lru_cache(maxsize=16)
def example_cases(document: Path, operation: Operation) -> tuple[BreadthCase, ...]:
    """Give the document's own examples of an operation."""
    breadth_schema.library()
    from schemathesis.generation.hypothesis.examples import generate_one  # noqa: PLC0415 - slow

    described = breadth_schema.operation(document, operation, "judging")
    strategies = described.get_strategies_from_examples()
    return _distinct(as_case(operation, generate_one(each), "examples") for each in strategies)


def generating(document: Path) -> list[Callable[[], object]]:
    """Give what generates the examples and the coverage of each operation, to be called ahead."""
    return [
        partial(cases, document, operation)
        for operation in OPERATIONS
        for cases in (example_cases, coverage_cases)
    ]


@lru_cache(maxsize=16)
def fuzz_cases(
    document: Path, operation: Operation, *, valid: bool
) -> st.SearchStrategy[BreadthCase]:
    """Generate cases that have to be accepted, or else ones that break a rule or nobody knows.

    Shrinks to the smallest request that schemathesis makes.
    """
    if (operation, valid) == ("FetchService", False):
        raise ValueError("nothing of a FetchService can be broken; FUZZED lists what can be fuzzed")
    breadth_schema.library()
    from schemathesis import GenerationMode  # noqa: PLC0415 - slow

    described = breadth_schema.operation(document, operation, "keeping" if valid else "breaking")
    mode = GenerationMode.POSITIVE if valid else GenerationMode.NEGATIVE
    generated = described.as_strategy(generation_mode=mode)
    cases = generated.map(lambda case: as_case(operation, case, "fuzzing"))
    wanted = {True} if valid else {False, None}
    return cases.flatmap(
        lambda case: st.just(case) if case and case.valid in wanted else st.nothing()
    )


def ready(case: BreadthCase, *, sid: str | None, head: str) -> BreadthCase:
    """Make a case ready to be sent: the sid of a Service of one's own, a name nobody else has.

    `head` has to be unique to this request: the name begins with it, and keeps its length where
    it is longer. The chat instance becomes unique too: no two Services share one (M10).
    """
    if case.needs_sid and sid is None:
        raise ValueError(f"{case.method} {case.path} needs the sid of a live Service")
    return replace(
        case,
        path=case.path.replace(LIVE, sid or ""),
        form=case.form and tuple((name, _unique(name, value, head)) for name, value in case.form),
    )


def _unique(parameter: str, value: str, head: str) -> str:
    if parameter == "UniqueName" and value:
        return head + (value[len(head) :] if len(value) > len(head) else value)
    if parameter == "ChatInstanceSid" and READERS[parameter](value).state == "kept":
        return f"IS{hashlib.sha256(head.encode()).hexdigest()[:32]}"
    return value


def _distinct(cases: Iterable[BreadthCase | None]) -> tuple[BreadthCase, ...]:
    """Leave out what cannot be sent, and what was there before."""
    found: dict[tuple[object, ...], BreadthCase] = {}
    for case in cases:
        if case is not None:
            key = (case.method, case.path, case.query, case.form, case.content_type)
            found.setdefault(key, case)
    return tuple(found.values())


def as_case(operation: Operation, generated: "Case[Any]", phase: Phase) -> BreadthCase | None:
    """Read a generated case and judge it; None where it cannot, or should not, be sent."""
    documented = generated.operation.method.upper()
    path, form = _path(generated), _form(operation, generated.body, phase)
    others = OTHER_METHODS if operation in FIRST_OF_PATH else frozenset()
    if path is None or form is None or generated.method not in {documented, *others}:
        return None
    data = generated.meta.phase.data if generated.meta else None
    case = BreadthCase(
        operation=operation,
        method=generated.method,
        path=path,
        phase=phase,
        query=_query(generated.query, data.parameter if data else None),
        form=form if isinstance(generated.body, dict) else None,
        content_type=generated.headers.get("Content-Type"),
        about=(data.description or "") if data else "",
    )
    found = _verdict(case, documented)
    return replace(
        case, valid=found.valid, parameter=found.parameter, broken=found.how, rule=found.rule
    )


def _verdict(case: BreadthCase, documented: str) -> Verdict:
    is_plain = case.method == documented and case.content_type is None
    if not is_plain or not (case.needs_sid or case.path == "/v1/Services"):
        return NEITHER
    readings = read_query(case.operation, case.query)
    if case.method == "POST":
        readings |= read_form(case.operation, case.form or ())
    return verdict(readings.items())


def _path(generated: "Case[Any]") -> str | None:
    """Read the path: a sid that was not meant to be broken is to be a live Service's."""
    from schemathesis.core.parameters import ParameterLocation  # noqa: PLC0415 - slow

    if LIVE not in generated.path:
        return generated.path
    if generated.meta is None or not generated.meta.is_negative_at(ParameterLocation.PATH):
        return generated.path
    sid = str(generated.path_parameters.get("Sid", ""))
    least = 1 if generated.method == "GET" else NOBODYS_SID
    return generated.formatted_path if len(sid) >= least and sid.strip(".") else None


def _form(operation: Operation, body: Any, phase: Phase) -> Pairs | None:
    """Read a body as the pairs of a form; none where there is no body, None where it is no form."""
    if not isinstance(body, dict):
        return () if _is_absent(body) else None
    form = _pairs(body)
    if phase == "coverage":
        return tuple((name, _with_a_host_that_exists(name, value)) for name, value in form)
    return with_one_fault(operation, form) if phase == "fuzzing" else form


def _is_absent(body: object) -> bool:
    from schemathesis.core import NOT_SET  # noqa: PLC0415 - slow

    return body is NOT_SET


def _query(query: dict[str, Any], parameter: str | None) -> Pairs:
    """Read a query; of one that sends all that there is, what it is about stays.

    A target may refuse a Page without its PageToken, and a PageToken that it did not issue, so
    they would hide whatever else is in the same query.
    """
    if set(query) == PAGING:
        chosen = parameter if parameter in PAGING else "PageSize"
        return _pairs({chosen: query[chosen]})
    return _pairs(query)


def _pairs(values: dict[str, Any]) -> Pairs:
    """Write values as texts, a list as its items under the same name."""
    return tuple(
        (str(name), _text(each))
        for name, value in values.items()
        for each in (value if isinstance(value, list) else [value])
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _with_a_host_that_exists(name: str, value: str) -> str:
    """Replace a long URL, whose host schemathesis makes long, by an ordinary one as long."""
    if name.endswith("Url") and len(value) >= LONG_URL and not is_ordinary_url(value):
        return "https://www.example.com/".ljust(len(value), "a")
    return value
