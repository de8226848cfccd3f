"""Parameters read otherwise: names, ttls, URLs, chat instances, and forms as a whole."""

import hashlib
import unicodedata
from collections.abc import Callable

from emulator.alterations import Alteration, Surroundings
from emulator.domain import Form, Reason, Refused, Service
from emulator.operations import Operations
from emulator.rewriting import form_bodies
from emulator.rules import PARAMETERS
from emulator.standins import accepting, but, forms, refusing, texts
from emulator.store import services_of

LARGEST_SESSION_TTL = 2147483646
"""The vendor's page of limits gives a Session 0 < ttl < 2147483647."""


def _without_empty(form: Form) -> Form:
    """Ignore empty text where it cannot clear."""
    unclear = {"DefaultTtl", "GeoMatchLevel", "NumberSelectionBehavior"}
    return {name: value for name, value in form.items() if value or name not in unclear}


def _without_unknown(form: Form) -> Form:
    for name in form:
        if name not in PARAMETERS:
            raise Refused(Reason.INVALID_PARAMETER, name, "It is not known.")
    return form


def _finds_names(correct: Operations, around: Surroundings) -> Operations:
    """Fetch by the unique name too (C2)."""

    async def fetch(account: str, sid: str) -> Service:
        named = around.store.named(account, sid)
        return named or await correct.fetch(account, sid)

    return but(correct, fetch=fetch)


def _finds_any_case(correct: Operations, around: Surroundings) -> Operations:
    """Find sids whatever the case of their digits."""

    def as_stored(account: str, sid: str) -> str:
        lower = sid[:2] + sid[2:].lower()
        return lower if around.store.get(account, lower) else sid

    async def fetch(account: str, sid: str) -> Service:
        return await correct.fetch(account, as_stored(account, sid))

    async def update(account: str, sid: str, form: Form) -> Service:
        return await correct.update(account, as_stored(account, sid), form)

    async def delete(account: str, sid: str) -> None:
        await correct.delete(account, as_stored(account, sid))

    return but(correct, fetch=fetch, update=update, delete=delete)


def _one_chat_each(correct: Operations, around: Surroundings) -> Operations:
    """Let a chat instance belong to one Service (M10)."""

    def check(account: str, form: Form, sid: str = "") -> None:
        wanted = form.get("ChatInstanceSid")
        for service in services_of(around.store, account) if wanted else ():
            if service.chat_instance_sid == wanted and service.sid != sid:
                raise Refused(Reason.INVALID_PARAMETER, "ChatInstanceSid", "It is in use.")

    async def create(account: str, form: Form) -> Service:
        check(account, form)
        return await correct.create(account, form)

    async def update(account: str, sid: str, form: Form) -> Service:
        check(account, form, sid)
        return await correct.update(account, sid, form)

    return but(correct, create=create, update=update)


def _with_chat(form: Form) -> Form:
    """Give a Service a chat instance of its own where none was named."""
    own = "IS" + hashlib.sha256(form.get("UniqueName", "").encode()).hexdigest()[:32]
    return {"ChatInstanceSid": own, **form}


def _first_of_each(sent: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return list(dict(reversed(sent)).items())


def _each_once(sent: list[tuple[str, str]]) -> list[tuple[str, str]]:
    if len({name for name, _ in sent}) < len(sent):
        raise Refused(Reason.UNDECODABLE, detail="A parameter was repeated.")
    return sent


def _upper(new_sid: Callable[[], str]) -> Callable[[], str]:
    return lambda: new_sid().upper()


ALTERATIONS = (
    Alteration(
        name="folds-case",
        sentence="counts names as the same that differ in case alone",
        choices={"name_key": str.casefold},
    ),
    Alteration(
        name="normalises-to-compare",
        sentence="counts names as the same that are equal in NFC",
        choices={"name_key": lambda name: unicodedata.normalize("NFC", name)},
    ),
    Alteration(
        name="compatible-names",
        sentence="counts names as the same that are equal in NFKC",
        choices={"name_key": lambda name: unicodedata.normalize("NFKC", name)},
    ),
    Alteration(
        name="ignores-accents",
        sentence="counts names as the same that differ in combining accents alone",
        choices={
            "name_key": lambda name: "".join(
                character
                for character in unicodedata.normalize("NFD", name)
                if not unicodedata.combining(character)
            )
        },
    ),
    Alteration(
        name="trims-names",
        sentence="takes leading and trailing blanks off names",
        behaviour=texts(lambda name: name.strip(" "), "UniqueName"),
    ),
    Alteration(
        name="refuses-blank-names",
        sentence="refuses names of blanks alone",
        behaviour=refusing(str.isspace, "UniqueName", why="It is blank."),
    ),
    Alteration(
        name="refuses-control-characters",
        sentence="refuses names with control characters",
        behaviour=refusing(
            lambda name: any(unicodedata.category(character) == "Cc" for character in name),
            "UniqueName",
            why="It has control characters.",
        ),
    ),
    Alteration(
        name="accepts-negative-ttl",
        sentence="takes negative numbers as DefaultTtl",
        choices={"negative_ttl": "accepted"},
    ),
    Alteration(
        name="bounds-ttl",
        sentence="refuses a DefaultTtl above 2147483646",
        choices={"largest_ttl": LARGEST_SESSION_TTL},
    ),
    Alteration(
        name="signed-ttl",
        sentence="takes a plus sign before a DefaultTtl",
        behaviour=texts(lambda text: text.removeprefix("+"), "DefaultTtl"),
    ),
    Alteration(
        name="ignores-empty-values",
        sentence="ignores empty text for a ttl or an enum",
        behaviour=forms(_without_empty),
    ),
    Alteration(
        name="web-urls-only",
        sentence="refuses callback URLs other than http and https",
        choices={"schemes": "web"},
    ),
    Alteration(
        name="international-urls",
        sentence="takes callback URLs with characters beyond ASCII",
        choices={"international_urls": True},
    ),
    Alteration(
        name="accepts-extended-area-code",
        sentence="takes the GeoMatchLevel extended-area-code, which the prose names",
        behaviour=accepting(lambda text: text == "extended-area-code", "GeoMatchLevel"),
    ),
    Alteration(
        name="one-chat-each",
        sentence="refuses a ChatInstanceSid that another Service has",
        behaviour=_one_chat_each,
    ),
    Alteration(
        name="assigns-chat-instances",
        sentence="gives a Service a chat instance where none was named on create",
        behaviour=forms(_with_chat, on=("create",)),
    ),
    Alteration(
        name="refuses-unknown-parameters",
        sentence="refuses parameters that it does not know",
        behaviour=forms(_without_unknown),
    ),
    Alteration(
        name="first-of-repeated",
        sentence="takes the first value of a repeated parameter",
        wire=form_bodies(_first_of_each),
    ),
    Alteration(
        name="refuses-repeated",
        sentence="refuses a form that repeats a parameter",
        wire=form_bodies(_each_once),
    ),
    Alteration(
        name="refuses-other-content-types",
        sentence="answers 415 to a body that is not a form",
        choices={"other_content_types": "refused"},
    ),
    Alteration(
        name="fetches-by-name",
        sentence="fetches by the unique name too",
        behaviour=_finds_names,
    ),
    Alteration(
        name="sids-in-any-case",
        sentence="finds a sid whatever the case of its digits",
        behaviour=_finds_any_case,
    ),
    Alteration(
        name="upper-case-sids",
        sentence="makes sids of upper-case digits",
        sids=_upper,
    ),
    Alteration(
        name="date-updated-when-sent",
        sentence="leaves date_updated alone when an update names no parameter",
        choices={"moves_date_updated": "when-sent"},
    ),
    Alteration(
        name="date-updated-when-changed",
        sentence="leaves date_updated alone when an update changes nothing",
        choices={"moves_date_updated": "when-changed"},
    ),
)
