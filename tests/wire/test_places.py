"""Requests go where they should: below the base URL, as their paths stand, and nowhere else."""

import pytest

from conformance.harness.expect import Unproven
from conformance.harness.wire import Request
from tests.servers import response, serving
from tests.wires import LIST, NewWire, fine


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer(new_wire: NewWire, status: int) -> None:
    with serving(fine) as elsewhere:
        to = f"Location: {elsewhere.url}/v1/Services"
        with serving(lambda _, __: response(status, b"", to)) as server:
            assert new_wire(server.url).send(LIST).status == status

        assert elsewhere.seen == []


PATHS = [
    "/v1/Services/KS%2Fx",
    "/v1/Services/..%2e",
    "/v1/Services/%00",
    "/v1/Services/a%20b?c=d%26e&f",
    "/v1//Services",
    "/v1/Services/../Services",
    "/v1/Services/.",
    "/v1/Services/%7e%41",
    "/v1/Services?PageSize=%F0%9F%98%80",
    "/v1/Services?",
    "/v1/Services/a;b=c:d@e",
]


@pytest.mark.parametrize("path", PATHS)
def test_odd_paths_are_sent_as_they_stand(new_wire: NewWire, path: str) -> None:
    with serving(fine) as server:
        new_wire(server.url).send(Request(method="GET", path=path))

    assert server.seen[0].target == path.removesuffix("?")


def test_a_prefix_of_the_base_url_stands_before_each_path(new_wire: NewWire) -> None:
    with serving(fine) as server:
        wire = new_wire(f"{server.url}/deep/er")
        exchange = wire.send(LIST)

    assert server.seen[0].target == "/deep/er/v1/Services"
    assert exchange.url == f"{server.url}/deep/er/v1/Services"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        (
            "https://proxy.twilio.com/v1/Services?Page=1&PageToken=a%2Fb",
            "/v1/Services?Page=1&PageToken=a%2Fb",
        ),
        ("https://proxy.twilio.com/deep/v1/Services", "/v1/Services"),
        ("/v1/Services/KS1", "/v1/Services/KS1"),
        ("https://proxy.twilio.com", "/"),
        ("?Page=2", "/?Page=2"),
        ("@elsewhere.example/v1/Services", "/@elsewhere.example/v1/Services"),
        ("null", "/null"),
        ("https://proxy.twilio.com/deeper/v1/Services", "/deeper/v1/Services"),
        ("https://proxy.twilio.com/deep", "/"),
    ],
)
def test_urls_of_answers_are_followed_below_the_base_url(
    new_wire: NewWire, url: str, path: str
) -> None:
    assert new_wire("http://127.0.0.1:1/deep").path_of(url) == path


@pytest.mark.parametrize(
    "url", ["http://[", "http://[::1/v1", "http://a\u2100b.example/x", "/v1/\ud800"]
)
def test_a_url_that_is_none_cannot_be_followed(new_wire: NewWire, url: str) -> None:
    with pytest.raises(Unproven, match="cannot be followed"):
        new_wire("http://127.0.0.1:1").path_of(url)
