"""The command `proxy-emulator`."""

import argparse
import errno
import json
import os
import socket
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path

from emulator.access import DEFAULT_ACCOUNTS, Credential
from emulator.actions import restore
from emulator.alterations import UnknownName
from emulator.app import Emulator, Settings, create_app
from emulator.authority import NoAuthority, context_of, default_folder
from emulator.catalogue import faults, variants
from emulator.mount import Mount
from emulator.options import parser
from emulator.pointing import CLIENTS, Place, announced, credentials
from emulator.serving import listening, serve
from emulator.store import Store, UnusableFile

CANNOT_RUN = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = parser().parse_args(arguments)
    match options.command:
        case None:
            return _run(options)
        case "env":
            lines = CLIENTS[options.client](_place(options, options.port))
        case table:
            lines = _table(table)
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _run(options: argparse.Namespace) -> int:
    """Listen and answer until told to stop."""
    folder = _tls_folder(options)
    tls: ssl.SSLContext | None = None
    try:
        emulator = _emulator(options)
        if options.seed is not None:
            _sow(emulator, options.seed)
        if folder is not None:
            tls = context_of(folder)
    except UnknownName as unknown:
        parser().error(str(unknown))
    except (UnusableFile, UnusableSeed, NoAuthority) as unusable:
        return _cannot_run(str(unusable))
    try:
        listener = listening(options.host, options.port)
    except (OSError, OverflowError) as error:
        number = getattr(error, "errno", None)
        why = os.strerror(number) if number and number > 0 else str(error)
        other = "an address of this machine, such as 127.0.0.1"
        advice = other if number in NO_ADDRESS else "another port, or --port 0 for a free one"
        return _cannot_run(
            f"cannot listen on {options.host}:{options.port} ({why}); choose {advice}"
        )
    _announce(emulator, _place(options, listener.getsockname()[1]))
    serve(emulator, listener, until_stdin_closes=options.until_stdin_closes, tls=tls)
    emulator.store.close()
    return 0


NO_ADDRESS = {errno.EADDRNOTAVAIL, socket.EAI_NONAME}
"""What is wrong with a host rather than with a port."""


class UnusableSeed(Exception):
    """The file to start with holds no Services."""


def _sow(emulator: Emulator, path: Path) -> None:
    """Put the Services of a file into a store that has none."""
    if any(True for account in emulator.store.accounts() if emulator.store.arrivals(account)):
        return
    try:
        restore(emulator, json.loads(path.read_bytes()))
    except (OSError, ValueError) as error:
        raise UnusableSeed(f"cannot start with the Services of {path}: {error}") from error


def _cannot_run(why: str) -> int:
    sys.stderr.write(f"proxy-emulator: {why}\n")
    return CANNOT_RUN


def _accounts(options: argparse.Namespace) -> tuple[Credential, ...]:
    return (*options.account, *options.accounts) or DEFAULT_ACCOUNTS


def _tls_folder(options: argparse.Namespace) -> Path | None:
    return (options.tls_dir or default_folder()) if options.tls or options.tls_dir else None


def _place(options: argparse.Namespace, port: int) -> Place:
    name = f"[{options.host}]" if ":" in options.host else options.host
    return Place(
        url=f"http://{name}:{port}{options.path_prefix}",
        account=_accounts(options)[0],
        tls_folder=_tls_folder(options),
    )


def _announce(emulator: Emulator, place: Place) -> None:
    """Print where the emulator listens, and what its clients have to know."""
    lines = [place.url]
    known = [one for one in emulator.doorkeeper.credentials.values() if _is_account(one)]
    for account, infix in zip(known, ("", "OTHER_"), strict=False):
        lines += credentials(account, infix)
    sys.stdout.write("\n".join([*lines, *announced(place)]) + "\n")
    sys.stdout.flush()


def _is_account(known: Credential) -> bool:
    return known.user == known.account_sid


def _table(command: str) -> list[str]:
    if command == "assumptions":
        from emulator.assumptions import ASSUMPTIONS  # noqa: PLC0415 - for those who ask alone

        return [
            f"{row.name}: {row.does}; otherwise: {row.otherwise} [{row.source}]"
            + (f" (--variant {', '.join(row.variants)})" if row.variants else "")
            for row in ASSUMPTIONS
        ]
    table = faults() if command == "faults" else variants()
    return [f"{alteration.name}: it {alteration.sentence}" for alteration in table.values()]


def _store(path: Path | None) -> Store | None:
    """Return a store in a file, if one is named."""
    if path is None:
        return None
    from emulator.durable_store import DurableStore  # noqa: PLC0415 - SQLite is slow to import

    return DurableStore(path)


def _emulator(options: argparse.Namespace) -> Emulator:
    return create_app(
        faults=options.fault,
        variants=options.variant,
        accounts=(*_accounts(options), *options.api_key),
        store=_store(options.db),
        settings=Settings(
            mount=Mount(prefix=options.path_prefix, url_host=options.url_host),
            latency=options.latency,
            throttle=options.throttle,
            control=not options.no_control,
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
