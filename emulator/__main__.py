"""The command `proxy-emulator`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from emulator.access import DEFAULT_ACCOUNTS, Credential, account
from emulator.alterations import UnknownName
from emulator.app import Emulator, Settings, create_app
from emulator.asgi import Mount
from emulator.assumptions import ASSUMPTIONS
from emulator.catalogue import faults, variants
from emulator.durable_store import DurableStore, UnusableFile
from emulator.serving import listening, serve

CANNOT_RUN = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command:
        sys.stdout.write("\n".join(_table(options.command)) + "\n")
        return 0
    try:
        emulator = _emulator(options)
    except UnknownName as unknown:
        parser.error(str(unknown))
    except UnusableFile as unusable:
        return _cannot_run(str(unusable))
    try:
        listener = listening(options.host, options.port)
    except (OSError, OverflowError) as error:
        errno = getattr(error, "errno", None)
        why = os.strerror(errno) if errno and errno > 0 else str(error)
        return _cannot_run(
            f"cannot listen on {options.host}:{options.port} ({why}); "
            "choose another port, or --port 0 for a free one"
        )
    _announce(emulator, options.host, listener.getsockname()[1], options.path_prefix)
    serve(emulator, listener, until_stdin_closes=options.until_stdin_closes)
    emulator.store.close()
    return 0


def _cannot_run(why: str) -> int:
    sys.stderr.write(f"proxy-emulator: {why}\n")
    return CANNOT_RUN


def _announce(emulator: Emulator, host: str, port: int, prefix: str) -> None:
    """Print where the emulator listens, and what its clients have to know."""
    name = f"[{host}]" if ":" in host else host
    lines = [f"http://{name}:{port}{prefix}"]
    credentials = [
        known for known in emulator.doorkeeper.credentials.values() if _is_account(known)
    ]
    for known, infix in zip(credentials, ("", "OTHER_"), strict=False):
        lines.append(f"export TWILIO_{infix}ACCOUNT_SID={known.user}")
        lines.append(f"export TWILIO_{infix}AUTH_TOKEN={known.password}")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _is_account(known: Credential) -> bool:
    return known.user == known.account_sid


def _table(command: str) -> list[str]:
    if command == "assumptions":
        return [
            f"{row.name}: {row.does}; otherwise: {row.otherwise} [{row.source}]"
            + (f" (--variant {', '.join(row.variants)})" if row.variants else "")
            for row in ASSUMPTIONS
        ]
    table = faults() if command == "faults" else variants()
    return [f"{alteration.name}: it {alteration.sentence}" for alteration in table.values()]


def _emulator(options: argparse.Namespace) -> Emulator:
    accounts: tuple[Credential, ...] = tuple(options.account) or DEFAULT_ACCOUNTS
    return create_app(
        faults=options.fault,
        variants=options.variant,
        accounts=(*accounts, *options.api_key),
        store=DurableStore(options.db) if options.db else None,
        settings=Settings(
            mount=Mount(prefix=options.path_prefix, url_host=options.url_host),
            latency=options.latency,
            throttle=options.throttle,
            control=not options.no_control,
        ),
    )


def _account(text: str) -> Credential:
    sid, separator, token = text.partition(":")
    if not (_is_sid("AC", sid) and separator and token):
        raise argparse.ArgumentTypeError(
            f"found {text!r}; an account is AC, 32 hexadecimal digits, a colon and its token"
        )
    return account(sid, token)


def _api_key(text: str) -> Credential:
    user, _, rest = text.partition(":")
    secret, _, owner = rest.rpartition(":")
    if not (_is_sid("SK", user) and secret and _is_sid("AC", owner)):
        raise argparse.ArgumentTypeError(
            f"found {text!r}; a key is SK and 32 hexadecimal digits, its secret, "
            "and the account that it acts for, parted by colons"
        )
    return Credential(user=user, password=secret, account_sid=owner)


def _is_sid(prefix: str, text: str) -> bool:
    digits = text.removeprefix(prefix)
    return (
        text.startswith(prefix)
        and len(digits) == 32
        and all(digit in "0123456789abcdefABCDEF" for digit in digits)
    )


def _prefix(text: str) -> str:
    prefix = text.rstrip("/")
    if prefix and not prefix.startswith("/"):
        raise argparse.ArgumentTypeError(f"found {text!r}; a prefix starts with a slash")
    return prefix


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"found {text!r}; a port is from 0 to 65535, 0 for any")
    return int(text)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number < 1e6:
        raise argparse.ArgumentTypeError(f"found {text!r}; give a number from 0")
    return number


def _rate(text: str) -> float:
    if not (rate := _number(text)):
        raise argparse.ArgumentTypeError(f"found {text!r}; give a number above 0")
    return rate


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="proxy-emulator",
        description="Emulate the Service resource of the Twilio Proxy v1 REST API.",
        epilog="As soon as it listens, it prints its base URL and the lines to export.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (%(default)s)")
    parser.add_argument("--port", type=_port, default=8080, help="0 takes a free one (%(default)s)")
    parser.add_argument("--db", type=Path, metavar="FILE", help="keep Services in a SQLite file")
    parser.add_argument(
        "--account",
        type=_account,
        action="append",
        default=[],
        metavar="SID:TOKEN",
        help="an account, in place of the two usual ones; may be repeated",
    )
    parser.add_argument(
        "--api-key",
        type=_api_key,
        action="append",
        default=[],
        metavar="SK...:SECRET:AC...",
        help="a key and the account that it acts for; may be repeated",
    )
    parser.add_argument(
        "--url-host",
        metavar="HOST",
        help="name this host (or scheme and host) in URLs, in place of the one in the request",
    )
    parser.add_argument(
        "--path-prefix",
        type=_prefix,
        default="",
        metavar="/PATH",
        help="serve the API below this path",
    )
    parser.add_argument(
        "--variant",
        action="append",
        default=[],
        metavar="NAME",
        help="follow another permitted reading; may be repeated",
    )
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME", help="be wrong; may be repeated"
    )
    parser.add_argument(
        "--latency", type=_number, default=0, metavar="SECONDS", help="hold each request back"
    )
    parser.add_argument(
        "--throttle", type=_rate, metavar="N", help="answer 429 above N requests a second"
    )
    parser.add_argument("--no-control", action="store_true", help="leave /_emulator/ out")
    parser.add_argument(
        "--until-stdin-closes",
        action="store_true",
        help="end when standard input does, so with the process that holds its other end",
    )
    commands = parser.add_subparsers(dest="command", metavar="faults | variants | assumptions")
    for name in ("faults", "variants", "assumptions"):
        commands.add_parser(name, help=f"list the {name}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
