"""Request bodies that every conforming target accepts, as parameter names and values."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeAlias, TypedDict, Unpack, cast

from hypothesis import strategies as st

from strategies.fields import (
    chat_instance_sids,
    default_ttls,
    geo_match_levels,
    number_selection_behaviors,
)
from strategies.names import unique_names
from strategies.urls import callback_urls

PARAMETERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "unique_name": "UniqueName",
        "default_ttl": "DefaultTtl",
        "callback_url": "CallbackUrl",
        "geo_match_level": "GeoMatchLevel",
        "number_selection_behavior": "NumberSelectionBehavior",
        "intercept_callback_url": "InterceptCallbackUrl",
        "out_of_session_callback_url": "OutOfSessionCallbackUrl",
        "chat_instance_sid": "ChatInstanceSid",
    }
)
"""The property of the response, and the parameter that sets it (M31 to M38)."""

CLEARABLE: Final = (
    "CallbackUrl",
    "InterceptCallbackUrl",
    "OutOfSessionCallbackUrl",
    "ChatInstanceSid",
)
"""The parameters that empty text clears (observed by a third party; the document is silent)."""

Field: TypeAlias = st.SearchStrategy[str] | st.SearchStrategy[None] | st.SearchStrategy[str | None]


class Overrides(TypedDict, total=False):
    """What a field may be instead: a value that is sent, or None where the field is not sent."""

    unique_name: Field
    default_ttl: Field
    callback_url: Field
    geo_match_level: Field
    number_selection_behavior: Field
    intercept_callback_url: Field
    out_of_session_callback_url: Field
    chat_instance_sid: Field


def create_forms(**overrides: Unpack[Overrides]) -> st.SearchStrategy[dict[str, str]]:
    """Generate forms that create a Service: a name, and any of the other fields.

    An override stands in for the strategy of its field, to pin it (`default_ttl=st.just("0")`), to
    poison it, to leave it out (`chat_instance_sid=st.none()`) or to do so at times (`st.none() |
    st.just("5")`). Names and chat instances may repeat from one form to the next, so that whoever
    sends the forms overrides these two.

    Shrinks to `{"UniqueName": "0"}`.
    """
    return _forms({**_optional_fields(), "unique_name": unique_names()}, overrides)


def update_forms(**overrides: Unpack[Overrides]) -> st.SearchStrategy[dict[str, str]]:
    """Generate forms that update a Service: any of the fields, none at all included (M47).

    Overrides as for `create_forms`.

    Shrinks to `{}`.
    """
    return _forms({**_optional_fields(), "unique_name": st.none() | unique_names()}, overrides)


def _optional_fields() -> dict[str, Field]:
    return {
        "default_ttl": st.none() | default_ttls(),
        "callback_url": st.none() | callback_urls(),
        "geo_match_level": st.none() | geo_match_levels(),
        "number_selection_behavior": st.none() | number_selection_behaviors(),
        "intercept_callback_url": st.none() | callback_urls(),
        "out_of_session_callback_url": st.none() | callback_urls(),
        "chat_instance_sid": st.none() | chat_instance_sids(),
    }


def _forms(fields: Mapping[str, Field], overrides: Overrides) -> st.SearchStrategy[dict[str, str]]:
    chosen = {**fields, **cast("Mapping[str, Field]", overrides)}
    unknown = sorted(chosen.keys() - PARAMETERS.keys())
    if unknown:
        raise TypeError(f"unknown field {unknown[0]!r}; known: {', '.join(PARAMETERS)}")
    return st.fixed_dictionaries(
        {parameter: chosen[name] for name, parameter in PARAMETERS.items()}
    ).map(_sent)


def _sent(form: Mapping[str, str | None]) -> dict[str, str]:
    return {parameter: value for parameter, value in form.items() if value is not None}
