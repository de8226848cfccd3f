"""What a create was sent is what its Service holds, character by character."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from typing import Final, Protocol, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from conformance.harness.api import Api
from conformance.harness.arrange import (
    DIGIT,
    EXAMPLE,
    MIXED,
    URL_FIELDS,
    chat,
    everything,
    kept,
)
from conformance.harness.checks import accepted, leaves_defaults, shows, shows_form
from conformance.harness.evidence import Exchange
from conformance.harness.marks import effort, of_each, requirement
from conformance.harness.names import TOKEN_LENGTH, chat_sid
from conformance.harness.target import Target
from conformance.harness.verdicts import expect
from conformance.harness.worker import NewApi, Play, Worker

LATER = effort("ci")
ROOM = strategies.MAX_UNIQUE_NAME - TOKEN_LENGTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a create sent, and what a fetch shows of it; or the refusal."""

    form: dict[str, str]
    fetched: Exchange


class Keep(Protocol):
    """Gives what was kept of the given parameters: among others, unless they are to be alone.

    A thrifty run sends none alone.
    """

    def __call__(self, form: Mapping[str, str], *, name: str = ..., alone: bool = ...) -> Kept: ...


PLANES = {
    "four bytes each": "\U00020000",
    "two bytes each": "\u0436",
    "three bytes each": "\u6f22",
    "emoji": "\U0001f600",
    "plane 3": "\U00030000",
    "plane 14": "\U000e0100",
    "plane 15": "\U000f0000",
    "plane 16": "\U00100000",
    "markup": "&<>\"'",
}
TAILS = {"a little of everything": MIXED} | {
    edge.why: edge.value
    for edge in strategies.edge_name_tails(token_length=TOKEN_LENGTH)
    if "characters" not in edge.why
}
CHOSEN = (
    "plane 1", "like JSON", "like HTML", "like percent escapes", "like values",
    "combining marks", "blanks inside", "changed by normalisation",
)  # fmt: skip
"""Names that `ci` tries, each in a Service of its own; a crowd has those of every alphabet."""
NAMES: Mapping[str, Callable[[Api], str]] = {
    "plain": lambda api: api.name(),
    "191 characters": lambda api: api.name_of(191),
    "190 characters": lambda api: api.name_of(190),
    **{plane: partial(Api.name_of, length=191, unit=unit) for plane, unit in PLANES.items()},
    **{
        why: partial(Api.name, tail=tail, head=DIGIT if tail == MIXED else "")
        for why, tail in TAILS.items()
    },
}
"""How each kind of name is made, fresh each time."""

URLS = {edge.why: edge.value for edge in strategies.EDGE_VALUES["CallbackUrl"]}
SHORT_URLS = {why: url for why, url in URLS.items() if len(url) < 1000}
ALL_AT_ONCE = "https://callback.example:8443/{}/A%20b%2Fc%25//d/?Of=%C3%A9%2B%26&a=1&a=2#Part"
LONGEST_URL = URLS["4000 characters long, in the path"]


def thrifty_urls() -> list[str]:
    """Put first the URLs in which the most goes wrong."""
    first = ["percent escapes", "a fragment", "an IPv6 address with a port"]
    return [SHORT_URLS[why] for why in (*first, *(w for w in SHORT_URLS if w not in first))]


TTLS = {
    "the longest": "2147483646",
    "the default": "0",
    **{edge.why: edge.value for edge in strategies.EDGE_VALUES["DefaultTtl"][1:-1]},
}
Pack: TypeAlias = tuple[str, dict[str, str]]
THRIFTY_PACKS: Final[Sequence[Pack]] = (
    (
        "a little of everything",
        {
            "DefaultTtl": "1",
            "GeoMatchLevel": "area-code",
            "NumberSelectionBehavior": "avoid-sticky",
            **dict(zip(URL_FIELDS, thrifty_urls(), strict=False)),
        },
    ),
    (
        "four bytes each",
        {
            "DefaultTtl": "2147483646",
            "GeoMatchLevel": "overlay",
            "NumberSelectionBehavior": "prefer-sticky",
            "CallbackUrl": f"{EXAMPLE}/status",
            "InterceptCallbackUrl": f"{EXAMPLE}/intercept",
            "OutOfSessionCallbackUrl": f"{EXAMPLE}/out",
        },
    ),
    (
        "two bytes each",
        {"DefaultTtl": "0", "GeoMatchLevel": "radius", **dict.fromkeys(URL_FIELDS, LONGEST_URL)},
    ),
    (
        "191 characters",
        {
            "DefaultTtl": "3600",
            "GeoMatchLevel": "country",
            **{field: ALL_AT_ONCE.format(field) for field in URL_FIELDS},
        },
    ),
)
"""What a thrifty run creates: several edges in one Service, each told by its own property."""


def more_packs() -> Iterator[Pack]:
    """Give the names, URLs and ttls that no thrifty run tries, each once."""
    tried = {name for name, _ in THRIFTY_PACKS}
    names = [name for name in ("190 characters", *PLANES, *CHOSEN) if name not in tried]
    rest = thrifty_urls()[3:]
    urls = [rest[at : at + 3] for at in range(0, len(rest), 3)]
    sent = {form.get("DefaultTtl") for _, form in THRIFTY_PACKS}
    ttls = [ttl for ttl in TTLS.values() if ttl not in sent]
    for name, three, ttl in zip_longest(names, urls, ttls, fillvalue=None):
        form = dict(zip(URL_FIELDS, three or (), strict=False))
        yield name or "plain", form | ({"DefaultTtl": ttl} if ttl else {})


PACKS: Final[Sequence[Pack]] = (*THRIFTY_PACKS, *more_packs())


def packed(api: Api, packs: Sequence[Pack], target: Target) -> list[Kept]:
    """Create the packs; a chat instance, fresh as it has to be, belongs to the first as well."""
    forms = [{"UniqueName": NAMES[name](api), **form} for name, form in packs]
    forms[0] |= chat(target)
    return [Kept(form=form, fetched=kept(api, form)) for form in forms]


@pytest.fixture(scope="session")
def packs(play: Play, worker: Worker, target: Target) -> list[Kept]:
    """Create the packs, of which a thrifty run has the first few."""
    thrifty = worker.values["effort"] == "probe"
    return play(lambda api: packed(api, THRIFTY_PACKS if thrifty else PACKS, target))


@pytest.fixture(scope="session")
def keep(play: Play, packs: list[Kept], worker: Worker) -> Keep:
    """Give a Service of a pack that was sent these parameters; else create one.

    One that was refused proves nothing of any one parameter: that is then sent alone.
    """
    thrifty = worker.values["effort"] == "probe"

    def kept_so(form: Mapping[str, str], *, name: str = "plain", alone: bool = False) -> Kept:
        for (kind, _), pack in zip(PACKS, packs if thrifty or not alone else [], strict=False):
            has = name in {"plain", kind} and form.items() <= pack.form.items()
            if has and pack.fetched.operation == "fetch" and pack.fetched.accepted:
                return pack

        def story(api: Api) -> Kept:
            sent = {"UniqueName": NAMES[name](api), **form}
            return Kept(form=sent, fetched=kept(api, sent))

        return play(story)

    return kept_so


PARAMETERS = {
    "CREATE-4": {"DefaultTtl": "3600"},
    "CREATE-5": {"CallbackUrl": f"{EXAMPLE}/status"},
    "CREATE-6": {"InterceptCallbackUrl": f"{EXAMPLE}/intercept"},
    "CREATE-7": {"OutOfSessionCallbackUrl": f"{EXAMPLE}/out"},
}


@pytest.mark.parametrize(
    "form", [pytest.param(form, id="-".join(form), marks=requirement(id)) for id, form in PARAMETERS.items()]
)  # fmt: skip
def test_a_create_keeps_a_parameter(keep: Keep, form: dict[str, str]) -> None:
    """A fetch shows it."""
    made = keep(form, alone=True)

    expect(
        made.fetched,
        accepted(),
        shows_form(form),
        leaves_defaults(made.form),
        because=f"{', '.join(made.form)} was sent",
    )


@requirement("CREATE-8")
@pytest.mark.parametrize("level", strategies.GEO_MATCH_LEVELS)
def test_a_create_keeps_each_geo_match_level(keep: Keep, level: str) -> None:
    """The list of possible values is taken, not the prose, where they differ."""
    made = keep({"GeoMatchLevel": level}, alone=True)

    expect(made.fetched, accepted(), shows(geo_match_level=level), because=f"{level} was sent")


@requirement("CREATE-9")
@pytest.mark.parametrize("behavior", strategies.NUMBER_SELECTION_BEHAVIORS)
def test_a_create_keeps_each_number_selection_behavior(keep: Keep, behavior: str) -> None:
    """Both are listed."""
    made = keep({"NumberSelectionBehavior": behavior}, alone=True)

    expect(made.fetched, accepted(), shows(number_selection_behavior=behavior))


@requirement("CREATE-10")
@pytest.mark.parametrize(
    "case", ["among others", *(pytest.param(case, marks=LATER) for case in ("lower", "upper"))]
)
def test_a_create_keeps_a_chat_instance_sid(new_api: NewApi, packs: list[Kept], case: str) -> None:
    """Well-formed is enough; that the chat instance exists was not asked of a third party."""
    made = with_chat(new_api(), packs[0], case)

    sent = made.form["ChatInstanceSid"]
    expect(made.fetched, accepted(), shows(chat_instance_sid=sent), because=f"{sent} was sent")


def with_chat(api: Api, pack: Kept, case: str) -> Kept:
    """Give a Service that was sent a chat instance: that of a pack, or one with nothing else."""
    if case == "among others" and "ChatInstanceSid" in pack.form and pack.fetched.accepted:
        return pack
    digits = chat_sid()[2:]
    form = {
        "UniqueName": api.name(),
        "ChatInstanceSid": f"IS{digits.upper() if case == 'upper' else digits}",
    }
    return Kept(form=form, fetched=kept(api, form))


@requirement("CREATE-15")
@pytest.mark.parametrize("length", [191, pytest.param(190, marks=LATER)])
def test_long_names_are_accepted(keep: Keep, length: int) -> None:
    """191 is the limit, and within it."""
    made = keep({}, name=f"{length} characters")

    name, because = made.form["UniqueName"], f"the name has {length} characters"
    expect(made.fetched, accepted(), shows(unique_name=name), because=because)


@requirement("CREATE-16")
@pytest.mark.parametrize(
    "plane", [pytest.param(p, marks=LATER if i > 1 else ()) for i, p in enumerate(PLANES)]
)
def test_characters_are_counted_as_characters(keep: Keep, plane: str) -> None:
    """Not as bytes, not as UTF-16 units: 191 of them are accepted, of whatever plane."""
    made = keep({}, name=plane)

    name = made.form["UniqueName"]
    expect(made.fetched, accepted(), shows(unique_name=name), because="the name has 191 characters")


def when(tail: str) -> tuple[pytest.MarkDecorator, ...]:
    """Give the least effort that a name is tried at."""
    if tail == "a little of everything":
        return ()
    return (LATER if tail in CHOSEN else effort("thorough"),)


@requirement("CREATE-17")
@pytest.mark.parametrize("tail", [pytest.param(tail, marks=when(tail)) for tail in TAILS])
def test_a_name_is_kept_character_by_character(keep: Keep, tail: str) -> None:
    """Whatever script it is of, and whatever it looks like."""
    made = keep({}, name=tail)

    expect(made.fetched, accepted(), shows(unique_name=made.form["UniqueName"]))


@requirement("CREATE-20")
@pytest.mark.parametrize(
    "first", [0, *(pytest.param(n, marks=LATER) for n in range(3, len(SHORT_URLS), 3))]
)
def test_urls_are_kept_as_they_are_sent(keep: Keep, first: int) -> None:
    """Three of them in one Service, one for each field."""
    form = dict(zip(URL_FIELDS, thrifty_urls()[first : first + 3], strict=False))

    made = keep(form)

    expect(made.fetched, accepted(), shows_form(form))


@requirement("CREATE-20")
@LATER
@given(urls=st.tuples(*[strategies.callback_urls()] * 3))
def test_any_url_is_kept_as_it_is_sent(new_api: NewApi, urls: tuple[str, ...]) -> None:
    """Ordinary absolute URLs of any shape, one for each field."""
    api = new_api()
    form = dict(zip(URL_FIELDS, urls, strict=True))

    fetched = kept(api, {"UniqueName": api.name(), **form})

    expect(fetched, accepted(), shows_form(form))


@requirement("CREATE-21")
@pytest.mark.parametrize(
    "field", ["CallbackUrl", *(pytest.param(f, marks=LATER) for f in URL_FIELDS[1:])]
)
def test_urls_of_4000_characters_are_kept(keep: Keep, field: str) -> None:
    """4000 is the limit, and within it."""
    made = keep({field: LONGEST_URL})

    expect(
        made.fetched,
        accepted(),
        shows_form({field: LONGEST_URL}),
        because=f"{field} has 4000 characters",
    )


@requirement("CREATE-22")
@pytest.mark.parametrize("ttl", of_each(TTLS, thrifty=2))
def test_a_default_ttl_is_kept(keep: Keep, ttl: str) -> None:
    """From 0 to the longest that a Session may have."""
    made = keep({"DefaultTtl": ttl})

    expect(made.fetched, accepted(), shows(default_ttl=int(ttl)), because=f"DefaultTtl is {ttl}")


@requirement("CREATE-22")
@effort("thorough")
@given(ttl=strategies.default_ttls())
def test_any_default_ttl_is_kept(new_api: NewApi, ttl: str) -> None:
    """What a create accepted is what a fetch shows, as a number."""
    api = new_api()

    fetched = kept(api, {"UniqueName": api.name(), "DefaultTtl": ttl})

    expect(fetched, accepted(), shows(default_ttl=int(ttl)))


@requirement("CREATE-23")
@effort("thorough")
@given(
    form=strategies.create_forms(
        unique_name=strategies.name_tails(max_size=ROOM), chat_instance_sid=st.none()
    )
)
def test_parameters_that_are_sent_together_are_all_kept(
    new_api: NewApi, target: Target, form: dict[str, str]
) -> None:
    """Each in its own property, whatever else is sent."""
    api = new_api()
    sent = {**form, "UniqueName": api.name(form["UniqueName"]), **chat(target)}

    fetched = kept(api, sent)

    expect(fetched, accepted(), shows_form(sent))


@requirement("CREATE-23")
@pytest.mark.parametrize(
    "pack",
    [pytest.param(n, marks=LATER if n >= len(THRIFTY_PACKS) else ()) for n in range(len(PACKS))],
)
def test_several_parameters_are_kept(keep: Keep, pack: int) -> None:
    """Each in its own property, and nothing in any other."""
    kind, form = PACKS[pack]

    made = keep(form, name=kind)

    expect(made.fetched, accepted(), shows_form(made.form), leaves_defaults(made.form))


@requirement("CREATE-23")
@LATER
def test_all_parameters_are_kept(new_api: NewApi, target: Target) -> None:
    """Every one of them set to what is not its default, and told apart from the others."""
    api = new_api()
    sent = everything(api, target)

    fetched = kept(api, sent)

    expect(fetched, accepted(), shows_form(sent))
