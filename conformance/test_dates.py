"""The dates of a Service: which moves, and when."""

import threading
import time
from dataclasses import dataclass

import pytest

from conformance.harness import moments
from conformance.harness.api import Api
from conformance.harness.checks import accepted, same_as, shows, that
from conformance.harness.evidence import Exchange
from conformance.harness.expect import Unproven
from conformance.harness.marks import requirement
from conformance.harness.verdicts import expect
from conformance.harness.worker import Play

SECOND = 1.1
"""Dates have whole seconds: an update later than this has another one."""
TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """A Service more than a second after its creation: untouched, refused an update, updated."""

    created: Exchange
    untouched: Exchange
    refused: Exchange
    after_refusal: Exchange
    updated: Exchange


def lived(api: Api) -> Later:
    """Update a Service more than a second after its creation, until its date shows it."""
    created = api.create({"UniqueName": api.name()})
    sid = created.object().get("sid")
    if not created.accepted or not isinstance(sid, str):
        raise Unproven(f"a Service to begin with was answered {created.status}")
    _until(created.started + SECOND)
    untouched = api.fetch(sid)
    refused = api.update(sid, {"GeoMatchLevel": "nowhere"})
    after_refusal = api.fetch(sid)
    fetched = after_refusal
    for number in range(1, TRIES + 1):
        _until(created.started + number * SECOND)
        updated = api.update(sid, {"DefaultTtl": str(3600 + number)})
        if not updated.accepted:
            raise Unproven(f"an update was answered {updated.status}")
        fetched = api.fetch(sid)
        if fetched.object().get("date_updated") != created.object().get("date_updated"):
            break
    return Later(
        created=created,
        untouched=untouched,
        refused=refused,
        after_refusal=after_refusal,
        updated=fetched,
    )


def _until(moment: float) -> None:
    threading.Event().wait(max(0.0, moment - time.monotonic()))


@pytest.fixture(scope="session")
def later(play: Play) -> Later:
    """Create a Service, and look at it more than a second later."""
    return play(lived)


@requirement("SERVICE-19")
def test_date_updated_moves_with_an_update(later: Later) -> None:
    """Forward, that is."""
    created, fetched = later.created, later.updated
    before = moments.read(created.object().get("date_updated"))

    def is_later(exchange: Exchange) -> bool:
        now = moments.read(exchange.object().get("date_updated"))
        return now is None or before is None or now > before

    expect(
        fetched,
        accepted(),
        that(
            is_later,
            where="/date_updated",
            expected=f"later than {created.object().get('date_updated')}",
            found=lambda exchange: repr(exchange.object().get("date_updated")),
        ),
        because=f"the update came {SECOND} s after the creation",
    )


@requirement("UPDATE-19")
def test_date_created_stays(later: Later) -> None:
    """A Service is created once."""
    created = later.created.object().get("date_created")

    expect(later.updated, accepted(), shows(date_created=created))


@requirement("FETCH-9")
def test_a_fetch_changes_no_date(later: Later) -> None:
    """Nor anything else."""
    expect(later.untouched, accepted(), same_as(later.created.object()))


@requirement("REFUSE-25")
def test_a_refused_update_changes_no_date(later: Later) -> None:
    """Nor anything else."""
    if not later.refused.refused:
        raise Unproven(f"an update to a level that is none was answered {later.refused.status}")

    expect(later.after_refusal, accepted(), same_as(later.untouched.object()))
