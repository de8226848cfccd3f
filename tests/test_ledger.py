"""A ledger survives the death of its writers, and says exactly what may be left."""

import json
from pathlib import Path

import pytest

from conformance.harness import ledger
from conformance.harness.ledger import Ledger, UnreadableLedger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


def begun(path: Path, **header: object) -> Ledger:
    book = Ledger(path)
    book.header(**({"base_url": "http://a", "account_sid": "AC1", "run": "r1"} | header))
    return book


def test_a_ledger_says_whose_run_it_is(path: Path) -> None:
    begun(path, embedded=True).close()
    remains = ledger.read(path)

    assert (remains.base_url, remains.account_sid, remains.run) == ("http://a", "AC1", "r1")
    assert (remains.created, remains.pending, remains.finished) == ({}, (), False)
    assert remains.embedded


def test_a_service_is_left_until_it_is_deleted(path: Path) -> None:
    book = begun(path)
    book.intends("one")
    book.intends("two")
    book.created("KS1", "one")
    book.created("KS2", "two")
    book.deleted("KS1")

    assert ledger.read(path).created == {"KS2": "two"}
    assert ledger.read(path).pending == ()
    assert book.alive == {"KS2": "two"}


def test_a_create_is_pending_until_something_came_of_it(path: Path) -> None:
    book = begun(path)
    for name in ("asked", "refused", "created"):
        book.intends(name)
    book.refused("refused")
    book.created("KS1", "created")

    assert ledger.read(path).pending == ("asked",)


@pytest.mark.parametrize("after", ["refused", "created", "nothing"])
def test_what_a_create_made_that_was_answered_with_a_foreign_sid_stays_pending(
    path: Path, after: str
) -> None:
    book = begun(path)
    book.intends("one")
    book.refused("one")
    book.answered_foreign("KS9", "one")
    if after == "refused":
        book.refused("one")
    elif after == "created":
        book.created("KS1", "one")

    assert ledger.read(path).pending == ("one",)


def test_a_finished_run_says_so(path: Path) -> None:
    book = begun(path)
    book.finished()

    assert ledger.read(path).finished


def test_two_owners_are_told_apart(path: Path) -> None:
    book = begun(path)
    book.intends("ours")
    book.intends("theirs", ledger.OTHER)
    book.created("KS1", "mine")
    book.created("KS2", "yours", ledger.OTHER)

    own, other = ledger.read(path), ledger.read(path, ledger.OTHER)
    assert (own.created, own.pending) == ({"KS1": "mine"}, ("ours",))
    assert (other.created, other.pending) == ({"KS2": "yours"}, ("theirs",))


def test_what_is_deleted_needs_no_owner(path: Path) -> None:
    book = begun(path)
    book.created("KS2", "yours", ledger.OTHER)
    book.deleted("KS2")

    assert ledger.read(path, ledger.OTHER).created == {}


def test_other_spellings_of_a_name_are_looked_for_as_well(path: Path) -> None:
    book = begun(path)
    book.intends("a+b", also=("a b", "a+b"))

    assert set(ledger.read(path).pending) == {"a b", "a+b"}
    book.refused("a+b")
    assert ledger.read(path).pending == ()


def test_what_a_target_showed_is_kept(path: Path) -> None:
    book = begun(path)
    book.created("KS1", "one")
    book.confirms("KS1")
    book.deleted("KS1")

    assert ledger.read(path).shown == {"KS1"}
    assert ledger.read(path).deleted == {"KS1": "one"}


def test_two_writers_do_not_cut_each_others_lines(path: Path) -> None:
    one, two = begun(path), Ledger(path)
    for number in range(50):
        one.created(f"KSa{number}", "x" * 200)
        two.created(f"KSb{number}", "y" * 200)

    assert len(ledger.read(path).created) == 100


def test_names_of_any_text_come_back(path: Path) -> None:
    names = ["a\nb", "\u2028", "\ud800", "\0", "é" * 191, '"']
    book = begun(path)
    for number, name in enumerate(names):
        book.created(f"KS{number}", name)

    assert list(ledger.read(path).created.values()) == names


def test_a_last_line_that_a_kill_cut_counts_for_nothing(path: Path) -> None:
    book = begun(path)
    book.intends("one")
    book.close()
    whole = path.read_bytes()
    for cut in range(whole.index(b"\n") + 2, len(whole) - 1):
        path.write_bytes(whole[:cut])

        assert ledger.read(path).pending == ()


@pytest.mark.parametrize("cut", [b'{"cut', b"[]", b"\xff", b"[" * 100_000])
def test_lines_that_cannot_be_read_count_for_nothing(path: Path, cut: bytes) -> None:
    path.write_bytes(b'{"ledger": 1}\n' + cut + b'\n{"intent": "one", "as": "own"}\n')

    assert ledger.read(path).pending == ("one",)
    assert ledger.read(path).unreadable == (2,)


def test_what_follows_a_line_that_a_kill_cut_can_be_read(path: Path) -> None:
    book = begun(path)
    book.created("KS1", "one")
    book.created("KS2", "two")
    book.close()
    path.write_bytes(path.read_bytes() + b'{"sho')
    Ledger(path).deleted("KS1")

    assert ledger.read(path).created == {"KS2": "two"}
    assert ledger.read(path).unreadable == (4,)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (b"", "its first line is not a ledger's header"),
        (b"{}\n", "its first line is not a ledger's header"),
        (b'{"ledger": 99}\n', "its first line is not a ledger's header"),
        (b"nothing\n{}\n", "its first line is not a ledger's header"),
        (b"[" * 100_000, "its first line is not a ledger's header"),
    ],
)
def test_what_is_no_ledger_is_told(path: Path, written: bytes, says: str) -> None:
    path.write_bytes(written)

    with pytest.raises(UnreadableLedger) as told:
        ledger.read(path)
    assert str(path) in str(told.value)
    assert says in str(told.value)


def test_a_ledger_that_is_not_there_is_told(path: Path) -> None:
    with pytest.raises(UnreadableLedger, match="No such file"):
        ledger.read(path)


def test_each_line_is_written_at_once(path: Path) -> None:
    book = begun(path)
    book.intends("one")

    assert [json.loads(line).get("intent") for line in path.read_text().splitlines()] == [
        None,
        "one",
    ]
