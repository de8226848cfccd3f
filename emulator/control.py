"""The control surface under `/_emulator/`: for the tests of whoever runs the emulator.

It answers on loopback only and needs no credentials of the vendor's. A table of actions, so that
another module can bring a table of its own.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias

from emulator.alterations import Alteration, UnknownName
from emulator.asgi import Front, Mount, Receive, Scope, Send, serve_one
from emulator.assumptions import ASSUMPTIONS
from emulator.catalogue import faults, variants
from emulator.messages import Request, Response, answer
from emulator.rendering import shown, timestamp
from emulator.store import services_of

if TYPE_CHECKING:
    from emulator.app import Emulator

CONTROL = "/_emulator/"

Control: TypeAlias = "Callable[[Emulator, Request], Response]"


def told(status: int, body: Any) -> Response:
    """Return an answer in JSON."""
    return answer(status, json.dumps(body, ensure_ascii=False).encode())


def reset(emulator: "Emulator", _: Request) -> Response:
    """Forget every Service and every request."""
    emulator.reset()
    return told(200, {"services": 0})


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
    services = {
        account: [
            shown(service, request.origin) for service in services_of(emulator.store, account)
        ]
        for account in emulator.store.accounts()
    }
    return told(200, {"accounts": services})


def show_requests(emulator: "Emulator", _: Request) -> Response:
    """Show how many requests there were, and the last ones."""
    log = [
        {
            "at": timestamp(logged.at),
            "method": logged.method,
            "path": logged.path,
            "query": logged.query,
            "body": logged.body.decode("latin-1"),
            "status": logged.status,
        }
        for logged in emulator.log
    ]
    return told(200, {"count": emulator.requests, "log": log})


def show_assumptions(_: "Emulator", __: Request) -> Response:
    """Show what the sources leave open, and what was chosen."""
    return told(200, {"assumptions": [asdict(assumption) for assumption in ASSUMPTIONS]})


CONTROLS: dict[str, Mapping[str, Control]] = {
    "reset": {"POST": reset},
    "faults": {"GET": show_faults, "PUT": put_faults},
    "variants": {"GET": show_variants, "PUT": put_variants},
    "state": {"GET": show_state},
    "requests": {"GET": show_requests},
    "assumptions": {"GET": show_assumptions},
}


class Misused(ValueError):
    """A control was given something that it cannot take."""


def _names(request: Request) -> list[str]:
    try:
        names = json.loads(request.body)
    except ValueError:
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Misused('send a JSON list of names, such as ["delete-does-nothing"]')
    return names


def _is_loopback(scope: Scope) -> bool:
    """Tell whether a request comes from this machine; one without an address is in-process."""
    client = scope.get("client")
    return client is None or client[0].startswith("127.") or client[0] in {"::1", "testclient"}


def _is_own_page(request: Request) -> bool:
    """Tell whether a request comes from no web page, or from one that was served here."""
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host")


async def controlled(emulator: "Emulator", scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request to the control surface."""

    async def handler(request: Request) -> Response:
        return _answered(emulator, request, loopback=_is_loopback(scope))

    mount = Mount(url_host=emulator.settings.mount.url_host)
    front = Front(handler=handler, stamp=lambda response: response, mount=mount)
    await serve_one(front, scope, receive, send)


def _answered(emulator: "Emulator", request: Request, *, loopback: bool) -> Response:
    """Find the control that is meant, or say which there are."""
    name = request.path.removeprefix(CONTROL)
    if not loopback:
        return told(403, {"message": "the control surface answers on loopback only"})
    if not _is_own_page(request):
        return told(403, {"message": "the control surface answers no other site's pages"})
    if name not in CONTROLS:
        return told(404, {"message": f"unknown control {name!r}; known: {', '.join(CONTROLS)}"})
    control = CONTROLS[name].get(request.method)
    if control is None:
        right = " or ".join(f"{method} {CONTROL}{name}" for method in CONTROLS[name])
        refused = told(405, {"message": f"{request.method} does nothing here; send {right}"})
        return refused.with_header("Allow", ", ".join(CONTROLS[name]))
    try:
        return control(emulator, request)
    except (UnknownName, Misused) as error:
        return told(400, {"message": str(error)})
