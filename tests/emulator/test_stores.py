"""Both stores against one model, and what outlives the process."""

import operator
import sqlite3
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from emulator.app import create_app
from emulator.domain import Service
from emulator.durable_store import DurableStore
from emulator.store import MemoryStore, Store, UnusableFile, services_of
from tests.emulator.client import Client, Opened
from tests.emulator.stories import STORIES, lives, told
from tests.emulator.teller import Teller

ACCOUNTS = ("AC1", "AC2")
NAMES = st.text(min_size=1, max_size=3, alphabet=st.characters(codec="utf-8"))
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class StoresAgree(RuleBasedStateMachine):
    """Puts, removes and reopens, and compares with a plain dict after each step."""

    services = Bundle("services")

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "services.db"
        self.memory: Store = MemoryStore()
        self.durable: Store = DurableStore(self.path)
        self.model: dict[str, Service] = {}

    @rule(target=services, account=st.sampled_from(ACCOUNTS), name=NAMES)
    def put_new(self, account: str, name: str) -> str:
        arrival = self.memory.next_arrival()
        assert self.durable.next_arrival() == arrival
        service = Service(
            sid=f"KS{arrival}",
            account_sid=account,
            arrival=arrival,
            unique_name=name,
            date_created=NOW,
            date_updated=NOW,
        )
        self._put(service)
        return service.sid

    @rule(sid=services, name=NAMES, ttl=st.integers(-(2**63), 2**63 - 1))
    def put_again(self, sid: str, name: str, ttl: int) -> None:
        url = None if ttl % 2 else f"https://example.com/{name}"
        changed = self.model[sid]._replace(unique_name=name, default_ttl=ttl, callback_url=url)
        self._put(changed)

    @rule(sid=consumes(services))
    def remove(self, sid: str) -> None:
        gone = self.model.pop(sid)
        self.memory.remove(gone)
        self.durable.remove(gone)

    @rule()
    def reopen(self) -> None:
        self.durable.close()
        self.durable = DurableStore(self.path)

    @invariant()
    def both_hold_what_the_model_holds(self) -> None:
        for store in (self.memory, self.durable):
            for account in ACCOUNTS:
                mine = [one for one in self.model.values() if one.account_sid == account]
                assert list(services_of(store, account)) == sorted(
                    mine, key=operator.attrgetter("arrival")
                )
                for service in mine:
                    assert store.get(account, service.sid) == service
                    found = store.named(account, service.unique_name)
                    assert found is not None
                    assert found.unique_name == service.unique_name
                assert store.get(account, "KS-none") is None
                assert store.named(account, "not a name") is None
        assert self.memory.accounts() == sorted(set(self.memory.accounts()))

    def _put(self, service: Service) -> None:
        """Keep names apart, as the operations do."""
        holder = self.memory.named(service.account_sid, service.unique_name)
        if holder and holder.sid != service.sid:
            service = service._replace(unique_name=f"{service.unique_name} {service.sid}")
        self.memory.put(service)
        self.durable.put(service)
        self.model[service.sid] = service

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.durable.close()
            self.folder.cleanup()


def test_both_stores_hold_what_a_plain_dict_holds() -> None:
    run_state_machine_as_test(
        StoresAgree, settings=settings(max_examples=25, stateful_step_count=20, deadline=None)
    )


@pytest.mark.parametrize("story", STORIES, ids=operator.attrgetter("__name__"))
def test_an_emulator_with_a_file_answers_like_one_without(
    tmp_path: Path, opened: Opened, story: object
) -> None:
    assert callable(story)
    assert told(story, store=opened(tmp_path / "services.db")) == told(story)


def test_clearing_forgets_everything_in_both(tmp_path: Path, opened: Opened) -> None:
    for store in (MemoryStore(), opened(tmp_path / "services.db")):
        client = Client(create_app(store=store))
        client.made("one")
        store.clear()
        assert client.names() == []
        assert client.create("one").status == 201
        store.close()
    assert Client(create_app(store=opened(tmp_path / "services.db"))).names() == ["one"]


def test_a_cursor_outlives_a_restart_and_the_deletion_of_the_newest(
    tmp_path: Path, opened: Opened
) -> None:
    store = opened(tmp_path / "services.db")
    client = Client(create_app(store=store))
    sids = [client.made(f"n{number}")["sid"] for number in range(3)]
    second = client.listed("PageSize=2").json["meta"]["next_page_url"]
    last = client.follow(second).json["meta"]["url"]
    client.delete(sids[2])
    store.close()
    client = Client(create_app(store=opened(tmp_path / "services.db")))
    client.made("new")
    page = client.follow(last).json
    assert [item["unique_name"] for item in page["services"]] == ["new"]


def test_every_character_outlives_a_restart(tmp_path: Path, opened: Opened) -> None:
    names = ["\0", "a\0b", "😀", "\u202e", "\ufffe", "'; DROP TABLE services; --"]
    store = opened(tmp_path / "services.db")
    for name in names:
        Client(create_app(store=store)).made(name)
    store.close()
    assert Client(create_app(store=opened(tmp_path / "services.db"))).names() == names


def test_a_file_belongs_to_one_emulator(tmp_path: Path, opened: Opened) -> None:
    store = opened(tmp_path / "services.db")
    with pytest.raises(UnusableFile, match=r"cannot keep Services in .*locked"):
        opened(tmp_path / "services.db")
    store.close()
    opened(tmp_path / "services.db").close()


def test_what_is_no_store_is_refused_in_words(tmp_path: Path, opened: Opened) -> None:
    text = tmp_path / "text.db"
    text.write_text("something else " * 100)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as file:
        file.execute("CREATE TABLE services (sid TEXT)")
    file.close()
    for path in (text, other, tmp_path):
        with pytest.raises(UnusableFile, match="name a new file"):
            opened(path)
    with pytest.raises(UnusableFile, match="name a file in a folder that is there"):
        opened(tmp_path / "no" / "folder.db")
    assert text.read_text().startswith("something else")


def test_a_story_can_be_told_to_a_file(tmp_path: Path, opened: Opened) -> None:
    teller = Teller(store=opened(tmp_path / "services.db"))
    lives(teller)
    held = list(services_of(teller.client.app.store, teller.client.app.doorkeeper.accounts[0]))
    teller.client.app.store.close()
    again = opened(tmp_path / "services.db")
    assert list(services_of(again, held[0].account_sid)) == held
