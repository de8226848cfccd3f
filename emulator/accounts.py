"""Accounts and their API keys, as a file in TOML names them."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from emulator.access import Credential, account, is_sid
from emulator.limits import Unreadable

HOW = (
    'a file of accounts holds [[account]] with sid = "AC..." and token = "...", '
    'each followed by its [[account.api_key]], if any, with sid = "SK..." and secret = "..."'
)


def accounts_from(path: Path) -> tuple[Credential, ...]:
    """Read a file: each account, followed by its keys; or raise `Unreadable`."""
    try:
        known = tuple(_credentials(tomllib.loads(path.read_text(encoding="utf-8"))))
    except OSError as error:
        raise Unreadable(
            f"cannot read accounts from {path}: {error.strerror}; name a file that is there"
        ) from error
    except ValueError as error:
        raise Unreadable(f"cannot read accounts from {path}: {error}; {HOW}") from error
    users = [one.user for one in known]
    if twice := sorted({user for user in users if users.count(user) > 1}):
        raise Unreadable(
            f"cannot read accounts from {path}: found {twice[0]!r} twice; name it once"
        )
    return known


def _credentials(document: Mapping[str, Any]) -> Iterator[Credential]:
    _refuse_others(document, ("account",))
    for one in _tables(document, "account"):
        _refuse_others(one, ("sid", "token", "api_key"))
        sid = _sid(one, "AC")
        yield account(sid, _secret(one, "token"))
        for key in _tables(one, "api_key") if "api_key" in one else ():
            _refuse_others(key, ("sid", "secret"))
            yield Credential(user=_sid(key, "SK"), password=_secret(key, "secret"), account_sid=sid)


def _tables(table: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the tables of a name, of which there has to be one at least."""
    found = table.get(name)
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        raise Unreadable(f"found no [[{name}]]")
    return found


def _refuse_others(table: Mapping[str, Any], known: Sequence[str]) -> None:
    if unknown := sorted(set(table) - set(known)):
        raise Unreadable(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")


def _sid(table: Mapping[str, Any], prefix: str) -> str:
    sid = table.get("sid")
    if not isinstance(sid, str) or not is_sid(prefix, sid):
        raise Unreadable(f"found {sid!r} as sid; one is {prefix} and 32 hexadecimal digits")
    return sid


def _secret(table: Mapping[str, Any], name: str) -> str:
    secret = table.get(name)
    if not isinstance(secret, str) or not secret:
        raise Unreadable(f"found {secret!r} as {name} of {table['sid']}; it is a text")
    return secret
