"""What a run observed, as dated facts that a requirement can cite as its basis."""

import json
from urllib.parse import urlsplit

from conformance.pages.findings import Run
from conformance.pages.text import for_xml

HEAD = """\
# What one run observed, one row each; a requirement cites a row by its id, with basis = "observed".
"""


def evidence(run: Run) -> str:
    """Return TOML rows: id, date, target, what was tried, what was found, request id."""
    target = urlsplit(run["target"]["base_url"]).hostname or "unknown"
    rows, numbers = [], dict[str, int]()
    for seen in run["observations"]:
        requirement = str(seen["requirement"])
        numbers[requirement] = numbers.get(requirement, 0) + 1
        exchange = seen.get("exchange") or {}
        told = {
            "id": f"{requirement}/{str(seen['at'])[:10]}/{numbers[requirement]}",
            "requirement": requirement,
            "date": str(seen["at"]),
            "target": target,
            "effort": run["effort"],
            "what": seen["what"],
            "found": seen["found"],
            "request": f"{exchange['method']} {exchange['url']}" if exchange else "",
            "status": exchange.get("status"),
            "request_id": exchange.get("request_id") or "",
        }
        kept = [(key, value) for key, value in told.items() if value not in {None, ""}]
        rows.append("[[observation]]\n" + "\n".join(f"{k} = {_toml(v)}" for k, v in kept))
    return "\n\n".join([HEAD.rstrip(), *rows]) + "\n"


def _toml(value: object) -> str:
    """Write a value: JSON's strings are TOML's basic strings, once DEL and surrogates are out."""
    if isinstance(value, int):
        return str(value)
    text = for_xml(str(value))
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
