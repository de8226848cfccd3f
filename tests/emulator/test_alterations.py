"""Each fault and each variant is seen to change something, and is told of in the table."""

import re
from collections.abc import Callable

import pytest

from emulator.alterations import Alteration, UnknownName, chosen, table_of
from emulator.app import create_app
from emulator.assumptions import ASSUMPTIONS
from emulator.faults import FAULTS
from emulator.variants import VARIANTS
from tests.emulator.client import Client
from tests.emulator.stories import STORIES, differing, patience, told
from tests.emulator.teller import Teller

Correct = list[tuple[Callable[[Teller], None], list[object]]]
SEEN_BY_THE_CLOCK = {"slow", "overtaking"}
SEEN_UNDER_A_PREFIX = {"urls-without-prefix"}


@pytest.fixture(scope="module")
def correct() -> Correct:
    return [(story, told(story)) for story in STORIES]


def test_a_story_comes_out_the_same_each_time(correct: Correct) -> None:
    assert differing(correct) is None


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_each_fault_changes_a_story(correct: Correct, name: str) -> None:
    assert differing(correct, faults=[name])


@pytest.mark.parametrize("name", sorted(VARIANTS.keys() - SEEN_BY_THE_CLOCK - SEEN_UNDER_A_PREFIX))
def test_each_variant_changes_a_story(correct: Correct, name: str) -> None:
    assert differing(correct, variants=[name])


@pytest.mark.parametrize("name", sorted(SEEN_BY_THE_CLOCK))
def test_variants_of_pace_take_their_time(name: str) -> None:
    assert told(patience, variants=[name])[-1] is True


def test_urls_can_be_without_the_prefix() -> None:
    def story(teller: Teller) -> None:
        teller.create("kept")

    plain, bare = (
        told(story, prefix="/pre", variants=variants) for variants in ([], ["urls-without-prefix"])
    )
    assert b"http://api.test/pre/v1/" in plain[0].body  # type: ignore[attr-defined] # an answer
    assert b"http://api.test/v1/" in bare[0].body  # type: ignore[attr-defined] # an answer


def test_the_tables_hold_enough_and_say_it_in_words() -> None:
    assert len(FAULTS) >= 150
    assert len(VARIANTS) >= 45
    assert not FAULTS.keys() & VARIANTS.keys()
    for name, alteration in {**FAULTS, **VARIANTS}.items():
        assert name == alteration.name
        assert re.fullmatch(r"[A-Za-z0-9]+(-[A-Za-z0-9_]+)*", name)
        assert re.match(r"[a-z]", alteration.sentence)
        assert not alteration.sentence.endswith(".")
    sentences = [alteration.sentence for alteration in (*FAULTS.values(), *VARIANTS.values())]
    assert len(set(sentences)) == len(sentences)


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"unknown fault 'loses-update'; known are loses-updates"):
        create_app(faults=["loses-update"])
    with pytest.raises(UnknownName, match=r"unknown variant 'x'; known are .* all \d+"):
        chosen("variant", ["x"], VARIANTS)


def test_a_table_holds_a_name_once() -> None:
    one = Alteration(name="one", sentence="is one")
    with pytest.raises(ValueError, match="named twice: one"):
        table_of(one, one)


@pytest.mark.parametrize(
    "names",
    [
        ["chunked", "gzip", "pretty-json", "extra-fields", "omits-unset-fields", "charset"],
        ["crowded", "busy", "newest-first", "caps-pages-at-100", "echoes-page"],
        ["unordered", "numbered-pages", "canonical-urls"],
        ["unknown-sid-404", "malformed-sid-404", "duplicates-409", "validation-422"],
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_variants_combine_in_any_order(names: list[str], turned: bool) -> None:  # noqa: FBT001
    client = Client(create_app(variants=names[::-1] if turned else names))
    for number in range(7):
        client.made(f"mine {number}")
    mine = client.names("PageSize=3" if len(names) < 5 else "PageSize=100")
    assert sorted(name for name in mine if name.startswith("mine")) == [
        f"mine {number}" for number in range(7)
    ]


def test_pretty_json_stays_pretty_whatever_is_named_after_it() -> None:
    client = Client(create_app(variants=["pretty-json", "extra-fields"]))
    body = client.create().body
    assert b'\r\n  "sid"' in body
    assert b"revision" in body


def test_faults_and_variants_act_together(correct: Correct) -> None:
    client = Client(create_app(faults=["delete-does-nothing"], variants=["unknown-sid-404"]))
    sid = client.made()["sid"]
    assert client.delete(sid).status == 204
    assert client.fetch(sid).status == 200
    assert client.fetch("KS" + "0" * 32).error == (404, 20404)
    assert correct


def test_every_assumption_says_what_else_there_is() -> None:
    names = [assumption.name for assumption in ASSUMPTIONS]
    assert len(set(names)) == len(names) > 40
    for assumption in ASSUMPTIONS:
        assert assumption.does
        assert assumption.otherwise
        assert assumption.source
        assert set(assumption.variants) <= VARIANTS.keys()


def test_every_variant_belongs_to_an_assumption() -> None:
    named = {name for assumption in ASSUMPTIONS for name in assumption.variants}
    assert named == VARIANTS.keys()


def test_what_was_wrong_is_right_again_without_the_fault(correct: Correct) -> None:
    story, expected = correct[0]
    teller = Teller(faults=["loses-updates"])
    teller.client.app.configure(faults=[])
    story(teller)
    assert teller.notes == expected


@pytest.mark.parametrize("name", ["throttled", "throttled-silently"])
def test_a_throttled_answer_names_its_request_too(name: str) -> None:
    client = Client(create_app(variants=[name]))
    answers = [client.listed() for _ in range(40)]
    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    assert all(answer.error == (429, 20429) for answer in refused)
    assert len({answer.headers["twilio-request-id"] for answer in answers}) == len(answers)


@pytest.mark.parametrize("names", [["throttled", "no-request-id"], ["no-request-id", "throttled"]])
def test_no_answer_has_headers_that_are_to_be_left_out(names: list[str]) -> None:
    client = Client(create_app(variants=names))
    answers = [client.listed() for _ in range(40)]
    assert {answer.status for answer in answers} == {200, 429}
    assert not any("twilio-request-id" in answer.headers for answer in answers)


def test_what_is_allowed_is_an_answer_like_others() -> None:
    answer = Client(create_app(variants=["head-and-options"])).send("OPTIONS", "/v1/Services")
    assert answer.headers["twilio-request-id"]
    assert answer.headers["allow"] == "GET, POST, HEAD, OPTIONS"
