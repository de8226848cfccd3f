"""Listing Services: pages, the links between them, and walks of a whole account."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pytest

from conformance.harness.api import Api
from conformance.harness.arrange import EXAMPLE, MIXED, UNLIKE, URL_FIELDS, full, settings
from conformance.harness.checks import (
    accepted,
    only_if_accepted,
    status,
    that,
)
from conformance.harness.envelope import Walk, meta, sids
from conformance.harness.evidence import Exchange
from conformance.harness.expect import Check, NotRun, Unproven, Violation, about
from conformance.harness.links import Pages, pages_of_two
from conformance.harness.listing import (
    at_most,
    fills,
    find,
    is_page_before,
    judge,
    leads_on,
    lists_not,
    meets,
    says,
    shown_as,
    shows_service,
)
from conformance.harness.marks import effort, requirement
from conformance.harness.target import Target
from conformance.harness.verdicts import expect, observe
from conformance.harness.walks import survey
from conformance.harness.worker import NewApi, Play, Worker

LATER = effort("ci")
LARGEST_RAGGED: Final = 99
"""Pages are as large as was asked for up to 100."""
RAGGED: Final = 0
"""Stands for a size that does not divide the number of Services."""
SMALL_WALKS: Final = (1000, 1, RAGGED, 2, 3)
"""Page sizes of walks over the few; the small ones only where the account is small."""
THRIFTY_WALKS: Final = (1000, 1, RAGGED)
MOST_STEPS: Final = 25
"""Pages of a walk at a size that is given; at more the whole account is walked at once instead."""
THRIFTY_STEPS: Final = 7
"""Of a thrifty run: where there are more, its pages are larger."""
FEW_STEPS: Final = 3
"""Pages of a walk at a size that does not divide the number of Services."""
FEW_PAGES: Final = 12
LONG_URL: Final = f"{EXAMPLE}/".ljust(4000, "a")
UPDATED: Final = "it was updated before"


def few(api: Api, target: Target) -> list[str]:
    """Create Services that a list may mix up: with long URLs, and with names that are nearly one.

    Where a target takes the two names for the same, the second Service has another.
    """
    name, long = api.name(), {field: f"{EXAMPLE}/{field * 20}" for field in URL_FIELDS}
    first = full(api, target, name, **long)
    alike = api.create({"UniqueName": name.upper()})
    second = alike.object() if alike.accepted and "sid" in alike.object() else api.given()
    return [str(one["sid"]) for one in (first, second, api.given())]


def paged(api: Api, target: Target, sizes: tuple[int, ...]) -> Pages:
    """Create a few Services, walk the account, and follow each link of the first pages."""
    services = {*few(api, target), *api.alive()}
    whole = survey(api, services, 1000)
    count = sum(1 for _ in whole.walk.items())
    surveys = {1000: whole}
    for size in sizes[1:]:
        small = count <= (size * MOST_STEPS or ragged(count) * FEW_STEPS)
        least = -(-count // THRIFTY_STEPS) if sizes == THRIFTY_WALKS else 1
        asked = max(size, least) if size else ragged(count)
        surveys[size] = survey(api, services, asked) if small else whole
    return pages_of_two(api, surveys)


def ragged(count: int) -> int:
    """Give an odd size of pages of which the last is not full; the largest, for few pages."""
    odd = range(min(count - 1 - count % 2, LARGEST_RAGGED), 1, -2)
    return next((size for size in odd if count % size), 2)


@pytest.fixture(scope="session")
def pages(play: Play, target: Target, worker: Worker) -> Pages:
    """Follow each link of the first pages of a list."""
    sizes = THRIFTY_WALKS if worker.values["effort"] == "probe" else SMALL_WALKS
    return play(lambda api: paged(api, target, sizes))


@requirement("LIST-1")
def test_a_list_answers_200(pages: Pages) -> None:
    """A vendor client refuses anything else."""
    expect(pages.first, status(200))


@requirement("LIST-2", "LIST-3", "LIST-4")
def test_a_list_has_its_envelope(pages: Pages) -> None:
    """An array under services, and meta; each page of the run is held against it as well."""
    expect(
        pages.first,
        accepted(),
        that(
            lambda page: isinstance(page.object().get("services"), list) and bool(meta(page)),
            where="body",
            expected="services and meta",
            found=lambda page: f"{sorted(page.object())}",
        ),
    )


@requirement("LIST-10")
def test_a_page_holds_as_many_as_were_asked_for(pages: Pages) -> None:
    """At most; and says so."""
    expect(pages.first, accepted(), at_most(2), says("page_size", 2))


@requirement("LIST-20")
def test_the_next_page_is_as_large(pages: Pages) -> None:
    """The size is kept by the link."""
    expect(pages.several().second, accepted(), at_most(2), says("page_size", 2))


@requirement("LIST-21")
def test_a_page_leads_on_while_there_are_more(pages: Pages) -> None:
    """Three Services and more are there, two are shown."""
    if not pages.first.accepted:
        raise Unproven(f"a list with PageSize=2 was answered {pages.first.status}")

    expect(pages.second, about("LIST-6", accepted()), because="next_page_url leads there")
    expect(pages.first, at_most(2), leads_on())


@requirement("LIST-12")
def test_a_page_that_leads_on_is_full(pages: Pages) -> None:
    """PageSize is how many to return, not how many at most."""
    expect(pages.several().first, fills(2))


@requirement("LIST-13")
def test_the_first_page_is_page_0_and_has_none_before_it(pages: Pages) -> None:
    """As in the sample."""
    expect(pages.first, accepted(), says("page", 0), says("previous_page_url", None))


@requirement("LIST-19")
def test_pages_are_counted(pages: Pages) -> None:
    """The next page after 0 is 1."""
    expect(pages.several().second, accepted(), says("page", 1))


@requirement("LIST-18")
def test_a_later_page_has_one_before_it(pages: Pages) -> None:
    """The document calls it nullable, so this is no more than expected."""
    expect(
        pages.several().second,
        accepted(),
        that(
            lambda page: isinstance(meta(page).get("previous_page_url"), str),
            where="/meta/previous_page_url",
            expected="the URL of the page before",
            found=lambda page: repr(meta(page).get("previous_page_url")),
        ),
    )


@requirement("LIST-17")
def test_the_link_to_the_page_before_leads_there(pages: Pages) -> None:
    """From the second page back to the first."""
    previous = pages.linked().previous
    if previous is None:
        raise NotRun("the second page has no previous_page_url, which LIST-18 is about")

    expect(
        previous,
        accepted(),
        is_page_before(pages.first, 2),
        about("LIST-20", at_most(2), says("page_size", 2)),
        because="it is the page before",
    )


@requirement("LIST-15")
def test_the_link_to_the_first_page_leads_there(pages: Pages) -> None:
    """From the second page, too."""
    first_again = pages.linked().first_again
    if first_again is None:
        raise Unproven("the second page has no first_page_url")

    expect(
        first_again,
        accepted(),
        says("page", 0),
        says("previous_page_url", None),
        meets(pages.first),
        about("LIST-20", at_most(2), says("page_size", 2)),
        because="it is the first page",
    )


@requirement("LIST-16")
def test_the_url_of_a_page_leads_to_it(pages: Pages) -> None:
    """The second page, again."""
    itself = pages.linked().itself
    if itself is None:
        raise Unproven("the second page has no url")

    expect(
        itself,
        accepted(),
        meets(pages.second),
        about("LIST-20", at_most(2), says("page_size", 2)),
        because="it is the same page",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """How a list shows a Service: created, updated, deleted."""

    fetched: Exchange
    created: Walk
    updated: Exchange
    deleted: Exchange
    """The delete of another Service, which the first walk may show."""
    other: str
    changed: Walk
    """A walk after the update, and after the delete of the other one."""


def listing(api: Api, target: Target) -> Listed:
    unlike = {"CallbackUrl": LONG_URL, "GeoMatchLevel": "area-code"}
    sid = full(api, target, api.name_of(191, MIXED), **unlike)["sid"]
    fetched = api.fetch(sid)
    other = api.given()["sid"]
    created = survey(api, [sid], 1000).walk
    updated = api.update(sid, {**settings(target, "u"), **UNLIKE, "UniqueName": api.name()})
    deleted = api.delete(other)
    return Listed(
        fetched=fetched,
        created=created,
        updated=updated,
        deleted=deleted,
        other=other,
        changed=survey(api, [sid], 1000).walk,
    )


@pytest.fixture(scope="session")
def listed(play: Play, target: Target) -> Listed:
    """Walk the account after Services were created, and after an update and a delete."""
    return play(lambda api: listing(api, target))


@requirement("LIST-5", "LIST-8")
def test_a_service_is_listed_as_soon_as_it_is_created(listed: Listed) -> None:
    """Fully, as a fetch shows it; a second walk is made before a list is blamed."""
    service = listed.fetched.object()
    sid = str(service.get("sid"))
    page, found = find(listed.created, sid)
    if not listed.fetched.accepted:
        raise Unproven(f"a fetch of the Service was answered {listed.fetched.status}")

    if found is not None:
        expect(page, about("LIST-8", shown_as(service)))
    expect(page, accepted(), shows_service(sid), because="it was created before")


@requirement("LIST-23")
def test_a_list_shows_an_update_at_once(listed: Listed) -> None:
    """Each property of it."""
    service = listed.updated.object()
    if not listed.updated.accepted:
        raise Unproven(f"an update was answered {listed.updated.status}")

    page, found = find(listed.changed, str(service.get("sid")))
    if found is None:
        expect(page, about("LIST-6", shows_service(str(service.get("sid")))), because=UPDATED)
        raise Unproven("the list does not show the Service at all")
    expect(page, accepted(), shown_as(service), because=UPDATED)


@requirement("LIST-22")
def test_a_deleted_service_is_listed_no_more(listed: Listed) -> None:
    """At once; others cannot be the cause of it."""
    sid = listed.other
    if not listed.deleted.accepted:
        raise Unproven(f"the delete was answered {listed.deleted.status}")

    page, _ = find(listed.changed, sid)
    expect(page, accepted(), lists_not(sid), because=f"{sid} was deleted")


@requirement("LIST-11")
@LATER
@pytest.mark.parametrize("size", [1, 100, 101, 999, 1000])
def test_page_sizes_from_1_to_1000_are_accepted(new_api: NewApi, size: int) -> None:
    """How many a page then holds beyond 100 is not known."""
    page = new_api().list(PageSize=size)

    within = (at_most(size), says("page_size", size)) if size <= 100 else (at_most(size),)
    expect(
        page,
        status(200),
        about("LIST-10", *map(only_if_accepted, within)),
        because=f"PageSize is {size}",
    )


@requirement("LIST-6", "LIST-7", "LIST-14")
@pytest.mark.parametrize(
    "size",
    [
        pytest.param(
            size,
            id="ragged" if size is RAGGED else str(size),
            marks=() if size in THRIFTY_WALKS else LATER,
        )
        for size in SMALL_WALKS
    ],
)
def test_a_walk_shows_every_service_once(pages: Pages, size: int) -> None:
    """At small sizes where the account is small; in large pages where it is not."""
    found = pages.surveys[size]
    first, asked = found.walk.pages[0], found.page_size
    within = [at_most(asked), says("page_size", asked)] if asked and asked <= 100 else []

    expect(
        first,
        about("LIST-11", status(200)),
        about("LIST-10", *map(only_if_accepted, within)),
        because=f"PageSize is {asked}",
    )
    judge(found)


@requirement("LIST-17", "LIST-19", "LIST-20")
@pytest.mark.parametrize(
    "size", [1, pytest.param(RAGGED, id="ragged"), pytest.param(2, marks=LATER)]
)
def test_all_pages_of_a_small_walk_say_where_they_are(pages: Pages, size: int) -> None:
    """Each counts one more, is as large as was asked for, and leads back to another page."""
    found = pages.surveys[size]
    asked = found.page_size
    if not asked or asked > LARGEST_RAGGED + 1:
        raise NotRun("the account is too large for small pages")

    for number, page in enumerate(found.walk.pages):
        expect(
            page,
            leads_back_from(number),
            about("LIST-19", only_if_accepted(says("page", number))),
            about("LIST-20", only_if_accepted(at_most(asked)), says("page_size", asked)),
            because=f"it is page {number} of a walk with PageSize={asked}",
        )


def leads_back_from(number: int) -> Check:
    """Accept a page whose link to the one before is neither to itself nor to one before that."""

    def check(page: Exchange) -> Iterator[Violation]:
        link = meta(page).get("previous_page_url")
        for name in ("url", "first_page_url") if number > 1 else ("url",):
            if isinstance(link, str) and link == meta(page).get(name):
                yield Violation(
                    where="/meta/previous_page_url",
                    expected=f"the page before page {number}",
                    found=f"the {name} of this page",
                )

    return check


@requirement("LIST-9")
def test_the_default_page_size_is_50(new_api: NewApi) -> None:
    """Whether there are as many or not."""
    page = new_api().list()

    expect(page, accepted(), at_most(50), says("page_size", 50))


OUTSIDE: Final = {
    "LIST-26": ("PageSize=0", "PageSize=-1", "PageSize=1001", "PageSize=x", "PageSize="),
    "LIST-27": ("Page=1", "Page=-1", "Page=x"),
    "LIST-28": ("PageToken=x", "PageToken=%00", "Page=1&PageToken=PTAAAA"),
}


@pytest.mark.parametrize(
    ("id", "query"),
    [
        pytest.param(
            id,
            query,
            id=query,
            marks=[requirement(id), *([LATER] if index or id != "LIST-26" else [])],
        )
        for id, queries in OUTSIDE.items()
        for index, query in enumerate(queries)
    ],
)
def test_pages_that_nobody_asks_for(new_api: NewApi, id: str, query: str) -> None:
    """Recorded, never judged, but that it is no 5xx: sources say what is within bounds alone."""
    answer = new_api().send("GET", f"/v1/Services?{query}")

    observe(id, f"list with {query}", answer)


@requirement("LIST-29")
@LATER
def test_a_walk_while_services_come_and_go(new_api: NewApi) -> None:
    """Recorded, never judged: no source says what a walk shows of what changes meanwhile."""
    api = new_api()
    stays = [api.given()["sid"] for _ in range(4)]
    page = api.list(PageSize=2)
    api.delete(stays.pop(1))
    api.given()
    rest = [page]
    while isinstance(url := meta(rest[-1]).get("next_page_url"), str) and len(rest) < FEW_PAGES:
        rest.append(api.follow(url))
    seen = [sid for one in rest for sid in sids(one) if sid in stays]

    observe("LIST-29", "walk during which one Service was deleted and one created", rest[-1],
            f"{len(set(seen))} of {len(stays)} Services that stayed, {len(seen) - len(set(seen))} repeated")  # fmt: skip
