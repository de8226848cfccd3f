"""Sweeping deletes exactly what a ledger names, and says what is left and why."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.harness import patience
from conformance.harness.budget import Limits
from conformance.harness.ledger import Remains
from conformance.harness.sweep import Swept, sweep
from tests.accounts import RUN, Account, name, sid
from tests.servers import closed_port, response, serving
from tests.wires import wire

REMAINS = Remains(base_url="", account_sid=None, run=RUN, created={}, pending=(), finished=False)


def remains(*created: int, pending: tuple[str, ...] = ()) -> Remains:
    return replace(REMAINS, created={sid(n): name(n) for n in created}, pending=pending)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(patience, "LONGEST_PAUSE", 0.02)


def swept(folder: Path, account: Account, left: Remains, **other: Any) -> Swept:
    with serving(account.answer) as server:
        using = wire(folder, server.url, **other)
        try:
            return sweep(using, left)
        finally:
            using.close()


FOREIGN = {sid(900 + number): f"somebody's {number}" for number in range(5)}


def test_what_the_ledger_names_is_deleted_and_nothing_else(tmp_path: Path) -> None:
    account = Account(names={sid(1): name(1), **FOREIGN, sid(2): name(2)})

    done = swept(tmp_path, account, remains(1, 2))

    assert account.names == FOREIGN
    assert set(done.deleted) == {sid(1), sid(2)}
    assert (done.gone, done.foreign, done.left, done.proven) == ({}, {}, {}, True)


def test_what_a_refused_create_left_is_told_and_deleted_by_its_exact_name(tmp_path: Path) -> None:
    account = Account(names={sid(1): name(1), sid(2): name(2), **FOREIGN})
    left = replace(remains(1), refused=frozenset({name(2)}))

    done = swept(tmp_path, account, left)

    assert account.names == FOREIGN
    assert {one: shown for one, (shown, _) in done.uncalled.items()} == {sid(2): name(2)}
    assert (done.left, done.proven) == ({}, True)


def test_what_has_nearly_a_name_of_ours_is_told_and_left_alone(tmp_path: Path) -> None:
    cut = name(2)[:-1]
    account = Account(names={sid(2): cut, **FOREIGN})

    done = swept(tmp_path, account, replace(remains(), refused=frozenset({name(2)})))

    assert account.names == {sid(2): cut, **FOREIGN}
    assert {one: shown for one, (shown, _) in done.uncalled.items()} == {sid(2): cut}
    assert [one["sid"] for one in done.residue()] == [sid(2)]


@pytest.mark.parametrize("shown", [name(1), name(1).upper(), f"{name(1)} and more", f" {name(1)}"])
def test_what_may_come_of_a_lost_create_is_not_uncalled_for(tmp_path: Path, shown: str) -> None:
    account = Account(names={sid(1): shown})

    done = swept(tmp_path, account, remains(pending=(name(1),)))

    assert done.uncalled == {}


def test_a_lost_create_is_not_uncalled_for(tmp_path: Path) -> None:
    account = Account(names={sid(1): name(1)})

    done = swept(tmp_path, account, remains(pending=(name(1),)))

    assert (done.uncalled, account.names, done.proven) == ({}, {}, True)


def test_an_account_that_shows_nothing_of_ours_is_read_once(tmp_path: Path) -> None:
    account = Account(names=dict(FOREIGN))
    reads = len(FOREIGN) // account.page_size + 1

    with serving(account.answer) as server:
        using = wire(tmp_path, server.url)
        done = sweep(using, remains(pending=(name(1),)))
        using.close()

    assert (done.deleted, done.left, done.proven) == ({}, {}, True)
    assert len(server.seen) == reads


def test_a_create_without_an_answer_is_found_by_its_name(tmp_path: Path) -> None:
    account = Account(names={sid(1): name(1), **FOREIGN})

    done = swept(tmp_path, account, remains(pending=(name(1), name(2))))

    assert account.names == FOREIGN
    assert set(done.deleted) == {sid(1)}


def test_names_match_exactly(tmp_path: Path) -> None:
    names = {sid(1): f"{name(1)}0", sid(2): f"x{name(1)}", sid(3): name(1).upper()}
    account = Account(names=dict(names))

    done = swept(tmp_path, account, remains(pending=(name(1),)))

    assert account.names == names
    assert done.deleted == {}
    assert done.proven


def test_a_name_that_others_might_choose_is_not_enough(tmp_path: Path) -> None:
    account = Account(names={sid(1): "x"})

    swept(tmp_path, account, remains(pending=("x",)))

    assert account.names == {sid(1): "x"}


def test_a_sid_with_somebody_elses_name_is_left_alone(tmp_path: Path) -> None:
    account = Account(names={sid(1): "somebody's"})

    done = swept(tmp_path, account, remains(1))

    assert account.names == {sid(1): "somebody's"}
    assert done.foreign == {sid(1): name(1)}
    assert done.left == {}


def test_what_the_target_showed_as_ours_stays_ours_when_renamed(tmp_path: Path) -> None:
    account = Account(names={sid(1): "renamed"})

    swept(tmp_path, account, replace(remains(1), shown=frozenset({sid(1)})))

    assert account.names == {}


def test_what_is_gone_is_gone(tmp_path: Path) -> None:
    done = swept(tmp_path, Account(names={}), remains(1))

    assert (done.gone, done.deleted, done.left) == ({sid(1): name(1)}, {}, {})
    assert done.proven


def test_what_the_list_does_not_show_is_looked_for(tmp_path: Path) -> None:
    hidden = response(200, b'{"services": [], "meta": {"next_page_url": null}}')
    account = Account(names={sid(1): name(1)}, list_answer=hidden)

    done = swept(tmp_path, account, remains(1))

    assert account.names == {}
    assert set(done.deleted) == {sid(1)}


BROKEN_LISTS = {
    "500": response(500),
    "HTML": response(200, b"<html>", kind="text/html"),
    "an array": response(200, b"[]"),
    "no services": response(200, b"{}"),
}


@pytest.mark.parametrize("words", BROKEN_LISTS)
def test_a_broken_list_proves_nothing_and_hinders_nothing(tmp_path: Path, words: str) -> None:
    account = Account(names={sid(1): name(1)}, list_answer=BROKEN_LISTS[words])

    done = swept(tmp_path, account, remains(1))

    assert account.names == {}
    assert set(done.deleted) == {sid(1)}
    assert not done.proven


def test_a_list_that_loops_ends_and_proves_nothing(tmp_path: Path) -> None:
    account = Account(names={sid(n): name(n) for n in range(6)}, loops=True)

    done = swept(tmp_path, account, remains(*range(6)))

    assert account.names == {}
    assert (done.left, done.proven) == ({}, False)


def test_a_page_that_cannot_be_followed_ends_the_list(tmp_path: Path) -> None:
    body = b'{"services": [], "meta": {"next_page_url": "http://["}}'
    account = Account(names={sid(1): name(1)}, list_answer=response(200, body))

    done = swept(tmp_path, account, remains(1))

    assert account.names == {}
    assert not done.proven


@pytest.mark.parametrize("status", [500, 401, 403, 302])
def test_a_delete_that_fails_leaves_it(tmp_path: Path, status: int) -> None:
    account = Account(names={sid(1): name(1)}, delete_answers={sid(1): response(status)})

    done = swept(tmp_path, account, remains(1))

    [(left, why)] = done.left.values()
    assert left == name(1)
    assert str(status) in why or "still shows it" in why
    assert done.deleted == {}
    assert not done.proven


def test_a_delete_without_effect_leaves_it(tmp_path: Path) -> None:
    account = Account(names={sid(1): name(1), sid(2): name(2)}, keeps=frozenset({sid(1)}))

    done = swept(tmp_path, account, remains(1, 2))

    assert done.left == {sid(1): (name(1), "DELETE was answered, and the list still shows it")}
    assert set(done.deleted) == {sid(2)}
    assert not done.proven
    assert done.residue() == [
        {
            "sid": sid(1),
            "unique_name": name(1),
            "why": "DELETE was answered, and the list still shows it",
        }
    ]


def test_what_was_deleted_and_is_there_is_told_with_the_page_that_shows_it(tmp_path: Path) -> None:
    account = Account(names={sid(1): name(1), sid(2): name(2)})
    left = replace(remains(2), deleted={sid(1): name(1)}, shown=frozenset({sid(1)}))

    done = swept(tmp_path, account, left)

    assert list(done.risen) == [sid(1)]
    assert done.risen[sid(1)].operation == "sweep"
    assert set(done.deleted) == {sid(1), sid(2)}


@pytest.mark.parametrize("status", [500, 401])
def test_a_fetch_that_fails_is_no_proof_that_it_is_gone(tmp_path: Path, status: int) -> None:
    account = Account(names={}, list_answer=response(500), fetch_answers={sid(1): response(status)})

    done = swept(tmp_path, account, remains(1))

    assert done.left == {sid(1): (name(1), f"a fetch was answered {status}")}
    assert not done.proven


def test_a_target_that_is_away_leaves_everything(tmp_path: Path) -> None:
    done = sweep(wire(tmp_path, closed_port()), remains(1, 2))

    assert set(done.left) == {sid(1), sid(2)}
    assert {why for _, why in done.left.values()} == {"the target does not answer"}
    assert not done.proven


def test_many_are_deleted(tmp_path: Path) -> None:
    account = Account(names={sid(n): name(n) for n in range(60)}, page_size=7)

    done = swept(tmp_path, account, remains(*range(60)))

    assert account.names == {}
    assert len(done.deleted) == 60


def test_sweeping_may_use_what_is_kept_for_it(tmp_path: Path) -> None:
    account = Account(names={sid(1): name(1)})

    done = swept(tmp_path, account, remains(1), limits=Limits(max_requests=5))

    assert set(done.deleted) == {sid(1)}
    assert done.proven


def test_two_accounts_come_together() -> None:
    one = Swept(deleted={"a": "1"}, left={"b": ("2", "why")}, proven=True)
    two = Swept(gone={"c": "3"}, foreign={"d": "4"}, proven=False)

    both = one.and_also(two)

    assert (both.deleted, both.gone, both.foreign) == ({"a": "1"}, {"c": "3"}, {"d": "4"})
    assert both.left == {"b": ("2", "why")}
    assert not both.proven
