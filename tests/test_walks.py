"""What a walk shows is judged as far as it went."""

from collections.abc import Iterator

import pytest

from conformance.harness.envelope import Walk
from conformance.harness.expect import NotRun, Unproven
from conformance.harness.listing import judge
from conformance.harness.record import Record, recording
from conformance.harness.walks import Survey
from tests.exchanges import META, SERVICE, SID, exchange


@pytest.fixture
def record() -> Iterator[Record]:
    kept = Record()
    with recording(kept):
        yield kept


def walked(*, cut: bool, repeated: frozenset[str] = frozenset()) -> Survey:
    page = exchange("list", body={"services": [SERVICE], "meta": META})
    walk = Walk(pages=(page,), circles=False, cut=cut)
    return Survey(walk=walk, page_size=1, missing=frozenset(), repeated=repeated)


def test_a_walk_to_the_end_holds_what_walks_are_for(record: Record) -> None:
    judge(walked(cut=False))

    assert record.take()["judged"] == ["LIST-14", "LIST-6", "LIST-7"]


def test_a_walk_that_was_given_up_holds_nothing(record: Record) -> None:
    with pytest.raises(NotRun, match="more than the 1 pages that were read"):
        judge(walked(cut=True))

    assert record.take()["judged"] == []


def test_what_was_wrong_until_then_is_told(record: Record) -> None:
    with pytest.raises(Unproven):
        judge(walked(cut=True, repeated=frozenset({SID})))

    assert [one["requirement"] for one in record.take()["findings"]] == ["LIST-7"]
