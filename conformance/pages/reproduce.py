"""Scripts that show a violation again with sh and curl alone.

Each takes the recorded steps anew: fresh names, sids captured between the steps, credentials from
the environment. It exits 1 while the defect shows, 0 once it does not, 2 if it could not be tried,
and deletes at its end what it created.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from conformance.pages import presence, symptom
from conformance.pages.findings import Run
from conformance.pages.shell import quoted, written
from conformance.pages.text import line, shortened
from conformance.pages.trail import Step, Story, story

_LIBRARY = Path(__file__).with_name("templates") / "reproduce.sh"
_ID = re.compile(r"[A-Z]+-[0-9]+")
MOST_STEPS = 400


def scripts(run: Run) -> dict[str, str]:
    """Return the script of each violated requirement that can have one, by id."""
    found: dict[str, str] = {}
    for row in run["requirements"]:
        if row["verdict"] not in {"violated", "deviates"} or not _ID.fullmatch(row["id"]):
            continue
        for violation in sorted(row["violations"], key=_least_sure):
            text = script(row, violation, run["target"])
            if text is not None:
                found[row["id"]] = text
                break
    return found


def _least_sure(violation: Mapping[str, Any]) -> int:
    return ("yes", "not-tried", "no").index(violation.get("reproduced") or "not-tried")


def script(
    requirement: Mapping[str, Any], violation: Mapping[str, Any], target: Mapping[str, Any]
) -> str | None:
    """Return the script; None for a race, which no sequence shows, and for what has no exchange."""
    is_race = violation.get("witness") or str(requirement["id"]).startswith("RACE-")
    if violation["exchange"] is None or is_race:
        return None
    told = story(requirement, violation, target)
    if told is None or len(told.steps) > MOST_STEPS:
        return None
    judged = presence.walk(violation, told) or symptom.test(violation, told)
    sent = "\n".join(_steps(told, violation, frozenset()))
    used = frozenset(re.findall(r"\$\{?((?:sid|page)_\d+)\b", sent + judged))
    rest = "\n".join([*_steps(told, violation, used), judged])
    return "\n".join(
        [
            _head(requirement, violation, target),
            _settings(requirement, target, rest),
            _library(rest),
            _start(told, rest),
            rest,
        ]
    )


def _library(rest: str) -> str:
    """Return the functions that every script needs, and those others that this one calls."""
    blocks = _LIBRARY.read_text(encoding="utf-8").rstrip().split("\n\n")
    kept = [block for block in blocks if _is_needed(block, rest)]
    return "\n\n".join(kept) + "\n"


def _is_needed(block: str, rest: str) -> bool:
    name = re.search(r"^(from_now|index_of|pad|path_of|shape|shown|walk)\(\)", block, re.MULTILINE)
    calls = {"path_of": r"\b(path_of|walk)\b"}
    return name is None or re.search(calls.get(name[1], rf"\b{name[1]}\b"), rest) is not None


def _head(row: Mapping[str, Any], violation: Mapping[str, Any], target: Mapping[str, Any]) -> str:
    where = violation["where"] or "the whole answer"
    told = [
        f"{row['id']} ({row['stance']}): {row['sentence']}",
        f"Basis: {row['basis']}, {row['source']} {' '.join(row['statements'])}",
        "",
        f"at {where}",
        f"  expected: {violation['expected']}",
        f"     found: {violation['found']}",
        *([f"   because: {violation['because']}"] if violation.get("because") else []),
        "",
        "Exit status: 1 while this shows, 0 once it does not, 2 if it could not be tried.",
        "Needs curl, and in the environment TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN, or",
        "TWILIO_API_KEY with TWILIO_API_SECRET. BASE_URL names another target.",
        "What it creates, it deletes at its end.",
    ]
    if target["embedded"]:
        told += [
            "",
            "It was seen on the suite's own emulator, which has ended with the run: start one with",
            "`proxy-emulator --port 8080`, export what it prints, and set BASE_URL.",
        ]
    lines = [f"# {shortened(line(text), 400)}".rstrip() for text in told]
    # It takes what only a trap calls for unused, and what is quoted on purpose for a mistake.
    check = "# shellcheck disable=SC2016,SC2317\n"
    return "#!/bin/sh\n" + "\n".join(lines) + "\n" + check


def _settings(row: Mapping[str, Any], target: Mapping[str, Any], rest: str) -> str:
    base = _base(target["base_url"])
    lines = [
        f"requirement={quoted(row['id'])}",
        f"BASE_URL=${{BASE_URL:-{base}}}",
        "BASE_URL=${BASE_URL%/}",
        "user=${TWILIO_ACCOUNT_SID-} secret=${TWILIO_AUTH_TOKEN-}",
        'if [ -n "${TWILIO_API_KEY-}" ] && [ -n "${TWILIO_API_SECRET-}" ]; then',
        "  user=$TWILIO_API_KEY secret=$TWILIO_API_SECRET",
        "fi",
    ]
    if "${account}" in rest:
        account = quoted(str(target["account_sid"]))
        lines.append(f"account=${{TWILIO_ACCOUNT_SID:-{account}}}")
    return "set -u\n" + "\n".join(lines) + "\n"


def _base(url: str) -> str:
    """Return the base URL if a shell takes it as it is; it is ours, but who knows from where."""
    return url if re.fullmatch(r"https?://[A-Za-z0-9.:_~/\[\]-]+", url) else "http://localhost:8080"


def _start(told: Story, rest: str) -> str:
    checks = ["command -v curl >/dev/null || blocked 'there is no curl here'"]
    needed = {step.credentials for step in told.steps}
    checks.append(
        '{ [ -n "$user" ] && [ -n "$secret" ]; } || blocked \'no credentials in the environment\''
    )
    if "other-account" in needed:
        checks.append(
            '{ [ -n "${TWILIO_OTHER_ACCOUNT_SID-}" ] && [ -n "${TWILIO_OTHER_AUTH_TOKEN-}" ]; } ||'
            "\n  blocked 'TWILIO_OTHER_ACCOUNT_SID and TWILIO_OTHER_AUTH_TOKEN are not set'"
        )
    lines = [
        *checks,
        "created='' removed=''",
        "work=${TMPDIR:-/tmp}/reproduce-$$",
        '(umask 077 && mkdir "$work") || blocked "$work cannot be made"',
        "trap cleanup EXIT",
        "trap 'exit 2' HUP INT TERM",
        *[
            f"{run}=$(od -An -N4 -tx1 /dev/urandom | tr -d ' \\n')"
            for run in told.runs
            if run in rest
        ],
    ]
    return "\n".join(lines) + "\n"


def _steps(told: Story, violation: Mapping[str, Any], used: frozenset[str]) -> Iterator[str]:
    """Yield the steps, and the captures that are used; before them, what fills pages."""
    if missing := presence.missing(violation, told):
        yield f"pad {missing}\n"
    replaced = presence.pages(told) if presence.walk(violation, told) else []
    for step in told.steps[: len(told.steps) - len(replaced)]:
        yield _step(step, told, used)


def _step(step: Step, told: Story, used: frozenset[str]) -> str:
    lines = [f"sleep {step.waited}"] if step.waited else []
    options = [
        f"-H {quoted(f'{name}: {value}' if value else f'{name};')}" for name, value in step.headers
    ]
    if step.body:
        lines.append(f'{written(step.body, told.known)} >"$work/{step.number}.send"')
        options.append(f'--data-binary @"$work/{step.number}.send"')
    elif step.method not in {"GET", "HEAD", "DELETE"}:
        options.append("--data-binary ''")
    if any(option.startswith("--data") for option in options) and not _has_type(step):
        options.append("-H Content-Type:")
    if step.method == "HEAD":
        options.append("--head")
    path = (
        f'"${told.paths[step.number]}"'
        if step.number in told.paths
        else quoted(step.path, told.known)
    )
    words = " ".join(["send", str(step.number), quoted(step.method), path, step.credentials])
    lines.append(" \\\n  ".join([words, *options]))
    lines += _checks(step, told, used)
    return "\n".join(lines) + "\n"


def _has_type(step: Step) -> bool:
    return any(name.lower() == "content-type" for name, _ in step.headers)


def _checks(step: Step, told: Story, used: frozenset[str]) -> list[str]:
    """Stop where the story cannot go on; a step that now answers otherwise is no reason to."""
    if step is told.steps[-1]:
        return []
    lines = []
    if step.status is not None and 200 <= step.status < 300:
        shut_out = " | 401 | 403" if step.credentials == "own" else ""
        lines += [
            "case $status in",
            f'  000{shut_out} | 429 | 5??) blocked "step {step.number} answers $status" ;;',
            "esac",
        ]
    if step.status is not None and 400 <= step.status < 500 and step.method != "GET":
        lines.append(f"case $status in 2??) turned={step.number} ;; esac")
    for capture in told.captured_from(step):
        if capture.variable not in used:
            continue
        pointer = quoted(capture.pointer)
        lines.append(
            f"{capture.variable}=$(text {step.number} {pointer}) ||\n"
            f'  blocked "the answer to step {step.number} has no "{pointer}'
        )
        if capture.is_path:
            lines.append(f'{capture.variable}=$(path_of "${capture.variable}")')
    return lines
