"""Records of runs that never were, as the suite would write them: for tests and for looking at."""

import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
BASE = "http://127.0.0.1:8080"
ACCOUNT = "AC" + "0123456789abcdef" * 2
SECRET = "planted-secret-d41d8cd98f00b204"

# What a hostile target could answer with, to break out of a page, a terminal or a script.
HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "]]></failure><evil/>",
    "'; rm -rf \"$HOME\"; echo '",
    "$(touch /tmp/pages-was-here)`touch /tmp/pages-was-here`",
    "\x1b[31mred\x1b[0m \x07\x00\x85",
    "| cell | [link](javascript:alert(1)) **bold** @everyone #1",
    "\u202egnp.exe \u2066x\u2069 \ufeff",
    "</pre></details><h1>gotcha",
    "{{ 7 * 7 }} {% raw %}",
    "é漢字🙂" * 5,
    "\ud800 lone",
    "%s %n \\x41 \\" + "\n# a line\r\nof its own",
)


def requirements() -> list[dict[str, Any]]:
    with (ROOT / "openapi" / "requirements.toml").open("rb") as file:
        rows: list[dict[str, Any]] = tomllib.load(file)["requirement"]
    return rows


def sid(number: int, prefix: str = "KS") -> str:
    return f"{prefix}{number * 0x9E3779B97F4A7C15 % 16**32:032x}"


def service(number: int, name: str, **fields: Any) -> dict[str, Any]:
    own = sid(number)
    return {
        "sid": own,
        "account_sid": ACCOUNT,
        "unique_name": name,
        "default_ttl": 0,
        "callback_url": None,
        "intercept_callback_url": None,
        "out_of_session_callback_url": None,
        "geo_match_level": "country",
        "number_selection_behavior": "prefer-sticky",
        "chat_instance_sid": None,
        "date_created": "2026-11-24T03:25:07Z",
        "date_updated": "2026-11-24T03:25:07Z",
        "url": f"{BASE}/v1/Services/{own}",
        "links": {
            "sessions": f"{BASE}/v1/Services/{own}/Sessions",
            "phone_numbers": f"{BASE}/v1/Services/{own}/PhoneNumbers",
            "short_codes": f"{BASE}/v1/Services/{own}/ShortCodes",
        },
        **fields,
    }


def exchange(
    method: str,
    path: str,
    answer: object = "",
    *,
    status: int | None = 200,
    body: str = "",
    **more: Any,
) -> dict[str, Any]:
    text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
    sent = [["Accept", "application/json"], ["Authorization", "[redacted]"]]
    if body:
        sent.append(["Content-Type", "application/x-www-form-urlencoded"])
    received = [
        ["Content-Type", "application/json; charset=utf-8"],
        ["Content-Length", str(len(text))],
        ["Twilio-Request-Id", "RQ0123456789abcdef0123456789abcdef"],
    ]
    return {
        "method": method,
        "url": BASE + path,
        "request_headers": sent,
        "request_body": body,
        "credentials": "own",
        "status": status,
        "response_headers": received if status is not None else [],
        "response_body": text,
        "milliseconds": 4.2 + len(path) % 7,
        "at": "2026-11-24T03:25:07.123Z",
        "worker": "gw0",
        "request_id": "RQ0123456789abcdef0123456789abcdef",
        "failure": None if status is not None else "the connection was closed",
        **more,
    }


def created(number: int, name: str = "", *, form: str = "", **fields: Any) -> dict[str, Any]:
    name = name or f"pc-k3v9x2ab-{number}"
    made = service(number, name, **fields)
    body = f"UniqueName={name}" + (f"&{form}" if form else "")
    return exchange("POST", "/v1/Services", made, status=201, body=body)


def fetched(number: int, name: str = "", **fields: Any) -> dict[str, Any]:
    made = service(number, name or f"pc-k3v9x2ab-{number}", **fields)
    return exchange("GET", f"/v1/Services/{made['sid']}", made)


def violation(
    where: str,
    expected: object,
    found: object,
    last: Mapping[str, Any] | None,
    trail: Sequence[Mapping[str, Any]] = (),
    **more: Any,
) -> dict[str, Any]:
    return {
        "where": where,
        "expected": str(expected),
        "found": str(found),
        "test": "conformance/test_create.py::test_a_created_service_keeps_its_default_ttl",
        "count": 1,
        "exchange": last,
        "trail": list(trail),
        "witness": None,
        "reproduced": "not-tried",
        **more,
    }


def loses_ttl() -> dict[str, Any]:
    trail = [created(1, form="DefaultTtl=3600")]
    return violation(
        "/default_ttl",
        "3600",
        "0",
        fetched(1),
        trail,
        because="DefaultTtl is 3600",
        count=14,
        reproduced="yes",
    )


def accepts_duplicates() -> dict[str, Any]:
    first = created(2)
    again = created(3, "pc-k3v9x2ab-2")
    return violation("status", "400", "201", again, [first], because="the name is taken")


def cuts_names() -> dict[str, Any]:
    long = "pc-k3v9x2ab-" + "x" * 178 + "🙂"
    encoded = long.replace("🙂", "%F0%9F%99%82")
    made = created(4, encoded)
    made["response_body"] = json.dumps(service(4, long), ensure_ascii=False)
    last = fetched(4, long[:-1])
    return violation("/unique_name", repr(long), repr(long[:-1]), last, [made])


def drops_from_pages() -> dict[str, Any]:
    made = [created(number) for number in range(10, 16)]
    listed = [json.loads(one["response_body"]) for one in made]

    def page(index: int, shown: list[Any], following: str | None) -> dict[str, Any]:
        path = "/v1/Services?PageSize=2" + (f"&Page={index}&PageToken=PA{index}" if index else "")
        meta = {
            "page": index,
            "page_size": 2,
            "first_page_url": f"{BASE}/v1/Services?PageSize=2&Page=0",
            "previous_page_url": None,
            "next_page_url": following and BASE + following,
            "url": BASE + path,
            "key": "services",
        }
        return exchange("GET", path, {"services": shown, "meta": meta})

    pages = [
        page(0, listed[:2], "/v1/Services?PageSize=2&Page=1&PageToken=PA1"),
        page(1, listed[3:5], "/v1/Services?PageSize=2&Page=2&PageToken=PA2"),
        page(2, listed[5:], None),
    ]
    missing = listed[2]["sid"]
    return violation(
        "the walk", "every Service of the run", f"not {missing}", pages[-1],
        [*made, *pages[:-1]],
    )  # fmt: skip


def races() -> dict[str, Any]:
    bars = [
        (1, 0.0, 11.2, "create pc-k3v9x2ab-77", "201 " + sid(77)),
        (2, 0.4, 10.1, "create pc-k3v9x2ab-77", "201 " + sid(78)),
        (3, 0.5, 14.9, "create pc-k3v9x2ab-77", "400 80602"),
        (4, 0.7, None, "create pc-k3v9x2ab-77", None),
    ]
    names = ("thread", "start_ms", "end_ms", "request", "answer")
    drawing = "1 |=========| 201\n2  |=======|  201\n3  |===========| 400\n4  |······"
    witness = {
        "kind": "not linearizable",
        "drawing": drawing,
        "bars": [dict(zip(names, bar, strict=True)) for bar in bars],
    }
    last = created(78, "pc-k3v9x2ab-77")
    return violation("answers", "one 201", "two 201", last, [], witness=witness)


def hostile(index: int) -> dict[str, Any]:
    text = HOSTILE[index % len(HOSTILE)]
    last = fetched(90 + index, unique_name=text, date_created=text)
    last["request_id"] = text
    last["response_headers"].append(["X-Evil", text])
    made = created(90 + index, form=f"CallbackUrl={text}")
    return violation("/date_created", "an ISO 8601 date", repr(text), last, [made], because=text)


def no_json() -> dict[str, Any]:
    html = "<!doctype html><title>502</title>" + "<p>Bad gateway\n" * 40
    last = exchange("GET", "/v1/Services", html, status=502)
    last["response_headers"][0][1] = "text/html"
    return violation("status", "not a 5xx", "502", last)


def wrong_type() -> dict[str, Any]:
    last = fetched(5, default_ttl="0")
    last["response_headers"][0][1] = "text/plain"
    return violation(
        "header Content-Type", "'application/json'", "'text/plain'", last, [created(5)]
    )


STORIES: Mapping[str, Sequence[Any]] = {
    "CREATE-4": (loses_ttl,),
    "FETCH-2": (loses_ttl,),
    "UPDATE-3": (loses_ttl,),
    "CREATE-16": (cuts_names,),
    "CREATE-17": (cuts_names,),
    "NAME-1": (accepts_duplicates,),
    "LIST-6": (drops_from_pages,),
    "RACE-1": (races,),
    "ERROR-1": (no_json,),
    "SERVICE-9": tuple(lambda index=index: hostile(index) for index in range(len(HOSTILE))),
    "SERVICE-21": (wrong_type,),
    "NAME-9": (accepts_duplicates,),
}
FOLLOWS = {"FETCH-2": "CREATE-4", "UPDATE-3": "FETCH-2", "CREATE-17": "CREATE-16"}
OTHERWISE = {
    "LIFE-1": ("unproven", "the account held no Service that could be created"),
    "DELETE-5": ("deviates", ""),
    "ACCESS-7": ("not-run", "no second account is in the environment"),
    "ACCESS-8": ("not-run", "no second account is in the environment"),
    "ACCESS-9": ("not-run", "no second account is in the environment"),
    "SERVICE-13": ("not-applicable", "the target declares to lack short-codes"),
    "REFUSE-14": ("not-run", "left out at effort ci"),
}


def run(*, red: bool = True) -> dict[str, Any]:
    """Return a whole run, with every verdict there is (red) or with nothing wrong."""
    rows = [_row(row, red=red) for row in requirements()]
    left = [
        {"sid": sid(501), "unique_name": "pc-k3v9x2ab-501", "why": "its delete answered 500"},
        {"sid": None, "unique_name": HOSTILE[0]},
    ]
    made = 312
    return {
        "format": 1,
        "suite": {"version": "1.0.0", "requirements": len(rows)},
        "target": {
            "base_url": BASE,
            "account_sid": ACCOUNT,
            "embedded": not red,
            "name": "staging" if red else None,
            "lacks": ["short-codes"] if red else [],
        },
        "effort": "ci",
        "fail_on": "must",
        "seed": 20261124,
        "workers": 4,
        "started": "2026-11-24T03:25:06Z",
        "seconds": 14.382,
        "requests": 1312,
        "services": {
            "created": made,
            "deleted": made - len(left) if red else made,
            "left": left if red else [],
        },
        "selection": [],
        "as_of": None,
        "requirements": rows,
        "observations": observations(rows),
        "deviations": _deviations() if red else [],
        "latency": latency(),
        "timeline": timeline(),
        "budgets": {
            "max_requests": 2500,
            "rate": None,
            "max_live": 100,
            "peak_live": 61,
            "read_only": False,
        },
        "blind_spots": blind_spots(),
        "tests": tests(rows),
        "exit_status": 1 if red else 0,
        "conforms": not red,
        "reason": "Requirements of stance must are violated." if red else "As expected.",
    }


def _row(row: Mapping[str, Any], *, red: bool) -> dict[str, Any]:
    stance, untested = row["stance"], row.get("untested")
    verdict = "not-run" if untested else "observed" if stance == "observe" else "held"
    made = {
        **{key: row[key] for key in row if key != "untested"},
        "untested": untested,
        "verdict": verdict,
        "follows": None,
        "scored": row["id"] != "SERVICE-21",
        "tests": [] if untested else [f"conformance/test_create.py::test_{row['id'].lower()}"],
        "violations": [],
    }  # fmt: skip
    if untested:
        made["why"] = untested
    if red and row["id"] in STORIES:
        made["verdict"] = "violated"
        made["violations"] = [make() for make in STORIES[row["id"]]]
        made["follows"] = FOLLOWS.get(row["id"])
    if red and row["id"] in OTHERWISE:
        made["verdict"], why = OTHERWISE[row["id"]]
        made |= {"why": why} if why else {"violations": [accepts_duplicates()]}
    return made


def observations(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found = ("400, code 20001", "accepted, and kept", "nothing", *HOSTILE)
    seen = [row for row in rows if row["verdict"] == "observed"]
    return [
        {
            "requirement": row["id"],
            "what": row["sentence"].rstrip("."),
            "found": found[index % len(found)],
            "at": "2026-11-24T03:25:09Z",
            "exchange": fetched(index) if index % 3 else None,
        }
        for index, row in enumerate(seen)
    ]


def latency() -> list[dict[str, Any]]:
    bounds = [0.5 * 1.5**step for step in range(20)]
    rows = []
    for place, operation in enumerate(("create", "fetch", "list", "update", "delete")):
        middle = 5 + place * 1.3
        buckets = [
            [round(bound, 3), round(300 * math.exp(-((step - middle) ** 2) / 4))]
            for step, bound in enumerate(bounds)
        ]
        shown = [pair for pair in buckets if pair[1]]
        p50 = bounds[round(middle)]
        rows.append(
            {
                "operation": operation,
                "count": sum(pair[1] for pair in buckets),
                "p50": round(p50, 2),
                "p90": round(p50 * 2.1, 2),
                "p99": round(p50 * 4.3, 2),
                "max": round(shown[-1][0], 2),
                "buckets": shown,
            }
        )
    return rows


def timeline() -> list[dict[str, Any]]:
    return [
        {
            "second": second,
            "worker": f"gw{worker}",
            "requests": 10 + (second * 7 + worker * 11) % 23,
            "errors": int(second == 6 and worker == 2),
        }
        for second in range(15)
        for worker in range(4)
        if (second, worker) != (14, 3)
    ]


def blind_spots() -> list[dict[str, Any]]:
    return [
        {
            "fault": f"forgets-{thing}",
            "what": f"Forgets {thing} of a Service under load.",
            "why": "found at effort thorough alone",
            "requirements": ["LIFE-1", "RACE-5"],
        }
        for thing in (
            "names",
            "links",
            "dates",
            "a-name-that-is-very-long-and-has-no-blank-in-it" * 2,
        )
    ]


def tests(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    outcomes = {
        "held": "passed",
        "observed": "passed",
        "violated": "failed",
        "deviates": "failed",
        "unproven": "unproven",
    }
    return [
        {
            "id": test,
            "outcome": outcomes.get(row["verdict"], row["verdict"]),
            "seconds": 0.02 + len(test) % 5 / 20,
            "worker": "gw1",
            "requirements": [row["id"]],
        }
        for row in rows
        for test in row["tests"]
    ]


def _deviations() -> list[dict[str, Any]]:
    return [
        {"id": "LIST-9", "problem": "stale: the target does not deviate any more", "line": 12},
        {"id": "CREATE-99", "problem": "names no requirement", "line": None},
    ]


def empty() -> dict[str, Any]:
    """Return the least that a record can hold."""
    made = run(red=False)
    for key in ("requirements", "observations", "latency", "timeline", "blind_spots", "tests"):
        made[key] = []
    for key in ("selection", "as_of", "deviations", "budgets", "tests"):
        del made[key]
    made["services"] = {"created": 0, "deleted": 0, "left": []}
    return made | {"requests": 0, "seconds": 0, "seed": None, "workers": 0}


def not_judged() -> dict[str, Any]:
    """Return a run whose target could not be reached."""
    made = run(red=False)
    for row in made["requirements"]:
        if row["verdict"] != "not-run":
            row["verdict"] = "unproven"
            row["why"] = f"{BASE} cannot be reached: connection refused"
    made |= {"observations": [], "latency": [], "timeline": [], "requests": 3}
    made["services"] = {"created": 0, "deleted": 0, "left": []}
    reason = f"{BASE} cannot be reached: connection refused. Start it, or name another."
    return made | {"exit_status": 6, "conforms": False, "reason": reason}


def all_broken() -> dict[str, Any]:
    """Return a run in which every tested requirement is violated, at great length."""
    made = run()
    long = "x" * 20_000
    for index, row in enumerate(made["requirements"]):
        if row["untested"] or row["stance"] == "observe":
            continue
        story = hostile(index)
        story["exchange"]["response_body"] = long
        row |= {"verdict": "violated", "violations": [deepcopy(story) for _ in range(4)]}
    return made


RUNS = {
    "red": run,
    "green": lambda: run(red=False),
    "empty": empty,
    "not judged": not_judged,
    "all broken": all_broken,
}


LOGINS = {
    "own": "AC1:aB9",
    "no-token": "AC1:",
    "wrong-token": "AC1:aB-",
    "longer-token": "AC1:aB90",
    "shorter-token": "AC1:aB",
    "token-in-other-case": "AC1:Ab9",
    "sid-as-token": "AC1:AC1",
    "unknown-account": f"AC{'f' * 32}:aB9",
    "other-account": "AC2:c4",
    "other-token": "AC1:c4",
}
"""What is sent as whom, where AC1 has the token aB9, and AC2, the other account, has c4."""
