"""What can be judged of an account by reading alone: whatever Services are there, and its list.

These run where --read-only forbids the stories that create Services of their own.
"""

from dataclasses import dataclass
from typing import Any, Final

import pytest

from conformance.harness.api import Api
from conformance.harness.arrange import WHO
from conformance.harness.checks import (
    accepted,
    code,
    is_about,
    only_if_accepted,
    only_if_turned_away,
    out_of_reach,
    same_as,
    status,
    turned_away,
)
from conformance.harness.envelope import items
from conformance.harness.evidence import Credentials, Exchange
from conformance.harness.expect import NotRun, about
from conformance.harness.links import Pages, pages_of_two
from conformance.harness.listing import (
    at_most,
    ends,
    fills,
    is_page_before,
    leads_on,
    lists_not,
    meets,
    owned_by,
    repeats_nothing,
    says,
    shown_as,
)
from conformance.harness.marks import requirement
from conformance.harness.names import unknown_sid
from conformance.harness.verdicts import TRIED_ELSEWHERE, expect
from conformance.harness.walks import Survey, survey
from conformance.harness.worker import Play, Worker

LEAST: Final = 3
"""Services without which pages of two lead nowhere."""
SAMPLE: Final = 4
"""Services that are fetched, evenly spread over the account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One Service of the account: as a list shows it, and as two fetches do."""

    sid: str
    page: Exchange
    first: Exchange
    second: Exchange

    @property
    def keeps_still(self) -> bool:
        """Whether nobody changed it meanwhile, as far as can be seen."""
        return self.first.accepted and self.first.parsed == self.second.parsed

    @property
    def is_listed(self) -> bool:
        """Whether the walk met it: others who delete may make a page skip it."""
        return any(one.get("sid") == self.sid for one in items(self.page))


@dataclass(frozen=True, slots=True, kw_only=True)
class There:
    """What is there."""

    whole: Survey
    pages: Pages | None
    sample: tuple[Fetched, ...]
    at_work: bool
    """Whether each of the sample was changed, and some are so without being fetched."""
    strangers: dict[tuple[Credentials, str], Exchange]

    def paged(self) -> Pages:
        if self.pages is None:
            raise NotRun(
                f"the account has less than {LEAST} Services, and --read-only creates none"
            )
        return self.pages

    def some(self) -> tuple[Fetched, ...]:
        if not self.sample:
            raise NotRun("the account has no Service, and --read-only creates none")
        return self.sample


def reading(api: Api) -> There:
    """Walk the account, follow the links of its first pages, and fetch a few of its Services."""
    known = [str(one.get("sid")) for one in api.walk(1000).items()]
    whole = survey(api, known, 1000)
    pages = pages_of_two(api, {1000: whole}) if len(known) >= LEAST else None
    sample = tuple(fetched(api, sid) for sid in spread(known))
    return There(
        whole=whole,
        pages=pages,
        sample=sample,
        at_work=bool(sample)
        and not any(one.keeps_still for one in sample)
        and changes(api, sample),
        strangers=as_strangers(api, known[0] if known else unknown_sid()),
    )


def spread(sids: list[str]) -> list[str]:
    step = max(1, len(sids) // SAMPLE)
    return sids[::step][:SAMPLE]


def fetched(api: Api, sid: str) -> Fetched:
    """Fetch a Service before and after a page that shows it."""
    first = api.fetch(sid)
    walk = api.walk(1000)
    page = next(
        (p for p in walk.pages if any(one.get("sid") == sid for one in items(p))), walk.pages[0]
    )
    return Fetched(sid=sid, page=page, first=first, second=api.fetch(sid))


def changes(api: Api, sample: tuple[Fetched, ...]) -> bool:
    """Tell whether what lists show of Services changes in as long a time as fetches of them took."""
    sids = {one.sid for one in sample}
    first, _, last = (
        [one for one in api.walk(1000).items() if one.get("sid") in sids] for _ in range(3)
    )
    return first != last


def as_strangers(api: Api, sid: str) -> dict[tuple[Credentials, str], Exchange]:
    """Try to read the account as everybody who may not."""
    found: dict[tuple[Credentials, str], Exchange] = {}
    for who in WHO:
        found[who, "list"] = api.list(credentials=who)
        found[who, "fetch"] = api.fetch(sid, credentials=who)
    return found


@pytest.fixture(scope="session")
def there(play: Play, worker: Worker) -> There:
    """Read what is there, in a run that may do nothing else."""
    if not worker.values["read_only"]:
        raise NotRun(TRIED_ELSEWHERE)
    return play(reading)


@requirement("LIST-7", "LIST-14")
def test_a_walk_shows_no_service_twice_and_ends(there: There) -> None:
    """In large pages; what is missing may have been deleted by others."""
    last = there.whole.walk.pages[-1]
    ending = about("LIST-14", only_if_accepted(ends(there.whole)))

    expect(last, accepted(), repeats_nothing(there.whole), ending)


@requirement("LIST-10", "LIST-21", "LIST-13")
def test_the_first_page_is_as_it_was_asked_for(there: There) -> None:
    """Two Services of more, on page 0."""
    expect(
        there.paged().first,
        accepted(),
        at_most(2),
        says("page_size", 2),
        about("LIST-21", leads_on()),
        about("LIST-12", fills(2)),
        about("LIST-13", says("page", 0), says("previous_page_url", None)),
    )


@requirement("LIST-20", "LIST-19")
def test_the_next_page_follows(there: There) -> None:
    """As large as the first, and counted."""
    second = there.paged().several().second

    expect(second, accepted(), at_most(2), says("page_size", 2), about("LIST-19", says("page", 1)))


LINKS: Final = {"LIST-15": "first_again", "LIST-16": "itself", "LIST-17": "previous"}


@pytest.mark.parametrize(
    "link", [pytest.param(name, marks=requirement(id)) for id, name in LINKS.items()]
)
def test_the_links_of_a_page_lead_where_they_say(there: There, link: str) -> None:
    """To the first page, to itself, to the one before."""
    pages = there.paged().linked()
    led = getattr(pages, link)
    if led is None:
        raise NotRun(f"the second page has no link of the kind {link}")

    leads_there = {
        "itself": meets(pages.second),
        "first_again": meets(pages.first),
        "previous": is_page_before(pages.first, 2),
    }
    expect(led, accepted(), at_most(2), leads_there[link])


@requirement("FETCH-3", "FETCH-1")
def test_a_fetch_shows_the_service_of_its_sid(there: There) -> None:
    """Each of a few that are there; one that is gone by now was deleted by others."""
    for one in there.some():
        if one.first.status in {400, 404, 410}:
            continue
        expect(one.first, about("FETCH-1", status(200)), is_about(one.sid))


@requirement("FETCH-9")
def test_fetching_changes_nothing(there: There) -> None:
    """A few Services are fetched twice; if only some differ, others are at work."""
    sample = [one for one in there.some() if one.first.accepted and one.second.accepted]
    moved = [one for one in sample if not one.keeps_still]
    if len(sample) < LEAST:
        raise NotRun("too few Services are there to tell what others do to them")
    if there.at_work:
        raise NotRun("others change the Services that were looked at")

    for one in moved if len(moved) == len(sample) else ():
        expect(one.second, same_as(one.first.object()), because="nothing but fetches was sent")


@requirement("LIST-8")
def test_items_of_a_list_are_shown_as_a_fetch_does(there: There) -> None:
    """Where a fetch before the list and one after it agree."""
    still = [one for one in there.some() if one.is_listed and one.keeps_still]
    if not still:
        raise NotRun("others changed each of the Services that were looked at")

    for one in still:
        expect(one.page, accepted(), shown_as(one.first.object()))


@requirement("SERVICE-20")
def test_the_url_of_a_service_answers_with_it(there: There, play: Play) -> None:
    """On the base URL."""
    urls = ((one.first.object().get("url"), one.sid) for one in there.some() if one.keeps_still)
    url, sid = next(urls, (None, ""))
    if not isinstance(url, str):
        raise NotRun("no Service that keeps still shows a url")

    answer, after = play(lambda api: (api.follow(url, operation="fetch"), api.fetch(sid)))

    if not after.accepted:
        raise NotRun("others deleted the Service meanwhile")
    expect(answer, accepted(), is_about(sid))


@requirement("LIST-24")
def test_all_services_are_of_one_account(there: There) -> None:
    """That of the Service which was fetched."""
    shown = [one.first.object() for one in there.some() if one.first.accepted]
    account: Any = shown[0].get("account_sid") if shown else None
    if account is None:
        raise NotRun("each of the Services that were looked at is gone by now")

    for page in there.whole.walk.pages:
        expect(page, accepted(), owned_by(account))


READS: Final = [
    pytest.param(who, operation, id=f"{operation} with {who}", marks=requirement(id))
    for who, id in WHO.items()
    for operation in ("list", "fetch")
]


@pytest.mark.parametrize(("who", "operation"), READS)
def test_whoever_may_not_read_is_turned_away(
    there: There, who: Credentials, operation: str
) -> None:
    """With 401 and its code, as it should be."""
    expect(
        there.strangers[who, operation],
        turned_away(),
        about("ACCESS-5", only_if_turned_away(status(401))),
        about("ACCESS-6", only_if_turned_away(code(20003))),
        because=f"{operation} with {who.replace('-', ' ')}",
    )


@requirement("ACCESS-7", "ACCESS-10")
def test_another_account_neither_fetches_nor_lists_it(there: There, play: Play) -> None:
    """As if it were not there, or forbidden."""
    sid = there.some()[0].sid

    fetched = play(lambda api: api.fetch(sid, credentials="other-account"))
    listed = play(lambda api: api.list(credentials="other-account"))

    expect(fetched, out_of_reach())
    expect(listed, about("ACCESS-10", accepted(), lists_not(sid)))
