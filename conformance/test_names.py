"""Unique names: who may have one, and when it is free again."""

from typing import Final

import pytest

import strategies
from conformance.harness.api import Api
from conformance.harness.arrange import DIGIT, MIXED, marked
from conformance.harness.checks import (
    accepted,
    code,
    only_after,
    only_after_accepted,
    only_if_refused,
    refused,
    refused_as_taken,
    same_as,
    status,
)
from conformance.harness.expect import about
from conformance.harness.marks import effort, of_each, requirement
from conformance.harness.verdicts import expect, observe
from conformance.harness.worker import NewApi

LATER = effort("ci")
KINDS: Final = {
    "of 191 characters, a little of everything": MIXED,
    "plain": "",
    "of 191 characters": "191",
    "beyond the basic plane": "\U0001f600\U0001f680",
}
"""Of names of every alphabet, a crowd of Services has some."""


def named(api: Api, tail: str) -> str:
    if tail == MIXED:
        return api.name_of(191, tail, head=DIGIT)
    return api.name_of(191) if tail == "191" else api.name(tail)


@requirement("NAME-1", "NAME-12")
@pytest.mark.parametrize("tail", of_each(KINDS, thrifty=2))
def test_a_taken_name_is_refused_on_create(new_api: NewApi, tail: str) -> None:
    """And the Service that has it stays as it was."""
    api = new_api()
    name = named(api, tail)
    holder = api.given(UniqueName=name, DefaultTtl="7", NumberSelectionBehavior="avoid-sticky")

    duplicate = api.create({"UniqueName": name, "DefaultTtl": "8"})
    fetched = api.fetch(holder["sid"])

    expect(fetched, about("NAME-12", accepted(), same_as(holder)))
    expect(
        duplicate,
        refused_as_taken(name, keeps="CREATE-17"),
        about("NAME-9", only_if_refused(status(400)), only_if_refused(code(80602))),
        because="another Service has that name",
    )


@requirement("NAME-2")
@pytest.mark.parametrize("tail", of_each(KINDS, thrifty=1))
def test_a_taken_name_is_refused_on_update(new_api: NewApi, tail: str) -> None:
    """And the Service keeps the name that it had, and all else."""
    api = new_api()
    name = named(api, tail)
    api.given(UniqueName=name)
    service = api.given()

    answer = api.update(service["sid"], {"UniqueName": name, "DefaultTtl": "8"})
    fetched = api.fetch(service["sid"])

    expect(fetched, about("REFUSE-25", only_after(answer, same_as(service))))
    expect(
        answer,
        refused_as_taken(name, keeps="UPDATE-23"),
        because="another Service has that name",
    )


@requirement("NAME-4", "NAME-1", "NAME-2")
@LATER
def test_the_old_name_of_a_renamed_service_is_free(new_api: NewApi) -> None:
    """And the new one is taken; so is the old one, once another has it."""
    api = new_api()
    old, new = api.name(), api.name()
    service = api.given(UniqueName=old)
    renamed = api.update(service["sid"], {"UniqueName": new})

    free, taken = api.create({"UniqueName": old}), api.create({"UniqueName": new})
    back = api.update(service["sid"], {"UniqueName": old})

    expect(renamed, about("UPDATE-3", accepted()))
    expect(
        back,
        about("NAME-2", only_after_accepted(renamed, only_after_accepted(free, refused()))),
        because="another Service has the name that it had before",
    )
    expect(
        taken,
        about("NAME-1", only_after_accepted(renamed, refused())),
        because="a Service was renamed to it",
    )
    expect(free, accepted(), because="the Service that had the name was renamed")


@requirement("NAME-4", "NAME-1")
@LATER
def test_a_service_may_take_its_old_name_back(new_api: NewApi) -> None:
    """It is as free for it as for any other; and taken then, though it is sent once more."""
    api = new_api()
    service = api.given()
    renamed = api.update(service["sid"], {"UniqueName": api.name()})

    back = api.update(service["sid"], {"UniqueName": service["unique_name"]})
    api.update(service["sid"], {"UniqueName": service["unique_name"]})
    duplicate = api.create({"UniqueName": service["unique_name"]})

    because = "a Service has that name again, and was updated to it once more"
    expect(duplicate, about("NAME-1", only_after_accepted(back, refused())), because=because)
    because = "no other Service has the name that it had before"
    expect(back, only_after_accepted(renamed, accepted()), because=because)


@requirement("NAME-5")
@LATER
@pytest.mark.parametrize(
    "unit", of_each({"ASCII": "x", "four bytes each": "\U00020000"}, thrifty=0)
)
def test_names_that_share_190_characters_are_two_names(new_api: NewApi, unit: str) -> None:
    """All 191 characters count, however many bytes those have."""
    api = new_api()
    shared = api.name_of(190, unit)
    first = api.given(UniqueName=f"{shared}a")

    second = api.create({"UniqueName": f"{shared}b"})
    renamed = api.update(first["sid"], {"UniqueName": f"{shared}c"})

    because = "the names differ in their last character"
    expect(second, accepted(), because=because)
    expect(renamed, accepted(), because=because)


EMOJI: Final = ("\U0001f600x", "\U0001f680x", "\U0001f680xx")
"""The last shares 190 characters with the one before it, and is longer."""
SIGNS: Final = (
    "x", "-x", "_x", ".x", "+x", " x", "  x", "%x", "Ax", "%41x", "xy", "yx", "\U00010041x",
    "\u00e9x", "\u6f22x", "\u5b57x", "\U00020000x", "\U00020001x",
)  # fmt: skip
"""Some are equal in their last 16 bits, or would be if punctuation did not count."""


def row_of(tails: tuple[str, ...], number: int) -> str:
    """Say whose requirement it is that a name is accepted beside those before it."""
    if number == 0:
        return "CREATE-15" if tails[0].isascii() else "CREATE-16"
    return "NAME-5" if tails[number].startswith(tails[number - 1]) else "NAME-6"


@pytest.mark.parametrize(
    "tails",
    [
        pytest.param(EMOJI, id="emoji", marks=requirement("NAME-6", "NAME-5", "CREATE-16")),
        pytest.param(SIGNS, id="signs", marks=[requirement("NAME-6", "CREATE-15"), LATER]),
    ],
)
def test_names_that_differ_in_one_character_are_all_names(
    new_api: NewApi, tails: tuple[str, ...]
) -> None:
    """Beyond the basic plane too, where some collations take all characters for one."""
    api = new_api()
    shared = api.name_of(strategies.MAX_UNIQUE_NAME - max(map(len, tails)))
    for number, tail in enumerate(tails):
        others = ", ".join(f"{shared}{one}" for one in tails[:number])
        answer = api.create({"UniqueName": shared + tail})
        row = row_of(tails, number)
        expect(answer, about(row, accepted()), because=f"the names {others or 'none'} are others")


@requirement("NAME-6")
@LATER
def test_names_that_read_as_the_same_number_are_two_names(new_api: NewApi) -> None:
    """They are texts; of so many digits, chosen by the run, that they are nobody else's."""
    api = new_api()
    digits = str(int(api.own.names.run, 16) + 10**18)
    first = api.create({"UniqueName": f"0{digits}", "CallbackUrl": marked(api)})

    second = api.create({"UniqueName": digits, "CallbackUrl": marked(api)})

    because = "the other begins with a zero"
    expect(second, only_after_accepted(first, accepted()), because=because)


@requirement("NAME-7", "NAME-1")
def test_another_account_may_use_the_same_name(new_api: NewApi) -> None:
    """Services belong to an account; within that one the name is taken then, too."""
    api = new_api()
    name = api.given()["unique_name"]

    other = api.create({"UniqueName": name}, credentials="other-account")
    again = api.create({"UniqueName": name}, credentials="other-account")

    expect(other, accepted(), because="a Service of the first account has that name")
    because = "a Service of the second account has that name, and one of the first"
    expect(again, about("NAME-1", only_after_accepted(other, refused())), because=because)


ALIKE: Final = {
    "NAME-10": ("letter case", "name", "NAME"),
    "NAME-11": ("normalisation", "\u00e9", "e\u0301"),
}


@LATER
@pytest.mark.parametrize(
    ("id", "what", "first", "second"),
    [pytest.param(id, *row, marks=requirement(id), id=row[0]) for id, row in ALIKE.items()],
)
def test_names_that_are_nearly_alike(
    new_api: NewApi, id: str, what: str, first: str, second: str
) -> None:
    """Recorded, never judged: no source says how names are compared."""
    api = new_api()
    shared = api.name()
    api.given(UniqueName=shared + first)

    observe(
        id,
        f"create with a name that differs in {what}",
        api.create({"UniqueName": shared + second}),
    )
