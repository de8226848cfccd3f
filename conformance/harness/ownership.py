"""Knows which Services are this run's own, by what the target itself shows. It sends nothing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.harness.budget import Budget
from conformance.harness.evidence import Exchange
from conformance.harness.expect import Finding, Unproven, Violation
from conformance.harness.ledger import OTHER, OWN, Ledger
from conformance.harness.names import Names
from conformance.harness.record import current
from conformance.harness.target import NOT_ALLOWED, not_allowed
from conformance.harness.wire import RIGHT, TargetGone


@dataclass(slots=True)
class Ownership:
    """What one story created, as part of what its process did."""

    ledger: Ledger
    names: Names
    budget: Budget
    created: dict[str, str] = field(default_factory=dict)
    """The sids of the story's Services that are still to be deleted, and their names."""

    def intends(self, names: Mapping[str, Collection[str]], owner: str = OWN) -> None:
        """Write down that creates of these names are under way; each may be read as others too."""
        for name, spellings in names.items():
            self.ledger.intends(name, owner, also=spellings)

    def answered(self, exchange: Exchange, name: str, owner: str = OWN) -> None:
        """Write down what came of a create.

        Only an answer that shows a sid makes a Service; a 5xx or a body that cannot be read may
        have made one all the same, so its intent stays in the ledger and is looked up at the end;
        until then it counts as alive.

        Raises TargetGone where the account may create nothing.
        """
        sid = exchange.object().get("sid") if exchange.accepted else None
        if isinstance(sid, str) and sid:
            self._given(sid, exchange, name, owner)
        elif exchange.refused or exchange.status in {401, 403, 429}:
            self.budget.not_created()
            self.ledger.refused(name)
            self._is_allowed(exchange)

    def _given(self, sid: str, exchange: Exchange, name: str, owner: str) -> None:
        if sid in self.ledger.alive:
            _same_sid(exchange, sid, f"which {self.ledger.alive[sid]} has")
            return
        if self._is_foreign(sid):
            _same_sid(exchange, sid, "which another Service was shown with before")
            self.ledger.answered_foreign(sid, name, owner)
            return
        if sid in self.ledger.had:
            _same_sid(exchange, sid, f"which {self.ledger.had[sid]} had before it was deleted")
        else:
            current().holds("SERVICE-16")
        self._takes(sid, name, owner)

    def _takes(self, sid: str, name: str, owner: str) -> None:
        self.ledger.created(sid, name, owner)
        self.created[sid] = name
        self.budget.created()

    def _is_allowed(self, exchange: Exchange) -> None:
        """Give the target up where its first answer says that the account may create nothing."""
        code = exchange.object().get("code")
        mine = exchange.credentials in RIGHT
        if (
            mine
            and isinstance(code, int)
            and code in NOT_ALLOWED
            and not self.budget.figures()["created"]
        ):
            why = not_allowed(code)
            self.budget.stop(why)
            raise TargetGone(why)

    def found(self, name: str, sid: object, owner: str = OWN) -> None:
        """Write down what a list shows of a create whose answer was lost: its sid, or nothing.

        What is not there may come yet, so the intent stays in the ledger. A Service of that name
        that is known already was made by another create; one that was shown under another name
        before is somebody else's, whatever is shown of it now.
        """
        if isinstance(sid, str) and not (sid in self.ledger.alive or self._is_foreign(sid)):
            self._takes(sid, name, owner)
            self.ledger.confirms(sid)
        else:
            self.budget.not_created()

    def deleted(self, sid: str) -> None:
        """Write down that a delete was accepted."""
        if sid in self.ledger.alive:
            self.ledger.deleted(sid)
            self.budget.deleted()
        self.created.pop(sid, None)

    def learn(self, shown: Mapping[str, Any]) -> None:
        """Take a sid for this run's own once the target itself shows it with a name of ours."""
        sid, name = shown.get("sid"), shown.get("unique_name")
        if not isinstance(sid, str) or sid in self.ledger.confirmed:
            return
        if sid not in self.ledger.alive:
            self.ledger.others.setdefault(sid.lower(), name if isinstance(name, str) else None)
        elif self.names.is_ours(name) or (name or "") == self.ledger.alive[sid]:
            self.ledger.confirms(sid)

    def _is_foreign(self, sid: str) -> bool:
        """Tell whether a sid was shown with a name that is not of this run before it was given."""
        shown = self.ledger.others
        return (
            sid not in self.ledger.had
            and sid.lower() in shown
            and not self.names.is_ours(shown[sid.lower()])
        )

    def is_shown(self, sid: str) -> bool:
        """Tell whether the target itself has shown a sid with a name of ours."""
        return sid in self.ledger.confirmed

    def is_safe(self, sid: str) -> bool:
        """Tell whether a write can only reach what this run created, or nothing at all.

        A target may answer a create with a sid that is somebody else's: what the create answered
        is not believed until the target shows the sid with a name of this run. A sid that no
        answer has ever shown is one that a test made up.

        Raises Unproven where the sid is somebody else's.
        """
        if self.is_shown(sid) or sid in self.ledger.alive:
            return self.is_shown(sid)
        if sid.lower() in self.ledger.others:
            raise Unproven(f"the Service {sid} is somebody else's; it is left alone")
        return True

    def is_of_other(self, sid: str) -> bool:
        """Tell whether a Service of this run lies in the second account."""
        return self.ledger.owners.get(sid) == OTHER


def _same_sid(exchange: Exchange, sid: str, why: str) -> None:
    """Tell that a create was answered with a sid that another Service has or had."""
    violation = Violation(
        where="/sid", expected="a sid that no other Service has", found=f"{sid}, {why}"
    )
    current().finds(Finding(requirement="SERVICE-16", violation=violation, exchange=exchange))
