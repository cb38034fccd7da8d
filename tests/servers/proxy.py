"""Stands between the console and a server. Rule: it cuts, alters or goes silent where it is told to, once."""

import asyncio
from contextlib import suppress
from typing import Literal, Self

Fault = Literal["before", "after", "silent"]
"""Cut before the server gets it · when it has answered, without the answer · keep the line, pass nothing on."""


class Proxy:
    """Listens on a port of its own; `fault` strikes when the console sends these bytes."""

    def __init__(self, port: int) -> None:
        self.to = port
        self.port = 0
        self.altered: dict[bytes, bytes] = {}
        """What is put in the place of what the server says; of the same length."""
        self.struck = asyncio.Event()
        self._fault: tuple[Fault, bytes] | None = None
        self._deaf = False
        self._answered = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def strike(self, fault: Fault, *, at: bytes) -> None:
        """Let the fault happen once, when the console sends these bytes."""
        self._fault = (fault, at)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with suppress(OSError, asyncio.CancelledError):
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self.to)
            up = asyncio.create_task(self._up(reader, to_server))
            down = asyncio.create_task(self._down(from_server, writer))
            try:
                await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in (up, down):
                    each.cancel()
                await asyncio.gather(up, down, return_exceptions=True)
                for each_writer in (to_server, writer):
                    each_writer.close()

    async def _up(self, reader: asyncio.StreamReader, to_server: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if self._fault is not None and self._fault[1] in data:
                (fault, _), self._fault = self._fault, None
                await self._strike(fault, data, to_server)
                self._deaf = False
                return
            to_server.write(data)
            await to_server.drain()

    async def _strike(self, fault: Fault, data: bytes, to_server: asyncio.StreamWriter) -> None:
        self._deaf = fault != "before"
        if fault == "after":
            to_server.write(data)
            await to_server.drain()
            await self._answered.wait()
        self.struck.set()
        if fault == "silent":
            await asyncio.Event().wait()

    async def _down(self, from_server: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await from_server.read(65536):
            if self._deaf:
                self._answered.set()
                continue
            writer.write(self._told(data))
            await writer.drain()

    def _told(self, data: bytes) -> bytes:
        for said, told in self.altered.items():
            data = data.replace(said, told)
        return data
