"""Runs that are killed at any moment: a sweep then leaves nothing, and nobody else's is touched."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random  # noqa: TID251 - seeded: the same moments every time

import pytest

from tests.emulator.process import ROOT, Running, running

ROUNDS = int(os.environ.get("KILLS", "4"))
FOREIGN = ("somebody else's", "pc-00000000-m000001", "pc-")
LONGEST = 60.0
CLEANED = 15.0
"""Seconds within which an interrupted run has deleted what it created."""


@pytest.fixture(scope="module")
def account() -> Iterator[Running]:
    """Serve an account in which other people have Services, some named as a run names its own."""
    with running() as server, server.client() as client:
        for name in FOREIGN:
            client.post("/v1/Services", data={"UniqueName": name})
        yield server


def names(account: Running) -> set[str]:
    with account.client() as client:
        page = client.get("/v1/Services", params={"PageSize": 1000}).json()
        return {one["unique_name"] for one in page["services"]}


def command(account: Running, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=os.environ | account.exports,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def suite(account: Running, folder: Path, *options: str) -> subprocess.Popen[str]:
    return command(
        account, "pytest", "-q", "-p", "no:cacheprovider", "--base-url", account.url,
        "--effort", "ci", f"--report-dir={folder}", *options,
    )  # fmt: skip


def written(ledger: Path, lines: int, run: subprocess.Popen[str]) -> bool:
    """Wait until the ledger has so many lines; tell whether the run was still going then."""
    latest, pause = time.monotonic() + LONGEST, threading.Event()
    while run.poll() is None and time.monotonic() < latest:
        if ledger.exists() and ledger.read_bytes().count(b"\n") >= lines:
            return True
        pause.wait(0.01)
    return False


def workers(controller: int) -> list[int]:
    """Give the processes that a controller started to run tests in."""
    children = Path(f"/proc/{controller}/task/{controller}/children").read_text()
    return sorted(int(child) for child in children.split())


def swept(account: Running, ledger: Path) -> str:
    sweep = command(account, "conformance.cli", "sweep", str(ledger), "--base-url", account.url)
    said, _ = sweep.communicate(timeout=LONGEST)
    assert sweep.returncode == 0, said
    return said


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_killed_run_is_swept(account: Running, tmp_path: Path, number: int) -> None:
    ledger = tmp_path / "ledger.jsonl"
    run = suite(account, tmp_path, *(("-n", "2") if number % 2 else ()))
    going = written(ledger, Random(number).randrange(2, 120), run)
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()

    said = swept(account, ledger)

    assert going
    assert "Nothing is left" in said
    assert names(account) == set(FOREIGN)


@pytest.mark.parametrize(
    ("left", "kept"),
    [
        ('{"ledger": 1, "run": "one"}\n{"created": "KS1", "name": "a", "as": "own"}\n{"cut',
         "ledger-one.jsonl"),
        ("nothing that can be read", "ledger-unreadable-1.jsonl"),
    ],
)  # fmt: skip
def test_what_a_run_left_is_kept_by_the_next_one(
    account: Running, tmp_path: Path, left: str, kept: str
) -> None:
    (tmp_path / "ledger.jsonl").write_text(left)

    run = suite(account, tmp_path, "--requirement", "LIST-4")
    said, _ = run.communicate(timeout=LONGEST)

    assert run.returncode == 0, said
    assert (tmp_path / kept).read_text() == left
    assert kept in said


def test_a_killed_run_of_one_account_is_swept_without_another(
    account: Running, tmp_path: Path
) -> None:
    """What needs a second account was not begun, so that none is needed to look for it."""
    alone = {name: account.exports[name] for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")}
    single = replace(account, exports=alone)
    ledger = tmp_path / "ledger.jsonl"
    run = suite(single, tmp_path, "--requirement", "ACCESS-*")
    going = written(ledger, 12, run)
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()

    said = swept(single, ledger)

    assert going
    assert "Nothing is left" in said


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="no /proc to find workers in")
def test_a_run_whose_worker_is_killed_leaves_nothing(account: Running, tmp_path: Path) -> None:
    """The run goes on with another worker; what the killed one created is deleted as well."""
    run = suite(account, tmp_path, "-n", "2", "--requirement", "CREATE-*")
    going = written(tmp_path / "ledger.jsonl", 30, run)
    os.kill(workers(run.pid)[0], signal.SIGKILL)
    said, _ = run.communicate(timeout=LONGEST)

    assert going
    assert names(account) == set(FOREIGN), said
    assert run.returncode in {1, 3}, said
    assert "Traceback" not in said


@pytest.fixture
def heeding_interrupts() -> Iterator[None]:
    """Have what is started heed SIGINT, as from a terminal; jobs in the background ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeding_interrupts")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_cleans_up(tmp_path: Path, sent: signal.Signals) -> None:
    """Python loses an interrupt that meets a destructor: then it is sent again."""
    with running("--latency", "0.03") as account:
        run = suite(account, tmp_path)
        going = written(tmp_path / "ledger.jsonl", 30, run)
        run.send_signal(sent)
        try:
            said, _ = run.communicate(timeout=CLEANED)
        except subprocess.TimeoutExpired:
            run.send_signal(sent)
            said, _ = run.communicate(timeout=LONGEST)
        left = names(account)

    assert going
    assert run.returncode == 2, said
    assert left == set()
