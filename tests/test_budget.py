"""What a run may spend holds over all of its threads and processes together."""

import multiprocessing
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conformance.harness import budget as budgets
from conformance.harness.budget import PER_SERVICE, RESERVE, Budget, BudgetSpent, Limits
from conformance.harness.expect import Unproven


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "budget"


def spent(path: Path, limits: Limits, most: int) -> int:
    """Spend until the budget is spent; give how many requests it granted."""
    budget, granted = Budget(path, limits), 0
    for _ in range(most):
        try:
            budget.spend()
        except BudgetSpent:
            break
        granted += 1
    return granted


def test_without_limits_everything_is_counted(path: Path) -> None:
    assert spent(path, Limits(), 10) == 10
    assert Budget(path).figures()["requests"] == 10


def test_what_cleaning_up_needs_is_kept_back(path: Path) -> None:
    limits = Limits(max_requests=20)

    assert spent(path, limits, 100) == 20 - RESERVE
    budget = Budget(path, limits)
    for _ in range(RESERVE):
        budget.spend(reserved=True)
    with pytest.raises(BudgetSpent, match="--max-requests 20 is used up"):
        budget.spend(reserved=True)


def test_each_service_alive_keeps_its_delete_back(path: Path) -> None:
    limits = Limits(max_requests=40)
    Budget(path, limits).spend_create(3)

    assert spent(path, limits, 100) == 40 - 3 - 3 * PER_SERVICE - RESERVE


def test_requests_are_counted_over_processes(path: Path) -> None:
    limits = Limits(max_requests=200 + RESERVE)
    with multiprocessing.get_context("fork").Pool(4) as pool:
        granted = pool.starmap(spent, [(path, limits, 100)] * 4)

    assert sum(granted) == 200
    assert Budget(path).figures()["requests"] == 200


def test_requests_are_counted_over_threads(path: Path) -> None:
    budget = Budget(path, Limits())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: budget.spend(), range(200)))

    assert budget.figures()["requests"] == 200


def test_the_pace_is_kept_over_workers(path: Path) -> None:
    limits, begun = Limits(rate=50), time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: spent(path, limits, 5), range(4)))

    assert time.monotonic() - begun >= 19 / 50


def test_what_is_sent_at_once_may_not_be_more_than_the_rate(path: Path) -> None:
    with pytest.raises(BudgetSpent, match="needs 9 requests at once, --rate allows 2 a second"):
        Budget(path, Limits(rate=2)).spend(9)


def test_services_alive_are_counted(path: Path) -> None:
    budget = Budget(path)
    budget.spend_create(3)
    for _ in range(2):
        budget.created()
    budget.not_created()
    budget.deleted()

    figures = budget.figures()
    assert (figures["live"], figures["peak"]) == (1, 3)
    assert (figures["created"], figures["deleted"]) == (2, 1)


def test_more_alive_than_allowed_is_left_out_at_once(path: Path) -> None:
    with pytest.raises(BudgetSpent, match="needs 3 Services alive, --max-live allows 2"):
        Budget(path, Limits(max_live=2)).spend_create(3)


def test_a_create_waits_until_another_worker_deletes(path: Path) -> None:
    limits = Limits(max_live=1)
    here, there = Budget(path, limits), Budget(path, limits)
    here.spend_create()
    timer = threading.Timer(0.1, here.deleted)
    timer.start()

    there.spend_create()

    timer.join()
    assert there.figures()["live"] == 1
    assert there.figures()["peak"] == 1


def test_a_create_does_not_wait_for_ever(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budgets, "WAIT_FOR_ROOM", 0.1)
    budget = Budget(path, Limits(max_live=1))
    budget.spend_create()

    with pytest.raises(BudgetSpent, match="--max-live 1 Services were alive already"):
        budget.spend_create()


def test_where_one_waited_in_vain_the_next_does_not_wait(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "WAIT_FOR_ROOM", 0.1)
    budget = Budget(path, Limits(max_live=1))
    budget.spend_create()
    with pytest.raises(BudgetSpent):
        budget.spend_create()

    monkeypatch.setattr(budgets, "WAIT_FOR_ROOM", 60.0)
    with pytest.raises(BudgetSpent):
        budget.spend_create()


def test_a_target_that_is_given_up_gets_nothing_but_deletes(path: Path) -> None:
    Budget(path).stop("it hangs")
    Budget(path).stop("something else")
    budget = Budget(path)

    with pytest.raises(Unproven, match="it hangs"):
        budget.spend()
    budget.spend(reserved=True)
    assert budget.figures()["stopped"] == 1


def test_failures_in_a_row_give_a_target_up(path: Path) -> None:
    one, two = Budget(path), Budget(path)
    told = [budget.failed() for _ in range(budgets.GIVEN_UP) for budget in (one, two)]

    assert told.index(True) == budgets.GIVEN_UP - 1


def test_an_answer_in_between_ends_the_row(path: Path) -> None:
    budget = Budget(path)
    for _ in range(3 * budgets.GIVEN_UP):
        assert not budget.failed()
        budget.answered()


def test_requests_that_hang_give_a_target_up_sooner(path: Path) -> None:
    budget = Budget(path)
    told = [budget.failed(hung=True) for _ in range(budgets.GIVEN_UP)]

    assert told.index(True) < budgets.GIVEN_UP - 1


def test_a_target_that_hangs_again_and_again_is_given_up(path: Path) -> None:
    budget, told = Budget(path), []
    for _ in range(budgets.MOST_HUNG):
        told.append(budget.failed(hung=True))
        budget.answered()

    assert told == [False] * (budgets.MOST_HUNG - 1) + [True]
