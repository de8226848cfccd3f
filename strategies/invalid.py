"""Values that no conforming target accepts, each with the one rule that it breaks."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Generic, TypeVar

from hypothesis import strategies as st

from strategies.flaws import FLAWS, Flaw, Rule

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Invalid(Generic[T]):
    """A value that has to be refused; the reason follows "the value is"."""

    value: T
    rule: Rule
    reason: str


ONE_OF_EACH: Final[Mapping[str, tuple[Invalid[str], ...]]] = MappingProxyType(
    {
        parameter: tuple(
            Invalid(value=flaw.simplest, rule=flaw.rule, reason=flaw.reason) for flaw in flaws
        )
        for parameter, flaws in FLAWS.items()
    }
)
"""The simplest value of every reason, by parameter; `Sid` is the one in a path."""

REASONS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        parameter: tuple(invalid.reason for invalid in values)
        for parameter, values in ONE_OF_EACH.items()
    }
)
"""Why a value of a parameter may be invalid."""


def invalid_unique_names() -> st.SearchStrategy[Invalid[str]]:
    """Generate names that are empty or too long, by whatever way of counting.

    A name too long is letters throughout: `owned` puts a token of the run into it.

    Shrinks to the empty name.
    """
    return _invalid("UniqueName")


def too_long_unique_names() -> st.SearchStrategy[Invalid[str]]:
    """Generate the names of `invalid_unique_names` but for the empty one.

    Shrinks to 192 times "0".
    """
    return _breaking("too long", "UniqueName")


def invalid_default_ttls() -> st.SearchStrategy[Invalid[str]]:
    """Generate text that is no integer in decimal.

    Shrinks to the word "x".
    """
    return _invalid("DefaultTtl")


def invalid_callback_urls() -> st.SearchStrategy[Invalid[str]]:
    """Generate what lacks a scheme or a host, and URLs of more than 4000 characters.

    Shrinks to the word "x".
    """
    return _invalid("CallbackUrl")


def malformed_callback_urls() -> st.SearchStrategy[Invalid[str]]:
    """Generate what lacks a scheme or a host.

    Shrinks to the word "x".
    """
    return _breaking("malformed", "CallbackUrl")


def too_long_callback_urls() -> st.SearchStrategy[Invalid[str]]:
    """Generate URLs of 4001 and of 8000 characters with nothing else wrong.

    Shrinks to "http://example.com/aaa..." of 4001 characters.
    """
    return _breaking("too long", "CallbackUrl")


def invalid_geo_match_levels() -> st.SearchStrategy[Invalid[str]]:
    """Generate words that are no level: nonsense, near misses, number selection behaviours.

    Shrinks to the word "x".
    """
    return _invalid("GeoMatchLevel")


def invalid_number_selection_behaviors() -> st.SearchStrategy[Invalid[str]]:
    """Generate words that are no behaviour: nonsense, near misses, geo match levels.

    Shrinks to the word "x".
    """
    return _invalid("NumberSelectionBehavior")


def invalid_chat_instance_sids() -> st.SearchStrategy[Invalid[str]]:
    """Generate text that misses the pattern by its prefix, its length or one character.

    Shrinks to "IS" and 31 zeros.
    """
    return _invalid("ChatInstanceSid")


def malformed_service_sids() -> st.SearchStrategy[Invalid[str]]:
    """Generate text for a path, safe in it as it is, that is no sid of a Service.

    Shrinks to "KS" and 31 zeros.
    """
    return _invalid("Sid")


def owned(name: Invalid[str], *, token: str) -> Invalid[str]:
    """Return the name with a token of the run for its first characters, wrong as before.

    A target that accepts it after all then has it once, and refuses none as a duplicate. The empty
    name stays empty.
    """
    return replace(name, value=f"{token}{name.value[len(token) :]}" if name.value else "")


def _because(flaw: Flaw) -> st.SearchStrategy[Invalid[str]]:
    return flaw.values.map(lambda value: Invalid(value=value, rule=flaw.rule, reason=flaw.reason))


def _invalid(parameter: str) -> st.SearchStrategy[Invalid[str]]:
    return st.one_of(*map(_because, FLAWS[parameter]))


def _breaking(rule: Rule, parameter: str) -> st.SearchStrategy[Invalid[str]]:
    return st.one_of(*(_because(flaw) for flaw in FLAWS[parameter] if flaw.rule == rule))
