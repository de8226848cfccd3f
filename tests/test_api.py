"""A story's operations keep their books, whatever a target answers."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from conformance.harness.api import Api
from conformance.harness.budget import PER_SERVICE, RESERVE, BudgetSpent, Limits
from conformance.harness.ledger import Ledger
from conformance.harness.names import Names
from conformance.harness.ownership import Ownership
from conformance.harness.record import Record, recording
from conformance.harness.wire import AnswerLost
from tests.servers import Answer, Seen, response, serving
from tests.wires import BUSY_FOR_NOW, wire


@contextmanager
def story(folder: Path, url: str, limits: Limits | None = None) -> Iterator[Api]:
    using, book = wire(folder, url, limits=limits), Ledger(folder / "ledger.jsonl")
    names = Names(run="01234567", worker="m")
    with recording(Record()), closing(using), closing(book):
        yield Api(wire=using, own=Ownership(ledger=book, names=names, budget=using.budget))


def loses_creates(*listed: object) -> Answer:
    """Lose the answer to each create, and list it beside the given items."""
    names: list[str] = []

    def answer(seen: Seen, _: int) -> bytes | None:
        if seen.method == "POST":
            names.extend(parse_qs(seen.body.decode())["UniqueName"])
            return None
        made = [{"sid": "KS1", "unique_name": name} for name in names]
        return response(200, json.dumps({"services": [*listed, *made], "meta": {}}).encode())

    return answer


@pytest.mark.parametrize("odd", [["a", "list"], {"an": "object"}, 7, None])
def test_a_lost_create_is_found_among_items_however_odd(tmp_path: Path, odd: object) -> None:
    with (
        serving(loses_creates({"sid": "KS2", "unique_name": odd})) as server,
        story(tmp_path, server.url) as api,
    ):
        with pytest.raises(AnswerLost):
            api.create({"UniqueName": api.name()})

        assert list(api.own.created) == ["KS1"]


def test_a_lost_create_is_not_somebody_elses_service_of_that_name(tmp_path: Path) -> None:
    """Such a name is one that others may choose as well."""
    listed = {"services": [{"sid": "KS2", "unique_name": "null"}], "meta": {}}

    def answer(seen: Seen, _: int) -> bytes | None:
        return None if seen.method == "POST" else response(200, json.dumps(listed).encode())

    with serving(answer) as server, story(tmp_path, server.url) as api:
        with pytest.raises(AnswerLost):
            api.create({"UniqueName": "null", "CallbackUrl": "https://example.com/?of=it"})

        assert list(api.own.created) == []


def test_creates_of_several_that_came_to_nothing_leave_their_room(tmp_path: Path) -> None:
    """They were put off until nothing was left to send them with."""
    limits = Limits(max_requests=3 + 3 * PER_SERVICE + RESERVE)
    with (
        serving(lambda _, __: BUSY_FOR_NOW) as server,
        story(tmp_path, server.url, limits) as api,
    ):
        with pytest.raises(BudgetSpent):
            api.crowd([("", "", {})] * 3)

        assert len(server.seen) == 3
        assert api.wire.budget.figures()["live"] == 0
