"""Runs of the suite against targets that make them hard, over real sockets."""

import functools
import threading
import time
from dataclasses import replace
from itertools import count

import pytest

from conformance.harness import wire
from conformance.harness.patience import Patience
from tests.hostile_targets import (
    SERVICES,
    Forward,
    Mood,
    calm,
    creates,
    hostile,
    name,
    refusal,
    run,
    said,
    sid,
)
from tests.servers import Seen, response
from tests.suite_runs import Outcome

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
JUDGEABLE_AT_ALL = 15.0
"""Seconds within which a run has to say that a target cannot be judged."""


def told(outcome: Outcome) -> str:
    """Give the sentence that says why a target cannot be judged; there is no more to be told."""
    assert outcome.status == 6, outcome.printed
    assert "Traceback" not in outcome.printed
    assert outcome.ids("violated") == {}
    assert outcome.run["exit_status"] == 6
    reason = str(outcome.run["reason"])
    assert "\n" not in reason
    assert reason in " ".join(outcome.printed.split())
    return reason


def left(outcome: Outcome) -> dict[str, str]:
    return {one["sid"]: one["why"] for one in outcome.run["services"]["left"]}


# Other people's Services


def answered_with_a_foreign_sid(foreign: list[str], *, effect: bool, whole: bool) -> Mood:
    """Answer each create with a Service of somebody else's, or with its sid."""
    turns = count()

    def mood(seen: Seen, number: int, forward: Forward) -> bytes | None:
        if not creates(seen):
            return calm(seen, number, forward)
        made = forward(seen) if effect else None
        if made is not None and made.status != 201:
            return made.written()
        one = foreign[next(turns) % len(foreign)]
        shown = forward(replace(seen, method="GET", target=f"{SERVICES}/{one}", body=b"")).json()
        return said(201, shown if whole else {**shown, "unique_name": name(seen)})

    return mood


@pytest.mark.parametrize(
    ("effect", "whole"),
    [(False, False), (False, True), (True, False), (True, True)],
    ids=["its sid", "all of it", "its sid, and creates", "all of it, and creates"],
)
def test_a_foreign_service_is_left_alone_whatever_a_create_answers(
    *, effect: bool, whole: bool
) -> None:
    foreign: list[str] = []
    with hostile(answered_with_a_foreign_sid(foreign, effect=effect, whole=whole)) as target:
        before = target.fill(5)
        foreign += before

        outcome = run(target)

        touched = [seen for seen in target.seen if seen.method in WRITES and sid(seen) in before]
        after = target.services()
    assert outcome.status == 1
    assert touched == []
    assert {one: after.get(one) for one in before} == before
    assert set(after) == set(before) | set(left(outcome))


def shown_as_the_last_created(foreign: list[str]) -> Mood:
    """Answer each create with a sid of somebody else's, and show that one as what was created."""
    turns = count()
    named: dict[str, str] = {}

    def shown_instead(one: dict[str, str]) -> dict[str, str]:
        return {**one, "unique_name": named.get(one["sid"], one["unique_name"])}

    def mood(seen: Seen, number: int, forward: Forward) -> bytes | None:
        if creates(seen):
            named[one := foreign[next(turns) % len(foreign)]] = name(seen)
            reply = forward(replace(seen, method="GET", target=f"{SERVICES}/{one}", body=b""))
            # To whoever may not read it, it shows nothing, and the name is another's all the same.
            return said(201, shown_instead(reply.json())) if reply.status == 200 else None
        if seen.method != "GET" or not named:
            return calm(seen, number, forward)
        reply = forward(seen)
        found = reply.json()
        if reply.status != 200:
            return reply.written()
        if "services" in found:
            return said(
                reply.status, {**found, "services": list(map(shown_instead, found["services"]))}
            )
        return said(reply.status, shown_instead(found)) if "sid" in found else reply.written()

    return mood


def test_a_foreign_service_that_was_seen_before_is_left_alone_though_it_is_shown_as_ours() -> None:
    foreign: list[str] = []
    with hostile(shown_as_the_last_created(foreign)) as target:
        before = target.fill(5)
        foreign += before

        outcome = run(target)

        touched = [seen for seen in target.seen if seen.method in WRITES and sid(seen) in before]
    assert outcome.status == 1
    assert touched == []


def test_a_thousand_foreign_services_are_all_there_afterwards() -> None:
    with hostile() as target:
        before = target.fill(1000)

        outcome = run(target, "CREATE-*", "LIST-*", "DELETE-*")

        after = target.services()
    assert outcome.status == 0, outcome.printed
    assert after == before


# What cannot be relied on


@pytest.mark.parametrize("effect", [True, False], ids=["after its effect", "before it"])
def test_lost_answers_to_creates_leave_nothing_and_violate_nothing(*, effect: bool) -> None:
    turns = count()

    def mood(seen: Seen, number: int, forward: Forward) -> bytes | None:
        if creates(seen) and next(turns) % 3 == 1:
            if effect:
                forward(seen)
            return None
        return calm(seen, number, forward)

    with hostile(mood) as target:
        before = target.fill(3)

        outcome = run(target, "CREATE-*", "NAME-*", "DELETE-*")

        after = target.services()
    assert outcome.ids("violated") == {}
    assert outcome.ids("held") != {}
    assert after == before
    assert outcome.run["services"]["left"] == []
    assert len({name(seen) for seen in target.seen if creates(seen)}) > 3


def never_deletes(answer: bytes | None) -> Mood:
    def mood(seen: Seen, number: int, forward: Forward) -> bytes | None:
        right = seen.method == "DELETE" and forward(replace(seen, method="GET")).status == 200
        return answer if right else calm(seen, number, forward)

    return mood


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (refusal(500, 20500, "Internal Server Error"), 1),
        (response(204, b""), 1),
        (None, 6),
    ],
    ids=["500", "204 without effect", "no answer"],
)
def test_what_cannot_be_deleted_is_told(answer: bytes | None, status: int) -> None:
    with hostile(never_deletes(answer)) as target:
        outcome = run(target, "DELETE-*", "CREATE-1")

        after = target.services()
    assert outcome.status == status, outcome.printed
    assert after
    assert set(left(outcome)) == set(after)
    assert f"{len(after)} left" in outcome.printed
    assert target.count("DELETE") < 40 + 8 * len(after)


def test_a_target_that_dies_cannot_be_judged() -> None:
    """What it had broken before would still be told; what it did not answer is not held against it."""

    def mood(seen: Seen, number: int, forward: Forward) -> bytes | None:
        return calm(seen, number, forward) if number <= 20 else None

    with hostile(mood) as target:
        outcome = run(target)

        after = target.services()
    assert "does not answer any more" in told(outcome)
    assert set(left(outcome)) == set(after)
    assert (outcome.folder / "index.html").exists()


# Accounts that are full


def with_room_for(most: int) -> Mood:
    """Refuse creates while so many Services are alive."""
    alive: set[str] = set()

    def mood(seen: Seen, _: int, forward: Forward) -> bytes | None:
        if creates(seen) and len(alive) >= most:
            return refusal(409, 20409, "Too many Services")
        reply = forward(seen)
        if creates(seen) and reply.status == 201:
            alive.add(reply.json()["sid"])
        elif seen.method == "DELETE" and reply.status == 204:
            alive.discard(sid(seen))
        return reply.written()

    return mood


@pytest.mark.parametrize(("most", "effort"), [(3, "probe"), (12, "ci")])
def test_an_account_that_takes_few_services_is_not_blamed(most: int, effort: str) -> None:
    """What needs more Services alive is not run; all else is."""
    with hostile(with_room_for(most)) as target:
        outcome = run(target, effort=effort)

        after = target.services()
    assert outcome.status == 0, outcome.printed
    assert after == {}
    assert len(outcome.ids("held")) > 150


def test_what_is_refused_for_what_it_is_is_blamed_in_a_full_account_too() -> None:
    def mood(seen: Seen, number: int, forward: Forward) -> bytes | None:
        if b"GeoMatchLevel=overlay" in seen.body:
            return refusal(400, 20001, "Invalid parameter")
        return full(seen, number, forward)

    full = with_room_for(6)
    with hostile(mood) as target:
        outcome = run(target, "CREATE-*")
    assert outcome.status == 1, outcome.printed
    assert set(outcome.ids("violated")) == {"CREATE-8", "CREATE-23"}


# Targets that are busy


@pytest.mark.parametrize(
    "put_off",
    [
        refusal(429, 20429, "Too Many Requests"),
        refusal(429, 20429, "Too Many Requests", "Retry-After: 0.1"),
        refusal(503, 20503, "Service Unavailable", "Retry-After: 0"),
    ],
    ids=["429", "429 with Retry-After", "503 with Retry-After"],
)
def test_a_busy_target_is_judged_all_the_same(put_off: bytes) -> None:
    def mood(seen: Seen, number: int, forward: Forward) -> bytes | None:
        return put_off if number % 4 == 1 else calm(seen, number, forward)

    with hostile(mood) as target:
        outcome = run(target, "CREATE-*", "DELETE-*")

        after = target.services()
    assert outcome.status == 0, outcome.printed
    assert after == {}
    assert outcome.run["requests"] == len(target.seen)


@pytest.mark.parametrize("calm_for", [0, 20], ids=["at once", "half-way"])
@pytest.mark.parametrize("asks", [(), ("Retry-After: 3600",)], ids=["", "Retry-After"])
def test_a_target_that_throttles_without_end_cannot_be_judged(
    monkeypatch: pytest.MonkeyPatch, calm_for: int, asks: tuple[str, ...]
) -> None:
    monkeypatch.setattr(wire, "Patience", functools.partial(Patience, patience=0.5))
    put_off = refusal(429, 20429, "Too Many Requests", *asks)

    def mood(seen: Seen, number: int, forward: Forward) -> bytes | None:
        return calm(seen, number, forward) if number <= calm_for else put_off

    with hostile(mood) as target:
        outcome = run(target)

        after = target.services()
    assert "throttles without end: 429" in told(outcome)
    assert set(left(outcome)) == set(after)


def test_what_is_put_off_for_what_it_is_is_refused_wrongly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A target that answers 429 to what breaks a rule, and puts off nothing else."""
    monkeypatch.setattr(wire, "Patience", functools.partial(Patience, patience=0.5))

    def mood(seen: Seen, number: int, forward: Forward) -> bytes | None:
        if b"DefaultTtl=" in seen.body and not seen.body.partition(b"DefaultTtl=")[2].isdigit():
            return refusal(429, 20429, "Too Many Requests")
        return calm(seen, number, forward)

    with hostile(mood) as target:
        outcome = run(target, "REFUSE-10")

        after = target.services()
    assert outcome.status == 1, outcome.printed
    assert set(outcome.ids("violated")) == {"REFUSE-10"}
    assert after == {}


# Targets that cannot be judged


def hangs(_: Seen, __: int, ___: Forward) -> bytes | None:
    threading.Event().wait(2 * JUDGEABLE_AT_ALL)
    return None


UNJUDGEABLE: dict[str, tuple[bytes, str]] = {
    "HTML": (response(200, b"<html>\n<p>Hello\n", kind="text/html"), "not answered with JSON"),
    "a redirect": (response(302, b"", "Location: https://elsewhere.example/"), "redirect"),
    "a refusal of the credentials": (refusal(401, 20003, "Authenticate"), "credentials"),
    "a suspended account": (refusal(403, 20006, "Account is suspended"), "--read-only"),
    "a suspended account, in words": (refusal(403, 90000, "Your account was suspended."), "--read-only"),
}  # fmt: skip


@pytest.mark.parametrize("words", UNJUDGEABLE)
def test_a_target_that_is_no_such_api_is_told_in_one_sentence(words: str) -> None:
    answer, says = UNJUDGEABLE[words]
    with hostile(lambda *_: answer) as target:
        started = time.monotonic()
        outcome = run(target)
        seconds = time.monotonic() - started

    assert says in told(outcome)
    assert seconds < JUDGEABLE_AT_ALL
    assert len(target.seen) <= 4
    assert target.count("GET") == len(target.seen)


def test_a_target_that_hangs_is_told_in_one_sentence() -> None:
    with hostile(hangs) as target:
        started = time.monotonic()
        outcome = run(target)
        seconds = time.monotonic() - started

    assert "cannot be reached" in told(outcome)
    assert seconds < JUDGEABLE_AT_ALL


@pytest.mark.parametrize(("code", "status"), [(80506, 400), (20008, 403), (20006, 401)])
def test_an_account_that_may_not_create_is_told_in_one_sentence(code: int, status: int) -> None:
    """Reading works, so only the first create says it."""
    barred = refusal(status, code, "not with this account")

    def mood(seen: Seen, number: int, forward: Forward) -> bytes | None:
        return barred if creates(seen) else calm(seen, number, forward)

    with hostile(mood) as target:
        outcome = run(target)

    assert "--read-only" in told(outcome)
    assert str(code) in told(outcome)
