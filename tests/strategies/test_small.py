"""Whatever fails shrinks to what the docstring says; the package is as it says."""

import inspect
import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import strategies as st

import strategies
from strategies import Create, Race
from tests.strategies.rules import INVALID, TOKEN, smallest

DOCUMENT: Final = Path(__file__).parents[2] / "openapi" / "service.yaml"
CREATE_THE_FIRST: Final = Create(name=0)


@pytest.mark.parametrize(
    ("strategy", "simplest"),
    [
        (strategies.hex_digits(), "0"),
        (strategies.hex_digits_of_any_case(), "0"),
        (strategies.service_sids(), "KS" + "0" * 32),
        (strategies.account_sids(), "AC" + "0" * 32),
        (strategies.chat_instance_sids(), "IS" + "0" * 32),
        (strategies.unknown_service_sids(), "KS7d1c94e20b6fa358" + "0" * 16),
        (strategies.unique_names(), "0"),
        (strategies.unique_names(min_size=3), "000"),
        (strategies.unique_names(min_size=3, alphabet=(" ",)), "0 0"),
        (
            strategies.unique_names(alphabet=strategies.ALPHABETS["flags"], max_size=2),
            "\U0001f1e9\U0001f1ea",
        ),
        (strategies.name_tails(max_size=9), ""),
        (strategies.name_tails(max_size=0), ""),
        (strategies.boundary_name_tails(7), "0000000"),
        (strategies.boundary_name_tails(3, alphabet=("ab",)), "aba"),
        (strategies.blank_ended_name_tails(max_size=9), " "),
        (strategies.default_ttls(), "0"),
        (strategies.geo_match_levels(), "country"),
        (strategies.number_selection_behaviors(), "prefer-sticky"),
        (strategies.page_sizes(), 1),
        (strategies.callback_urls(), "http://example.com/"),
        (strategies.create_forms(), {"UniqueName": "0"}),
        (strategies.update_forms(), {}),
        (strategies.hostile_texts(), strategies.HOSTILE_TEXTS[0]),
        (strategies.hostile_path_segments(), strategies.HOSTILE_PATH_SEGMENTS[0]),
        (strategies.sequences(max_size=9), (CREATE_THE_FIRST,)),
        (
            strategies.races(threads=2, steps_per_thread=3),
            Race(existing=(2,), threads=((CREATE_THE_FIRST,), (CREATE_THE_FIRST,))),
        ),
        (strategies.too_long_unique_names(), strategies.ONE_OF_EACH["UniqueName"][1]),
        *((INVALID[parameter], strategies.ONE_OF_EACH[parameter][0]) for parameter in INVALID),
    ],
)
def test_a_strategy_shrinks_to_its_simplest_value(
    strategy: st.SearchStrategy[object], simplest: object
) -> None:
    assert smallest(strategy) == simplest


def test_urls_shrink_to_the_shortest_with_what_matters() -> None:
    urls = strategies.callback_urls()

    assert smallest(urls, lambda url: "?" in url) == "http://example.com/?a"
    assert smallest(urls, lambda url: len(url) == 4000) == "http://example.com/".ljust(4000, "a")
    long = smallest(strategies.too_long_callback_urls()).value
    assert long == "http://example.com/".ljust(3998, "a") + "%20"
    assert smallest(strategies.malformed_callback_urls()).value == "x"


def test_hostile_form_bodies_shrink_to_separators() -> None:
    body = smallest(strategies.hostile_form_bodies(names=st.just(TOKEN)))

    assert body.value == b"&&&"


def test_a_form_shrinks_to_the_field_that_matters() -> None:
    form = smallest(strategies.create_forms(), lambda form: "DefaultTtl" in form)

    assert form == {"UniqueName": "0", "DefaultTtl": "0"}


# The package.


def test_the_public_names_are_all_there() -> None:
    assert all(hasattr(strategies, name) for name in strategies.__all__)


def test_every_strategy_says_what_it_shrinks_to() -> None:
    functions = [
        function
        for name in strategies.__all__
        if inspect.isfunction(function := getattr(strategies, name))
    ]
    returning = [f for f in functions if "SearchStrategy" in str(inspect.signature(f))]

    assert len(returning) > 20
    for function in returning:
        doc = inspect.getdoc(function) or ""
        assert re.search(r"^Shrinks to ", doc, re.MULTILINE), function.__name__


def test_the_limits_are_those_of_the_document() -> None:
    document: Any = yaml.safe_load(DOCUMENT.read_text("utf-8"))
    parts = document["components"]["schemas"]
    page_size = document["components"]["parameters"]["PageSize"]["schema"]

    assert parts["UniqueName"]["maxLength"] == strategies.MAX_UNIQUE_NAME
    assert parts["DefaultTtl"]["maximum"] == strategies.MAX_DEFAULT_TTL
    assert parts["CallbackUrl"]["maxLength"] == strategies.MAX_CALLBACK_URL
    assert set(parts["GeoMatchLevel"]["enum"]) == set(strategies.GEO_MATCH_LEVELS)
    assert parts["GeoMatchLevel"]["default"] == strategies.GEO_MATCH_LEVELS[0]
    assert set(parts["NumberSelectionBehavior"]["enum"]) == set(
        strategies.NUMBER_SELECTION_BEHAVIORS
    )
    assert parts["NumberSelectionBehavior"]["default"] == strategies.NUMBER_SELECTION_BEHAVIORS[0]
    assert (page_size["maximum"], page_size["default"]) == (
        strategies.MAX_PAGE_SIZE,
        strategies.DEFAULT_PAGE_SIZE,
    )
    assert set(parts["CreateServiceRequest"]["properties"]) == set(strategies.PARAMETERS.values())
