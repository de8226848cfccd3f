"""What errors look like, and that nothing that is sent breaks the target."""

import itertools
from collections.abc import Sequence
from typing import Final, TypeVar
from urllib.parse import unquote

import pytest
from _pytest.mark.structures import ParameterSet
from hypothesis import given

import strategies
from conformance.harness.api import Api
from conformance.harness.arrange import URL_FIELDS, full
from conformance.harness.checks import (
    accepted,
    no_5xx,
    only_if_refused,
    refused,
    same_as,
    states_no_other_status,
    status,
    that,
)
from conformance.harness.evidence import Exchange
from conformance.harness.expect import Check, Unproven, about
from conformance.harness.marks import effort, requirement
from conformance.harness.names import unknown_sid
from conformance.harness.paths import SERVICES, item
from conformance.harness.target import Target
from conformance.harness.verdicts import expect, observe
from conformance.harness.worker import NewApi, Play

T = TypeVar("T")
LATER = effort("ci")
ANYTHING: Final = (("Accept", "*/*"),)
FORM: Final = "application/x-www-form-urlencoded"


@requirement("ERROR-2", "ERROR-3", "ERROR-6", "ERROR-7", "ERROR-8", "ERROR-4", "ERROR-5", "FETCH-4")
def test_an_error_says_what_it_is(new_api: NewApi) -> None:
    """Every error of the run is held against this; here is one that any target gives.

    It is asked for as curl does, which most people look with, and which takes anything.
    """
    answer = new_api().send("GET", item(unknown_sid()), operation="fetch", headers=ANYTHING)

    expect(answer, about("FETCH-4", status(400, 404)))
    if not answer.refused:
        raise Unproven(f"a sid that nobody has was not refused, but answered {answer.status}")
    observe("ERROR-9", "an unknown sid", answer)


@requirement("ERROR-2", "ERROR-3", "ERROR-6", "ERROR-7", "ERROR-8", "ERROR-4", "ERROR-5")
@LATER
def test_another_error_says_what_it_is(new_api: NewApi) -> None:
    """One of another kind."""
    answer = new_api().create({}, name="")

    if not answer.refused:
        raise Unproven(f"a missing name was not refused, but answered {answer.status}")
    observe("ERROR-9", "a missing name", answer)


@requirement("SERVICE-21")
@LATER
def test_a_list_is_json_for_whoever_takes_anything(new_api: NewApi) -> None:
    """An error is as well, by the test above."""
    answer = new_api().send("GET", SERVICES, operation="list", headers=ANYTHING)

    expect(answer, is_json())


def is_json() -> Check:
    """Accept a JSON object."""
    return that(
        lambda answer: isinstance(answer.parsed, dict),
        where="body",
        expected="a JSON object",
        found=lambda answer: repr(answer.response_body[:80]),
    )


@requirement("ERROR-9")
@LATER
def test_which_codes_errors_have(new_api: NewApi) -> None:
    """Recorded, never judged: the document has no codes."""
    observe("ERROR-9", "fetch of an unknown sid", new_api().fetch(unknown_sid()))


@requirement("ERROR-10")
def test_a_path_that_nobody_knows_is_refused(new_api: NewApi) -> None:
    """A gateway may say so in its own words."""
    answer = new_api().send("GET", "/v1/Nothing")

    expect(
        answer,
        refused(),
        only_if_refused(status(404)),
        about("ERROR-3", only_if_refused(states_no_other_status())),
    )


NAME: Final = "(name)"
BODIES: Final = strategies.one_of_each_hostile_form_body(NAME)
"""The last is what a run sends that sends few of them."""
MIXED: Final = strategies.Hostile(
    value="".join(
        one.value
        for one in strategies.HOSTILE_TEXTS
        if len(one.value) < 100 and "\ufffd" not in unquote(one.value)
    ),
    reason="all that is short and hostile at once, as far as it is UTF-8",
)
TEXTS: Final = (MIXED, *strategies.HOSTILE_TEXTS)
FIELDS: Final = ("UniqueName", "CallbackUrl", "DefaultTtl", "GeoMatchLevel")
SEGMENTS: Final = strategies.HOSTILE_PATH_SEGMENTS
"""What has to be survived, one of each kind."""


def some(hostile: Sequence[strategies.Hostile[T]], thrifty: int) -> list[ParameterSet]:
    return [
        pytest.param(one.value, id=one.reason, marks=() if index < thrifty else LATER)
        for index, one in enumerate(hostile)
    ]


@requirement("ERROR-1")
@pytest.mark.parametrize("text", some(TEXTS[::2], 1))
def test_no_name_breaks_the_target(new_api: NewApi, text: str) -> None:
    """Whether it is accepted or refused."""
    api = new_api()
    name = api.name()

    body = f"UniqueName={name}{text}".encode("latin-1")
    answer = api.create(body, name=name, fragile=True)

    expect(answer, no_5xx())


@pytest.fixture(scope="session")
def updates(play: Play) -> dict[str, Exchange]:
    """Update one Service with everything that is hostile, in one field or another."""

    def story(api: Api) -> dict[str, Exchange]:
        sid, own = api.given()["sid"], api.name()
        api.fetch(sid)
        fields = itertools.chain(
            zip(TEXTS, itertools.cycle(FIELDS), strict=False),
            zip(strategies.HOSTILE_URLS, itertools.cycle(URL_FIELDS), strict=False),
        )
        return {
            one.reason: api.send(
                "POST",
                f"{SERVICES}/{sid}",
                form=f"{field}={own * (field == 'UniqueName')}{one.value}".encode("latin-1"),
                fragile=True,
            )
            for one, field in fields
        }

    return play(story)


@requirement("ERROR-1")
@LATER
@pytest.mark.parametrize("reason", [one.reason for one in (*TEXTS, *strategies.HOSTILE_URLS)])
def test_no_value_breaks_the_target(updates: dict[str, Exchange], reason: str) -> None:
    """On update, in one field or another."""
    expect(updates[reason], no_5xx(), because=f"a parameter holds {reason}")


@requirement("ERROR-1")
@pytest.mark.parametrize("segment", some(SEGMENTS, 1))
def test_no_path_breaks_the_target(new_api: NewApi, segment: str) -> None:
    """It is read, never written: it might name something."""
    answer = new_api().send("GET", f"{SERVICES}/{segment}", fragile=True)

    expect(answer, no_5xx())


@requirement("ERROR-1")
@LATER
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_no_nul_in_a_sid_breaks_a_write(new_api: NewApi, method: str) -> None:
    """Nobody has that sid, whether it is read to its end or not."""
    answer = new_api().send(method, item(f"{unknown_sid()[:-1]}\0"), fragile=True)

    expect(answer, no_5xx())


@requirement("ERROR-1", "UPDATE-11")
@LATER
def test_no_parameter_that_nobody_knows_breaks_an_update(new_api: NewApi, target: Target) -> None:
    """Whether it is refused or ignored; and it changes nothing."""
    api = new_api()
    service = full(api, target)

    answer = api.send("POST", item(service["sid"]), form={"Unknown": "1"}, fragile=True)
    fetched = api.fetch(service["sid"])

    because = "an update of a parameter that nobody knows came before"
    same = same_as(service, dates=False)
    expect(fetched, about("UPDATE-11", accepted(), same), because=because)
    expect(answer, no_5xx())


@requirement("ERROR-1")
@LATER
@pytest.mark.parametrize("operation", ["list", "fetch"])
def test_no_slash_at_the_end_breaks_the_target(new_api: NewApi, operation: str) -> None:
    """Whether it is taken for the same path or not."""
    path = SERVICES if operation == "list" else item(unknown_sid())

    answer = new_api().send("GET", f"{path}/", fragile=True)

    expect(answer, no_5xx())


@requirement("ERROR-1")
@pytest.mark.parametrize("body", some((BODIES[-1], *BODIES[1:-1], BODIES[0]), 2))
def test_no_body_breaks_the_target(new_api: NewApi, body: bytes) -> None:
    """Sent as a form, which it may or may not be."""
    api = new_api()
    name = api.name()

    answer = api.create(body.replace(NAME.encode(), name.encode()), name=name, fragile=True)

    expect(answer, no_5xx())


@requirement("ERROR-1")
@pytest.mark.parametrize(
    "content_type",
    ["application/json", *(pytest.param(c, marks=LATER) for c in ("text/xml", f"{FORM}; charset=utf-8", f"{FORM}; charset=utf-16", f"{FORM}; charset=none-such", "nonsense", "multipart/form-data"))],
)  # fmt: skip
def test_no_content_type_breaks_the_target(new_api: NewApi, content_type: str) -> None:
    """Whether it is taken for a form or not."""
    api = new_api()
    name = api.name()

    answer = api.create({"UniqueName": name}, content_type=content_type, fragile=True)

    expect(answer, no_5xx())


@requirement("ERROR-1")
@LATER
@given(hostile=strategies.hostile_texts())
def test_no_text_breaks_the_target(new_api: NewApi, hostile: strategies.Hostile[str]) -> None:
    """In a name."""
    api = new_api()
    name = api.name()

    body = f"UniqueName={name}{hostile.value}".encode("latin-1")
    answer = api.create(body, name=name, fragile=True)

    expect(answer, no_5xx(), because=f"the name holds {hostile.reason}")


QUERIES: Final = (
    "PageToken=%ff&PageSize=x&Page=x&%zz=%00",
    "PageToken=x&Page=-1",
    "PageSize=99999999999999999999",
    "PageToken=x&Page=x&PageSize=2",
    "PageToken=x&Page=1&PageSize=2",
    "PageSize=%00",
    "PageToken=%ff",
    "PageToken=%C3%A9",
    "Page=99999999999999999999",
    "PageSize=1e3",
    "%00=%00",
    "PageSize=%zz",
)


@requirement("ERROR-1")
@pytest.mark.parametrize(
    "query", [*QUERIES[:3], *(pytest.param(q, marks=LATER) for q in QUERIES[3:])]
)
def test_no_query_breaks_the_target(new_api: NewApi, query: str) -> None:
    """Whether it is refused or ignored."""
    answer = new_api().send("GET", f"{SERVICES}?{query}", fragile=True)

    expect(answer, no_5xx())
