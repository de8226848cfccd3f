"""What breaks a rule, what is hostile, and what races, as it is drawn: for runs that spend as much."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from conformance.harness.account_model import Delete, Fetch
from conformance.harness.account_model import Request as Asked
from conformance.harness.arrange import TOO_LONG, WRONG, kept
from conformance.harness.checks import accepted, no_5xx, refused, shows, status
from conformance.harness.expect import about
from conformance.harness.marks import effort, requirement
from conformance.harness.names import TOKEN_LENGTH
from conformance.harness.paths import SERVICES, item
from conformance.harness.racing import Race, create, update
from conformance.harness.verdicts import expect
from conformance.harness.worker import NewApi

pytestmark = effort("thorough")
DRAWN: Final = {
    "UniqueName": strategies.too_long_unique_names(),
    "GeoMatchLevel": strategies.invalid_geo_match_levels(),
    "NumberSelectionBehavior": strategies.invalid_number_selection_behaviors(),
    "DefaultTtl": strategies.invalid_default_ttls(),
    "ChatInstanceSid": strategies.invalid_chat_instance_sids(),
    "CallbackUrl": strategies.invalid_callback_urls(),
    "InterceptCallbackUrl": strategies.invalid_callback_urls(),
    "OutOfSessionCallbackUrl": strategies.invalid_callback_urls(),
}
CREATE, UPDATE = 0, 1
THREADS: Final = 3
STEPS: Final = 3


def rows(field: str, which: int) -> tuple[str, ...]:
    """Give the requirements that a wrong value may break, on create or on update."""
    both = (WRONG[field], TOO_LONG) if field.endswith("Url") else (WRONG[field],)
    return tuple(row[which] for row in both)


def row_of(field: str, invalid: strategies.Invalid[str], which: int) -> str:
    return rows(field, which)[-1 if invalid.rule == "too long" else 0]


@pytest.mark.parametrize(
    "field", [pytest.param(one, marks=requirement(*rows(one, CREATE))) for one in DRAWN]
)
@given(data=st.data())
def test_any_invalid_value_is_refused_on_create(
    new_api: NewApi, field: str, data: st.DataObject
) -> None:
    """Whatever else the rule leaves to be wrong."""
    api, invalid = new_api(), data.draw(DRAWN[field])
    name = api.name()
    if field == "UniqueName":
        invalid = strategies.owned(invalid, token=name)

    answer = api.create({"UniqueName": name, field: invalid.value})

    because = f"{field} is {invalid.reason}"
    expect(answer, about(row_of(field, invalid, CREATE), refused()), because=because)


@pytest.mark.parametrize(
    "field", [pytest.param(one, marks=requirement(*rows(one, UPDATE))) for one in DRAWN]
)
@given(data=st.data())
def test_any_invalid_value_is_refused_on_update(
    new_api: NewApi, field: str, data: st.DataObject
) -> None:
    """As on create."""
    api, invalid = new_api(), data.draw(DRAWN[field])
    if field == "UniqueName":
        invalid = strategies.owned(invalid, token=api.name())

    answer = api.update(api.given()["sid"], {field: invalid.value})

    because = f"{field} is {invalid.reason}"
    expect(answer, about(row_of(field, invalid, UPDATE), refused()), because=because)


@pytest.mark.parametrize(
    ("method", "operation"),
    [
        pytest.param("GET", "fetch", marks=requirement("FETCH-5")),
        pytest.param("POST", "update", marks=requirement("UPDATE-21")),
        pytest.param("DELETE", "delete", marks=requirement("DELETE-7")),
    ],
)
@given(sid=strategies.malformed_service_sids())
def test_any_malformed_sid_is_refused(
    new_api: NewApi, method: str, operation: str, sid: strategies.Invalid[str]
) -> None:
    """By the resource or by a router: 400 or 404."""
    answer = new_api().send(method, item(sid.value), operation=operation)

    expect(answer, status(400, 404), because=f"the sid is {sid.reason}")


@requirement("CREATE-17")
@given(tail=strategies.boundary_name_tails(strategies.MAX_UNIQUE_NAME - TOKEN_LENGTH))
def test_a_create_keeps_any_name_of_191_characters(new_api: NewApi, tail: str) -> None:
    """Of every alphabet, and of several at once."""
    api = new_api()
    name = api.name(tail)

    expect(kept(api, {"UniqueName": name}), accepted(), shows(unique_name=name))


@requirement("CREATE-18")
@given(tail=strategies.blank_ended_name_tails(max_size=20))
def test_a_create_keeps_blanks_at_the_end_of_any_name(new_api: NewApi, tail: str) -> None:
    """Blanks of every kind."""
    api = new_api()
    name = api.name(tail)

    expect(kept(api, {"UniqueName": name}), accepted(), shows(unique_name=name))


@requirement("ERROR-1")
@given(data=st.data())
def test_any_body_is_survived(new_api: NewApi, data: st.DataObject) -> None:
    """Whether it is taken for a form or not."""
    api = new_api()
    name = api.name()
    body = data.draw(strategies.hostile_form_bodies(names=st.just(name)))

    answer = api.create(body.value, name=name, fragile=True)

    expect(answer, no_5xx(), because=f"the body is {body.reason}")


@requirement("ERROR-1")
@given(segment=strategies.hostile_path_segments())
def test_any_path_is_survived(new_api: NewApi, segment: strategies.Hostile[str]) -> None:
    """Whether anything is there or not."""
    path = f"{SERVICES}/{segment.value}"

    answer = new_api().send("GET", path, operation="other", fragile=True)

    expect(answer, no_5xx(), because=f"the path is {segment.reason}")


@requirement("RACE-5")
@given(drawn=strategies.races(threads=THREADS, steps_per_thread=STEPS))
def test_any_race_could_have_happened_in_some_order(
    new_api: NewApi, drawn: strategies.Race
) -> None:
    """Creates, fetches, updates, renames and deletes of few names and Services."""
    race = Race(new_api())
    names = [race.api.name() for _ in range(strategies.RACING_NAMES)]
    sids = [race.given(UniqueName=names[name]) for name in drawn.existing]

    race.run([[asked(step, names, sids) for step in steps] for steps in drawn.threads])
    for sid in sids:
        race.fetch(sid)

    race.judge("requests of several threads raced")


def asked(step: strategies.RacingStep, names: list[str], sids: list[str]) -> Asked:
    """Say what a step asks for, of the Services that are there."""
    if isinstance(step, strategies.Create):
        return create(names[step.name])
    sid = sids[step.which % len(sids)]
    match step:
        case strategies.Fetch():
            return Fetch(sid=sid)
        case strategies.Update(fields=fields):
            return update(sid, **dict(fields))
        case strategies.Rename(name=name):
            return update(sid, UniqueName=names[name])
        case strategies.Delete():
            return Delete(sid=sid)
