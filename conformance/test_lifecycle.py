"""Whole lives: any sequence of operations, held against a model of the account after each step."""

from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from hypothesis import given

import strategies
from conformance.harness.api import Api
from conformance.harness.checks import (
    accepted,
    content,
    differences,
    held,
    properties,
    refused,
    shows,
)
from conformance.harness.evidence import Exchange
from conformance.harness.expect import Check, Violation, about
from conformance.harness.marks import effort, requirement
from conformance.harness.names import chat_sid
from conformance.harness.target import Target
from conformance.harness.verdicts import expect
from conformance.harness.walks import survey
from conformance.harness.worker import NewApi

LATER = effort("ci")
LARGE: Final = 240
"""Services of others from which on an account is a large one."""
Content = dict[str, object]


@dataclass(slots=True)
class Account:
    """What the Services of one story are, by the model, beside the target that has them."""

    api: Api
    chats: bool
    clears: bool = True
    """Whether empty text clears: not where the target declares that it does not."""
    walks: bool = True
    """Whether lists are walked; a large account is so in one life alone."""
    looks: bool = True
    """Whether a Service is fetched after each write; else the answer is believed.

    One that was deleted is then looked for when the next has its name.
    """
    names: list[str] = field(init=False)
    live: dict[str, Content] = field(default_factory=dict)
    dead: list[str] = field(default_factory=list)
    freed: dict[str, str] = field(default_factory=dict)
    """Whose requirement it is that a name which a Service had is free again."""

    def __post_init__(self) -> None:
        self.names = [self.api.name() for _ in range(strategies.NAMES)]

    def do(self, step: strategies.Step) -> None:
        """Take one step, and judge its answer by the model."""
        match step:
            case strategies.Create():
                self.create(step)
            case strategies.ListAll():
                if self.walks:
                    self.list(step.page_size)
            case _ if not self.live:
                return
            case strategies.Fetch(which=which):
                self.shown(self.sid(which))
            case strategies.Delete(which=which):
                self.delete(self.sid(which))
            case strategies.Update(which=which, fields=fields):
                self.update(self.sid(which), {**dict(fields), **self.chat(step.chat)})
            case strategies.Rename(which=which, name=name):
                self.rename(self.sid(which), self.names[name])
            case strategies.Clear(which=which, parameters=parameters):
                cleared = [p for p in parameters if self.chats or p != "ChatInstanceSid"]
                self.update(self.sid(which), dict.fromkeys(cleared, ""))

    def sid(self, which: int) -> str:
        return list(self.live)[which % len(self.live)]

    def chat(self, wanted: bool) -> dict[str, str]:
        return {"ChatInstanceSid": chat_sid()} if wanted and self.chats else {}

    def holder(self, name: str) -> str | None:
        return next((sid for sid, one in self.live.items() if one["unique_name"] == name), None)

    def create(self, step: strategies.Create) -> None:
        name = self.names[step.name]
        form = {"UniqueName": name, **dict(step.fields), **self.chat(step.chat)}
        answer = self.api.create(form)
        if self.holder(name) is not None:
            expect(answer, refused(), because=f"a Service has the name {name}")
            return
        expect(answer, *self.takes(name), because=f"no Service has the name {name}")
        sid = str(answer.object()["sid"])
        begun = {**content({}), "chat_instance_sid": held(answer.object(), "chat_instance_sid")}
        self.live[sid] = {**begun, **properties(form)}
        self.shown(sid, answer)
        if not self.looks and len(self.dead) == 1:
            self.gone(self.dead[0])

    def takes(self, name: str) -> list[Check]:
        """Accept a Service with a name that no other has, for whatever reason it is free."""
        row = self.freed.get(name)
        return [accepted()] if row is None else [about(row, accepted()), accepted()]

    def update(self, sid: str, form: dict[str, str]) -> None:
        answer = self.api.update(sid, form)
        expect(answer, accepted(), because=f"an update sent {', '.join(form) or 'nothing'}")
        self.live[sid] |= properties(form)
        self.shown(sid, answer)

    def rename(self, sid: str, name: str) -> None:
        answer = self.api.update(sid, {"UniqueName": name})
        holder = self.holder(name)
        if holder == sid and answer.refused:  # which NAME-8 is about
            if self.looks:
                self.shown(sid)
            return
        if holder is not None and holder != sid:
            expect(answer, refused(), because=f"another Service has the name {name}")
            self.shown(sid)
            return
        expect(answer, *self.takes(name), because=f"no Service has the name {name}")
        self.freed[str(self.live[sid]["unique_name"])] = "NAME-4"
        self.live[sid]["unique_name"] = name
        self.shown(sid, answer)

    def delete(self, sid: str) -> None:
        expect(self.api.delete(sid), accepted())
        self.freed[str(self.live.pop(sid)["unique_name"])] = "NAME-3"
        self.dead.append(sid)
        if self.looks:
            self.gone(sid)

    def gone(self, sid: str) -> None:
        expect(self.api.fetch(sid), refused(), because="the Service was deleted")

    def shown(self, sid: str, write: Exchange | None = None) -> None:
        """Look at a Service; after a write, at what it answered where that is to do."""
        looked = self.api.fetch(sid) if self.looks or write is None else write
        expect(looked, accepted(), shows(sid=sid, **self.live[sid]))

    def list(self, page_size: int) -> None:
        """Walk the account; small pages only where it is small."""
        found = survey(self.api, self.live, page_size if page_size >= 100 else 1000)
        shown = {str(one.get("sid")): one for one in found.walk.items()}
        expect(found.walk.pages[-1], accepted(), self.agrees(shown, found.missing))

    def agrees(self, shown: dict[str, dict[str, Any]], missing: frozenset[str]) -> Check:
        def check(_: Exchange) -> Any:
            for sid in self.live:
                if sid in missing:
                    yield Violation(where="the walk", expected=f"to show {sid}", found="not there")
                elif sid in shown:
                    yield from differences(shown[sid], self.live[sid], f"the walk, {sid} ")
            for sid in self.dead:
                if sid in shown:
                    yield Violation(where="the walk", expected=f"{sid} to be gone", found="there")

        return check


def able(api: Api, target: Target, *, walks: bool = True) -> Account:
    """Give an account that does no more than its target declares to be able to."""
    lacks = target.lacks
    return Account(api=api, chats="chat" not in lacks, clears="clearing" not in lacks, walks=walks)


def live(account: Account, steps: tuple[strategies.Step, ...]) -> None:
    for step in steps:
        if account.clears or not isinstance(step, strategies.Clear):
            account.do(step)
    if account.walks:
        account.list(1000)


@requirement("LIFE-1")
@LATER
@given(steps=strategies.sequences(max_size=9))
def test_fetch_and_list_agree_with_what_was_accepted(
    new_api: NewApi, target: Target, steps: tuple[strategies.Step, ...]
) -> None:
    """After every step, of any sequence."""
    api = new_api()
    walks = len(api.own.ledger.others) <= LARGE
    live(able(api, target, walks=walks), steps)


CREATE: Final = strategies.Create
A_LIFE: Final = (
    CREATE(name=0),
    strategies.Delete(which=0),
    CREATE(name=0),
    strategies.Delete(which=0),
    CREATE(name=0, fields=(("DefaultTtl", "5"),)),
    CREATE(name=1),
    strategies.Rename(which=0, name=2),
    CREATE(name=0, fields=(("GeoMatchLevel", "radius"),)),
    strategies.Update(which=1, fields=(("CallbackUrl", "https://example.com/1"),)),
    CREATE(name=1),
    strategies.Delete(which=0),
    CREATE(name=2),
    strategies.Clear(which=0, parameters=("CallbackUrl",)),
    strategies.Rename(which=1, name=2),
    strategies.Rename(which=0, name=3),
    strategies.Rename(which=0, name=1),
)


A_LIFE_OF_TWO: Final = (
    CREATE(name=0),
    strategies.Delete(which=0),
    CREATE(name=0),
    CREATE(name=0),
    CREATE(name=1),
    strategies.Rename(which=0, name=2),
    strategies.Rename(which=1, name=0),
    strategies.Rename(which=0, name=1),
    CREATE(name=0),
    CREATE(name=2),
    strategies.Delete(which=0),
    CREATE(name=0),
    CREATE(name=1),
)
A_SHORT_LIFE: Final = (
    CREATE(name=0, fields=(("DefaultTtl", "5"), ("CallbackUrl", "https://example.com/1"))),
    strategies.Delete(which=0),
    CREATE(name=0),
    strategies.Delete(which=0),
    CREATE(name=0),
    strategies.Update(which=0, fields=(("DefaultTtl", "6"),)),
    CREATE(name=0),
    strategies.Rename(which=0, name=1),
    strategies.Rename(which=0, name=2),
    strategies.Rename(which=0, name=1),
    CREATE(name=2),
    CREATE(name=1),
    strategies.Rename(which=1, name=1),
    CREATE(name=2),
    strategies.Rename(which=1, name=0),
    strategies.Delete(which=0),
    CREATE(name=0),
    CREATE(name=1),
)
"""Names that come back, in the fewest requests."""


@requirement("LIFE-1")
@LATER
@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(A_LIFE, id="a life with everything in it"),
        pytest.param(A_LIFE_OF_TWO, id="a life of two that swap their names"),
    ],
)
def test_a_life_agrees_with_what_was_accepted(
    new_api: NewApi, target: Target, steps: tuple[strategies.Step, ...]
) -> None:
    """Sequences that every run tries: names move from one Service to the next."""
    live(able(new_api(), target), steps)


@requirement("LIFE-1", "NAME-4")
def test_a_short_life_agrees_with_what_was_accepted(new_api: NewApi) -> None:
    """As few requests as tell whether names are free when they ought to be, and only then."""
    live(Account(api=new_api(), chats=False, walks=False, looks=False), A_SHORT_LIFE)
