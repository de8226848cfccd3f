"""Pages: sizes, neighbours, and walks while Services come and go."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.app import Settings, create_app
from emulator.paging import Cursor, cursor_of, token_of
from tests.emulator.client import Client


def filled(number: int, **options: object) -> Client:
    client = Client(create_app(**options))  # type: ignore[arg-type] # as the test gives them
    for index in range(number):
        client.made(f"n{index:03d}")
    return client


@pytest.fixture(scope="module")
def crowd() -> Client:
    return filled(120)


@pytest.mark.parametrize(
    ("query", "sizes"),
    [
        ("", [50, 50, 20]),
        ("PageSize=1000", [120]),
        ("PageSize=1001", [120]),
        ("PageSize=99999999999", [120]),
        ("PageSize=120", [120]),
        ("PageSize=119", [119, 1]),
        ("PageSize=40", [40, 40, 40]),
        ("PageSize=7", [7] * 17 + [1]),
        ("Page=0", [50, 50, 20]),
        ("Page=9", [50, 50, 20]),
        ("PageSize=50&Page=0&Other=x", [50, 50, 20]),
    ],
)
def test_a_walk_shows_each_service_once(crowd: Client, query: str, sizes: list[int]) -> None:
    pages = list(crowd.walk(query))
    assert [len(page["services"]) for page in pages] == sizes
    names = [item["unique_name"] for page in pages for item in page["services"]]
    assert names == [f"n{index:03d}" for index in range(120)]


def test_meta_is_complete_and_true(crowd: Client) -> None:
    pages = list(crowd.walk("PageSize=50"))
    start = "http://api.test/v1/Services?PageSize=50&Page="
    for number, page in enumerate(pages):
        meta = page["meta"]
        assert set(meta) == {
            "first_page_url",
            "key",
            "next_page_url",
            "page",
            "page_size",
            "previous_page_url",
            "url",
        }
        assert (meta["key"], meta["page"], meta["page_size"]) == ("services", number, 50)
        assert meta["first_page_url"] == f"{start}0"
        assert meta["url"].startswith(f"{start}{number}")
        assert crowd.follow(meta["url"]).json == page
        assert crowd.follow(meta["first_page_url"]).json == pages[0]
    assert [bool(page["meta"]["next_page_url"]) for page in pages] == [True, True, False]
    assert [bool(page["meta"]["previous_page_url"]) for page in pages] == [False, True, True]
    back = crowd.follow(pages[2]["meta"]["previous_page_url"]).json
    assert back["services"] == pages[1]["services"]
    assert back["meta"]["page"] == 1
    assert crowd.follow(back["meta"]["previous_page_url"]).json["services"] == pages[0]["services"]
    assert crowd.follow(back["meta"]["next_page_url"]).json["services"] == pages[2]["services"]


def test_the_empty_list_has_one_empty_page(client: Client) -> None:
    page = client.listed().json
    assert page["services"] == []
    assert page["meta"]["next_page_url"] is None
    assert page["meta"]["previous_page_url"] is None
    assert page["meta"]["url"] == "http://api.test/v1/Services?PageSize=50&Page=0"


@pytest.mark.parametrize(
    "query",
    [
        "PageSize=0",
        "PageSize=-1",
        "PageSize=ten",
        "PageSize=",
        "PageSize=1.5",
        "PageSize=%00",
        "PageSize=" + "9" * 41,
        "Page=-1",
        "Page=x",
        "Page=" + "9" * 20,
        "PageToken=",
        "PageToken=x",
        "PageToken=PT",
        "PageToken=PT%FF",
        "PageToken=PT%C3%A9",
        "PageToken=PTAAAAAAAA",
        "PageToken=PT____",
        "PageToken=PT%3D%3D%3D",
        "PageSize=%FF",
    ],
)
def test_what_cannot_be_a_page_is_refused(crowd: Client, query: str) -> None:
    assert crowd.listed(query).error == (400, 20001)


def test_a_token_is_good_for_its_account_and_order_alone(crowd: Client) -> None:
    cursor = Cursor(side="after", key=3, number=1, order="arrival")
    token = token_of(cursor, "AC1")
    assert cursor_of(token, "AC1", "arrival") == cursor
    for account, order in (("AC2", "arrival"), ("AC1", "newest")):
        with pytest.raises(Exception, match="PageToken"):
            cursor_of(token, account, order)
    assert crowd.listed(f"PageToken={token}").error == (400, 20001)


def test_the_size_of_pages_is_handed_in() -> None:
    client = filled(5, settings=Settings(page_size=2))
    assert [len(page["services"]) for page in client.walk()] == [2, 2, 1]


def test_a_walk_that_deletes_what_it_sees_sees_everything() -> None:
    client = filled(10)
    seen = []
    for page in client.walk("PageSize=3"):
        for item in page["services"]:
            seen.append(item["unique_name"])
            client.delete(item["sid"])
    assert seen == [f"n{index:03d}" for index in range(10)]
    assert client.names() == []


def test_a_token_outlives_everything_behind_it() -> None:
    client = filled(4)
    pages = list(client.walk("PageSize=2"))
    for item in pages[1]["services"]:
        client.delete(item["sid"])
    last = client.follow(pages[0]["meta"]["next_page_url"]).json
    assert last["services"] == []
    assert last["meta"]["next_page_url"] is None
    back = client.follow(last["meta"]["previous_page_url"]).json
    assert back["services"] == pages[0]["services"]
    for item in pages[0]["services"]:
        client.delete(item["sid"])
    client.made("new")
    empty = client.follow(back["meta"]["url"]).json
    assert empty["services"] == []
    onward = client.follow(empty["meta"]["next_page_url"]).json
    assert [item["unique_name"] for item in onward["services"]] == ["new"]


CHURN = st.lists(
    st.one_of(
        st.tuples(st.just("create"), st.just(0)),
        st.tuples(st.just("delete"), st.integers(0, 30)),
        st.tuples(st.just("page"), st.just(0)),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 5), CHURN)
def test_a_walk_shows_once_what_is_there_all_the_time(
    size: int, steps: list[tuple[str, int]]
) -> None:
    client = filled(8)
    kept = set(client.names())
    walk = client.walk(f"PageSize={size}")
    seen: list[str] = []
    for index, (step, which) in enumerate(steps):
        if step == "create":
            client.made(f"z{index}")
        elif step == "delete":
            services = client.listed("PageSize=1000").json["services"]
            if services:
                gone = services[which % len(services)]
                client.delete(gone["sid"])
                kept.discard(gone["unique_name"])
        elif page := next(walk, None):
            seen += [item["unique_name"] for item in page["services"]]
    seen += [item["unique_name"] for page in walk for item in page["services"]]
    assert len(set(seen)) == len(seen)
    assert kept <= set(seen)
