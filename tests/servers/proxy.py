"""Stands between the console and a server. Rule: it cuts the line where it is told to, once."""

import asyncio
import re
from contextlib import suppress
from typing import Literal

from tests.servers.listening import Listening

Fault = Literal["before", "after", "swallowed", "unanswered", "late", "late answer"]
"""The line is cut before the server gets it · when the server has answered, without the answer · it stays and carries
nothing any more, neither what was sent · nor the answer to it · what was sent comes late · the answer does."""
LATE = 0.3
"""Seconds."""
STATEMENT = b"P\0\0"
"""In every statement that the console sends: the kind of the message and the first half of its length."""

_KEY = re.compile(rb"(K\0\0\0[\x0c-\x2c])....(?=.{4,36}Z)", re.DOTALL)
"""BackendKeyData: its length, and the number of the server's process before the key."""


class Proxy(Listening):
    """Listens on a port of its own; `fault` strikes when the console sends these bytes."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.to = port
        self.altered: dict[bytes, bytes] = {}
        """What is put in the place of what the server says; of the same length."""
        self.other_pids = False
        """The console is told other process numbers than the server's, as by a pool."""
        self.refuses = False
        """Nobody is let through who is not yet."""
        self.given_up_after: float | None = None
        """Seconds after which the console's system gives a line up that carries nothing any more; as long after that
        the server's does. None: neither ever does."""
        self.counted: dict[bytes, int] = {}
        """How often the console has sent each of these bytes."""
        self._fault: tuple[Fault, bytes, int] | None = None

    @property
    def struck(self) -> bool:
        """Whether the fault has happened."""
        return self._fault is None

    def strike(self, fault: Fault, *, at: bytes, number: int = 1) -> None:
        """Let the fault happen once, when the console sends these bytes for the so many-th time."""
        self._fault, self.counted[at] = (fault, at, number), 0

    async def _between(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuses:
            writer.close()
            return
        with suppress(OSError, asyncio.CancelledError):
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self.to)
            line = _Line(self, from_console=reader, to_console=writer, from_server=from_server, to_server=to_server)
            await line.pass_on()

    def struck_by(self, data: bytes) -> Fault | None:
        """Return the fault that these bytes of the console call down, once."""
        for each in self.counted:
            self.counted[each] += each in data
        if self._fault is None or self._fault[1] not in data or self.counted[self._fault[1]] < self._fault[2]:
            return None
        (fault, *_), self._fault = self._fault, None
        return fault

    def told(self, data: bytes) -> bytes:
        """Return what the console is told instead of what the server says."""
        for said, told in self.altered.items():
            data = data.replace(said, told)
        if self.other_pids:
            data = _KEY.sub(lambda found: found[1] + b"\0\0\0\7", data)
        return data


class _Line:
    def __init__(
        self,
        proxy: Proxy,
        *,
        from_console: asyncio.StreamReader,
        to_console: asyncio.StreamWriter,
        from_server: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
    ) -> None:
        self._proxy = proxy
        self._from_console, self._to_console = from_console, to_console
        self._from_server, self._to_server = from_server, to_server
        self._deaf = False
        self._late = False
        self._answered = asyncio.Event()

    async def pass_on(self) -> None:
        """Pass all on until one side ends it or the fault strikes."""
        ways = {asyncio.create_task(self._up()), asyncio.create_task(self._down())}
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in ways:
                each.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for writer in (self._to_server, self._to_console):
                writer.close()

    async def _up(self) -> None:
        while data := await self._from_console.read(65536):
            fault = self._proxy.struck_by(data)
            if fault == "before":
                return
            if fault == "swallowed":
                await self._given_up()
                return
            if fault == "late":
                await asyncio.sleep(LATE)
            self._deaf = fault in ("after", "unanswered")
            self._late = fault == "late answer"
            self._to_server.write(data)
            await self._to_server.drain()
            if fault == "unanswered":
                await self._given_up()
                return
            if fault == "after":
                await self._answered.wait()
                return

    async def _given_up(self) -> None:
        """Carry nothing: the console's system finds that out by itself, and later the server's."""
        if self._proxy.given_up_after is None:
            await asyncio.Event().wait()
            return
        await asyncio.sleep(self._proxy.given_up_after)
        self._to_console.transport.abort()
        await asyncio.sleep(self._proxy.given_up_after)

    async def _down(self) -> None:
        while data := await self._from_server.read(65536):
            if self._deaf:
                self._answered.set()
                continue
            if self._late:
                self._late = False
                await asyncio.sleep(LATE)
            self._to_console.write(self._proxy.told(data))
            await self._to_console.drain()
