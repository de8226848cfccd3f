"""What races on an account are permitted, and how a history is parted."""

from collections.abc import Mapping

import pytest

from conformance.harness.account_model import (
    AccountOperation,
    Create,
    Created,
    Delete,
    Deleted,
    Failed,
    Fetch,
    Lost,
    Shown,
    Update,
    fields,
)
from conformance.harness.races import Name, Sid, check_account
from tests.races.histories import (
    S,
    at,
    conflict,
    create,
    delete,
    fetch,
    lost,
    refused,
    rename,
    update,
)

PERMITTED: Mapping[str, list[AccountOperation]] = {
    "one of three creates wins": [
        create(0, 5, "n", None),
        create(1, 3, "n", "S"),
        create(2, 4, "n", None),
    ],
    "a create is refused while its rival is still under way": [
        create(0, 9, "n", "S"),
        create(1, 2, "n", None),
    ],
    "a create races with the delete of the holder, and loses": [
        S,
        delete(2, 4),
        create(3, 5, "n", None),
    ],
    "a create races with the delete of the holder, and wins": [
        S,
        delete(2, 4),
        create(3, 5, "n", "T"),
    ],
    "both creates are refused while the holder is deleted": [
        S,
        delete(2, 5),
        create(3, 4, "n", None),
        create(3, 6, "n", None),
    ],
    "a name is freed by a rename and taken again": [
        S,
        rename(2, 3, "m"),
        create(4, 5, "n", "T"),
        refused(rename(6, 7, "n")),
    ],
    "two Services change names through a third name": [
        S,
        create(0, 1, "m", "T"),
        rename(2, 3, "x"),
        rename(4, 5, "n", "T"),
        rename(6, 7, "m"),
    ],
    "a rename is refused as the name was held for a moment": [
        S,
        create(2, 4, "m", "T"),
        refused(rename(3, 7, "m")),
        delete(5, 6, "T"),
    ],
    "a rename to the own name is refused": [S, refused(rename(2, 3, "n"))],
    "a rename to the own name is accepted": [S, rename(2, 3, "n"), fetch(4, 5, "n")],
    "a rename is refused since its Service is gone": [S, delete(2, 4), refused(rename(3, 5, "m"))],
    "a rename is refused since its Service may be gone": [
        S,
        lost(delete(2, 4)),
        refused(rename(3, 5, "m")),
    ],
    "a rename is refused with 409 as it meets another": [
        S,
        rename(2, 5, "m"),
        conflict(rename(3, 4, "x")),
        fetch(6, 7, "m"),
        create(8, 9, "x", "T"),
    ],
    "a rename that came before the delete": [S, delete(2, 5), rename(3, 4, "m")],
    "an update is refused since a delete came first": [
        S,
        delete(2, 5),
        refused(update(3, 4, f=1)),
    ],
    "updates of different fields both survive": [
        S,
        update(2, 4, f=1),
        update(3, 5, g=1),
        fetch(6, 7, f=1, g=1),
    ],
    "the later of two updates of one field is seen": [
        S,
        update(2, 4, f=1),
        update(3, 5, f=2),
        fetch(6, 7, f=1, g=0),
    ],
    "answers to racing updates were read before the other's write": [
        S,
        at(
            2,
            4,
            Update(sid="S", fields=fields({"f": 1})),
            Shown(name="n", fields=fields({"f": 1, "g": 0})),
        ),
        at(
            3,
            5,
            Update(sid="S", name="m", fields=fields({"g": 1})),
            Shown(name="m", fields=fields({"f": 0, "g": 1})),
        ),
        fetch(6, 7, "m", f=1, g=1),
    ],
    "an answer to a rename shows the racing rename": [
        S,
        at(2, 5, Update(sid="S", name="m"), Shown(name="x")),
        rename(3, 6, "x"),
        create(7, 8, "m", "T"),
        fetch(7, 8, "x"),
    ],
    "an answer leaves fields out, another has more": [
        create(0, 1, "n", "S", f=0),
        fetch(2, 3, f=0, h=5),
        update(4, 5, f=1, h=6),
        fetch(6, 7, h=6),
    ],
    "one of two deletes is refused": [
        S,
        delete(2, 4),
        refused(delete(3, 5)),
        refused(delete(6, 7)),
    ],
    "a lost delete happened": [
        S,
        lost(delete(2, 4)),
        refused(delete(5, 6)),
        create(7, 8, "n", "T"),
    ],
    "a lost delete did not happen": [S, lost(delete(2, 4)), fetch(5, 6, "n"), delete(7, 8)],
    "a lost create holds its name": [lost(create(0, 1, "n", None)), create(2, 3, "n", None)],
    "a lost create did not happen": [lost(create(0, 1, "n", None)), create(2, 3, "n", "S")],
    "the Service of a lost create is found and deleted": [
        lost(create(0, 1, "n", None)),
        create(2, 3, "n", None),
        delete(4, 5, "T"),
        create(6, 7, "n", "S"),
    ],
    "the Service of a lost create is found and renamed, there and back": [
        lost(create(0, 1, "n", None)),
        rename(2, 3, "m", "T"),
        create(4, 5, "m", None),
        create(4, 5, "n", "S"),
        refused(rename(6, 7, "n", "T")),
        delete(8, 9),
        rename(10, 11, "n", "T"),
    ],
    "a found Service keeps the name it was created with": [
        lost(create(0, 1, "n", None)),
        rename(2, 3, "n", "T"),
        create(4, 5, "n", None),
    ],
    "a lost rename happened": [
        S,
        lost(rename(2, 3, "m")),
        create(4, 5, "n", "T"),
        fetch(6, 7, "m"),
    ],
    "a lost rename did not happen": [S, lost(rename(2, 3, "m")), create(4, 5, "m", "T")],
    "a lost update of a Service that is gone": [S, delete(2, 3), lost(update(4, 5, f=1))],
    "a lost fetch": [S, lost(fetch(2, 3)), lost(refused(delete(4, 5)))],
    "what failed may have happened later": [
        S,
        at(2, 3, Update(sid="S", fields=fields({"f": 1})), Failed(status=503)),
        fetch(4, 5, f=0),
        fetch(6, 7, f=1),
        at(8, 9, Delete(sid="S"), Lost()),
        refused(fetch(10, 11)),
    ],
    "a create that shows another name than was asked for": [
        at(0, 1, Create(name="n"), Created(sid="S", name="x")),
        create(2, 3, "n", "T"),
    ],
    "a Service that the history did not see created": [
        fetch(0, 1, "x", "T"),
        refused(fetch(2, 3, sid="T")),
    ],
}


@pytest.mark.parametrize("history", PERMITTED.values(), ids=PERMITTED)
def test_what_may_happen_is_permitted(history: list[AccountOperation]) -> None:
    assert check_account(history).outcome == "linearizable"


def test_parts_are_named_for_names_and_sids() -> None:
    history = [S, create(2, 3, "m", "T"), rename(4, 5, "x"), fetch(6, 7, sid="U")]

    keys = [partition.key for partition in check_account(history).partitions]

    assert keys == [Name(name="n"), Name(name="m"), Name(name="x"), Sid(sid="S"), Sid(sid="T")]


def test_the_limit_is_handed_on() -> None:
    assert check_account([S, fetch(2, 3)], limit=1).outcome == "undecided"


def test_an_answer_that_cannot_be_one_is_a_fault_of_the_recorder() -> None:
    with pytest.raises(TypeError, match=r"deleted is no answer to fetch S"):
        check_account([at(0, 1, Fetch(sid="S"), Deleted())])
