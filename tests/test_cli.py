"""The commands besides a run: what they say, what they do, and how they end."""

import fcntl
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest

from conformance.cli import main
from conformance.commands import running, sweeping
from conformance.harness import patience, preflight
from conformance.harness.ledger import Ledger, read
from tests.accounts import RUN, Account, name, sid
from tests.exchanges import ERROR, page
from tests.pages import runs
from tests.servers import Answer, Seen, closed_port, hanging, response, serving

ACCOUNT: Final = "AC" + "1" * 32
TOKEN: Final = "a-token-that-nobody-shows"
Say: TypeAlias = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for key in ("API_KEY", "API_SECRET", "OTHER_ACCOUNT_SID", "OTHER_AUTH_TOKEN"):
        monkeypatch.delenv(f"TWILIO_{key}", raising=False)
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", ACCOUNT)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)
    monkeypatch.setattr(patience, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(patience, "LONGEST_PAUSE", 0.02)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    """Give the command; what it prints has no traceback and no token, whatever happens."""
    monkeypatch.setattr("sys.stdout.reconfigure", lambda **_: None, raising=False)

    def saying(*arguments: object) -> tuple[int, str, str]:
        try:
            status = main([str(one) for one in arguments])
        except SystemExit as end:
            status = int(end.code or 0)
        out, err = capsys.readouterr()
        assert TOKEN not in out + err
        assert "Traceback" not in err
        return status, out, err

    return saying


def sentence(err: str) -> str:
    """Give the one line of a wrong usage."""
    [line] = err.splitlines()
    return line


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "the following arguments are required: COMMAND"),
        (("frob",), "invalid choice: 'frob' (choose from"),
        (("check", "--frob"), "unrecognized arguments: --frob"),
        (("check",), "no target: say --base-url URL, or --target NAME of targets.toml"),
        (("check", "--base-url", "x"), "the base URL 'x' is not absolute"),
        (("check", "--base-url", "http://localhost/v1"), "ends in /v1; leave it out"),
        (("check", "--target", "mine"), "there is no targets.toml in"),
        (("check", "--base-url", "http://localhost", "--lacks", "x"), "unknown capability 'x'"),
        (("sweep",), "the following arguments are required: LEDGER"),
        (("sweep", "none.jsonl"), "cannot read the ledger none.jsonl: No such file or directory"),
        (("diff", "a"), "the following arguments are required: NEW"),
        (("diff", "a", "b"), "cannot read a: No such file or directory; name a run.json"),
        (("diff", "a", "b", "--json", "--html", "c"), "not allowed with argument --json"),
        (("report", "none"), "cannot read none: No such file or directory"),
        (("observations", "none"), "cannot read none: No such file or directory"),
        (("requirements", "NOPE-*"), "'NOPE-*' matches none of the"),
    ],
)
def test_wrong_usage_is_told_in_one_sentence(
    say: Say, arguments: tuple[str, ...], says: str
) -> None:
    status, out, err = say(*arguments)

    assert (status, out) == (4, "")
    assert says in sentence(err)


def test_help_names_every_command(say: Say) -> None:
    status, out, _ = say("--help")

    assert status == 0
    for command in ("run", "check", "sweep", "diff", "report", "requirements", "observations"):
        assert f"    {command}" in out


def test_a_version_is_told(say: Say) -> None:
    assert say("--version")[:2] == (0, "proxy-conformance 1.0.0\n")


# check


def proxy(seen: Seen, _: int) -> bytes:
    """Answer as the API does to a check."""
    if "authorization" not in seen.headers or not _is_right(seen):
        return response(401, json.dumps(ERROR | {"status": 401, "code": 20003}).encode())
    if seen.target.startswith("/v1/Services/"):
        return response(404, json.dumps(ERROR).encode())
    return response(200, json.dumps(page()).encode())


def _is_right(seen: Seen) -> bool:
    import base64  # noqa: PLC0415

    return (
        seen.headers["authorization"]
        == "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    )


def test_a_target_that_is_what_it_seems(say: Say) -> None:
    with serving(proxy) as server:
        status, out, _ = say("check", "--base-url", server.url)

    assert status == 0
    assert out.splitlines()[-1] == "The target can be judged (3 requests, nothing was created)."
    assert " no " not in out
    assert {one.method for one in server.seen} == {"GET"}


def always(said: bytes | None) -> Answer:
    return lambda _, __: said


def open_to_all(seen: Seen, _: int) -> bytes:
    if seen.target.startswith("/v1/Services/"):
        return response(404, json.dumps(ERROR).encode())
    return response(200, json.dumps(page()).encode())


def empty_errors(seen: Seen, number: int) -> bytes:
    answer = proxy(seen, number)
    return response(404, b"{}") if answer.startswith(b"HTTP/1.1 404") else answer


STRANGE: dict[str, tuple[Answer, str]] = {
    "HTML": (always(response(200, b"<html>", kind="text/html")), "not answered with JSON"),
    "a redirect": (always(response(302, b"", "Location: http://b")), "a redirect (302 to http://b)"),
    "401": (always(response(401)), "refuses the credentials (401)"),
    "500": (always(response(500)), "a list was answered 500, expected 200"),
    "no list": (always(response(200, b"{}")), "a list breaks LIST-2"),
    "no auth": (open_to_all, "a wrong token was answered 200"),
    "no errors": (empty_errors, "a fetch breaks ERROR-2"),
    "resets": (always(None), "the target cannot be reached: no answer to GET /v1/Services"),
    "throttles": (always(response(429, b"{}", "Retry-After: 3600")), "throttles without end"),
    "is always busy": (always(response(429)), "does not answer, or throttles"),
    "suspended": (always(response(403, b'{"code": 20006, "message": "x"}')), "is suspended"),
}  # fmt: skip


@pytest.mark.parametrize("words", STRANGE)
def test_a_target_that_is_something_else(say: Say, words: str) -> None:
    answer, says = STRANGE[words]
    with serving(answer) as server:
        status, out, _ = say("check", "--base-url", server.url)

    assert status == 6
    assert says in out
    assert out.splitlines()[-1].startswith("The target cannot be judged as it is")
    assert 1 <= len(server.seen) <= 5


def test_a_target_that_checks_no_credentials_may_say_so(
    say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TWILIO_ACCOUNT_SID")
    with serving(open_to_all) as server:
        assert say("check", "--base-url", server.url, "--lacks", "auth")[0] == 0


def test_a_closed_port_is_told(say: Say) -> None:
    status, out, _ = say("check", "--base-url", closed_port())

    assert status == 6
    assert "ConnectError" in out


def test_a_target_that_hangs_is_told(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "FIRST_ANSWER", 0.3)
    with hanging() as url:
        status, out, _ = say("check", "--base-url", url)

    assert status == 6
    assert "ReadTimeout" in out


# sweep


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


# diff, report, observations


def recorded(folder: Path, run: dict[str, Any]) -> Path:
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(run))
    return folder


@pytest.fixture
def green(tmp_path: Path) -> Path:
    return recorded(tmp_path / "green", runs.run(red=False))


@pytest.fixture
def red(tmp_path: Path) -> Path:
    return recorded(tmp_path / "red", runs.run(red=True))


def test_a_run_that_is_no_worse_ends_well(say: Say, green: Path, red: Path) -> None:
    for old, new in ((green, green), (red, red), (red, green)):
        status, out, _ = say("diff", old, new / "run.json")

        assert status == 0
        assert out.strip()


def test_a_run_that_is_worse_does_not(say: Say, green: Path, red: Path) -> None:
    status, out, _ = say("diff", green, red)

    assert status == 1
    assert out.splitlines()[-1].startswith("Worse: ")


def test_a_difference_is_told_as_json(say: Say, green: Path, red: Path) -> None:
    status, out, _ = say("diff", green, red, "--json")

    assert status == 1
    assert json.loads(out)["worse"] is True


def test_a_difference_is_written_as_a_page(
    say: Say, green: Path, red: Path, tmp_path: Path
) -> None:
    status, out, _ = say("diff", green, red, "--html", tmp_path / "diff.html")

    assert status == 1
    assert "Written: " in out
    assert (tmp_path / "diff.html").read_text().lower().startswith("<!doctype html>")


def test_a_page_that_cannot_be_written_is_told(say: Say, green: Path) -> None:
    status, _, err = say("diff", green, green, "--html", "none/diff.html")

    assert status == 4
    assert "cannot write none/diff.html: No such file or directory" in sentence(err)


PAGES: Final = {"index.html", "summary.md", "junit.xml", "ctrf.json", "badge.svg"}


def test_the_pages_of_a_run_are_made_again(say: Say, red: Path, tmp_path: Path) -> None:
    assert say("report", red, "--to", tmp_path / "there")[0] == 0
    assert say("report", red / "run.json")[0] == 0

    for folder in (red, tmp_path / "there"):
        assert {path.name for path in folder.iterdir()} >= PAGES


def test_pages_that_cannot_be_written_are_told(say: Say, red: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    status, _, err = say("report", red, "--to", tmp_path / "file")
    assert status == 4
    assert "cannot write to " in sentence(err)


def test_observations_are_printed_as_toml(say: Say, red: Path) -> None:
    import tomllib  # noqa: PLC0415

    status, out, _ = say("observations", red)

    assert status == 0
    assert tomllib.loads(out)["observation"]


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("<html>", "is not JSON"),
        ("[]", "is no run.json of this suite: at its top"),
        ("{}", "is no run.json of this suite: at its top"),
        (json.dumps({**runs.run(), "format": 2}), "at /format, 1 was expected"),
        (json.dumps({**runs.run(), "requirements": [5]}), "at /requirements/0"),
    ],
    ids=["HTML", "an array", "nothing", "another format", "a wrong row"],
)
def test_what_is_no_record_of_a_run_is_told(
    say: Say, tmp_path: Path, written: str, says: str
) -> None:
    path = tmp_path / "run.json"
    path.write_text(written)
    for command in (("diff", path, path), ("report", path), ("observations", path)):
        status, out, err = say(*command)

        assert (status, out) == (4, "")
        assert says in sentence(err)
        assert len(err) < 400


# requirements


def test_requirements_are_listed(say: Say) -> None:
    status, out, _ = say("requirements", "CREATE-1", "LIST-*")

    lines = out.splitlines()
    assert status == 0
    assert lines[0].split(maxsplit=2) == [
        "CREATE-1",
        "must",
        "A create that is accepted answers 201.",
    ]
    assert {line.partition("-")[0] for line in lines} == {"CREATE", "LIST"}


def test_requirements_are_listed_as_json(say: Say) -> None:
    rows = json.loads(say("requirements", "--json")[1])

    assert {row["id"] for row in rows} == set(running_ids())
    assert set(rows[0]) >= {"id", "sentence", "stance", "basis", "source", "statements"}


def running_ids() -> list[str]:
    from conformance.harness.requirements import load  # noqa: PLC0415

    return list(load())


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"CREATE-1": ["test_create.py::test_it[a]", "test_create.py::test_it[b]"]}
    monkeypatch.setattr("conformance.commands.catalogue.collected", lambda: found)


@pytest.mark.usefixtures("collected")
def test_a_long_list_says_how_we_know_and_what_tries_it(say: Say) -> None:
    out = say("requirements", "CREATE-1", "SERVICE-14", "--long")[1]

    assert "basis       vendor-spec: vendor OpenAPI" in out
    assert "statements  M30" in out
    assert out.count("tried by    test_create.py::test_it\n") == 1
    assert "tried by    every answer that says something about it" in out
    assert "tests" in json.loads(say("requirements", "CREATE-1", "--long", "--json")[1])[0]


# run


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    (tmp_path / "test_create.py").touch()
    return tmp_path


def test_tests_are_named_as_reports_name_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    wanted = f"{running.HERE / 'test_create.py'}::test_a[b]"

    assert running.placed("conformance/test_create.py::test_a[b]") == wanted
    assert running.placed("test_create.py::test_a[b]") == wanted
    assert running.placed("test_nothing.py") == "test_nothing.py"
    assert running.placed("--effort") == "--effort"


@pytest.mark.usefixtures("elsewhere")
def test_a_file_of_the_users_own_is_meant_where_there_is_one() -> None:
    assert running.placed("test_create.py") == "test_create.py"


@pytest.mark.parametrize(
    ("arguments", "all_of_them"),
    [
        ([], True),
        (["--effort", "probe", "-n", "2"], True),
        (["--requirement", "CREATE-1"], True),
        (["test_create.py"], False),
        (["conformance/test_create.py::test_a", "-q"], False),
        (["--deselect", "conformance/test_create.py::test_a"], True),
        (["--ignore", "test_create.py"], True),
    ],
)
def test_without_a_test_all_of_the_suite_is_meant(
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    all_of_them: bool,  # noqa: FBT001 - a table
) -> None:
    asked: list[str] = []

    def run(given: list[str]) -> int:
        asked.extend(given)
        return 0

    monkeypatch.chdir("/")
    monkeypatch.setattr(pytest, "main", run)

    assert main(["run", *arguments]) == 0
    assert (asked[-1] == str(running.HERE)) is all_of_them
    assert "--import-mode=importlib" in asked
    assert "--rootdir=/" in asked


def test_a_run_is_as_strict_as_in_a_checkout() -> None:
    import tomllib  # noqa: PLC0415

    root = Path(__file__).resolve().parents[1]
    wanted = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["pytest"]
    given = running.settings()

    assert set(wanted["addopts"]) <= set(given)
    assert wanted["strict"] is True
    assert "strict=true" in given
