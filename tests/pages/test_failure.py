"""The text of a failed test."""

from collections import Counter
from typing import Any

import pytest

from conformance.harness import requirements
from conformance.pages import failure
from tests.pages import runs

CATALOGUE = requirements.load()
SID = "KS00000000000000009e3779b97f4a7c15"
WHOLE = f"""\
CREATE-4 (must): A create keeps the DefaultTtl that was sent.
because DefaultTtl is 3600
expected at /default_ttl: 3600
   found at /default_ttl: 0
1. curl -i -X POST -u "$TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN" \
-H 'Accept: application/json' -d 'UniqueName=pc-k3v9x2ab-1&DefaultTtl=3600' \
http://127.0.0.1:8080/v1/Services
   -> 201 (RQ0123456789abcdef0123456789abcdef) {{"sid": "{SID}"}}
2. curl -i -X GET -u "$TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN" \
-H 'Accept: application/json' http://127.0.0.1:8080/v1/Services/{SID}
   -> 200 (RQ0123456789abcdef0123456789abcdef) {{"default_ttl": 0}}
"""


def found(**changed: Any) -> dict[str, Any]:
    told = runs.loses_ttl()
    told["trail"][0]["response_body"] = f'{{"sid": "{SID}"}}'
    told["exchange"]["response_body"] = '{"default_ttl": 0}'
    return {"requirement": "CREATE-4", **told, **changed}


def test_a_failure_is_told_whole() -> None:
    assert failure.text([found()], CATALOGUE) == WHOLE


@pytest.mark.parametrize(
    ("more", "also"),
    [
        (1, ["as well as: expected 0, found 9"]),
        (5, [*(f"as well as: expected {n}, found 9" for n in range(3)),
             "and 2 more in the same place"]),
    ],
)  # fmt: skip
def test_what_is_wrong_in_one_place_is_one_claim(more: int, also: list[str]) -> None:
    alike = [found(expected=str(n), found="9") for n in range(more)]

    told = failure.text([found(), *alike], CATALOGUE).splitlines()

    assert told == [*WHOLE.splitlines()[:4], *also, *WHOLE.splitlines()[4:]]


def test_what_is_wrong_in_the_same_way_is_told_once() -> None:
    assert failure.text([found(), found(because="another one")], CATALOGUE) == WHOLE


def test_two_places_of_one_answer_are_two_claims_and_one_story() -> None:
    told = failure.text([found(), found(where="/sid")], CATALOGUE).splitlines()

    lines = WHOLE.splitlines()
    second = [line.replace("/default_ttl:", "/sid:") for line in lines[2:4]]
    assert told == [*lines[:4], *second, *lines[4:]]


@pytest.mark.parametrize(
    "other", [{"requirement": "CREATE-5"}, {"where": "/sid", "exchange": runs.fetched(2)}]
)
def test_two_requirements_or_two_answers_are_two_stories(other: dict[str, Any]) -> None:
    told = failure.text([found(), found(**other)], CATALOGUE)

    assert told.startswith(WHOLE)
    assert told.count("1. curl") == 2


def test_of_a_long_story_beginning_and_end_are_told() -> None:
    story = found(trail=[runs.fetched(n) for n in range(1, 20)])

    told = failure.text([story], CATALOGUE).splitlines()

    numbers = [line.split(".")[0] for line in told if ". curl" in line]
    assert numbers == ["1", "2", "15", "16", "17", "18", "19", "20"]
    assert told.index("   ... 12 more, in the report") == 8


def test_stories_of_a_requirement_are_told_three_times() -> None:
    before = Counter[str]()
    texts = [failure.text([found()], CATALOGUE, before) for _ in range(4)]
    other = failure.text([found(requirement="CREATE-5")], CATALOGUE, before)

    assert [text == WHOLE for text in texts] == [True, True, True, False]
    assert texts[3].splitlines() == [
        *WHOLE.splitlines()[:4], "its story is in the report, like those before it"
    ]  # fmt: skip
    assert "curl" in other


def test_a_race_is_drawn() -> None:
    told = failure.text([{"because": "", "requirement": "RACE-1", **runs.races()}], CATALOGUE)

    assert str(runs.races()["witness"]["drawing"]) in told


def test_a_lost_answer_is_told() -> None:
    lost = found(exchange={**runs.fetched(1), "status": None, "failure": "closed\x1b[2J"})

    assert failure.text([lost], CATALOGUE).endswith("   -> no answer: closed\\x1b[2J\n")


def test_what_a_target_sends_does_not_reach_the_terminal_as_it_is() -> None:
    hostile = found(
        exchange={**runs.fetched(1), "response_body": "\x1b]0;owned\x07\r\n\udc80"},
        expected="\x1b[31m", found="a\nb", because="\u202e",
    )  # fmt: skip

    told = failure.text([hostile], CATALOGUE)

    assert all(character.isprintable() or character == "\n" for character in told)
    assert "\\x1b]0;owned\\x07\\r\\n\\udc80" in told
