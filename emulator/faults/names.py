"""Faults of unique names: their length, and their characters."""

import html
import re
import unicodedata
from collections.abc import Callable
from urllib.parse import unquote

from emulator.alterations import Alteration, Surroundings
from emulator.domain import Form, Service
from emulator.operations import Operations
from emulator.rules import MAX_UNIQUE_NAME
from emulator.standins import (
    ASTRAL,
    accepting,
    but,
    refusing,
    texts,
)


def _is_of(length: int) -> Callable[[str], bool]:
    return lambda name: len(name) == length


def _is_too_long(name: str) -> bool:
    return len(name) > MAX_UNIQUE_NAME


def _as_latin_1(name: str) -> str:
    """Read UTF-8 as if it were Latin-1."""
    return name.encode().decode("latin-1")[:MAX_UNIQUE_NAME]


def _without_format_characters(name: str) -> str:
    kept = "".join(character for character in name if unicodedata.category(character) != "Cf")
    return kept or name


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
        name="counts-names-without-blanks-at-their-ends",
        sentence="counts the characters of names without the blanks at their ends",
        behaviour=accepting(
            lambda name: _is_too_long(name) and not _is_too_long(name.strip()), "UniqueName"
        ),
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
        lambda name: ASTRAL.sub("?", name),
    ),
    (
        "drops-astral-characters",
        "drops characters beyond the basic plane",
        lambda name: ASTRAL.sub("", name) or "_",
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
        "drops-byte-order-marks",
        "drops a byte order mark at the beginning of names",
        lambda name: name.removeprefix("\ufeff") or name,
    ),
    (
        "unifies-line-breaks",
        "stores a line feed for a carriage return and a line feed",
        lambda name: name.replace("\r\n", "\n"),
    ),
    (
        "straightens-quotes",
        "stores straight quotation marks for typographic ones",
        lambda name: name.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'}),
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


ALTERATIONS = (*LENGTHS, *CHARACTERS)
