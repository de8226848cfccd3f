"""The options of the command `proxy-emulator`: what they are called, and what they take."""

import argparse
from collections.abc import Callable
from pathlib import Path
from textwrap import indent
from typing import Any, TypeAlias

from emulator.access import Credential, account, is_sid
from emulator.limits import Latency, Throttle, Unreadable, latency_from, throttle_from
from emulator.pointing import CLIENTS

Add: TypeAlias = Callable[..., Any]

TABLES = ("faults", "variants", "assumptions")

TEN_LINES = """\
proxy-emulator &                      # prints its URL, and the account and token to export
eval "$(proxy-emulator env curl)"     # exports them; python, node, cli: how to point those at it
curl -u "$TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN" localhost:8080/v1/Services -d UniqueName=mine
curl -X POST localhost:8080/_emulator/reset  # no Services, no requests; a browser shows them there
proxy-emulator --db services.sqlite   # keeps its Services over restarts
proxy-emulator --accounts file.toml   # other accounts, with API keys
proxy-emulator --tls                  # for the vendor's clients as they are; pip install '.[tls]'
proxy-emulator --throttle vendor --latency lognormal:0.05:0.5
proxy-emulator --variant duplicates-409 --fault drops-last-item-of-full-page
proxy-emulator faults                 # ways to be wrong; variants, assumptions: what nobody knows
"""
"""All that most people need; the README begins its page on the emulator with them."""

DESCRIPTION = f"""\
The Service resource of the Twilio Proxy v1 REST API, on this machine and for its own sake: it keeps
what is created, and answers as the vendor does as far as anybody knows.

{indent(TEN_LINES, "  ")}"""

EPILOG = """\
All of it answers on one port. With --tls, environment variables point a client at it:
`eval "$(proxy-emulator --tls env python)"` sets them.

The control surface, on loopback only and without credentials:
  GET     /_emulator/             a page that shows the requests as they come
  POST    /_emulator/reset        forget Services and requests; ?account=AC... of one account
  GET|PUT /_emulator/state        all Services as one JSON document; PUT puts one back
  GET     /_emulator/requests     the last requests, ?account=AC...&after=NUMBER; DELETE forgets
  GET|PUT /_emulator/clock        {"at": "2026-01-31T12:00:00Z"}, {"by": 3600} (seconds) and
                                  {"frozen": true}; DELETE lets it run again
  GET|PUT /_emulator/faults       be wrong in the ways that `proxy-emulator faults` lists
  GET|PUT /_emulator/variants     other permitted readings of the contract
  GET|PUT /_emulator/latency      as --latency, or {"kind": "uniform", "from": 0.1, "to": 0.3}
  GET|PUT /_emulator/throttle     as --throttle, or {"per_second": 30, "window": 5}; null is none
  GET|PUT /_emulator/rules        a list of rules; POST adds one, DELETE drops all
  GET     /_emulator/assumptions  what no source settles, and what was chosen

A rule, here "the next 3 creations answer 503":
  {"match": {"operation": "create"}, "times": 3, "do": {"status": 503}}
It matches by operation (create, fetch, update, delete, list), method, path (with *) and account;
counts by after, times and every, or draws with a probability and a seed; and does: status, code,
headers, delay (seconds), close (the connection), when ("before" the effect, or "after" it).
"""


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    made = argparse.ArgumentParser(
        prog="proxy-emulator",
        usage="%(prog)s [OPTION ...] [faults | variants | assumptions | env CLIENT]",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_place(made.add_argument_group("where it listens").add_argument)
    _add_content(made.add_argument_group("who calls, and what is there").add_argument)
    _add_conduct(made.add_argument_group("how it behaves").add_argument)
    commands = made.add_subparsers(dest="command", metavar="COMMAND", prog="proxy-emulator")
    for name in TABLES:
        commands.add_parser(name, help=f"list the {name}")
    env = commands.add_parser("env", help="print how to point a client at it")
    env.add_argument("client", choices=sorted(CLIENTS))
    return made


def _add_place(add: Add) -> None:
    add("--host", default="127.0.0.1", help="where to listen (%(default)s)")
    add("--port", type=_port, default=8080, help="0 takes a free one (%(default)s)")
    add(
        "--tls",
        action="store_true",
        help="be a proxy to the API's host too, and only to it: CONNECT ends here, TLS as well",
    )
    add(
        "--tls-dir",
        type=Path,
        metavar="FOLDER",
        help="where its certificate authority is made and kept (~/.cache/proxy-emulator)",
    )
    add("--path-prefix", type=_prefix, default="", metavar="/PATH", help="serve the API below it")
    add(
        "--url-host",
        metavar="HOST",
        help="name this host (or scheme and host) in URLs, in place of the one in the request",
    )
    add(
        "--until-stdin-closes",
        action="store_true",
        help="end when standard input does, so with the process that holds its other end",
    )


def _add_content(add: Add) -> None:
    add("--db", type=Path, metavar="FILE", help="keep Services in a SQLite file")
    add(
        "--seed",
        type=Path,
        metavar="FILE",
        help="start with the Services of a file, such as GET /_emulator/state gives; "
        "left alone where --db has some already",
    )
    add(
        "--account",
        type=_account,
        action="append",
        default=[],
        metavar="SID:TOKEN",
        help="an account, in place of the two usual ones; may be repeated",
    )
    add(
        "--accounts",
        type=_accounts,
        default=(),
        metavar="FILE",
        help="accounts and their keys in a TOML file: [[account]] with sid and token, and in it "
        "[[account.api_key]] with sid and secret",
    )
    add(
        "--api-key",
        type=_api_key,
        action="append",
        default=[],
        metavar="SK...:SECRET:AC...",
        help="a key and the account that it acts for; may be repeated",
    )


def _add_conduct(add: Add) -> None:
    add(
        "--variant",
        action="append",
        default=[],
        metavar="NAME",
        help="follow another permitted reading; may be repeated",
    )
    add("--fault", action="append", default=[], metavar="NAME", help="be wrong; may be repeated")
    add(
        "--latency",
        type=_latency,
        default=Latency(),
        metavar="SECONDS",
        help="hold each request back: 0.2, uniform:0.1:0.3 or lognormal:0.1:0.5 (median, sigma), "
        "and :SEED if you like",
    )
    add(
        "--throttle",
        type=_throttle,
        metavar="N",
        help="answer 429 above N requests a second of an endpoint; 30:5 measures over 5 seconds, "
        "as `vendor` does",
    )
    add("--no-control", action="store_true", help="leave /_emulator/ out")


def _account(text: str) -> Credential:
    sid, separator, token = text.partition(":")
    if not (is_sid("AC", sid) and separator and token):
        raise argparse.ArgumentTypeError(
            f"found {text!r}; an account is AC, 32 hexadecimal digits, a colon and its token"
        )
    return account(sid, token)


def _accounts(text: str) -> tuple[Credential, ...]:
    from emulator.accounts import accounts_from  # noqa: PLC0415 - the parser is slow to import

    try:
        return accounts_from(Path(text))
    except Unreadable as unreadable:
        raise argparse.ArgumentTypeError(str(unreadable)) from None


def _api_key(text: str) -> Credential:
    user, _, rest = text.partition(":")
    secret, _, owner = rest.rpartition(":")
    if not (is_sid("SK", user) and secret and is_sid("AC", owner)):
        raise argparse.ArgumentTypeError(
            f"found {text!r}; a key is SK and 32 hexadecimal digits, its secret, "
            "and the account that it acts for, parted by colons"
        )
    return Credential(user=user, password=secret, account_sid=owner)


def _prefix(text: str) -> str:
    prefix = text.rstrip("/")
    if prefix and not prefix.startswith("/"):
        raise argparse.ArgumentTypeError(f"found {text!r}; a prefix starts with a slash")
    return prefix


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"found {text!r}; a port is from 0 to 65535, 0 for any")
    return int(text)


def _latency(text: str) -> Latency:
    try:
        return latency_from(text)
    except Unreadable as unreadable:
        raise argparse.ArgumentTypeError(str(unreadable)) from None


def _throttle(text: str) -> Throttle:
    try:
        return throttle_from(text)
    except Unreadable as unreadable:
        raise argparse.ArgumentTypeError(str(unreadable)) from None
