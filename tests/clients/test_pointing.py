"""What `proxy-emulator env` prints, done to the letter: each client then lists what is there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.emulator.process import Running, finished

NAME = "é / 名"
PYTHON = "print([one.unique_name for one in client.proxy.v1.services.list()])"
NODE = (
    "client.proxy.v1.services.list().then((all) => console.log(all.map((one) => one.uniqueName)))"
)
CLI = "TWILIO_CLI"
"""Names the command, where it is not on the path as `twilio`."""


@pytest.fixture(autouse=True)
def _something_to_list(emulator: Running) -> None:
    with emulator.client() as client:
        assert client.post("/v1/Services", data={"UniqueName": NAME}).status_code == 201


def printed(emulator: Running, client: str, *options: str) -> str:
    place = ["--port", str(urlsplit(emulator.url).port), *options]
    ended = finished(*place, "env", client)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def commented(text: str, after: str) -> str:
    """The lines that stand behind a comment, as lines of a program."""
    _, found, rest = text.partition(f"# {after}\n")
    assert found, text
    return "\n".join(line.removeprefix("#   ") for line in rest.splitlines())


def told(script: str, **environment: str) -> str:
    """Run a script as a shell of a user's would; return what it prints."""
    ended = subprocess.run(
        ["sh", "-c", script],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def authority(emulator: Running) -> list[str]:
    return ["--tls-dir", str(Path(emulator.exports["REQUESTS_CA_BUNDLE"]).parent)]


def test_python_by_base_url(emulator: Running) -> None:
    pytest.importorskip("twilio")
    lines = printed(emulator, "python")
    program = f"{commented(lines, 'and in Python:')}\n{PYTHON}"
    script = f"{lines}\n{sys.executable} - <<'END'\n{program}\nEND"
    assert told(script) == f"['{NAME}']\n"


def test_python_by_environment(emulator: Running) -> None:
    pytest.importorskip("twilio")
    lines = printed(emulator, "python", *authority(emulator))
    program = f"from twilio.rest import Client\nclient = Client()\n{PYTHON}"
    script = f"{lines}\n{sys.executable} - <<'END'\n{program}\nEND"
    assert told(script) == f"['{NAME}']\n"


def test_node_by_base_url(emulator: Running, modules: Path) -> None:
    lines = printed(emulator, "node")
    program = f"{commented(lines, 'and in JavaScript:')}\n{NODE}"
    script = f"{lines}\nnode - <<'END'\n{program}\nEND"
    assert told(script, NODE_PATH=str(modules)) == f"[ '{NAME}' ]\n"


def test_node_by_environment(emulator: Running, modules: Path) -> None:
    lines = printed(emulator, "node", *authority(emulator))
    program = f'const client = require("twilio")();\n{NODE}'
    script = f"{lines}\nnode - <<'END'\n{program}\nEND"
    assert told(script, NODE_PATH=str(modules)) == f"[ '{NAME}' ]\n"


@pytest.mark.parametrize("tls", [False, True])
def test_curl(emulator: Running, tls: bool) -> None:  # noqa: FBT001
    if shutil.which("curl") is None:
        pytest.skip("curl is not here")
    lines = printed(emulator, "curl", *(authority(emulator) if tls else []))
    command = lines.partition("# then: ")[2].replace("curl ", "curl -sS ", 1)
    answer = told(f"{lines}\n{command}")
    assert f'"unique_name": "{NAME}"' in answer
    assert ("https://proxy.twilio.com/v1/Services/KS" in answer) is tls


def test_twilio_cli(emulator: Running, tmp_path: Path) -> None:
    """All five operations, many pages, and an error with its code."""
    command = os.environ.get(CLI) or shutil.which("twilio")
    if command is None:
        pytest.skip("twilio-cli is not here")
    assert "start the emulator with --tls, and ask again" in printed(emulator, "cli")
    lines = printed(emulator, "cli", *authority(emulator))
    listing = lines.partition("# then: twilio ")[2].strip()
    services, pick = "api:proxy:v1:services", "-o tsv --properties"
    script = f"""{lines}
        twilio() {{ "$COMMAND" "$@" 2>&1; }}
        sid=$(twilio {services}:create --unique-name new --default-ttl 60 {pick} sid | tail -1)
        twilio {services}:update --sid $sid --default-ttl 61 {pick} defaultTtl | tail -1
        twilio {services}:fetch --sid $sid {pick} uniqueName | tail -1
        twilio {listing} --page-size 1 {pick} uniqueName | tail -2
        twilio {services}:create --unique-name new | grep -o "Error code [0-9]*"
        twilio {services}:remove --sid $sid >/dev/null
        twilio {listing} {pick} uniqueName | tail -2"""
    said = told(script, COMMAND=command, HOME=str(tmp_path))
    assert said.splitlines() == ["61", "new", NAME, "new", "Error code 80602", "uniqueName", NAME]
