"""The dates of a Service: which moves, and when."""

import threading
import time

import pytest

from conformance.harness import moments
from conformance.harness.api import Api
from conformance.harness.checks import accepted, shows, that
from conformance.harness.evidence import Exchange
from conformance.harness.expect import Unproven
from conformance.harness.marks import requirement
from conformance.harness.verdicts import expect
from conformance.harness.worker import Play

SECOND = 1.1
"""Dates have whole seconds: an update later than this has another one."""
TRIES = 3


def moved(api: Api) -> tuple[Exchange, Exchange]:
    """Update a Service more than a second after its creation, until its date shows it."""
    created = api.create({"UniqueName": api.name()})
    sid = created.object().get("sid")
    if not created.accepted or not isinstance(sid, str):
        raise Unproven(f"a Service to begin with was answered {created.status}")
    for number in range(1, TRIES + 1):
        threading.Event().wait(max(0.0, created.started + number * SECOND - time.monotonic()))
        updated = api.update(sid, {"DefaultTtl": str(3600 + number)})
        if not updated.accepted:
            raise Unproven(f"an update was answered {updated.status}")
        fetched = api.fetch(sid)
        if fetched.object().get("date_updated") != created.object().get("date_updated"):
            break
    return created, fetched


@pytest.fixture(scope="session")
def later(play: Play) -> tuple[Exchange, Exchange]:
    """Create a Service, and fetch it after an update that came a second later."""
    return play(moved)


@requirement("SERVICE-19")
def test_date_updated_moves_with_an_update(later: tuple[Exchange, Exchange]) -> None:
    """Forward, that is."""
    created, fetched = later
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
def test_date_created_stays(later: tuple[Exchange, Exchange]) -> None:
    """A Service is created once."""
    created, fetched = later

    expect(fetched, accepted(), shows(date_created=created.object().get("date_created")))
