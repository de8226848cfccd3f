"""Requests that are wrong as a whole, or beside all that is right: refused, and nothing stays of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pytest

import strategies
from conformance.harness.api import Api
from conformance.harness.arrange import EXAMPLE, UNLIKE, chat, full, settings, updated
from conformance.harness.checks import (
    BEGUN,
    FIELDS,
    accepted,
    code,
    leaves_defaults,
    only_if_refused,
    refused,
    same_as,
    status,
    that,
)
from conformance.harness.evidence import Exchange
from conformance.harness.expect import Check, NotRun, Unproven, about
from conformance.harness.marks import effort, requirement
from conformance.harness.target import Target
from conformance.harness.verdicts import expect
from conformance.harness.worker import NewApi, Play

LATER = effort("ci")
TWO_WRONG: Final = {"GeoMatchLevel": "nowhere", "NumberSelectionBehavior": "nobody"}
PROXY_URL: Final = "https://proxy.twilio.com/v1/Services"


@requirement("REFUSE-6", "REFUSE-8")
def test_two_invalid_values_are_refused_on_create(new_api: NewApi) -> None:
    """As each of them is alone."""
    api = new_api()

    expect(api.create({"UniqueName": api.name(), **TWO_WRONG}), refused())


@requirement("REFUSE-7", "REFUSE-9")
@LATER
def test_two_invalid_values_are_refused_on_update(new_api: NewApi) -> None:
    """As each of them is alone."""
    api = new_api()

    expect(api.update(api.given()["sid"], TWO_WRONG), refused())


@requirement("REFUSE-1")
def test_a_missing_name_is_refused(new_api: NewApi) -> None:
    """With everything else in order."""
    api = new_api()

    answer = api.create({"DefaultTtl": "5"}, name="")

    expect(
        answer,
        refused(),
        about("REFUSE-26", only_if_refused(status(400))),
        about("REFUSE-27", only_if_refused(code(20001))),
        because="UniqueName is missing",
    )


@requirement("REFUSE-1")
def test_a_request_without_a_body_is_refused(new_api: NewApi) -> None:
    """Nothing is sent at all."""
    answer = new_api().create(b"", name="")

    expect(answer, refused(), because="the body is empty, and UniqueName is missing with it")


@requirement("REFUSE-2")
def test_an_empty_name_is_refused(new_api: NewApi) -> None:
    """As a missing one is."""
    answer = new_api().create({"UniqueName": "", "DefaultTtl": "5"})

    expect(answer, refused(), because="UniqueName is empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """Updates that send every parameter, of which one is wrong; and what a fetch shows after each."""

    service: Mapping[str, object]
    answers: dict[str, tuple[Exchange, Exchange]]
    free: Exchange
    """A create with the name that the first of them sent."""
    later: Exchange
    """A fetch after an update of one parameter, which came after all of them."""


def wrong_values(api: Api) -> dict[str, str]:
    """Give a value for each parameter that breaks its rule; a name too long is made this run's own."""
    return {
        "GeoMatchLevel": "nowhere",
        "UniqueName": api.name_of(strategies.MAX_UNIQUE_NAME + 1),
        "DefaultTtl": "x",
        "CallbackUrl": "x",
        "InterceptCallbackUrl": "x",
        "OutOfSessionCallbackUrl": "x",
        "NumberSelectionBehavior": "nobody",
        "ChatInstanceSid": "x",
    }


def wholly_refused(api: Api, target: Target) -> Whole:
    service = full(api, target)
    sid, answers, names = str(service["sid"]), {}, [api.name() for _ in FIELDS]
    for (field, wrong), name in zip(wrong_values(api).items(), names, strict=True):
        if field == "ChatInstanceSid" and not chat(target):
            continue
        form = {
            "UniqueName": name, "DefaultTtl": "4", "CallbackUrl": f"{EXAMPLE}/not-this",
            "InterceptCallbackUrl": "", "OutOfSessionCallbackUrl": f"{EXAMPLE}/nor-this",
            **UNLIKE, **chat(target), field: wrong,
        }  # fmt: skip
        answers[field] = api.update(sid, form), api.fetch(sid)
        if not answers[field][0].refused:
            break
    free = api.create({"UniqueName": names[0]})
    later = updated(api, sid, {"DefaultTtl": "5"})
    return Whole(service=service, answers=answers, free=free, later=later)


@pytest.fixture(scope="session")
def whole(play: Play, target: Target) -> Whole:
    """Update a Service with all parameters, of which each is wrong once."""
    return play(lambda api: wholly_refused(api, target))


@requirement("REFUSE-25")
@LATER
@pytest.mark.parametrize("field", FIELDS)
def test_a_refused_update_changes_nothing(whole: Whole, field: str) -> None:
    """With every other parameter sent beside the one that is wrong, and a new name."""
    if field not in whole.answers or not whole.answers[field][0].refused:
        raise NotRun(f"no update that is wrong in {field} alone was refused, which has its own row")

    _, fetched = whole.answers[field]
    expect(
        fetched,
        accepted(),
        same_as(whole.service),
        because=f"an update wrong in {field} was refused",
    )


@requirement("REFUSE-25")
@LATER
def test_what_was_refused_does_not_come_with_a_later_update(whole: Whole) -> None:
    """All that was sent beside what was wrong is forgotten."""
    if not all(answer.refused for answer, _ in whole.answers.values()):
        raise NotRun("not all of the updates were refused, which has rows of its own")
    if not whole.later.accepted:
        raise Unproven(f"an update after them was answered {whole.later.status}")

    expect(
        whole.later,
        same_as(whole.service, "default_ttl", dates=False),
        because="an update of DefaultTtl alone came after updates that were refused",
    )


@requirement("REFUSE-25")
@LATER
def test_the_name_of_a_refused_update_stays_free(whole: Whole) -> None:
    """It was sent beside a parameter that was wrong."""
    if not all(answer.refused for answer, _ in whole.answers.values()):
        raise NotRun("not all of the updates were refused, which has rows of its own")

    expect(whole.free, accepted(), because="the name of the refused update was not taken by it")


@requirement("REFUSE-24", *sorted(set(BEGUN.values())))
@LATER
def test_a_refused_create_stores_nothing(new_api: NewApi, target: Target) -> None:
    """Its name is shown by no Service of the list, and what it sent by none that comes after."""
    api = new_api()
    name = api.name()

    answer = api.create({**settings(target), "UniqueName": name, "GeoMatchLevel": "nowhere"})
    walk = api.walk(page_size=1000)
    later = api.create({"UniqueName": name})

    if not answer.refused:
        raise Unproven(f"the create was not refused, but answered {answer.status}")
    page = next((page for page in walk.pages if shows_name(page, name)), walk.pages[-1])
    expect(later, accepted(), leaves_defaults({}), because="a create of that name was refused")
    expect(page, accepted(), no_service_named(name))


def shows_name(page: Exchange, name: str) -> bool:
    listed = page.object().get("services")
    return isinstance(listed, list) and any(
        isinstance(one, dict) and one.get("unique_name") == name for one in listed
    )


def no_service_named(name: str) -> Check:
    return that(
        lambda page: not shows_name(page, name),
        where="/services",
        expected=f"no Service named {name}",
        found=lambda _: "one of that name",
    )


@requirement("REFUSE-22")
def test_a_url_of_proxy_itself_is_refused_on_create(new_api: NewApi) -> None:
    """Since 2019-05-21, by the changelog."""
    api = new_api()

    answer = api.create({"UniqueName": api.name(), "CallbackUrl": PROXY_URL})

    expect(answer, refused(), because="CallbackUrl is a URL of Proxy itself")


@requirement("REFUSE-23")
@LATER
def test_a_url_of_proxy_itself_is_refused_on_update(new_api: NewApi) -> None:
    """Since 2019-05-21, by the changelog."""
    api = new_api()

    answer = api.update(api.given()["sid"], {"CallbackUrl": PROXY_URL})

    expect(answer, refused(), because="CallbackUrl is a URL of Proxy itself")
