"""Knows which violation follows from which, so that a summary begins with what is wrong.

One defect breaks many requirements: a ttl that is lost on create is missing in fetches, lists and
whole lives too. Of the violations that are about the same thing, the most basic one is told, and
the others are folded under it. Nothing is left out: each keeps its verdict and its evidence.
"""

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final, TypeAlias

from conformance.harness.expect import A_SUCCESS

Row: TypeAlias = Mapping[str, Any]

BASIC_FIRST: Final = (
    "ERROR-1",
    "SERVICE-1", "SERVICE-2", "SERVICE-3", "SERVICE-4", "SERVICE-5", "SERVICE-6", "SERVICE-7",
    "SERVICE-8", "SERVICE-9", "SERVICE-10", "SERVICE-11", "SERVICE-12", "SERVICE-14",
    "SERVICE-21", "ERROR-2", "ERROR-3", "ERROR-7", "ERROR-6", "ERROR-8",
    "LIST-2", "LIST-3", "LIST-4",
    "ACCESS-1", "ACCESS-2", "ACCESS-3", "ACCESS-7", "ACCESS-8", "ACCESS-9", "ACCESS-10",
    "CREATE-2", "CREATE-1", "CREATE-3", "CREATE-15", "CREATE-16", "CREATE-19", "CREATE-17",
    "CREATE-1[0-4]", "CREATE-[4-9]", "CREATE-2[0-2]", "CREATE-18", "CREATE-23",
    "SERVICE-17", "SERVICE-16", "SERVICE-18", "SERVICE-20",
    "FETCH-1", "FETCH-3", "FETCH-2", "FETCH-9", "FETCH-6", "FETCH-*",
    "DELETE-1", "DELETE-2", "DELETE-3", "DELETE-4", "DELETE-[5-9]",
    "UPDATE-1", "UPDATE-12", "UPDATE-18", "UPDATE-[3-9]", "UPDATE-10", "UPDATE-15", "UPDATE-16",
    "UPDATE-17", "UPDATE-2", "UPDATE-11", "UPDATE-19", "UPDATE-23", "UPDATE-*", "SERVICE-19",
    "NAME-1", "NAME-2", "NAME-*", "ACCESS-4", "METHOD-[12]",
    "REFUSE-1", "REFUSE-2", "REFUSE-3", "REFUSE-[4-9]", "REFUSE-1[0-9]", "REFUSE-2[01]",
    "REFUSE-*",
    "LIST-1", "LIST-5", "LIST-6", "LIST-7", "LIST-*",
    "METHOD-*", "ACCESS-*", "SERVICE-*", "ERROR-*", "CREATE-*",
    "RACE-[1-4]", "RACE-5", "LIFE-1", "BREADTH-*",
)  # fmt: skip
"""From what is most basic to what builds on it."""

BUILDS_ON: Final[Mapping[str, tuple[str, ...]]] = {
    "LIFE-1": ("*",),
    "BREADTH-*": ("*",),
    "RACE-5": ("*",),
    "RACE-1": ("NAME-1", "CREATE-2", "CREATE-3"),
    "RACE-2": ("NAME-2", "UPDATE-3", "RACE-1"),
    "RACE-3": ("UPDATE-11", "UPDATE-[4-9]", "UPDATE-13", "FETCH-[26]"),
    "RACE-4": ("DELETE-*", "LIST-22"),
    "DELETE-4": ("DELETE-7",),
    "SERVICE-15": ("SERVICE-14",),
    "SERVICE-22": ("SERVICE-9", "SERVICE-10"),
    "SERVICE-19": (
        "SERVICE-9",
        "SERVICE-10",
        "SERVICE-18",
        "SERVICE-14",
        "UPDATE-[3-9]",
        "UPDATE-1[067]",
    ),
    "SERVICE-20": ("SERVICE-11", "FETCH-*"),
    "CREATE-23": ("CREATE-*",),
    "UPDATE-13": ("UPDATE-*", "CREATE-*"),
    "UPDATE-14": ("UPDATE-*", "CREATE-*"),
    "UPDATE-2": ("UPDATE-[3-9]", "UPDATE-1[0-9]"),
    "FETCH-6": ("UPDATE-[3-9]", "UPDATE-1[0-9]", "FETCH-2"),
    "LIST-23": ("UPDATE-*", "LIST-8", "LIST-5", "LIST-6"),
    "LIST-22": ("DELETE-3", "DELETE-1"),
    "LIST-24": ("ACCESS-10", "SERVICE-3"),
    "LIST-*": ("SERVICE-21",),
    "LIST-5": ("LIST-6",),
    "LIST-20": ("LIST-10", "LIST-9"),
    "LIST-21": ("LIST-6", "LIST-10", "LIST-9"),
    "LIST-1[2-9]": ("LIST-6", "LIST-7", "LIST-10", "LIST-9"),
    "DELETE-[589]": ("DELETE-3", "DELETE-1"),
    "NAME-3": ("DELETE-3", "DELETE-1"),
    "NAME-9": ("NAME-1",),
    "NAME-12": ("NAME-1",),
    "REFUSE-5": ("UPDATE-3",),
    "REFUSE-7": ("UPDATE-8",),
    "REFUSE-9": ("UPDATE-9",),
    "REFUSE-11": ("UPDATE-4",),
    "REFUSE-13": ("UPDATE-10",),
    "REFUSE-15": ("UPDATE-5",),
    "REFUSE-17": ("UPDATE-6",),
    "REFUSE-19": ("UPDATE-7",),
    "REFUSE-2[13]": ("UPDATE-[567]", "REFUSE-15"),
    "REFUSE-22": ("REFUSE-14",),
    "NAME-1": ("CREATE-17",),
    "NAME-[24]": ("UPDATE-3", "UPDATE-23"),
    "UPDATE-16": ("UPDATE-[567]",),
    "UPDATE-17": ("UPDATE-10",),
    "UPDATE-15": ("UPDATE-[489]",),
    "REFUSE-2[4-7]": ("REFUSE-[1-9]", "REFUSE-1[0-9]", "REFUSE-2[0-3]", "CREATE-*"),
    "REFUSE-24": ("ACCESS-4", "METHOD-2", "UPDATE-22", "SERVICE-16"),
    "REFUSE-28": ("REFUSE-3",),
    "ACCESS-[456]": ("ACCESS-[123]",),
    "METHOD-3": ("METHOD-[12]",),
    "ERROR-[345678]": ("ERROR-2",),
}
"""Which requirement takes which others for granted: where one of these is violated, it follows."""

SHOWN_AS_ACCEPTED: Final[Mapping[str, tuple[str, ...]]] = {
    "SERVICE-2": ("REFUSE-[45]",),
    "SERVICE-4": ("REFUSE-1[23]",),
    "SERVICE-5": ("REFUSE-1[01]",),
    "SERVICE-7": ("REFUSE-[67]",),
    "SERVICE-8": ("REFUSE-[89]",),
}
"""Which shapes are wrong where a value was accepted that has to be refused: that is told first."""


def rank(id: str) -> int:
    """Say how basic a requirement is: the smaller, the more."""
    return next(
        (at for at, pattern in enumerate(BASIC_FIRST) if fnmatchcase(id, pattern)),
        len(BASIC_FIRST),
    )


def attribute(rows: Iterable[dict[str, Any]]) -> None:
    """Write into each violated row which other it follows from, if any."""
    found = [
        row for row in rows if row["violations"] and row["verdict"] in {"violated", "deviates"}
    ]
    ids = [row["id"] for row in found]
    violated = sorted(found, key=lambda row: (row["stance"] != "must", _place(row["id"], ids)))
    for at, row in enumerate(violated):
        before = violated[:at]
        cause = next((one for one in before if _explains(one, row)), None)
        row["follows"] = cause and (cause["follows"] or cause["id"])


def _place(id: str, violated: Iterable[str]) -> float:
    """Give the place of a requirement among those that are violated: its rank, as a rule."""
    accepted = (
        rank(one)
        for one in violated
        for pattern in SHOWN_AS_ACCEPTED.get(id, ())
        if fnmatchcase(one, pattern)
    )
    return min((place + 0.5 for place in accepted), default=rank(id))


def _explains(cause: Row, row: Row) -> bool:
    if any(
        fnmatchcase(row["id"], pattern) and any(fnmatchcase(cause["id"], one) for one in taken)
        for pattern, taken in (*BUILDS_ON.items(), *SHOWN_AS_ACCEPTED.items())
    ):
        return True
    return any(same(cause, row) for same in _SAME)


def _properties(row: Row) -> set[str]:
    """Give the properties that all the violations of a row are about; none if others are, too."""
    found = {_last(one["where"]) for one in row["violations"]}
    return found if all(found) else set()


def _last(where: str) -> str:
    """Give the last part of a JSON pointer; nothing for any other place."""
    return where.rpartition("/")[2] if "/" in where and where.startswith(("/", "the walk")) else ""


def _same_property(cause: Row, row: Row) -> bool:
    mine, theirs = _properties(row), _properties(cause)
    return bool(mine) and mine <= theirs


def _same_answer(cause: Row, row: Row) -> bool:
    """Tell whether both are about the status that one operation answers.

    That what should be refused is accepted is another matter than with which 2xx it is.
    """
    mine, theirs = _statuses(row), _statuses(cause)
    return bool(mine) and mine <= theirs


def _statuses(row: Row) -> set[tuple[str, str, bool]]:
    if any(one["where"] != "status" for one in row["violations"]):
        return set()
    return {
        (
            _operation(one["exchange"]),
            one["found"][:3],
            one["expected"].startswith(("2", A_SUCCESS)),
        )
        for one in row["violations"]
    }


def _operation(exchange: Mapping[str, Any] | None) -> str:
    if exchange is None:
        return ""
    collection = exchange["url"].partition("?")[0].endswith("/Services")
    return f"{exchange['method']} {'collection' if collection else 'item'}"


def _same_crash(cause: Row, row: Row) -> bool:
    """Tell whether every violation of a row is that the target broke down."""
    return cause["id"] == "ERROR-1" and all(
        one["exchange"] is not None and (one["exchange"]["status"] or 0) >= 500
        for one in row["violations"]
    )


_SAME: Final[tuple[Callable[[Row, Row], bool], ...]] = (_same_crash, _same_property, _same_answer)
