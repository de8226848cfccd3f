"""Fetching a Service: by its sid, by one that nobody has, by what is none."""

import pytest
from hypothesis import given

import strategies
from conformance.harness.arrange import full
from conformance.harness.checks import (
    accepted,
    is_about,
    only_after_accepted,
    out_of_reach,
    same_as,
    shows,
    status,
)
from conformance.harness.expect import about
from conformance.harness.marks import effort, requirement
from conformance.harness.names import unknown_sid
from conformance.harness.paths import SERVICES, item
from conformance.harness.target import Target
from conformance.harness.verdicts import expect, observe
from conformance.harness.worker import NewApi

LATER = effort("ci")
MALFORMED = strategies.ONE_OF_EACH["Sid"]


@requirement("FETCH-2")
@LATER
def test_a_fetch_shows_every_property_as_the_create_answered_it(
    new_api: NewApi, target: Target
) -> None:
    """Nothing at its default, so that nothing is right by chance."""
    api = new_api()
    service = full(api, target)

    fetched = api.fetch(service["sid"])

    expect(fetched, accepted(), same_as(service))


@requirement("FETCH-3")
@LATER
def test_a_fetch_shows_the_service_of_that_sid(new_api: NewApi) -> None:
    """Neither the one before nor the one after."""
    api = new_api()
    service, _ = api.given(), api.given()

    fetched = api.fetch(service["sid"])

    expect(fetched, accepted(), is_about(service["sid"]), shows(unique_name=service["unique_name"]))


@requirement("FETCH-4")
@LATER
def test_a_sid_that_nobody_has_is_refused(new_api: NewApi) -> None:
    """400 as a third party saw it, or 404 as the generic documentation has it."""
    fetched = new_api().fetch(unknown_sid())

    expect(fetched, status(400, 404))


@requirement("FETCH-4")
@LATER
@given(sid=strategies.unknown_service_sids())
def test_any_sid_that_nobody_has_is_refused(new_api: NewApi, sid: str) -> None:
    """Well-formed, in any letter case."""
    fetched = new_api().fetch(sid)

    expect(fetched, status(400, 404))


@requirement("FETCH-5")
@pytest.mark.parametrize(
    "sid", [pytest.param(one.value, id=one.reason, marks=LATER if index else ()) for index, one in enumerate(MALFORMED)]
)  # fmt: skip
def test_a_malformed_sid_is_refused(new_api: NewApi, sid: str) -> None:
    """By the resource or by a router: 400 or 404."""
    fetched = new_api().fetch(sid)

    expect(fetched, status(400, 404))


@requirement("FETCH-6")
@LATER
def test_an_update_is_shown_at_once(new_api: NewApi) -> None:
    """Several times, so that a copy which lags behind is seen."""
    api = new_api()
    sid = api.given()["sid"]
    api.fetch(sid)
    updates = [api.update(sid, {"DefaultTtl": str(ttl)}) for ttl in (11, 12)]

    fetched = api.fetch(sid)

    expect(updates[-1], accepted())
    expect(fetched, accepted(), shows(default_ttl=12))


@requirement("FETCH-9")
@LATER
def test_a_fetch_changes_nothing(new_api: NewApi, target: Target) -> None:
    """The second fetch shows what the first did."""
    api = new_api()
    sid = full(api, target)["sid"]
    first = api.fetch(sid)

    second = api.fetch(sid)

    expect(second, accepted(), same_as(first.object()))


@requirement("FETCH-7")
@LATER
def test_a_fetch_by_unique_name(new_api: NewApi) -> None:
    """Recorded, never judged: the path parameter is typed for update and delete alone."""
    api = new_api()
    name = api.name("-and-more")
    service = api.given(UniqueName=name)

    answer, part = (api.send("GET", f"{SERVICES}/{one}") for one in (name, name[:-1]))
    renamed = api.update(service["sid"], {"UniqueName": api.name()})
    former = api.send("GET", f"{SERVICES}/{name}")

    observe("FETCH-7", "fetch by UniqueName", answer)
    of_that_name = only_after_accepted(answer, is_about(service["sid"]))
    expect(answer, about("FETCH-3", of_that_name), because="another Service has that name")
    because = "no Service has that name"
    expect(part, about("FETCH-3", out_of_reach()), because=because)
    nobodys = only_after_accepted(renamed, out_of_reach())
    expect(former, about("FETCH-3", nobodys), because=because)


@requirement("FETCH-8")
@LATER
def test_a_fetch_by_a_sid_in_the_other_letter_case(new_api: NewApi) -> None:
    """Recorded, never judged: the pattern admits both."""
    api = new_api()
    sid = api.given()["sid"]

    answer = api.send("GET", item(sid[:2] + sid[2:].swapcase()))

    observe("FETCH-8", "fetch by a sid in the other letter case", answer)
