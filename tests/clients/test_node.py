"""The vendor's client for Node, as its registry has it: by base URL, and by environment alone."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.process import Running

STORY = Path(__file__).with_name("story.cjs")


def told(modules: Path, emulator: Running, **environment: str) -> dict[str, Any]:
    """Run the story with these variables, and those that say who calls."""
    account = {name: emulator.exports[name] for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")}
    ended = subprocess.run(
        ["node", str(STORY)],
        env=os.environ | account | {"NODE_PATH": str(modules)} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(ended.stdout))


@pytest.mark.parametrize("way", ["base URL", "environment"])
def test_the_whole_story(modules: Path, emulator: Running, way: str) -> None:
    if way == "base URL":
        origin, environment = emulator.url, {"ORIGIN": emulator.url}
    else:
        origin = "https://proxy.twilio.com"
        names = ("HTTP_PROXY", "NODE_EXTRA_CA_CERTS")
        environment = {name: emulator.exports[name] for name in names}
    assert told(modules, emulator, **environment) == {
        "life": ["é / 名", "é / 名", 60, "other"],
        "url": f"{origin}/v1/Services/SID",
        "date": True,
        "taken": [400, 80602],
        "tooLong": [400, 80701],
        "noUrl": [400, 80701],
        "removed": True,
        "gone": [400, 80408],
        "unknownUpdated": [400, 80408],
        "unknownRemoved": [400, 80408],
        "stranger": [401, 20003],
        "listed": "0 1 2 3 4 5 6 7 8 9 10",
        "limited": "0 1 2",
        "beyond": 11,
        "pages": ["0 1 2 3 4", "5 6 7 8 9"],
        "back": "0 1 2 3 4",
        "streamed": 11,
        "left": 0,
    }


def test_the_tunnel_leads_nowhere_else(modules: Path, emulator: Running) -> None:
    """A region changes the host: the emulator refuses it, and the vendor is never asked."""
    script = 'require("twilio")().proxy.v1.services.list().catch((e) => console.log(`${e}`))'
    names = ("HTTP_PROXY", "NODE_EXTRA_CA_CERTS", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
    ended = subprocess.run(
        ["node", "-e", script],
        env=os.environ
        | {name: emulator.exports[name] for name in names}
        | {"NODE_PATH": str(modules), "TWILIO_REGION": "au1", "TWILIO_EDGE": "sydney"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    told = (
        "Only proxy.twilio.com:443 is answered here, by the emulator; proxy.sydney.au1.twilio.com"
    )
    assert told in ended.stdout, ended.stderr
