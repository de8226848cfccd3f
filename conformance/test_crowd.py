"""More than a hundred Services at once: walks of the account, and names among many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

import pytest

import strategies
from conformance.harness.api import Api
from conformance.harness.arrange import URL_FIELDS, chat
from conformance.harness.checks import (
    KEPT,
    accepted,
    leaves_defaults,
    only_after_accepted,
    only_after_all,
    refused,
    refused_as_taken,
    same_as,
    shows_form,
    that,
)
from conformance.harness.envelope import Walk, items, meta
from conformance.harness.evidence import Exchange
from conformance.harness.expect import Check, NotRun, Unproven, about
from conformance.harness.listing import at_most, fills, find, judge, leads_on, meets, says, shown_as
from conformance.harness.marks import effort, requirement
from conformance.harness.target import Target
from conformance.harness.verdicts import expect, observe
from conformance.harness.walks import RoundTrip, Survey, survey, there_and_back
from conformance.harness.worker import Play

LATER = effort("ci")
MANY: Final = 105
ENOUGH: Final = 101
MIDST: Final = ENOUGH // 2
"""Where those are that get updated."""
FETCHED: Final = 9
"""One of so many is fetched as well."""
FREED: Final = (5, 8, 20, 26)
"""Who is deleted in the end: names of accented letters, of ideographs, of flags, for private use."""
LARGE_WALKS: Final = (1000, 100, 101, None, 20, 33)
FEW_STEPS: Final = 12
"""Pages that a walk of many Services may take; where there are more, it takes larger pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """What walks of an account with more than a hundred Services show, by page size."""

    created: tuple[tuple[dict[str, str], Exchange], ...]
    """What each of them sent, and was answered."""
    sids: tuple[str, ...]
    fetched: tuple[tuple[Exchange, Exchange], ...]
    """The creates of some, and a fetch of each."""
    surveys: dict[int | None, Survey]
    """By page size, as far as the account is not too large for it."""
    first: Exchange
    """The first page of a list that asks for no size."""
    one_left: Survey | None
    """A walk whose last page holds one Service, where there is a page size for that."""
    duplicates: tuple[Exchange, ...]
    """Creates with the names of the oldest, of the youngest, and of some of every alphabet.

    The oldest is updated and tried again after the others; the youngest was refused other names.
    """
    renamed: tuple[Exchange, ...]
    """Updates of the youngest to the names of the second oldest, and of those."""
    kept: Exchange
    """The youngest, after that."""
    updated: tuple[tuple[dict[str, str], Exchange], ...]
    """What updates of some sent, a new name among it, and were answered."""
    freed: tuple[tuple[Exchange, Exchange, Exchange], ...]
    """Deletes of some, after all else, fetches of them, and creates with their names."""
    trip: RoundTrip
    lost: frozenset[str]
    """What no page showed on the way back, twice."""

    def walked(self, size: int | None) -> Survey:
        if size not in self.surveys:
            raise NotRun(f"the account is too large to be walked in pages of {size or 50}")
        return self.surveys[size]


def crowded(api: Api, target: Target) -> Crowd:
    created = gathered(api, target)
    made = those_made(api, created)
    known = tuple(sid for _, sid in made)
    fetched = tuple(
        (answer, api.fetch(str(answer.object().get("sid"))))
        for _, answer in created[::FETCHED]
        if answer.accepted
    )
    surveys = surveyed(api, known)
    renamed, duplicates = tried_again(api, made)
    updated = changed(api, target, known)
    trip, lost = round_trip(api, 20 if 20 in surveys else 100)
    one_left = left_alone(api, known, surveys)
    first = surveys[None].walk.pages[0] if None in surveys else api.list()
    kept = api.fetch(known[-1])
    return Crowd(
        created=created,
        sids=known,
        fetched=fetched,
        surveys=surveys,
        first=first,
        one_left=one_left,
        duplicates=duplicates,
        renamed=renamed,
        kept=kept,
        updated=updated,
        freed=freed(api, [made[at] for at in FREED] + renamed_to(known, updated)),
        trip=trip,
        lost=lost & set(known),
    )


def those_made(
    api: Api, created: Sequence[tuple[dict[str, str], Exchange]]
) -> list[tuple[str, str]]:
    """Give names and sids of those that were created; there have to be enough of them."""
    made = [
        (form["UniqueName"], sid)
        for form, answer in created
        if answer.accepted and isinstance(sid := answer.object().get("sid"), str)
    ]
    if len(made) < len(created) and api.is_full():
        raise NotRun(f"the account takes no more than {len(made)} Services of this run")
    if len(made) < ENOUGH:
        raise Unproven(f"only {len(made)} of {MANY} Services were created")
    return made


def surveyed(api: Api, known: Sequence[str]) -> dict[int | None, Survey]:
    """Walk the account in large pages, and in smaller ones as far as it is not too large."""
    whole = survey(api, known, 1000)
    count = sum(1 for _ in whole.walk.items())
    fit = [size for size in LARGE_WALKS[1:] if count <= (size or 50) * FEW_STEPS]
    return {1000: whole} | {size: survey(api, known, size) for size in fit}


def left_alone(
    api: Api, known: Sequence[str], surveys: Mapping[int | None, Survey]
) -> Survey | None:
    """Walk in pages of which the last holds one Service, where there is a size for that."""
    count = sum(1 for _ in surveys[1000].walk.items())
    size = next((size for size in range(100, 19, -1) if count % size == 1), None)
    return None if size is None else survey(api, known, size)


def tried_again(
    api: Api, made: Sequence[tuple[str, str]]
) -> tuple[tuple[Exchange, ...], tuple[Exchange, ...]]:
    """Rename the youngest to names that are taken, and create with them; the oldest's twice."""
    oldest, youngest = made[0], made[-1]
    taken = [name for name, _ in made[1 : 2 + len(strategies.ALPHABETS)]]
    renamed = [api.update(youngest[1], {"UniqueName": name, "DefaultTtl": "8"}) for name in taken]
    duplicates = [create_again(api, name) for name in (oldest[0], youngest[0], *taken[1:])]
    api.update(oldest[1], {"DefaultTtl": "9"})
    duplicates.append(create_again(api, oldest[0]))
    return tuple(renamed), tuple(duplicates)


def round_trip(api: Api, size: int) -> tuple[RoundTrip, frozenset[str]]:
    """Walk there and back, again where that leaves something out; give what it left out each time."""
    with api.wire.quiet.alone():
        trip = there_and_back(api, size)
        lost = trip.left_out()
        if lost:
            trip = there_and_back(api, size)
            lost &= trip.left_out()
    return trip, lost


def create_again(api: Api, name: str) -> Exchange:
    return api.create({"UniqueName": name, "DefaultTtl": "8"})


def gathered(api: Api, target: Target) -> tuple[tuple[dict[str, str], Exchange], ...]:
    """Create Services that have little in common; give what each sent, and its answer."""
    parts = [
        (one.head, one.tail, one.form | (chat(target) if one.has_chat else {}))
        for one in strategies.mixtures(MANY)
    ]
    answers = api.crowd(parts)
    return tuple((sent(answers[place]), answers[place]) for place in sorted(answers))


def renamed_to(
    known: Sequence[str], updated: Sequence[tuple[dict[str, str], Exchange]]
) -> list[tuple[str, str]]:
    """Give names and sids of a few that were renamed."""
    return [
        (form["UniqueName"], known[MIDST + number])
        for number, (form, answer) in enumerate(updated[:2])
        if answer.accepted
    ]


def freed(
    api: Api, who: Sequence[tuple[str, str]]
) -> tuple[tuple[Exchange, Exchange, Exchange], ...]:
    """Delete some, of which names and sids are given; look for them, and use their names again."""
    return tuple(
        (api.delete(sid), api.fetch(sid), api.create({"UniqueName": name})) for name, sid in who
    )


def sent(write: Exchange) -> dict[str, str]:
    """Read what a create or an update sent: what its answer shows may be anybody's."""
    return dict(parse_qsl(write.whole.request_body.decode()))


def changed(
    api: Api, target: Target, known: Sequence[str]
) -> tuple[tuple[dict[str, str], Exchange], ...]:
    """Update some in the midst of them to what others hold, with new names of every alphabet.

    Of some, URLs are cleared beside that.
    """
    many = strategies.mixtures(MANY)
    clearing = [{}, {}, {}, dict.fromkeys(URL_FIELDS[1:], "")]
    done = []
    for number in range(len(strategies.ALPHABETS)):
        cleared = {} if "clearing" in target.lacks else clearing[number % len(clearing)]
        form = {
            "UniqueName": api.name(many[2 + number].tail, head=many[2 + number].head),
            **many[number].form,
            **cleared,
        }
        done.append((form, api.update(known[MIDST + number], form)))
    return tuple(done)


@pytest.fixture(scope="session")
def crowd(play: Play, target: Target) -> Crowd:
    """Create more than a hundred Services, and walk the account at several sizes."""
    return play(lambda api: crowded(api, target))


@requirement("CREATE-23", *sorted(set(KEPT.values())))
@LATER
def test_many_services_are_kept_as_they_were_sent(crowd: Crowd) -> None:
    """Each with another name, and other values beside each other."""
    for form, answer in crowd.created:
        because = f"{', '.join(form)} were sent"
        kept = (
            about(row, shows_form({name: form[name]})) for name, row in KEPT.items() if name in form
        )
        expect(answer, accepted(), because=because)
        expect(answer, leaves_defaults(form), *kept, because=because)


@requirement("FETCH-2")
@LATER
def test_a_fetch_shows_many_services_as_their_creates_did(crowd: Crowd) -> None:
    """Whatever they hold."""
    for answer, fetched in crowd.fetched:
        expect(fetched, accepted(), same_as(answer.object()))


CHANGED: Final = {
    "UniqueName": "UPDATE-23",
    "DefaultTtl": "UPDATE-4",
    "GeoMatchLevel": "UPDATE-8",
    "NumberSelectionBehavior": "UPDATE-9",
    "CallbackUrl": "UPDATE-5",
    "InterceptCallbackUrl": "UPDATE-6",
    "OutOfSessionCallbackUrl": "UPDATE-7",
}
"""Whose requirement it is that an update changes a parameter."""


@requirement("UPDATE-13", "UPDATE-16", "LIST-23", *CHANGED.values())
@LATER
def test_many_updates_change_what_they_send(crowd: Crowd) -> None:
    """Each to another name, and other values beside each other; and a list shows them."""
    listed = Walk(pages=crowd.trip.forth, circles=False)
    for form, answer in crowd.updated:
        because = f"{', '.join(form)} were sent"
        kept = (
            about(row if form[name] else "UPDATE-16", shows_form({name: form[name]}))
            for name, row in CHANGED.items()
            if name in form
        )
        expect(answer, accepted(), because=because)
        expect(answer, *kept, because=because)
        page, found = find(listed, str(answer.object().get("sid")))
        if found is not None:
            expect(page, about("LIST-23", shown_as(answer.object())), because=because)


@requirement("LIST-8")
@LATER
def test_a_list_shows_many_services_as_their_creates_did(crowd: Crowd) -> None:
    """Whatever they hold."""
    walk = crowd.surveys[1000].walk
    for _, answer in crowd.created:
        page, found = find(walk, str(answer.object().get("sid")))
        if found is not None:
            expect(page, accepted(), shown_as(answer.object()))


@requirement("LIST-6", "LIST-7", "LIST-14")
@LATER
@pytest.mark.parametrize("size", LARGE_WALKS)
def test_a_walk_of_many_services_shows_each_once(crowd: Crowd, size: int | None) -> None:
    """More than fifty, and more than a hundred."""
    judge(crowd.walked(size))


@requirement("NAME-1", "REFUSE-24")
@LATER
def test_a_name_is_taken_however_many_there_are(crowd: Crowd) -> None:
    """Whatever it is made of; and what was refused is shown by no list."""
    for duplicate in crowd.duplicates:
        name = sent(duplicate)["UniqueName"]
        same = [one for one in crowd.duplicates if sent(one)["UniqueName"] == name]
        expect(
            crowd.trip.forth[-1],
            about("REFUSE-24", only_after_all(same, shown_once(name, crowd.trip.forth))),
            because="a second create of that name was refused",
        )
        because = f"another of {len(crowd.sids)} Services has the name {name!r}"
        expect(duplicate, refused_as_taken(name, keeps="CREATE-17"), because=because)


@requirement("NAME-3", "DELETE-3")
@LATER
def test_the_names_of_deleted_services_are_free_again(crowd: Crowd) -> None:
    """Whatever they are made of, and whether they are the first names or not."""
    for deleted, gone, again in crowd.freed:
        because = "the Service was deleted"
        expect(gone, about("DELETE-3", only_after_accepted(deleted, refused())), because=because)
        because = "the Service that had the name was deleted"
        expect(again, only_after_accepted(deleted, accepted()), because=because)


def shown_once(name: str, pages: Sequence[Exchange]) -> Check:
    """Accept a walk that shows one Service of a name at most, however often."""
    found = {
        str(one.get("sid"))
        for page in pages
        for one in items(page)
        if one.get("unique_name") == name
    }
    return that(
        lambda _: len(found) <= 1,
        where="the walk",
        expected=f"one Service named {name}",
        found=lambda _: f"{len(found)}: {', '.join(sorted(found))}",
    )


@requirement("NAME-2", "REFUSE-25")
@LATER
def test_a_name_stays_taken_on_update_however_many_there_are(crowd: Crowd) -> None:
    """The youngest may have none of the names of the others, and keeps its own."""
    youngest = next(answer for _, answer in reversed(crowd.created) if answer.accepted)
    for update in crowd.renamed:
        name = sent(update)["UniqueName"]
        because = f"another Service has the name {name!r}"
        expect(update, refused_as_taken(name, keeps="UPDATE-23"), because=because)

    expect(
        crowd.kept,
        about("REFUSE-25", only_after_all(crowd.renamed, same_as(youngest.object()))),
        because="updates to the names of others were refused",
    )


@requirement("LIST-6", "LIST-7", "LIST-14")
@LATER
def test_a_walk_shows_what_is_left_for_its_last_page(crowd: Crowd) -> None:
    """One Service alone."""
    found = crowd.one_left
    if found is None:
        raise NotRun("no page size leaves one Service for the last page of this account")

    judge(found)


@requirement("LIST-9")
@LATER
def test_a_page_holds_50_by_default(crowd: Crowd) -> None:
    """Of more than a hundred; and leads on to the others."""
    first = crowd.first

    expect(
        first, accepted(), at_most(50), says("page_size", 50), about("LIST-21", leads_on()),
        about("LIST-12", fills(50)),
    )  # fmt: skip


@requirement("LIST-20")
@LATER
@pytest.mark.parametrize("size", [20, 33, 100])
def test_all_pages_of_a_walk_have_one_size(crowd: Crowd, size: int) -> None:
    """The size that was asked for, on each page, the last one too."""
    for page in crowd.walked(size).walk.pages:
        expect(page, accepted(), at_most(size), says("page_size", size))


@requirement("LIST-19")
@LATER
def test_all_pages_of_a_walk_are_counted(crowd: Crowd) -> None:
    """From 0 on."""
    for number, page in enumerate(crowd.trip.forth):
        expect(page, accepted(), says("page", number))


@requirement("LIST-12")
@LATER
@pytest.mark.parametrize("size", [20, 33, 100])
def test_every_page_but_the_last_is_full(crowd: Crowd, size: int) -> None:
    """PageSize is how many to return."""
    for page in crowd.walked(size).walk.pages[:-1]:
        expect(page, accepted(), fills(size))


@requirement("LIST-17")
@LATER
def test_a_walk_back_leads_to_the_first_page(crowd: Crowd) -> None:
    """As many steps back as there were forth, past the same Services."""
    walked = crowd.trip.forth
    if not crowd.trip.quiet:
        raise NotRun("others changed the account while it was walked back")
    if not isinstance(meta(walked[-1]).get("previous_page_url"), str):
        raise NotRun("the last page has no previous_page_url, which LIST-18 is about")
    if not crowd.trip.full:
        raise NotRun("not all pages are full, which LIST-12 is about")

    for back, forth in zip(reversed(crowd.trip.back), walked, strict=False):
        expect(back, accepted(), meets(forth), because="it was read on the way forth as well")
    expect(
        crowd.trip.back[-1],
        says("previous_page_url", None),
        that(
            lambda _: not crowd.lost,
            where="the walk",
            expected="every Service of the run on the way back as well",
            found=lambda _: f"not {len(crowd.lost)} of them, such as {min(crowd.lost)}",
        ),
        because="it is the first page",
    )


@requirement("LIST-15", "LIST-16")
@LATER
def test_the_ends_of_a_walk_know_where_they_are(crowd: Crowd) -> None:
    """The last page, and the first."""
    if not crowd.trip.quiet:
        raise NotRun("others changed the account while it was walked back")

    for row, led, page in crowd.trip.ends:
        expect(led, about(row, accepted(), meets(page)), because="it is that page")


@requirement("LIST-30", "LIST-25")
@LATER
def test_how_many_a_page_holds_beyond_100(crowd: Crowd) -> None:
    """Recorded, never judged; and in which order."""
    first = crowd.surveys[1000].walk.pages[0]
    dates = [str(one.get("date_created")) for one in items(first)]
    order = {True: "oldest first", False: "another order"}[dates == sorted(dates)]

    observe("LIST-30", "list with PageSize=1000", first,
            f"{len(items(first))} Services, page_size {meta(first).get('page_size')}")  # fmt: skip
    observe("LIST-25", "order of a list", first,
            "newest first" if dates == sorted(dates, reverse=True) else order)  # fmt: skip
