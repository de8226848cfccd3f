"""Knows how a command that is no run reaches a target: its own wire, nothing of a run's state."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conformance.harness.budget import Budget, Limits
from conformance.harness.controller import SECRETS, suite_version
from conformance.harness.evidence import Redaction
from conformance.harness.target import Target
from conformance.harness.wire import Wire
from conformance.harness.worker import pairs

NO_LIMITS = Limits()


@contextmanager
def visiting(
    target: Target, *, timeout: float, limits: Limits = NO_LIMITS, run: str | None = None
) -> Iterator[Wire]:
    """Open a wire to the target, with a budget of its own."""
    known = tuple(os.environ[name] for name in SECRETS if os.environ.get(name))
    with tempfile.TemporaryDirectory(prefix="proxy-conformance-") as folder:
        wire = Wire(
            target=target,
            budget=Budget(Path(folder) / "budget", limits),
            redaction=Redaction(known, pairs(target)),
            run=run or secrets.token_hex(4),
            worker="command",
            version=suite_version(),
            timeout=timeout,
            again_within=timeout,
        )
        try:
            yield wire
        finally:
            wire.close()
