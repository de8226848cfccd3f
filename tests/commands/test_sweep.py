"""What `sweep` deletes, leaves alone, and says of it."""

import fcntl
from pathlib import Path

import pytest

from conformance.commands import sweeping
from conformance.harness.ledger import Ledger, read
from tests.accounts import RUN, Account, name, sid
from tests.commands.saying import ACCOUNT, Say, always, proxy, sentence
from tests.servers import closed_port, response, serving


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


def left_by_a_run(path: Path, url: str, **header: object) -> Path:
    """Write the ledger of a run that was killed: two Services, and a create without an answer."""
    book = Ledger(path)
    book.header(**({"base_url": url, "account_sid": ACCOUNT, "run": RUN} | header))
    for number in (1, 2):
        book.intends(name(number))
        book.created(sid(number), name(number))
    book.intends(name(3))
    book.close()
    return path


def left_behind() -> dict[str, str]:
    return {sid(number): name(number) for number in (1, 3)} | {sid(9): "somebody's"}


def test_a_killed_run_is_finished(say: Say, ledger: Path) -> None:
    account = Account(names=left_behind())
    with serving(account.answer) as server:
        status, out, _ = say("sweep", left_by_a_run(ledger, server.url))

    assert status == 0
    assert account.names == {sid(9): "somebody's"}
    assert out.splitlines() == [
        f"deleted: {sid(1)} {name(1)}",
        f"deleted: {sid(3)} {name(3)}",
        f"gone already: {sid(2)} {name(2)}",
        "Nothing is left: 2 deleted, 1 gone already.",
    ]
    remains = read(ledger)
    assert remains.finished
    assert remains.created == {}


def test_a_ledger_that_a_kill_cut_can_be_swept_again_and_again(say: Say, ledger: Path) -> None:
    account = Account(names=left_behind(), keeps=frozenset({sid(1)}))
    with serving(account.answer) as server:
        left_by_a_run(ledger, server.url).write_bytes(ledger.read_bytes() + b'{"sho')
        first = say("sweep", ledger)
        account.keeps = frozenset()
        second = say("sweep", ledger)

    assert (first[0], second[0]) == (1, 0)
    for _, out, _ in (first, second):
        assert out.startswith(f"Line 7 of {ledger} cannot be read, and counts for nothing.\n")
    assert account.names == {sid(9): "somebody's"}


def test_a_ledger_that_was_swept_has_nothing_to_delete(say: Say, ledger: Path) -> None:
    account = Account(names=left_behind())
    with serving(account.answer) as server:
        say("sweep", left_by_a_run(ledger, server.url))
        asked = len(server.seen)
        status, _, _ = say("sweep", ledger)

    assert status == 0
    assert len(server.seen) >= asked


def test_what_cannot_be_deleted_is_told(say: Say, ledger: Path) -> None:
    account = Account(names=left_behind(), delete_answers={sid(1): response(500)})
    with serving(account.answer) as server:
        status, out, _ = say("sweep", left_by_a_run(ledger, server.url))

        assert status == 1
        assert f"left: {sid(1)} {name(1)}: DELETE answered 500" in out
        assert not read(ledger).finished
        assert set(read(ledger).created) == {sid(1)}

        account.delete_answers.clear()
        assert say("sweep", ledger)[0] == 0
    assert account.names == {sid(9): "somebody's"}
    assert read(ledger).finished


def test_what_became_of_a_create_is_not_known_without_a_list(say: Say, ledger: Path) -> None:
    account = Account(names=left_behind(), list_answer=response(500))
    with serving(account.answer) as server:
        status, out, _ = say("sweep", left_by_a_run(ledger, server.url))

    assert status == 1
    assert f"{name(3)}: no list could be read to its end to look for it" in out
    assert not read(ledger).finished


def test_what_is_somebody_elses_is_told(say: Say, ledger: Path) -> None:
    account = Account(names={sid(1): "somebody's"})
    with serving(account.answer) as server:
        status, out, _ = say("sweep", left_by_a_run(ledger, server.url))

    assert status == 0
    assert f"somebody else's, left alone: {sid(1)} {name(1)}" in out
    assert account.names == {sid(1): "somebody's"}


def test_a_target_may_be_named_anew(say: Say, ledger: Path) -> None:
    account = Account(names=left_behind())
    with serving(account.answer) as server:
        path = left_by_a_run(ledger, "http://127.0.0.1:1")
        assert say("sweep", path, "--base-url", server.url)[0] == 0

    assert account.names == {sid(9): "somebody's"}


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (response(401), "refuses the credentials"),
        (response(302, b"", "Location: http://b"), "a redirect"),
    ],
    ids=["401", "a redirect"],
)
def test_a_target_that_cannot_be_swept_is_told(
    say: Say, ledger: Path, answer: bytes, says: str
) -> None:
    with serving(always(answer)) as server:
        status, out, _ = say("sweep", left_by_a_run(ledger, server.url))

    assert status == 6
    assert says in out
    assert "Nothing was deleted" in out
    assert len(read(ledger).created) == 2


def test_a_target_that_is_away_is_told(say: Say, ledger: Path) -> None:
    status, out, _ = say("sweep", left_by_a_run(ledger, closed_port()))

    assert status == 6
    assert "ConnectError" in out


def test_a_target_elsewhere_needs_consent(say: Say, ledger: Path) -> None:
    path = left_by_a_run(ledger, "https://api.example")

    status, _, err = say("sweep", path)
    assert status == 4
    assert f"say --allow-account {ACCOUNT}" in sentence(err)

    status, _, err = say("sweep", path, "--allow-account", "AC9")
    assert status == 4
    assert "is not the account of the credentials" in sentence(err)


def test_credentials_of_another_account_are_refused(say: Say, ledger: Path) -> None:
    path = left_by_a_run(ledger, "http://127.0.0.1:1", account_sid="AC" + "9" * 32)

    status, _, err = say("sweep", path)

    assert status == 4
    assert "the ledger is of account AC999" in sentence(err)


def test_without_credentials_it_is_said_what_to_set(
    say: Say, ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TWILIO_AUTH_TOKEN")
    status, _, err = say("sweep", left_by_a_run(ledger, "http://127.0.0.1:1"))

    assert status == 4
    assert "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN" in sentence(err)


def test_what_the_second_account_has_needs_its_credentials(
    say: Say, ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account(names=left_behind() | {sid(5): name(5)})
    with serving(account.answer) as server:
        path = left_by_a_run(ledger, server.url)
        book = Ledger(path)
        book.created(sid(5), name(5), "other-account")
        book.close()

        status, out, _ = say("sweep", path)
        assert status == 1
        assert f"left: {sid(5)} {name(5)}: no second account: set TWILIO_OTHER" in out
        assert sid(5) in account.names

        monkeypatch.setenv("TWILIO_OTHER_ACCOUNT_SID", "AC" + "2" * 32)
        monkeypatch.setenv("TWILIO_OTHER_AUTH_TOKEN", "other-token")
        assert say("sweep", path)[0] == 0
    assert account.names == {sid(9): "somebody's"}


def test_an_embedded_emulator_took_its_services_with_it(say: Say, ledger: Path) -> None:
    status, out, _ = say("sweep", left_by_a_run(ledger, closed_port(), embedded=True))

    assert status == 0
    [line] = out.splitlines()
    assert line.startswith("Nothing is left: the emulator at ")


def test_something_else_at_that_port_is_not_touched(
    say: Say, ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "GONE_SECONDS", 0.1)
    with serving(proxy) as server:
        status, _, err = say("sweep", left_by_a_run(ledger, server.url, embedded=True))

        assert status == 4
        assert "if it is that emulator, say --base-url" in sentence(err)
        assert server.seen == []


def test_a_run_under_way_is_not_swept(say: Say, ledger: Path) -> None:
    left_by_a_run(ledger, "http://127.0.0.1:1")
    with ledger.with_name(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        status, _, err = say("sweep", ledger)

    assert status == 4
    assert "is under way; wait for its end" in sentence(err)


def test_a_lock_that_nobody_holds_hinders_nothing(say: Say, ledger: Path) -> None:
    account = Account(names={})
    ledger.with_name(".lock").touch()
    with serving(account.answer) as server:
        assert say("sweep", left_by_a_run(ledger, server.url))[0] == 0


@pytest.mark.parametrize("written", ["", "{}\n", "text\nmore\n"])
def test_what_is_no_ledger_is_told(say: Say, ledger: Path, written: str) -> None:
    ledger.write_text(written)

    status, _, err = say("sweep", ledger)
    assert status == 4
    assert "is no ledger" in sentence(err)
