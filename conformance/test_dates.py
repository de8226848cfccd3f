"""The dates of a Service: which moves, and when."""

from dataclasses import dataclass
from typing import Final

import pytest

from conformance.harness import moments
from conformance.harness.api import Api
from conformance.harness.arrange import EXAMPLE, URL_FIELDS, chat
from conformance.harness.checks import (
    accepted,
    differences,
    held,
    only_after_accepted,
    refused,
    same_as,
    shows,
    that,
)
from conformance.harness.envelope import Walk, items
from conformance.harness.evidence import Exchange
from conformance.harness.expect import (
    AccountFull,
    Check,
    NotApplicable,
    NotRun,
    Unproven,
    about,
)
from conformance.harness.listing import shows_service
from conformance.harness.marks import effort, requirement
from conformance.harness.paths import item
from conformance.harness.target import Target
from conformance.harness.verdicts import expect
from conformance.harness.walks import survey
from conformance.harness.worker import Play, Worker

SECOND = 1.1
"""Dates have whole seconds: an update later than this has another one."""
TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """A Service more than a second after its creation: untouched, refused an update, updated."""

    created: Exchange
    untouched: Exchange
    put: tuple[Exchange, Exchange] | None
    """A PUT of it, where a run spends as much, and a fetch after that."""
    refused: Exchange
    after_refusal: Exchange
    updated: Exchange
    repaired: tuple[Exchange, Exchange]
    """The first update after the refused one, and a fetch after that."""
    listed: Walk
    """A walk after the update."""
    siblings: "Siblings | None"
    """What became of other Services of the same age, likewise."""
    room: bool
    """Whether the account took those others as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Siblings:
    """Services that were updated in one field each more than a second after their creation."""

    created: dict[str, Exchange]
    updated: dict[str, Exchange]
    untouched: Exchange
    """One more, when it was created; and after the updates, and after a delete of another."""
    after_updates: Exchange
    deleted: Exchange
    after_delete: Exchange
    duplicate: Exchange
    """A create with its name, seconds after it; and a fetch after that."""
    after_duplicate: Exchange
    turned_away: Exchange
    """An update of it with a wrong token; and a fetch after that."""
    after_turning_away: Exchange
    again: Exchange
    """A create with the name of the one that was deleted, seconds after it was created."""
    first: Exchange
    """An update of one more, as soon as it was created; and another one, seconds after it."""
    second: Exchange


FIELDS_SENT: Final = (
    "UniqueName", "CallbackUrl", "InterceptCallbackUrl", "OutOfSessionCallbackUrl",
    "GeoMatchLevel", "NumberSelectionBehavior", "ChatInstanceSid", "three at once", "clearing",
)  # fmt: skip
THREE: Final = ("DefaultTtl", "CallbackUrl", "GeoMatchLevel")
BORN_WITH: Final = {"clearing": dict.fromkeys(URL_FIELDS, EXAMPLE)}
"""What a Service needs that is to be updated so."""
LACKS: Final = {"ChatInstanceSid": "chat", "clearing": "clearing"}
"""What a target may declare to lack, and cannot be updated so then."""
DELETED: Final = "CallbackUrl"
"""Which of the Services is deleted in the end: one that keeps its name."""
NOT_FIELDS: Final = ("nothing", "twice")
SENT: Final = {
    "DefaultTtl": ("2", "3", "4"),
    **dict.fromkeys(URL_FIELDS, (EXAMPLE, f"{EXAMPLE}/2", f"{EXAMPLE}/3")),
    "GeoMatchLevel": ("radius", "overlay", "area-code"),
    "NumberSelectionBehavior": ("avoid-sticky", "prefer-sticky", "avoid-sticky"),
}
"""What is sent at the first try, and at those after it."""


def form_of(api: Api, target: Target, field: str, number: int) -> dict[str, str]:
    """Give what is sent at that try."""
    match field:
        case "three at once":
            return {name: SENT[name][number] for name in THREE}
        case "clearing":
            return {URL_FIELDS[number]: ""}
        case "ChatInstanceSid":
            return chat(target)
        case _:
            return {field: SENT[field][number] if field in SENT else api.name()}


def moved(api: Api, target: Target, before: Exchange, field: str, tries: int) -> Exchange:
    """Update a Service until its date shows it: the clocks of a target may be a second apart."""
    sid, since = str(before.object().get("sid")), before.object().get("date_updated")
    answer = before
    for number in range(tries):
        answer = api.update(sid, form_of(api, target, field, number))
        if not answer.accepted or answer.object().get("date_updated") != since:
            break
        api.wait_until(answer.started + SECOND * (number + 1 < tries))
    return answer


def grown(
    api: Api,
    target: Target,
    born: dict[str, Exchange],
    first: Exchange,
    tries: int,
) -> Siblings:
    """Update all but one, each in its field; then delete one, and use its name again."""
    sids = {field: str(one.object().get("sid")) for field, one in born.items()}
    names = {field: str(one.object().get("unique_name")) for field, one in born.items()}
    if not all(one.accepted for one in born.values()):
        raise Unproven("Services to begin with were not created")
    untouched = sids["nothing"]
    second = moved(api, target, first, "DefaultTtl", tries)
    updated = {
        field: moved(api, target, one, field, tries)
        for field, one in born.items()
        if field not in NOT_FIELDS
    }
    after_updates = api.fetch(untouched)
    deleted = api.delete(sids[DELETED])
    return Siblings(
        created=born,
        updated=updated,
        untouched=born["nothing"],
        after_updates=after_updates,
        deleted=deleted,
        after_delete=api.fetch(untouched),
        duplicate=api.create({"UniqueName": names["nothing"]}),
        after_duplicate=api.fetch(untouched),
        turned_away=api.update(untouched, {"DefaultTtl": "4"}, credentials="wrong-token"),
        after_turning_away=api.fetch(untouched),
        again=reborn(api, names[DELETED], born[DELETED], tries),
        first=first,
        second=second,
    )


def reborn(api: Api, name: str, deleted: Exchange, tries: int) -> Exchange:
    """Create with the name of a deleted Service, until its date is another one."""
    since = deleted.object().get("date_created")
    answer = api.create({"UniqueName": name})
    for _ in range(tries - 1):
        shown = answer.object()
        if not answer.accepted or shown.get("date_created") != since:
            break
        api.delete(str(shown.get("sid")))
        api.wait_until(answer.started + SECOND)
        answer = api.create({"UniqueName": name})
    return answer


def begun(api: Api, born: dict[str, Exchange]) -> Exchange | None:
    """Update, as soon as it is there, the Service that will be updated twice."""
    sid = born["twice"].object().get("sid") if born else None
    return api.update(sid, {"DefaultTtl": "1"}) if isinstance(sid, str) else None


def tried_on(target: Target) -> list[str]:
    """Give what Services are updated in, each of them in one; and those that are not."""
    fields = [field for field in FIELDS_SENT if LACKS.get(field) not in target.lacks]
    return [*fields, *NOT_FIELDS]


def lived(api: Api, target: Target, *, all_of_it: bool) -> Later:
    """Update a Service more than a second after its creation, until its date shows it."""
    born = {
        field: api.create({"UniqueName": api.name(), **BORN_WITH.get(field, {})})
        for field in (tried_on(target) if all_of_it else ())
    }
    room = all(answer.accepted for answer in born.values()) or not api.is_full()
    if not room:
        api.begin()
        born = {}
    first = begun(api, born)
    created = api.create({"UniqueName": api.name()})
    sid = created.object().get("sid")
    if not created.accepted or not isinstance(sid, str):
        raise Unproven(f"a Service to begin with was answered {created.status}")
    api.wait_until(created.started + SECOND)
    untouched = api.fetch(sid)
    put = (
        (api.send("PUT", item(sid), form={"DefaultTtl": "3"}), api.fetch(sid))
        if all_of_it
        else None
    )
    refused = api.update(sid, {"GeoMatchLevel": "nowhere"})
    after_refusal = api.fetch(sid)
    fetched, repaired = after_refusal, None
    for number in range(1, TRIES + 1):
        api.wait_until(created.started + number * SECOND)
        updated = api.update(sid, {"DefaultTtl": str(3600 + number)})
        if not updated.accepted:
            raise Unproven(f"an update was answered {updated.status}")
        fetched = api.fetch(sid)
        repaired = repaired or (updated, fetched)
        if fetched.object().get("date_updated") != created.object().get("date_updated"):
            break
    stands = fetched.object().get("date_updated") == created.object().get("date_updated")
    tries = 1 if stands else TRIES
    return Later(
        created=created,
        untouched=untouched,
        put=put,
        refused=refused,
        after_refusal=after_refusal,
        updated=fetched,
        repaired=repaired or (after_refusal, after_refusal),
        listed=survey(api, [sid], 1000).walk,
        siblings=grown(api, target, born, first, tries) if first else None,
        room=room,
    )


@pytest.fixture(scope="session")
def later(play: Play, worker: Worker, target: Target) -> Later:
    """Create a Service, and look at it more than a second later."""
    all_of_it = worker.values["effort"] != "probe"
    return play(lambda api: lived(api, target, all_of_it=all_of_it))


def moved_from(created: Exchange) -> Check:
    """Accept a Service whose date_updated is later than when it was created."""
    shown = created.object().get("date_updated")
    before = moments.read(shown)

    def is_later(exchange: Exchange) -> bool:
        now = moments.read(exchange.object().get("date_updated"))
        return now is None or before is None or now > before

    return that(
        is_later,
        where="/date_updated",
        expected=f"later than {shown}",
        found=lambda exchange: repr(exchange.object().get("date_updated")),
    )


@requirement("SERVICE-19")
def test_date_updated_moves_with_an_update(later: Later) -> None:
    """Forward, that is."""
    because = f"the update came {SECOND} s after the creation"

    expect(later.updated, accepted(), moved_from(later.created), because=because)


def siblings(later: Later) -> Siblings:
    if not later.room:
        raise AccountFull
    if later.siblings is None:
        raise Unproven("Services of the same age were not created")
    return later.siblings


@requirement("SERVICE-19")
@effort("ci")
@pytest.mark.parametrize("field", FIELDS_SENT)
def test_date_updated_moves_with_an_update_of_any_field(later: Later, field: str) -> None:
    """Each of a Service of its own."""
    both = siblings(later)
    if field not in both.created:
        raise NotApplicable(f"the target declares that it lacks {LACKS[field]}")
    created, updated = both.created[field], both.updated[field]
    because = f"the update of {field} came {SECOND} s after the creation"

    expect(updated, accepted(), moved_from(created), because=because)


@requirement("SERVICE-19")
@effort("ci")
def test_date_updated_moves_with_the_second_update_too(later: Later) -> None:
    """A Service is updated more than once."""
    both = siblings(later)
    because = f"the update came {SECOND} s after another one"

    expect(both.second, accepted(), moved_from(both.first), because=because)


@requirement("SERVICE-17")
@effort("ci")
def test_a_service_with_the_name_of_a_deleted_one_has_dates_of_its_own(later: Later) -> None:
    """It is another Service."""
    both = siblings(later)
    since = both.created[DELETED].object().get("date_created")
    if since is None or not both.deleted.accepted or not both.again.accepted:
        raise Unproven(f"a create with the name was answered {both.again.status}")

    expect(
        both.again,
        that(
            lambda exchange: exchange.object().get("date_created") != since,
            where="/date_created",
            expected=f"another date than {since}",
            found=lambda exchange: repr(exchange.object().get("date_created")),
        ),
        because=f"a Service of that name was created {SECOND} s before, and deleted",
    )


@requirement("UPDATE-18", "DELETE-4")
@effort("ci")
def test_no_date_of_another_service_moves(later: Later) -> None:
    """Neither with updates of its siblings nor with a delete of one."""
    others = siblings(later)
    same = same_as(others.untouched.object())
    deleted = only_after_accepted(others.deleted, same_as(others.after_updates.object()))

    expect(others.after_delete, about("DELETE-4", deleted), because="another was deleted")
    expect(others.after_updates, accepted(), same, because="others were updated")


@requirement("NAME-12")
@effort("ci")
def test_a_refused_duplicate_moves_no_date(later: Later) -> None:
    """Nor does it change anything else in the Service that has the name."""
    both = siblings(later)
    if not both.duplicate.refused:
        raise NotRun("the duplicate was not refused, which NAME-1 is about")

    because = "a create with its name was refused"
    expect(both.after_duplicate, accepted(), same_as(both.after_delete.object()), because=because)


@requirement("ACCESS-4")
@effort("ci")
def test_who_is_turned_away_moves_no_date(later: Later) -> None:
    """Nor anything else."""
    both = siblings(later)
    if both.turned_away.status not in {401, 403}:
        raise NotRun("the update was not turned away, which ACCESS-2 is about")

    because = "an update with a wrong token was turned away"
    same = same_as(both.after_duplicate.object())
    expect(both.after_turning_away, accepted(), same, because=because)


@requirement("NAME-1")
@effort("ci")
def test_a_name_stays_taken_as_time_passes(later: Later) -> None:
    """A second, and more."""
    expect(siblings(later).duplicate, refused(), because=f"it came {SECOND} s after the first")


@requirement("LIST-8")
def test_a_list_shows_the_dates_that_a_fetch_shows(later: Later) -> None:
    """The one of the update as well, a second and more after that of the creation."""
    fetched, walk = later.updated, later.listed
    sid = fetched.object().get("sid")
    if not fetched.accepted:
        raise Unproven(f"a fetch of the updated Service was answered {fetched.status}")
    shown = [(page, i, one) for page in walk.pages for i, one in enumerate(items(page))]
    page, index, found = next((row for row in shown if row[2].get("sid") == sid), (None, 0, {}))
    if page is None and walk.cut:
        raise NotRun("the account is too large to be walked to its end")
    if page is None:
        expect(walk.pages[-1], about("LIST-6", shows_service(str(sid))), because="it was updated")
        raise Unproven("the list does not show the Service at all")

    dates = {name: held(fetched.object(), name) for name in ("date_created", "date_updated")}
    expect(page, lambda _: differences(found, dates, f"/services/{index}"))


@requirement("UPDATE-19")
def test_date_created_stays(later: Later) -> None:
    """A Service is created once."""
    created = later.created.object().get("date_created")

    expect(later.updated, accepted(), shows(date_created=created))


@requirement("FETCH-9")
def test_a_fetch_changes_no_date(later: Later) -> None:
    """Nor anything else."""
    expect(later.untouched, accepted(), same_as(later.created.object()))


@requirement("METHOD-1")
@effort("ci")
def test_a_refused_method_changes_no_date(later: Later) -> None:
    """Nor anything else."""
    if later.put is None or later.put[0].accepted:
        raise Unproven("a PUT of the Service was not refused")

    _, fetched = later.put
    expect(fetched, accepted(), same_as(later.untouched.object()), because="a PUT was refused")


@requirement("UPDATE-4")
def test_an_update_after_a_refused_one_is_kept(later: Later) -> None:
    """The first that comes after it."""
    _, fetched = later.repaired

    expect(fetched, accepted(), shows(default_ttl=3601), because="the update before was refused")


@requirement("REFUSE-25")
def test_a_refused_update_changes_no_date(later: Later) -> None:
    """Nor anything else."""
    if not later.refused.refused:
        raise Unproven(f"an update to a level that is none was answered {later.refused.status}")

    before = later.put[1] if later.put is not None else later.untouched
    expect(later.after_refusal, accepted(), same_as(before.object()))
