"""What was shown of a Service stays so until it is changed; what nobody can know is not judged."""

from dataclasses import replace
from typing import Any, Final, TypeAlias

import pytest

from conformance.harness.evidence import Exchange
from conformance.harness.memory import Memory
from tests.exchanges import ERROR, HOST, SID, exchange, page, service

Found: TypeAlias = list[tuple[str, str]]
ITEM: Final = f"{HOST}/v1/Services/{SID}"
NEIGHBOUR: Final = "KS" + "b" * 32
TORN: Final[dict[str, Any]] = {"default_ttl": 7}


class Story:
    """Tells a memory of one exchange after another, a second apart, and keeps what it finds."""

    def __init__(self) -> None:
        self.memory, self.found, self.clock = Memory(), Found(), 0.0

    def told(self, made: Exchange, **when: Any) -> "Story":
        self.clock += 1
        made = replace(made, **({"started": self.clock} | when))
        for row, violation in self.memory(made):
            assert violation is not None
            self.found.append((row, violation.where))
        return self

    def created(self, **shown: Any) -> "Story":
        return self.told(exchange("create", body=service(**shown)))

    def fetched(self, **shown: Any) -> "Story":
        return self.told(exchange(body=service(**shown), url=ITEM))

    def listed(self, query: str = "", /, **shown: Any) -> "Story":
        url = f"{HOST}/v1/Services{query}"
        return self.told(exchange("list", body=page(service(**shown)), url=url))

    def lists_nothing(self, query: str = "", **meta: Any) -> "Story":
        url = f"{HOST}/v1/Services{query}"
        return self.told(exchange("list", body=page(**meta), url=url))

    def updated(self, **shown: Any) -> "Story":
        return self.told(exchange("update", body=service(**shown), url=ITEM))

    def refused(self, operation: str = "update", status: int = 400) -> "Story":
        return self.told(exchange(operation, status, ERROR, url=ITEM))

    def deleted(self) -> "Story":
        return self.told(exchange("delete", url=ITEM))

    def neighbour(self) -> "Story":
        return self.created(sid=NEIGHBOUR)


WRONG: Final = {
    "a fetch that is not what was created": (
        Story().created().fetched(**TORN), "FETCH-2", "/default_ttl",
    ),
    "a fetch that is not what was fetched": (
        Story().created().fetched().fetched(**TORN), "FETCH-9", "/default_ttl",
    ),
    "a fetch that is not what an update answered": (
        Story().created().updated(**TORN).fetched(), "UPDATE-2", "/default_ttl",
    ),
    "an item that is not what was created": (
        Story().created().listed(callback_url="https://a.example"),
        "LIST-8", "/services/0/callback_url",
    ),
    "an item that is not what was listed": (
        Story().created().listed().listed(**TORN), "LIST-8", "/services/0/default_ttl",
    ),
    "an item that is not what an update answered": (
        Story().created().updated(**TORN).listed(), "LIST-23", "/services/0/default_ttl",
    ),
    "what a refused update asked for": (
        Story().created().refused().fetched(**TORN), "REFUSE-25", "/default_ttl",
    ),
    "what a write to another Service changed": (
        Story().created().neighbour().fetched(**TORN), "LIFE-1", "/default_ttl",
    ),
    "a date that moved by itself": (
        Story().created().fetched(date_updated="2015-07-30T20:00:09Z"),
        "FETCH-2", "/date_updated",
    ),
    "a deleted Service in a list": (
        Story().created().deleted().listed(), "LIST-22", "/services/0/sid",
    ),
    "a fetch of a deleted Service": (Story().created().deleted().fetched(), "DELETE-3", "/sid"),
    "a fetch that is refused": (
        Story().created().told(exchange("fetch", 404, ERROR, url=ITEM)), "FETCH-1", "status",
    ),
    "a fetch that is refused after a write to another Service": (
        Story().created().neighbour().told(exchange("fetch", 404, ERROR, url=ITEM)),
        "LIFE-1", "status",
    ),
    "a list without what was created": (Story().created().lists_nothing(), "LIST-6", "/services"),
    "a list without what was updated": (
        Story().created().updated().lists_nothing("?PageSize=1000"), "LIST-6", "/services",
    ),
    "an item on a later page, where nothing was written meanwhile": (
        Story().created().listed().listed("?PageSize=1&Page=1", **TORN),
        "LIST-8", "/services/0/default_ttl",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("story", "row", "where"), [pytest.param(*given, id=words) for words, given in WRONG.items()]
)
def test_what_is_shown_otherwise_is_told(story: Story, row: str, where: str) -> None:
    assert story.found == [(row, where)]


RIGHT: Final = {
    "what stays as it was": Story().created().fetched().listed().fetched(),
    "what an update changed": Story().created().updated(**TORN).fetched(**TORN).listed(**TORN),
    "an unset URL, absent or empty": (
        Story().created().fetched(callback_url="").listed(callback_url=...)
    ),
    "a URL on another host": Story().created().fetched(url=f"https://other.example/v1/Services/{SID}"),
    "less than a second": Story().created().fetched(date_updated="2015-07-30T20:00:00.9Z"),
    "somebody else's Service": Story().fetched().fetched(**TORN).listed(),
    "one that was somebody else's before": Story().fetched().created(**TORN).fetched(),
    "one that two creates were answered with": Story().created().created(**TORN).fetched(),
    "an update whose answer shows nothing": (
        Story().created().told(exchange("update", body={}, url=ITEM)).fetched(**TORN)
    ),
    "an update of which nobody knows whether it had an effect": (
        Story().created().refused(status=500).fetched(**TORN)
    ),
    "a refusal for the credentials": Story().created().refused(status=401).fetched(),
    "a delete that was refused": Story().created().refused("delete", 404).fetched(),
    "a write that reached something else by its path": (
        Story().created().told(exchange("other", 200, method="PUT", url=HOST)).fetched(**TORN)
    ),
    "a walk that began before a write": (
        Story().created().listed().updated(**TORN).listed("?PageSize=1&PageToken=x")
    ),
    "a deleted Service in a walk that began before": (
        Story().created().listed().deleted().listed("?PageSize=1&Page=1")
    ),
    "what another account is shown": (
        Story().created()
        .told(exchange(body=service(**TORN), url=ITEM, credentials="other-account"))
    ),
    "a list of another account that was shown it": (
        Story().created()
        .told(exchange(body=service(), url=ITEM, credentials="other-account"))
        .told(exchange("list", body=page(), credentials="other-account"))
    ),
    "a refused fetch of the sid in the other letter case": (
        Story().created().told(exchange("fetch", 404, ERROR, url=ITEM.replace("a" * 32, "A" * 32)))
    ),
    "a refused fetch of a deleted Service": (
        Story().created().deleted().told(exchange("fetch", 404, ERROR, url=ITEM))
    ),
    "a page that others follow": Story().created().lists_nothing(next_page_url=f"{HOST}/next"),
    "a page that does not say whether others follow": Story().created().lists_nothing(next_page_url=...),
    "a list that was asked for something else": (
        Story().created().lists_nothing("?PageSize=1001").lists_nothing("?Page=9")
        .lists_nothing("?PageSize=0").lists_nothing("?UniqueName=x").lists_nothing("?PageSize=")
    ),
    "a list without what was deleted": Story().created().deleted().lists_nothing(),
    "a chat instance that another Service was given": (
        Story().created(chat_instance_sid="IS" + "0" * 32)
        .created(sid=NEIGHBOUR, chat_instance_sid="IS" + "0" * 32).fetched()
    ),
}  # fmt: skip


@pytest.mark.parametrize("story", [pytest.param(one, id=words) for words, one in RIGHT.items()])
def test_what_is_permitted_or_unknown_is_not(story: Story) -> None:
    assert story.found == []


def test_what_a_lost_write_may_change_yet_is_judged_no_more() -> None:
    story = Story().created()
    unanswered = exchange("update", method="POST", url=ITEM)

    story.memory.lose(replace(unanswered, status=None))
    story.fetched(**TORN).updated().fetched(**TORN)

    assert story.found == []


def test_a_lost_read_changes_nothing() -> None:
    story = Story().created()

    story.memory.lose(replace(exchange(url=ITEM), status=None))

    assert story.fetched(**TORN).found == [("FETCH-2", "/default_ttl")]


def test_a_lost_create_changes_no_other_service() -> None:
    story = Story().created()

    story.memory.lose(replace(exchange("create"), status=None))

    assert story.fetched(**TORN).found == [("FETCH-2", "/default_ttl")]


def test_a_read_that_a_write_overlapped_is_not_judged() -> None:
    story = Story().created()
    story.told(exchange("update", body=service(**TORN), url=ITEM), started=10.0, seconds=5.0)

    story.told(exchange(body=service(), url=ITEM), started=12.0)

    assert story.found == []


def test_of_two_writes_at_once_nobody_knows_which_was_last() -> None:
    story = Story().created()
    story.told(exchange("update", body=service(**TORN), url=ITEM), started=10.0, seconds=5.0)
    story.told(exchange("update", body=service(default_ttl=8), url=ITEM), started=12.0)

    story.told(exchange(body=service(**TORN), url=ITEM), started=20.0)
    story.told(exchange(body=service(default_ttl=8), url=ITEM), started=21.0)

    assert story.found == [("FETCH-9", "/default_ttl")]


def test_a_list_that_was_wrong_is_not_what_fetches_are_held_against() -> None:
    story = Story().created().listed(**TORN).fetched()

    assert story.found == [("LIST-8", "/services/0/default_ttl")]
