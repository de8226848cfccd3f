"""Makes wires to the servers of a test; what they send, and what servers answer."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

from conformance.harness.budget import Budget, Limits
from conformance.harness.evidence import Redaction
from conformance.harness.target import Account, Target
from conformance.harness.wire import Request, Wire
from tests.servers import Answer, Seen, response

ACCOUNT: Final = "AC" + "1" * 32
TOKEN: Final = "the-token-of-the-account"
OTHER: Final = Account(sid="AC" + "2" * 32, user="AC" + "2" * 32, password="the-other-token")
NewWire: TypeAlias = Callable[..., Wire]
LIST: Final = Request(method="GET", path="/v1/Services", operation="list", safe=True)
CREATE: Final = Request(
    method="POST", path="/v1/Services", operation="create", body=b"UniqueName=x"
)
BUSY: Final = response(429, b"{}")
BUSY_FOR_NOW: Final = response(429, b"{}", "Retry-After: 0")


def wire(folder: Path, url: str, *, limits: Limits | None = None, **other: Any) -> Wire:
    """Make a wire to a URL, with a budget in the folder."""
    of_target = {name: other.pop(name) for name in ("account", "other", "lacks") if name in other}
    of_target.setdefault("account", Account(sid=ACCOUNT, user=ACCOUNT, password=TOKEN))
    return Wire(
        target=Target(base_url=url, **of_target),
        budget=Budget(folder / "budget", limits or Limits()),
        redaction=Redaction((), ((ACCOUNT, TOKEN),)),
        run="01234567",
        version="1.0.0",
        **({"timeout": 5.0} | other),
    )


def authorized(seen: Seen) -> str:
    """Give the user and the password of a request."""
    return base64.b64decode(seen.headers["authorization"].removeprefix("Basic ")).decode()


def fine(_: Seen, __: int) -> bytes:
    """Answer as a list of nothing."""
    return response(200, b'{"services": []}')


def after(times: int, first: bytes | None) -> Answer:
    """Answer so for some times, then as it should be."""

    def answer(seen: Seen, number: int) -> bytes | None:
        return first if number <= times else fine(seen, number)

    return answer
