"""Methods that the resource does not have, and paths that nobody knows."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import pytest

from conformance.harness.api import Api
from conformance.harness.arrange import full
from conformance.harness.checks import (
    accepted,
    no_5xx,
    only_after,
    only_if_refused,
    out_of_reach,
    refused,
    same_as,
    states_no_other_status,
    status,
    that,
)
from conformance.harness.evidence import Exchange
from conformance.harness.expect import Check, NotRun, When, about
from conformance.harness.marks import effort, requirement
from conformance.harness.names import unknown_sid
from conformance.harness.paths import SERVICES, item
from conformance.harness.target import Target, is_loopback
from conformance.harness.verdicts import expect
from conformance.harness.worker import NewApi, Play

LATER = effort("ci")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """Methods that were tried on a Service and on the collection, and the Service afterwards."""

    service: dict[str, Any]
    answers: dict[str, Exchange]
    fetched: Exchange


WRONG: Final = {
    "PUT of a Service": "METHOD-1",
    "PATCH of a Service": "METHOD-1",
    "PUT of the collection": "METHOD-2",
    "PATCH of the collection": "METHOD-2",
}


def tried(api: Api, target: Target) -> Tried:
    service = dict(full(api, target))
    api.fetch(service["sid"])
    answers = {}
    for words in WRONG:
        method, form = words.split()[0], {"DefaultTtl": "3"}
        answers[words] = (
            api.send(method, item(service["sid"]), form=form)
            if words.endswith("Service")
            else api.misuse(method, {"UniqueName": api.name(), **form})
        )
    return Tried(service=service, answers=answers, fetched=api.fetch(service["sid"]))


@pytest.fixture(scope="session")
def methods(play: Play, target: Target) -> Tried:
    """Try every method that the resource does not have, but the one that could do harm."""
    return play(lambda api: tried(api, target))


@pytest.mark.parametrize(
    "words", [pytest.param(words, marks=requirement(id)) for words, id in WRONG.items()]
)
def test_a_method_that_is_none_is_refused(methods: Tried, words: str) -> None:
    """With 405, as it should be; a 404 refuses as well, and so does a 501."""
    expect(
        methods.answers[words],
        declined(),
        about("METHOD-3", When(lambda answer: answer.refused or is_unknown(answer), status(405))),
        about("METHOD-4", only_if_refused(says_what_it_is())),
        about("ERROR-3", only_if_refused(states_no_other_status())),
        because=words,
    )


def declined() -> Check:
    """Accept the answers for what a target does not do: a 4xx, but 429; or 501, for a method."""
    return lambda answer: iter(()) if is_unknown(answer) else out_of_reach()(answer)


def is_unknown(answer: Exchange) -> bool:
    """Tell whether a target says that it does not know a method."""
    return answer.status == HTTPStatus.NOT_IMPLEMENTED


def says_what_it_is() -> Check:
    return that(
        lambda exchange: isinstance(exchange.object().get("message"), str),
        where="/message",
        expected="a JSON object with a message",
        found=lambda exchange: repr(exchange.response_body[:80]),
    )


@requirement("METHOD-1", "METHOD-2")
def test_methods_that_are_none_change_nothing(methods: Tried) -> None:
    """The Service is read back after all of them."""
    expect(
        methods.fetched, accepted(), same_as(methods.service), because="PUT and PATCH came before"
    )


@requirement("METHOD-2")
@LATER
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_method_that_the_collection_does_not_have_makes_nothing(
    new_api: NewApi, method: str
) -> None:
    """The name that was sent is free afterwards."""
    api = new_api()
    form = {"UniqueName": api.name(), "DefaultTtl": "3"}

    answer = api.misuse(method, form)
    free = api.create(form)

    expect(free, only_after(answer, accepted()), because=f"{method} with that name was refused")


@requirement("METHOD-1")
@LATER
def test_a_put_of_a_sid_that_nobody_has_makes_nothing(new_api: NewApi) -> None:
    """Neither that sid nor that name is there afterwards."""
    api = new_api()
    sid, form = unknown_sid(), {"UniqueName": api.name(), "DefaultTtl": "3"}

    answer = api.misuse("PUT", form, item(sid))
    fetched, free = api.fetch(sid), api.create(form)

    expect(fetched, refused(), because="a PUT of a sid that nobody has came before")
    expect(free, only_after(answer, accepted()), because="a PUT of that name was refused")
    expect(answer, declined())


@requirement("ERROR-1")
@pytest.mark.parametrize(
    ("method", "of"),
    [
        ("HEAD", "a Service"),
        *(
            pytest.param(method, of, marks=LATER)
            for method, of in (
                ("HEAD", "the collection"),
                ("OPTIONS", "a Service"),
                ("OPTIONS", "the collection"),
            )
        ),
    ],
)
def test_no_method_breaks_the_target(new_api: NewApi, method: str, of: str) -> None:
    """Whether a target knows it or not: it may say so with 501."""
    path = SERVICES if of == "the collection" else item(unknown_sid())

    answer = new_api().send(method, path, fragile=True)

    expect(answer, When(lambda answer: not is_unknown(answer), no_5xx()))


@requirement("METHOD-2")
@LATER
def test_a_delete_of_the_collection_is_refused(new_api: NewApi, target: Target) -> None:
    """Tried only where nobody else could lose anything: on this machine, in an account of our own."""
    api = new_api()
    service = api.given()
    strangers = [
        one for one in api.walk(1000).items() if not api.own.names.is_ours(one.get("unique_name"))
    ]
    if strangers or not is_loopback(target.base_url):
        raise NotRun("other people's Services could be lost if the target obeyed")

    answer = api.send("DELETE", SERVICES)
    fetched = api.fetch(service["sid"])

    expect(fetched, accepted(), same_as(service), because="DELETE of the collection came before")
    expect(answer, out_of_reach(), because="DELETE of the collection")
