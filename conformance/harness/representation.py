"""Knows what a Service looks like, wherever an answer shows one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from conformance.harness import contract, moments
from conformance.harness.envelope import items
from conformance.harness.evidence import Exchange
from conformance.harness.expect import Judgement, Violation
from conformance.harness.paths import SERVICES

SHAPES: Final = {
    "sid": "SERVICE-1",
    "unique_name": "SERVICE-2",
    "account_sid": "SERVICE-3",
    "chat_instance_sid": "SERVICE-4",
    "default_ttl": "SERVICE-5",
    "callback_url": "SERVICE-6",
    "intercept_callback_url": "SERVICE-6",
    "out_of_session_callback_url": "SERVICE-6",
    "geo_match_level": "SERVICE-7",
    "number_selection_behavior": "SERVICE-8",
}
NEEDED: Final = (
    "sid", "account_sid", "unique_name", "date_created", "date_updated", "url", "links",
)  # fmt: skip
NULLABLE: Final = frozenset({"account_sid", "unique_name", "date_created", "date_updated"})
"""What is needed, and null in the vendor's spec; a list that shows ours so is told otherwise."""
MOST_REMEMBERED: Final = 4096
"""Services, as they were shown, that need not be judged again."""


def show(value: object, limit: int = 200) -> str:
    """Write a value as it is told, cut where it is long."""
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Representations:
    """Holds every Service that an answer shows against what each has to look like.

    A Service is shown again and again; what was right of one is so of the same text.
    """

    account_sid: str | None
    other_sid: str | None = None
    """That of the second account."""
    _right: dict[tuple[str, str | None], tuple[str, ...]] = field(default_factory=dict, repr=False)
    """The rows that are held by a Service, by how it was shown."""

    def __call__(self, exchange: Exchange) -> Iterator[Judgement]:
        if not exchange.accepted or not isinstance(exchange.parsed, dict):
            return
        # What another account is shown may be somebody else's, but for what it creates itself.
        creates = exchange.operation == "create" and exchange.credentials == "other-account"
        own = self.account_sid if exchange.credentials == "own" else None
        owner = self.other_sid if creates else own
        if exchange.operation == "list":
            for index, shown in enumerate(items(exchange)):
                yield from self._judged(shown, f"/services/{index}", owner)
        elif exchange.operation in {"create", "fetch", "update"}:
            yield from self._judged(exchange.parsed, "", owner)

    def _judged(self, shown: dict[str, Any], where: str, owner: str | None) -> Iterator[Judgement]:
        key = (repr(shown), owner)
        if (held := self._right.get(key)) is not None:
            yield from ((row, None) for row in held)
            return
        judged = tuple(representation(shown, where, owner))
        if all(violation is None for _, violation in judged):
            if len(self._right) >= MOST_REMEMBERED:
                self._right.clear()
            self._right[key] = tuple(row for row, _ in judged)
        yield from judged


def representation(
    shown: dict[str, Any], where: str, account_sid: str | None
) -> Iterator[Judgement]:
    """Judge one Service: what is there, each property's shape, and how they fit together.

    In a list it may be anybody's, and old (until December 2017 a Service needed no name): there,
    null will do where the vendor's spec has it.
    """
    null_will_do = NULLABLE if where else frozenset[str]()
    missing = [
        name
        for name in NEEDED
        if shown.get(name) is None and not (name in shown and name in null_will_do)
    ]
    for name in missing:
        yield (
            "SERVICE-14",
            Violation(where=f"{where}/{name}", expected="to be there", found=_absent(shown, name)),
        )
    if not missing:
        yield ("SERVICE-14", None)
    absent = [name for name in SHAPES if name not in shown]
    yield (
        "SERVICE-15",
        Violation(where=where or "body", expected="all properties", found=f"no {', '.join(absent)}")
        if absent
        else None,
    )
    for name, row in SHAPES.items():
        if name in shown and not (name in NEEDED and shown[name] is None):
            yield (row, _shape(name, shown[name], where, account_sid))
    yield from _dates(shown, where)
    yield from _urls(shown, where)


def _absent(shown: dict[str, Any], name: str) -> str:
    return "null" if name in shown else "nothing"


def _shape(name: str, value: object, where: str, account_sid: str | None) -> Violation | None:
    where = f"{where}/{name}"
    rule = contract.problem("Service", name, value)
    if name == "default_ttl" and type(value) is not int:
        rule = "an integer"
    if rule is not None:
        return Violation(where=where, expected=rule, found=show(value))
    if name == "account_sid" and account_sid is not None:
        same = isinstance(value, str) and value.lower() == account_sid.lower()
        return None if same else Violation(where=where, expected=account_sid, found=show(value))
    return None


def _dates(shown: dict[str, Any], where: str) -> Iterator[Judgement]:
    read = {}
    for name, row in (("date_created", "SERVICE-9"), ("date_updated", "SERVICE-10")):
        value = shown.get(name)
        if value is None:
            continue
        read[name] = moments.read(value)
        place = f"{where}/{name}"
        if read[name] is None:
            rule = "an ISO 8601 date and time in GMT"
            yield (row, Violation(where=place, expected=rule, found=show(value)))
            continue
        yield (row, None)
        usual = moments.VENDOR_FORM.fullmatch(str(value))
        rule = "whole seconds and Z, as 2015-07-30T20:00:00Z"
        yield (
            "SERVICE-22",
            None if usual else Violation(where=place, expected=rule, found=show(value)),
        )
    created, updated = read.get("date_created"), read.get("date_updated")
    if created is not None and updated is not None:
        yield (
            "SERVICE-18",
            Violation(
                where=f"{where}/date_updated",
                expected=f"not before {shown['date_created']}",
                found=show(shown["date_updated"]),
            )
            if updated < created
            else None,
        )


def is_absolute(url: str) -> bool:
    """Tell whether a URL has a scheme and a host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def _urls(shown: dict[str, Any], where: str) -> Iterator[Judgement]:
    sid, url, links = shown.get("sid"), shown.get("url"), shown.get("links")
    if url is not None and isinstance(sid, str):
        ends = f"{SERVICES}/{sid}"
        path = urlsplit(url).path if isinstance(url, str) and is_absolute(url) else ""
        right = path.endswith(ends) and "//" not in path
        rule = f"an absolute URL that ends in {ends}"
        yield (
            "SERVICE-11",
            None if right else Violation(where=f"{where}/url", expected=rule, found=show(url)),
        )
    if links is None:
        return
    named = links if isinstance(links, dict) else {}
    wrong = list(_links(named, sid, where))
    yield from (("SERVICE-12", violation) for violation in wrong)
    if not wrong:
        yield ("SERVICE-12", None)
    codes, place = named.get("short_codes"), f"{where}/links/short_codes"
    found = "nothing" if codes is None else show(codes)
    right = isinstance(codes, str) and is_absolute(codes)
    wrong_codes = Violation(where=place, expected="an absolute URL", found=found)
    yield ("SERVICE-13", None if right else wrong_codes)


def _links(links: dict[str, Any], sid: object, where: str) -> Iterator[Violation]:
    for name, collection in (("sessions", "Sessions"), ("phone_numbers", "PhoneNumbers")):
        value = links.get(name)
        path = urlsplit(value).path if isinstance(value, str) and is_absolute(value) else ""
        if f"/{sid}/" not in path or path.rstrip("/").endswith(_OTHER_LINK[collection]):
            rule = f"an absolute URL of {SERVICES}/{sid}/{collection}"
            yield Violation(where=f"{where}/links/{name}", expected=rule, found=show(value))


_OTHER_LINK: Final = {"Sessions": "/PhoneNumbers", "PhoneNumbers": "/Sessions"}
"""The one that a link must not be: how a target spells its own is not judged."""
