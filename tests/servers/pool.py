"""A pool that does not let itself be seen: it tells the server's own process numbers.

Rule: while `switches` is off each client has a session of its own; then every transaction is in the next one of two.
"""

import asyncio
from contextlib import suppress

from tests.servers.listening import Listening

IDLE = b"Z\0\0\0\5I"
"""ReadyForQuery, with no transaction open."""

_WANTS_TLS = 8
"""Bytes of a request to go on encrypted, which it declines; what opens a session is longer."""


class Pool(Listening):
    """Listens on a port of its own; each client has two sessions of the server."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.to = port
        self.switches = False

    async def _between(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = [await asyncio.open_connection("127.0.0.1", self.to) for _ in range(2)]
        with suppress(OSError, asyncio.CancelledError, asyncio.IncompleteReadError):
            await self._serve(reader, writer, lines)
        for _, to_server in lines:
            to_server.close()
        writer.close()

    async def _serve(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        lines: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]],
    ) -> None:
        while len(opening := await reader.read(65536)) == _WANTS_TLS:
            writer.write(b"N")
        for index, (from_server, to_server) in enumerate(lines):
            to_server.write(opening)
            said = await from_server.readuntil(IDLE)
            if index == 0:
                writer.write(said)
        current = 0
        while asked := await reader.read(65536):
            from_server, to_server = lines[current]
            to_server.write(asked)
            said = await _answer(from_server)
            writer.write(said)
            if self.switches and said.endswith(IDLE):
                current = 1 - current


async def _answer(reader: asyncio.StreamReader) -> bytes:
    """Return all messages up to ReadyForQuery, whatever the state of the transaction."""
    said = b""
    while True:
        head = await reader.readexactly(5)
        body = await reader.readexactly(int.from_bytes(head[1:], "big") - 4)
        said += head + body
        if head[:1] == b"Z":
            return said
