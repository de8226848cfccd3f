"""Deleting a Service: what is gone, what stays, what is free again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pytest

import strategies
from conformance.harness.api import Api
from conformance.harness.arrange import chat, full, settings
from conformance.harness.checks import (
    accepted,
    held,
    only_after,
    only_after_accepted,
    refused,
    same_as,
    status,
)
from conformance.harness.evidence import Exchange
from conformance.harness.expect import NotRun, Unproven, about
from conformance.harness.marks import effort, requirement
from conformance.harness.names import unknown_sid
from conformance.harness.target import Target
from conformance.harness.verdicts import expect
from conformance.harness.worker import NewApi, Play

LATER = effort("ci")
MALFORMED = strategies.ONE_OF_EACH["Sid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A Service that was deleted, and what was answered about it afterwards."""

    nearly: dict[str, Exchange]
    """A fetch, an update and a delete of its sid and more, before."""
    deleted: Exchange
    fetched: Exchange
    again: Exchange
    updated: Exchange
    fetched_again: Exchange
    neighbour: Exchange
    younger: Exchange
    shown_before: dict[str, object]
    created_again: Exchange

    def done(self) -> "Gone":
        if not self.deleted.accepted:
            raise Unproven(f"a delete was answered {self.deleted.status}")
        return self


def delete(api: Api, target: Target) -> Gone:
    neighbour = dict(full(api, target))
    alike = {"CallbackUrl": settings(target)["CallbackUrl"], **chat(target)}
    name = api.name("\u00e9")
    service = api.given(UniqueName=name, **alike)
    younger = api.given(UniqueName=f"{name}-and-more")
    sid = service["sid"]
    nearly = {
        "FETCH-5": api.fetch(f"{sid}00"),
        "UPDATE-21": api.update(f"{sid}00", {"DefaultTtl": "9"}),
        "DELETE-7": api.delete(f"{sid}00"),
    }
    deleted = api.delete(sid)
    return Gone(
        nearly=nearly,
        deleted=deleted,
        fetched=api.fetch(sid),
        again=api.delete(sid),
        updated=api.update(sid, {"DefaultTtl": "9"}),
        fetched_again=api.fetch(sid),
        neighbour=api.fetch(neighbour["sid"]),
        younger=api.fetch(younger["sid"]),
        shown_before=neighbour,
        created_again=api.create({"UniqueName": name}),
    )


@pytest.fixture(scope="session")
def gone(play: Play, target: Target) -> Gone:
    """Delete a Service that has a neighbour, and ask for it in every way."""
    return play(lambda api: delete(api, target))


@requirement("DELETE-1", "DELETE-2")
def test_a_delete_answers_204_and_nothing_else(gone: Gone) -> None:
    """Other statuses of success are none that a client was seen to get."""
    expect(gone.deleted, status(204))


@requirement("FETCH-5", "UPDATE-21", "DELETE-7")
def test_a_sid_with_more_behind_it_is_refused(gone: Gone) -> None:
    """It is the sid of a Service that is there, and two digits."""
    for row, answer in gone.nearly.items():
        expect(answer, about(row, status(400, 404)), because="two digits follow the sid")


@requirement("DELETE-3")
def test_a_deleted_service_cannot_be_fetched(gone: Gone) -> None:
    """At once, and for good."""
    gone.done()

    expect(gone.fetched, refused())
    expect(gone.fetched_again, refused(), because="a second delete and an update came before")


@requirement("DELETE-5")
def test_a_second_delete_is_refused(gone: Gone) -> None:
    """What is gone cannot be deleted."""
    gone.done()

    expect(gone.again, refused())


@requirement("DELETE-8")
def test_an_update_of_a_deleted_service_is_refused(gone: Gone) -> None:
    """And does not bring it back."""
    gone.done()

    expect(gone.updated, refused())
    expect(gone.fetched_again, refused(), because="an update of the deleted Service came before")


@requirement("DELETE-9")
@pytest.mark.parametrize("which", ["fetched", "again", "updated"])
def test_what_is_deleted_is_refused_with_400_or_404(gone: Gone, which: str) -> None:
    """400 as a third party saw it, 404 as the generic documentation has it."""
    answer: Exchange = getattr(gone.done(), which)
    if not answer.refused:
        raise Unproven(f"it was not refused at all, but answered {answer.status}")

    expect(answer, status(400, 404))


@requirement("DELETE-4")
def test_a_delete_leaves_other_services_as_they_were(gone: Gone) -> None:
    """The Service before it and the one after it are read back."""
    gone.done()

    expect(gone.neighbour, accepted(), same_as(gone.shown_before))
    expect(gone.younger, accepted(), because="the Service created before it was deleted")


@requirement("NAME-3")
def test_the_name_of_a_deleted_service_is_free_again(gone: Gone) -> None:
    """At once, since 2020-07-20."""
    gone.done()

    expect(gone.created_again, accepted(), because="the Service that had the name was deleted")


@requirement("DELETE-6")
def test_a_delete_of_a_sid_that_nobody_has_is_refused(new_api: NewApi) -> None:
    """There is nothing to delete, and the answer says so."""
    answer = new_api().delete(unknown_sid())

    expect(answer, status(400, 404))


@requirement("DELETE-7")
@pytest.mark.parametrize(
    "sid",
    [
        pytest.param(one.value, id=one.reason, marks=LATER if index else ())
        for index, one in enumerate(MALFORMED)
    ],
)
def test_a_delete_of_a_malformed_sid_is_refused(new_api: NewApi, sid: str) -> None:
    """By the resource or by a router: 400 or 404."""
    answer = new_api().delete(sid)

    expect(answer, status(400, 404))


NEARLY: Final[dict[str, Callable[[str], str]]] = {
    "one digit less": lambda sid: sid[:-1],
    "a blank behind it": lambda sid: f"{sid} ",
    "another prefix": lambda sid: f"AC{sid[2:]}",
}
"""What is nearly the sid of a Service that is there."""


@requirement("DELETE-7", "FETCH-5", "UPDATE-21")
@LATER
@pytest.mark.parametrize("nearly", NEARLY)
def test_what_is_nearly_a_sid_reaches_nothing(new_api: NewApi, nearly: str) -> None:
    """No fetch, no update, no delete; and the Service stays as it is."""
    api = new_api()
    service = api.given()
    sid = NEARLY[nearly](service["sid"])
    because = f"it is the sid of a Service with {nearly}"

    answers = {
        "FETCH-5": api.fetch(sid),
        "UPDATE-21": api.update(sid, {"DefaultTtl": "9"}),
        "DELETE-7": api.delete(sid),
    }
    left = api.fetch(service["sid"])

    for row, answer in answers.items():
        expect(answer, about(row, status(400, 404)), because=because)
    stays = about("DELETE-4", only_after(answers["DELETE-7"], accepted()))
    expect(left, stays, because="what was deleted is another sid, and refused")


@requirement("DELETE-4", "UPDATE-18")
@LATER
def test_the_other_service_of_a_chat_instance_stays_as_it_was(
    new_api: NewApi, target: Target
) -> None:
    """Where two may have one at all; the chat instance itself may be one Service's alone."""
    if "chat" in target.lacks:
        raise NotRun("the target declares that it lacks chat")
    api = new_api()
    service = api.given(**chat(target))
    second = api.create(
        {"UniqueName": api.name(), "ChatInstanceSid": str(held(service, "chat_instance_sid"))}
    )
    if not second.accepted:
        raise NotRun("two Services cannot have one chat instance, which CREATE-31 is about")
    sid = str(second.object().get("sid"))
    updated = api.update(sid, {"DefaultTtl": "77", "GeoMatchLevel": "radius"})
    beside = api.fetch(service["sid"])
    if not api.delete(sid).accepted:
        raise Unproven("the delete was not accepted")

    first = api.fetch(service["sid"])

    stays = same_as(service, "chat_instance_sid", dates=False)
    expect(beside, about("UPDATE-18", only_after_accepted(updated, stays)))
    expect(first, accepted(), same_as(beside.object(), "chat_instance_sid", dates=False))


@requirement("DELETE-4")
@LATER
def test_deletes_take_the_service_they_name(new_api: NewApi) -> None:
    """Of three, the one in the middle, which was updated before."""
    api = new_api()
    services = [api.given() for _ in range(3)]
    for ttl in ("7", "8"):
        api.update(services[1]["sid"], {"DefaultTtl": ttl})

    deleted = api.delete(services[1]["sid"])

    expect(deleted, about("DELETE-1", accepted()))
    for service in (services[0], services[2]):
        expect(api.fetch(service["sid"]), accepted(), same_as(service))
