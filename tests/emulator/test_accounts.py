"""Accounts in a file: what it can hold, and how it is told what it cannot."""

from pathlib import Path

import httpx
import pytest

from emulator.__main__ import main
from emulator.access import Credential, account
from emulator.accounts import accounts_from
from emulator.limits import Unreadable
from tests.emulator.process import running

FIRST, SECOND, KEY = "AC" + "a" * 32, "AC" + "b" * 32, "SK" + "c" * 32
ONE = f'[[account]]\nsid = "{FIRST}"\ntoken = "to:ken"\n'
ITS_KEY = f'[[account.api_key]]\nsid = "{KEY}"\nsecret = "se:cret"\n'
TWO = f'[[account]]\nsid = "{SECOND}"\ntoken = "é"\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "accounts.toml"


def test_a_file_holds_accounts_and_their_keys(path: Path) -> None:
    path.write_text(ONE + ITS_KEY + TWO, encoding="utf-8")
    assert accounts_from(path) == (
        account(FIRST, "to:ken"),
        Credential(user=KEY, password="se:cret", account_sid=FIRST),
        account(SECOND, "é"),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "found no [[account]]; a file of accounts holds [[account]] with"),
        ("account = 1", "found no [[account]]"),
        ("account = [1]", "found no [[account]]"),
        ("[[account", "Expected ']]'"),
        ("x = 1\n" + ONE, "unknown: x; known: account;"),
        (ONE + "key = 1", "unknown: key; known: sid, token, api_key;"),
        (ONE.replace("AC", "AD"), "found 'AD"),
        (ONE.replace("sid", "token2"), "unknown: token2"),
        ("[[account]]", "found None as sid; one is AC and 32 hexadecimal digits"),
        (ONE.replace('"to:ken"', "1"), f"found 1 as token of {FIRST}; it is a text"),
        (ONE.replace("to:ken", ""), f"found '' as token of {FIRST}"),
        (ONE + "api_key = []", "found no [[api_key]]"),
        (ONE + ITS_KEY.replace("SK", "AC"), "one is SK and 32 hexadecimal digits"),
        (ONE + ITS_KEY.replace("secret", "token"), "unknown: token; known: sid, secret"),
        (ONE + ITS_KEY.replace('secret = "se:cret"', ""), f"found None as secret of {KEY}"),
        (ONE + TWO + ONE, f"found '{FIRST}' twice; name it once"),
    ],
)
def test_what_it_cannot_hold_is_told_with_what_it_could(path: Path, text: str, told: str) -> None:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Unreadable) as raised:
        accounts_from(path)
    assert str(raised.value).startswith(f"cannot read accounts from {path}: ")
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_no_text_is_told(path: Path) -> None:
    path.write_bytes(b"\xff")
    with pytest.raises(Unreadable, match="codec can't decode"):
        accounts_from(path)


def test_the_command_ends_as_with_other_bad_options(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_text("", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["--accounts", str(path)])
    assert ended.value.code == 2
    assert "argument --accounts: cannot read accounts from" in capsys.readouterr().err


def test_all_who_are_named_can_call_and_nothing_crosses(path: Path) -> None:
    path.write_text(ONE + ITS_KEY + TWO, encoding="utf-8")
    third = "AC" + "d" * 32
    with running("--accounts", str(path), "--account", f"{third}:x", credentials=4) as server:
        assert server.exports["TWILIO_ACCOUNT_SID"] == third
        assert server.exports["TWILIO_OTHER_ACCOUNT_SID"] == FIRST

        def called(user: str, password: str) -> httpx.Client:
            auth = (user.encode(), password.encode())
            return httpx.Client(base_url=server.url, auth=auth, trust_env=False)

        with called(KEY, "se:cret") as key:
            made = key.post("/v1/Services", data={"UniqueName": "mine"}).json()
        assert made["account_sid"] == FIRST
        seen = {}
        for user, password in ((FIRST, "to:ken"), (SECOND, "é"), (third, "x")):
            with called(user, password) as caller:
                seen[user] = caller.get(f"/v1/Services/{made['sid']}").status_code
        assert seen == {FIRST: 200, SECOND: 400, third: 400}
