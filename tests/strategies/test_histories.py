"""Sequences and races are made of valid steps, of every kind."""

import pytest
from hypothesis import given

import strategies
from strategies import Clear, Create, Delete, Fetch, ListAll, Race, Rename, Step, Update
from tests.strategies.rules import QUICK, VALUE_IS_FINE, reaches


@QUICK
@given(strategies.sequences(max_size=5))
def test_sequences_start_with_a_create_and_stay_short(steps: tuple[Step, ...]) -> None:
    assert isinstance(steps[0], Create)
    assert 1 <= len(steps) <= 5
    assert len({hash(step) for step in steps}) <= len(steps)


@pytest.mark.parametrize("kind", [Create, Fetch, ListAll, Update, Rename, Clear, Delete])
def test_sequences_reach_every_kind_of_step(kind: type[Step]) -> None:
    assert reaches(
        strategies.sequences(max_size=8), lambda steps: any(isinstance(s, kind) for s in steps[1:])
    )


def test_sequences_reach_a_name_that_is_freed_and_taken_again() -> None:
    def is_taken_again(steps: tuple[Step, ...]) -> bool:
        kinds = [type(step) for step in steps]
        names = {step.name for step in steps if isinstance(step, Create)}
        return kinds[:3] == [Create, Delete, Create] and len(names) == 1

    assert reaches(strategies.sequences(max_size=5), is_taken_again)


@QUICK
@given(strategies.races(threads=3, steps_per_thread=2))
def test_races_have_the_threads_and_existing_names(race: Race) -> None:
    assert len(race.threads) == 3
    assert all(1 <= len(steps) <= 2 for steps in race.threads)
    assert race.existing in {(2,), (2, 1)}


@pytest.mark.parametrize("kind", [Create, Fetch, Update, Rename, Delete])
def test_races_reach_every_kind_of_step(kind: type[Step]) -> None:
    assert reaches(
        strategies.races(threads=2, steps_per_thread=2),
        lambda race: all(any(isinstance(s, kind) for s in steps) for steps in race.threads),
    )


def test_the_values_of_a_step_are_valid() -> None:
    @QUICK
    @given(strategies.sequences(max_size=6))
    def check(steps: tuple[Step, ...]) -> None:
        for step in steps:
            fields = step.fields if isinstance(step, Create | Update) else ()
            assert all(VALUE_IS_FINE[parameter](value) for parameter, value in fields)
            assert not {"UniqueName", "ChatInstanceSid"} & dict(fields).keys()

    check()
