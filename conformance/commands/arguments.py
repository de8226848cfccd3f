"""Knows what may be asked of proxy-conformance, besides a run, and which command does it."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

from conformance.harness.controller import suite_version
from conformance.harness.exits import Exit
from conformance.harness.options import WrongUsage, visited
from conformance.harness.target import CAPABILITIES

EPILOG: Final = (
    "Exit status: 0 as expected, 1 not so, 4 wrong usage, 6 the target cannot be judged."
    " Credentials are read from TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN,"
    " or TWILIO_API_KEY and TWILIO_API_SECRET."
)


class Parser(argparse.ArgumentParser):
    """A parser that ends with this command's own status for wrong usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(Exit.USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


def obey(arguments: Sequence[str]) -> int:
    """Do what was asked for; return its exit status."""
    options = parser().parse_args(arguments)
    try:
        status: int = options.command(options)
    except WrongUsage as problem:
        sys.stderr.write(f"proxy-conformance: {problem}\n")
        return Exit.USAGE
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    return status


def parser() -> argparse.ArgumentParser:
    """Make the parser of all commands."""
    root = Parser(
        prog="proxy-conformance",
        description="Does this API keep the contract of the Twilio Proxy Service resource?",
        epilog=EPILOG,
    )
    root.add_argument("--version", action="version", version=f"%(prog)s {suite_version()}")
    commands = root.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser("run", help="run the suite; arguments go to pytest", add_help=False)
    _check(commands.add_parser("check", help="look at a target, in five requests at most"))
    _sweep(commands.add_parser("sweep", help="delete what a run that was killed has left"))
    _diff(commands.add_parser("diff", help="say what changed between two runs"))
    _report(commands.add_parser("report", help="make the pages of a run again"))
    _requirements(commands.add_parser("requirements", help="list the requirements"))
    _observations(commands.add_parser("observations", help="print what a run observed, as TOML"))
    return root


def _target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base-url", metavar="URL", help="the target, without /v1")
    parser.add_argument("--target", metavar="NAME", help="a target of targets.toml")
    parser.add_argument(
        "--lacks",
        metavar="CAPABILITY",
        action="append",
        default=[],
        help=f"what the target declares to lack: {', '.join(CAPABILITIES)}",
    )


def _check(parser: argparse.ArgumentParser) -> None:
    _target(parser)
    parser.set_defaults(command=_run_check)


def _run_check(options: argparse.Namespace) -> int:
    from conformance.commands.check import check  # noqa: PLC0415 - each command imports its own

    return check(visited(options.base_url, options.target, options.lacks, Path.cwd()))


def _sweep(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ledger", type=Path, metavar="LEDGER", help="ledger.jsonl of the run")
    _target(parser)
    parser.add_argument(
        "--allow-account",
        metavar="AC...",
        help="needed for a target that is not on loopback: the account of the credentials",
    )
    parser.set_defaults(command=_run_sweep)


def _run_sweep(options: argparse.Namespace) -> int:
    from conformance.commands.sweeping import finish  # noqa: PLC0415

    return finish(
        options.ledger,
        url=options.base_url,
        name=options.target,
        lacks=tuple(options.lacks),
        allowed=options.allow_account,
    )


def _diff(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", type=Path, metavar="OLD", help="run.json, or its folder")
    parser.add_argument("new", type=Path, metavar="NEW", help="run.json, or its folder")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print it as JSON")
    form.add_argument("--html", type=Path, metavar="FILE", help="write it as a page")
    parser.set_defaults(command=_run_diff)


def _run_diff(options: argparse.Namespace) -> int:
    from conformance.commands.records import diff  # noqa: PLC0415

    return diff(options.old, options.new, as_json=options.json, html=options.html)


def _report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN", help="run.json, or its folder")
    parser.add_argument("--to", type=Path, metavar="DIR", help="where; beside run.json if not said")
    parser.set_defaults(command=_run_report)


def _run_report(options: argparse.Namespace) -> int:
    from conformance.commands.records import report  # noqa: PLC0415

    return report(options.run, options.to)


def _requirements(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pattern", nargs="*", metavar="PATTERN", help="an id, or such as CREATE-*")
    parser.add_argument("--json", action="store_true", help="print them as JSON")
    parser.add_argument("--long", action="store_true", help="with basis, statements and tests")
    parser.set_defaults(command=_run_requirements)


def _run_requirements(options: argparse.Namespace) -> int:
    from conformance.commands.catalogue import requirements  # noqa: PLC0415

    return requirements(tuple(options.pattern), as_json=options.json, long=options.long)


def _observations(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN", help="run.json, or its folder")
    parser.set_defaults(command=_run_observations)


def _run_observations(options: argparse.Namespace) -> int:
    from conformance.commands.records import observations  # noqa: PLC0415

    return observations(options.run)
