"""Creating a Service: what it answers, and what a Service begins with."""

from dataclasses import dataclass
from datetime import datetime

import pytest

from conformance.harness import moments
from conformance.harness.api import Api
from conformance.harness.arrange import (
    kept,
    marked,
)
from conformance.harness.checks import (
    accepted,
    held,
    same_as,
    shows,
    shows_form,
    status,
    that,
)
from conformance.harness.evidence import Exchange, shortened
from conformance.harness.expect import Check, NotRun, Unproven, about
from conformance.harness.marks import effort, requirement
from conformance.harness.names import chat_sid
from conformance.harness.verdicts import expect, observe
from conformance.harness.worker import NewApi, Play

LATER = effort("ci")


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
    if not created.accepted or not isinstance(sid, str) or not sid:
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
    sent = bare.created.whole.request_body.decode().partition("UniqueName=")[2]

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


BEYOND = {
    "CREATE-24": ("DefaultTtl", ("2147483647", "4294967296", "9" * 20, "9" * 5000)),
    "CREATE-25": ("DefaultTtl", ("-1",)),
    "CREATE-26": ("GeoMatchLevel", ("extended-area-code",)),
    "CREATE-27": ("FriendlyName", ("x",)),
    "CREATE-29": ("CallbackUrl", ("",)),
}


@pytest.mark.parametrize(
    ("id", "field", "value"),
    [
        pytest.param(
            id, field, value, id=f"{field}={shortened(value, 20)}", marks=(requirement(id), LATER)
        )
        for id, (field, values) in BEYOND.items()
        for value in values
    ],
)
def test_values_that_no_source_bounds(new_api: NewApi, id: str, field: str, value: str) -> None:
    """Recorded, never judged: no source bounds a ttl, or says what becomes of the others."""
    api = new_api()

    answer = api.create({"UniqueName": api.name(), field: value})

    observe(id, f"create with {field}={shortened(value, 20)}", answer)


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
