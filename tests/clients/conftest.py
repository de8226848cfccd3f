"""One emulator for all clients of a process, as proxy and as origin, emptied before each test."""

import os
import shutil
import subprocess
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


PACKAGES = "TWILIO_NODE_MODULES"
"""Names a `node_modules` that has the client; without it, npm fetches one for the tests."""


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


@pytest.fixture(scope="session")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of modules with the vendor's client in it."""
    if named := os.environ.get(PACKAGES):
        return Path(named)
    node, npm = shutil.which("node"), shutil.which("npm")
    if not (node and npm):
        pytest.skip("node and npm are not here")
    folder = tmp_path_factory.mktemp("node")
    command = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", "twilio"]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not bring the package twilio within two minutes")
    if ended.returncode:
        pytest.skip(f"npm cannot bring the package twilio: {ended.stderr.strip()[-200:]}")
    return folder / "node_modules"
