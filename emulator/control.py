"""The control surface under `/_emulator/`: for the tests of whoever runs the emulator.

It answers on loopback only and needs no credentials of the vendor's, and no other site's pages.
What it can do is a table in `actions.py`.
"""

from typing import TYPE_CHECKING

from emulator.actions import CONTROLS, told
from emulator.alterations import UnknownName
from emulator.limits import Unreadable
from emulator.messages import Request, Response

if TYPE_CHECKING:
    from emulator.app import Emulator

CONTROL = "/_emulator/"


def _is_own_page(request: Request) -> bool:
    """Tell whether a request comes from no web page, or from one that was served here."""
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host")


def controlled(emulator: "Emulator", request: Request, *, local: bool) -> Response:
    """Find the control that is meant and do it, or say which there are."""
    name = request.path.removeprefix(CONTROL)
    if not local:
        return told(403, {"message": "the control surface answers on loopback only"})
    if not _is_own_page(request):
        return told(403, {"message": "the control surface answers no other site's pages"})
    if name not in CONTROLS:
        return told(
            404,
            {"message": f"unknown control {name!r}; known: {', '.join(filter(None, CONTROLS))}"},
        )
    control = CONTROLS[name].get(request.method)
    if control is None:
        right = " or ".join(f"{method} {CONTROL}{name}" for method in CONTROLS[name])
        refused = told(405, {"message": f"{request.method} does nothing here; send {right}"})
        return refused.with_header("Allow", ", ".join(CONTROLS[name]))
    try:
        return control(emulator, request)
    except (UnknownName, Unreadable) as error:
        return told(400, {"message": str(error)})
