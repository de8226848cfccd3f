"""Faults of dates: how they are written, and whether they are true."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from emulator.alterations import Alteration, Behaviour, Surroundings, Wire
from emulator.domain import Form, Service
from emulator.operations import Operations
from emulator.rewriting import Body, services
from emulator.standins import but, put

DATES = ("date_created", "date_updated")
_Z = "%Y-%m-%dT%H:%M:%SZ"


def _rewritten(write: Callable[[datetime], object]) -> Wire:
    """Write both dates otherwise."""

    def edit(service: Body) -> None:
        for name in DATES:
            if isinstance(service.get(name), str):
                service[name] = write(datetime.fromisoformat(service[name]))

    return services(edit)


def _moved(hours: float) -> Callable[[datetime], str]:
    return lambda date: (date + timedelta(hours=hours)).strftime(_Z)


def _set(name: str, value: Callable[[Body], object], *operations: str) -> Wire:
    def edit(service: Body) -> None:
        service[name] = value(service)

    return services(edit, *operations)


def _before_created(service: Body) -> str:
    created = datetime.fromisoformat(service["date_created"])
    return (created - timedelta(seconds=60)).strftime(_Z)


def _tomorrow(service: Body) -> str:
    updated = datetime.fromisoformat(service["date_updated"])
    return (updated + timedelta(days=1)).strftime(_Z)


def _moves_once(correct: Operations, around: Surroundings) -> Operations:
    """Move date_updated with the first update of each Service."""
    updated: set[str] = set()

    async def update(account: str, sid: str, form: Form) -> Service:
        before = await correct.fetch(account, sid)
        service = await correct.update(account, sid, form)
        if sid in updated:
            return put(around.store, service, date_updated=before.date_updated)
        updated.add(sid)
        return service

    return but(correct, update=update)


def _stands_still_when(condition: Callable[[Form], bool]) -> Behaviour:
    """Leave date_updated as it was with some updates."""

    def behaviour(correct: Operations, around: Surroundings) -> Operations:
        async def update(account: str, sid: str, form: Form) -> Service:
            before = await correct.fetch(account, sid)
            service = await correct.update(account, sid, form)
            if not condition(form):
                return service
            return put(around.store, service, date_updated=before.date_updated)

        return but(correct, update=update)

    return behaviour


_WRITTEN: Mapping[str, tuple[str, Callable[[datetime], object]]] = {
    "dates-of-another-zone": (
        "writes dates of GMT with an offset of two hours",
        lambda date: date.strftime("%Y-%m-%dT%H:%M:%S+02:00"),
    ),
    "local-dates-as-gmt": ("writes dates two hours ahead as if they were GMT", _moved(2)),
    "late-dates": ("writes dates an hour behind", _moved(-1)),
    "dates-rfc-2822": ("writes dates as RFC 2822", format_datetime),
    "dates-as-numbers": (
        "writes dates as seconds since 1970",
        lambda date: int(date.timestamp()),
    ),
    "dates-without-zone": (
        "writes dates without a zone",
        lambda date: date.strftime("%Y-%m-%dT%H:%M:%S"),
    ),
    "dates-with-a-blank": (
        "writes dates with a blank in place of T",
        lambda date: date.strftime("%Y-%m-%d %H:%M:%SZ"),
    ),
    "dates-without-time": ("writes dates without the time", lambda date: f"{date:%Y-%m-%d}"),
    "dates-day-first": (
        "writes dates with the day first",
        lambda date: date.strftime("%d/%m/%Y %H:%M:%S"),
    ),
    "dates-of-2015": (
        "writes the date of the documentation's sample in place of each",
        lambda _: "2015-07-30T20:00:00Z",
    ),
    "dates-at-midnight": (
        "writes the time of dates as midnight",
        lambda date: date.strftime("%Y-%m-%dT00:00:00Z"),
    ),
    "null-dates": ("writes null for dates", lambda _: None),
    "dates-of-1970": (
        "writes the beginning of 1970 for dates",
        lambda _: datetime.fromtimestamp(0, UTC).strftime(_Z),
    ),
}

_UNTRUE: Mapping[str, tuple[str, Wire]] = {
    "date-created-moves": (
        "moves date_created with each update",
        _set("date_created", lambda service: service["date_updated"]),
    ),
    "date-updated-stands-still": (
        "shows the date of creation in date_updated",
        _set("date_updated", lambda service: service["date_created"]),
    ),
    "date-updated-before-created": (
        "shows a date_updated before date_created",
        _set("date_updated", _before_created),
    ),
    "date-updated-tomorrow": (
        "shows a date_updated that is a day ahead",
        _set("date_updated", _tomorrow),
    ),
    "date-updated-null-on-create": (
        "shows no date_updated on create",
        _set("date_updated", lambda _: None, "create"),
    ),
    "date-created-empty": ("shows empty text in date_created", _set("date_created", lambda _: "")),
    "lists-other-date-updated": (
        "lists the date of creation in date_updated",
        _set("date_updated", lambda service: service["date_created"], "list"),
    ),
}

ALTERATIONS = (
    *(
        Alteration(name=name, sentence=sentence, wire=_rewritten(write))
        for name, (sentence, write) in _WRITTEN.items()
    ),
    *(
        Alteration(name=name, sentence=sentence, wire=wire)
        for name, (sentence, wire) in _UNTRUE.items()
    ),
    Alteration(
        name="date-updated-moves-once",
        sentence="leaves date_updated as it was with every update but the first",
        behaviour=_moves_once,
    ),
    Alteration(
        name="date-updated-ignores-chat",
        sentence="leaves date_updated as it was with an update of ChatInstanceSid alone",
        behaviour=_stands_still_when(lambda form: form.keys() == {"ChatInstanceSid"}),
    ),
    Alteration(
        name="date-updated-ignores-clearing",
        sentence="leaves date_updated as it was with an update that only clears",
        behaviour=_stands_still_when(lambda form: not any(form.values())),
    ),
)
