"""A web server on this machine that does what a test says, also what no server should."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from msgspec import Struct

Reply = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Received(Struct, frozen=True):
    """A request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Web:
    """Answers by path; what it was asked is in `received`. A list of replies is given one after another."""

    def __init__(self) -> None:
        self.replies: dict[str, list[Reply]] = {}
        self.received: list[Received] = []
        self.port = 0

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def on(self, path: str, *replies: Reply) -> str:
        """Reply so to requests for a path, the last one again and again; return its URL."""
        self.replies[path] = list(replies)
        return self.url(path)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await self._read(reader)
            self.received.append(request)
            replies = self.replies.get(request.path, [says(404)])
            await (replies.pop(0) if len(replies) > 1 else replies[0])(writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Received:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
        return Received(method, path, headers, await reader.readexactly(int(headers.get("content-length", 0))))


def says(status: int, body: str | bytes = b"", **headers: str) -> Reply:
    """Answer in good order."""

    async def reply(writer: asyncio.StreamWriter) -> None:
        data = body.encode() if isinstance(body, str) else body
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(data)}", "Connection: close"]
        lines += [f"{re.sub('_', '-', name)}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + data)
        await writer.drain()

    return reply


async def hangs(writer: asyncio.StreamWriter) -> None:
    """Say nothing until the other side has gone."""
    while not writer.is_closing():
        await asyncio.sleep(0.02)


async def drips(writer: asyncio.StreamWriter) -> None:
    """Never come to an end, a byte at a time."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def floods(writer: asyncio.StreamWriter) -> None:
    """Say very much."""
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    for _ in range(64):
        writer.write(b"x" * 100_000)
        await writer.drain()


async def breaks_off(writer: asyncio.StreamWriter) -> None:
    """Promise more than there is."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    await writer.drain()


async def hangs_up(writer: asyncio.StreamWriter) -> None:
    """Take the request and go."""


@asynccontextmanager
async def serving(*, encrypted: ssl.SSLContext | None = None) -> AsyncIterator[Web]:
    """Serve on a free port of this machine."""
    web = Web()
    server = await asyncio.start_server(web.serve, "127.0.0.1", 0, ssl=encrypted)
    web.port = server.sockets[0].getsockname()[1]
    try:
        yield web
    finally:
        server.close()
