"""How a command is given, what it may say, and what a target answers it."""

import base64
import json
from collections.abc import Callable
from typing import Final, TypeAlias

from tests.exchanges import ERROR, page
from tests.servers import Answer, Seen, response

ACCOUNT: Final = "AC" + "1" * 32
TOKEN: Final = "a-token-that-nobody-shows"
Say: TypeAlias = Callable[..., tuple[int, str, str]]


def sentence(err: str) -> str:
    """Give the one line of a wrong usage."""
    [line] = err.splitlines()
    return line


def proxy(seen: Seen, _: int) -> bytes:
    """Answer as the API does to a check."""
    if "authorization" not in seen.headers or not _is_right(seen):
        return response(401, json.dumps(ERROR | {"status": 401, "code": 20003}).encode())
    if seen.target.startswith("/v1/Services/"):
        return response(404, json.dumps(ERROR).encode())
    return response(200, json.dumps(page()).encode())


def _is_right(seen: Seen) -> bool:
    told = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    return seen.headers["authorization"] == f"Basic {told}"


def always(said: bytes | None) -> Answer:
    return lambda _, __: said
