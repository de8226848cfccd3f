"""Several at once: names, fields and lives that threads with their own connections race about.

Each history is held against the sequential model of an account; a violation shows the smallest
part of it that no order explains.
"""

from dataclasses import dataclass
from typing import Final

import pytest

from conformance.harness.account_model import Create, Delete, Fetch
from conformance.harness.arrange import EXAMPLE
from conformance.harness.checks import accepted, that
from conformance.harness.envelope import sids
from conformance.harness.evidence import Exchange
from conformance.harness.expect import Check, When, about
from conformance.harness.listing import shown_as
from conformance.harness.marks import effort, requirement
from conformance.harness.racing import Race, create, update
from conformance.harness.verdicts import expect
from conformance.harness.worker import NewApi

LATER = effort("ci")


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """How much takes part in one race."""

    threads: int
    times: int
    """How often they race, one race after the other."""
    beside: int
    """How many threads look on meanwhile."""


FEW: Final = Round(threads=4, times=1, beside=0)
MANY: Final = Round(threads=6, times=3, beside=1)
ROUNDS: Final = [
    pytest.param(FEW, id="few"),
    *(pytest.param(MANY, id=f"many {number}", marks=LATER) for number in range(1, 4)),
    *(pytest.param(MANY, id=f"many {number}", marks=effort("thorough")) for number in range(4, 14)),
]
TIMES: Final = [
    *range(1, 5),
    *(pytest.param(number, marks=effort("thorough")) for number in range(5, 15)),
]
"""What is left to chance is tried several times."""
TWICE: Final = TIMES[:2]


@requirement("RACE-1")
@pytest.mark.parametrize("size", ROUNDS)
def test_of_racing_creates_of_one_name_one_wins(new_api: NewApi, size: Round) -> None:
    """The others are refused as duplicates, and hold the name no longer than the winner does."""
    race = Race(new_api())
    name = race.api.name()

    forms = [
        {"DefaultTtl": str(number), "GeoMatchLevel": "radius"} if size.beside else {}
        for number in range(size.threads)
    ]

    done = race.run([[create(name, **form)] for form in forms], lists=size.beside)
    answers = [answer for (answer,) in done]
    winners = [answer for answer in answers if answer.accepted]
    if size.beside or not winners:
        used_again(race, name, winners)

    for page in race.listed:
        expect(page, *(about("RACE-5", shows_whole(winner)) for winner in winners))
    race.judge(f"{size.threads} creates of {name} raced")
    expect(winners[-1] if winners else answers[-1], no_more_than_one(winners))


def used_again(race: Race, name: str, winners: list[Exchange]) -> None:
    """Create with the name once more, while who won it is deleted; nobody did where it is free."""
    match winners:
        case [winner] if isinstance(sid := winner.object().get("sid"), str):
            race.run([[Delete(sid=sid)], [Create(name=name)] * 3])
            race.run([[Create(name=name)]])
        case []:
            race.run([[Create(name=name)]])


def shows_whole(created: Exchange) -> Check:
    """Accept a page that shows a Service not yet, or with all that its create has sent."""
    service = created.object()
    return When(
        lambda page: service.get("sid") in sids(page),
        shown_as(service, "unique_name", "default_ttl", "geo_match_level"),
    )


def no_more_than_one(winners: list[Exchange]) -> Check:
    return that(
        lambda _: len(winners) <= 1,
        where="the answers",
        expected="one create that is accepted",
        found=lambda _: f"{len(winners)} that were",
    )


@requirement("RACE-2")
@LATER
@pytest.mark.parametrize("_time", TIMES)
def test_of_racing_renames_to_one_name_one_wins(new_api: NewApi, _time: int) -> None:
    """The others keep their names."""
    race = Race(new_api())
    sids = [race.given() for _ in range(2)]

    for _ in range(2):
        name = race.api.name()
        race.run([[update(sid, UniqueName=name)] for sid in sids] + [[Create(name=name)]], lists=1)
        for sid in sids:
            race.fetch(sid)

    race.judge(f"{len(sids)} renames to one name and a create of it raced")


@requirement("RACE-2")
@LATER
@pytest.mark.parametrize("_time", TWICE)
def test_a_name_is_not_free_while_its_service_is_refused_another(
    new_api: NewApi, _time: int
) -> None:
    """Creates of it, and fetches, race with renames that come to nothing: one is to its own."""
    race = Race(new_api())
    name, taken = race.api.name(), race.api.name()
    race.given(UniqueName=taken)
    sid = race.given(UniqueName=name)

    race.run(
        [
            [update(sid, UniqueName=taken)] * 2,
            [update(sid, UniqueName=name)] * 2,
            *[[Create(name=name)] * 2] * 2,
            [Fetch(sid=sid)] * 4,
        ]
    )
    race.fetch(sid)

    race.judge(
        f"creates of {name} and fetches raced with renames of its Service, to {taken}, which is"
        " taken, and to its own"
    )


@requirement("NAME-4")
@LATER
@pytest.mark.parametrize("_time", TWICE)
def test_a_name_that_a_race_of_renames_left_behind_is_free(new_api: NewApi, _time: int) -> None:
    """The Service has the name of one of them; nobody has that of the other."""
    race = Race(new_api())
    sid, names = race.given(), [race.api.name() for _ in range(2)]

    race.run([[update(sid, UniqueName=name)] for name in names])
    fetched = race.fetch(sid)
    free = next(name for name in names if name != fetched.object().get("unique_name"))
    created = race.create(free)

    race.judge("renames of one Service raced")
    expect(created, accepted(), because="a Service had that name for a moment, or was refused it")


@requirement("RACE-3")
@pytest.mark.parametrize("size", ROUNDS)
def test_racing_updates_of_different_fields_are_all_kept(new_api: NewApi, size: Round) -> None:
    """None of them writes back what it had read before, or is answered with another Service."""
    race = Race(new_api())
    sid, others = race.given(), [race.given() for _ in range(size.beside)]

    for number in range(size.times):
        updates = [
            update(sid, DefaultTtl=str(100 + number)),
            update(sid, CallbackUrl=f"{EXAMPLE}/{number}"),
            update(sid, OutOfSessionCallbackUrl=f"{EXAMPLE}/{number}"),
            update(sid, GeoMatchLevel=("radius", "overlay", "area-code")[number]),
            update(sid, InterceptCallbackUrl=f"{EXAMPLE}/{number}"),
            *(update(other, DefaultTtl=str(200 + number)) for other in others),
        ]
        race.run([[one] for one in updates[: size.threads]])
        race.fetch(sid)

    race.judge("updates of different fields of one Service raced")


@requirement("RACE-4")
@pytest.mark.parametrize("size", ROUNDS)
def test_a_delete_that_races_with_updates_is_final(new_api: NewApi, size: Round) -> None:
    """Whatever came first, afterwards the Service is gone."""
    race = Race(new_api())
    sid = race.given()

    # A delete that comes a moment later meets the updates half-way.
    race.run(
        [
            [Fetch(sid=sid), Delete(sid=sid)],
            [*[Fetch(sid=sid)] * size.beside, Delete(sid=sid)],
            [update(sid, DefaultTtl="7")],
            [update(sid, DefaultTtl="8")],
            *[[Fetch(sid=sid)] * 3] * size.beside,
        ]
    )
    race.fetch(sid)

    race.judge("deletes and updates of one Service raced")


@requirement("RACE-5")
@LATER
@pytest.mark.parametrize("_time", TWICE)
def test_what_overlaps_could_have_happened_in_some_order(new_api: NewApi, _time: int) -> None:
    """A fetch that begins after an update has ended shows it, whoever asks; and never half of one."""
    race = Race(new_api())
    sid = race.given(DefaultTtl="1")
    renamed = {"UniqueName": race.api.name()}

    race.run(
        [
            [
                update(sid, DefaultTtl="10", CallbackUrl=f"{EXAMPLE}/0", **renamed),
                update(sid, DefaultTtl="11", CallbackUrl=f"{EXAMPLE}/1"),
                update(sid, DefaultTtl="12", CallbackUrl=f"{EXAMPLE}/2"),
            ],
            [Fetch(sid=sid)] * 4,
            [
                update(sid, GeoMatchLevel=level, OutOfSessionCallbackUrl=f"{EXAMPLE}/{level}")
                for level in ("radius", "overlay", "area-code")
            ],
            [Fetch(sid=sid)] * 4,
        ]
    )
    race.fetch(sid)

    race.judge("updates and fetches of one Service raced")
