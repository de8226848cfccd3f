"""Who may do what: no credentials, wrong ones, somebody else's; on every operation."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import pytest

from conformance.harness.api import Api
from conformance.harness.arrange import WHO, full, settings
from conformance.harness.checks import (
    accepted,
    code,
    only_if_accepted,
    only_if_turned_away,
    out_of_reach,
    refused,
    same_as,
    status,
    turned_away,
)
from conformance.harness.envelope import meta
from conformance.harness.evidence import Credentials, Exchange
from conformance.harness.expect import Check, NotRun, Unproven, about
from conformance.harness.listing import lists_not, owned_by, owned_by_others
from conformance.harness.marks import effort, requirement
from conformance.harness.paths import SERVICES, item
from conformance.harness.target import Target
from conformance.harness.verdicts import expect
from conformance.harness.wire import Request
from conformance.harness.worker import NewApi, Play, Worker

LATER = effort("ci")

TOKENS: Final[tuple[Credentials, ...]] = (
    "no-token", "longer-token", "shorter-token", "token-in-other-case", "sid-as-token",
)  # fmt: skip
HARDLY: Final[tuple[Credentials, ...]] = (
    "bearer", "no-credentials", "no-colon", "beyond-ascii", "not-utf-8", *TOKENS,
)  # fmt: skip
NOBODYS: Final = frozenset({"beyond-ascii", "not-utf-8", *TOKENS})
"""Those of them that a thrifty run leaves out."""
INSTEAD: Final[Mapping[str, Credentials]] = {
    "fetch": "no-token",
    "list": "shorter-token",
    "update": "longer-token",
    "delete": "sid-as-token",
}
"""Which wrong token an operation is tried with: one kind for each.

A thrifty run does so in place of one that is wrong altogether.
"""
THRIFTY: Final = ("fetch", "create")
"""What a thrifty run tries as an account that nobody has."""
FEW: Final = 20
OPERATIONS: Final = ("create", "fetch", "list", "delete", "update")
"""A request with a body comes last: what is left of it unread would spoil the next one."""
Answers = dict[tuple[str, str], Exchange]


def act(api: Api, operation: str, who: Credentials, sid: str, name: str = "") -> Exchange:
    """Try one operation on a Service, or a create of a name, as somebody."""
    match operation:
        case "create":
            return api.create({"UniqueName": name or api.name()}, credentials=who)
        case "fetch":
            return api.fetch(sid, credentials=who)
        case "list":
            return api.list(credentials=who)
        case "update":
            return api.update(sid, {"DefaultTtl": "99"}, credentials=who)
        case _:
            return api.delete(sid, credentials=who)


def tried(api: Api, *, thrifty: bool) -> Answers:
    """Try everything as everybody who may not; fetch the Service after it, and create the other.

    All creates are of one name, for as long as none is accepted.
    """
    service = api.given()
    sid, name = service["sid"], api.name()
    before = api.fetch(sid)
    answers: Answers = {("own", "before"): before}
    for who in WHO:
        for operation in OPERATIONS if not thrifty or who != "unknown-account" else THRIFTY:
            sent = INSTEAD.get(operation, who) if thrifty and who == "wrong-token" else who
            with suppress(Unproven):
                answers[who, operation] = act(api, operation, sent, sid, name)
        created = answers.get((who, "create"))
        name = name if created is not None and created.status in {401, 403} else api.name()
    for operation, kind in INSTEAD.items() if not thrifty else ():
        with suppress(Unproven):
            answers[kind, operation] = act(api, operation, kind, sid, name)
    answers["own", "after"] = api.fetch(sid)
    answers["own", "create"] = api.create({"UniqueName": name})
    return answers


def tried_as(answers: Answers, who: str, operation: str) -> Exchange:
    if (who, operation) not in answers:
        raise Unproven(f"{operation} could not be tried on a Service that is surely ours")
    return answers[who, operation]


@pytest.fixture(scope="session")
def answers(play: Play, worker: Worker) -> Answers:
    """Try everything as everybody who may not."""
    return play(lambda api: tried(api, thrifty=worker.values["effort"] == "probe"))


CASES: Final = [
    pytest.param(
        who,
        operation,
        id=f"{operation} with {who}",
        marks=[
            requirement(id),
            *([LATER] if who == "unknown-account" and operation not in THRIFTY else []),
        ],
    )
    for who, id in WHO.items()
    for operation in OPERATIONS
]


@pytest.mark.parametrize(("who", "operation"), CASES)
def test_whoever_may_not_is_turned_away(answers: Answers, who: Credentials, operation: str) -> None:
    """With 401, as it should be; 403 turns away as well."""
    answer = tried_as(answers, who, operation)
    once = status(401), code(20003)
    away = status(400, 401, 403) if answer.credentials == "no-token" else turned_away()

    expect(
        answer,
        away,
        about("ACCESS-5", only_if_turned_away(once[0])),
        about("ACCESS-6", only_if_turned_away(once[1])),
        because=f"{operation} with {answer.credentials.replace('-', ' ')}",
    )


@requirement("ACCESS-2")
@LATER
@pytest.mark.parametrize("operation", INSTEAD)
def test_a_token_that_is_nearly_right_opens_nothing(answers: Answers, operation: str) -> None:
    """Each operation may check it by itself."""
    kind = INSTEAD[operation]

    answer = tried_as(answers, kind, operation)

    away = status(400, 401, 403) if kind == "no-token" else turned_away()
    expect(answer, away, because=f"{operation} with {kind.replace('-', ' ')}")


@requirement("ACCESS-4")
def test_whoever_is_turned_away_changes_nothing(answers: Answers) -> None:
    """The Service is read back after the updates and deletes that were refused."""
    before, after = answers["own", "before"], answers["own", "after"]
    writes = [
        answer for (who, operation), answer in answers.items()
        if who in WHO and operation in {"update", "delete"}
    ]  # fmt: skip
    away = [write.status in {401, 403} for write in writes]
    if not before.accepted or not writes or not all(away):
        raise Unproven(f"not all were refused: {[write.status for write in writes]}")

    expect(after, accepted(), same_as(before.object()), because="updates and deletes were refused")


@requirement("ACCESS-4")
def test_a_create_that_is_turned_away_stores_nothing(answers: Answers) -> None:
    """Its name is free afterwards, whoever it was that tried."""
    creates = [tried_as(answers, who, "create") for who in WHO]
    if not all(create.status in {401, 403} for create in creates):
        raise Unproven(f"not all were refused: {[create.status for create in creates]}")

    free = answers["own", "create"]
    expect(free, accepted(), because="creates of that name were refused for their credentials")


def foreign(api: Api, target: Target, *, thrifty: bool) -> Answers:
    """Have the other account try to reach a Service of ours, which holds all there is."""
    sid = str(full(api, target)["sid"])
    if not thrifty:
        api.update(sid, {"UniqueName": api.name()})
    answers: Answers = {("own", "before"): api.fetch(sid)}
    for operation in ("fetch", "list", "update"):
        answers["other", operation] = act(api, operation, "other-account", sid)
    answers["other", "updated"] = api.fetch(sid)
    answers["other", "delete"] = api.send(
        "DELETE", item(sid), operation="delete", credentials="other-account"
    )
    answers["other", "deleted"] = api.fetch(sid)
    return answers


@pytest.fixture(scope="session")
def theirs(play: Play, worker: Worker, target: Target) -> Answers:
    """Try a Service of ours as the other account."""
    thrifty = worker.values["effort"] == "probe"
    return play(lambda api: foreign(api, target, thrifty=thrifty))


@requirement("ACCESS-7")
def test_another_account_cannot_fetch(theirs: Answers) -> None:
    """As if it were not there, or forbidden."""
    expect(theirs["other", "fetch"], out_of_reach())


@requirement("ACCESS-7")
@LATER
def test_a_service_of_the_second_account_cannot_be_fetched(new_api: NewApi) -> None:
    """A Service of the second account is out of reach for the first: neither is above the other."""
    api = new_api()
    other = api.create({"UniqueName": api.name()}, credentials="other-account")
    if not other.accepted:
        raise Unproven(f"a create of the other account was answered {other.status}")

    expect(api.fetch(str(other.object().get("sid"))), out_of_reach())


@requirement("ACCESS-8")
def test_another_account_cannot_update(theirs: Answers) -> None:
    """Refused, and without effect."""
    expect(theirs["other", "updated"], accepted(), same_as(theirs["own", "before"].object()))
    expect(theirs["other", "update"], out_of_reach())


@requirement("ACCESS-9")
def test_another_account_cannot_delete(theirs: Answers) -> None:
    """Refused, and without effect."""
    expect(theirs["other", "deleted"], accepted(), is_still(theirs["own", "before"]))
    expect(theirs["other", "delete"], out_of_reach())


@requirement("ACCESS-9", "NAME-1", "ACCESS-8")
@LATER
def test_a_delete_leaves_the_namesake_of_another_account(new_api: NewApi, target: Target) -> None:
    """Two accounts may each have a Service of one name; neither is touched with the other."""
    api = new_api()
    service = api.given()
    form = {**settings(target), "UniqueName": service["unique_name"]}
    other = api.create(form, credentials="other-account")
    if not other.accepted:
        raise NotRun("no two accounts have Services of one name, which NAME-7 is about")
    ours = api.fetch(service["sid"])
    if not api.delete(service["sid"]).accepted:
        raise Unproven("the Service of the one account could not be deleted")

    namesake = api.fetch(str(other.object().get("sid")), credentials="other-account")
    duplicate = api.create(form, credentials="other-account")

    because = "a namesake was created in another account"
    expect(ours, about("ACCESS-8", accepted(), same_as(service)), because=because)
    expect(
        duplicate,
        about("NAME-1", refused()),
        because="only the namesake in another account was deleted",
    )
    expect(namesake, accepted(), same_as(other.object()), because="its namesake was deleted")


def is_still(before: Exchange) -> Check:
    return same_as(before.object(), "default_ttl", dates=False)


@requirement("ACCESS-10", "LIST-24")
def test_another_account_does_not_list_it(theirs: Answers) -> None:
    """Nor does any item of its list belong to us."""
    shown = theirs["own", "before"].object()
    nor_others = about("LIST-24", only_if_accepted(owned_by_others(shown.get("account_sid"))))

    expect(theirs["other", "list"], accepted(), lists_not(str(shown.get("sid"))), nor_others)


@requirement("ACCESS-10")
@LATER
def test_no_page_of_one_account_shows_a_service_of_another(new_api: NewApi, target: Target) -> None:
    """Both are walked whole, in pages of one Service where they have few; and listed at once."""
    api = new_api()
    ours = [str(api.given()["sid"]), str(full(api, target)["sid"])]
    created = [
        api.create({"UniqueName": api.name()}, credentials="other-account") for _ in range(2)
    ]
    theirs = [str(one.object().get("sid")) for one in created]

    for (first, *more), foreign in (
        (closely(api, "other-account"), ours),
        (closely(api, "own"), theirs),
    ):
        expect(first, accepted(), *map(lists_not, foreign))
        for page in more:  # whose token others may have made stale
            expect(page, *(only_if_accepted(lists_not(sid)) for sid in foreign))
    for page in at_once(api):
        foreign = theirs if page.credentials == "own" else ours
        expect(page, *map(lists_not, foreign), because="both accounts were listed at once")


@requirement("ACCESS-10")
@LATER
def test_a_page_token_opens_no_account_to_others(new_api: NewApi) -> None:
    """It says where a page begins, and not who asks for it."""
    api = new_api()
    account = api.given().get("account_sid")
    api.given()
    url = meta(api.list(PageSize=1)).get("next_page_url")
    if not isinstance(url, str):
        raise NotRun("the first page of several names no next one, which LIST-21 is about")

    nobodys = {who: api.follow(url, credentials=who) for who in WHO}
    theirs = api.follow(url, credentials="other-account")

    for who, page in nobodys.items():
        expect(page, about(WHO[who], status(400, 401, 403, 404)), because="it has a page token")
    expect(theirs, only_if_accepted(owned_by_others(account)), because="the page token is ours")


def at_once(api: Api) -> list[Exchange]:
    """List both accounts from several threads."""
    lists = [
        Request(method="GET", path=SERVICES, operation="list", credentials=who)
        for who in ("own", "other-account")
    ]
    return [page for pages in api.wire.race([[one] * 4 for one in lists * 2]) for page in pages]


def closely(api: Api, whose: Credentials) -> tuple[Exchange, ...]:
    """Walk an account, Service by Service where it has few."""
    with api.wire.quiet.alone():
        walk = api.walk(1000, credentials=whose)
        large = sum(1 for _ in walk.items()) > FEW
        return walk.pages if large else api.walk(1, credentials=whose).pages


@requirement("ACCESS-7")
@LATER
def test_another_account_cannot_fetch_by_name(new_api: NewApi) -> None:
    """Where a name does for a sid at all; it is this account's alone."""
    api = new_api()
    path = f"{SERVICES}/{api.given()['unique_name']}"

    answer = api.send("GET", path, credentials="other-account")

    expect(answer, out_of_reach(), because="no Service of the account has that name")


@requirement("LIST-24")
@LATER
def test_all_services_of_a_list_are_of_the_account(new_api: NewApi) -> None:
    """Every item names the same account, while another one has a Service as well."""
    api = new_api()
    service = api.given()
    with suppress(NotRun):  # there may be no other account
        api.create({"UniqueName": api.name()}, credentials="other-account")

    page = api.list(PageSize=100)

    expect(page, accepted(), owned_by(service.get("account_sid")))


@requirement("ACCESS-2")
@pytest.mark.parametrize(
    "who",
    [pytest.param(who, marks=LATER if who in NOBODYS else ()) for who in HARDLY],
)
def test_what_is_hardly_a_token_is_turned_away(new_api: NewApi, who: Credentials) -> None:
    """A header that holds nothing to be read is no request, and may be refused with 400."""
    answer = new_api().send("GET", SERVICES, operation="list", credentials=who)

    expect(answer, status(400, 401, 403), because=f"a list with {who.replace('-', ' ')}")


@requirement("ACCESS-2")
def test_a_token_of_another_account_is_turned_away(new_api: NewApi) -> None:
    """The user of one account with the token of another."""
    answer = new_api().send("GET", SERVICES, operation="list", credentials="other-token")

    expect(answer, turned_away(), because="the token is that of the other account")
