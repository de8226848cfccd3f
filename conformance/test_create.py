"""Creating a Service: what it answers, what it keeps, what a Service begins with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from conformance.harness import moments
from conformance.harness.api import TOKEN_LENGTH, Api, chat_sid
from conformance.harness.arrange import (
    EXAMPLE,
    MIXED,
    URL_FIELDS,
    chat,
    everything,
    kept,
    updated,
)
from conformance.harness.checks import (
    accepted,
    held,
    leaves_defaults,
    same_as,
    shows,
    shows_form,
    status,
    that,
)
from conformance.harness.evidence import Exchange
from conformance.harness.expect import Check, NotRun, Unproven, about
from conformance.harness.marks import effort, of_each, requirement
from conformance.harness.target import Target
from conformance.harness.verdicts import expect, observe
from conformance.harness.worker import NewApi, Play, Worker

LATER = effort("ci")
ROOM = strategies.MAX_UNIQUE_NAME - TOKEN_LENGTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A Service that was created, and fetched at once."""

    created: Exchange
    fetched: Exchange
    by_url: Exchange | None
    neighbour: Exchange | None = None
    """A fetch of the sid that differs in its last digit; it may be somebody's."""


def begin(api: Api) -> Begun:
    created = api.create({"UniqueName": api.name("-Aa")})
    sid, url = created.object().get("sid"), created.object().get("url")
    if not created.accepted or not isinstance(sid, str):
        return Begun(created=created, fetched=created, by_url=None)
    fetched = api.fetch(sid)
    by_url = api.follow(url, operation="fetch") if isinstance(url, str) else None
    neighbour = api.fetch(sid[:-1] + ("0" if sid[-1] != "0" else "1"))
    return Begun(created=created, fetched=fetched, by_url=by_url, neighbour=neighbour)


@pytest.fixture(scope="session")
def bare(play: Play) -> Begun:
    """Create a Service with nothing but a name, and fetch it by its sid and by its url."""
    return play(begin)


def created(begun: Begun) -> Exchange:
    if not begun.created.accepted or "sid" not in begun.created.object():
        raise Unproven(f"a create with a UniqueName alone was answered {begun.created.status}")
    return begun.created


@requirement("CREATE-2")
def test_a_unique_name_is_all_that_a_create_needs(bare: Begun) -> None:
    """The other parameters are optional."""
    expect(bare.created, accepted())


@requirement("CREATE-1")
def test_a_create_answers_201(bare: Begun) -> None:
    """The vendor's document has had 201 in every revision."""
    expect(created(bare), status(201))


@requirement("CREATE-3")
def test_a_create_shows_the_name_that_was_sent(bare: Begun) -> None:
    """What is sent is what is shown, before any fetch."""
    sent = bare.created.request_body.decode().partition("UniqueName=")[2]

    expect(created(bare), shows(unique_name=sent))


@requirement("CREATE-11")
def test_default_ttl_begins_as_zero(bare: Begun) -> None:
    """0 is without limit."""
    expect(created(bare), shows(default_ttl=0))


@requirement("CREATE-12")
def test_geo_match_level_begins_as_country(bare: Begun) -> None:
    """The default that the document states."""
    expect(created(bare), shows(geo_match_level="country"))


@requirement("CREATE-13")
def test_number_selection_behavior_begins_as_prefer_sticky(bare: Begun) -> None:
    """The default that the document states."""
    expect(created(bare), shows(number_selection_behavior="prefer-sticky"))


@requirement("CREATE-14")
def test_urls_begin_unset(bare: Begun) -> None:
    """Null, absent and empty all say that nothing was set."""
    unset = shows(callback_url=None, intercept_callback_url=None, out_of_session_callback_url=None)

    expect(created(bare), unset)


@requirement("CREATE-32")
def test_the_chat_instance_of_a_new_service(bare: Begun) -> None:
    """A target may assign one."""
    shown = created(bare).object()

    observe("CREATE-32", "chat_instance_sid that was not sent", bare.created,
            repr(shown.get("chat_instance_sid", "absent"))[:40])  # fmt: skip


@requirement("FETCH-1")
def test_a_fetch_answers_200(bare: Begun) -> None:
    """A Service that was created can be fetched at once."""
    created(bare)

    expect(bare.fetched, status(200))


@requirement("FETCH-2")
def test_a_fetch_shows_what_the_create_answered(bare: Begun) -> None:
    """One resource, one representation."""
    expect(bare.fetched, same_as(created(bare).object()))


@requirement("FETCH-3")
def test_every_digit_of_a_sid_counts(bare: Begun) -> None:
    """Whoever has the sid that differs in its last digit, it is not this Service."""
    if bare.neighbour is None:
        raise Unproven("the create answered no sid")
    sid = created(bare).object().get("sid")

    expect(
        bare.neighbour,
        that(
            lambda exchange: not exchange.accepted or exchange.object().get("sid") != sid,
            where="/sid",
            expected="another Service than that, or a refusal",
            found=lambda _: repr(sid),
        ),
        because="the last digit of the sid is another",
    )


@requirement("SERVICE-17")
def test_the_dates_of_a_new_service_are_now(bare: Begun) -> None:
    """Held against our clock and the one that the target sends; zones differ by more."""
    answer = created(bare)
    clocks = (datetime.fromisoformat(answer.at), moments.read_http(answer.header("date")))

    def now(name: str) -> Check:
        def is_now(exchange: Exchange) -> bool:
            moment = moments.read(exchange.object().get(name))
            return moment is None or moments.is_about(moment, *clocks)

        return that(
            is_now,
            where=f"/{name}",
            expected=f"within {moments.TOLERANCE} of {answer.at}",
            found=lambda exchange: repr(exchange.object().get(name)),
        )

    expect(answer, now("date_created"), now("date_updated"))


@requirement("SERVICE-20")
def test_the_url_of_a_service_leads_to_it(bare: Begun) -> None:
    """Its path is followed on the base URL, whatever host it names."""
    if bare.by_url is None:
        raise Unproven("the create answered no url to follow")

    expect(bare.by_url, accepted(), shows(sid=created(bare).object().get("sid")))


@requirement("SERVICE-24", "SERVICE-25")
def test_what_host_and_letter_case_a_target_uses(bare: Begun) -> None:
    """A target may name the vendor's host, and the pattern of sids admits both cases."""
    shown = created(bare).object()
    sid = str(shown.get("sid"))

    observe("SERVICE-24", "url of a Service", bare.created, str(shown.get("url"))[:80])
    observe("SERVICE-25", "sid", bare.created, "lower" if sid[2:] == sid[2:].lower() else "upper")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a create sent, and what a fetch shows of it; or the refusal."""

    form: dict[str, str]
    fetched: Exchange


class Keep(Protocol):
    """Creates a Service with the given parameters, and fetches it."""

    def __call__(self, form: Mapping[str, str], *, name: str = ...) -> Kept: ...


PLANES = {
    "four bytes each": "\U00020000",
    "two bytes each": "\u0436",
    "three bytes each": "\u6f22",
    "emoji": "\U0001f600",
    "plane 3": "\U00030000",
    "plane 14": "\U000e0100",
    "plane 15": "\U000f0000",
    "plane 16": "\U00100000",
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
"""Names that `ci` tries by themselves; a crowd of Services has those of every alphabet."""
NAMES: Mapping[str, Callable[[Api], str]] = {
    "plain": lambda api: api.name(),
    "191 characters": lambda api: api.name_of(191),
    "190 characters": lambda api: api.name_of(190),
    **{plane: partial(Api.name_of, length=191, unit=unit) for plane, unit in PLANES.items()},
    **{why: partial(Api.name, tail=tail) for why, tail in TAILS.items()},
}
"""How each kind of name is made, fresh each time."""

URLS = {edge.why: edge.value for edge in strategies.EDGE_VALUES["CallbackUrl"]}
SHORT_URLS = {why: url for why, url in URLS.items() if len(url) < 1000}
LONGEST_URL = URLS["4000 characters long, in the path"]


def thrifty_urls() -> list[str]:
    """Put first the URLs in which the most goes wrong."""
    first = ["percent escapes", "a fragment", "an IPv6 address with a port"]
    return [SHORT_URLS[why] for why in (*first, *(w for w in SHORT_URLS if w not in first))]


PACKS: Sequence[tuple[str, dict[str, str]]] = (
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
    ("191 characters", {"GeoMatchLevel": "country", "CallbackUrl": SHORT_URLS["a port"]}),
)
"""What a thrifty run creates: several edges in one Service, each told by its own property."""


def packed(api: Api) -> list[Kept]:
    forms = [{"UniqueName": NAMES[name](api), **form} for name, form in PACKS]
    return [Kept(form=form, fetched=kept(api, form)) for form in forms]


@pytest.fixture(scope="session")
def packs(play: Play, worker: Worker) -> list[Kept]:
    """Create what a thrifty run creates; nothing in any other."""
    return play(packed) if worker.values["effort"] == "probe" else []


@pytest.fixture(scope="session")
def keep(play: Play, packs: list[Kept]) -> Keep:
    """Create a Service for these parameters alone; in a thrifty run take one that has them.

    One that was refused proves nothing of any one parameter: that is then sent alone.
    """

    def kept_alone(form: Mapping[str, str], *, name: str = "plain") -> Kept:
        for (kind, _), pack in zip(PACKS, packs, strict=False):
            has = name in {"plain", kind} and form.items() <= pack.form.items()
            if has and pack.fetched.operation == "fetch" and pack.fetched.accepted:
                return pack

        def story(api: Api) -> Kept:
            sent = {"UniqueName": NAMES[name](api), **form}
            return Kept(form=sent, fetched=kept(api, sent))

        return play(story)

    return kept_alone


@requirement("SERVICE-23")
@LATER
@pytest.mark.parametrize("name", ["sessions", "phone_numbers", "short_codes"])
def test_whether_the_links_of_a_service_answer(new_api: NewApi, name: str) -> None:
    """Recorded, never judged: child resources are beyond this document."""
    api = new_api()
    links = api.given().get("links")
    url = links.get(name) if isinstance(links, dict) else None
    if not isinstance(url, str):
        raise Unproven(f"there is no link to {name}")

    observe("SERVICE-23", f"GET of links.{name}", api.send("GET", api.wire.path_of(url)))


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
    made = keep(form)

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
    made = keep({"GeoMatchLevel": level})

    expect(made.fetched, accepted(), shows(geo_match_level=level), because=f"{level} was sent")


@requirement("CREATE-9")
@pytest.mark.parametrize("behavior", strategies.NUMBER_SELECTION_BEHAVIORS)
def test_a_create_keeps_each_number_selection_behavior(keep: Keep, behavior: str) -> None:
    """Both are listed."""
    made = keep({"NumberSelectionBehavior": behavior})

    expect(made.fetched, accepted(), shows(number_selection_behavior=behavior))


@requirement("CREATE-10")
@pytest.mark.parametrize("case", ["lower", pytest.param("upper", marks=LATER)])
def test_a_create_keeps_a_chat_instance_sid(new_api: NewApi, case: str) -> None:
    """Well-formed is enough; that the chat instance exists was not asked of a third party."""
    api = new_api()
    digits = chat_sid()[2:]
    sent = f"IS{digits.upper() if case == 'upper' else digits}"

    fetched = kept(api, {"UniqueName": api.name(), "ChatInstanceSid": sent})

    expect(fetched, accepted(), shows(chat_instance_sid=sent), because=f"{case} case was sent")


@requirement("CREATE-15")
@pytest.mark.parametrize("length", [191, pytest.param(190, marks=LATER)])
def test_long_names_are_accepted(keep: Keep, length: int) -> None:
    """191 is the limit, and within it."""
    made = keep({}, name=f"{length} characters")

    name, because = made.form["UniqueName"], f"the name has {length} characters"
    expect(made.fetched, accepted(), shows(unique_name=name), because=because)


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
    name = f"1{int(api.names.run, 16):010d}{int(api.names.run[::-1], 16):010d}"

    fetched = kept(api, {"UniqueName": name, "CallbackUrl": marked(api)})

    expect(fetched, accepted(), shows(unique_name=name), because="the name is made of digits")


def marked(api: Api) -> str:
    """Give a URL by which a Service is known to be of this run, where its name is like others'."""
    return f"{EXAMPLE}?of={api.name()}"


def single_characters(api: Api) -> list[str]:
    """Choose syllables by the run, so that two runs at once are unlikely to meet."""
    seed = int(api.names.run, 16)
    return [chr(0xAC00 + (seed // 11172**index) % 11172) for index in range(3)]


def first_accepted(api: Api, names: list[str]) -> Exchange:
    """Create with one name after another until one is accepted: others may have the first."""
    answer = api.create({"UniqueName": names[0], "CallbackUrl": marked(api)})
    return answer if answer.accepted or not names[1:] else first_accepted(api, names[1:])


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
    """Give the least effort that a name is tried at by itself."""
    if tail == "a little of everything":
        return ()
    return (LATER if tail in CHOSEN else effort("thorough"),)


@requirement("CREATE-17")
@pytest.mark.parametrize("tail", [pytest.param(tail, marks=when(tail)) for tail in TAILS])
def test_a_name_is_kept_character_by_character(keep: Keep, tail: str) -> None:
    """Whatever script it is of, and whatever it looks like."""
    made = keep({}, name=tail)

    expect(made.fetched, accepted(), shows(unique_name=made.form["UniqueName"]))


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
    "control", [pytest.param("\t", id="a tab"), pytest.param("\0", id="a NUL")]
)
def test_a_control_inside_a_name_is_kept_where_it_is_accepted(
    new_api: NewApi, control: str
) -> None:
    """Whether names may hold controls, nobody knows; but none becomes another name."""
    api = new_api()
    name = api.name(f"{control}x")

    fetched = kept(api, {"UniqueName": name})

    if fetched.operation == "create" and fetched.refused:
        raise NotRun("a control inside a name is refused, which no source rules out")
    expect(fetched, accepted(), shows(unique_name=name))


@requirement("CREATE-18")
@pytest.mark.parametrize(
    "blank", [pytest.param("trailing", id="trailing"), pytest.param("leading", marks=LATER)]
)
def test_blanks_at_the_ends_of_a_name_are_kept(new_api: NewApi, blank: str) -> None:
    """No source says that names are trimmed."""
    api = new_api()
    name = f"{api.name()} " if blank == "trailing" else f" {api.name()}"

    fetched = kept(api, {"UniqueName": name})

    expect(fetched, accepted(), shows(unique_name=name))


ENCODINGS = {
    "several at once": (b"+%2B%26DefaultTtl%3D7%2541=%20x", " +&DefaultTtl=7%41= x"),
    "a plus sign is a blank": (b"+", " "),
    "%2B is a plus sign": (b"%2B", "+"),
    "%26 and %3D are no separators": (b"%26DefaultTtl%3D7", "&DefaultTtl=7"),
    "%25 is a percent sign": (b"%2541", "%41"),
    "an equals sign after the first is text": (b"=x", "=x"),
    "a semicolon is text": (b"%3Bx", ";x"),
    "%20 is a blank": (b"%20x", " x"),
    "lower-case escapes": (b"%c3%a9", "\u00e9"),
    "letters may be escaped": (b"%78", "x"),
}


@requirement("CREATE-19")
@pytest.mark.parametrize("encoding", of_each(ENCODINGS, thrifty=1))
def test_forms_are_decoded(new_api: NewApi, encoding: tuple[bytes, str]) -> None:
    """As application/x-www-form-urlencoded, in UTF-8."""
    api = new_api()
    name, (sent, meant) = api.name(), encoding

    body = b"UniqueName=%s%sx" % (name.encode(), sent)

    fetched = kept(api, body, name=f"{name}{meant}x")

    expect(fetched, accepted(), shows(unique_name=f"{name}{meant}x", default_ttl=0))


@requirement("CREATE-19")
@LATER
def test_forms_of_updates_are_decoded(new_api: NewApi) -> None:
    """As those of creates are."""
    api = new_api()
    sid, name = api.given()["sid"], api.name()
    sent, meant = ENCODINGS["several at once"]
    form = {"UniqueName": f"{name}{meant}x", "CallbackUrl": f"{EXAMPLE}?a=b=c"}

    body = b"UniqueName=%s%sx&CallbackUrl=%s" % (name.encode(), sent, form["CallbackUrl"].encode())

    fetched = updated(api, sid, body)

    expect(fetched, accepted(), shows_form(form))


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


TTLS = {
    "the longest": "2147483646",
    "the default": "0",
    **{edge.why: edge.value for edge in strategies.EDGE_VALUES["DefaultTtl"][1:-1]},
}


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
@pytest.mark.parametrize("pack", range(4))
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


BEYOND = {
    "CREATE-24": ("DefaultTtl", ("2147483647", "4294967296", "99999999999999999999")),
    "CREATE-25": ("DefaultTtl", ("-1",)),
    "CREATE-26": ("GeoMatchLevel", ("extended-area-code",)),
    "CREATE-27": ("FriendlyName", ("x",)),
    "CREATE-29": ("CallbackUrl", ("",)),
}


@pytest.mark.parametrize(
    ("id", "field", "value"),
    [
        pytest.param(id, field, value, id=f"{field}={value}", marks=(requirement(id), LATER))
        for id, (field, values) in BEYOND.items()
        for value in values
    ],
)
def test_what_no_source_settles(new_api: NewApi, id: str, field: str, value: str) -> None:
    """Recorded, never judged."""
    api = new_api()

    answer = api.create({"UniqueName": api.name(), field: value})

    observe(id, f"create with {field}={value}", answer)


@requirement("CREATE-33")
@LATER
@pytest.mark.parametrize("field", ["GeoMatchLevel", "NumberSelectionBehavior"])
def test_a_listed_value_in_another_letter_case(new_api: NewApi, field: str) -> None:
    """Recorded, never judged; what is shown then is a listed value all the same."""
    api = new_api()
    value = {"GeoMatchLevel": "Radius", "NumberSelectionBehavior": "Avoid-Sticky"}[field]

    created = api.create({"UniqueName": api.name(), field: value})
    changed = api.update(api.given()["sid"], {field: value})

    observe("CREATE-33", f"create with {field}={value}", created)
    observe("CREATE-33", f"update with {field}={value}", changed)


@requirement("CREATE-34", "CREATE-20")
@LATER
def test_a_user_in_a_url_is_kept_where_it_is_accepted(new_api: NewApi) -> None:
    """Whether a URL may hold one, nobody knows; but none is dropped."""
    api = new_api()
    form = {"CallbackUrl": "https://user:word@example.com/callback"}

    fetched = kept(api, {"UniqueName": api.name(), **form})

    observe("CREATE-34", "create with a user in CallbackUrl", fetched)
    if fetched.operation == "create" and fetched.refused:
        raise NotRun("a user in a URL is refused, which no source rules out")
    expect(fetched, about("CREATE-20", accepted(), shows_form(form)))


@requirement("CREATE-28")
@LATER
def test_a_name_of_blanks_alone(new_api: NewApi) -> None:
    """Recorded, never judged; a blank that hardly anybody uses, so that it meets nobody's."""
    api = new_api()

    observe(
        "CREATE-28",
        "create with a name of one blank",
        api.create({"UniqueName": "\u2004", "CallbackUrl": marked(api)}),
    )


@requirement("CREATE-30")
@LATER
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/plain",
        "multipart/form-data; boundary=x",
        pytest.param("", id="none"),
    ],
)
def test_a_body_that_is_no_form(new_api: NewApi, content_type: str) -> None:
    """Recorded, never judged, but for what is true of every answer; or it says nothing of its type."""
    api = new_api()
    name = api.name()
    body = f'{{"UniqueName": "{name}"}}'.encode()

    answer = api.create(body, name=name, content_type=content_type)

    observe("CREATE-30", f"create with a body of {content_type or 'no type'}", answer)


@requirement("CREATE-31")
@LATER
def test_two_services_with_one_chat_instance(new_api: NewApi) -> None:
    """The document calls it one-to-one."""
    api = new_api()
    service = api.given(ChatInstanceSid=chat_sid())

    second = api.create(
        {"UniqueName": api.name(), "ChatInstanceSid": str(held(service, "chat_instance_sid"))}
    )

    observe("CREATE-31", "create with the ChatInstanceSid of another Service", second)


@requirement("SERVICE-16")
@LATER
def test_no_two_services_have_one_sid(new_api: NewApi) -> None:
    """The sid is unique."""
    api = new_api()
    first, second = api.given(), api.create({"UniqueName": api.name()})

    expect(
        second,
        accepted(),
        that(
            lambda exchange: exchange.object().get("sid") != first["sid"],
            where="/sid",
            expected="another sid than that of the first Service",
            found=lambda exchange: repr(exchange.object().get("sid")),
        ),
    )
