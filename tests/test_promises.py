"""What a run promises of itself: to keep to its plan and budget, to read only, and to keep secrets."""

import json
import os
import subprocess
import sys
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hostile_targets import ACCOUNT, Forward, Hostile, Mood, calm, hostile, run
from tests.servers import Seen
from tests.suite_runs import ROOT, Job, outcomes


def command(
    target: Hostile, folder: Path, *options: str, token: str = ACCOUNT[1]
) -> subprocess.CompletedProcess[str]:
    """Run the suite as from the command line."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--base-url", target.url, f"--report-dir={folder}", *options],
        cwd=ROOT,
        env={**environ, "TWILIO_ACCOUNT_SID": ACCOUNT[0], "TWILIO_AUTH_TOKEN": token},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_plan_sends_nothing() -> None:
    with hostile() as target:
        outcome = run(target, effort="thorough", more=("--plan",))

    assert outcome.status == 0
    assert "Nothing was sent." in outcome.printed
    assert target.seen == []


def test_a_run_that_only_reads_sends_nothing_but_get() -> None:
    with hostile() as target:
        before = target.fill(7)

        outcome = run(target, effort="ci", more=("--read-only",))

        after = target.services()
    assert outcome.status == 0, outcome.printed
    assert target.seen
    assert target.count("GET") == len(target.seen)
    assert after == before


def test_the_budget_is_kept_in_a_red_run_of_several_workers(tmp_path: Path) -> None:
    rows = [f"--requirement={row}" for row in ("CREATE-*", "FETCH-*", "UPDATE-*")]
    with hostile(calm, "--fault=loses-ttl") as target:
        done = command(target, tmp_path, "-q", "-n2", "--effort=probe", "--max-requests=90", *rows)

        after = target.services()
    run = json.loads((tmp_path / "run.json").read_text())
    assert done.returncode == 1, done.stdout
    assert len(target.seen) == run["requests"] <= 90
    assert after == {}
    assert run["services"]["proven"] is True


@pytest.mark.parametrize("word", ["0000", "example", "LIST", "unique_name", "127.0"])
def test_a_secret_may_be_a_word_that_stands_in_many_a_text(word: str) -> None:
    """It is taken out of what is shown, and not out of what is judged."""
    accounts = f"AC{'0' * 32}:{word}", f"AC{'1' * 32}:of-the-other-account"
    job = Job(
        name=word,
        emulator=tuple(part for one in accounts for part in ("--account", one)),
        effort="probe",
    )

    [outcome] = outcomes([job])

    assert (outcome.status, outcome.ids("violated"), outcome.ids("unproven")) == (0, {}, {})


SECRET = 'planted-s"ecret/0f1e\\2d3c4b5a'
BASIC = b64encode(f"{ACCOUNT[0]}:{SECRET}".encode()).decode()
SPELT = (SECRET[:9], SECRET[-8:], BASIC, BASIC.replace("=", "\\u003d"))
"""What must be nowhere: neither whole, nor a part of it, nor as some encoders write it."""
LONG = "x" * 185
"""What a text is cut after, a little later."""


def tells_tales(dies_after: int, lines: list[str]) -> Mood:
    """Show the credentials wherever an answer has room for them; read what processes were given."""

    def mood(seen: Seen, number: int, forward: Forward) -> bytes | None:
        lines.extend(_command_lines())
        if number > dies_after:
            return None
        given = seen.headers.get("authorization", "")
        if given == f"Basic {BASIC}":
            right = b64encode(":".join(ACCOUNT).encode()).decode()
            seen = replace(seen, headers={**seen.headers, "authorization": f"Basic {right}"})
        reply = forward(seen)
        told = ("X-Echo", f"{given} {SECRET}"), ("Set-Cookie", f"session={SECRET}")
        if reply.body.startswith(b"{"):
            tale = {"message": f"{given} {SECRET}", "callback_url": f"https://a.example/?{SECRET}"}
            tale |= {"chat_instance_sid": f"{LONG}{SECRET}"}
            shown = json.dumps({**reply.json(), **tale}).replace("=", "\\u003d")
            kept = [one for one in reply.headers if one[0].lower() != "content-length"]
            length = ("Content-Length", str(len(shown)))
            reply = replace(reply, headers=(*kept, length), body=shown.encode())
        return replace(reply, headers=(*reply.headers, *told)).written()

    return mood


def _command_lines() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("dies_after", [1000, 90], ids=["violations", "a target that dies"])
def test_a_secret_is_in_nothing_that_a_run_writes_prints_or_starts(
    tmp_path: Path, dies_after: int
) -> None:
    lines: list[str] = []
    chosen = [f"--requirement={row}" for row in ("CREATE-*", "ERROR-*", "REFUSE-*", "ACCESS-*")]
    with hostile(tells_tales(dies_after, lines)) as target:
        done = command(
            target, tmp_path / "report", "-n1", "-vv", "--showlocals", "--tb=long", "--effort=probe",
            f"--basetemp={tmp_path / 'temporary'}", *chosen, token=SECRET,
        )  # fmt: skip

    written = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert done.returncode == 1
    assert any(BASIC in seen.headers.get("authorization", "") for seen in target.seen)
    assert len(written) > 5
    for secret in SPELT:
        assert secret not in done.stdout + done.stderr
        assert [path for path, content in written.items() if secret.encode() in content] == []
        assert [line for line in lines if secret in line] == []
