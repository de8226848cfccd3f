import json
import os
import subprocess
import unicodedata
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.harness.evidence import Credentials
from conformance.pages import answers, evidence, shell, text
from conformance.pages.commands import curl
from tests.pages import runs


@given(st.text())
def test_a_line_is_one_line_that_any_terminal_can_show(value: str) -> None:
    shown = text.line(value)

    assert all(sign.isprintable() or unicodedata.category(sign) == "Zs" for sign in shown)
    assert len(shown.splitlines()) <= 1


@given(st.text(), st.integers(2, 60))
def test_a_cut_text_fits(value: str, columns: int) -> None:
    assert text.cells(text.cut(text.line(value), columns)) <= columns


@given(st.text(), st.integers(10, 60))
def test_a_shortened_text_says_how_much_is_left_out(value: str, length: int) -> None:
    shown = text.shortened(value, length)

    assert shown == value or f"{len(value) - length:,} more" in shown


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00")))
def test_a_shell_reads_back_what_was_quoted(value: str) -> None:
    assert subprocess.list2cmdline([value]) is not None
    command = f"printf '%s' {shell.quoted(value)}"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=True)

    assert done.stdout == value.encode()


@pytest.mark.parametrize("value", [*runs.HOSTILE, "\x00\x01\xff%s\\n'", "\\xff\\x80é", "100%"])
def test_a_shell_writes_every_octet_of_a_body(value: str) -> None:
    command = shell.written(value)
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=True)

    assert done.stdout == shell.as_bytes(value)
    assert command.isascii()


def test_what_is_known_becomes_a_variable() -> None:
    known = {"pc-abcdefgh-": "pc-${run_1}-", "KSx": "${sid_1}"}

    said = shell.quoted("/a/KSx?n=pc-abcdefgh-1", known)

    assert said == '/a/"${sid_1}"\'?n=\'"pc-${run_1}-"1'


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab"), inner, max_size=4),
    max_leaves=12,
)


@given(json_values, st.sampled_from([None, 1]))
def test_an_answer_is_read_as_json_reads_it(value: object, indent: int | None) -> None:
    found = answers.scalars(json.dumps(value, indent=indent))

    def leaves(at: str, inner: object) -> dict[str, object]:
        match inner:
            case dict():
                parts = [leaves(f"{at}/{name}", one) for name, one in inner.items()]
            case list():
                parts = [leaves(f"{at}/{index}", one) for index, one in enumerate(inner)]
            case _:
                return {at: inner}
        return {key: one for part in parts for key, one in part.items()}

    assert found == leaves("", value)


@given(json_values, st.integers(0, 40))
def test_the_beginning_of_an_answer_can_be_read(value: object, length: int) -> None:
    whole = answers.scalars(json.dumps(value))
    part = answers.scalars(json.dumps(value)[:length] + "… (9 more characters)")

    cut = [key for key in part if part[key] != whole.get(key)]
    assert len(cut) <= 1  # a number may be cut in its middle


def test_deep_answers_end_the_reading_and_nothing_else() -> None:
    assert answers.scalars("[" * 100_000) == {}


@given(st.text(), st.text())
def test_marking_what_differs_changes_no_short_text(left: str, right: str) -> None:
    one, other = evidence.apart(left, right, 10_000)

    assert "".join(piece.text for piece in one).startswith(text.line(left)[:24])
    if len(text.line(left)) + len(text.line(right)) < 60:
        assert "".join(piece.text for piece in one) == text.line(left)
        assert "".join(piece.text for piece in other) == text.line(right)


def test_two_long_values_are_parted_where_they_differ() -> None:
    one, other = evidence.apart("'" + "x" * 300 + "é'", "'" + "x" * 300 + "e'", 500)

    assert [piece.text for piece in one if piece.marked] == ["é"]
    assert [piece.text for piece in other if piece.marked] == ["e"]
    assert "more…]" in one[0].text


def test_curl_shows_names_of_variables_and_no_credential() -> None:
    said = curl(runs.created(1, form="DefaultTtl=5"))

    assert said == (
        'curl -i -X POST -u "$TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN" '
        "-H 'Accept: application/json' -d 'UniqueName=pc-k3v9x2ab-1&DefaultTtl=5' "
        "http://127.0.0.1:8080/v1/Services"
    )
    assert "-u" not in curl({**runs.fetched(1), "credentials": "none"})
    assert curl(runs.exchange("POST", "/v1/Services", body="a=é")).startswith("printf 'a=\\303")


@pytest.mark.parametrize(
    ("path", "flags"),
    [
        ("/v1/Services", ""),
        ("/v1/Services/../x", " --path-as-is"),
        ("/v1/Services/{Sid}", " --globoff"),
        ("/v1/Services/./[0]", " --globoff --path-as-is"),
    ],
)
def test_curl_leaves_an_address_as_it_was_sent(path: str, flags: str) -> None:
    assert curl(runs.exchange("GET", path)).startswith(f"curl -i{flags} -X GET ")


OWN = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "aB9"}
KEY = {"TWILIO_API_KEY": "AC1", "TWILIO_API_SECRET": "aB9", "TWILIO_ACCOUNT_SID": "not this"}


@pytest.mark.parametrize("own", [OWN, KEY], ids=["token", "key"])
@pytest.mark.parametrize("who", get_args(Credentials))
def test_curl_sends_the_credentials_that_were_sent(who: str, own: dict[str, str]) -> None:
    sent = {**runs.fetched(1), "credentials": who, "by_key": own is KEY}
    told = subprocess.run(
        ["sh", "-c", 'curl() { printf "%s\n" "$@"; }; ' + curl(sent)],
        env={"PATH": os.environ["PATH"], **own,
             "TWILIO_OTHER_ACCOUNT_SID": "AC2", "TWILIO_OTHER_AUTH_TOKEN": "c4"},
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip

    given_to_u = told[told.index("-u") + 1] if "-u" in told else None
    assert given_to_u == runs.LOGINS.get(who)
    header = {
        "no-credentials": ["Authorization: Basic !"],
        "no-colon": ["Authorization: Basic bm9ib2R5"],
        "beyond-ascii": ["Authorization: Basic w6k6w6k="],
        "not-utf-8": ["Authorization: Basic /zr/"],
        "bearer": ["Authorization: Bearer none"],
    }
    assert [one for one in told if one.startswith("Authorization")] == header.get(who, [])
