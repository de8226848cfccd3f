"""Knows how to try a reproducer once, before it is offered."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from conformance.harness.target import Target

TRIED_AT_MOST: Final = 12
"""Reproducers that one run tries: those of violations that follow from no other come first."""
SECONDS: Final = 20
SIDE_BY_SIDE: Final = 4


def environment(target: Target) -> dict[str, str]:
    """Give the environment of a reproducer: where the target is, and whose credentials to use."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TWILIO_")}
    user, password = target.account.user, target.account.password
    if user.startswith("SK"):
        own = {"TWILIO_API_KEY": user, "TWILIO_API_SECRET": password}
    else:
        own = {"TWILIO_ACCOUNT_SID": user, "TWILIO_AUTH_TOKEN": password}
    other = {}
    if target.other is not None:
        other["TWILIO_OTHER_ACCOUNT_SID"] = target.other.user
        other["TWILIO_OTHER_AUTH_TOKEN"] = target.other.password
    ca = {"CURL_CA_BUNDLE": target.ca} if target.ca else {}
    return {**kept, **own, **other, **ca, "BASE_URL": target.base_url}


def mark(run: Mapping[str, Any], environ: Mapping[str, str]) -> None:
    """Try the reproducers of a run, and write into it which of them showed the violation again."""
    from conformance.pages import reproduce  # noqa: PLC0415 - needed for a red run alone

    scripts = reproduce.scripts(run)
    rows = [row for row in run["requirements"] if row["id"] in scripts]
    rows.sort(key=lambda row: (row["follows"] is not None, row["stance"] != "must"))
    chosen = rows[:TRIED_AT_MOST]
    if not chosen or shutil.which("curl") is None or shutil.which("sh") is None:
        return
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        found = pool.map(
            lambda row: _try(scripts[row["id"]], Path(folder) / row["id"], environ), chosen
        )
        for row, status in zip(chosen, found, strict=True):
            said = {0: "no", 1: "yes"}.get(status, "not-tried")
            for violation in row["violations"]:
                violation["reproduced"] = said


def _try(script: str, path: Path, environ: Mapping[str, str]) -> int:
    path.write_text(script, encoding="utf-8")
    try:
        done = subprocess.run(  # noqa: S603 - the script is our own
            ["sh", str(path)],  # noqa: S607 - POSIX has it
            env=dict(environ), capture_output=True, timeout=SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return 2
    return done.returncode
