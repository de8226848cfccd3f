"""Knows the violations that a target's owner expects, each with its reason and its end.

An entry is about one requirement, and about what is found wrong there: a row that shows anything
else is violated all the same, and one that is held makes its entry stale. So the list cannot rot.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatchcase
from glob import escape
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

Kind: TypeAlias = Literal["deviation", "flaky"]
Row: TypeAlias = dict[str, Any]

KINDS: Final[tuple[Kind, ...]] = ("deviation", "flaky")
KEYS: Final = ("id", "where", "found", "reason", "ticket", "expires")
LASTS: Final = timedelta(days=90)
"""How long an entry that is offered is to last: it is for somebody to say more."""
LONGEST_FOUND: Final = 100
_HEADER: Final = re.compile(r"^\s*\[\[\s*(deviation|flaky)\s*\]\]")
_KEY: Final = re.compile(r"^\s*(\w+)\s*=")
_VARIES: Final = re.compile(
    r"\b[A-Z]{2}[0-9a-fA-F]{32}\b"
    r"|pc-[0-9a-f]{8}-[a-z0-9]{0,10}"
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?"
    r"|https?://[\w.\[\]:-]+"
)
"""What is another in each run: sids, names, dates, hosts."""


class BadDeviations(ValueError):
    """A file that is no list of deviations; the text says in one sentence what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One violation that is expected, or that may be there or not."""

    kind: Kind
    id: str
    where: str
    found: str
    reason: str
    ticket: str
    expires: date
    lines: Mapping[str, int] = field(default_factory=dict, hash=False)
    """The line of the entry's head, under '', and of each of its keys."""

    def expects(self, id: str, violation: Mapping[str, Any]) -> bool:
        return self.id == id and self.describes(violation)

    def describes(self, violation: Mapping[str, Any]) -> bool:
        return fnmatchcase(violation["where"], self.where) and fnmatchcase(
            violation["found"], self.found
        )

    def is_over(self, today: date) -> bool:
        """Tell whether it has expired; on its last day it has not."""
        return self.expires < today

    def problem(self, text: str, key: str = "") -> dict[str, Any]:
        """Give what run.json says about an entry: what is wrong, and the line to change."""
        return {"id": self.id, "problem": text, "line": self.lines.get(key, self.lines.get(""))}


def today() -> date:
    """Give the day by which entries expire."""
    return datetime.now(UTC).date()  # noqa: TID251 - whether an entry has expired hangs on the day


def read(path: Path) -> tuple[Entry, ...]:
    """Read a file of deviations. Raises BadDeviations."""
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except OSError as problem:
        raise BadDeviations(f"cannot read {path.name}: {problem.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise BadDeviations(f"{path.name} is not TOML: {problem}") from None
    for name in tables:
        if name not in KINDS:
            raise BadDeviations(
                f"{path.name} has the unknown table {name!r}; known: [[deviation]], [[flaky]]"
            )
    lines = _lines(text)
    return tuple(
        _entry(kind, table, path.name, _at(lines[kind], index, len(_list(tables, kind, path.name))))
        for kind in KINDS
        for index, table in enumerate(_list(tables, kind, path.name))
    )


def _list(tables: Mapping[str, Any], kind: Kind, name: str) -> Sequence[Mapping[str, Any]]:
    found = tables.get(kind, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BadDeviations(
            f"{name}: {kind} is no list of tables; begin each entry with [[{kind}]]"
        )
    return found


def _lines(text: str) -> dict[Kind, list[dict[str, int]]]:
    """Find the line of each entry's head and keys; tomllib does not tell them."""
    found: dict[Kind, list[dict[str, int]]] = {kind: [] for kind in KINDS}
    entry: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if head := _HEADER.match(line):
            entry = {"": number}
            found["flaky" if head[1] == "flaky" else "deviation"].append(entry)
        elif key := _KEY.match(line):
            entry.setdefault(key[1], number)
    return found


def _at(lines: Sequence[dict[str, int]], index: int, count: int) -> dict[str, int]:
    """Give the lines of one entry; none where the text was written in another way."""
    return lines[index] if len(lines) == count else {}


def _entry(kind: Kind, table: Mapping[str, Any], name: str, lines: dict[str, int]) -> Entry:
    place = f"{name}, line {lines['']}" if lines else name
    for key in table:
        if key not in KEYS:
            raise BadDeviations(f"{place}: unknown key {key!r}; known: {', '.join(KEYS)}")
    for key in KEYS:
        if key not in table:
            raise BadDeviations(f"{place}: {key} is missing; an entry needs {', '.join(KEYS)}")
        if key != "expires" and not (isinstance(table[key], str) and table[key].strip()):
            raise BadDeviations(f"{place}: {key} is no text, or an empty one")
    texts = {key: str(table[key]) for key in KEYS[:-1]}
    expires = _date(table["expires"], place)
    return Entry(kind=kind, expires=expires, lines=lines, **texts)


def _date(value: object, place: str) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise BadDeviations(f"{place}: expires {value!r} is no date, such as 2027-06-30") from None


def excused(
    entries: Iterable[Entry],
    id: str,
    violation: Mapping[str, Any],
    day: date,
) -> Entry | None:
    """Give the entry that expects a violation and has not expired."""
    return next((e for e in entries if e.expects(id, violation) and not e.is_over(day)), None)


def apply(
    rows: Sequence[Row],
    seen: Mapping[str, Sequence[Mapping[str, Any]]],
    entries: Sequence[Entry],
    day: date,
) -> list[dict[str, Any]]:
    """Turn each violated row that is as expected into one that deviates; give what is wrong.

    `seen` are all violations of each row, by its id: run.json shows but a few of them.
    """
    known = {row["id"]: row for row in rows}
    judged = {row["id"]: row["verdict"] for row in rows}
    for row in rows:
        if row["verdict"] == "violated":
            _excuse(row, seen[row["id"]], entries, day)
        if row["verdict"] == "violated":
            for violation in row["violations"]:
                violation["entry"] = offered(row["id"], violation, day)
    return [
        problem
        for entry in entries
        for problem in _problems(entry, known.get(entry.id), judged, seen, entries, day)
    ]


def _excuse(
    row: Row, violations: Sequence[Mapping[str, Any]], entries: Sequence[Entry], day: date
) -> None:
    found = [excused(entries, row["id"], one, day) for one in violations]
    first = next((entry for entry in found if entry is not None), None)
    if first is None or not all(found):
        return
    row["verdict"] = "deviates"
    row["why"] = f"{first.reason} ({first.ticket}), expected until {first.expires}"


def _problems(  # noqa: PLR0917 - one question, about all that a run knows of an entry
    entry: Entry,
    row: Row | None,
    judged: Mapping[str, str],
    seen: Mapping[str, Sequence[Mapping[str, Any]]],
    entries: Sequence[Entry],
    day: date,
) -> Iterator[dict[str, Any]]:
    if row is None:
        yield entry.problem("no requirement has this id; `proxy-conformance requirements` lists them", "id")  # fmt: skip
        return
    if row["stance"] == "observe":
        yield entry.problem("this requirement is only observed, never violated; delete the entry")
        return
    if entry.is_over(day):
        yield entry.problem(f"expired on {entry.expires}; mend it, or say until when", "expires")
        return
    verdict = judged[entry.id]
    if verdict == "held" and entry.kind == "deviation":
        yield entry.problem("stale: the requirement is held now; delete the entry")
    if verdict != "violated":
        return
    mine = [one for one in seen[entry.id] if entry.describes(one)]
    strange = next((one for one in seen[entry.id] if excused(entries, entry.id, one, day) is None), None)  # fmt: skip
    if strange is not None:
        what = f"at {strange['where']}: found {_cut(strange['found'])}"
        yield entry.problem(f"the requirement shows another violation than expected: {what}", "found")  # fmt: skip
    elif not mine and entry.kind == "deviation":
        yield entry.problem("matches nothing: this violation was not seen; delete the entry")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_FOUND else f"{text[:LONGEST_FOUND]}…"


def offered(id: str, violation: Mapping[str, Any], day: date) -> str:
    """Write an entry for a new violation, ready to be pasted; its reason is for people to say."""
    where = re.sub(r"/\d+(?=/|$)", "/*", _pattern(violation["where"]))
    values = {
        "id": id,
        "where": where,
        "found": _pattern(violation["found"]),
        "reason": "say why this is known and accepted",
        "ticket": "say where it is being mended",
    }
    lines = [f"{key} = {_quoted(value)}" for key, value in values.items()]
    return "\n".join(("[[deviation]]", *lines, f"expires = {day + LASTS}"))


def _pattern(text: str) -> str:
    """Make a pattern that matches a text in the next run as well."""
    found = "*".join(escape(part) for part in _VARIES.split(text))
    return found if len(found) <= LONGEST_FOUND else _shorter(text)


def _shorter(text: str) -> str:
    parts = _VARIES.split(text)
    kept, room = [], LONGEST_FOUND
    for part in parts:
        kept.append(escape(part[:room]))
        room -= len(part)
        if room <= 0:
            return "*".join(kept) + "*"
    return "*".join(kept)


def _quoted(text: str) -> str:
    """Write a text as a basic string of TOML."""
    return '"' + "".join(_character(one) for one in text) + '"'


def _character(one: str) -> str:
    if one in '"\\':
        return f"\\{one}"
    if ord(one) < 0x20 or ord(one) == 0x7F:
        return f"\\u{ord(one):04x}"
    return one
