"""Knows what pages of a list, and walks over them, have to look like."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from conformance.harness.checks import (
    accepted,
    differences,
    held,
    lasting,
    that,
)
from conformance.harness.envelope import Walk, items, meta, sids
from conformance.harness.evidence import Exchange
from conformance.harness.expect import Check, NotRun, Unproven, Violation, When, about
from conformance.harness.verdicts import expect
from conformance.harness.walks import Survey

TOO_LONG: Final = "the account has more than the {} pages that were read"


def says(where: str, value: object) -> Check:
    """Accept a page whose meta holds the given value, or does not have that key at all."""

    def check(page: Exchange) -> Iterator[Violation]:
        found = meta(page).get(where, value)
        if found != value or isinstance(found, bool):
            yield Violation(where=f"/meta/{where}", expected=repr(value), found=repr(found))

    return check


def at_most(count: int) -> Check:
    """Accept a page of no more Services than that."""
    return that(
        lambda page: len(items(page)) <= count,
        where="/services",
        expected=f"at most {count} Services",
        found=lambda page: f"{len(items(page))} Services",
    )


def goes_on(page: Exchange) -> bool:
    """Tell whether a page names a next one."""
    return meta(page).get("next_page_url") is not None


def leads_on() -> Check:
    """Accept a page that names a next one."""
    return that(
        goes_on,
        where="/meta/next_page_url",
        expected="the URL of a next page",
        found=lambda page: repr(meta(page).get("next_page_url")),
    )


def fills(count: int) -> Check:
    """Accept a page of just as many Services."""
    return that(
        lambda page: len(items(page)) == count,
        where="/services",
        expected=f"{count} Services",
        found=lambda page: f"{len(items(page))} Services",
    )


def is_page_before(page: Exchange, size: int) -> Check:
    """Accept a page that shows the Services of another, which is the one before.

    Pages need not be full: where that one is not, or where the page has one before it in turn, it
    may begin or end elsewhere.
    """
    wanted = set(sids(page))

    def is_so(shown: Exchange) -> bool:
        elsewhere = len(wanted) < size or meta(shown).get("previous_page_url") is not None
        return set(sids(shown)) == wanted or (elsewhere and bool(wanted & set(sids(shown))))

    return that(
        is_so,
        where="/services",
        expected=f"the Services of that page: {', '.join(sorted(wanted)) or 'none'}",
        found=lambda shown: ", ".join(sorted(sids(shown))) or "none",
    )


def meets(page: Exchange) -> Check:
    """Accept a page that shows what another page does, but for what others did meanwhile."""
    wanted = set(sids(page))
    return that(
        lambda shown: not wanted or bool(wanted & set(sids(shown))),
        where="/services",
        expected=f"Services of that page, such as {min(wanted, default='none')}",
        found=lambda shown: f"{sids(shown)}",
    )


def find(walk: Walk, sid: str) -> tuple[Exchange, Mapping[str, Any] | None]:
    """Give the page that shows a Service, and how; else the last page.

    Raises NotRun where the walk does not show it, and did not come to its end.
    """
    for page in walk.pages:
        for one in items(page):
            if one.get("sid") == sid:
                return page, one
    if walk.cut:
        raise NotRun(TOO_LONG.format(len(walk.pages)))
    return walk.pages[-1], None


def shown_as(service: Mapping[str, Any], *names: str) -> Check:
    """Accept a page whose item shows a Service as a fetch does."""
    wanted = {name: held(service, name) for name in names} if names else lasting(service)

    def check(page: Exchange) -> Iterator[Violation]:
        for index, one in enumerate(items(page)):
            if one.get("sid") == service["sid"]:
                yield from differences(one, wanted, f"/services/{index}")
                return
        yield Violation(
            where="/services", expected=f"to show {service['sid']}", found="no such item"
        )

    return check


def shows_service(sid: str) -> Check:
    """Accept a page that shows a Service of that sid."""
    return that(
        lambda page: sid in sids(page),
        where="/services",
        expected=f"to show {sid}",
        found=lambda page: f"{len(items(page))} other Services",
    )


def lists_not(sid: str) -> Check:
    """Accept a page that does not show a Service."""
    return that(
        lambda page: all(one.get("sid") != sid for one in items(page)),
        where="/services",
        expected=f"not to show {sid}",
        found=lambda _: f"shows {sid}",
    )


def owned_by(account: object) -> Check:
    """Accept a page of Services of one account alone."""
    return that(
        lambda page: _owners(page) <= {str(account).lower()},
        where="/services",
        expected=f"Services of {account} alone",
        found=lambda page: f"of {sorted(_owners(page))}",
    )


def owned_by_others(account: object) -> Check:
    """Accept a page without any Service of an account, where it is known."""
    none_of_it = that(
        lambda page: str(account).lower() not in _owners(page),
        where="/services",
        expected=f"no Service of {account}",
        found=lambda page: f"of {sorted(_owners(page))}",
    )
    return When(lambda _: isinstance(account, str), none_of_it)


def _owners(page: Exchange) -> set[str]:
    return {str(one.get("account_sid")).lower() for one in items(page)}


def misses_nothing(found: Survey) -> Check:
    """Accept a walk in which no Service of ours is missing."""
    return that(
        lambda _: not found.missing,
        where="the walk",
        expected="every Service of the run",
        found=lambda _: f"not {len(found.missing)} of them, such as {min(found.missing)}",
    )


def repeats_nothing(found: Survey) -> Check:
    """Accept a walk in which no Service of ours comes twice."""
    return that(
        lambda _: not found.repeated,
        where="the walk",
        expected="no Service twice",
        found=lambda _: f"{len(found.repeated)} of them, such as {min(found.repeated)}, again",
    )


def ends(found: Survey) -> Check:
    """Accept a walk that came to a last page."""

    def check(_: Exchange) -> Iterator[Violation]:
        if found.walk.circles:
            steps = f"{len(found.walk.pages)} pages, and on in a circle"
            yield Violation(where="the walk", expected="a last page", found=steps)

    return check


def judge(found: Survey) -> None:
    """Judge a walk: everything once, and an end.

    Raises NotRun where it was given up before its end, but for what was wrong until then.
    """
    size, cut = found.page_size, found.walk.cut

    def seen(check: Check, *, enough: bool) -> Check:
        return When(lambda page: enough and page.accepted, check)

    expect(
        found.walk.pages[-1],
        accepted(),
        about("LIST-6", seen(misses_nothing(found), enough=not cut)),
        about("LIST-7", seen(repeats_nothing(found), enough=not cut or bool(found.repeated))),
        about("LIST-14", seen(ends(found), enough=not cut)),
        because=f"the walk has PageSize={size}" if size else "the walk has no PageSize",
    )
    if found.missing or found.repeated:
        raise Unproven("the walk does not show every Service once")
    if cut:
        raise NotRun(TOO_LONG.format(len(found.walk.pages)))
