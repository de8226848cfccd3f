"""Sequences of operations as plain values, for a state machine and for threads that race.

Steps name no sid and no name: `which` counts the Services that are there, modulo their number, and
`name` counts the names that the run has made for the purpose, few enough for duplicates to happen.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from hypothesis import strategies as st

from strategies.fields import geo_match_levels, number_selection_behaviors, page_sizes
from strategies.forms import CLEARABLE

NAMES: Final = 4
"""Names that steps of a sequence use: few, so that some are taken, and freed, and taken again."""

RACING_NAMES: Final = 3
"""Names that racing threads use."""

NAMES_BEFORE_A_RACE: Final = ((2,), (2, 1))
"""Names of the Services that are there when a race starts; 0 is free."""

MAX_WHICH: Final = 7
"""The largest `which`: longer lists of live Services are rare in short sequences."""

Fields: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """Create a Service with that name and those fields; at `chat`, with a fresh chat instance."""

    name: int
    fields: Fields = ()
    chat: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """Fetch a Service."""

    which: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAll:
    """Walk the whole list."""

    page_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Update fields of a Service, but not its name; at `chat`, with a fresh chat instance."""

    which: int
    fields: Fields = ()
    chat: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """Update the name of a Service, to its own or to one that is taken at times."""

    which: int
    name: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    """Update parameters of a Service, a URL or the chat instance, to empty text."""

    which: int
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Delete a Service."""

    which: int


Step: TypeAlias = Create | Fetch | ListAll | Update | Rename | Clear | Delete
RacingStep: TypeAlias = Create | Fetch | Update | Rename | Delete


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """Threads that start together.

    `existing` are the names of the Services that are there before; `which` counts these alone,
    modulo their number, even once one of them has been deleted.
    """

    existing: tuple[int, ...]
    threads: tuple[tuple[RacingStep, ...], ...]


def sequences(*, max_size: int) -> st.SearchStrategy[tuple[Step, ...]]:
    """Generate 1 to `max_size` steps, the first of which creates a Service.

    Shrinks to a single `Create(name=0)`.
    """
    first = _creates(NAMES)
    rest = st.lists(_steps(), max_size=max_size - 1)
    return st.builds(lambda step, steps: (step, *steps), first, rest)


def races(*, threads: int, steps_per_thread: int) -> st.SearchStrategy[Race]:
    """Generate as many threads, each of 1 to `steps_per_thread` steps, over few names and Services.

    Shrinks to threads that each create a Service of the same name, which is free.
    """
    steps = st.lists(_racing_steps(), min_size=1, max_size=steps_per_thread).map(tuple)
    return st.builds(
        Race,
        existing=st.sampled_from(NAMES_BEFORE_A_RACE),
        threads=st.tuples(*(steps for _ in range(threads))),
    )


def _steps() -> st.SearchStrategy[Step]:
    which = st.integers(min_value=0, max_value=MAX_WHICH)
    return st.one_of(
        _creates(NAMES),
        st.builds(Fetch, which=which),
        st.builds(Update, which=which, fields=_fields(), chat=st.booleans()),
        st.builds(Rename, which=which, name=_indices(NAMES)),
        st.builds(
            Clear,
            which=which,
            parameters=st.lists(
                st.sampled_from(CLEARABLE), min_size=1, max_size=len(CLEARABLE), unique=True
            ).map(tuple),
        ),
        st.builds(Delete, which=which),
        st.builds(ListAll, page_size=page_sizes()),
    )


def _racing_steps() -> st.SearchStrategy[RacingStep]:
    which = _indices(max(map(len, NAMES_BEFORE_A_RACE)))
    return st.one_of(
        st.builds(Create, name=_indices(RACING_NAMES)),
        st.builds(Fetch, which=which),
        st.builds(Update, which=which, fields=_fields()),
        st.builds(Rename, which=which, name=_indices(RACING_NAMES)),
        st.builds(Delete, which=which),
    )


def _creates(names: int) -> st.SearchStrategy[Create]:
    return st.builds(Create, name=_indices(names), fields=_fields(), chat=st.booleans())


def _indices(count: int) -> st.SearchStrategy[int]:
    return st.integers(min_value=0, max_value=count - 1)


def _fields() -> st.SearchStrategy[Fields]:
    """Return fields whose values tell one write from another and are dull otherwise."""
    urls = st.integers(min_value=0, max_value=99).map("https://example.com/{}".format)
    return st.fixed_dictionaries(
        {},
        optional={
            "DefaultTtl": st.integers(min_value=0, max_value=99).map(str),
            "CallbackUrl": urls,
            "GeoMatchLevel": geo_match_levels(),
            "NumberSelectionBehavior": number_selection_behaviors(),
            "InterceptCallbackUrl": urls,
            "OutOfSessionCallbackUrl": urls,
        },
    ).map(lambda fields: tuple(fields.items()))
