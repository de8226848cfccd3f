"""Values that break one rule: refused on create and on update, without effect, repaired accepted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import pytest
from _pytest.mark.structures import ParameterSet

import strategies
from conformance.harness import contract
from conformance.harness.api import Api
from conformance.harness.arrange import EXAMPLE, TOO_LONG, WRONG, chat, full
from conformance.harness.checks import (
    FIELDS,
    accepted,
    no_5xx,
    only_after,
    only_if_refused,
    refused,
    same_as,
    shows,
    status,
)
from conformance.harness.evidence import Exchange
from conformance.harness.expect import (
    Check,
    NotApplicable,
    NotRun,
    Unproven,
    Violation,
    about,
)
from conformance.harness.marks import effort, requirement
from conformance.harness.names import chat_sid
from conformance.harness.paths import item
from conformance.harness.representation import show
from conformance.harness.target import Target
from conformance.harness.verdicts import expect
from conformance.harness.wire import Form
from conformance.harness.worker import Play, Worker

LATER = effort("ci")
ODD_WORD: Final = "x\"y\\z'<b>{0}%s\u00e9\U0001f600"
LOOKS: Final = 3
"""After how many updates that are refused the Service is looked at."""
EMPTY_NAME: Final = ("UniqueName", "empty")
"""An empty name may be taken for none; it is tried before what has to be refused."""
THRIFTY: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "UniqueName": (
        ("192 characters of two bytes each, one too many", "5000 characters long"),
        ("192 characters of ASCII, one too many",),
    ),
    "GeoMatchLevel": (
        ("a part of a listed value", "a listed value with more behind it"),
        ("a word that means nothing", "a listed value with more before it"),
    ),
    "NumberSelectionBehavior": (
        ("a listed value with more behind it",),
        ("a listed value with more before it",),
    ),
    "DefaultTtl": (
        ("a number with a fraction", "digits followed by a letter"),
        ("a word", "a number with a fraction", "hexadecimal"),
    ),
    "ChatInstanceSid": (
        ("a sid of another kind, without the prefix IS", "one digit too long", "not hexadecimal"),
        ("one digit too short", "one digit too long", "not hexadecimal",
         "with its prefix in lower case"),
    ),
    "CallbackUrl": (
        ("a word, without scheme and host", "4001 characters long, one too many"),
        ("a host and a path, without scheme",),
    ),
    "InterceptCallbackUrl": (
        ("words with blanks between them",),
        ("a word, without scheme and host",),
    ),
    "OutOfSessionCallbackUrl": (
        ("a path, without scheme and host",),
        ("without the colon after its scheme", "4001 characters long, one too many"),
    ),
}  # fmt: skip
"""What a thrifty run tries on create, and on update: what lenient checks take most readily."""
REPAIRED: Final = {
    "GeoMatchLevel": "country",
    "NumberSelectionBehavior": "avoid-sticky",
    "DefaultTtl": "3600",
    "CallbackUrl": EXAMPLE,
    "InterceptCallbackUrl": EXAMPLE,
    "OutOfSessionCallbackUrl": EXAMPLE,
}


def rows(field: str, reason: str) -> tuple[str, str]:
    return TOO_LONG if field.endswith("Url") and "characters" in reason else WRONG[field]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A parameter, a value that breaks its rule, and whether a thrifty run tries it."""

    field: str
    invalid: strategies.Invalid[str]
    thrifty: tuple[bool, bool]
    """On create, and on update."""


def cases() -> list[Case]:
    """Give one value of each reason; a thrifty run takes a few of each parameter."""
    return [
        Case(
            field=field,
            invalid=one,
            thrifty=(one.reason in on_create, one.reason in on_update),
        )
        for field, (on_create, on_update) in THRIFTY.items()
        for one in strategies.ONE_OF_EACH[field]
        if one.value
    ]


def parameters(which: int) -> list[ParameterSet]:
    """Give the cases as parameters of the test on create (0) or on update (1)."""
    return [
        pytest.param(
            case.field,
            case.invalid,
            id=f"{case.field} is {case.invalid.reason}",
            marks=[
                requirement(rows(case.field, case.invalid.reason)[which]),
                *([] if case.thrifty[which] else [LATER]),
            ],
        )
        for case in cases()
    ]


def repaired(api: Api, field: str) -> str:
    """Give a value that keeps the rule."""
    if field == "UniqueName":
        return api.name_of(191)
    return chat_sid() if field == "ChatInstanceSid" else REPAIRED[field]


def poisoned(api: Api, field: str, value: str) -> str:
    """Give the value that breaks the rule; a name too long is made this run's own.

    A word that means nothing has in it what an error has to escape where it repeats it.
    """
    if field == "UniqueName" and value:
        return api.name_of(len(value), value[-1])
    return ODD_WORD if field == "GeoMatchLevel" and value == "x" else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A request that breaks one rule, and what came before and after it."""

    answer: Exchange
    before: Exchange | None = None
    after: Exchange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """Requests that each break one rule, and the same requests repaired."""

    tried: Mapping[tuple[str, str], Tried]
    controls: Mapping[str, Exchange]
    fresh: bool = True
    """Whether a name that was never sent before was accepted."""
    repaired: Exchange | None = None
    """A fetch after the update that is repaired, where a run spends as much."""
    last: Exchange | None = None
    """A fetch after all updates that are wrong."""
    survived: tuple[Exchange, ...] = ()
    """Updates of which nobody knows whether they are refused."""

    def of(self, field: str, reason: str) -> Tried:
        """Give what came of one; a refusal counts only where the same request repaired is none."""
        tried, control = self.tried[field, reason], self.controls[field]
        if not control.accepted and not tried.answer.accepted:
            raise Unproven(f"the same request with a good {field} was answered {control.status}")
        return tried


def chosen(worker: Worker, which: int) -> list[tuple[str, strategies.Invalid[str]]]:
    """Give the cases that this run's effort tries on create (0) or on update (1)."""
    thrifty = worker.values["effort"] == "probe"
    return [(case.field, case.invalid) for case in cases() if case.thrifty[which] or not thrifty]


def refused_creates(api: Api, todo: list[tuple[str, strategies.Invalid[str]]]) -> Refusals:
    """Create with one value after another that is wrong, under one name for as long as it is free.

    Every second has one beside it that is not wrong. At the end the same requests are repaired:
    all in one, and one by one only where that fails.
    """
    name, tried = api.name(), {}
    for number, (field, invalid) in enumerate(todo):
        more = beside(api, field, number // 2, "UniqueName") if number % 2 == 0 else {}
        form = {"UniqueName": name, **more, field: poisoned(api, field, invalid.value)}
        answer = api.create(form)
        # Each is a story of its own: the ones before it made nothing.
        tried[field, invalid.reason] = Tried(answer=replace(answer, previous=None))
        name = api.name() if answer.accepted else name
    fields = list(dict.fromkeys(field for field, _ in todo))
    good = {field: repaired(api, field) for field in fields if field != "UniqueName"}
    fresh = True
    control = api.create({"UniqueName": name, **good})
    controls = dict.fromkeys(fields, control)
    if not control.accepted:
        control = api.create({"UniqueName": name})
        fresh = control.accepted or api.create({"UniqueName": api.name()}).accepted
        controls |= {
            field: api.create({"UniqueName": api.name(), field: repaired(api, field)})
            for field in fields
        }
    return Refusals(tried=tried, controls={**controls, "(name)": control}, fresh=fresh)


def beside(api: Api, field: str, number: int, *but: str) -> dict[str, str]:
    """Give a parameter that is in order, to be sent beside one that is not: each in its turn."""
    companions = {
        "DefaultTtl": str(number),
        "CallbackUrl": f"{EXAMPLE}/{number}",
        "UniqueName": api.name(),
        "GeoMatchLevel": "radius",
        "InterceptCallbackUrl": f"{EXAMPLE}/{number}",
        "NumberSelectionBehavior": "prefer-sticky",
        "OutOfSessionCallbackUrl": f"{EXAMPLE}/{number}",
    }
    others = [name for name in companions if name not in {field, *but}]
    name = others[number % len(others)]
    return {name: companions[name]}


def refused_updates(
    api: Api,
    target: Target,
    todo: list[tuple[str, strategies.Invalid[str]]],
    *,
    thrifty: bool,
) -> Refusals:
    """Update one Service with one value after another that is wrong, and one beside it that is not.

    It is fetched after the first, after some more, and after each that is not refused; a thrifty
    run leaves out the some.
    """
    sid = full(api, target)["sid"]
    begun, tried = api.last, {}
    before = api.fetch(sid)
    empty = strategies.Invalid(value="", rule="empty", reason=EMPTY_NAME[1])
    for number, (field, invalid) in enumerate([(EMPTY_NAME[0], empty), *todo]):
        form = {**beside(api, field, number), field: poisoned(api, field, invalid.value)}
        answer = api.update(sid, form)
        if answer.refused and number and (thrifty or number % LOOKS):
            tried[field, invalid.reason] = Tried(answer=answer)
            continue
        after = api.fetch(sid)
        answer = replace(answer, previous=replace(before, previous=begun))
        after = replace(after, previous=answer)
        tried[field, invalid.reason] = Tried(answer=answer, before=before, after=after)
        before = after
    last = api.fetch(sid)
    fields = list(dict.fromkeys(field for field, _ in todo))
    control = api.update(sid, {field: repaired(api, field) for field in fields})
    controls = dict.fromkeys(fields, control)
    if not control.accepted:
        controls |= {field: api.update(sid, {field: repaired(api, field)}) for field in fields}
    return Refusals(
        tried=tried,
        controls=controls,
        repaired=None if thrifty else api.fetch(sid),
        last=last,
        survived=survived(api, sid, target),
    )


def survived(api: Api, sid: str, target: Target) -> tuple[Exchange, ...]:
    """Update a Service with what a lenient check may let through, to where it breaks."""
    forms: list[Form] = [
        strategies.one_of_each_hostile_form_body(api.name())[-1].value,
        {"GeoMatchLevel": "", "NumberSelectionBehavior": "", "DefaultTtl": "99999999999999999999"},
        *({name: f"{one}\n"} for name, one in chat(target).items()),
    ]
    return tuple(
        api.send("POST", item(sid), operation="update", form=form, fragile=True) for form in forms
    )


@pytest.fixture(scope="session")
def creates(play: Play, worker: Worker) -> Refusals:
    """Create with every value that is wrong."""
    return play(lambda api: refused_creates(api, chosen(worker, 0)))


@pytest.fixture(scope="session")
def updates(play: Play, worker: Worker, target: Target) -> Refusals:
    """Update with every value that is wrong."""
    thrifty = worker.values["effort"] == "probe"
    return play(lambda api: refused_updates(api, target, chosen(worker, 1), thrifty=thrifty))


@pytest.mark.parametrize(("field", "invalid"), parameters(0))
def test_an_invalid_value_is_refused_on_create(
    creates: Refusals, field: str, invalid: strategies.Invalid[str]
) -> None:
    """While the same request repaired is accepted."""
    tried = creates.of(field, invalid.reason)

    expect(
        tried.answer,
        refused(),
        about("REFUSE-26", only_if_refused(status(400))),
        because=f"{field} is {invalid.reason}",
    )


@pytest.mark.parametrize(("field", "invalid"), parameters(1))
def test_an_invalid_value_is_refused_on_update(
    updates: Refusals, field: str, invalid: strategies.Invalid[str]
) -> None:
    """And changes nothing, of what is sent with it either; repaired, it is accepted."""
    tried = updates.of(field, invalid.reason)
    because = f"{field} is {invalid.reason}"

    if tried.before is not None and tried.after is not None and tried.before.accepted:
        unchanged = same_as(tried.before.object())
        expect(
            tried.after,
            about("REFUSE-25", only_after(tried.answer, unchanged)),
            because=f"the update was refused: {because}",
        )
    expect(
        tried.answer, refused(), about("REFUSE-26", only_if_refused(status(400))), because=because
    )


@requirement("REFUSE-25")
def test_refused_updates_change_nothing(updates: Refusals) -> None:
    """All of them together, each with something beside what is wrong."""
    first, last = updates.tried[EMPTY_NAME].after, updates.last
    if first is None or last is None or not first.accepted:
        raise Unproven("the Service could not be fetched before the updates")
    answers = [one.answer for kind, one in updates.tried.items() if kind != EMPTY_NAME]
    if not all(answer.refused for answer in answers):
        raise NotRun("not all of the updates were refused, which is told of each")

    expect(last, accepted(), same_as(first.object()), because="all updates were refused")


@requirement("UPDATE-13")
@LATER
def test_an_update_after_refused_ones_is_kept(updates: Refusals) -> None:
    """What was wrong before is no matter to it."""
    kept = [control for control in updates.controls.values() if control.accepted]
    if not kept or updates.repaired is None:
        raise Unproven("no update that is repaired was accepted")

    because = "updates with wrong values were refused before"
    expect(updates.repaired, accepted(), same_as(kept[-1].object()), because=because)


@requirement("REFUSE-24")
def test_refused_creates_store_nothing(creates: Refusals) -> None:
    """The name that they all had is free afterwards."""
    control = creates.controls["(name)"]
    if not control.accepted and not creates.fresh:
        raise Unproven(f"a create with a fresh name was answered {control.status}")

    expect(control, accepted(), because="creates of that name were refused before")


@requirement("REFUSE-3", "REFUSE-28")
def test_an_update_leaves_no_empty_name(updates: Refusals) -> None:
    """Refused, or taken for not sent; never kept."""
    tried = updates.tried[EMPTY_NAME]
    if tried.before is None or tried.after is None or not tried.before.accepted:
        raise Unproven("the Service could not be fetched before the update")
    name = tried.before.object().get("unique_name")

    expect(tried.answer, about("REFUSE-28", refused()), because="UniqueName is empty")
    expect(tried.after, accepted(), shows(unique_name=name), because="UniqueName is empty")


@requirement("ERROR-1", "SERVICE-4")
def test_no_odd_update_breaks_the_target(updates: Refusals) -> None:
    """Nor is kept with its line break."""
    for answer in updates.survived:
        expect(answer, no_5xx(), about("SERVICE-4", has_the_shape_of("chat_instance_sid")))


BLANKS: Final = {
    "UniqueName": ("SERVICE-2", " "),
    "ChatInstanceSid": ("SERVICE-4", "\n"),
    "DefaultTtl": ("SERVICE-5", "\n"),
    "GeoMatchLevel": ("SERVICE-7", " "),
    "NumberSelectionBehavior": ("SERVICE-8", "\n"),
}
"""A blank that spoils a value, and whose requirement it is how the value looks."""


@pytest.fixture(scope="session")
def spoilt(play: Play, target: Target) -> dict[str, tuple[Exchange, Exchange]]:
    """Create and update with values that have a blank behind them."""

    def story(api: Api) -> dict[str, tuple[Exchange, Exchange]]:
        sid = api.given()["sid"]
        fields = [field for field in BLANKS if field != "ChatInstanceSid" or chat(target)]
        return {
            field: (api.create(with_blank(api, field)), api.update(sid, with_blank(api, field)))
            for field in fields
        }

    return play(story)


def with_blank(api: Api, field: str) -> dict[str, str]:
    """Give a form with one value that has a blank behind it; a name is as long as names may be."""
    return {"UniqueName": api.name(), field: f"{repaired(api, field)}{BLANKS[field][1]}"}


@LATER
@pytest.mark.parametrize(
    "field", [pytest.param(field, marks=requirement(row)) for field, (row, _) in BLANKS.items()]
)
def test_a_value_is_not_kept_with_the_blank_behind_it(
    spoilt: dict[str, tuple[Exchange, Exchange]], field: str
) -> None:
    """Refused, or taken off as blanks may be; never kept and shown, where it breaks a rule so."""
    if field not in spoilt:
        raise NotApplicable("the target declares that it lacks chat")

    for answer in spoilt[field]:
        expect(answer, has_the_shape_of(FIELDS[field]), because=f"a blank was behind {field}")


def has_the_shape_of(name: str) -> Check:
    """Accept an answer that shows a property as each has to look, or shows none."""

    def check(answer: Exchange) -> Iterator[Violation]:
        shown = answer.object()
        broken = contract.problem("Service", name, shown[name]) if name in shown else None
        if broken is not None:
            yield Violation(where=f"/{name}", expected=broken, found=show(shown[name]))

    return check
