"""One emulator for all clients of a process, as proxy and as origin, emptied before each test."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.emulator.process import Running, running

VARIABLES = (
    *("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("https_proxy", "http_proxy", "all_proxy", "no_proxy"),
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "NODE_OPTIONS"),
    *("TWILIO_EDGE", "TWILIO_REGION", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"),
)
"""What the clients read of an environment; the tests say each of them by themselves."""


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    pytest.importorskip("cryptography", reason="the emulator's TLS needs it")
    folder: Path = tmp_path_factory.mktemp("tls") / "kept"
    with running("--tls", "--tls-dir", str(folder), credentials=8) as server:
        yield server


@pytest.fixture
def emulator(served: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    reset = httpx.post(f"{served.url}/_emulator/reset", trust_env=False)
    assert reset.json() == {"services": 0}
    return served
