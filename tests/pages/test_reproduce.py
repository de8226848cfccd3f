import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

from conformance.harness.evidence import Credentials
from conformance.pages.reproduce import script, scripts
from tests.pages import runs
from tests.pages.target import ENVIRONMENT, Answer, Fault, Target, serving

ROW = {
    "id": "CREATE-4",
    "sentence": "A create keeps the DefaultTtl that was sent.",
    "statements": ["M12"],
    "stance": "must",
    "basis": "documented",
    "source": "the Service reference page",
}
TARGET = {"base_url": runs.BASE, "account_sid": runs.ACCOUNT, "embedded": False}
SHELLS = [shell for shell in ("dash", "bash") if shutil.which(shell)] or ["sh"]

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
needs_shellcheck = pytest.mark.skipif(
    shutil.which("shellcheck") is None, reason="shellcheck is not installed"
)


def text_of(violation: Mapping[str, Any], row: Mapping[str, Any] = ROW) -> str:
    made = script(row, violation, TARGET)
    assert made is not None
    return made


def tried(
    text: str, folder: Path, base: str, *, shell: str = "sh", **environment: str
) -> subprocess.CompletedProcess[str]:
    path = folder / "again.sh"
    path.write_text(text)
    inherited = {"PATH": os.environ["PATH"], "TMPDIR": str(folder)}
    environment = {**inherited, **ENVIRONMENT, "BASE_URL": base, **environment}
    return subprocess.run(
        [shutil.which(shell) or shell, str(path)],
        env={key: value for key, value in environment.items() if value},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def loses_ttl(_: Target, method: str, __: str, right: Answer) -> Answer:
    status, headers, value = right
    if method == "GET" and status == 200 and "default_ttl" in value:
        value = {**value, "default_ttl": 0}
    return status, headers, value


def takes_duplicates(target: Target, method: str, _: str, right: Answer) -> Answer:
    status, headers, value = right
    if method == "POST" and value["code" if status == 400 else "sid"] == 80602:
        target.made += 1
        made = runs.service(target.made, "again")
        target.services[made["sid"]] = made
        return 201, headers, made
    return right


def answers_500(_: Target, method: str, __: str, right: Answer) -> Answer:
    return (500, {}, {"message": "oops"}) if method == "GET" else right


def drops_last_item(_: Target, method: str, path: str, right: Answer) -> Answer:
    status, headers, value = right
    if method == "GET" and path == "/v1/Services" and len(value["services"]) == 2:
        value = {**value, "services": value["services"][:1]}
    return status, headers, value


def says_plain_text(_: Target, method: str, __: str, right: Answer) -> Answer:
    status, headers, value = right
    return status, {**headers, "Content-Type": "text/plain"} if method == "GET" else headers, value


def lets_anyone_in(target: Target, method: str, path: str, right: Answer) -> Answer:
    if right[0] != 401:
        return right
    return target._right(method, path, path, b"", "own")  # noqa: SLF001 - what a fault may do


def writes_local_dates(_: Target, __: str, path: str, right: Answer) -> Answer:
    status, headers, value = right
    if path != "/v1/Services" and value and "date_created" in value:
        value = {**value, "date_created": f"Tue, 24 Nov {2000 + len(path)} 03:25:07 GMT"}
    return status, headers, value


def loses_chat_sid(_: Target, __: str, path: str, right: Answer) -> Answer:
    status, headers, value = right
    if path != "/v1/Services" and value:
        value = {key: value[key] for key in value if key != "chat_instance_sid"}
    return status, headers, value


def served_502(status: int) -> dict[str, Any]:
    last = runs.fetched(1) | {"status": status, "response_body": '{"message": "oops"}'}
    return runs.violation("status", "anything below 500", str(status), last, [runs.created(1)])


def let_in() -> dict[str, Any]:
    last = runs.fetched(1) | {"credentials": "none"}
    return runs.violation("status", "401 or 403", "200", last, [runs.created(1)])


def local_date() -> dict[str, Any]:
    found = "Tue, 24 Nov 1999 03:25:07 GMT"
    last = runs.fetched(1, date_created=found)
    return runs.violation(
        "/date_created", "an ISO 8601 date and time in GMT", repr(found), last, [runs.created(1)]
    )


def lost_chat_sid() -> dict[str, Any]:
    last = runs.fetched(1)
    last["response_body"] = last["response_body"].replace('"chat_instance_sid": null, ', "")
    assert "chat_instance_sid" not in last["response_body"]
    return runs.violation("body", "all properties", "no chat_instance_sid", last, [runs.created(1)])


def foreign_sid(_: Target, method: str, path: str, right: Answer) -> Answer:
    status, headers, value = right
    if method == "GET" and path != "/v1/Services" and status == 200:
        value = {**value, "sid": "PS" + value["sid"][2:]}
    return status, headers, value


def wrong_prefix() -> dict[str, Any]:
    found = runs.sid(1, "PS")
    last = runs.fetched(1)
    last["response_body"] = last["response_body"].replace(runs.sid(1), found, 1)
    return runs.violation("/sid", "like ^KS[0-9a-fA-F]{32}$", repr(found), last, [runs.created(1)])


CASES: Mapping[str, tuple[dict[str, Any], Fault]] = {
    "a value": (runs.loses_ttl(), loses_ttl),
    "a status": (runs.accepts_duplicates(), takes_duplicates),
    "a server's error": (served_502(500), answers_500),
    "a walk": (runs.drops_from_pages(), drops_last_item),
    "a header": (runs.wrong_type(), says_plain_text),
    "credentials": (let_in(), lets_anyone_in),
    "a date that is new each time": (local_date(), writes_local_dates),
    "a pattern": (wrong_prefix(), foreign_sid),
    "an absent property": (lost_chat_sid(), loses_chat_sid),
}


@pytest.mark.parametrize("who", get_args(Credentials))
def test_a_script_knows_all_credentials(who: str) -> None:
    text = text_of(runs.violation("status", 401, 200, runs.fetched(1)))
    function = text[text.index("escaped()") : text.index("# call NAME")]
    told = subprocess.run(
        ["sh", "-c", f"user=AC1 secret=aB9\n{function}login {who}"],
        env={"PATH": os.environ["PATH"], "TWILIO_OTHER_ACCOUNT_SID": "AC2",
             "TWILIO_OTHER_AUTH_TOKEN": "c4"},
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip

    headers = {"no-credentials": "Basic !", "no-colon": "Basic bm9ib2R5",
               "beyond-ascii": "Basic w6k6w6k=", "not-utf-8": "Basic /zr/",
               "bearer": "Bearer none"}  # fmt: skip
    if who in runs.LOGINS:
        assert told == f'user = "{runs.LOGINS[who]}"'
    else:
        assert told == (f'header = "Authorization: {headers[who]}"' if who in headers else "")


@needs_curl
@pytest.mark.parametrize("case", CASES)
def test_a_script_fails_while_the_defect_shows_and_passes_once_it_is_mended(
    case: str, tmp_path: Path
) -> None:
    """Whatever comes of it, it leaves nothing behind: no Service, and no file."""
    violation, fault = CASES[case]
    text = text_of(violation)

    with serving(fault) as wrong, serving() as right:
        shown = tried(text, tmp_path, wrong.base)
        mended = tried(text, tmp_path, right.base)

    assert (shown.returncode, mended.returncode) == (1, 0), shown.stdout + mended.stdout
    assert "The defect shows" in shown.stdout
    assert "The defect does not show" in mended.stdout
    assert shown.stderr == mended.stderr == ""
    assert wrong.services == right.services == {}
    assert [path.name for path in tmp_path.iterdir()] == ["again.sh"]


@needs_curl
@pytest.mark.parametrize("shell", SHELLS)
def test_any_posix_shell_runs_a_script(shell: str, tmp_path: Path) -> None:
    with serving(loses_ttl) as target:
        done = tried(text_of(runs.loses_ttl()), tmp_path, target.base, shell=shell)

    assert done.returncode == 1, done.stderr


@needs_curl
def test_a_story_that_went_another_way_is_not_taken_for_the_defect(tmp_path: Path) -> None:
    """The first create was refused when this was recorded; now it takes the name itself."""
    first = runs.exchange("POST", "/v1/Services", {}, status=400, body="UniqueName=pc-k3v9x2ab-1")
    last = {**first, "status": 400}
    violation = runs.violation("status", "a 2xx", "400", last, [first])

    with serving() as target:
        done = tried(text_of(violation), tmp_path, target.base)

    assert done.returncode == 2
    assert "step 1 was refused and is accepted now" in done.stderr


@needs_curl
def test_names_are_new_in_each_run_and_the_same_within_one(tmp_path: Path) -> None:
    with serving() as target:
        for _ in range(2):
            tried(text_of(runs.accepts_duplicates()), tmp_path, target.base)

    sent = [body.decode() for method, _, body in target.asked if method == "POST"]
    names = [re.search(r"UniqueName=(pc-[0-9a-z]{8}-2)$", body) for body in sent]
    assert [name and name[1] for name in names][::2] == [name and name[1] for name in names][1::2]
    assert len({name and name[1] for name in names}) == 2
    assert not any("k3v9x2ab" in body for body in sent)


@needs_curl
@pytest.mark.parametrize(
    "body",
    [
        "UniqueName=%00%FF",
        "UniqueName=é漢🙂",
        "UniqueName=\\xff\\xc3(",
        'UniqueName=it\'s%20100%25 \\ $HOME `id` "quoted"',
        "UniqueName=a\nb\r\n\x00\x01c",
        "UniqueName=" + "x" * 100_000,
    ],
)
def test_bodies_are_sent_octet_by_octet(body: str, tmp_path: Path) -> None:
    last = runs.exchange("POST", "/v1/Services", {}, status=201, body=body)
    violation = runs.violation("status", "400", "201", last)

    with serving() as target:
        tried(text_of(violation), tmp_path, target.base)

    expected = body.replace("\\xff\\xc3(", "\udcff\udcc3(").encode("utf-8", "surrogateescape")
    assert target.asked[0][2] == expected


@needs_curl
@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"TWILIO_ACCOUNT_SID": ""}, "no credentials in the environment"),
        ({"BASE_URL": "http://127.0.0.1:9"}, "curl says"),
        ({"TWILIO_AUTH_TOKEN": "wrong"}, "step 1 answers 401"),
        ({"PATH": "/nowhere"}, "there is no curl here"),
    ],
)
def test_what_cannot_be_tried_exits_with_two(
    environment: dict[str, str], said: str, tmp_path: Path
) -> None:
    with serving() as target:
        done = tried(text_of(runs.loses_ttl()), tmp_path, target.base, shell="dash", **environment)

    assert done.returncode == 2
    assert f"Could not be tried: {said}" in done.stderr


@needs_curl
def test_an_api_key_wins_over_the_account_and_a_prefix_is_kept(tmp_path: Path) -> None:
    keys = {"TWILIO_API_KEY": "ACme", "TWILIO_API_SECRET": "s3cret", "TWILIO_AUTH_TOKEN": "old"}
    with serving(loses_ttl, prefix="/proxy/here") as target:
        done = tried(text_of(runs.loses_ttl()), tmp_path, target.base, **keys)

    assert done.returncode == 1, done.stdout + done.stderr
    assert all(url.startswith("/proxy/here/v1/Services") for _, url, _ in target.asked)


@needs_curl
def test_no_credential_is_seen_in_the_process_list(tmp_path: Path) -> None:
    """A curl of our own, first on the path, notes its arguments and calls the real one."""
    real = shutil.which("curl")
    spy = tmp_path / "bin" / "curl"
    spy.parent.mkdir()
    spy.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >>"{tmp_path}/seen"\nexec {real} "$@"\n')
    spy.chmod(0o755)

    with serving() as target:
        path = f"{spy.parent}:{os.environ['PATH']}"
        done = tried(text_of(runs.loses_ttl()), tmp_path, target.base, PATH=path)

    assert done.returncode == 0, done.stderr
    assert "s3cret" not in (tmp_path / "seen").read_text()
    assert "s3cret" not in done.stdout + done.stderr


@needs_curl
def test_a_target_that_is_not_ours_to_judge_is_not_judged(tmp_path: Path) -> None:
    """The last answer is a 401 to our own credentials: nobody knows whether it is mended."""

    def shuts_the_door(_: Target, method: str, __: str, right: Answer) -> Answer:
        return (401, {}, {"code": 20003}) if method == "GET" else right

    with serving(shuts_the_door) as target:
        done = tried(text_of(runs.loses_ttl()), tmp_path, target.base)

    assert done.returncode == 2
    assert "it answers 401" in done.stderr
    assert target.services == {}


@needs_curl
def test_what_a_target_says_reaches_no_terminal_as_it_is(tmp_path: Path) -> None:
    def paints(_: Target, method: str, __: str, right: Answer) -> Answer:
        if method != "GET":
            return right
        return 200, {}, b'{"default_ttl": 0, "x": "\x1b[2J\x9b31m\x07"}'

    with serving(paints) as target:
        done = tried(text_of(runs.loses_ttl()), tmp_path, target.base)

    assert done.returncode == 1
    assert not re.search(r"[^\x20-\x7e\n]", done.stdout)


@needs_curl
def test_a_sid_that_is_no_sid_is_never_put_into_a_path(tmp_path: Path) -> None:
    def names_a_path(_: Target, method: str, __: str, right: Answer) -> Answer:
        status, headers, value = right
        return (status, headers, {**value, "sid": "../../Other/1"}) if method == "POST" else right

    with serving(names_a_path) as target:
        done = tried(text_of(runs.accepts_duplicates()), tmp_path, target.base)

    assert "without a usable sid" in done.stdout
    assert not any("Other" in url for _, url, _ in target.asked)


@needs_shellcheck
def test_all_scripts_please_shellcheck(tmp_path: Path) -> None:
    broken = scripts(runs.all_broken())
    made = [*scripts(runs.run()).values(), *list(broken.values())[: len(runs.HOSTILE)]]
    made += [text_of(violation) for violation, _ in CASES.values()]
    for number, text in enumerate(made):
        (tmp_path / f"{number}.sh").write_text(text)

    found = subprocess.run(
        ["shellcheck", "--shell=sh", *sorted(map(str, tmp_path.glob("*.sh")))],
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.stdout == ""


@needs_curl
def test_hostile_text_in_a_record_runs_nothing(tmp_path: Path) -> None:
    mark = Path("/tmp/pages-was-here")
    with serving() as target:
        for index, text in enumerate(runs.HOSTILE):
            violation = runs.hostile(index)
            violation["where"] = violation["because"] = text
            row = {**ROW, "sentence": text, "source": text}
            done = tried(text_of(violation, row), tmp_path, target.base)

            assert done.returncode == 0, done.stderr
            assert "syntax" not in done.stderr.lower()

    assert target.services == {}
    assert not mark.exists()


def test_a_race_and_what_has_no_exchange_have_no_script() -> None:
    assert script(ROW, runs.races(), TARGET) is None
    assert script(ROW, {**runs.loses_ttl(), "exchange": None}, TARGET) is None


def test_the_surest_violation_of_a_requirement_is_taken() -> None:
    run = runs.run()
    row = next(row for row in run["requirements"] if row["id"] == "CREATE-4")
    unsure = runs.violation("status", "200", "500", runs.fetched(1), reproduced="no")
    row["violations"] = [unsure, runs.loses_ttl()]

    assert "#   expected: 3600" in scripts(run)["CREATE-4"]


def test_the_base_url_is_the_target_s_unless_that_is_no_plain_url() -> None:
    plain = script(ROW, runs.loses_ttl(), TARGET)
    odd = script(ROW, runs.loses_ttl(), {**TARGET, "base_url": "http://x/$(id)"})

    assert plain is not None
    assert odd is not None
    assert "BASE_URL=${BASE_URL:-http://127.0.0.1:8080}" in plain
    assert "BASE_URL=${BASE_URL:-http://localhost:8080}" in odd
    assert "$(id)" not in odd


def test_a_story_whose_beginning_is_cut_off_is_no_script() -> None:
    """Forty steps are kept; if the Service was made before them, nothing can be shown."""
    many = [runs.fetched(1) for _ in range(40)]
    cut = runs.violation("/default_ttl", "3600", "0", runs.fetched(1), many)

    assert script(ROW, cut, TARGET) is None
