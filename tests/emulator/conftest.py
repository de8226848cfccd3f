from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emulator.app import create_app
from emulator.durable_store import DurableStore
from tests.emulator.client import SECOND, Client, Opened


@pytest.fixture
def client() -> Client:
    return Client(create_app())


@pytest.fixture
def other(client: Client) -> Client:
    """Return the second account's caller of the same emulator."""
    return Client(client.app, SECOND.header)


@pytest.fixture
def new_client() -> Callable[..., Client]:
    return lambda **options: Client(create_app(**options))


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Open stores on files, and close them after the test."""
    stores: list[DurableStore] = []

    def store_on(path: Path) -> DurableStore:
        stores.append(DurableStore(path))
        return stores[-1]

    yield store_on
    for store in stores:
        store.close()
