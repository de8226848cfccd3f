"""The command `proxy-conformance`."""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a text file
    if given[:1] == ["run"]:
        # Before all else: what is imported here, pytest would warn about.
        from conformance.commands.running import run  # noqa: PLC0415

        return run(given[1:])
    from conformance.commands.arguments import obey  # noqa: PLC0415

    return obey(given)


if __name__ == "__main__":
    sys.exit(main())
