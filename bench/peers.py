"""Servers to compare the emulator with: `python -m bench.peers hello|here|flask`."""

import itertools
import os
import sys
from datetime import UTC, datetime
from typing import Any

from emulator.asgi import Receive, Scope, Send
from emulator.domain import Refused
from emulator.messages import Request, Response, answer
from emulator.serving import listening, serve

HELLO = b'{"hello": "world"}'
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"18")],
}
BODY = {"type": "http.response.body", "body": HELLO}


async def hello(_: Scope, __: Receive, send: Send) -> None:
    """Answer everything with the same few bytes."""
    await send(START)
    await send(BODY)


def serve_hello() -> None:
    """Answer by ASGI on uvicorn, as fast as it can be set."""
    import uvicorn  # noqa: PLC0415 - the emulator does not need it

    listener = listening("127.0.0.1", 0)
    _announce(listener.getsockname()[1])
    config = uvicorn.Config(
        hello, http="httptools", ws="none", lifespan="off", log_level="critical", access_log=False
    )
    uvicorn.Server(config).run(sockets=[listener])


class Here:
    """Answers everything with the same few bytes, on the emulator's own connections."""

    response = answer(200, HELLO)

    async def answer(self, _: Request, *, local: bool) -> Response:  # noqa: ARG002 - as others have it
        return self.response

    def refuse(self, _: Refused) -> Response:
        return self.response


def serve_here() -> None:
    """Answer as the emulator does: on the same server, with the same settings."""
    listener = listening("127.0.0.1", 0)
    _announce(listener.getsockname()[1])
    serve(Here(), listener, until_stdin_closes=False)


def flask_twin() -> Any:
    """Build a Service resource as moto would: Flask, models in a dict, no rules."""
    from flask import Flask, abort, request  # noqa: PLC0415 - no dependency of the project

    app = Flask("twin")
    kept: dict[str, dict[str, Any]] = {}
    names: set[str] = set()

    @app.post("/v1/Services")
    def create() -> tuple[dict[str, Any], int]:
        if request.form["UniqueName"] in names:
            abort(400)
        sid = "KS" + os.urandom(16).hex()
        kept[sid] = _service(sid, request.url, request.form)
        names.add(request.form["UniqueName"])
        return kept[sid], 201

    @app.get("/v1/Services")
    def page() -> dict[str, Any]:
        size = int(request.args.get("PageSize", 50))
        return {
            "meta": {"page_size": size},
            "services": list(itertools.islice(kept.values(), size)),
        }

    @app.get("/v1/Services/<sid>")
    def fetch(sid: str) -> dict[str, Any]:
        return kept[sid] if sid in kept else abort(404)

    @app.post("/v1/Services/<sid>")
    def update(sid: str) -> dict[str, Any]:
        kept[sid]["default_ttl"] = int(request.form["DefaultTtl"])
        return kept[sid]

    @app.delete("/v1/Services/<sid>")
    def delete(sid: str) -> tuple[str, int]:
        names.discard(kept.pop(sid)["unique_name"])
        return "", 204

    return app


def _service(sid: str, url: str, form: Any) -> dict[str, Any]:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")  # noqa: TID251 - a twin has no other clock
    return {
        "sid": sid,
        "account_sid": "AC" + "1" * 32,
        "unique_name": form["UniqueName"],
        "default_ttl": int(form.get("DefaultTtl", 0)),
        "callback_url": form.get("CallbackUrl"),
        "geo_match_level": "country",
        "number_selection_behavior": "prefer-sticky",
        "intercept_callback_url": None,
        "out_of_session_callback_url": None,
        "chat_instance_sid": None,
        "date_created": now,
        "date_updated": now,
        "url": f"{url}/{sid}",
        "links": {name: f"{url}/{sid}/{name}" for name in ("sessions", "phone_numbers")},
    }


def serve_flask() -> None:
    """Answer as moto's server does: with werkzeug's, a thread for each connection."""
    from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: PLC0415 - as above

    class Quiet(WSGIRequestHandler):
        """Logs nothing, and keeps connections."""

        protocol_version = "HTTP/1.1"

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

    server = make_server("127.0.0.1", 0, flask_twin(), threaded=True, request_handler=Quiet)
    _announce(server.server_port)
    server.serve_forever()


def _announce(port: int) -> None:
    print(f"http://127.0.0.1:{port}", flush=True)


if __name__ == "__main__":
    {"hello": serve_hello, "here": serve_here, "flask": serve_flask}[sys.argv[1]]()
