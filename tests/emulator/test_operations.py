"""What each operation answers, over the whole emulator in process."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from emulator.access import Credential
from emulator.app import Settings, create_app
from emulator.mount import Mount
from tests.emulator.client import FIRST, SECOND, Client

UNKNOWN = "KS" + "0" * 32
EVERYTHING = {
    "DefaultTtl": "3600",
    "CallbackUrl": "https://example.com/a?b=c&d=%20#e",
    "InterceptCallbackUrl": "https://example.com/intercept",
    "OutOfSessionCallbackUrl": "https://[2001:db8::1]/",
    "GeoMatchLevel": "overlay",
    "NumberSelectionBehavior": "avoid-sticky",
    "ChatInstanceSid": "IS" + "aB" * 16,
}
SHOWN = {
    "default_ttl": 3600,
    "callback_url": EVERYTHING["CallbackUrl"],
    "intercept_callback_url": EVERYTHING["InterceptCallbackUrl"],
    "out_of_session_callback_url": EVERYTHING["OutOfSessionCallbackUrl"],
    "geo_match_level": "overlay",
    "number_selection_behavior": "avoid-sticky",
    "chat_instance_sid": EVERYTHING["ChatInstanceSid"],
}
DEFAULTS = {
    "default_ttl": 0,
    "callback_url": None,
    "intercept_callback_url": None,
    "out_of_session_callback_url": None,
    "geo_match_level": "country",
    "number_selection_behavior": "prefer-sticky",
    "chat_instance_sid": None,
}


def ticking(step: float = 1) -> Callable[[], datetime]:
    """Return a clock that moves on each time it is read."""
    seconds = count(0, step)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return lambda: start + timedelta(seconds=next(seconds))


def test_a_created_service_has_the_defaults_and_every_field(client: Client) -> None:
    answer = client.create("é 😀")

    assert answer.status == 201
    body = answer.json
    assert re.fullmatch("KS[0-9a-f]{32}", body["sid"])
    url = f"http://api.test/v1/Services/{body['sid']}"
    dates = {name: body[name] for name in ("date_created", "date_updated")}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", date) for date in dates.values())
    assert body == DEFAULTS | dates | {
        "sid": body["sid"],
        "account_sid": FIRST.user,
        "unique_name": "é 😀",
        "url": url,
        "links": {
            "sessions": f"{url}/Sessions",
            "phone_numbers": f"{url}/PhoneNumbers",
            "short_codes": f"{url}/ShortCodes",
        },
    }


def test_create_fetch_list_and_update_show_the_same(client: Client) -> None:
    created = client.made("name", **EVERYTHING)

    assert {name: created[name] for name in SHOWN} == SHOWN
    assert client.fetch(created["sid"]).json == created
    assert client.listed().json["services"] == [created]
    assert client.update(created["sid"]).json == created


@pytest.mark.parametrize("parameter", sorted(EVERYTHING))
def test_an_update_changes_what_it_names_alone(client: Client, parameter: str) -> None:
    created = client.made()
    answer = client.update(created["sid"], **{parameter: EVERYTHING[parameter]})

    assert answer.status == 200
    changed = {name for name in created if answer.json[name] != created[name]}
    assert len(changed - {"date_updated"}) == 1
    assert client.fetch(created["sid"]).json == answer.json


def test_an_update_resets_and_clears(client: Client) -> None:
    created = client.made("name", **EVERYTHING)
    cleared = {name: "" for name in EVERYTHING if name.endswith(("Url", "Sid"))}
    answer = client.update(
        created["sid"],
        DefaultTtl="0",
        GeoMatchLevel="country",
        NumberSelectionBehavior="prefer-sticky",
        **cleared,
    )

    assert {name: answer.json[name] for name in DEFAULTS} == DEFAULTS


@pytest.mark.parametrize(
    ("variants", "moves"),
    [
        ((), {"changed": True, "same": True, "empty": True}),
    ],
)
def test_dates_follow_the_clock(variants: tuple[str, ...], moves: dict[str, bool]) -> None:
    client = Client(create_app(clock=ticking(), variants=variants))
    created = client.made()
    assert created["date_created"] == created["date_updated"]
    forms = {"changed": {"DefaultTtl": "5"}, "same": {"DefaultTtl": "5"}, "empty": {}}
    last = created["date_updated"]
    for name, form in forms.items():
        updated = client.update(created["sid"], **form).json
        assert updated["date_created"] == created["date_created"]
        assert (updated["date_updated"] > last) is moves[name], name
        last = updated["date_updated"]


def test_a_clock_that_goes_back_leaves_the_dates_in_order() -> None:
    client = Client(create_app(clock=ticking(-5)))
    created = client.made()
    updated = client.update(created["sid"]).json
    assert updated["date_updated"] == created["date_created"]


def test_names_are_unique_in_an_account(client: Client, other: Client) -> None:
    first = client.made("one")
    second = client.made("two")
    assert client.create("one").error == (400, 80602)
    assert client.update(second["sid"], UniqueName="one").error == (400, 80602)
    assert client.update(first["sid"], UniqueName="one").status == 200
    assert other.create("one").status == 201
    assert sorted(client.names()) == ["one", "two"]


def test_names_are_free_again_after_a_rename_and_after_a_deletion(client: Client) -> None:
    first = client.made("one")
    client.update(first["sid"], UniqueName="two")
    client.made("one")
    client.delete(first["sid"])
    assert client.create("two").status == 201


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("a" * 190 + "x", "a" * 190 + "y"),
        ("😀", "😁"),
        ("Name", "name"),
        ("é", "e\u0301"),
        ("name", "name "),
        ("ß", "ss"),
    ],
)
def test_names_that_differ_in_any_code_point_differ(client: Client, one: str, two: str) -> None:
    client.made(one)
    assert client.made(two)["unique_name"] == two


def test_accounts_are_apart(client: Client, other: Client) -> None:
    sid = client.made()["sid"]
    assert other.fetch(sid).error == (400, 80408)
    assert other.update(sid, DefaultTtl="1").error == (400, 80408)
    assert other.delete(sid).error == (400, 80408)
    assert other.names() == []
    assert client.fetch(sid).json["default_ttl"] == 0


def test_a_deleted_service_is_gone(client: Client) -> None:
    kept, gone = client.made("kept"), client.made("gone")
    answer = client.delete(gone["sid"])
    assert (answer.status, answer.body) == (204, b"")
    assert not {"content-type", "content-length"} & set(answer.headers)
    for again in (client.fetch, client.update, client.delete):
        assert again(gone["sid"]).error == (400, 80408)
    assert client.names() == ["kept"]
    assert client.fetch(kept["sid"]).json == kept


@pytest.mark.parametrize(
    "sid", [UNKNOWN, "KS", "ks" + "0" * 32, "name", "KS%20", "%00", "%FF", "%2F..%2F", "KSé"]
)
def test_sids_that_are_not_there_are_invalid(client: Client, sid: str) -> None:
    client.made()
    for answer in (client.fetch(sid), client.update(sid, UniqueName="other"), client.delete(sid)):
        assert answer.error == (400, 80408)
        assert answer.json["message"] == "Invalid Service Sid"


def test_sids_are_told_apart_by_letter_case() -> None:
    client = Client(create_app(new_sid=lambda: "KS" + "a" * 32))
    client.made()
    assert client.fetch("KS" + "A" * 32).status == 400


@pytest.mark.parametrize("form", [{}, {"UniqueName": ""}, {"uniquename": "x"}, {"Name": "x"}])
def test_a_service_without_a_name_is_refused(client: Client, form: dict[str, str]) -> None:
    answer = client.post("/v1/Services", **form)
    assert answer.error == (400, 20001)
    assert answer.json["message"] == "Missing required parameter UniqueName in the post body"
    assert client.names() == []


INVALID = [
    ("UniqueName", "x" * 192),
    ("DefaultTtl", "x"),
    ("DefaultTtl", "-1"),
    ("CallbackUrl", "x"),
    ("InterceptCallbackUrl", "x"),
    ("OutOfSessionCallbackUrl", "https://example.com/".ljust(4001, "x")),
    ("GeoMatchLevel", "planet"),
    ("NumberSelectionBehavior", "sticky"),
    ("ChatInstanceSid", "IS0"),
]


@pytest.mark.parametrize(("parameter", "value"), INVALID)
def test_a_refusal_names_the_parameter_and_changes_nothing(
    client: Client, parameter: str, value: str
) -> None:
    before = client.made("kept")
    created = client.post("/v1/Services", **({"UniqueName": "new"} | {parameter: value}))
    updated = client.update(before["sid"], **({"GeoMatchLevel": "radius"} | {parameter: value}))
    for answer in (created, updated):
        assert answer.error == (400, 80701)
        assert f"'{parameter}' is invalid" in answer.json["message"]
    assert client.listed().json["services"] == [before]


def test_an_api_key_acts_for_its_account() -> None:
    key = Credential(user="SK" + "1" * 32, password="s:e:c", account_sid=FIRST.user)
    app = create_app(accounts=(FIRST, SECOND, key))
    made = Client(app, key.header).made()
    assert made["account_sid"] == FIRST.user
    assert Client(app).fetch(made["sid"]).status == 200


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic !",
        "Basic é",
        "Basic /w==",
        "Bearer " + FIRST.header[6:],
        Credential(user=FIRST.user, password="wrong", account_sid="").header,
        Credential(user=FIRST.user, password="", account_sid="").header,
        Credential(user=FIRST.user, password=SECOND.password, account_sid="").header,
        Credential(user="AC" + "9" * 32, password="x", account_sid="").header,
        Credential(user="", password="", account_sid="").header,
    ],
)
def test_other_credentials_are_refused_without_effect(
    client: Client, authorization: str | None
) -> None:
    before = client.made()
    stranger = Client(client.app, authorization)
    answers = [
        stranger.create("other"),
        stranger.fetch(before["sid"]),
        stranger.listed(),
        stranger.update(before["sid"], DefaultTtl="7"),
        stranger.delete(before["sid"]),
        stranger.send("GET", "/nowhere"),
        stranger.send("PUT", "/v1/Services"),
        stranger.create(""),
    ]
    assert {answer.error for answer in answers} == {(401, 20003)}
    assert answers[0].headers["www-authenticate"].startswith("Basic ")
    assert client.listed().json["services"] == [before]


def test_the_scheme_of_credentials_may_be_in_any_case(client: Client) -> None:
    for scheme in ("basic ", "BASIC "):
        assert Client(client.app, scheme + FIRST.header[6:]).listed().status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v1/",
        "/v1/services",
        "/v1/Services/",
        "/v2/Services",
        "/v1/Services.json",
        f"/v1/Services/{UNKNOWN}/Sessions",
        "/v1//Services",
        "/favicon.ico",
        "/%FF",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT"])
def test_other_paths_are_not_found(client: Client, path: str, method: str) -> None:
    answer = client.send(method, path)
    assert answer.error == (404, 20404)
    assert answer.json["message"] == f"The requested resource {path} was not found"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW", "get"])
def test_other_methods_on_the_collection_are_not_allowed(client: Client, method: str) -> None:
    client.made()
    answer = client.send(method, "/v1/Services")
    assert answer.error == (405, 20004)
    assert answer.headers["allow"] == "GET, POST"
    assert client.names() == ["name"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "HEAD", "OPTIONS", "BREW"])
def test_other_methods_on_an_item_are_not_allowed(client: Client, method: str) -> None:
    made = client.made()
    answer = client.send(method, f"/v1/Services/{made['sid']}", b"DefaultTtl=7")
    assert answer.error == (405, 20004)
    assert answer.headers["allow"] == "GET, POST, DELETE"
    assert client.fetch(made["sid"]).json == made


def test_every_answer_names_its_request(client: Client) -> None:
    answers = [client.create(), client.listed(), client.delete(UNKNOWN), client.send("GET", "/x")]
    ids = {answer.headers["twilio-request-id"] for answer in answers}
    assert len(ids) == len(answers)
    assert all(re.fullmatch("RQ[0-9a-f]{32}", one) for one in ids)


def test_urls_follow_the_request(client: Client) -> None:
    sid = client.made()["sid"]
    client.scope = {"scheme": "https", "root_path": "/under"}
    client.scope |= {"raw_path": f"/under/v1/Services/{sid}".encode()}
    assert client.fetch(sid).json["url"] == f"https://api.test/under/v1/Services/{sid}"


@pytest.mark.parametrize(
    ("host", "start"),
    [
        ("proxy.twilio.com", "http://proxy.twilio.com"),
        ("https://proxy.twilio.com", "https://proxy.twilio.com"),
    ],
)
def test_urls_can_name_another_host(host: str, start: str) -> None:
    client = Client(create_app(settings=Settings(mount=Mount(url_host=host))))
    assert client.made()["url"].startswith(f"{start}/v1/Services/KS")


def test_urls_name_the_server_where_no_host_was_sent() -> None:
    client = Client(create_app())
    client.scope = {"headers": [(b"authorization", FIRST.header.encode())]}
    assert client.listed().json["meta"]["url"].startswith("http://localhost/v1/")
    client.scope |= {"server": ("127.0.0.1", 81)}
    assert client.listed().json["meta"]["url"].startswith("http://127.0.0.1:81/v1/")


def test_everything_is_below_the_prefix() -> None:
    client = Client(create_app(settings=Settings(mount=Mount(prefix="/pre"))))
    answer = client.send("POST", "/pre/v1/Services", b"UniqueName=x")
    assert answer.json["url"].startswith("http://api.test/pre/v1/Services/KS")
    assert client.listed().error == (404, 20404)
    page = client.send("GET", "/pre/v1/Services?PageSize=1").json
    assert page["meta"]["url"] == "http://api.test/pre/v1/Services?PageSize=1&Page=0"


def test_with_clock_and_sids_handed_in_a_run_repeats_to_the_byte() -> None:
    def story() -> list[bytes]:
        sids, ids = count(), count()
        client = Client(
            create_app(
                clock=ticking(),
                new_sid=lambda: f"KS{next(sids):032x}",
                new_request_id=lambda: f"RQ{next(ids):032x}",
            )
        )
        sid = client.made("one")["sid"]
        client.made("two")
        answers = [client.listed("PageSize=1"), client.update(sid, DefaultTtl="4"), client.listed()]
        return [repr(answer).encode() for answer in answers]

    assert story() == story()
