"""Services shown otherwise, and more shown than is known."""

from datetime import datetime

from emulator.alterations import Alteration, Wire
from emulator.messages import Request
from emulator.rewriting import Body, bodies, pages, services

UNSET = (
    "callback_url",
    "intercept_callback_url",
    "out_of_session_callback_url",
    "chat_instance_sid",
)
DATES = ("date_created", "date_updated")


def _redated(pattern: str) -> Wire:
    def edit(service: Body) -> None:
        for name in DATES:
            service[name] = datetime.fromisoformat(service[name]).strftime(pattern)

    return services(edit)


def _without_nulls(service: Body) -> None:
    for name in [name for name, value in service.items() if value is None]:
        del service[name]


def _empty_unset(service: Body) -> None:
    service.update({name: service[name] or "" for name in UNSET})


def _extra_fields(service: Body) -> None:
    service["friendly_name"] = None
    service["revision"] = {"number": 1, "tags": ["a"]}


def _extra_links(service: Body) -> None:
    service["links"]["interactions"] = service["url"] + "/Interactions{?page}"


def _without_short_codes(service: Body) -> None:
    del service["links"]["short_codes"]


def _reordered(_: Request, body: Body) -> None:
    """Sort keys the other way round, at every depth."""
    items = sorted(body.items(), reverse=True)
    body.clear()
    for name, value in items:
        body[name] = value
        nested = value if isinstance(value, list) else [value]
        for one in nested:
            if isinstance(one, dict):
                _reordered(_, one)


def _extra_meta(body: Body) -> None:
    body["meta"]["total"] = None
    body["meta"]["direct_token"] = True


ALTERATIONS = (
    Alteration(
        name="fractional-seconds",
        sentence="writes dates with milliseconds",
        wire=_redated("%Y-%m-%dT%H:%M:%S.000Z"),
    ),
    Alteration(
        name="offset-dates",
        sentence="writes GMT as +00:00",
        wire=_redated("%Y-%m-%dT%H:%M:%S+00:00"),
    ),
    Alteration(
        name="omits-unset-fields",
        sentence="leaves fields out that are not set",
        wire=services(_without_nulls),
    ),
    Alteration(
        name="empty-unset-fields",
        sentence="shows URLs and a chat instance that are not set as empty text",
        wire=services(_empty_unset),
    ),
    Alteration(
        name="extra-fields",
        sentence="shows fields that no source names",
        wire=services(_extra_fields),
    ),
    Alteration(
        name="extra-links",
        sentence="links a resource that no source names, by a template",
        wire=services(_extra_links),
    ),
    Alteration(
        name="no-short-codes",
        sentence="links no short codes, as the vendor's OpenAPI since 2025-07",
        wire=services(_without_short_codes),
    ),
    Alteration(
        name="other-key-order",
        sentence="writes the keys of Services and lists in another order",
        wire=bodies(_reordered),
    ),
    Alteration(
        name="extra-meta",
        sentence="shows keys in `meta` that no source names",
        wire=pages(_extra_meta),
    ),
)
