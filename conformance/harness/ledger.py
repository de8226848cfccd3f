"""Knows what this run created, in a file that survives any death of its writers.

One JSON object a line. The intent, with the name, is written before each create and the sid
after it, so that whoever finds the file can delete exactly what is left. Lines are appended with
one write each, by all workers.
"""

import json
import os
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

FORMAT = 1
Owner: TypeAlias = Literal["own", "other-account"]
"""With whose credentials a Service was created."""
OWN: Final = "own"
OTHER: Final = "other-account"
OWNERS: Final[tuple[Owner, ...]] = (OWN, OTHER)


class UnreadableLedger(ValueError):
    """A file that is no ledger; the text says why."""


@dataclass(slots=True)
class Ledger:
    """Appends to one ledger and remembers what is still alive of its own process."""

    path: Path
    alive: dict[str, str] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)
    others: dict[str, str | None] = field(default_factory=dict)
    """Sids, in lower case, that the target showed and that this process did not create; and the
    name that each was first shown with."""
    had: dict[str, str] = field(default_factory=dict)
    """Every sid that this process was ever given, and the name that it was created with."""
    owners: dict[str, str] = field(default_factory=dict)
    lists_help: bool = True
    """Whether the first page of a list was seen to show Services of this run."""
    full: bool = False
    """Whether the account was once too full for another Service."""
    _file: int = field(init=False, repr=False)
    _lock: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Open the file; what a kill cut in its last line is kept apart from what follows."""
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        size = os.fstat(self._file).st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            os.write(self._file, b"\n")

    def header(self, **values: object) -> None:
        self._append({"ledger": FORMAT, **values})

    def intends(self, name: str, owner: str = OWN, *, also: Collection[str] = ()) -> None:
        """Write down, before it is sent, that a create of this name is under way.

        `also` are other names that a target may read in the same form.
        """
        spelt = {"also": sorted(also)} if set(also) - {name} else {}
        self._append({"intent": name, "as": owner, **spelt})

    def created(self, sid: str, name: str, owner: str = OWN) -> None:
        with self._lock:
            self.alive[sid] = self.had[sid] = name
            self.owners[sid] = owner
        self._append({"created": sid, "name": name, "as": owner})

    def answered_foreign(self, sid: str, name: str, owner: str = OWN) -> None:
        """Write down that a create of this name was answered with a sid of somebody else's.

        What the create made, if anything, is still to be found by its name.
        """
        self._append({"foreign": sid, "name": name, "as": owner})

    def refused(self, name: str) -> None:
        """Write down that a create came to nothing."""
        self._append({"refused": name})

    def confirms(self, sid: str) -> None:
        """Write down that the target itself showed this sid with a name of this run."""
        self.confirmed.add(sid)
        self._append({"shown": sid})

    def deleted(self, sid: str) -> None:
        with self._lock:
            self.alive.pop(sid, None)
        self._append({"deleted": sid})

    def finished(self) -> None:
        """Write down that nothing is left to be deleted."""
        self._append({"finished": True})

    def _append(self, line: dict[str, object]) -> None:
        left = json.dumps(line).encode() + b"\n"
        while left:  # of a line that meets a full disk, a part is written
            left = left[os.write(self._file, left) :]

    def close(self) -> None:
        os.close(self._file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What a ledger says may still be there."""

    base_url: str
    account_sid: str | None
    run: str
    created: dict[str, str]
    pending: tuple[str, ...]
    finished: bool
    shown: frozenset[str] = frozenset()
    """Sids that the target itself showed with a name of the run, however they are named now."""
    deleted: dict[str, str] = field(default_factory=dict)
    """Sids whose DELETE was accepted."""
    foreign: dict[str, str] = field(default_factory=dict)
    """Sids of somebody else's that creates were answered with, and the names of those creates."""
    embedded: bool = False
    """Whether the run had an emulator of its own, which ends with it."""
    refused: frozenset[str] = frozenset()
    """Names of creates that came to nothing."""
    unreadable: tuple[int, ...] = ()
    """The numbers of lines that cannot be read, as a kill or a full disk leaves them."""


def read(path: Path, owner: str = OWN) -> Remains:
    """Read what a ledger leaves to be deleted of one owner's.

    A line that a kill cut counts for nothing: what it was about had not been sent, or stands in the
    line of its intent.

    Raises UnreadableLedger with one sentence.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as problem:
        raise UnreadableLedger(f"cannot read the ledger {path}: {problem.strerror}") from None
    header = _row(lines[0]) or {}
    if header.get("ledger") != FORMAT:
        raise UnreadableLedger(f"{path} is no ledger: its first line is not a ledger's header")
    read = {number: _row(line) for number, line in enumerate(lines[1:], start=2) if line}
    rows = [row for row in read.values() if row is not None and row.get("as", owner) == owner]
    unreadable = tuple(number for number, row in read.items() if row is None)
    return _remains(header, rows, unreadable)


def _row(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _remains(
    header: dict[str, Any], rows: list[dict[str, Any]], unreadable: tuple[int, ...]
) -> Remains:
    created: dict[str, str] = {}
    deleted: dict[str, str] = {}
    for row in rows:
        if "created" in row:
            created[row["created"]] = row["name"]
        elif "deleted" in row and row["deleted"] in created:
            deleted[row["deleted"]] = created.pop(row["deleted"])
    return Remains(
        base_url=str(header.get("base_url", "")),
        account_sid=header.get("account_sid"),
        run=str(header.get("run", "")),
        created=created,
        pending=_pending(rows),
        finished=any("finished" in row for row in rows),
        shown=frozenset(row["shown"] for row in rows if "shown" in row),
        embedded=header.get("embedded") is True,
        deleted=deleted,
        foreign={row["foreign"]: row["name"] for row in rows if "foreign" in row},
        refused=frozenset(row["refused"] for row in rows if "refused" in row),
        unreadable=unreadable,
    )


def _pending(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """Give the names of creates that may have made what no answer told, however they are spelt.

    Once a create was answered with a sid of somebody else's, nobody knows what it made, whatever
    further creates of that name are answered.
    """
    under_way: dict[str, list[str]] = {}
    doubtful: set[str] = set()
    for row in rows:
        if "intent" in row:
            under_way[row["intent"]] = [row["intent"], *row.get("also", ())]
        elif "foreign" in row:
            doubtful.add(row["name"])
            under_way.setdefault(row["name"], [row["name"]])
        elif "created" in row or "refused" in row:
            name = row["name"] if "created" in row else row["refused"]
            if name not in doubtful:
                under_way.pop(name, None)
    return tuple(dict.fromkeys(name for spelt in under_way.values() for name in spelt))
