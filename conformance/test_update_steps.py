"""Updates of one Service, step by step: what changes, what stays, what is cleared."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pytest

from conformance.harness.api import Api
from conformance.harness.arrange import EXAMPLE, chat, full, settings
from conformance.harness.checks import (
    FIELDS,
    LASTING,
    accepted,
    only_after_accepted,
    same_as,
    shows,
    shows_form,
    status,
)
from conformance.harness.envelope import sids
from conformance.harness.evidence import Exchange
from conformance.harness.expect import Check, NotApplicable, NotRun, Unproven, about
from conformance.harness.listing import shown_as
from conformance.harness.marks import effort, requirement
from conformance.harness.target import Target
from conformance.harness.verdicts import expect, holds, observe
from conformance.harness.worker import Play, Worker

LATER = effort("ci")
ALPHABETS: Final = "\U0001f600\u0627\u05d0._\u00e9\u6f22\U00020000"
"""Of several alphabets and planes; 191 of such characters are far more UTF-16 units, and bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One update of a Service, which was fetched before it and after it."""

    form: Mapping[str, str]
    before: Exchange
    answer: Exchange
    after: Exchange
    listed: Exchange | None
    """The first page of a list after it, where a run spends as much."""

    def judged(self) -> Exchange:
        """Give what there is to judge: the refusal, or what a fetch shows."""
        return self.after if self.answer.accepted else self.answer

    def stays(self) -> Check:
        """Accept a Service in which nothing but what was sent has changed."""
        changed = [FIELDS[name] for name in self.form]
        kept = about("UPDATE-11", same_as(self.before.object(), *changed, dates=False))
        return only_after_accepted(self.answer, kept)

    def lasts(self) -> Check:
        """Accept a Service that is what it was: its sid, account, creation and place."""
        before = {name: self.before.object().get(name) for name in LASTING}
        return only_after_accepted(self.answer, about("UPDATE-19", shows(**before)))


FORMS: Final = {
    "DefaultTtl": {"DefaultTtl": "2147483646"},
    "CallbackUrl": {
        "CallbackUrl": f"{EXAMPLE}?of=status&mark=a+2&b=%2B%C3%A9&c=".ljust(4000, "c"),
    },
    "InterceptCallbackUrl": {"InterceptCallbackUrl": "http://[2001:db8::1]:8080/new//a%2Fb%2B/"},
    "OutOfSessionCallbackUrl": {
        "OutOfSessionCallbackUrl": "http://example.org/a%2Fb-._~!$&'()*+,;=:@/#%2B"
    },
    "GeoMatchLevel radius": {"GeoMatchLevel": "radius"},
    "GeoMatchLevel area-code": {"GeoMatchLevel": "area-code"},
    "NumberSelectionBehavior": {"NumberSelectionBehavior": "prefer-sticky"},
    "UniqueName": {"UniqueName": "(of 191 characters)"},
    "ChatInstanceSid": {"ChatInstanceSid": "(fresh)"},
    "ChatInstanceSid in lower case": {"ChatInstanceSid": "(fresh)"},
    "nothing": {},
    "ChatInstanceSid cleared": {"ChatInstanceSid": ""},
    "CallbackUrl cleared": {"CallbackUrl": ""},
    "the other URLs cleared": {"InterceptCallbackUrl": "", "OutOfSessionCallbackUrl": ""},
    "several": {"(settings)": "b"},
    "several again": {"(settings)": "again"},
    "several once more": {"(settings)": "again"},
    "levels and behaviors to their defaults": {
        "GeoMatchLevel": "country",
        "NumberSelectionBehavior": "prefer-sticky",
    },
    "DefaultTtl to its default": {"DefaultTtl": "0"},
    "DefaultTtl from its default": {"DefaultTtl": "61"},
    "GeoMatchLevel overlay": {"GeoMatchLevel": "overlay"},
    "GeoMatchLevel country": {"GeoMatchLevel": "country"},
    "NumberSelectionBehavior avoid-sticky": {"NumberSelectionBehavior": "avoid-sticky"},
    "CallbackUrl set again": {"CallbackUrl": f"{EXAMPLE}/again"},
    "CallbackUrl with a query": {"CallbackUrl": f"{EXAMPLE}/again?of=it"},
    "CallbackUrl without TLS": {"CallbackUrl": f"{EXAMPLE}/again?of=it".replace("https", "http")},
    "its own name": {"UniqueName": "(own)"},
    "its own name and more": {"UniqueName": "(own)", "DefaultTtl": "62", "GeoMatchLevel": "radius"},
    "a name that begins alike": {"UniqueName": "(its own, and more)"},
    "its name in another case": {"UniqueName": "(its own, in capitals)"},
}
"""What is sent, one after the other, to one Service that begins with nothing at its default."""


LATER_STEPS: Final = frozenset(
    {
        "GeoMatchLevel area-code",
        "DefaultTtl from its default",
        "GeoMatchLevel overlay",
        "GeoMatchLevel country",
        "NumberSelectionBehavior avoid-sticky",
        "CallbackUrl set again",
        "CallbackUrl with a query",
        "CallbackUrl without TLS",
        "ChatInstanceSid in lower case",
        "a name that begins alike",
        "its own name and more",
        "its name in another case",
    }
)
"""What a thrifty run leaves out."""
OWN_NAMES: Final = frozenset({"its own name", "its own name and more", "its name in another case"})
"""What may be refused, since a Service of that name is there."""
FETCHED_STEPS: Final = frozenset(
    {
        "UniqueName",
        "several again",
        "the other URLs cleared",
        "its own name",
    }
)
"""After what a thrifty run fetches the Service."""


def forms(api: Api, target: Target, began: str) -> dict[str, dict[str, str]]:
    """Fill in what is fresh; leave out what the target declares to lack.

    The first of the new names differs in its last character alone from the one that it began with.
    """
    several = {**settings(target, "b"), "UniqueName": api.name(f"-{'long' * 8}")}
    again = {
        field: value
        for field, value in several.items()
        if field not in {"ChatInstanceSid", "UniqueName"}
    }
    alike = f"{several['UniqueName']}-a"
    filled = {
        **FORMS,
        "UniqueName": {"UniqueName": f"{began[:-1]}b"},
        "ChatInstanceSid": {field: f"IS{sid[2:].upper()}" for field, sid in chat(target).items()},
        "ChatInstanceSid in lower case": chat(target),
        "several": several,
        "several again": again,
        "several once more": again,
        "a name that begins alike": {"UniqueName": alike},
        "its name in another case": {"UniqueName": alike.upper()},
        "its own name": {"UniqueName": several["UniqueName"]},
        "its own name and more": {
            **FORMS["its own name and more"],
            "UniqueName": several["UniqueName"],
        },
    }
    lacking = {
        step
        for step in filled
        if ("chat" in target.lacks and step.startswith("ChatInstanceSid"))
        or ("clearing" in target.lacks and step.endswith("cleared"))
    }
    return {step: form for step, form in filled.items() if step not in lacking}


def updates(
    api: Api, target: Target, left_out: frozenset[str], fetched: frozenset[str]
) -> dict[str, Step]:
    """Update one Service step by step, fetching it after those that are to be `fetched`.

    After others the answer is believed, unless it shows anything else than it should. It is listed
    after each of those that change one parameter, if any step is not left out.
    """
    began = f"{api.name_of(190, ALPHABETS)}a"
    sid = full(api, target, began)["sid"]
    before = api.fetch(sid)
    steps = {}
    for name, form in forms(api, target, began).items():
        if name in left_out:
            continue
        answer = api.update(sid, form)
        changed = [FIELDS[field] for field in form]
        as_expected = (shows_form(form), same_as(before.object(), *changed, dates=False))
        believed = answer.accepted and not any(any(check(answer)) for check in as_expected)
        after = answer if believed and name not in fetched else api.fetch(sid)
        lists = not left_out and len(form) == 1 and answer.accepted
        listed = api.list(PageSize=1000) if lists else None
        steps[name] = Step(form=form, before=before, answer=answer, after=after, listed=listed)
        before = after
    return steps


@pytest.fixture(scope="session")
def steps(play: Play, worker: Worker, target: Target) -> dict[str, Step]:
    """Update one Service step by step, fetching it in between."""
    if worker.values["effort"] == "probe":
        return play(lambda api: updates(api, target, LATER_STEPS, FETCHED_STEPS))
    return play(lambda api: updates(api, target, frozenset(), frozenset(FORMS)))


def step(steps: Mapping[str, Step], name: str) -> Step:
    if name not in steps:
        raise NotApplicable(f"the target declares that it lacks what {name} needs")
    if not steps[name].before.accepted:
        raise Unproven(f"the Service could not be fetched before the update of {name}")
    return steps[name]


CHANGES: Final[Mapping[str, tuple[str, ...]]] = {
    "UniqueName": ("UPDATE-3", "UPDATE-23"),
    "DefaultTtl": ("UPDATE-4",),
    "DefaultTtl from its default": ("UPDATE-4",),
    "CallbackUrl": ("UPDATE-5",),
    "CallbackUrl set again": ("UPDATE-5",),
    "CallbackUrl with a query": ("UPDATE-5",),
    "CallbackUrl without TLS": ("UPDATE-5",),
    "InterceptCallbackUrl": ("UPDATE-6",),
    "OutOfSessionCallbackUrl": ("UPDATE-7",),
    "GeoMatchLevel radius": ("UPDATE-8",),
    "GeoMatchLevel area-code": ("UPDATE-8",),
    "GeoMatchLevel overlay": ("UPDATE-8",),
    "GeoMatchLevel country": ("UPDATE-15",),
    "NumberSelectionBehavior": ("UPDATE-9",),
    "NumberSelectionBehavior avoid-sticky": ("UPDATE-9",),
    "ChatInstanceSid": ("UPDATE-10",),
    "ChatInstanceSid in lower case": ("UPDATE-10",),
    "nothing": ("UPDATE-12",),
    "several": ("UPDATE-13",),
    "several again": ("UPDATE-14",),
    "several once more": ("UPDATE-14",),
    "a name that begins alike": ("UPDATE-3",),
    "its name in another case": ("UPDATE-3",),
    "levels and behaviors to their defaults": ("UPDATE-15",),
    "DefaultTtl to its default": ("UPDATE-15",),
    "CallbackUrl cleared": ("UPDATE-16",),
    "the other URLs cleared": ("UPDATE-16",),
    "ChatInstanceSid cleared": ("UPDATE-17",),
    "its own name": ("NAME-8",),
    "its own name and more": ("UPDATE-13",),
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[requirement(*ids), *([LATER] if name in LATER_STEPS else [])])
        for name, ids in CHANGES.items()
    ],
)
def test_an_update_changes_what_it_sends(steps: dict[str, Step], name: str) -> None:
    """And nothing else: every other property is read back."""
    done = step(steps, name)
    if name in OWN_NAMES - {"its own name"} and done.answer.refused:
        raise NotRun("its own name is refused, which NAME-8 is about")

    expect(
        done.judged(),
        accepted(),
        only_after_accepted(done.answer, shows_form(done.form)),
        done.stays(),
        done.lasts(),
        because=f"the update sent {', '.join(done.form) or 'nothing'}",
    )
    holds(*CHANGES[name][1:])


@requirement("UPDATE-11", "UPDATE-19")
def test_what_is_not_sent_stays(steps: dict[str, Step]) -> None:
    """Judged at each step on the way; here, over an update that sends nothing."""
    done = step(steps, "nothing")

    expect(done.judged(), accepted(), done.stays(), done.lasts())


@requirement("UPDATE-2")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=LATER if name in LATER_STEPS else ()) for name in CHANGES]
)
def test_an_update_answers_what_a_fetch_shows(steps: dict[str, Step], name: str) -> None:
    """What is answered is what is kept."""
    done = step(steps, name)
    if name in OWN_NAMES and done.answer.refused:
        raise NotRun("an update to its own name may be refused, which NAME-8 is about")
    if not done.answer.accepted:
        raise Unproven(f"the update of {name} was answered {done.answer.status}")
    if done.after is done.answer:
        raise NotRun("a thrifty run fetches a Service after some of its updates alone")

    expect(done.after, accepted(), same_as(done.answer.object()))


@requirement("FETCH-6")
def test_a_fetch_shows_an_update_at_once(steps: dict[str, Step]) -> None:
    """After several in a row, so that a copy which lags behind is seen."""
    done = step(steps, "UniqueName")
    if not done.answer.accepted or any(shows_form(done.form)(done.answer)):
        raise Unproven("an update of UniqueName did not show the new one")

    expect(done.after, accepted(), shows_form(done.form))


@requirement("LIST-23")
@LATER
@pytest.mark.parametrize("name", [name for name, form in FORMS.items() if len(form) == 1])
def test_a_list_shows_an_update_of_each_parameter(steps: dict[str, Step], name: str) -> None:
    """Whatever a list is made from, each update renews it."""
    done = step(steps, name)
    if done.listed is None or not done.after.accepted:
        raise NotRun(f"the update of {name} was answered {done.answer.status}")
    service = done.after.object()
    if service.get("sid") not in sids(done.listed):
        raise NotRun("the first page of the list does not show it")

    expect(done.listed, accepted(), shown_as(service), because=f"the update sent {name}")


@requirement("UPDATE-1")
def test_an_update_answers_200(steps: dict[str, Step]) -> None:
    """The vendor's document has 200."""
    done = step(steps, "DefaultTtl")
    if not done.answer.accepted:
        raise Unproven(f"an update of DefaultTtl was answered {done.answer.status}")

    expect(done.answer, status(200))


@requirement("UPDATE-25")
def test_an_update_without_an_effect(steps: dict[str, Step]) -> None:
    """Recorded, never judged: whether it moves date_updated."""
    done = step(steps, "nothing")
    moved = done.before.object().get("date_updated") != done.after.object().get("date_updated")

    observe("UPDATE-25", "date_updated after an empty update", done.after,
            "moved" if moved else "the same, or moved within one second")  # fmt: skip
