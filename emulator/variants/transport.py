"""Other bytes for the same meaning, other addresses, and other paces."""

import asyncio
import gzip
import itertools
import json
from urllib.parse import urlsplit

from emulator.alterations import Alteration, Surroundings, Wire
from emulator.messages import Handler, Request, Response, resized
from emulator.pacing import delayed, throttled
from emulator.rendering import SERVICES
from emulator.rewriting import (
    json_of,
    operation,
    requests,
    responses,
    sid_in,
    successes,
)

VALUES, BYTES, CODING, HEADERS = 0, 1, 2, 3


def _ascii(_: Request, response: Response) -> Response:
    body = json_of(response)
    return response if body is None else resized(response, json.dumps(body).encode())


def _pretty(_: Request, response: Response) -> Response:
    body = json_of(response)
    if body is None:
        return response
    text = json.dumps(body, ensure_ascii=False, indent=2).replace("\n", "\r\n")
    return resized(response, f"{text}\r\n".encode())


def _compact(_: Request, response: Response) -> Response:
    body = json_of(response)
    if body is None:
        return response
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return resized(response, text.encode())


def _with_charset(_: Request, response: Response) -> Response:
    if response.header("content-type") == "application/json":
        return response.with_header("Content-Type", "application/json; charset=utf-8")
    return response


def _chunked(_: Request, response: Response) -> Response:
    return response.with_header("Content-Length", None)


def _zipped(request: Request, response: Response) -> Response:
    if not response.body or "gzip" not in request.headers.get("accept-encoding", ""):
        return response
    packed = gzip.compress(response.body, compresslevel=1, mtime=0)
    coded = response.with_header("Content-Encoding", "gzip").with_header("Vary", "Accept-Encoding")
    return resized(coded, packed)


def _with_location(_: Request, response: Response) -> Response:
    body = json_of(response) or {}
    return response.with_header("Location", body.get("url"))


def _at(start: str | None) -> Wire:
    """Let URLs start with another origin; None leaves out only the path under which all is."""

    def moved(request: Request, _: Surroundings) -> Request:
        parts = urlsplit(request.origin)
        return request._replace(origin=start or f"{parts.scheme}://{parts.netloc}")

    return requests(moved)


def _at_nodes(handler: Handler, _: Surroundings) -> Handler:
    """Let the URLs of each answer name the node that it comes from, in turn."""
    nodes = itertools.cycle(f"https://node-{number}.example" for number in (1, 2, 3))

    async def moved(request: Request) -> Response:
        return await handler(request._replace(origin=next(nodes)))

    return moved


def _with_extension(request: Request, _: Surroundings) -> Request:
    return request._replace(path=request.path.removesuffix(".json"))


def _without_slash(request: Request, _: Surroundings) -> Request:
    return request._replace(path=request.path.removesuffix("/"))


def _also_head(handler: Handler, around: Surroundings) -> Handler:
    """Answer HEAD as GET without a body, and OPTIONS with what is allowed."""

    async def answered(request: Request) -> Response:
        if request.method == "HEAD":
            response = await handler(request._replace(method="GET"))
            return response._replace(body=b"")
        if request.method == "OPTIONS" and operation(request._replace(method="GET")) != "other":
            allowed = "GET, POST, DELETE" if sid_in(request) else "GET, POST"
            options = f"{allowed}, HEAD, OPTIONS"
            return around.stamp(Response(status=204, headers=(("Allow", options),)))
        return await handler(request)

    return answered


def _unknown_paths_first(handler: Handler, around: Surroundings) -> Handler:
    """Answer for a path that is not there before asking who calls."""

    async def answered(request: Request) -> Response:
        if request.path == SERVICES or sid_in(request):
            return await handler(request)
        known = next(iter(around.doorkeeper.credentials.values()))
        headers = {**request.headers, "authorization": known.header}
        return await handler(request._replace(headers=headers))

    return answered


def _endpoint(request: Request) -> str:
    return f"{request.method} {operation(request)}"


def _jittered(handler: Handler, _: Surroundings) -> Handler:
    """Hold every third request back, so that later ones overtake it."""
    seen = 0

    async def answered(request: Request) -> Response:
        nonlocal seen
        seen += 1
        if seen % 3 == 0:
            await asyncio.sleep(0.02)
        return await handler(request)

    return answered


EXTRA_HEADERS = (
    ("X-Powered-By", "AT-5000"),
    ("X-Shenanigans", "none"),
    ("X-Home-Region", "us1"),
    ("X-API-Domain", "proxy.twilio.com"),
    ("Strict-Transport-Security", "max-age=31536000"),
    ("Twilio-Concurrent-Requests", "1"),
    ("Twilio-Request-Duration", "0.034"),
    ("Set-Cookie", "visitor=1; Path=/"),
)

ALTERATIONS = (
    Alteration(
        name="ascii-json",
        sentence="writes characters beyond ASCII as \\u escapes",
        wire=responses(_ascii),
        layer=BYTES,
    ),
    Alteration(
        name="pretty-json",
        sentence="writes JSON over many lines",
        wire=responses(_pretty),
        layer=BYTES,
    ),
    Alteration(
        name="compact-json",
        sentence="writes JSON without any blank",
        wire=responses(_compact),
        layer=BYTES,
    ),
    Alteration(
        name="charset",
        sentence="says charset=utf-8 in the content type",
        wire=responses(_with_charset),
        layer=BYTES,
    ),
    Alteration(
        name="chunked",
        sentence="sends answers in chunks, without their length",
        wire=responses(_chunked),
        layer=CODING,
    ),
    Alteration(
        name="gzip",
        sentence="compresses answers for those who take gzip",
        wire=responses(_zipped),
        layer=CODING,
    ),
    Alteration(
        name="closes-connections",
        sentence="closes the connection after each answer",
        wire=responses(lambda _, response: response.with_header("Connection", "close")),
        layer=CODING,
    ),
    Alteration(
        name="extra-headers",
        sentence="sends the headers that were seen on the vendor's other products",
        wire=responses(
            lambda _, response: response._replace(headers=(*response.headers, *EXTRA_HEADERS))
        ),
    ),
    Alteration(
        name="location",
        sentence="sends Location with 201",
        wire=successes(_with_location, "create"),
    ),
    Alteration(
        name="no-request-id",
        sentence="sends none of the vendor's own headers",
        wire=responses(
            lambda _, response: response._replace(
                headers=tuple(
                    pair
                    for pair in response.headers
                    if not pair[0].startswith(("Twilio-", "Access-Control-"))
                ),
            )
        ),
        layer=HEADERS,
    ),
    Alteration(
        name="canonical-urls",
        sentence="names https://proxy.twilio.com in URLs, whatever host was asked",
        wire=_at("https://proxy.twilio.com"),
    ),
    Alteration(
        name="other-port-in-urls",
        sentence="names http://localhost:1 in URLs, whatever host was asked",
        wire=_at("http://localhost:1"),
    ),
    Alteration(
        name="nodes-in-urls",
        sentence="names another of three nodes in the URLs of each answer",
        wire=_at_nodes,
    ),
    Alteration(
        name="urls-without-prefix",
        sentence="leaves the path prefix out of URLs",
        wire=_at(None),
    ),
    Alteration(
        name="json-extension",
        sentence="takes paths with .json at the end too",
        wire=requests(_with_extension),
    ),
    Alteration(
        name="trailing-slash",
        sentence="takes paths with a slash at the end too",
        wire=requests(_without_slash),
    ),
    Alteration(
        name="head-and-options",
        sentence="answers HEAD and OPTIONS",
        wire=_also_head,
    ),
    Alteration(
        name="paths-before-credentials",
        sentence="answers 404 for a path that is not there, whoever asks",
        wire=_unknown_paths_first,
    ),
    Alteration(
        name="slow",
        sentence="takes 50 milliseconds for each answer",
        wire=lambda handler, _: delayed(handler, 0.05),
        layer=CODING,
    ),
    Alteration(
        name="overtaking",
        sentence="holds every third request back, so that later ones overtake it",
        wire=_jittered,
        layer=CODING,
    ),
    Alteration(
        name="throttled",
        sentence="answers 429 with Retry-After above 30 requests a second on one endpoint",
        wire=lambda handler, around: throttled(handler, 30, endpoint=_endpoint, stamp=around.stamp),
        layer=CODING,
    ),
    Alteration(
        name="throttled-silently",
        sentence="answers 429 without Retry-After above 30 requests a second on one endpoint",
        wire=lambda handler, around: throttled(
            handler, 30, endpoint=_endpoint, stamp=around.stamp, says_when=False
        ),
        layer=CODING,
    ),
)
