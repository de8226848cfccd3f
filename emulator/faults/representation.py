"""Faults of what is shown of a Service: sids, URLs, types, and what is left out."""

import json
from collections.abc import Callable, Mapping

from emulator.alterations import Alteration, Sids, Surroundings, Wire
from emulator.domain import Service
from emulator.messages import Handler, Request, Response
from emulator.rewriting import Body, bodies, json_of, services, successes, with_json

FIELDS = tuple(name for name in Service._fields if name not in {"arrival", "sid", "unique_name"})
URL_FIELDS = ("callback_url", "intercept_callback_url", "out_of_session_callback_url")
LINKS = ("sessions", "phone_numbers")
SOMEBODY = "f" * 32


def _set(name: str, change: Callable[[object], object], *operations: str) -> Wire:
    """Show another value in a field."""

    def edit(service: Body) -> None:
        if name in service:
            service[name] = change(service[name])

    return services(edit, *operations)


def _lacking(name: str, *operations: str) -> Wire:
    def edit(service: Body) -> None:
        service.pop(name, None)

    return services(edit, *operations)


def _links(edit: Callable[[Body], None]) -> Wire:
    return services(lambda service: edit(service["links"]))


def _without_link(name: str) -> Wire:
    def edit(links: Body) -> None:
        links.pop(name, None)

    return _links(edit)


def _links_changed(change: Callable[[str], str]) -> Wire:
    return _links(lambda links: links.update({name: change(url) for name, url in links.items()}))


def _for_another_sid(url: object) -> str:
    return f"{str(url).partition('/KS')[0]}/KS{SOMEBODY}"


def _links_for_another_sid(url: str) -> str:
    return f"{_for_another_sid(url)}/{url.rpartition('/')[2]}"


def _relative(url: object) -> str:
    return "/" + str(url).split("/", 3)[3]


def _reading_names_as_json(service: Body) -> None:
    """Show a name that looks like a number, or like true, as one."""
    try:
        value = json.loads(service["unique_name"])
    except ValueError:
        return
    if isinstance(value, int | float | bool | None):
        service["unique_name"] = value


def _in_camel_case(service: Body) -> None:
    for name in list(service):
        first, *others = name.split("_")
        service[first + "".join(part.capitalize() for part in others)] = service.pop(name)


def _numbers_as_text(service: Body) -> None:
    service["default_ttl"] = str(service["default_ttl"])


def _null_as_word(service: Body) -> None:
    service.update({name: "null" for name, value in service.items() if value is None})


def _empty_chat(service: Body) -> None:
    service["chat_instance_sid"] = service["chat_instance_sid"] or ""


def _wrapped(_: Request, body: Body) -> None:
    inner = dict(body)
    body.clear()
    body["service"] = inner


def _in_array(_: Request, response: Response) -> Response:
    body = json_of(response)
    return response if body is None else with_json(response, [body])


def _sid_of_first(handler: Handler, _: Surroundings) -> Handler:
    """Show the sid of the first Service that was created in every later answer to a create."""
    first: list[str] = []

    async def answered(request: Request) -> Response:
        response = await handler(request)
        body = json_of(response)
        if response.status != 201 or body is None:
            return response
        first.append(body["sid"])
        return with_json(response, body | {"sid": first[0]})

    return answered


def _each_twice(new_sid: Callable[[], str]) -> Callable[[], str]:
    """Give every sid to two Services."""
    given: list[str] = []

    def repeated() -> str:
        if given:
            return given.pop()
        given.append(new_sid())
        return given[0]

    return repeated


def _altered(change: Callable[[str], str]) -> Sids:
    return lambda new_sid: lambda: change(new_sid())


def _counted(_: Callable[[], str]) -> Callable[[], str]:
    """Give sids that are decimal numbers, of too few digits."""
    given: list[None] = []

    def next_sid() -> str:
        given.append(None)
        return f"KS{len(given)}"

    return next_sid


SIDS: Mapping[str, tuple[str, Sids]] = {
    "sids-not-hex": (
        "makes sids with letters that are no hexadecimal digits",
        _altered(lambda sid: sid[:-1] + "z"),
    ),
    "sids-of-another-prefix": (
        "makes sids that start with PS",
        _altered(lambda sid: "PS" + sid[2:]),
    ),
    "sids-in-lower-case": (
        "makes sids that start with ks",
        _altered(lambda sid: "ks" + sid[2:]),
    ),
    "short-sids": ("makes sids of 33 characters", _altered(lambda sid: sid[:-1])),
    "long-sids": ("makes sids of 35 characters", _altered(lambda sid: sid + "0")),
    "counted-sids": ("makes sids that count Services", _counted),
    "sids-with-dashes": (
        "makes sids in the form of a UUID",
        _altered(lambda sid: f"{sid[:10]}-{sid[10:14]}-{sid[14:18]}-{sid[18:22]}-{sid[22:]}"),
    ),
    "repeats-sids": ("gives every sid to two Services", _each_twice),
}

WIRES: Mapping[str, tuple[str, Wire]] = {
    "answers-create-with-first-sid": (
        "shows the sid of the first Service in the answer to every later create",
        _sid_of_first,
    ),
    "account-sid-of-another": (
        "shows the sid of another account",
        _set("account_sid", lambda _: "AC" + SOMEBODY),
    ),
    "account-sid-in-lower-case": (
        "shows the account's sid with a prefix in lower case",
        _set("account_sid", lambda sid: str(sid).lower()),
    ),
    "account-sid-null": ("shows null for the account's sid", _set("account_sid", lambda _: None)),
    "account-sid-masked": (
        "shows the account's sid with stars in it",
        _set("account_sid", lambda sid: f"{str(sid)[:6]}{'*' * 24}{str(sid)[-4:]}"),
    ),
    "url-of-another": ("names another sid in url", _set("url", _for_another_sid)),
    "url-relative": ("writes url without scheme and host", _set("url", _relative)),
    "url-of-list": (
        "names the list in url",
        _set("url", lambda url: str(url).partition("/KS")[0]),
    ),
    "url-of-another-version": (
        "names /v2 in url",
        _set("url", lambda url: str(url).replace("/v1/", "/v2/")),
    ),
    "url-null": ("shows null in url", _set("url", lambda _: None)),
    "url-by-name": (
        "names the unique name in url",
        services(
            lambda service: service.update(
                url=f"{service['url'].partition('/KS')[0]}/{service['unique_name']}"
            )
        ),
    ),
    "links-of-another": ("names another sid in links", _links_changed(_links_for_another_sid)),
    "links-relative": ("writes links without scheme and host", _links_changed(_relative)),
    "links-null": ("shows null in links", _set("links", lambda _: None)),
    "links-as-list": (
        "shows links as an array",
        services(lambda service: service.update(links=list(service["links"].values()))),
    ),
    "ttl-as-text": ("shows default_ttl as text", services(_numbers_as_text)),
    "ttl-as-fraction": (
        "shows default_ttl as a fraction",
        _set("default_ttl", lambda ttl: float(str(ttl)) + 0.5),
    ),
    "ttl-as-boolean": ("shows default_ttl as a boolean", _set("default_ttl", bool)),
    "ttl-null-for-zero": (
        "shows null for a default_ttl of 0",
        _set("default_ttl", lambda ttl: ttl or None),
    ),
    "name-as-json": (
        "shows names that look like JSON as numbers",
        services(_reading_names_as_json),
    ),
    "name-null": ("shows null for the name", _set("unique_name", lambda _: None)),
    "name-as-list": ("shows the name in an array", _set("unique_name", lambda name: [name])),
    "name-under-friendly-name": (
        "shows the name as friendly_name, as before 2017-12",
        services(lambda service: service.update(friendly_name=service.pop("unique_name"))),
    ),
    "geo-null": ("shows null for geo_match_level", _set("geo_match_level", lambda _: None)),
    "geo-as-number": (
        "shows geo_match_level as a number",
        _set("geo_match_level", lambda level: len(str(level))),
    ),
    "selection-null": (
        "shows null for number_selection_behavior",
        _set("number_selection_behavior", lambda _: None),
    ),
    "selection-as-boolean": (
        "shows number_selection_behavior as a boolean",
        _set("number_selection_behavior", lambda value: value == "prefer-sticky"),
    ),
    "null-as-word": ("shows the word null for what is not set", services(_null_as_word)),
    "chat-sid-empty": (
        "shows empty text for a chat_instance_sid that is not set",
        services(_empty_chat),
    ),
    "urls-as-lists": (
        "shows callback_url in an array",
        _set("callback_url", lambda url: [url] if url else []),
    ),
    "urls-as-objects": (
        "shows callback_url as an object with method and url",
        _set("callback_url", lambda url: {"url": url, "method": "POST"}),
    ),
    "camel-case": ("writes the keys in camel case", services(_in_camel_case)),
    "wrapped-in-service": (
        "wraps a single Service in another object",
        bodies(_wrapped, "create", "fetch", "update"),
    ),
    "fetches-array": ("fetches an array of one Service", successes(_in_array, "fetch")),
    "sids-shown-in-upper-case": (
        "lists sids with digits in upper case",
        _set("sid", lambda sid: str(sid).upper(), "list"),
    ),
    "lists-ttl-as-text": (
        "lists default_ttl as text",
        services(_numbers_as_text, "list"),
    ),
    "names-cut-in-lists": (
        "lists names cut at 50 characters",
        _set("unique_name", lambda name: str(name)[:50], "list"),
    ),
    "names-upper-case-on-fetch": (
        "fetches names in upper case",
        _set("unique_name", lambda name: str(name).upper(), "fetch"),
    ),
    "escapes-slashes-in-urls": (
        "shows backslashes before the slashes of callback_url",
        _set("callback_url", lambda url: url and str(url).replace("/", "\\/")),
    ),
}

ALTERATIONS = (
    *(
        Alteration(name=name, sentence=sentence, sids=sids)
        for name, (sentence, sids) in SIDS.items()
    ),
    *(
        Alteration(name=name, sentence=sentence, wire=wire)
        for name, (sentence, wire) in WIRES.items()
    ),
    *(
        Alteration(
            name=f"lacks-{name}",
            sentence=f"leaves {name} out of every Service",
            wire=_lacking(name),
        )
        for name in ("sid", "unique_name", "url", "links", *FIELDS)
    ),
    *(
        Alteration(
            name=f"lacks-link-{name}",
            sentence=f"leaves {name} out of links",
            wire=_without_link(name),
        )
        for name in LINKS
    ),
    *(
        Alteration(
            name=f"{operation}-lacks-{name}",
            sentence=f"leaves {name} out of the answer to {operation}",
            wire=_lacking(name, operation),
        )
        for operation, name in (
            ("create", "links"),
            ("create", "date_updated"),
            ("fetch", "default_ttl"),
            ("fetch", "url"),
            ("update", "account_sid"),
            ("update", "unique_name"),
            ("list", "links"),
            ("list", "callback_url"),
            ("list", "geo_match_level"),
        )
    ),
)
