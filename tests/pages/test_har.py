import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from conformance.pages.har import HarFile, entry, merge
from tests.pages import runs

ENTRY = {"startedDateTime", "time", "request", "response", "cache", "timings"}
REQUEST = {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize",
           "bodySize"}  # fmt: skip
RESPONSE = {"status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL",
            "headersSize", "bodySize"}  # fmt: skip


def read(path: Path) -> dict[str, Any]:
    """Read an archive, and hold it against what HAR 1.2 requires."""
    log: dict[str, Any] = json.loads(path.read_bytes())["log"]
    assert log["version"] == "1.2"
    assert set(log["creator"]) == {"name", "version"}
    for one in log["entries"]:
        assert set(one) >= ENTRY
        assert set(one["request"]) >= REQUEST
        assert set(one["response"]) >= RESPONSE
        assert set(one["response"]["content"]) >= {"size", "mimeType"}
        assert set(one["timings"]) == {"send", "wait", "receive"}
        assert one["time"] == sum(one["timings"].values())
    return log


def at(second: int, number: int = 1) -> dict[str, Any]:
    return {**runs.created(number), "at": f"2026-11-24T03:25:{second:02d}.000Z"}


def test_an_archive_is_whole_after_each_append(tmp_path: Path) -> None:
    with HarFile(tmp_path / "a.har", version="1.0.0") as file:
        for count in range(4):
            assert len(read(tmp_path / "a.har")["entries"]) == count
            file.append(at(count))

    assert read(tmp_path / "a.har")["creator"] == {
        "name": "proxy-conformance",
        "version": "1.0.0",
    }


def test_an_exchange_keeps_all_that_it_is() -> None:
    made = entry(runs.created(1, form="DefaultTtl=5"))

    assert made["request"]["postData"] == {
        "mimeType": "application/x-www-form-urlencoded",
        "text": "UniqueName=pc-k3v9x2ab-1&DefaultTtl=5",
    }
    assert made["response"]["status"] == 201
    assert json.loads(made["response"]["content"]["text"])["unique_name"] == "pc-k3v9x2ab-1"
    assert made["_credentials"] == "own"
    listed = entry(runs.exchange("GET", "/v1/Services?PageSize=2&Page=", {}))
    assert listed["request"]["queryString"] == [
        {"name": "PageSize", "value": "2"},
        {"name": "Page", "value": ""},
    ]


def test_a_request_without_an_answer_has_status_0_and_the_reason() -> None:
    made = entry(runs.exchange("GET", "/v1/Services", status=None))

    assert (made["response"]["status"], made["response"]["_error"]) == (
        0,
        "the connection was closed",
    )


def test_hostile_text_breaks_no_archive(tmp_path: Path) -> None:
    with HarFile(tmp_path / "a.har") as file:
        for text in runs.HOSTILE:
            file.append({**at(1), "response_body": text, "request_body": text, "url": text})

    bodies = [one["response"]["content"]["text"] for one in read(tmp_path / "a.har")["entries"]]
    assert bodies == list(runs.HOSTILE)


def test_parts_become_one_archive_in_order_of_time(tmp_path: Path) -> None:
    for name, seconds in (("gw0", (1, 3, 5)), ("gw1", (2, 4))):
        with HarFile(tmp_path / f"{name}.har", version="9") as file:
            for second in seconds:
                file.append(at(second))
    parts = [tmp_path / "gw0.har", tmp_path / "gw1.har"]

    assert merge(parts, tmp_path / "gw0.har") == 5

    log = read(tmp_path / "gw0.har")
    assert [one["startedDateTime"][17:19] for one in log["entries"]] == [
        "01",
        "02",
        "03",
        "04",
        "05",
    ]
    assert log["creator"]["version"] == "9"


def test_a_part_whose_end_was_lost_keeps_what_is_whole(tmp_path: Path) -> None:
    part = tmp_path / "gw0.har"
    with HarFile(part) as file:
        for second in range(3):
            file.append(at(second))
    part.write_bytes(part.read_bytes()[:-200])

    assert merge([part], tmp_path / "all.har") == 2
    assert len(read(tmp_path / "all.har")["entries"]) == 2


def test_an_archive_of_nothing_is_an_archive(tmp_path: Path) -> None:
    assert merge([], tmp_path / "all.har") == 0
    assert read(tmp_path / "all.har")["entries"] == []


WRITER = """
import sys
from pathlib import Path
from conformance.pages.har import HarFile
from tests.pages import runs
one = runs.created(1)
file = HarFile(Path(sys.argv[1]))
print("go", flush=True)
while True:
    file.append(one)
"""


def test_a_killed_writer_leaves_an_archive_that_opens(tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    command = [sys.executable, "-c", WRITER, str(path)]
    environment = {**os.environ, "PYTHONPATH": str(runs.ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env=environment, cwd=runs.ROOT
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        while path.stat().st_size < 50_000:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()

    assert len(read(path)["entries"]) > 5
