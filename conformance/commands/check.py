"""Knows how to look at a target before a run, in five requests, none of which creates anything."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from conformance.commands.visiting import visiting
from conformance.harness import monitors, preflight
from conformance.harness.budget import RESERVE, Limits
from conformance.harness.evidence import Credentials, Exchange
from conformance.harness.exits import Exit
from conformance.harness.expect import Monitor, NotRun, Unproven
from conformance.harness.names import unknown_sid
from conformance.harness.paths import SERVICES, item
from conformance.harness.requirements import load
from conformance.harness.target import Target
from conformance.harness.wire import Request, Wire

MOST_REQUESTS: Final = 5
GIVEN_UP: Final = "it does not answer, or throttles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One thing that was looked at: what it is about, and what is wrong with it, or nothing."""

    about: str
    problem: str | None


def check(target: Target) -> int:
    """Say whether the target is reachable, takes the credentials, and is what it seems."""
    limits = Limits(max_requests=MOST_REQUESTS + RESERVE)
    with visiting(target, limits=limits, timeout=preflight.FIRST_ANSWER) as wire:
        right = _told(target, wire)
        requests = wire.budget.figures()["requests"]
    count = f"{requests} request{'' if requests == 1 else 's'}, nothing was created"
    said = "can be judged" if right else "cannot be judged as it is"
    sys.stdout.write(f"The target {said} ({count}).\n")
    return Exit.AS_EXPECTED if right else Exit.UNJUDGEABLE


def _told(target: Target, wire: Wire) -> bool:
    """Print each thing as it was looked at; tell whether all are as they should be."""
    sys.stdout.write(f"{target.base_url}\n")
    right = True
    for looked in _looks(target, wire):
        sys.stdout.write(f"  {'no ' if looked.problem else 'yes'}  {looked.about}\n")
        if looked.problem:
            sys.stdout.write(f"         {looked.problem}\n")
            right = False
    return right


def _looks(target: Target, wire: Wire) -> Iterator[Looked]:
    """Look at one thing after the other; without the first, there is nothing to see of the rest."""
    try:
        first = list(_first(target, wire))
        yield from first
        if any(looked.problem for looked in first):
            return
        if "auth" not in target.lacks:
            yield _stranger(wire)
        yield _missing(wire)
    except (Unproven, NotRun) as problem:
        why = str(problem) if isinstance(problem, Unproven) else GIVEN_UP
        yield Looked(about="answers", problem=f"the target cannot be reached: {why}")


def _first(target: Target, wire: Wire) -> Iterator[Looked]:
    answer = _send(wire, SERVICES, "list")
    took = f"{answer.seconds * 1000:.0f} ms"
    yield Looked(about=f"answers: GET {SERVICES} took {took}", problem=None)
    whose = target.account.sid or "nobody" if "auth" in target.lacks else target.account.sid
    problem = preflight.why_not(answer)
    yield Looked(about=f"takes the credentials of {whose or 'the API key'}", problem=problem)
    if problem is None:
        yield Looked(about="lists Services in pages", problem=_wrong(answer, monitors.page, 200))


def _stranger(wire: Wire) -> Looked:
    answer = _send(wire, SERVICES, "list", credentials="wrong-token")
    taken = f"a wrong token was answered {answer.status}; an API that checks none lacks auth"
    return Looked(
        about="refuses a wrong token",
        problem=None if answer.status in {401, 403} else f"{taken}: say --lacks auth",
    )


def _missing(wire: Wire) -> Looked:
    answer = _send(wire, item(unknown_sid()), "fetch")
    problem = _wrong(answer, monitors.error_body, 404, 400)
    return Looked(about="says in JSON what is wrong with a request", problem=problem)


def _wrong(answer: Exchange, monitor: Monitor, *statuses: int) -> str | None:
    """Say what is wrong with an answer: its status, or what a `must` has to say of its shape."""
    if answer.status not in statuses:
        wanted = " or ".join(map(str, statuses))
        return f"a {answer.operation} was answered {answer.status}, expected {wanted}"
    if not answer.is_json:
        return f"a {answer.operation} was not answered with JSON"
    for row, violation in monitor(answer):
        if violation and load()[row].stance == "must":
            found = f"expected at {violation.where}: {violation.expected}; found: {violation.found}"
            return f"a {answer.operation} breaks {row}, {found}"
    return None


def _send(wire: Wire, path: str, operation: str, *, credentials: Credentials = "own") -> Exchange:
    request = Request(
        method="GET", path=path, operation=operation, credentials=credentials, safe=True
    )
    return wire.send(request)
