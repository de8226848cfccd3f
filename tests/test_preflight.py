"""What is found out before the first test: a second account that is none is done without."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.harness.api import Api
from conformance.harness.expect import NotRun
from conformance.harness.ledger import OTHER, Ledger
from conformance.harness.names import Names
from conformance.harness.ownership import Ownership
from conformance.harness.preflight import refuses_other
from conformance.harness.target import Account
from tests.servers import Answer, Seen, response, serving
from tests.wires import wire

SECOND = Account(sid="AC" + "2" * 32, user="AC" + "2" * 32, password="the-token-of-the-second")


def asked(folder: Path, answer: Answer, other: Account | None) -> tuple[str | None, int]:
    """Look at the second account; give what was found, and how many requests it took."""
    with serving(answer) as server:
        using = wire(folder, server.url, other=other)
        book = Ledger(folder / "ledger.jsonl")
        own = Ownership(ledger=book, names=Names(run="", worker=""), budget=using.budget)
        try:
            return refuses_other(Api(wire=using, own=own)), len(server.seen)
        finally:
            using.close()
            book.close()


def always(status: int) -> Callable[[Seen, int], bytes]:
    return lambda _, __: response(status, b'{"services": []}')


@pytest.mark.parametrize("status", [401, 403])
def test_a_second_account_that_is_refused_cannot_be_used(tmp_path: Path, status: int) -> None:
    why, requests = asked(tmp_path, always(status), SECOND)

    assert why == f"the target refuses the credentials of the second account ({status})"
    assert requests == 1


@pytest.mark.parametrize("status", [200, 404, 500])
def test_whatever_else_a_second_account_is_answered_is_for_the_tests(
    tmp_path: Path, status: int
) -> None:
    assert asked(tmp_path, always(status), SECOND) == (None, 1)


def test_without_a_second_account_nothing_is_asked(tmp_path: Path) -> None:
    assert asked(tmp_path, always(401), None) == (None, 0)


def test_what_needs_a_second_account_writes_down_nothing_without_one(tmp_path: Path) -> None:
    with serving(always(201)) as server:
        using, book = wire(tmp_path, server.url, other=None), Ledger(tmp_path / "ledger.jsonl")
        own = Ownership(ledger=book, names=Names(run="", worker=""), budget=using.budget)

        with pytest.raises(NotRun, match="no second account"):
            Api(wire=using, own=own).create({"UniqueName": "x"}, credentials=OTHER)

    assert book.path.read_bytes() == b""
    assert server.seen == []
