"""Knows which known faults a run would not have found: its blind spots."""

import json
from collections.abc import Mapping
from typing import Any, Final

from conformance.harness.requirements import CONTRACT

TABLE: Final = CONTRACT / "detection.json"
EFFORTS: Final = ("probe", "ci")


def blind_spots(rows: list[dict[str, Any]], effort: str) -> list[dict[str, Any]]:
    """Give the faults of the table that nothing in this very run would have shown.

    A fault is found by a run that judged one of the requirements that it was seen to violate at
    this effort. What is expected to deviate is not judged.
    """
    if not TABLE.exists():
        return []
    judged = {row["id"] for row in rows if row["verdict"] in {"held", "violated"}}
    faults: Mapping[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))["faults"]
    found = []
    for name, fault in faults.items():
        why = _why(fault, effort, judged)
        if why:
            ids = _violated(fault, "ci")
            found.append({"fault": name, "what": fault["what"], "why": why, "requirements": ids})
    return found


def _violated(fault: Mapping[str, Any], effort: str) -> list[str]:
    upto = ("probe",) if effort == "probe" else EFFORTS
    return sorted({id for one in upto for id in fault.get(one, {}).get("violates", [])})


def _why(fault: Mapping[str, Any], effort: str, judged: set[str]) -> str:
    here, ever = _violated(fault, effort), _violated(fault, "ci")
    if judged & set(here):
        return ""
    if not ever:
        return "no effort of the suite finds it"
    if not here:
        return f"--effort {effort} does not find it, ci does"
    return f"this run did not judge {here[0]}" + (f" or {len(here) - 1} more" if here[1:] else "")
