"""Edges and mixtures keep the rules, and hold both ends of every field."""

import pytest

import strategies
from strategies import Edge
from strategies.mixtures import HEADS
from tests.strategies.rules import (
    GEO_MATCH_LEVELS,
    NUMBER_SELECTION_BEHAVIORS,
    VALUE_IS_FINE,
    assert_plain_url,
    faults_of_a_name,
)


@pytest.mark.parametrize("parameter", strategies.EDGE_VALUES)
def test_edge_values_are_valid_and_differ(parameter: str) -> None:
    edges = strategies.EDGE_VALUES[parameter]

    assert all(VALUE_IS_FINE[parameter](edge.value) for edge in edges)
    assert len({edge.value for edge in edges}) == len(edges)


def test_edge_values_hold_both_ends_and_every_listed_value() -> None:
    edges = {
        parameter: {edge.value for edge in values}
        for parameter, values in strategies.EDGE_VALUES.items()
    }

    assert edges["DefaultTtl"] >= {"0", "1", "32768", "65536", "2147483646"}
    assert edges["GeoMatchLevel"] == GEO_MATCH_LEVELS
    assert edges["NumberSelectionBehavior"] == NUMBER_SELECTION_BEHAVIORS
    assert {len(url) for url in edges["CallbackUrl"]} >= {3999, 4000}


@pytest.mark.parametrize("edge", strategies.EDGE_VALUES["CallbackUrl"], ids=lambda edge: edge.why)
def test_edges_of_urls_are_plain(edge: Edge[str]) -> None:
    assert_plain_url(edge.value)


def test_mixtures_are_valid_forms_of_all_kinds() -> None:
    many = strategies.mixtures(105)
    names = [f"{one.head}token-of-the-run{one.tail}" for one in many]

    assert [fault for name in names for fault in faults_of_a_name(name)] == []
    assert [many[at].head + many[at].tail for at in (0, 1, -1)] == ["", "", ""]
    assert {one.head for one in many} == {"", *HEADS}
    assert len({one.tail for one in many}) == len(many) - 2
    for parameter, edges in strategies.EDGE_VALUES.items():
        sent = {one.form[parameter] for one in many if parameter in one.form}
        assert sent >= {edge.value for edge in edges if len(edge.value) < 200}
        assert any(parameter not in one.form for one in many)
    assert {len(value) > 3000 for one in many for value in one.form.values()} == {True, False}
    assert {one.has_chat for one in many} == {True, False}
    assert [one.form for one in strategies.mixtures(3)] == [one.form for one in many[:3]]


@pytest.mark.parametrize("length", [0, 1, 8, 20, 150])
def test_edge_name_tails_make_valid_names_of_all_kinds(length: int) -> None:
    edges = strategies.edge_name_tails(token_length=length)
    names = ["t" * length + edge.value for edge in edges]

    assert [fault for name in names for fault in faults_of_a_name(name)] == []
    assert {len(name) for name in names} >= {190, 191}
    assert {edge.why for edge in edges} >= set(strategies.ALPHABETS)
    assert len({edge.why for edge in edges}) == len(edges)


def test_edge_name_tails_have_every_plane() -> None:
    text = "".join(edge.value for edge in strategies.edge_name_tails(token_length=20))

    assert {ord(character) >> 16 for character in text} == {0, 1, 2, 3, 14, 15, 16}
