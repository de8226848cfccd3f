from collections.abc import Callable

import pytest

from emulator.app import create_app
from tests.emulator.client import SECOND, Client


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
