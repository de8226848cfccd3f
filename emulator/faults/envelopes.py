"""Faults of the envelope of a list: what `meta` says, and where the items stand."""

import re
from collections.abc import Callable, Mapping

from emulator.alterations import Alteration, Wire
from emulator.rewriting import Body, pages


def _meta(edit: Callable[[Body], None]) -> Wire:
    return pages(lambda body: edit(body["meta"]))


def _set(name: str, value: object) -> Wire:
    return _meta(lambda meta: meta.update({name: value}))


def _changing(name: str, change: Callable[[str], str | None]) -> Wire:
    """Change one of the addresses, where there is one."""

    def edit(meta: Body) -> None:
        if meta.get(name):
            meta[name] = change(meta[name])

    return _meta(edit)


def _relative(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def _without_token(url: str) -> str:
    return re.sub("&PageToken=[^&]*", "", url)


def _without_size(url: str) -> str:
    return re.sub("PageSize=[0-9]+&", "", url)


def _items_elsewhere(body: Body) -> None:
    body["items"] = body.pop("services")


def _items_as_map(body: Body) -> None:
    body["services"] = {service["sid"]: service for service in body["services"]}


def _null_for_empty(body: Body) -> None:
    body["services"] = body["services"] or None


def _size_is_count(body: Body) -> None:
    body["meta"]["page_size"] = len(body["services"])


def _number_as_text(body: Body) -> None:
    body["meta"]["page"] = str(body["meta"]["page"])


def _first_is_self_later(meta: Body) -> None:
    if meta["page"] > 1:
        meta["first_page_url"] = meta["url"]


def _self_is_next(meta: Body) -> None:
    if meta["page"] == 0:
        meta["url"] = meta["next_page_url"] or meta["url"]


_REWRITTEN: Mapping[str, tuple[str, Wire]] = {
    "first-page-url-is-self": (
        "names each page's own address in first_page_url",
        _meta(lambda meta: meta.update(first_page_url=meta["url"])),
    ),
    "first-page-url-is-self-on-later-pages": (
        "names each page's own address in first_page_url, from the third page on",
        _meta(_first_is_self_later),
    ),
    "first-page-url-without-size": (
        "leaves PageSize out of first_page_url",
        _changing("first_page_url", _without_size),
    ),
    "self-url-is-first": (
        "names the first page's address in the url of every page",
        _meta(lambda meta: meta.update(url=meta["first_page_url"])),
    ),
    "self-url-of-first-is-next": (
        "names the next page's address in the url of the first page",
        _meta(_self_is_next),
    ),
    "next-url-without-token": (
        "leaves the PageToken out of next_page_url",
        _changing("next_page_url", _without_token),
    ),
    "next-url-without-size": (
        "leaves PageSize out of next_page_url",
        _changing("next_page_url", _without_size),
    ),
    "next-url-relative": (
        "writes next_page_url without scheme and host",
        _changing("next_page_url", _relative),
    ),
    "next-url-elsewhere": (
        "names another path in next_page_url",
        _changing("next_page_url", lambda url: url.replace("/v1/", "/v2/")),
    ),
    "next-url-empty": (
        "writes empty text for next_page_url on the last page",
        _meta(lambda meta: meta.update(next_page_url=meta["next_page_url"] or "")),
    ),
    "self-url-relative": (
        "writes url of meta without scheme and host",
        _changing("url", _relative),
    ),
    "meta-key-wrong": ("names another key in meta", _set("key", "items")),
    "meta-page-always-0": ("shows page 0 for every page", _set("page", 0)),
    "meta-page-size-always-50": ("shows a page_size of 50 for every page", _set("page_size", 50)),
    "meta-page-size-is-count": (
        "shows the number of items in page_size",
        pages(_size_is_count),
    ),
    "meta-page-as-text": ("shows page as text", pages(_number_as_text)),
    "no-meta": ("leaves meta out of lists", pages(lambda body: body.pop("meta"))),
    "items-under-other-key": ("lists under items in place of services", pages(_items_elsewhere)),
    "items-as-map": ("lists an object by sid in place of an array", pages(_items_as_map)),
    "null-for-empty-list": ("lists null where there is nothing", pages(_null_for_empty)),
}


META_KEYS = (
    "first_page_url",
    "key",
    "next_page_url",
    "page",
    "page_size",
    "previous_page_url",
    "url",
)


def _lacking(name: str) -> Wire:
    def edit(meta: Body) -> None:
        meta.pop(name, None)

    return _meta(edit)


ALTERATIONS = (
    *(
        Alteration(name=name, sentence=sentence, wire=wire)
        for name, (sentence, wire) in _REWRITTEN.items()
    ),
    *(
        Alteration(
            name=f"meta-lacks-{name}",
            sentence=f"leaves {name} out of meta",
            wire=_lacking(name),
        )
        for name in META_KEYS
    ),
)
