"""Names that are kept as they were sent, though they are easily taken for something else."""

import pytest
from hypothesis import given

import strategies
from conformance.harness.api import Api
from conformance.harness.arrange import kept, marked
from conformance.harness.checks import accepted, shows
from conformance.harness.evidence import Exchange
from conformance.harness.expect import NotRun
from conformance.harness.marks import effort, requirement
from conformance.harness.names import TOKEN_LENGTH
from conformance.harness.verdicts import expect
from conformance.harness.worker import NewApi

LATER = effort("ci")
ROOM = strategies.MAX_UNIQUE_NAME - TOKEN_LENGTH


@requirement("CREATE-15")
def test_a_name_of_one_character_is_accepted(new_api: NewApi) -> None:
    """Of a script with room enough that nobody else's Service has that name; three are tried."""
    api = new_api()

    answer = first_accepted(api, single_characters(api))

    expect(answer, accepted(), because="the name has 1 character")


@requirement("CREATE-17")
@LATER
def test_a_name_of_digits_alone_is_text(new_api: NewApi) -> None:
    """Of so many, chosen by the run, that nobody else's Service has it."""
    api = new_api()
    name = f"1{int(api.own.names.run, 16):010d}{int(api.own.names.run[::-1], 16):010d}"

    fetched = kept(api, {"UniqueName": name, "CallbackUrl": marked(api)})

    expect(fetched, accepted(), shows(unique_name=name), because="the name is made of digits")


def single_characters(api: Api) -> list[str]:
    """Choose syllables by the run, so that two runs at once are unlikely to meet."""
    seed = int(api.own.names.run, 16)
    return [chr(0xAC00 + (seed // 11172**index) % 11172) for index in range(3)]


def first_accepted(api: Api, names: list[str]) -> Exchange:
    """Create with one name after another until one is accepted: others may have the first."""
    answer = api.create({"UniqueName": names[0], "CallbackUrl": marked(api)})
    return answer if answer.accepted or not names[1:] else first_accepted(api, names[1:])


@requirement("CREATE-17")
@effort("thorough")
@given(tail=strategies.name_tails(max_size=ROOM))
def test_any_name_is_kept_character_by_character(new_api: NewApi, tail: str) -> None:
    """Any mixture of assigned characters that does not end in a blank."""
    api = new_api()
    name = api.name(tail)

    fetched = kept(api, {"UniqueName": name})

    expect(fetched, accepted(), shows(unique_name=name))


@requirement("CREATE-17")
@LATER
@pytest.mark.parametrize(
    ("head", "tail"),
    [
        pytest.param("", "\tx", id="a tab"),
        pytest.param("", "\0x", id="a NUL"),
        pytest.param("", "\r\nx", id="a line break"),
        pytest.param("\ufeff", "", id="a byte order mark at its beginning"),
    ],
)
def test_a_control_in_a_name_is_kept_where_it_is_accepted(
    new_api: NewApi, head: str, tail: str
) -> None:
    """Whether names may hold controls, nobody knows; but none becomes another name."""
    api = new_api()
    name = api.name(tail, head=head)

    fetched = kept(api, {"UniqueName": name})

    if fetched.operation == "create" and fetched.refused:
        raise NotRun("a control in a name is refused, which no source rules out")
    expect(fetched, accepted(), shows(unique_name=name))


@requirement("CREATE-17")
@LATER
@pytest.mark.parametrize("name", ["null", "true"])
def test_a_name_that_reads_as_a_value_is_text(new_api: NewApi, name: str) -> None:
    """Somebody else's Service may have it."""
    api = new_api()

    fetched = kept(api, {"UniqueName": name, "CallbackUrl": marked(api)})

    if fetched.operation == "create" and fetched.refused:
        raise NotRun("the name is refused: somebody may have it")
    expect(fetched, accepted(), shows(unique_name=name))


@requirement("CREATE-18")
@LATER
@pytest.mark.parametrize("blank", ["trailing", "leading"])
def test_blanks_at_the_ends_of_a_name_are_kept(new_api: NewApi, blank: str) -> None:
    """No source says that names are trimmed."""
    api = new_api()
    name = f"{api.name()} " if blank == "trailing" else f" {api.name()}"

    fetched = kept(api, {"UniqueName": name})

    expect(fetched, accepted(), shows(unique_name=name))
