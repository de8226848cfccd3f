"""Knows schemathesis's state machine: operations chained by the document's links.

Its requests are sent by whoever runs it, and what it does not know it is told here: which sids
this run created, so that no write reaches anything else, and which of them are deleted, so that a
refusal is expected of the right ones only.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from hypothesis.stateful import RuleBasedStateMachine

from conformance.harness import breadth_schema
from conformance.harness.breadth import OPERATIONS, BreadthCase, as_case, ready
from conformance.harness.breadth_judge import Answer, Complaint, judge, response, told_by
from conformance.harness.breadth_rules import Operation
from conformance.harness.evidence import parse

if TYPE_CHECKING:
    from schemathesis import Case, Response

Send: TypeAlias = Callable[[BreadthCase], Answer]
Head: TypeAlias = Callable[[], str]
Complain: TypeAlias = Callable[[BreadthCase, Answer, tuple[Complaint, ...]], None]

WRITES: frozenset[Operation] = frozenset({"UpdateService", "DeleteService"})


@dataclass(slots=True)
class Known:
    """What one sequence of requests has learned about sids."""

    alive: dict[str, None] = field(default_factory=dict)
    deleted: dict[str, None] = field(default_factory=dict)
    listed: dict[str, None] = field(default_factory=dict)

    def sid_for(self, operation: Operation, wanted: str) -> str | None:
        """Give the sid to act upon: the wanted one if it may be, else the latest of our own."""
        own = [*self.deleted, *self.alive]
        allowed = own if operation in WRITES else [*own, *self.listed]
        return wanted if wanted in allowed else next(reversed(own), None)

    def judged(self, case: BreadthCase, sid: str) -> BreadthCase:
        """Say of a case on this sid whether it has to be accepted, now."""
        if sid in self.deleted:
            return replace(
                case, valid=False, parameter="Sid", broken=f"the Service {sid} was deleted"
            )
        return case if sid in self.alive else replace(case, valid=None)

    def learn(self, case: BreadthCase, sid: str, answer: Answer) -> None:
        """Take in what an answer says of sids; an unclear answer to a delete leaves it unknown."""
        shown = _json(answer)
        if case.operation == "CreateService" and 200 <= answer.status < 300:
            if isinstance(shown.get("sid"), str):
                self.alive[shown["sid"]] = None
        elif case.operation == "ListService" and isinstance(shown.get("services"), list):
            found = (each.get("sid") for each in shown["services"] if isinstance(each, dict))
            self.listed |= dict.fromkeys(each for each in found if isinstance(each, str))
        elif case.operation == "DeleteService" and not 400 <= answer.status < 500:
            self.alive.pop(sid, None)
            if answer.status < 300:
                self.deleted[sid] = None


def _json(answer: Answer) -> dict[str, Any]:
    found = parse(answer.body)
    return found if isinstance(found, dict) else {}


def links_machine(
    document: Path, *, send: Send, head: Head, complain: Complain
) -> type[RuleBasedStateMachine]:
    """Make the state machine, for Hypothesis's `run_state_machine_as_test`.

    `send` sends a case that is ready, `head` gives a new unique beginning of a name, `complain`
    is called with each case that was not answered as it should have been, and may raise.
    """
    breadth_schema.library()
    from schemathesis.specs.openapi import checks  # noqa: PLC0415 - slow

    over_time = [checks.use_after_free, checks.ensure_resource_availability]
    described = breadth_schema.schema(document, "links")
    names: dict[str, Operation] = {
        described.find_operation_by_id(name).label: name for name in OPERATIONS
    }
    base: Any = described.as_state_machine()

    class Machine(base):  # type: ignore[misc]  # made by schemathesis at run time
        """Operations, one after the other, as the links lead."""

        def setup(self) -> None:
            self.known = Known()
            self.sent: dict[str, tuple[BreadthCase, Answer]] = {}

        def step(self, input: Any) -> Any:
            """Take a step, unless it needs a sid and there is none that it may act upon."""
            case, sid = input.case, None
            if "Sid" in case.path_parameters:
                wanted = str(case.path_parameters["Sid"])
                sid = self.known.sid_for(names[case.operation.label], wanted)
                if sid is not None and sid != wanted:
                    case.path_parameters["Sid"] = sid
            found = as_case(names[case.operation.label], case, "links")
            if found is None or (found.needs_sid and sid is None):
                return None
            judged = self.known.judged(found, sid) if sid else found
            self.next = ready(judged, sid=sid, head=head())
            return super().step(input)

        def call(self, case: "Case[Any]", **_: Any) -> "Response":
            answer = send(self.next)
            self.known.learn(self.next, str(case.path_parameters.get("Sid", "")), answer)
            self.sent[case.id] = (self.next, answer)
            return response(self.next, answer)

        def validate_response(self, found: "Response", case: "Case[Any]", **_: Any) -> None:
            sent, answer = self.sent[case.id]
            complaints = (
                *judge(document, sent, answer),
                *told_by(
                    lambda: case.validate_response(found, checks=over_time, recorder=self.recorder)
                ),
            )
            if complaints:
                complain(sent, answer, complaints)

    return Machine
