"""Coroutines that are run at once as far as they go."""

import asyncio

import pytest

from emulator.stepping import begun
from tests.emulator.stories import LOOP


def test_one_that_waits_for_nothing_is_done_at_once() -> None:
    done = []

    async def work() -> None:
        done.append(1)

    assert begun(work()) is None
    assert done == [1]


def test_what_is_left_goes_on_as_if_nobody_had_looked() -> None:
    done: list[object] = []

    async def work(event: asyncio.Event) -> None:
        done.append("begun")
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)
        done.append(await event.wait())

    async def story() -> None:
        event = asyncio.Event()
        rest = begun(work(event))
        assert done == ["begun"]
        assert rest is not None
        task = asyncio.ensure_future(rest)
        await asyncio.sleep(0)
        event.set()
        await task
        assert done == ["begun", True]

    LOOP.run_until_complete(story())


def test_it_hears_that_it_is_cancelled() -> None:
    heard = []

    async def work() -> None:
        try:
            await asyncio.sleep(9)
        except asyncio.CancelledError:
            heard.append("cancelled")
            raise

    async def story() -> None:
        rest = begun(work())
        assert rest is not None
        task = asyncio.ensure_future(rest)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert heard == ["cancelled"]

    LOOP.run_until_complete(story())


def test_what_goes_wrong_is_told_to_whoever_waits() -> None:
    async def at_once() -> None:
        raise ValueError("at once")

    async def later() -> None:
        await asyncio.sleep(0)
        raise ValueError("later")

    async def story() -> None:
        with pytest.raises(ValueError, match="at once"):
            begun(at_once())
        rest = begun(later())
        assert rest is not None
        with pytest.raises(ValueError, match="later"):
            await rest

    LOOP.run_until_complete(story())
