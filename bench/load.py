"""A small client that keeps connections and reads no more of an answer than it needs."""

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

from bench.servers import ACCOUNT, Served

CONNECTIONS = 16
ANY_SID = "KS" + "0" * 32
"""For servers whose answers tell none."""

COUNTER = itertools.count()


@dataclass(slots=True)
class Line:
    """One connection, and the Services that were made on it and are there."""

    port: int
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None
    created: list[str] = field(default_factory=list)
    sent: int = 0
    refused: int = 0

    async def ask(self, method: str, path: str, **form: str | int) -> bytes:
        """Send one request; give the body of the answer."""
        if self.reader is None or self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write(_written(method, path, urlencode(form).encode()))
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        body = await _body(self.reader, head)
        self.sent += 1
        self.refused += head[9:10] != b"2"
        if b"\r\nconnection: close" in head:
            self.close()
        return body

    def close(self) -> None:
        """Let the connection go; the next request makes another."""
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None

    async def create(self) -> None:
        """Create a Service of a name that is new."""
        name = f"bench {time.time_ns()} {next(COUNTER)}"
        body = await self.ask(
            "POST", "/v1/Services",
            UniqueName=name, DefaultTtl=60, CallbackUrl="https://example.com/callback",
        )  # fmt: skip
        self.created.append(json.loads(body).get("sid", ANY_SID))

    async def fetch(self) -> None:
        await self.ask("GET", f"/v1/Services/{self.created[-1]}")

    async def page(self) -> None:
        """List 50."""
        await self.ask("GET", "/v1/Services?PageSize=50")

    async def mix(self) -> None:
        """Create 2, fetch 4 times, update, list twice, delete both."""
        for one in (
            *(self.create, self.create, self.fetch, self.fetch, self.fetch, self.fetch),
            *(self.update, self.page, self.page, self.delete, self.delete),
        ):
            await one()

    async def update(self) -> None:
        await self.ask("POST", f"/v1/Services/{self.created[-1]}", DefaultTtl=120)

    async def delete(self) -> None:
        """Delete what was created last here."""
        await self.ask("DELETE", f"/v1/Services/{self.created.pop()}")


def _written(method: str, path: str, body: bytes) -> bytes:
    kind = "Content-Type: application/x-www-form-urlencoded\r\n" if body else ""
    return (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {ACCOUNT.header}\r\n"
        f"Accept: application/json\r\n{kind}Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


async def _body(reader: asyncio.StreamReader, head: bytes) -> bytes:
    _, found, after = head.partition(b"\r\ncontent-length:")
    if found:
        return await reader.readexactly(int(after.split(b"\r\n", 1)[0]))
    if b"\r\ntransfer-encoding: chunked" in head:
        return b"".join([chunk async for chunk in _chunks(reader)])
    return b""


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while size := int(await reader.readuntil(b"\r\n"), 16):
        yield (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)


@dataclass(slots=True)
class Tally:
    """What a server answered, and the seconds of CPU that it took."""

    answered: int = 0
    refused: int = 0
    cpu: float = 0

    @property
    def rate(self) -> float:
        """Requests per second of CPU."""
        return self.answered / max(self.cpu, 0.01)


@asynccontextmanager
async def lines(served: Served) -> AsyncIterator[list[Line]]:
    """Open the connections, and create enough for a full page."""
    opened = [Line(served.port) for _ in range(CONNECTIONS)]
    try:
        for line in opened:
            for _ in range(4):
                await line.create()
        yield opened
    finally:
        for line in opened:
            line.close()


async def press(served: Served, opened: list[Line], step: str, seconds: float, to: Tally) -> None:
    """Repeat a step on all connections for some seconds, and add what came of it."""
    until = time.perf_counter() + seconds

    async def repeat(line: Line) -> None:
        while time.perf_counter() < until:
            await getattr(line, step)()

    before = [(line.sent, line.refused) for line in opened]
    cpu = served.cpu()
    await asyncio.gather(*map(repeat, opened))
    to.cpu += served.cpu() - cpu
    to.answered += sum(line.sent - sent for line, (sent, _) in zip(opened, before, strict=True))
    to.refused += sum(line.refused - no for line, (_, no) in zip(opened, before, strict=True))
