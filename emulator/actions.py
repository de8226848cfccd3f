"""What the control surface can do, by name and method."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qsl

from emulator.alterations import Alteration
from emulator.catalogue import faults, variants
from emulator.limits import Unreadable, latency_of, throttle_of
from emulator.messages import Request, Response, answer
from emulator.scripts import script_of
from emulator.snapshots import document, services_in

if TYPE_CHECKING:
    from emulator.app import Emulator

Control: TypeAlias = "Callable[[Emulator, Request], Response]"

PAGE = Path(__file__).with_name("watch.html")


def told(status: int, body: Any) -> Response:
    """Return an answer in JSON."""
    return answer(status, json.dumps(body, ensure_ascii=False).encode())


def page(_: "Emulator", __: Request) -> Response:
    """Return the page that shows the requests as they come."""
    return answer(200, PAGE.read_bytes(), kind="text/html; charset=utf-8")


def reset(emulator: "Emulator", request: Request) -> Response:
    """Forget Services and requests, of the account that is named or of all."""
    account = _asked(request, "account").get("account")
    if account is not None and account not in emulator.doorkeeper.accounts:
        known = ", ".join(emulator.doorkeeper.accounts)
        raise Unreadable(f"unknown account {account!r}; known: {known}")
    emulator.reset(account)
    left = [len(emulator.store.arrivals(name)) for name in emulator.store.accounts()]
    return told(200, {"services": sum(left)})


def _listed(table: Mapping[str, Alteration], active: Iterable[Alteration]) -> Response:
    known = {name: alteration.sentence for name, alteration in table.items()}
    return told(200, {"active": [alteration.name for alteration in active], "known": known})


def show_faults(emulator: "Emulator", _: Request) -> Response:
    """List the faults, and which are active."""
    return _listed(faults(), emulator.faults)


def put_faults(emulator: "Emulator", request: Request) -> Response:
    """Replace the active faults by a JSON list of names."""
    emulator.configure(faults=_names(request))
    return show_faults(emulator, request)


def show_variants(emulator: "Emulator", _: Request) -> Response:
    """List the variants, and which are active."""
    return _listed(variants(), emulator.variants)


def put_variants(emulator: "Emulator", request: Request) -> Response:
    """Replace the active variants by a JSON list of names."""
    emulator.configure(variants=_names(request))
    return show_variants(emulator, request)


def show_state(emulator: "Emulator", request: Request) -> Response:
    """Show every Service of every account, as it is stored."""
    return told(200, document(emulator.store, request.origin))


def put_state(emulator: "Emulator", request: Request) -> Response:
    """Replace every Service by those of a document."""
    restore(emulator, _sent(request))
    return show_state(emulator, request)


def restore(emulator: "Emulator", value: Any) -> None:
    """Put the Services of a document in place of all that there are, or raise `Unreadable`."""
    first = emulator.store.next_arrival()
    services = services_in(value, first=first, clock=emulator.clock, new_sid=emulator.new_sid)
    known = {*emulator.doorkeeper.accounts, *emulator.store.accounts()}
    if strangers := sorted({service.account_sid for service in services} - known):
        raise Unreadable(f"unknown account {strangers[0]!r}; known: {', '.join(sorted(known))}")
    emulator.store.replace(services)


def show_requests(emulator: "Emulator", request: Request) -> Response:
    """Show how many requests there were, and the last ones, of an account or after a number."""
    asked = _asked(request, "account", "after")
    after = asked.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) < 20):
        raise Unreadable(f"found {after!r} as after; give the number of a request")
    log = emulator.journal.shown(asked.get("account"), int(after))
    return told(200, {"count": emulator.journal.count, "log": log})


def forget_requests(emulator: "Emulator", request: Request) -> Response:
    """Forget the requests of an account, or all."""
    emulator.journal.clear(_asked(request, "account").get("account"))
    return told(200, {"count": emulator.journal.count, "log": []})


def show_clock(emulator: "Emulator", _: Request) -> Response:
    """Tell the time."""
    return told(200, emulator.clock.shown)


def put_clock(emulator: "Emulator", request: Request) -> Response:
    """Set, move, stop or start the clock."""
    emulator.clock.set(_sent(request))
    return show_clock(emulator, request)


def reset_clock(emulator: "Emulator", request: Request) -> Response:
    """Let the clock run as the system's does."""
    emulator.clock.reset()
    return show_clock(emulator, request)


def show_latency(emulator: "Emulator", _: Request) -> Response:
    """Tell how long requests are held back."""
    return told(200, emulator.settings.latency.shown)


def put_latency(emulator: "Emulator", request: Request) -> Response:
    """Hold requests back from now on, or not."""
    emulator.configure(latency=latency_of(_sent(request)))
    return show_latency(emulator, request)


def show_throttle(emulator: "Emulator", _: Request) -> Response:
    """Tell how many requests an endpoint takes."""
    throttle = emulator.settings.throttle
    return told(200, throttle and throttle.shown)


def put_throttle(emulator: "Emulator", request: Request) -> Response:
    """Let an endpoint take so many requests from now on."""
    emulator.configure(throttle=throttle_of(_sent(request)))
    return show_throttle(emulator, request)


def show_rules(emulator: "Emulator", _: Request) -> Response:
    """List the rules, and how often each matched and fired."""
    return told(200, [script.shown for script in emulator.scripts])


def put_rules(emulator: "Emulator", request: Request) -> Response:
    """Replace the rules by those of a JSON list."""
    rules = _sent(request)
    if not isinstance(rules, list):
        raise Unreadable("send a JSON list of rules; POST adds a single one")
    emulator.follow(*rules)
    return show_rules(emulator, request)


def add_rule(emulator: "Emulator", request: Request) -> Response:
    """Add a rule behind those that there are."""
    emulator.configure(scripts=[*emulator.scripts, script_of(_sent(request))])
    return show_rules(emulator, request)


def drop_rules(emulator: "Emulator", request: Request) -> Response:
    """Drop all rules."""
    emulator.follow()
    return show_rules(emulator, request)


def show_assumptions(_: "Emulator", __: Request) -> Response:
    """Show what the sources leave open, and what was chosen."""
    from emulator.assumptions import ASSUMPTIONS  # noqa: PLC0415 - for those who ask alone

    return told(200, {"assumptions": [asdict(assumption) for assumption in ASSUMPTIONS]})


CONTROLS: dict[str, Mapping[str, Control]] = {
    "": {"GET": page},
    "reset": {"POST": reset},
    "faults": {"GET": show_faults, "PUT": put_faults},
    "variants": {"GET": show_variants, "PUT": put_variants},
    "state": {"GET": show_state, "PUT": put_state},
    "requests": {"GET": show_requests, "DELETE": forget_requests},
    "clock": {"GET": show_clock, "PUT": put_clock, "DELETE": reset_clock},
    "latency": {"GET": show_latency, "PUT": put_latency},
    "throttle": {"GET": show_throttle, "PUT": put_throttle},
    "rules": {"GET": show_rules, "PUT": put_rules, "POST": add_rule, "DELETE": drop_rules},
    "assumptions": {"GET": show_assumptions},
}


def _sent(request: Request) -> Any:
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        raise Unreadable("send JSON; `proxy-emulator --help` shows what each control takes") from (
            None
        )


def _names(request: Request) -> list[str]:
    try:
        names = json.loads(request.body)
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Unreadable('send a JSON list of names, such as ["delete-does-nothing"]')
    return names


def _asked(request: Request, *known: str) -> dict[str, str]:
    """Read the query of a control; a name that it does not know would do nothing, so is refused."""
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    if unknown := sorted(set(query) - set(known)):
        raise Unreadable(f"unknown in the query: {', '.join(unknown)}; known: {', '.join(known)}")
    return query
