"""Updating a Service: whatever is sent is taken, of this Service alone, and only of one that is there."""

from collections.abc import Mapping
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from conformance.harness.arrange import EXAMPLE, UNLIKE, URL_FIELDS, chat, full, settings, updated
from conformance.harness.checks import (
    FIELDS,
    accepted,
    held,
    is_about,
    refused,
    same_as,
    shows,
    shows_form,
    status,
)
from conformance.harness.expect import about
from conformance.harness.marks import effort, of_each, requirement
from conformance.harness.names import TOKEN_LENGTH, unknown_sid
from conformance.harness.paths import SERVICES
from conformance.harness.target import Target
from conformance.harness.verdicts import expect, observe
from conformance.harness.worker import NewApi

LATER = effort("ci")
ROOM: Final = strategies.MAX_UNIQUE_NAME - TOKEN_LENGTH
MALFORMED: Final = strategies.ONE_OF_EACH["Sid"]


@requirement("UPDATE-13")
@LATER
@given(form=strategies.update_forms(unique_name=st.none(), chat_instance_sid=st.none()))
def test_any_update_changes_what_it_sends(
    new_api: NewApi, target: Target, form: dict[str, str]
) -> None:
    """Any mixture of parameters, of a Service in which nothing is at its default."""
    api = new_api()
    service = full(api, target)
    names = [FIELDS[name] for name in form]

    fetched = updated(api, service["sid"], form)

    stays = about("UPDATE-11", same_as(service, *names, dates=False))
    expect(fetched, accepted(), *(check for check in (shows_form(form), stays) if fetched.accepted))


@requirement("UPDATE-23")
@pytest.mark.parametrize("unit", of_each({"ASCII": "x", "two bytes each": "é"}, thrifty=0))
def test_a_service_takes_new_names_of_191_characters(new_api: NewApi, unit: str) -> None:
    """As on create: counted as characters, kept as they are."""
    api = new_api()
    sid, name = api.given()["sid"], api.name_of(191, unit)

    fetched = updated(api, sid, {"UniqueName": name})

    expect(fetched, accepted(), shows(unique_name=name), because="the new name has 191 characters")


@requirement("UPDATE-23")
@effort("thorough")
@given(tail=strategies.name_tails(max_size=ROOM))
def test_a_service_takes_any_new_name(new_api: NewApi, tail: str) -> None:
    """Whatever script it is of."""
    api = new_api()
    sid, name = api.given()["sid"], api.name(tail)

    fetched = updated(api, sid, {"UniqueName": name})

    expect(fetched, accepted(), shows(unique_name=name))


@requirement("UPDATE-5", "UPDATE-6", "UPDATE-7")
@LATER
@pytest.mark.parametrize("length", [4000])
def test_a_service_takes_new_urls_of_4000_characters(new_api: NewApi, length: int) -> None:
    """As on create."""
    api = new_api()
    form = {name: f"{EXAMPLE}/{name}/".ljust(length, "a") for name in URL_FIELDS}

    fetched = updated(api, api.given()["sid"], form)

    expect(fetched, accepted(), shows_form(form), because=f"the URLs have {length} characters")


@requirement("UPDATE-4")
@LATER
@pytest.mark.parametrize("ttl", ["1", "65536", "2147483646"])
def test_a_service_takes_any_new_default_ttl(new_api: NewApi, ttl: str) -> None:
    """As on create."""
    api = new_api()

    fetched = updated(api, api.given()["sid"], {"DefaultTtl": ttl})

    expect(fetched, accepted(), shows(default_ttl=int(ttl)), because=f"DefaultTtl is {ttl}")


@requirement("UPDATE-18")
@pytest.mark.parametrize("neighbour", ["next", pytest.param("one before", marks=LATER)])
def test_an_update_leaves_other_services_as_they_were(
    new_api: NewApi, target: Target, neighbour: str
) -> None:
    """Each Service is configured by itself, whichever was created first, and however alike."""
    api = new_api()
    clearing = {"next": [], "one before": [dict.fromkeys((*URL_FIELDS, *chat(target)), "")]}
    alike = {name: value for name, value in settings(target).items() if name in URL_FIELDS}
    makes = {"next": lambda: (api.given(**alike), full(api, target))[::-1],
             "one before": lambda: (full(api, target), api.given(**alike))}  # fmt: skip
    other, mine = makes[neighbour]()
    for form in ({**settings(target, "z"), **UNLIKE}, *clearing[neighbour]):
        api.update(mine["sid"], form)

    fetched = api.fetch(other["sid"])

    expect(fetched, about("FETCH-3", accepted(), is_about(other["sid"])))
    expect(fetched, accepted(), same_as(other))


@requirement("UPDATE-20", "UPDATE-22")
def test_an_update_of_a_sid_that_nobody_has_is_refused(new_api: NewApi) -> None:
    """And makes no Service: neither that sid nor that name is there afterwards."""
    api = new_api()
    sid, name = unknown_sid(), api.name()

    answer = api.update(sid, {"UniqueName": name})
    fetched, free = api.fetch(sid), api.create({"UniqueName": name})

    expect(
        fetched, about("UPDATE-22", refused()), because="an update of an unknown sid came before"
    )
    expect(free, about("UPDATE-22", accepted()), because="its name was not taken by the update")
    expect(answer, status(400, 404))


@requirement("UPDATE-21")
@pytest.mark.parametrize(
    "sid",
    [
        pytest.param(one.value, id=one.reason, marks=LATER if index else ())
        for index, one in enumerate(MALFORMED)
    ],
)
def test_an_update_of_a_malformed_sid_is_refused(new_api: NewApi, sid: str) -> None:
    """By the resource or by a router: 400 or 404."""
    answer = new_api().update(sid, {"DefaultTtl": "1"})

    expect(answer, status(400, 404))


@requirement("UPDATE-24")
@LATER
@pytest.mark.parametrize("field", ["DefaultTtl", "GeoMatchLevel", "NumberSelectionBehavior"])
def test_an_empty_value_where_none_is_known_to_clear(new_api: NewApi, field: str) -> None:
    """Recorded, never judged: clearing was observed of URLs and chat instances alone."""
    api = new_api()
    answer = api.update(api.given(DefaultTtl="5")["sid"], {field: ""})

    observe("UPDATE-24", f"update with an empty {field}", answer)


@requirement("UPDATE-26")
@LATER
def test_an_update_by_unique_name(new_api: NewApi) -> None:
    """Recorded, never judged; it can only reach a Service of this run."""
    api = new_api()
    service = api.given()
    api.fetch(service["sid"])

    answer = api.send("POST", f"{SERVICES}/{service['unique_name']}", form={"DefaultTtl": "5"})

    observe("UPDATE-26", "update by UniqueName", answer)


@requirement("UPDATE-17")
@LATER
def test_a_cleared_chat_instance_may_be_set_again(new_api: NewApi, target: Target) -> None:
    """Cleared is as if it had never been set."""
    api = new_api()
    service = full(api, target)
    api.update(service["sid"], {"ChatInstanceSid": ""})
    sent = chat(target)

    fetched = updated(api, service["sid"], sent)

    expect(fetched, accepted(), shows_form(sent), because=held_as(service))


def held_as(service: Mapping[str, object]) -> str:
    return f"it held {held(service, 'chat_instance_sid')!r} before it was cleared"
