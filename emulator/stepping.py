"""Coroutines that seldom wait: run at once as far as they go, so that few need a task."""

import types
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any


def begun(coroutine: Coroutine[Any, Any, None]) -> Coroutine[Any, Any, None] | None:
    """Run a coroutine until it waits; return what is left of it, None where nothing is.

    Python 3.12 has eager tasks for this. Until it waits, no task is the current one.
    """
    try:
        awaited = coroutine.send(None)
    except StopIteration:
        return None
    return _rest(coroutine, awaited)


async def _rest(coroutine: Coroutine[Any, Any, None], awaited: Any) -> None:
    await _gone_on(coroutine, awaited)


@types.coroutine
def _gone_on(coroutine: Coroutine[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
    """Hand what the coroutine waits for to the task, and what comes of it to the coroutine."""
    while True:
        try:
            sent = yield awaited
        except BaseException as thrown:  # noqa: BLE001 - it is the coroutine's to handle
            go_on: Callable[[], Any] = partial(coroutine.throw, thrown)
        else:
            go_on = partial(coroutine.send, sent)
        try:
            awaited = go_on()
        except StopIteration:
            return
