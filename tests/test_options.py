"""Every wrong option is told in one sentence: what was found, what was allowed, what to do."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest

from conformance.harness import options
from conformance.harness.budget import Limits
from conformance.harness.options import Options, WrongUsage

ACCOUNT: Final = "AC" + "1" * 32
OWN: Final = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "t" * 20}
KEY: Final = {"TWILIO_API_KEY": "SK" + "1" * 32, "TWILIO_API_SECRET": "s" * 20}
OTHER: Final = {"TWILIO_OTHER_ACCOUNT_SID": "AC" + "2" * 32, "TWILIO_OTHER_AUTH_TOKEN": "o" * 20}
NEAR, FAR = "http://localhost:8080", "https://api.example"


class Given:
    """What pytest would know of the options, with their defaults."""

    def __init__(self, root: Path, **said: Any) -> None:
        parser = pytest.Parser(_ispytest=True)
        options.add_options(parser)
        parser.addoption("--base-url", dest="base_url", default=None)
        self.values = vars(parser.parse([])) | {"base_url": None} | said
        self.rootpath = root
        self.args: list[str] = []
        self.option = SimpleNamespace(tx=[])

    def getoption(self, name: str) -> Any:
        return self.values[name.removeprefix("--").replace("-", "_")]


Read = Callable[..., Options]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def reading(environ: Mapping[str, str] = OWN, **said: Any) -> Options:
        return options.read(Given(tmp_path, **said), environ)  # type: ignore[arg-type]  # stands in

    return reading


def test_without_a_target_the_embedded_emulator_is_meant(read: Read) -> None:
    found = read(environ={})

    assert (found.target, found.effort, found.fail_on) == (None, "ci", "must")
    assert found.limits == Limits()


def test_the_report_lies_below_the_root_folder(read: Read, tmp_path: Path) -> None:
    assert read().report_dir == tmp_path / "reports" / "latest"
    assert read(report_dir="here").report_dir == tmp_path / "here"
    assert read(report_dir="/elsewhere").report_dir == Path("/elsewhere")


def test_a_target_on_this_machine_gets_ci_and_needs_no_consent(read: Read) -> None:
    found = read(base_url=NEAR + "/")

    assert found.effort == "ci"
    assert found.target is not None
    assert (found.target.base_url, found.target.account.sid) == (NEAR, ACCOUNT)


def test_a_target_elsewhere_gets_probe_and_needs_consent(read: Read) -> None:
    found = read(base_url=FAR, allow_account=ACCOUNT)

    assert found.effort == "probe"
    assert read(base_url=FAR, allow_account=ACCOUNT, effort="thorough").effort == "thorough"


def test_an_api_key_wins_over_the_token(read: Read) -> None:
    found = read(OWN | KEY, base_url=NEAR).target

    assert found is not None
    assert found.account.sid == ACCOUNT
    assert (found.account.user, found.account.password) == tuple(KEY.values())


def test_a_key_without_its_secret_is_not_used(read: Read) -> None:
    found = read(OWN | {"TWILIO_API_KEY": "SK1"}, base_url=NEAR).target

    assert found is not None
    assert found.account.user == ACCOUNT


def test_a_second_account_is_read(read: Read) -> None:
    with_it, without = read(OWN | OTHER, base_url=NEAR).target, read(base_url=NEAR).target

    assert with_it is not None
    assert with_it.other is not None
    assert with_it.other.user == OTHER["TWILIO_OTHER_ACCOUNT_SID"]
    assert without is not None
    assert without.other is None


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"TWILIO_OTHER_ACCOUNT_SID": "AC2"}, "is missing; set both, or none"),
        ({"TWILIO_OTHER_AUTH_TOKEN": "t"}, "is missing; set both, or none"),
        (
            {"TWILIO_OTHER_ACCOUNT_SID": ACCOUNT, "TWILIO_OTHER_AUTH_TOKEN": "t"},
            "the account of the target itself; name another",
        ),
    ],
    ids=["no token", "no account", "the same account"],
)
def test_half_a_second_account_is_told_in_one_sentence(
    read: Read, environ: dict[str, str], says: str
) -> None:
    with pytest.raises(WrongUsage, match=says):
        read({**OWN, **environ}, base_url=NEAR)


def test_several_lacks_may_be_named_at_once(read: Read) -> None:
    found = read({}, base_url=NEAR, lacks=["auth,chat", "paging"]).target

    assert found is not None
    assert found.lacks == {"auth", "chat", "paging"}


def test_a_target_that_lacks_auth_needs_no_credentials(read: Read) -> None:
    found = read({}, base_url=NEAR, lacks=["auth"]).target

    assert found is not None
    assert found.account.sid is None


@pytest.mark.parametrize(
    ("said", "rate"), [("5/s", 5.0), ("5", 5.0), ("0.5/s", 0.5), (2, 2.0), (None, None)]
)
def test_a_rate_is_read(read: Read, said: object, rate: float | None) -> None:
    assert read(rate=said).limits.rate == rate


WRONG: Final = [
    ({"base_url": "localhost:8080"}, "the base URL 'localhost:8080' is not absolute; write"),
    ({"base_url": f"{NEAR}/v1"}, "ends in /v1; leave it out"),
    ({"base_url": "http://u:p@localhost"}, "holds credentials; leave them out"),
    ({"base_url": FAR}, f"{FAR} is not on this machine: say --allow-account {ACCOUNT}"),
    (
        {"base_url": FAR, "allow_account": "AC9"},
        "--allow-account AC9 is not the account of the credentials, AC1",
    ),
    ({"requirement": ["CREATE-1", "NOPE-*"]}, "--requirement 'NOPE-*' matches none of the"),
    ({"lacks": ["auth", "wings"]}, "--lacks: unknown capability 'wings'; known: auth, "),
    ({"max_requests": 7}, "--max-requests 7 is no number of at least 8"),
    ({"max_live": -1}, "--max-live -1 is no number of at least 1"),
    ({"rate": "fast"}, "--rate 'fast' is no rate; write requests a second, such as 5/s"),
    ({"rate": "0/s"}, "--rate '0/s' is no rate"),
    ({"rate": "nan"}, "--rate 'nan' is no rate"),
    ({"rate": "inf"}, "--rate 'inf' is no rate"),
    ({"rate": "-1"}, "--rate '-1' is no rate"),
    ({"lacks": ["auth,wings"]}, "--lacks: unknown capability 'wings'; known: auth, "),
    ({"base_url": " "}, "--base-url is empty; name one, or leave the option out"),
    ({"report_dir": ""}, "--report-dir is empty; name one, or leave the option out"),
    ({"requirement": ["CHILD-*"]}, "--requirement 'CHILD-*' is tried by no test: "),
    ({"as_of": "0.9"}, "--as-of 0.9: no requirement is as old; the first version is 1.0.0"),
    ({"as_of": "newest"}, "--as-of 'newest' is no version of the suite, such as 1.0.0"),
    ({"deviations": "none.toml"}, "there is no file none.toml; name one, or leave it out"),
    ({"target": "mine"}, "--target 'mine': there is no targets.toml in"),
]


@pytest.mark.parametrize(("said", "says"), WRONG)
def test_a_wrong_option_is_told_in_one_sentence(
    read: Read, said: dict[str, object], says: str
) -> None:
    with pytest.raises(WrongUsage) as told:
        read(**said)

    assert says in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"TWILIO_ACCOUNT_SID": ACCOUNT},
        {"TWILIO_AUTH_TOKEN": "t"},
        {**OWN, "TWILIO_AUTH_TOKEN": ""},
    ],
    ids=["nothing", "no token", "no account", "an empty token"],
)
def test_without_credentials_it_is_said_what_to_set(read: Read, environ: dict[str, str]) -> None:
    with pytest.raises(WrongUsage, match="no credentials for the target: set TWILIO_ACCOUNT_SID"):
        read(environ, base_url=NEAR)


def test_a_key_does_not_say_whose_it_is(read: Read) -> None:
    with pytest.raises(WrongUsage, match="an API key does not say whose it is"):
        read(KEY, base_url=FAR, allow_account=ACCOUNT)


@pytest.mark.parametrize("environ", [OWN, {}, KEY], ids=["a token", "nothing", "a key"])
def test_no_message_tells_a_secret(read: Read, environ: dict[str, str]) -> None:
    with pytest.raises(WrongUsage) as told:
        read(environ, base_url=FAR, allow_account="AC9")

    assert "t" * 20 not in str(told.value)
    assert "s" * 20 not in str(told.value)


TARGETS: Final = f"""
[mine]
base_url = "{NEAR}/api"
max_requests = 100
rate = "5/s"
max_live = 7
lacks = ["chat"]

[far]
base_url = "{FAR}"
account = "{ACCOUNT}"

[foreign]
base_url = "{NEAR}"
account = "AC{"9" * 32}"

[empty]

[secretive]
base_url = "{NEAR}"
token = "hush"

[text]
base_url = "{NEAR}"
lacks = "chat"

[numbers]
base_url = 8080

[counts]
base_url = "{NEAR}"
max_requests = "many"

[rated]
base_url = "{NEAR}"
rate = []

[lacking]
base_url = "{NEAR}"
lacks = ["wings"]

[trusting]
base_url = "{NEAR}"
ca = "none.pem"

[unsealed]
base_url = "{NEAR}"
ca = "{{folder}}/text.pem"

[truth]
base_url = "{NEAR}"
max_live = true
"""


@pytest.fixture
def named(read: Read, tmp_path: Path) -> Read:
    (tmp_path / "text.pem").write_text("no certificate")
    (tmp_path / "targets.toml").write_text(
        TARGETS.replace("{folder}", str(tmp_path)), encoding="utf-8"
    )
    return read


def test_a_named_target_brings_its_options(named: Read) -> None:
    found = named(target="mine")

    assert found.target is not None
    assert (found.target.base_url, found.target.name) == (f"{NEAR}/api", "mine")
    assert found.limits == Limits(max_requests=100, rate=5.0, max_live=7)
    assert found.lacks == found.target.lacks == {"chat"}


def test_options_win_over_a_named_target(named: Read) -> None:
    found = named(
        target="mine", base_url="http://127.0.0.1:1", max_requests=50, rate="1", lacks=["paging"]
    )

    assert found.target is not None
    assert found.target.base_url == "http://127.0.0.1:1"
    assert found.limits == Limits(max_requests=50, rate=1.0, max_live=7)
    assert found.lacks == {"paging"}


def test_a_named_target_says_whose_an_api_key_is(named: Read) -> None:
    found = named(KEY, target="far", allow_account=ACCOUNT).target

    assert found is not None
    assert found.account.sid == ACCOUNT


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nobody", "--target: unknown target 'nobody'; targets.toml has: counts, empty, far"),
        ("empty", "target 'empty' of targets.toml has no base_url; add one"),
        ("foreign", "TWILIO_ACCOUNT_SID is"),
        (
            "secretive",
            "targets.toml: target 'secretive' has the unknown key 'token'; known: base_url",
        ),
        ("text", "targets.toml: lacks of target 'text' is no list of texts"),
        ("numbers", "targets.toml: base_url of target 'numbers' is no text"),
        ("counts", "targets.toml: max_requests 'many' is no number of at least 8"),
        ("truth", "targets.toml: max_live True is no number of at least 1"),
        ("rated", "targets.toml: rate of target 'rated' is no rate, such as '5/s'"),
        ("lacking", "unknown capability 'wings'"),
        ("unsealed", "text.pem, which holds no certificate; name a file in PEM"),
        ("trusting", "none.pem, which cannot be read: No such file or directory"),
    ],
)
def test_a_wrong_target_is_told_in_one_sentence(named: Read, name: str, says: str) -> None:
    with pytest.raises(WrongUsage) as told:
        named(target=name)

    assert says in str(told.value)
    assert "\n" not in str(told.value)
    assert "hush" not in str(told.value)


@pytest.mark.parametrize("written", [b"[mine", b"\xff\xfe", b"a = b"])
def test_a_targets_file_that_is_no_toml_is_told(read: Read, tmp_path: Path, written: bytes) -> None:
    (tmp_path / "targets.toml").write_bytes(written)

    with pytest.raises(WrongUsage, match=r"targets\.toml is not TOML"):
        read(target="mine")


def test_a_targets_file_that_cannot_be_read_is_told(read: Read, tmp_path: Path) -> None:
    (tmp_path / "targets.toml").mkdir()

    with pytest.raises(WrongUsage, match=r"targets\.toml cannot be read: Is a directory"):
        read(target="mine")


def test_a_command_that_is_no_run_names_its_target(tmp_path: Path) -> None:
    found = options.visited(FAR, None, (), tmp_path, OWN)

    assert found.base_url == FAR
    with pytest.raises(WrongUsage, match="no target: say --base-url URL, or --target NAME"):
        options.visited(None, None, (), tmp_path, OWN)
    with pytest.raises(WrongUsage, match="unknown capability 'wings'"):
        options.visited(NEAR, None, ("wings",), tmp_path, OWN)
