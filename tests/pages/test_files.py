import json
import re
import shutil
import subprocess
import time
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest

from conformance.harness.evidence import Credentials
from conformance.pages import badge, ctrf, findings, junit, markdown, write_all
from conformance.pages.observations import evidence
from tests.pages import runs

SCHEMA = json.loads((runs.ROOT / "openapi" / "run.schema.json").read_text())
NAMES = sorted(runs.RUNS)
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")

# Jenkins' junit-10.xsd and Ant's JUnit.xsd in one: what both of them accept.
ATTRIBUTES: Mapping[str, tuple[set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "time", "timestamp", "hostname", "id", "package"},
        {"skipped"},
    ),
    "properties": (set(), set()),
    "property": ({"name", "value"}, set()),
    "testcase": ({"name", "classname", "time"}, set()),
    "failure": ({"type"}, {"message"}),
    "skipped": (set(), {"type", "message"}),
    "system-out": (set(), set()),
}
CHILDREN: Mapping[str, str] = {
    "testsuites": r"(testsuite )*",
    "testsuite": r"(properties )(testcase )*",
    "properties": r"(property )*",
    "property": "",
    "testcase": r"((skipped|failure) )?(system-out )?",
    "failure": "",
    "skipped": "",
    "system-out": "",
}


@pytest.fixture(params=NAMES)
def run(request: pytest.FixtureRequest) -> dict[str, Any]:
    made: dict[str, Any] = runs.RUNS[request.param]()
    return made


def test_the_schema_knows_all_credentials() -> None:
    assert SCHEMA["$defs"]["exchange"]["properties"]["credentials"]["enum"] == [
        *get_args(Credentials)
    ]


def test_the_records_of_these_tests_are_such_as_the_suite_writes(run: dict[str, Any]) -> None:
    jsonschema.validate(run, SCHEMA)


def test_a_folder_holds_every_file(tmp_path: Path) -> None:
    write_all(runs.run(), tmp_path / "report")

    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert names == {
        "badge.svg",
        "ctrf.json",
        "index.html",
        "junit.xml",
        "reproduce",
        "summary.md",
    }
    scripts = {path.name for path in (tmp_path / "report" / "reproduce").iterdir()}
    assert "CREATE-4.sh" in scripts
    assert "RACE-1.sh" not in scripts
    assert all(path.stat().st_mode & 0o111 for path in (tmp_path / "report/reproduce").iterdir())


def test_scripts_of_an_earlier_run_are_gone(tmp_path: Path) -> None:
    write_all(runs.run(), tmp_path)

    write_all(runs.run(red=False), tmp_path)

    assert list((tmp_path / "reproduce").iterdir()) == []


def test_a_usual_run_is_written_at_once_and_small(tmp_path: Path) -> None:
    write_all(runs.run(), tmp_path)

    started = time.process_time()
    write_all(runs.run(), tmp_path)

    assert time.process_time() - started < 0.5
    assert (tmp_path / "index.html").stat().st_size < 1_000_000


def test_even_a_target_that_is_all_wrong_makes_a_page_of_a_megabyte(tmp_path: Path) -> None:
    write_all(runs.all_broken(), tmp_path)

    assert (tmp_path / "index.html").stat().st_size < 1_050_000


def test_no_file_holds_a_control_character_or_a_secret(run: dict[str, Any], tmp_path: Path) -> None:
    write_all(run, tmp_path)

    for path in sorted(tmp_path.rglob("*")):
        if path.is_file():
            text = path.read_bytes().decode("utf-8")
            assert not CONTROLS.search(text), path.name
            assert "[redacted]" not in text or path.name == "index.html"


def check(element: ET.Element) -> None:
    required, optional = ATTRIBUTES[element.tag]
    assert required <= set(element.attrib) <= required | optional, element.attrib
    children = "".join(f"{child.tag} " for child in element)
    assert re.fullmatch(CHILDREN[element.tag], children), f"{element.tag}: {children}"
    if element.tag == "testsuite":
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", element.attrib["timestamp"])
    for child in element:
        check(child)


def test_junit_is_what_jenkins_and_ant_read(run: dict[str, Any]) -> None:
    root = ET.fromstring(junit.document(run, ()))

    check(root)
    suites = list(root)
    for name in ("tests", "failures", "errors"):
        assert int(root.attrib[name]) == sum(int(suite.attrib[name]) for suite in suites)
    for suite in suites:
        cases = suite.findall("testcase")
        assert int(suite.attrib["tests"]) == len(cases)
        for kind, name in (("failure", "failures"), ("skipped", "skipped")):
            assert int(suite.attrib[name]) == sum(case.find(kind) is not None for case in cases)


def junit_cases(run: dict[str, Any]) -> dict[str, ET.Element]:
    root = ET.fromstring(junit.document(run, ()))
    return {case.attrib["name"].split()[0]: case for case in root.iter("testcase")}


def test_junit_fails_what_makes_the_run_red_and_nothing_else() -> None:
    run = runs.run()
    cases = junit_cases(run)

    kinds = {name: (case.find("failure"), case.find("skipped")) for name, case in cases.items()}
    failed = {name: kind.attrib["type"] for name, (kind, _) in kinds.items() if kind is not None}
    skipped = {name: kind.attrib["type"] for name, (_, kind) in kinds.items() if kind is not None}
    assert failed["CREATE-4"] == "violated"
    assert failed["LIFE-1"] == "unproven"
    assert skipped["NAME-9"] == "violated"  # a should, which this run does not fail on
    assert skipped["SERVICE-21"] == "violated"  # not scored
    assert skipped["DELETE-5"] == "deviates"
    assert skipped["SERVICE-13"] == "not-applicable"
    assert skipped["CHILD-1"] == "not-run"
    assert "CREATE-1" not in failed | skipped
    assert "CREATE-24" not in failed | skipped
    assert "NAME-9" in {
        name for name, case in junit_cases(run | {"fail_on": "should"}).items()
        if case.find("failure") is not None
    }  # fmt: skip


def test_what_has_no_script_is_not_said_to_have_one() -> None:
    assert "sh reproduce" not in junit.document(runs.run(), ())
    assert "sh reproduce" not in markdown.summary(runs.run(), ())
    assert "sh reproduce/CREATE&#45;4.sh" in markdown.summary(runs.run(), {"CREATE-4"})


def test_junit_tells_the_requirement_and_how_to_see_it_again() -> None:
    root = ET.fromstring(junit.document(runs.run(), {"CREATE-4"}))
    case = next(one for one in root.iter("testcase") if one.attrib["name"].startswith("CREATE-4 "))

    failure = case.find("failure")
    assert failure is not None
    assert failure.attrib["message"] == "at /default_ttl: expected 3600, found 0"
    assert failure.text is not None
    assert "A create keeps the DefaultTtl that was sent." in failure.text
    assert "sh reproduce/CREATE-4.sh" in failure.text
    assert "[[PROPERTY|stance=must]]" in str(case.findtext("system-out"))
    told = {p.attrib["name"]: p.attrib["value"] for p in root.iter("property")}
    assert told["CREATE-4.statements"] == "M12 M32"
    ids = {p.attrib["value"] for p in root.iter("property") if p.attrib["name"] == "requirement"}
    assert ids == {row["id"] for row in runs.run()["requirements"]}


def test_a_run_without_a_verdict_is_red_in_junit_and_ctrf() -> None:
    run = runs.not_judged()

    failures = [case.find("failure") for case in junit_cases(run).values()]
    types = [failure.attrib["type"] for failure in failures if failure is not None]
    assert "the target cannot be judged" in types
    assert ctrf.document(run)["results"]["tests"][-1]["status"] == "failed"


@pytest.mark.skipif(shutil.which("xmllint") is None, reason="xmllint is not installed")
def test_a_parser_of_another_make_reads_junit_and_badge(tmp_path: Path) -> None:
    write_all(runs.run(), tmp_path)

    for name in ("junit.xml", "badge.svg"):
        done = subprocess.run(["xmllint", "--noout", str(tmp_path / name)], check=False)
        assert done.returncode == 0


CTRF_TEST = {
    "type": "object",
    "required": ["name", "status", "duration"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "status": {"enum": ["passed", "failed", "skipped", "pending", "other"]},
        "duration": {"type": "integer", "minimum": 0},
        "suite": {"type": "array", "minItems": 1, "items": {"type": "string"}},
        "message": {"type": "string"},
        "rawStatus": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "extra": {"type": "object"},
    },
    "additionalProperties": False,
}
COUNTS = ("tests", "passed", "failed", "skipped", "pending", "other", "start", "stop", "suites")
CTRF = {
    "type": "object",
    "required": ["reportFormat", "specVersion", "results"],
    "properties": {
        "reportFormat": {"const": "CTRF"},
        "specVersion": {"type": "string", "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+$"},
        "results": {
            "type": "object",
            "required": ["tool", "summary", "tests"],
            "properties": {
                "tool": {"type": "object", "required": ["name"]},
                "summary": {
                    "type": "object",
                    "required": [name for name in COUNTS if name != "suites"],
                    "properties": {name: {"type": "integer"} for name in COUNTS},
                    "additionalProperties": False,
                },
                "tests": {"type": "array", "items": CTRF_TEST},
                "environment": {"type": "object"},
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}


def test_ctrf_is_as_its_schema_has_it(run: dict[str, Any]) -> None:
    document = ctrf.document(run)

    jsonschema.validate(document, CTRF)
    summary = document["results"]["summary"]
    counted = [summary[name] for name in ("passed", "failed", "skipped", "pending", "other")]
    assert sum(counted) == summary["tests"] == len(document["results"]["tests"])
    assert summary["stop"] - summary["start"] == round(run["seconds"] * 1000)


def test_ctrf_knows_each_verdict() -> None:
    tests = {
        test["name"].split()[0]: test for test in ctrf.document(runs.run())["results"]["tests"]
    }

    expected = {
        "CREATE-1": "passed",
        "CREATE-4": "failed",
        "NAME-9": "other",
        "CHILD-1": "skipped",
        "CREATE-24": "other",
        "LIFE-1": "failed",
        "DELETE-5": "other",
    }
    assert {name: tests[name]["status"] for name in expected} == expected
    assert tests["CREATE-4"]["message"] == "at /default_ttl: expected 3600, found 0"


def test_the_step_summary_folds_evidence_and_what_follows() -> None:
    said = markdown.summary(runs.run(), ())

    assert said.startswith("## ❌ Proxy Service contract: Does not conform")
    assert "… and 2 that follow from it: FETCH&#45;2, UPDATE&#45;3" in said
    assert said.count("<details>") == said.count("</details>") > 5
    assert "proxy&#45;conformance sweep reports&#47;latest&#47;ledger&#46;jsonl" in said
    assert "LIFE&#45;1" in said


def test_the_step_summary_of_a_good_run_is_short() -> None:
    said = markdown.summary(runs.run(red=False), ())

    assert said.startswith("## ✅ Proxy Service contract: Conforms")
    assert "### Violated" not in said


@pytest.mark.parametrize("text", runs.HOSTILE)
def test_no_text_of_a_target_is_markup_in_the_step_summary(text: str) -> None:
    markdown_it = pytest.importorskip("markdown_it", reason="markdown-it-py is not installed")
    table = f"| a | b |\n|---|---|\n| {markdown.code(text)} | {markdown.plain(text)} |\n"

    html = markdown_it.MarkdownIt("commonmark", {"html": True}).enable("table").render(table)

    assert re.findall(r"<(?!/?(?:table|thead|tbody|tr|th|td|code)\b)[a-z/]", html) == []
    assert html.count("<td>") == 2
    assert "http" not in re.findall(r'href="(\w+)', html)


def test_a_summary_keeps_whole_parts_where_it_is_too_long() -> None:
    run = runs.all_broken()
    for seen in run["observations"]:
        seen["what"] = "x" * 100_000

    said = markdown.summary(run, ())

    assert len(said) < markdown.MOST_CHARACTERS + 200
    assert said.count("<details>") == said.count("</details>")


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (runs.run(red=False), "conforms"),
        (runs.run(red=False) | {"selection": ["CREATE-4"]}, "conforms in part"),
        (runs.run(), "10 violated"),
        (runs.not_judged(), "not judged"),
        (runs.run(red=False) | {"exit_status": 2}, "interrupted"),
        (runs.run(red=False) | {"exit_status": 3}, "not judged"),
    ],
)
def test_the_badge_says_it_in_a_word(run: dict[str, Any], said: str) -> None:
    drawn = badge.drawing(run)

    title = ET.fromstring(drawn).find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert title.text == f"Proxy Service contract: {said}"


def test_a_run_that_could_have_tried_more_conforms_in_part() -> None:
    run = runs.run(red=False)
    run["requirements"][0]["verdict"] = "not-run"

    assert badge.message(run)[0] == "conforms in part"
    assert "1 more that could be tried was left out" in findings.sentence(run)


def test_evidence_is_toml_whatever_was_found() -> None:
    run = runs.run()

    rows = tomllib.loads(evidence(run))["observation"]

    assert len(rows) == len(run["observations"])
    assert len({row["id"] for row in rows}) == len(rows)
    first = rows[0]
    assert first["id"] == "CREATE-24/2026-11-24/1"
    assert (first["date"], first["target"]) == ("2026-11-24T03:25:09Z", "127.0.0.1")
    assert {row["found"] for row in rows} >= {runs.HOSTILE[0], runs.HOSTILE[2]}
    asked = [row for row in rows if "request_id" in row]
    assert asked[0]["status"] == 200
    assert tomllib.loads(evidence(runs.empty())) == {}
