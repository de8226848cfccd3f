"""Services are written once, and never shown as they no longer are."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from emulator import rendering
from emulator.domain import Page, PageLink, Service
from emulator.messages import Response
from emulator.rendering import Writer

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HERE = PageLink(number=0, size=50)


def service(number: int = 1, **values: Any) -> Service:
    return Service(
        sid=f"KS{number:032x}", account_sid="AC" + "1" * 32, arrival=number, unique_name=f"{number}",
        date_created=NOW, date_updated=NOW
    )._replace(**values)  # fmt: skip


def page(*services: Service) -> Page:
    return Page(services=services, here=HERE, next=None, previous=None)


def body(response: Response) -> Any:
    return json.loads(response.body)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Service]:
    """Return the Services that were written, each time that one is."""
    seen: list[Service] = []
    write: Callable[[Service, str], str] = rendering.written

    def noted(one: Service, origin: str) -> str:
        seen.append(one)
        return write(one, origin)

    monkeypatch.setattr(rendering, "written", noted)
    return seen


def test_each_is_written_once(written: list[Service]) -> None:
    writer, one, other = Writer(), service(1), service(2)
    first = writer.service(201, one, "http://h")
    assert writer.service(200, one, "http://h").body == first.body
    for _ in range(2):
        listed = body(writer.page(page(one, other), "http://h"))["services"]
        assert [shown["sid"] for shown in listed] == [one.sid, other.sid]
    assert written == [one, other]


def test_one_that_changed_is_written_anew() -> None:
    writer, one = Writer(), service()
    writer.service(200, one, "http://h")
    assert body(writer.service(200, one._replace(default_ttl=7), "http://h"))["default_ttl"] == 7


def test_those_that_are_equal_can_differ() -> None:
    """A fault may store a number of another type."""
    writer, one, other = Writer(), service(default_ttl=1), service(default_ttl=1.0)
    assert one == other
    writer.service(200, one, "http://h")
    shown = body(writer.service(200, other, "http://h"))
    assert repr(shown["default_ttl"]) == "1.0"


def test_another_origin_is_never_shown_to_a_client() -> None:
    writer, one = Writer(), service()
    for origin in ("http://a", "http://b", "http://a"):
        assert body(writer.service(200, one, origin))["url"].startswith(origin)
        assert body(writer.page(page(one), origin))["services"][0]["url"].startswith(origin)


def test_only_so_many_are_remembered(
    monkeypatch: pytest.MonkeyPatch, written: list[Service]
) -> None:
    monkeypatch.setattr(rendering, "MOST_WRITTEN", 3)
    writer, services = Writer(), [service(number) for number in range(5)]
    for _ in range(2):
        listed = body(writer.page(page(*services), "http://h"))["services"]
        assert [shown["unique_name"] for shown in listed] == ["0", "1", "2", "3", "4"]
    assert len(written) > len(services)
