"""The vendor's client for Python, as it comes: by base URL, and by environment alone."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException  # type: ignore[import-untyped]  # the vendor ships none
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]  # the vendor ships none
from twilio.rest import Client  # type: ignore[import-untyped]  # the vendor ships none

from tests.emulator.process import Running

UNKNOWN = "KS" + "0" * 32
WAYS = ("base URL", "environment")

NewClient: TypeAlias = Callable[[str, str], Client]


@pytest.fixture(params=WAYS)
def new_client(
    request: pytest.FixtureRequest, emulator: Running, monkeypatch: pytest.MonkeyPatch
) -> Iterator[NewClient]:
    """Return what makes clients of an account; the environment's way changes no line of code."""
    made: list[TwilioHttpClient] = []
    if request.param == "environment":
        for name in ("HTTPS_PROXY", "REQUESTS_CA_BUNDLE"):
            monkeypatch.setenv(name, emulator.exports[name])

    def new(sid: str, token: str) -> Client:
        made.append(TwilioHttpClient())
        client = Client(sid, token, http_client=made[-1])
        if request.param == "base URL":
            client.proxy.base_url = emulator.url
        return client

    yield new
    for one in made:
        one.session.close()


@pytest.fixture
def client(new_client: NewClient, emulator: Running) -> Client:
    names = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
    sid, token = (emulator.exports[name] for name in names)
    return new_client(sid, token)


@pytest.fixture
def services(client: Client) -> Any:
    return client.proxy.v1.services


def test_a_service_lives_and_ends(services: Any, client: Client) -> None:
    made = services.create(
        unique_name="é / 名",
        default_ttl=60,
        callback_url="https://example.com/a?b=c&d=e",
        geo_match_level="radius",
        number_selection_behavior="avoid-sticky",
        intercept_callback_url="https://example.com/i",
        out_of_session_callback_url="https://example.com/o",
        chat_instance_sid="IS" + "a" * 32,
    )
    fetched = services(made.sid).fetch()
    for service in (made, fetched):
        assert service.unique_name == "é / 名"
        assert service.account_sid == client.account_sid
        assert service.default_ttl == 60
        assert service.callback_url == "https://example.com/a?b=c&d=e"
        assert service.geo_match_level == "radius"
        assert service.number_selection_behavior == "avoid-sticky"
        assert service.intercept_callback_url == "https://example.com/i"
        assert service.out_of_session_callback_url == "https://example.com/o"
        assert service.chat_instance_sid == "IS" + "a" * 32
        assert abs(service.date_created - datetime.now(UTC)) < timedelta(minutes=1)  # noqa: TID251 - the emulator's clock is the real one
        assert service.date_updated >= service.date_created
        assert set(service.links) == {"sessions", "phone_numbers", "short_codes"}
    updated = fetched.update(unique_name="other", default_ttl=0)
    assert (updated.unique_name, updated.default_ttl) == ("other", 0)
    assert updated.callback_url == made.callback_url
    assert services(made.sid).update().unique_name == "other"
    assert made.delete() is True
    with pytest.raises(TwilioRestException) as raised:
        services(made.sid).fetch()
    assert (raised.value.status, raised.value.code) == (400, 80408)


def test_urls_stay_where_the_client_believes_to_be(
    services: Any, emulator: Running, request: pytest.FixtureRequest
) -> None:
    environment = "environment" in request.node.name
    origin = "https://proxy.twilio.com" if environment else emulator.url
    made = services.create(unique_name="x")
    assert made.url == f"{origin}/v1/Services/{made.sid}"
    assert made.links["sessions"] == f"{made.url}/Sessions"


def test_lists_and_streams_go_over_many_pages(services: Any) -> None:
    assert services.list() == []
    names = [f"name {number}" for number in range(57)]
    for name in names:
        services.create(unique_name=name)
    assert [service.unique_name for service in services.list()] == names
    assert [service.unique_name for service in services.list(limit=3)] == names[:3]
    assert len(services.list(limit=2000)) == 57, "a limit beyond the largest page is capped"
    assert len(services.list(limit=55, page_size=10)) == 55
    assert [service.unique_name for service in services.stream(page_size=7)] == names


def test_page_by_page_there_and_back(services: Any) -> None:
    for number in range(5):
        services.create(unique_name=str(number))
    first = services.page(page_size=2)
    second = first.next_page()
    third = services.get_page(second.next_page_url)
    assert [[one.unique_name for one in page] for page in (first, second, third)] == [
        ["0", "1"],
        ["2", "3"],
        ["4"],
    ]
    assert third.next_page() is None
    assert [one.unique_name for one in third.previous_page()] == ["2", "3"]


def test_each_is_deleted_while_they_are_streamed(services: Any) -> None:
    for number in range(9):
        services.create(unique_name=str(number))
    for service in services.stream(page_size=2):
        assert service.delete()
    assert services.list() == []


REFUSED: dict[str, tuple[Callable[[Any], object], int, int]] = {
    "no name": (lambda all_: all_.create(unique_name=""), 400, 20001),
    "name taken": (lambda all_: all_.create(unique_name="taken"), 400, 80602),
    "name too long": (lambda all_: all_.create(unique_name="x" * 192), 400, 80701),
    "no URL": (lambda all_: all_.create(unique_name="x", callback_url="x"), 400, 80701),
    "no level": (lambda all_: all_.create(unique_name="x", geo_match_level="x"), 400, 80701),
    "unknown, fetched": (lambda all_: all_(UNKNOWN).fetch(), 400, 80408),
    "unknown, updated": (lambda all_: all_(UNKNOWN).update(default_ttl=1), 400, 80408),
    "unknown, deleted": (lambda all_: all_(UNKNOWN).delete(), 400, 80408),
    "no sid": (lambda all_: all_("x").fetch(), 400, 80408),
    "nothing there": (lambda all_: all_("x/y").fetch(), 404, 20404),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_error_is_raised_with_its_code(services: Any, case: str) -> None:
    services.create(unique_name="taken")
    act, status, code = REFUSED[case]
    with pytest.raises(TwilioRestException) as raised:
        act(services)
    assert (raised.value.status, raised.value.code) == (status, code)
    assert raised.value.msg
    assert [service.unique_name for service in services.list()] == ["taken"]


def test_wrong_credentials_are_told(new_client: NewClient, client: Client) -> None:
    services = new_client(client.account_sid, "wrong").proxy.v1.services
    with pytest.raises(TwilioRestException) as raised:
        services(UNKNOWN).fetch()
    assert (raised.value.status, raised.value.code) == (401, 20003)
    with pytest.raises(TwilioException, match="Unable to fetch page"):
        services.list()


def test_accounts_see_nothing_of_each_other(
    new_client: NewClient, services: Any, emulator: Running
) -> None:
    names = ("TWILIO_OTHER_ACCOUNT_SID", "TWILIO_OTHER_AUTH_TOKEN")
    sid, token = (emulator.exports[name] for name in names)
    other = new_client(sid, token).proxy.v1.services
    made = services.create(unique_name="same")
    assert other.create(unique_name="same").account_sid == sid
    with pytest.raises(TwilioRestException):
        other(made.sid).fetch()
    assert len(services.list()) == len(other.list()) == 1


def test_the_tunnel_leads_nowhere_else(emulator: Running) -> None:
    proxies = {"https": emulator.url}
    for url in ("https://api.twilio.com/", "https://example.com/", "https://proxy.twilio.com:444/"):
        with pytest.raises(requests.exceptions.ProxyError, match="403 Forbidden"):
            requests.get(url, proxies=proxies, timeout=10)
