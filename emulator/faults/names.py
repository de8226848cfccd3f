"""Faults of unique names: their length, their characters, and that they are unique."""

import html
import re
import unicodedata
from collections.abc import Callable, Container
from contextlib import AbstractContextManager, nullcontext
from itertools import count
from urllib.parse import unquote

from emulator.alterations import Alteration, Behaviour, Surroundings
from emulator.domain import Form, Reason, Refused, Service
from emulator.operations import Operations
from emulator.rules import MAX_UNIQUE_NAME
from emulator.standins import (
    accepting,
    but,
    put,
    refuse_taken,
    refusing,
    texts,
    unnoticed,
)

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
Lost = Container[tuple[str, str]]
"""Sids of Services, each with a name of its own that counts no more."""


def _is_of(length: int) -> Callable[[str], bool]:
    return lambda name: len(name) == length


def _is_too_long(name: str) -> bool:
    return len(name) > MAX_UNIQUE_NAME


def _never_the_same(affected: Callable[[str], bool]) -> Callable[[str], str]:
    """Return a key by which affected names differ from everything, themselves included."""
    numbers = count()
    return lambda name: f"\0{next(numbers)}" if affected(name) else name


def _as_latin_1(name: str) -> str:
    """Read UTF-8 as if it were Latin-1."""
    return name.encode().decode("latin-1")[:MAX_UNIQUE_NAME]


def _without_format_characters(name: str) -> str:
    kept = "".join(character for character in name if unicodedata.category(character) != "Cf")
    return kept or name


def _unnoticed_on_create(correct: Operations, around: Surroundings) -> Operations:
    async def create(account: str, form: Form) -> Service:
        with unnoticed(around.store, account, form.get("UniqueName", "")):
            return await correct.create(account, form)

    return but(correct, create=create)


def _unnoticed_on_update(correct: Operations, around: Surroundings) -> Operations:
    async def update(account: str, sid: str, form: Form) -> Service:
        holder = around.store.named(account, form.get("UniqueName", ""))
        if holder is None or holder.sid == sid:
            return await correct.update(account, sid, form)
        with unnoticed(around.store, account, form["UniqueName"]):
            return await correct.update(account, sid, form)

    return but(correct, update=update)


def _keeps_old_names(correct: Operations, around: Surroundings) -> Operations:
    """Never give a name free that a rename left behind."""
    left: set[tuple[str, str]] = set()

    def check(account: str, form: Form) -> None:
        if (account, form.get("UniqueName", "")) in left:
            raise Refused(Reason.NAME_TAKEN, "UniqueName")

    async def create(account: str, form: Form) -> Service:
        check(account, form)
        return await correct.create(account, form)

    async def update(account: str, sid: str, form: Form) -> Service:
        check(account, form)
        before = around.store.get(account, sid)
        after = await correct.update(account, sid, form)
        if before and before.unique_name != after.unique_name:
            left.add((account, before.unique_name))
        return after

    return but(correct, create=create, update=update)


def _keeping_deleted(kept: Callable[[str], bool]) -> Behaviour:
    """Never give some names free that a deleted Service had."""

    def behaviour(correct: Operations, around: Surroundings) -> Operations:
        left: set[tuple[str, str]] = set()

        def check(account: str, form: Form) -> None:
            if (account, form.get("UniqueName", "")) in left:
                raise Refused(Reason.NAME_TAKEN, "UniqueName")

        async def create(account: str, form: Form) -> Service:
            check(account, form)
            return await correct.create(account, form)

        async def update(account: str, sid: str, form: Form) -> Service:
            check(account, form)
            return await correct.update(account, sid, form)

        async def delete(account: str, sid: str) -> None:
            gone = around.store.get(account, sid)
            await correct.delete(account, sid)
            if gone and kept(gone.unique_name):
                left.add((account, gone.unique_name))

        return but(correct, create=create, update=update, delete=delete)

    return behaviour


def _keeps_first_names(correct: Operations, _: Surroundings) -> Operations:
    """Never give a Service the name again that it was created with."""
    first: dict[str, str] = {}

    async def create(account: str, form: Form) -> Service:
        service = await correct.create(account, form)
        first[service.sid] = service.unique_name
        return service

    async def update(account: str, sid: str, form: Form) -> Service:
        present = await correct.fetch(account, sid)
        wanted = form.get("UniqueName", "")
        if present.unique_name != wanted == first.get(sid):
            raise Refused(Reason.NAME_TAKEN, "UniqueName")
        return await correct.update(account, sid, form)

    return but(correct, create=create, update=update)


def _blind_to(lost: Lost, correct: Operations, around: Surroundings) -> Operations:
    """Take a name for free that its holder has lost."""

    def unseen(account: str, form: Form, sid: str = "") -> AbstractContextManager[None]:
        name = form.get("UniqueName", "")
        holder = around.store.named(account, name)
        if holder and holder.sid != sid and (holder.sid, name) in lost:
            return unnoticed(around.store, account, name)
        return nullcontext()

    async def create(account: str, form: Form) -> Service:
        with unseen(account, form):
            return await correct.create(account, form)

    async def update(account: str, sid: str, form: Form) -> Service:
        with unseen(account, form, sid):
            return await correct.update(account, sid, form)

    return but(correct, create=create, update=update)


def _frees_elsewhere(correct: Operations, around: Surroundings) -> Operations:
    """Give the name of a deleted Service free in every account."""
    lost: set[tuple[str, str]] = set()

    async def delete(account: str, sid: str) -> None:
        name = (await correct.fetch(account, sid)).unique_name
        await correct.delete(account, sid)
        namesakes = (around.store.named(other, name) for other in around.store.accounts())
        lost.update((one.sid, name) for one in namesakes if one)

    return but(_blind_to(lost, correct, around), delete=delete)


def _frees_before_rename(correct: Operations, around: Surroundings) -> Operations:
    """Give the old name free before it is known whether the new one is."""
    lost: set[tuple[str, str]] = set()
    blind = _blind_to(lost, correct, around)

    async def update(account: str, sid: str, form: Form) -> Service:
        service = await correct.fetch(account, sid)
        try:
            return await blind.update(account, sid, form)
        except Refused as refused:
            if refused.reason is Reason.NAME_TAKEN:
                lost.add((sid, service.unique_name))
            raise

    return but(blind, update=update)


def _frees_after_update(correct: Operations, around: Surroundings) -> Operations:
    """Give the name of a Service free that is updated without one."""
    lost: set[tuple[str, str]] = set()
    blind = _blind_to(lost, correct, around)

    async def update(account: str, sid: str, form: Form) -> Service:
        service = await blind.update(account, sid, form)
        if form and "UniqueName" not in form:
            lost.add((sid, service.unique_name))
        return service

    return but(blind, update=update)


def _refuses_own_name(correct: Operations, around: Surroundings) -> Operations:
    async def update(account: str, sid: str, form: Form) -> Service:
        refuse_taken(around.store, account, form.get("UniqueName", ""))
        return await correct.update(account, sid, form)

    return but(correct, update=update)


def _unique_everywhere(correct: Operations, around: Surroundings) -> Operations:
    def check(account: str, form: Form) -> None:
        for other in around.doorkeeper.accounts:
            if other != account:
                refuse_taken(around.store, other, form.get("UniqueName", ""))

    async def create(account: str, form: Form) -> Service:
        check(account, form)
        return await correct.create(account, form)

    async def update(account: str, sid: str, form: Form) -> Service:
        check(account, form)
        return await correct.update(account, sid, form)

    return but(correct, create=create, update=update)


def _returns_existing(correct: Operations, around: Surroundings) -> Operations:
    async def create(account: str, form: Form) -> Service:
        existing = around.store.named(account, form.get("UniqueName", ""))
        return existing or await correct.create(account, form)

    return but(correct, create=create)


def _overwrites_existing(correct: Operations, around: Surroundings) -> Operations:
    async def create(account: str, form: Form) -> Service:
        existing = around.store.named(account, form.get("UniqueName", ""))
        if existing:
            return await correct.update(account, existing.sid, form)
        return await correct.create(account, form)

    return but(correct, create=create)


def _takes_name_over(correct: Operations, around: Surroundings) -> Operations:
    """Rename the present holder of a name that another Service is given."""

    async def update(account: str, sid: str, form: Form) -> Service:
        holder = around.store.named(account, form.get("UniqueName", ""))
        if holder and holder.sid != sid and around.store.get(account, sid):
            put(around.store, holder, unique_name=f"{holder.unique_name[:180]} (old)")
        return await correct.update(account, sid, form)

    return but(correct, update=update)


def _names_the_nameless(correct: Operations, _: Surroundings) -> Operations:
    """Make up a name where none was sent."""
    made: list[None] = []

    async def create(account: str, form: Form) -> Service:
        if "UniqueName" in form:
            return await correct.create(account, form)
        made.append(None)
        return await correct.create(account, {**form, "UniqueName": f"unnamed {len(made)}"})

    return but(correct, create=create)


LENGTHS = (
    Alteration(
        name="refuses-190-characters",
        sentence="refuses names of exactly 190 characters",
        behaviour=refusing(_is_of(190), "UniqueName"),
    ),
    Alteration(
        name="refuses-191-characters",
        sentence="refuses names of exactly 191 characters",
        behaviour=refusing(_is_of(191), "UniqueName"),
    ),
    Alteration(
        name="refuses-191-characters-on-create",
        sentence="refuses names of exactly 191 characters on create alone",
        behaviour=refusing(_is_of(191), "UniqueName", on=("create",)),
    ),
    Alteration(
        name="refuses-191-characters-on-update",
        sentence="refuses names of exactly 191 characters on update alone",
        behaviour=refusing(_is_of(191), "UniqueName", on=("update",)),
    ),
    Alteration(
        name="refuses-one-character",
        sentence="refuses names of a single character",
        behaviour=refusing(_is_of(1), "UniqueName"),
    ),
    Alteration(
        name="accepts-192-characters",
        sentence="accepts names of exactly 192 characters",
        behaviour=accepting(_is_of(192), "UniqueName"),
    ),
    Alteration(
        name="accepts-192-characters-on-create",
        sentence="accepts names of exactly 192 characters on create alone",
        behaviour=accepting(_is_of(192), "UniqueName", on=("create",)),
    ),
    Alteration(
        name="accepts-192-characters-on-update",
        sentence="accepts names of exactly 192 characters on update alone",
        behaviour=accepting(_is_of(192), "UniqueName", on=("update",)),
    ),
    Alteration(
        name="accepts-long-names",
        sentence="accepts names of any length",
        behaviour=accepting(_is_too_long, "UniqueName"),
    ),
    Alteration(
        name="accepts-long-names-on-update",
        sentence="accepts names of any length on update alone",
        behaviour=accepting(_is_too_long, "UniqueName", on=("update",)),
    ),
    Alteration(
        name="accepts-very-long-names",
        sentence="accepts names of more than 255 characters, and refuses those between",
        behaviour=accepting(lambda name: len(name) > 255, "UniqueName"),
    ),
    Alteration(
        name="cuts-long-names",
        sentence="accepts names of any length, and cuts them at 191 characters",
        behaviour=texts(lambda name: name[:MAX_UNIQUE_NAME], "UniqueName"),
    ),
    Alteration(
        name="cuts-names-at-64",
        sentence="cuts names at 64 characters",
        behaviour=texts(lambda name: name[:64], "UniqueName"),
    ),
    Alteration(
        name="counts-names-in-bytes",
        sentence="refuses names of more than 191 bytes",
        behaviour=refusing(lambda name: len(name.encode()) > MAX_UNIQUE_NAME, "UniqueName"),
    ),
    Alteration(
        name="counts-names-in-utf-16",
        sentence="refuses names of more than 191 UTF-16 units",
        behaviour=refusing(
            lambda name: len(name.encode("utf-16-le")) > 2 * MAX_UNIQUE_NAME, "UniqueName"
        ),
    ),
    Alteration(
        name="accepts-missing-names",
        sentence="makes up a name where a create has none",
        behaviour=_names_the_nameless,
    ),
    Alteration(
        name="accepts-empty-names",
        sentence="accepts the empty name",
        behaviour=accepting(lambda name: not name, "UniqueName"),
    ),
    Alteration(
        name="accepts-empty-names-on-update",
        sentence="accepts the empty name on update alone",
        behaviour=accepting(lambda name: not name, "UniqueName", on=("update",)),
    ),
)

_CHANGED: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    (
        "replaces-astral-characters",
        "stores ? for characters beyond the basic plane",
        lambda name: _ASTRAL.sub("?", name),
    ),
    (
        "drops-astral-characters",
        "drops characters beyond the basic plane",
        lambda name: _ASTRAL.sub("", name) or "_",
    ),
    (
        "replaces-non-ascii",
        "stores ? for characters beyond ASCII",
        lambda name: name.encode("ascii", "replace").decode(),
    ),
    (
        "normalises-names",
        "stores names in NFC",
        lambda name: unicodedata.normalize("NFC", name),
    ),
    (
        "decomposes-names",
        "stores names in NFD",
        lambda name: unicodedata.normalize("NFD", name)[:MAX_UNIQUE_NAME],
    ),
    ("lower-cases-names", "stores names in lower case", lambda name: name.lower()[:191]),
    (
        "trims-trailing-blanks",
        "takes trailing blanks off names",
        lambda name: name.rstrip() or name,
    ),
    ("collapses-blanks", "stores one blank for several", lambda name: re.sub(" +", " ", name)),
    (
        "decodes-plus-twice",
        "stores a blank for a plus sign that was sent as %2B",
        lambda name: name.replace("+", " "),
    ),
    ("decodes-percent-twice", "decodes percent signs in names once more", unquote),
    (
        "cuts-names-at-ampersand",
        "cuts names at an ampersand",
        lambda name: name.partition("&")[0] or name,
    ),
    (
        "cuts-names-at-semicolon",
        "cuts names at a semicolon",
        lambda name: name.partition(";")[0] or name,
    ),
    (
        "cuts-names-at-equals",
        "cuts names at an equals sign",
        lambda name: name.partition("=")[0] or name,
    ),
    (
        "cuts-names-at-hash",
        "cuts names at a number sign",
        lambda name: name.partition("#")[0] or name,
    ),
    (
        "escapes-names-as-html",
        "stores names escaped for HTML",
        lambda name: html.escape(name)[:MAX_UNIQUE_NAME],
    ),
    (
        "drops-quotes",
        "drops quotation marks from names",
        lambda name: name.replace('"', "") or name,
    ),
    (
        "drops-backslashes",
        "drops backslashes from names",
        lambda name: name.replace("\\", "") or name,
    ),
    ("mistakes-utf-8-for-latin-1", "reads names as Latin-1", _as_latin_1),
    (
        "drops-format-characters",
        "drops invisible characters from names, such as joiners",
        _without_format_characters,
    ),
    (
        "capitalises-names",
        "stores names with a capital first letter",
        lambda name: name[:1].upper() + name[1:],
    ),
)

CHARACTERS = tuple(
    Alteration(name=name, sentence=sentence, behaviour=texts(change, "UniqueName"))
    for name, sentence, change in _CHANGED
)

UNIQUENESS = (
    Alteration(
        name="accepts-duplicates",
        sentence="accepts a name that is taken, on create and on update",
        choices={"name_key": _never_the_same(lambda _: True)},
    ),
    Alteration(
        name="accepts-duplicates-on-create",
        sentence="accepts a name that is taken on create",
        behaviour=_unnoticed_on_create,
    ),
    Alteration(
        name="accepts-duplicates-on-update",
        sentence="accepts a name that is taken on update",
        behaviour=_unnoticed_on_update,
    ),
    Alteration(
        name="accepts-non-ascii-duplicates",
        sentence="accepts a name that is taken where it is not ASCII",
        choices={"name_key": _never_the_same(lambda name: not name.isascii())},
    ),
    Alteration(
        name="accepts-long-duplicates",
        sentence="accepts a name that is taken where it has more than 100 characters",
        choices={"name_key": _never_the_same(lambda name: len(name) > 100)},
    ),
    Alteration(
        name="accepts-duplicates-with-blanks",
        sentence="accepts a name that is taken where it has a blank in it",
        choices={"name_key": _never_the_same(lambda name: " " in name)},
    ),
    Alteration(
        name="compares-190-characters",
        sentence="counts names as the same that share 190 characters",
        choices={"name_key": lambda name: name[:190]},
    ),
    Alteration(
        name="compares-64-characters",
        sentence="counts names as the same that share 64 characters",
        choices={"name_key": lambda name: name[:64]},
    ),
    Alteration(
        name="compares-astral-characters-equal",
        sentence="counts names as the same that differ in characters beyond the basic plane",
        choices={"name_key": lambda name: _ASTRAL.sub("?", name)},
    ),
    Alteration(
        name="compares-numbers-as-equal",
        sentence="counts names as the same that differ in leading zeros",
        choices={"name_key": lambda name: name.lstrip("0") if name.isdecimal() else name},
    ),
    Alteration(
        name="keeps-old-names",
        sentence="leaves the old name taken after a rename",
        behaviour=_keeps_old_names,
    ),
    Alteration(
        name="keeps-deleted-names",
        sentence="leaves the name of a deleted Service taken",
        behaviour=_keeping_deleted(lambda _: True),
    ),
    Alteration(
        name="keeps-deleted-names-beyond-ascii",
        sentence="leaves the name of a deleted Service taken where it is not ASCII",
        behaviour=_keeping_deleted(lambda name: not name.isascii()),
    ),
    Alteration(
        name="keeps-first-names",
        sentence="refuses to rename a Service back to the name that it was created with",
        behaviour=_keeps_first_names,
    ),
    Alteration(
        name="frees-names-elsewhere",
        sentence="gives the name of a deleted Service free in other accounts that use it",
        behaviour=_frees_elsewhere,
    ),
    Alteration(
        name="frees-name-of-refused-rename",
        sentence="refuses to rename to a taken name, and gives the Service's own name free",
        behaviour=_frees_before_rename,
    ),
    Alteration(
        name="frees-name-of-updated",
        sentence="gives the name of a Service free that is updated without one",
        behaviour=_frees_after_update,
    ),
    Alteration(
        name="refuses-own-name",
        sentence="refuses an update to the name that the Service has",
        behaviour=_refuses_own_name,
    ),
    Alteration(
        name="shares-names-across-accounts",
        sentence="refuses a name that another account uses",
        behaviour=_unique_everywhere,
    ),
    Alteration(
        name="returns-existing-on-duplicate",
        sentence="answers a duplicate on create with the Service that is there",
        behaviour=_returns_existing,
    ),
    Alteration(
        name="overwrites-on-duplicate",
        sentence="updates the Service that is there on a duplicate create",
        behaviour=_overwrites_existing,
    ),
    Alteration(
        name="takes-names-over",
        sentence="gives a taken name to the Service that is updated, and renames its holder",
        behaviour=_takes_name_over,
    ),
)

ALTERATIONS = (*LENGTHS, *CHARACTERS, *UNIQUENESS)
