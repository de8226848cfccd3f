"""A base URL is read as it is used; whether it is on this machine needs no look-up."""

import pytest

from conformance.harness.requirements import load, matching
from conformance.harness.target import CAPABILITIES, Account, BadUrl, Target, base_url, is_loopback
from conformance.harness.verdicts import LACKS


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://localhost:8080", "http://localhost:8080"),
        (" http://localhost:8080/ ", "http://localhost:8080"),
        ("https://a.example//", "https://a.example"),
        ("https://a.example/proxy/", "https://a.example/proxy"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("HTTP://A.example", "HTTP://A.example"),
        ("https://a.example/v1x", "https://a.example/v1x"),
    ],
)
def test_a_base_url_is_read(text: str, url: str) -> None:
    assert base_url(text) == url


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("localhost:8080", "is not absolute; write http://HOST:PORT"),
        ("ftp://a.example", "is not absolute"),
        ("http://", "is not absolute"),
        ("http://:80", "is not absolute"),
        ("/v1", "is not absolute"),
        ("http://a.example:0", "is not absolute"),
        ("http://a.example:x", "is no URL"),
        ("http://a.example:99999", "is no URL"),
        ("http://[::1", "is no URL"),
        ("http://a.example/v1", "ends in /v1; leave it out"),
        ("http://a.example/proxy/v1/", "ends in /v1; leave it out"),
        ("http://a.example?x=1", "holds a query or a fragment; leave them out"),
        ("http://a.example?", "holds a query or a fragment; leave them out"),
        ("http://a.example#", "holds a query or a fragment; leave them out"),
        ("http://AC1:secret@a.example", "the base URL holds credentials; leave them out of it"),
        ("http://AC1@a.example", "the base URL holds credentials; leave them out of it"),
    ],
)
def test_a_base_url_that_cannot_be_one_is_told(text: str, says: str) -> None:
    with pytest.raises(BadUrl) as told:
        base_url(text)

    assert says in str(told.value)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST", "localhost.", "api.localhost", "127.0.0.1", "127.9.8.7", "[::1]"],
)
def test_this_machine_is_loopback(host: str) -> None:
    assert is_loopback(f"http://{host}:8080/x")


@pytest.mark.parametrize(
    "host",
    [
        "proxy.twilio.com",
        "10.0.0.1",
        "0.0.0.0",
        "localhost.example",
        "notlocalhost",
        "[::2]",
        "128.0.0.1",
        "127.0.0.1.example",
        "127.1",
        "2130706433",
        "[::ffff:10.0.0.1]",
    ],
)
def test_any_other_machine_is_not(host: str) -> None:
    assert not is_loopback(f"http://{host}:8080")


@pytest.mark.parametrize(
    ("url", "prefix"), [("http://a", ""), ("http://a/b/c", "/b/c"), ("http://a/b/", "/b")]
)
def test_the_prefix_is_what_v1_lies_below(url: str, prefix: str) -> None:
    account = Account(sid=None, user="u", password="p")

    assert Target(base_url=url, account=account).prefix == prefix


def test_an_account_does_not_show_its_credentials() -> None:
    assert "hush" not in repr(
        Target(base_url="http://a", account=Account(sid="AC1", user="hush-u", password="hush"))
    )


def test_each_capability_excuses_requirements_that_there_are() -> None:
    assert set(LACKS) == set(CAPABILITIES)
    for patterns in LACKS.values():
        for pattern in patterns:
            assert matching((pattern,), tuple(load())), f"{pattern} matches no requirement"
