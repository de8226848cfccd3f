"""The run as JUnit XML, in what Jenkins' and Ant's schemas both accept.

Neither lets a testcase have properties (Jenkins' junit-10.xsd), so those of a requirement stand
on its suite, and once more in the leaf's system-out, as `[[PROPERTY|name=value]]`.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from conformance.pages import findings
from conformance.pages.findings import Row, Run
from conformance.pages.text import for_xml, line, shortened


def document(run: Run, reproducible: Collection[str]) -> str:
    """Return the whole document; some of what was violated has a script that shows it."""
    seconds = seconds_by_requirement(run)
    root = ET.Element("testsuites", name="Proxy Service contract")
    for number, (area, rows) in enumerate(findings.areas(run).items()):
        cases = [_case(run, row, seconds) for row in rows]
        for row, case in zip(rows, cases, strict=True):
            if row["id"] in reproducible and (failure := case.find("failure")) is not None:
                failure.text = f"{failure.text}\n\nTo see it again: sh reproduce/{row['id']}.sh"
        root.append(_suite(run, number, area, cases, rows))
    if extra := list(_about_the_run(run)):
        root.append(_suite(run, len(root), "RUN", extra, []))
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.attrib[name]) for suite in root)))
    root.set("time", f"{run['seconds']:.3f}")
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def properties(row: Row) -> dict[str, str]:
    """Return what a requirement is, beside its name and verdict."""
    return {
        "requirement": row["id"],
        "stance": row["stance"],
        "verdict": row["verdict"],
        "scored": str(row["scored"]).lower(),
        "basis": row["basis"],
        "source": row["source"],
        "statements": " ".join(row["statements"]),
        "operations": " ".join(row["operations"]),
    }


def message(row: Row) -> str:
    """Return in one line why a requirement has the verdict that it has."""
    for violation in row["violations"]:
        at = violation["where"] or "the answer"
        text = f"at {at}: expected {violation['expected']}, found {violation['found']}"
        return shortened(line(text), 500)
    return shortened(line(str(row.get("why") or row.get("untested") or row["verdict"])), 500)


def seconds_by_requirement(run: Run) -> Mapping[str, float]:
    """Share the time of each test among the requirements that it tries."""
    seconds: dict[str, float] = {}
    for test in run.get("tests", []):
        for requirement in test["requirements"]:
            share = test["seconds"] / len(test["requirements"])
            seconds[requirement] = seconds.get(requirement, 0.0) + share
    return seconds


def _suite(
    run: Run, number: int, area: str, cases: list[ET.Element], rows: Iterable[Row]
) -> ET.Element:
    suite = ET.Element(
        "testsuite",
        name=area,
        tests=str(len(cases)),
        failures=str(sum(case.find("failure") is not None for case in cases)),
        errors="0",
        skipped=str(sum(case.find("skipped") is not None for case in cases)),
        time=f"{sum(float(case.attrib['time']) for case in cases):.3f}",
        timestamp=str(run["started"])[:19],
        hostname=for_xml(urlsplit(run["target"]["base_url"]).hostname or "unknown"),
        id=str(number),
        package="proxy-service",
    )
    _add_properties(suite, run, rows)
    suite.extend(cases)
    return suite


def _add_properties(suite: ET.Element, run: Run, rows: Iterable[Row]) -> None:
    about = {
        "target": run["target"]["base_url"],
        "effort": run["effort"],
        "fail-on": run["fail_on"],
        "seed": str(run["seed"]),
        "suite": run["suite"]["version"],
    }
    found = list(about.items())
    for row in rows:
        found.append(("requirement", row["id"]))
        told = properties(row).items()
        found += [(f"{row['id']}.{name}", value) for name, value in told if name != "requirement"]
    parent = ET.SubElement(suite, "properties")
    for name, value in found:
        ET.SubElement(parent, "property", name=for_xml(name), value=for_xml(line(str(value))))


def _case(run: Run, row: Row, seconds: Mapping[str, float]) -> ET.Element:
    case = ET.Element(
        "testcase",
        name=for_xml(f"{row['id']} {row['sentence']}"),
        classname=f"proxy-service.{findings.area(row)}",
        time=f"{seconds.get(row['id'], 0.0):.3f}",
    )
    if findings.is_red(run, row):
        failure = ET.SubElement(case, "failure", type=row["verdict"], message=_safe(message(row)))
        failure.text = _safe("\n\n".join(_told(row)))
    elif row["verdict"] not in {"held", "observed"}:
        ET.SubElement(case, "skipped", type=row["verdict"], message=_safe(_skipped(row)))
    told = [f"[[PROPERTY|{name}={value}]]" for name, value in properties(row).items()]
    ET.SubElement(case, "system-out").text = _safe("\n".join(told))
    return case


def _skipped(row: Row) -> str:
    if row["verdict"] in {"violated", "unproven"}:
        scored = "" if row["scored"] else ", not scored"
        return f"{row['verdict']} ({row['stance']}{scored}): {message(row)}"
    return f"{row['verdict']}: {message(row)}"


def _told(row: Row) -> Iterable[str]:
    yield f"{row['id']} ({row['stance']}, {row['basis']}): {row['sentence']}"
    if not row["violations"]:
        yield message(row)
    for violation in row["violations"]:
        yield _violation_text(violation)


def _violation_text(violation: Mapping[str, Any]) -> str:
    where = line(violation["where"]) or "the answer"
    lines = [
        f"expected at {where}: {shortened(line(violation['expected']), 2000)}",
        f"   found at {where}: {shortened(line(violation['found']), 2000)}",
    ]
    if violation.get("because"):
        lines.insert(0, f"because {line(violation['because'])}")
    last = violation["exchange"]
    steps = [*violation.get("trail", []), *([last] if last else [])]
    for number, step in enumerate(steps[-10:], start=max(1, len(steps) - 9)):
        answer = step["status"] if step["status"] is not None else step.get("failure")
        sent = shortened(line(step["request_body"]), 300)
        body = shortened(line(step["response_body"]), 300)
        lines.append(f"{number}. {step['method']} {line(step['url'])} {sent}".rstrip())
        lines.append(f"   -> {answer} {body}".rstrip())
    return "\n".join(lines)


def _about_the_run(run: Run) -> Iterable[ET.Element]:
    """Yield a failure for a run without a verdict, and for a deviations file that is wrong."""
    if not findings.judged(run):
        kind = findings.NOT_JUDGED[run["exit_status"]]
        yield _failed("The run reaches a verdict.", kind, str(run["reason"]))
    for entry in run.get("deviations", []):
        text = f"{entry['id']}: {entry['problem']}"
        yield _failed(f"The deviations file says what is: {entry['id']}", "deviations", text)


def _failed(name: str, kind: str, text: str) -> ET.Element:
    case = ET.Element("testcase", name=_safe(line(name)), classname="proxy-service.RUN", time="0")
    ET.SubElement(case, "failure", type=kind, message=_safe(line(text))).text = _safe(text)
    return case


def _safe(text: str) -> str:
    return for_xml(text)
