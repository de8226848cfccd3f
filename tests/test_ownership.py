"""What a run believes to be its own is what the target itself shows as such."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.harness import ledger
from conformance.harness.api import Api
from conformance.harness.budget import Budget
from conformance.harness.expect import Unproven
from conformance.harness.ledger import Ledger
from conformance.harness.names import Names
from conformance.harness.ownership import Ownership
from conformance.harness.racing import Race, create
from conformance.harness.record import Record, recording
from conformance.harness.wire import TargetGone
from tests.exchanges import exchange
from tests.servers import Seen, response, serving
from tests.wires import wire

NAME, SID, OTHER_SID = "pc-01234567-m000000", "KS" + "1" * 32, "KS" + "2" * 32


@pytest.fixture(autouse=True)
def record() -> Iterator[Record]:
    kept = Record()
    with recording(kept):
        yield kept


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Ownership]:
    budget, book = Budget(tmp_path / "budget"), Ledger(tmp_path / "ledger.jsonl")
    book.header(run="01234567")
    yield Ownership(ledger=book, names=Names(run="01234567", worker="m00"), budget=budget)
    book.close()
    budget.close()


def begun(own: Ownership, name: str = NAME) -> Ownership:
    own.budget.spend_create()
    own.intends({name: ()})
    return own


def made(own: Ownership, sid: str = SID, name: str = NAME) -> Ownership:
    begun(own, name).answered(exchange("create", 201, {"sid": sid, "unique_name": name}), name)
    return own


def test_what_a_create_answers_is_not_written_to_before_it_is_shown(own: Ownership) -> None:
    made(own)
    before = own.is_safe(SID)

    own.learn({"sid": SID, "unique_name": NAME})

    assert (before, own.is_safe(SID)) == (False, True)


def test_a_sid_that_nobody_showed_is_one_that_a_test_made_up(own: Ownership) -> None:
    assert own.is_safe(SID)


def test_somebody_elses_service_is_left_alone(own: Ownership) -> None:
    own.learn({"sid": SID, "unique_name": "theirs"})

    with pytest.raises(Unproven, match="is somebody else's"):
        own.is_safe(SID)


def test_a_create_that_is_answered_with_somebody_elses_sid_makes_nothing(
    own: Ownership, record: Record
) -> None:
    own.learn({"sid": SID, "unique_name": "theirs"})

    made(own)

    assert (own.created, own.ledger.alive) == ({}, {})
    assert [one.requirement for one in record.findings] == ["SERVICE-16"]


def test_a_refusal_makes_room_for_another(own: Ownership) -> None:
    begun(own).answered(exchange("create", 400, {"code": 80602}), NAME)

    assert own.budget.figures()["live"] == 0
    assert ledger.read(own.ledger.path).pending == ()


def test_an_account_that_may_create_nothing_ends_the_run(own: Ownership) -> None:
    with pytest.raises(TargetGone, match="may not create Services"):
        begun(own).answered(exchange("create", 400, {"code": 80506}), NAME)


def test_a_lost_create_that_a_list_shows_is_ours(own: Ownership) -> None:
    begun(own).found(NAME, SID)

    assert own.created == {SID: NAME}
    assert own.is_safe(SID)


def test_a_lost_create_is_not_somebody_elses_service_that_a_list_shows_under_its_name(
    own: Ownership,
) -> None:
    own.learn({"sid": SID, "unique_name": "theirs"})

    begun(own).found(NAME, SID)

    assert (own.created, own.ledger.alive) == ({}, {})
    assert ledger.read(own.ledger.path).pending == (NAME,)


def test_what_another_create_of_that_name_made_is_not_counted_again(own: Ownership) -> None:
    begun(made(own)).found(NAME, SID)

    figures = own.budget.figures()
    assert (figures["created"], figures["live"]) == (1, 1)


@pytest.mark.parametrize("failure", [None, response(500, b"{}")], ids=["no answer", "500"])
@pytest.mark.parametrize("last", ["the refused one", "the one that failed"])
def test_of_racing_creates_one_that_failed_is_not_forgotten(
    tmp_path: Path, own: Ownership, failure: bytes | None, last: str
) -> None:
    def answer(seen: Seen, _: int) -> bytes | None:
        if seen.method == "GET":
            return response(200, b'{"services": [], "meta": {"next_page_url": null}}')
        fails = (b"DefaultTtl" in seen.body) == (last == "the one that failed")
        return failure if fails else response(400, b'{"code": 80602}')

    with serving(answer) as server:
        using = wire(tmp_path, server.url)
        race = Race(Api(wire=using, own=own))
        race.run([[create(NAME)], [create(NAME, DefaultTtl="1")]])
        using.close()

    assert ledger.read(own.ledger.path).pending == (NAME,)
