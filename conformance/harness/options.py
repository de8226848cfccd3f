"""Knows the options of a run, and says in one sentence what is wrong with them."""

import os
import secrets
import ssl
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import pytest

from conformance.harness import plan
from conformance.harness.budget import RESERVE, Limits
from conformance.harness.deviations import BadDeviations, Entry
from conformance.harness.deviations import read as read_deviations
from conformance.harness.requirements import load, matching, release
from conformance.harness.target import (
    CAPABILITIES,
    Account,
    BadUrl,
    Target,
    base_url,
    is_loopback,
)

Effort: TypeAlias = Literal["probe", "ci", "thorough"]
EFFORTS: Final = ("probe", "ci", "thorough")
LEAST_REQUESTS: Final = RESERVE + 2
"""What it takes to look at a target, and to see at the end that nothing is left."""
TARGETS: Final = "targets.toml"
KEYS: Final = (
    "base_url",
    "account",
    "max_requests",
    "rate",
    "max_live",
    "lacks",
    "deviations",
    "ca",
)


class WrongUsage(ValueError):
    """What the user asked for cannot be done; the text says what to do instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the user asked for, checked; `target` is None for the embedded emulator."""

    target: Target | None
    effort: Effort
    fail_on: Literal["must", "should"]
    selection: tuple[str, ...]
    lacks: frozenset[str]
    limits: Limits
    read_only: bool
    planned: plan.Bound
    """What the run would send at most, and what it was measured to send."""
    report_dir: Path
    seed: int | None
    as_of: str | None
    deviations: Path | None
    expected: tuple[Entry, ...] = ()
    """What the file of deviations lists."""


def add_options(parser: pytest.Parser) -> None:
    """Register the options; --base-url is pytest-base-url's."""
    group = parser.getgroup("conformance", "conformance of a target")
    add = group.addoption
    add("--target", metavar="NAME", help=f"a target of {TARGETS}; options win over it")
    add(
        "--effort", choices=EFFORTS, help="how much to spend: ci by default on loopback, else probe"
    )
    add("--fail-on", choices=("must", "should"), default="must", help="what makes a run red")
    add("--requirement", action="append", default=[], metavar="ID",
        help="only this requirement; may be repeated, may be a pattern (CREATE-*)")  # fmt: skip
    add("--lacks", action="append", default=[], metavar="CAPABILITY",
        help=f"what the target declares to lack, several with commas: {', '.join(CAPABILITIES)}")  # fmt: skip
    add("--deviations", metavar="FILE", help="TOML: the violations that are expected, with reasons")
    add(
        "--as-of",
        metavar="VERSION",
        help="score only the requirements of that version of the suite",
    )
    add("--allow-account", metavar="AC...",
        help="needed for a target that is not on loopback: the account of the credentials")  # fmt: skip
    add("--max-requests", type=int, metavar="N", help="send at most N requests, over all workers")
    add("--rate", metavar="N/s", help="send at most N requests a second, over all workers")
    add("--max-live", type=int, metavar="N", help="have at most N Services alive, over all workers")
    add("--read-only", action="store_true", help="send nothing but GET")
    add("--plan", action="store_true", help="say what would be sent, send nothing")
    add("--report-dir", metavar="DIR", help="default: reports/latest")
    add("--seed", type=int, metavar="N", help="repeat the choices of a run")


def read(config: pytest.Config, environ: Mapping[str, str] = os.environ) -> Options:
    """Check what the user asked for. Raises WrongUsage with one sentence."""
    get = config.getoption
    root = config.rootpath
    named = _named(get("--target"), root)
    for option in ("--base-url", "--report-dir"):
        if get(option) is not None and not get(option).strip():
            raise WrongUsage(f"{option} is empty; name one, or leave the option out")
    url = get("base_url") or named.get("base_url")
    if get("--target") and not url:
        raise WrongUsage(f"target {get('--target')!r} of {TARGETS} has no base_url; add one")
    lacks = _lacks(get("--lacks"), named)
    selection = _selection(get("--requirement"))
    limits = Limits(
        max_requests=_count("--max-requests", get("--max-requests"), named, LEAST_REQUESTS),
        rate=_rate(get("--rate") or named.get("rate")),
        max_live=_count("--max-live", get("--max-live"), named),
    )
    target = _target(url, named, lacks, get("--target"), environ) if url else None
    if target is not None and not get("--plan"):
        consent(target, get("--allow-account"))
    near = target is None or is_loopback(target.base_url)
    effort: Effort = get("--effort") or ("ci" if near else "probe")
    planned = plan.bound(
        effort,
        read_only=get("--read-only"),
        selection=selection,
        files=plan.files_of(map(str, config.args)),
        workers=_workers(config),
    )
    limits = limits if near else _bounded(limits, planned)
    as_of = get("--as-of")
    deviations = _file(get("--deviations") or named.get("deviations"), root)
    return Options(
        target=target,
        effort=effort,
        fail_on=get("--fail-on"),
        selection=selection,
        lacks=lacks,
        limits=limits,
        read_only=get("--read-only"),
        planned=planned,
        report_dir=root / (get("--report-dir") or Path("reports") / "latest"),
        seed=get("--seed"),
        as_of=as_of and _version(as_of),
        deviations=deviations,
        expected=_expected(deviations),
    )


def _selection(patterns: Sequence[str]) -> tuple[str, ...]:
    catalogue = load()
    for pattern in patterns:
        found = matching((pattern,), tuple(catalogue))
        if not found:
            raise WrongUsage(
                f"--requirement {pattern!r} matches none of the {len(catalogue)} requirements; "
                "`proxy-conformance requirements` lists them"
            )
        if all(catalogue[id].untested for id in found):
            why = catalogue[found[0]].untested
            raise WrongUsage(f"--requirement {pattern!r} is tried by no test: {why}; choose others")
    return tuple(patterns)


def _workers(config: pytest.Config) -> int:
    """Give how many processes share the work; xdist has counted them by now, if there are any."""
    return len(getattr(config.option, "tx", None) or ())


def _bounded(limits: Limits, planned: plan.Bound) -> Limits:
    """Hold a run to what was planned where the user gave no budget of his own."""
    return replace(
        limits,
        max_requests=limits.max_requests or planned.requests,
        max_live=limits.max_live or max(planned.alive, 1),
    )


def _among(option: str, found: frozenset[str], allowed: Mapping[str, str]) -> None:
    unknown = sorted(str(one) for one in found if one not in allowed)
    if unknown:
        raise WrongUsage(
            f"{option}: unknown capability {unknown[0]!r}; known: {', '.join(sorted(allowed))}"
        )


def _count(option: str, said: object, named: Mapping[str, Any], least: int = 1) -> int | None:
    key = option.removeprefix("--").replace("-", "_")
    value, where = (named.get(key), f"{TARGETS}: {key}") if said is None else (said, option)
    if value is None:
        return None
    if type(value) is not int or value < least:
        raise WrongUsage(f"{where} {value!r} is no number of at least {least}")
    return value


def _rate(value: object) -> float | None:
    if value is None:
        return None
    text = str(value).removesuffix("/s")
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate < 1e6:
        raise WrongUsage(f"--rate {value!r} is no rate; write requests a second, such as 5/s")
    return rate


def _version(text: str) -> str:
    first = min((row.since for row in load().values()), key=release)
    try:
        is_older = release(text) < release(first)
    except ValueError:
        raise WrongUsage(f"--as-of {text!r} is no version of the suite, such as 1.0.0") from None
    if is_older:
        raise WrongUsage(f"--as-of {text}: no requirement is as old; the first version is {first}")
    return text


def _expected(path: Path | None) -> tuple[Entry, ...]:
    try:
        return read_deviations(path) if path is not None else ()
    except BadDeviations as problem:
        raise WrongUsage(f"--deviations: {problem}") from None


def _file(name: str | None, root: Path) -> Path | None:
    if name is None:
        return None
    path = root / name
    if not path.is_file():
        raise WrongUsage(f"--deviations: there is no file {name}; name one, or leave it out")
    return path


def _named(name: str | None, root: Path) -> dict[str, Any]:
    """Read one target of targets.toml."""
    if name is None:
        return {}
    path = root / TARGETS
    try:
        targets = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WrongUsage(
            f"--target {name!r}: there is no {TARGETS} in {root.name or root}; write one there,"
            " or name the target by --base-url"
        ) from None
    except OSError as problem:
        raise WrongUsage(f"{TARGETS} cannot be read: {problem.strerror}; mend that") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise WrongUsage(f"{TARGETS} is not TOML: {problem}") from None
    found = targets.get(name)
    if not isinstance(found, dict):
        known = ", ".join(sorted(targets)) or "none"
        raise WrongUsage(f"--target: unknown target {name!r}; {TARGETS} has: {known}")
    for key, value in found.items():
        _check_key(name, key, value)
    return {**found, "ca": str(root / found["ca"])} if "ca" in found else found


def _check_key(name: str, key: str, value: object) -> None:
    if key not in KEYS:
        raise WrongUsage(
            f"{TARGETS}: target {name!r} has the unknown key {key!r}; known: {', '.join(KEYS)}"
        )
    listed = key == "lacks"
    numbers = key in {"max_requests", "max_live"}
    if listed and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        raise WrongUsage(f"{TARGETS}: {key} of target {name!r} is no list of texts")
    if not listed and not numbers and key != "rate" and not isinstance(value, str):
        raise WrongUsage(f"{TARGETS}: {key} of target {name!r} is no text")
    if key == "rate" and not isinstance(value, str | int | float):
        raise WrongUsage(f"{TARGETS}: rate of target {name!r} is no rate, such as '5/s'")


def visited(
    url: str | None,
    name: str | None,
    lacks: Sequence[str],
    root: Path,
    environ: Mapping[str, str] = os.environ,
) -> Target:
    """Give the target of a command that is no run. Raises WrongUsage with one sentence."""
    named = _named(name, root)
    url = url or named.get("base_url")
    if not url:
        raise WrongUsage(f"no target: say --base-url URL, or --target NAME of {TARGETS}")
    return _target(url, named, _lacks(lacks, named), name, environ)


def _lacks(said: Sequence[str], named: Mapping[str, Any]) -> frozenset[str]:
    told = [one for text in said for one in text.split(",")]
    lacks = frozenset(told or named.get("lacks", ()))
    _among("--lacks" if said else f"{TARGETS}: lacks", lacks, CAPABILITIES)
    return lacks


def _target(
    url: str,
    named: Mapping[str, Any],
    lacks: frozenset[str],
    name: str | None,
    environ: Mapping[str, str],
) -> Target:
    try:
        url = base_url(url)
    except BadUrl as problem:
        raise WrongUsage(str(problem)) from None
    account = credentials(environ, named.get("account"), needed="auth" not in lacks)
    other = _other(environ, account)
    ca = named.get("ca")
    if ca is not None:
        _is_authority(ca, f"{TARGETS}: ca of target {name!r} names {ca}")
    return Target(base_url=url, account=account, other=other, name=name, lacks=lacks, ca=ca)


def _is_authority(ca: str, said: str) -> None:
    """Make sure that a file holds certificates. Raises WrongUsage."""
    try:
        ssl.create_default_context(cafile=ca)
    except ssl.SSLError:
        raise WrongUsage(f"{said}, which holds no certificate; name a file in PEM") from None
    except OSError as problem:
        raise WrongUsage(f"{said}, which cannot be read: {problem.strerror}") from None


def credentials(environ: Mapping[str, str], account: str | None, *, needed: bool) -> Account:
    """Read whose credentials to use; an API key wins over the account's own token."""
    sid = account or environ.get("TWILIO_ACCOUNT_SID") or None
    key, secret = environ.get("TWILIO_API_KEY"), environ.get("TWILIO_API_SECRET")
    if key and secret:
        return Account(sid=sid, user=key, password=secret)
    user, token = environ.get("TWILIO_ACCOUNT_SID"), environ.get("TWILIO_AUTH_TOKEN")
    if user and token:
        if account and account != user:
            raise WrongUsage(
                f"the target is for account {account}, TWILIO_ACCOUNT_SID is {user}; set one of them"
            )
        return Account(sid=user, user=user, password=token)
    if needed:
        raise WrongUsage(
            "no credentials for the target: set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or"
            " TWILIO_API_KEY and TWILIO_API_SECRET, or declare --lacks auth"
        )
    return Account(sid=None, user="AC" + "0" * 32, password=secrets.token_hex(16))


def _other(environ: Mapping[str, str], own: Account) -> Account | None:
    user, token = environ.get("TWILIO_OTHER_ACCOUNT_SID"), environ.get("TWILIO_OTHER_AUTH_TOKEN")
    if bool(user) != bool(token):
        raise WrongUsage(
            "of the second account TWILIO_OTHER_ACCOUNT_SID or TWILIO_OTHER_AUTH_TOKEN is missing;"
            " set both, or none"
        )
    if user and user in {own.sid, own.user}:
        raise WrongUsage(
            f"TWILIO_OTHER_ACCOUNT_SID is {user}, the account of the target itself; name another,"
            " or none"
        )
    return Account(sid=user, user=user, password=token) if user and token else None


def consent(target: Target, allowed: str | None) -> None:
    """Make sure that the user means the account of the credentials, but on this machine itself.

    Raises WrongUsage with one sentence.
    """
    account = target.account
    if is_loopback(target.base_url):
        return
    if account.sid is None:
        raise WrongUsage(
            "an API key does not say whose it is: set TWILIO_ACCOUNT_SID, or account in targets.toml"
        )
    if allowed is None:
        raise WrongUsage(
            f"{target.base_url} is not on this machine: say --allow-account {account.sid} if the run may create,"
            " update and delete Services in that account"
        )
    if allowed != account.sid:
        raise WrongUsage(
            f"--allow-account {allowed} is not the account of the credentials, {account.sid}"
        )
