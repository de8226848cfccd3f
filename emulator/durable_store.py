"""Where Services are kept when they are to outlive the process: memory, and a SQLite file.

Reads come from memory. Each write is committed to the file before it returns, so that nothing
that was acknowledged is lost, however the process ends.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from typing import Any

from emulator.domain import Service
from emulator.store import MemoryStore, UnusableFile

_COLUMNS = Service._fields
_NAMES = ", ".join(_COLUMNS)
_SELECT = f"SELECT {_NAMES} FROM services ORDER BY arrival"  # noqa: S608 - our own names
_REPLACE = f"INSERT OR REPLACE INTO services ({_NAMES}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
_TABLE = """
CREATE TABLE IF NOT EXISTS services (
    sid TEXT NOT NULL, account_sid TEXT NOT NULL, arrival INTEGER PRIMARY KEY AUTOINCREMENT,
    unique_name TEXT NOT NULL, date_created TEXT NOT NULL, date_updated TEXT NOT NULL,
    default_ttl INTEGER NOT NULL, callback_url TEXT, intercept_callback_url TEXT,
    out_of_session_callback_url TEXT, geo_match_level TEXT NOT NULL,
    number_selection_behavior TEXT NOT NULL, chat_instance_sid TEXT,
    UNIQUE (account_sid, sid))
"""


class DurableStore:
    """A `MemoryStore` whose writes go to a file first."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it; it is this process's alone until `close`."""
        try:
            with ExitStack() as unless_it_is_kept:
                file = sqlite3.connect(path, isolation_level=None, timeout=0)
                unless_it_is_kept.enter_context(closing(file))
                _prepare(file)
                rows = file.execute(_SELECT)
                last = file.execute("SELECT max(seq) FROM sqlite_sequence").fetchone()[0]
                self._memory = MemoryStore([_service(row) for row in rows], last_arrival=last or 0)
                unless_it_is_kept.pop_all()
            self._file = file
        except (sqlite3.Error, ValueError, TypeError) as error:
            other = "a new file, or one that no other emulator is using"
            advice = other if path.parent.is_dir() else "a file in a folder that is there"
            raise UnusableFile(f"cannot keep Services in {path}: {error}; name {advice}") from error

    def next_arrival(self) -> int:
        return self._memory.next_arrival()

    def put(self, service: Service) -> None:
        self._write(
            _REPLACE,
            _row(service),
        )
        self._memory.put(service)

    def get(self, account: str, sid: str) -> Service | None:
        return self._memory.get(account, sid)

    def named(self, account: str, name: str) -> Service | None:
        return self._memory.named(account, name)

    def remove(self, service: Service) -> None:
        self._write("DELETE FROM services WHERE arrival = ?", (service.arrival,))
        self._memory.remove(service)

    def arrivals(self, account: str) -> Sequence[int]:
        return self._memory.arrivals(account)

    def arrived(self, account: str, arrivals: Iterable[int]) -> tuple[Service, ...]:
        return self._memory.arrived(account, arrivals)

    def accounts(self) -> Sequence[str]:
        return self._memory.accounts()

    def index_names(self, key: Callable[[str], str]) -> None:
        self._memory.index_names(key)

    def replace(self, services: Iterable[Service]) -> None:
        """Replace all in one transaction: the file holds what was there, or what comes."""
        kept = tuple(services)
        with self._file:
            self._file.execute("BEGIN")
            self._file.execute("DELETE FROM services")
            self._file.executemany(_REPLACE, map(_row, kept))
        self._memory.replace(kept)

    def clear(self) -> None:
        self._write("DELETE FROM services", ())
        self._memory.clear()

    def close(self) -> None:
        self._file.close()

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        """Commit one statement; the connection commits by itself."""
        self._file.execute(statement, values)


def _prepare(file: sqlite3.Connection) -> None:
    """Keep others out, and write a log ahead: it survives the death of the process."""
    file.execute("PRAGMA locking_mode = EXCLUSIVE")
    file.execute("PRAGMA journal_mode = WAL")
    file.execute("PRAGMA synchronous = NORMAL")
    file.execute(_TABLE)
    file.execute("BEGIN EXCLUSIVE")
    file.execute("COMMIT")


def _row(service: Service) -> tuple[object, ...]:
    return tuple(value.isoformat() if isinstance(value, datetime) else value for value in service)


def _service(row: tuple[Any, ...]) -> Service:
    values = dict(zip(_COLUMNS, row, strict=True))
    for name in ("date_created", "date_updated"):
        values[name] = datetime.fromisoformat(values[name])
    return Service(**values)
