"""Knows how to finish for a run that was killed: what its ledger names is deleted, nothing else."""

import fcntl
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from conformance.commands.visiting import visiting
from conformance.harness import ledger, preflight
from conformance.harness.exits import Exit
from conformance.harness.expect import Unproven
from conformance.harness.ledger import OWNERS, Ledger, Owner, Remains
from conformance.harness.options import WrongUsage, consent, visited
from conformance.harness.sweep import Swept, sweep
from conformance.harness.target import NO_OTHER, Target
from conformance.harness.wire import ANSWER_SECONDS, Request, Wire

GONE_SECONDS: Final = 3.0
"""How long the emulator of a run that was just killed may take to end."""


class Unreachable(Exception):
    """The target cannot be swept; the text says why."""


def finish(
    path: Path,
    *,
    url: str | None,
    name: str | None,
    lacks: tuple[str, ...],
    allowed: str | None,
    environ: Mapping[str, str] = os.environ,
) -> int:
    """Delete what the ledger leaves, say what became of it, and mark the ledger finished.

    Raises WrongUsage with one sentence.
    """
    remains = _read(path)
    _free(path)
    for number in remains["own"].unreadable:
        sys.stdout.write(f"Line {number} of {path} cannot be read, and counts for nothing.\n")
    if remains["own"].embedded and not (url or name):
        return _ended(remains["own"].base_url)
    if not any(map(_something, remains.values())):
        sys.stdout.write(f"Nothing is left: {path} has nothing to delete.\n")
        if not remains["own"].finished:
            _mark(path, Swept(), finished=True)
        return 0
    target = _target(remains["own"], url, name, lacks, environ)
    consent(target, allowed)
    try:
        swept = _sweep(target, remains)
    except Unreachable as problem:
        sys.stdout.write(f"Nothing was deleted: {problem}.\n")
        return Exit.UNJUDGEABLE
    _mark(path, swept, finished=not swept.left)
    sys.stdout.write("\n".join(_told(swept)) + "\n")
    return Exit.VIOLATED if swept.left else Exit.AS_EXPECTED


def _read(path: Path) -> dict[Owner, Remains]:
    try:
        return {owner: ledger.read(path, owner) for owner in OWNERS}
    except ledger.UnreadableLedger as problem:
        raise WrongUsage(f"{problem}; name the ledger.jsonl of a run") from None


def _something(remains: Remains) -> bool:
    return bool(remains.created or remains.pending)


def _free(path: Path) -> None:
    """Make sure that the run that writes this ledger is over."""
    lock = path.with_name(".lock")
    if path.name != "ledger.jsonl" or not lock.exists():
        return
    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise WrongUsage(
                f"the run that writes {path} is under way; wait for its end, it deletes by itself"
            ) from None


def _ended(base_url: str) -> int:
    """Say that an embedded emulator took its Services with it, once it is seen to be gone."""
    latest = time.monotonic() + GONE_SECONDS
    pause = threading.Event()
    while _listens(base_url):
        if pause.wait(0.1) or time.monotonic() > latest:
            raise WrongUsage(
                f"the ledger is of an embedded emulator, and something listens at {base_url};"
                " if it is that emulator, say --base-url"
            )
    sys.stdout.write(
        f"Nothing is left: the emulator at {base_url} was the run's own and ended with it.\n"
    )
    return 0


def _listens(base_url: str) -> bool:
    parts = urlsplit(base_url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=0.2):
            return True
    except OSError:
        return False


def _target(
    remains: Remains,
    url: str | None,
    name: str | None,
    lacks: tuple[str, ...],
    environ: Mapping[str, str],
) -> Target:
    if remains.account_sid is None:
        lacks = (*lacks, "auth")
    target = visited(url or (None if name else remains.base_url), name, lacks, Path.cwd(), environ)
    if remains.account_sid not in {None, target.account.sid}:
        raise WrongUsage(
            f"the ledger is of account {remains.account_sid}, the credentials are of"
            f" {target.account.sid}; set those of the ledger's account"
        )
    return target


def _sweep(target: Target, remains: Mapping[Owner, Remains]) -> Swept:
    swept = Swept(proven=True)
    with visiting(target, timeout=ANSWER_SECONDS, run=remains["own"].run) as wire:
        _look(wire)
        for owner, left in remains.items():
            if not _something(left):
                continue
            if owner == "other-account" and target.other is None:
                swept = swept.and_also(_kept(left, NO_OTHER))
                continue
            swept = swept.and_also(_complete(left, sweep(wire, left, owner)))
    return swept


def _look(wire: Wire) -> None:
    """Find out, before any deleting, whether the target is there and takes the credentials."""
    request = Request(method="GET", path="/v1/Services", operation="sweep", safe=True)
    try:
        answer = wire.send(request)
    except Unproven as problem:
        raise Unreachable(str(problem)) from None
    if answer.status in {401, 403} or 300 <= (answer.status or 0) < 400:
        raise Unreachable(str(preflight.why_not(answer)))


def _kept(remains: Remains, why: str) -> Swept:
    """Give all that a ledger names as left."""
    named = {**remains.created, **{f"({name})": name for name in remains.pending}}
    return Swept(left={sid: (name, why) for sid, name in named.items()}, proven=False)


def _complete(remains: Remains, swept: Swept) -> Swept:
    """Count a create without an answer as left where no list could be read to look it up."""
    if swept.proven or swept.left:
        return swept
    pending = {
        f"({name})": (name, "no list could be read to its end to look for it")
        for name in remains.pending
    }
    return Swept(
        deleted=swept.deleted, gone=swept.gone, foreign=swept.foreign, left=pending, proven=False
    )


def _mark(path: Path, swept: Swept, *, finished: bool) -> None:
    book = Ledger(path)
    for sid in (*swept.deleted, *swept.gone):
        book.deleted(sid)
    if finished:
        book.finished()
    book.close()


def _told(swept: Swept) -> Iterator[str]:
    for word, some in (
        ("deleted", swept.deleted),
        ("gone already", swept.gone),
        ("somebody else's, left alone", swept.foreign),
    ):
        for sid, name in sorted(some.items()):
            yield f"{word}: {sid} {name}"
    for sid, (name, why) in sorted(swept.left.items()):
        yield f"left: {sid} {name}: {why}"
    counts = f"{len(swept.deleted)} deleted, {len(swept.gone)} gone already"
    if swept.left:
        yield f"{len(swept.left)} left, {counts}; sweep again when the target deletes."
    else:
        yield f"Nothing is left: {counts}."
