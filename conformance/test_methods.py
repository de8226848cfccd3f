"""Methods that the resource does not have, and paths that nobody knows."""

from dataclasses import dataclass
from typing import Any, Final

import pytest

from conformance.harness.api import SERVICES, Api, item
from conformance.harness.arrange import full
from conformance.harness.checks import accepted, refused, same_as, status, only_if_refused
from conformance.harness.evidence import Exchange
from conformance.harness.expect import Unproven, about
from conformance.harness.marks import requirement
from conformance.harness.target import Target
from conformance.harness.verdicts import expect
from conformance.harness.worker import NewApi, Play


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """Methods that were tried on a Service and on the collection, and the Service afterwards."""

    service: dict[str, Any]
    answers: dict[str, Exchange]
    fetched: dict[str, Exchange]


WRONG: Final = {
    "PUT of a Service": "METHOD-1",
    "PATCH of a Service": "METHOD-1",
    "PUT of the collection": "METHOD-2",
    "PATCH of the collection": "METHOD-2",
}


def tried(api: Api, target: Target) -> Tried:
    service = dict(full(api, target))
    api.fetch(service["sid"])
    answers, fetched = {}, {}
    for words in WRONG:
        path = item(service["sid"]) if words.endswith("Service") else SERVICES
        answers[words] = api.send(words.split()[0], path, form={"DefaultTtl": "3"})
        fetched[words] = api.fetch(service["sid"])
    return Tried(service=service, answers=answers, fetched=fetched)


@pytest.fixture(scope="session")
def methods(play: Play, target: Target) -> Tried:
    """Try every method that the resource does not have, but the one that could do harm."""
    return play(lambda api: tried(api, target))


@pytest.mark.parametrize(
    "words", [pytest.param(words, marks=requirement(id)) for words, id in WRONG.items()]
)
def test_a_method_that_is_none_is_refused(methods: Tried, words: str) -> None:
    """With 405, as it should be; a 404 refuses as well."""
    answer, fetched = methods.answers[words], methods.fetched[words]

    expect(answer, refused(), about("METHOD-3", only_if_refused(status(405))), because=words)
    expect(fetched, accepted(), same_as(methods.service), because=f"{words} came before")
