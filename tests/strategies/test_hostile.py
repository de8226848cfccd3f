"""Hostile input reaches everything that is known to hurt, and names nothing but the token."""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, unquote_to_bytes

import pytest
from hypothesis import strategies as st

import strategies
from tests.strategies.rules import TOKEN, drawn, reaches


@pytest.fixture(scope="module")
def bodies() -> list[strategies.Hostile[bytes]]:
    return drawn(strategies.hostile_form_bodies(names=st.just(TOKEN)), 800)


@pytest.mark.parametrize(
    "hostile", strategies.HOSTILE_PATH_SEGMENTS, ids=lambda hostile: hostile.reason
)
def test_hostile_path_segments_can_be_put_into_a_path_and_a_form(
    hostile: strategies.Hostile[str],
) -> None:
    plain = hostile.value.removesuffix("%")  # which may stand alone
    assert re.fullmatch(r"(?:[A-Za-z0-9\-._~!$'()*,;:@]|%[0-9A-Fa-f]{2})+", plain)
    assert hostile.value not in {".", ".."}


def test_reasons_of_hostile_input_differ() -> None:
    for table in (
        strategies.HOSTILE_TEXTS,
        strategies.HOSTILE_URLS,
        strategies.HOSTILE_PATH_SEGMENTS,
        strategies.one_of_each_hostile_form_body(TOKEN),
    ):
        assert len({hostile.reason for hostile in table}) == len(table) > 5
        assert len({hostile.value for hostile in table}) == len(table)


def is_not_utf8(raw: bytes) -> bool:
    return raw.decode(errors="replace").encode() != raw


@pytest.mark.parametrize(
    "holds",
    [
        pytest.param(lambda raw: b"\0" in raw, id="NUL"),
        pytest.param(is_not_utf8, id="not UTF-8"),
        pytest.param(lambda raw: b"\xed\xa0\x80" in raw, id="lone surrogate"),
        pytest.param(lambda raw: b"\xc0\xaf" in raw, id="overlong"),
        pytest.param(lambda raw: len(raw) >= 10_000, id="10 kB"),
        pytest.param(lambda raw: "\u202e".encode() in raw, id="right-to-left override"),
        pytest.param(lambda raw: b"\r\n" in raw, id="line break"),
        pytest.param(lambda raw: b"../" in raw, id="path traversal"),
        pytest.param(lambda raw: b"' OR" in raw, id="SQL"),
        pytest.param(lambda raw: b"{{" in raw, id="template"),
        pytest.param(lambda raw: b'"' in raw, id="JSON"),
        pytest.param(lambda raw: 20 < len(raw) < 41 and is_not_utf8(raw), id="any bytes"),
    ],
)
def test_hostile_texts_and_segments_reach_it(holds: Callable[[bytes], bool]) -> None:
    for strategy in (strategies.hostile_texts(), strategies.hostile_path_segments()):
        assert reaches(strategy, lambda hostile: holds(unquote_to_bytes(hostile.value)))


@pytest.mark.parametrize(
    "body", strategies.one_of_each_hostile_form_body(TOKEN), ids=lambda body: body.reason
)
def test_a_hostile_form_body_names_nothing_but_the_token(body: strategies.Hostile[bytes]) -> None:
    read = parse_qsl(body.value.decode("latin-1"), keep_blank_values=True)
    names = [value for key, value in read if key.startswith("UniqueName")]

    assert all(name.startswith(TOKEN) or name == "" for name in names)


def test_a_hostile_form_body_has_a_thousand_parameters() -> None:
    sizes = {
        body.reason: len(parse_qsl(body.value.decode("latin-1")))
        for body in strategies.one_of_each_hostile_form_body(TOKEN)
    }

    assert sizes["1000 parameters"] == max(sizes.values()) == 1000


def test_hostile_form_bodies_reach_every_reason(bodies: list[strategies.Hostile[bytes]]) -> None:
    table = strategies.one_of_each_hostile_form_body(TOKEN)

    assert {body.reason for body in bodies} == {
        *(body.reason for body in table),
        "any bytes after the name",
    }
