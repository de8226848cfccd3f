"""Names keep the rules, and everything that matters is among them."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from tests.strategies.rules import (
    QUICK,
    TOKEN,
    drawn,
    faults_of_a_name,
    faults_of_characters,
    reaches,
)


@pytest.fixture(scope="module")
def names() -> list[str]:
    return drawn(strategies.unique_names(), 2000)


def test_unique_names_are_valid(names: list[str]) -> None:
    assert [fault for name in names for fault in faults_of_a_name(name)] == []


@QUICK
@given(st.data())
def test_unique_names_keep_to_the_sizes(data: st.DataObject) -> None:
    least = data.draw(st.integers(1, 191))
    most = data.draw(st.integers(least, 191))

    name = data.draw(strategies.unique_names(min_size=least, max_size=most))

    assert least <= len(name) <= most
    assert faults_of_a_name(name) == []


@QUICK
@given(strategies.unique_names(alphabet=("x", "yz")))
def test_unique_names_keep_to_an_alphabet(name: str) -> None:
    assert set(name) <= set("xyz")


@pytest.mark.parametrize(("least", "most"), [(0, 5), (5, 4), (1, 192)])
def test_sizes_out_of_bounds_are_a_mistake(least: int, most: int) -> None:
    with pytest.raises(ValueError, match=f"sizes {least} to {most}: allowed are 1 to 191"):
        strategies.unique_names(min_size=least, max_size=most)


@QUICK
@given(strategies.name_tails(max_size=191 - len(TOKEN)))
def test_name_tails_make_valid_names(tail: str) -> None:
    assert faults_of_a_name(TOKEN + tail) == []


@pytest.mark.parametrize("size", [-1, 191])
def test_a_tail_leaves_room_for_a_token(size: int) -> None:
    with pytest.raises(ValueError, match=f"max_size {size}: a token takes at least one of 191"):
        strategies.name_tails(max_size=size)


@QUICK
@given(st.data(), st.integers(0, 190))
def test_boundary_name_tails_have_the_length(data: st.DataObject, length: int) -> None:
    tail = data.draw(strategies.boundary_name_tails(length))

    assert len(tail) == length
    assert faults_of_a_name(f"x{tail}") == []


@QUICK
@given(strategies.blank_ended_name_tails(max_size=100))
def test_blank_ended_name_tails_end_with_a_blank_and_are_fine_without(tail: str) -> None:
    assert tail[-1].isspace()
    assert len(tail) <= 100
    assert faults_of_a_name(f"x{tail[:-1]}") == []


@pytest.mark.parametrize("alphabet", strategies.ALPHABETS)
def test_every_piece_of_every_alphabet_is_of_good_characters(alphabet: str) -> None:
    pieces = strategies.ALPHABETS[alphabet]

    assert list(faults_of_characters("".join(pieces))) == []
    assert len(set(pieces)) == len(pieces) > 1


@pytest.mark.parametrize("plane", [0, 1, 2, 3, 14, 15, 16])
def test_names_and_tails_reach_every_plane_that_has_characters(
    plane: int, names: list[str]
) -> None:
    def has_the_plane(text: str) -> bool:
        return any(ord(character) >> 16 == plane for character in text)

    assert any(map(has_the_plane, names))
    assert reaches(strategies.boundary_name_tails(180), has_the_plane)


@pytest.mark.parametrize("length", [1, 2, 190, 191])
def test_names_reach_the_length(length: int, names: list[str]) -> None:
    assert length in map(len, names)


@pytest.mark.parametrize(
    "holds",
    [
        pytest.param(lambda name: name.isascii() and "&" in name, id="an ampersand"),
        pytest.param(lambda name: "  " in name, id="two blanks"),
        pytest.param(lambda name: "\u200d" in name, id="a joiner"),
        pytest.param(lambda name: "%2B" in name, id="like an escape"),
        pytest.param(lambda name: "null" in name, id="null"),
        pytest.param(lambda name: len(name.encode("utf-16-le")) == 764, id="764 bytes in UTF-16"),
        pytest.param(lambda name: len(name.encode()) == 764, id="764 bytes in UTF-8"),
        pytest.param(lambda name: unicodedata.normalize("NFC", name) != name, id="not NFC"),
        pytest.param(lambda name: unicodedata.normalize("NFD", name) != name, id="not NFD"),
        pytest.param(lambda name: len(name.casefold()) > len(name), id="longer when folded"),
        pytest.param(lambda name: unicodedata.bidirectional(name[0]) == "AL", id="Arabic"),
        pytest.param(lambda name: len({ord(c) >> 16 for c in name}) > 2, id="three planes"),
    ],
)
def test_names_reach_what_goes_wrong_elsewhere(
    holds: Callable[[str], bool], names: list[str]
) -> None:
    assert any(map(holds, names))
