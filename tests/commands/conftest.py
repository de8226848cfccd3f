from pathlib import Path

import pytest

from conformance.cli import main
from conformance.harness import patience
from tests.commands.saying import ACCOUNT, TOKEN, Say


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
