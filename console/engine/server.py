"""The engine's end of the socket.

Rule: one line in is a command, one line out an answer or a journal record, in order.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from msgspec import DecodeError, json

from console.core.commands import Answer, AnyCommand, Refused
from console.core.ports import Journal
from console.engine.engine import Engine

LONGEST_COMMAND = 256 * 1024
"""Bytes of one command at most."""
CHUNK = 1 << 20
"""Bytes of the journal that are sent at once."""
LAST_WORDS_SECONDS = 2.0
"""How long a slow reader is waited for at the end."""

log = logging.getLogger(__name__)
_commands = json.Decoder(AnyCommand)


class Server:
    """Serves whoever is attached: all records from the first on, and answers to what they ask."""

    def __init__(self, *, engine: Engine, journal: Journal, account_of: Callable[[asyncio.StreamWriter], str]) -> None:
        self._engine, self._journal, self._account_of = engine, journal, account_of
        self._attached: dict[asyncio.Event, asyncio.Task[None]] = {}
        self._serving: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._closing = False
        self.seen = False
        """Whether anybody ever attached."""

    @property
    def attached(self) -> int:
        """How many are connected."""
        return len(self._attached)

    async def publish(self) -> None:
        """Wake every connection whenever the journal has grown; ends by being cancelled."""
        while True:
            await self._engine.logbook.grown.wait()
            self._engine.logbook.grown.clear()
            for grown in tuple(self._attached):
                grown.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it hangs up."""
        serving = asyncio.create_task(self._serve(reader, writer))
        self._serving[serving] = writer
        serving.add_done_callback(self._serving.pop)
        with contextlib.suppress(asyncio.CancelledError):  # asyncio would tell of it in a traceback
            await serving

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        account, grown = self._account_of(writer), asyncio.Event()
        grown.set()
        sending, self.seen = asyncio.Lock(), True
        self._attached[grown] = asyncio.create_task(self._send_records(writer, grown, sending))
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._answer(reader, writer, account, sending)
        self._attached.pop(grown).cancel()
        writer.close()

    async def drain(self) -> None:
        """Let every connection have the last records, then hang up on all of them."""
        self._closing = True
        tasks = set(self._attached.values())
        for grown in self._attached:
            grown.set()
        if tasks:
            await asyncio.wait(tasks, timeout=LAST_WORDS_SECONDS)
        for task in tasks:
            task.cancel()
        await self._hang_up()

    async def _hang_up(self) -> None:
        """Close every connection; whoever does not even take what was sent loses it."""
        serving = dict(self._serving)
        for writer in serving.values():
            writer.close()
        for hurry in (False, True):
            left = [task for task in serving if not task.done()]
            for task in left if hurry else ():
                serving[task].transport.abort()
            if left:
                await asyncio.wait(left, timeout=LAST_WORDS_SECONDS / 2)

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, account: str, sending: asyncio.Lock
    ) -> None:
        while True:
            try:
                line = await reader.readline()
            except ValueError:
                await self._send(writer, sending, Refused(reason=f"a command is over {LONGEST_COMMAND} bytes long"))
                return
            if not line.endswith(b"\n"):  # what hung up in the middle of a line has asked for nothing
                return
            try:
                command = _commands.decode(line)
            except (DecodeError, RecursionError) as error:
                await self._send(writer, sending, Refused(reason=f"this is no command: {error}"))
                continue
            await self._send(writer, sending, await self._submit(command, account))

    async def _submit(self, command: AnyCommand, account: str) -> Answer:
        try:
            return await self._engine.submit(command, account)
        except Exception as error:
            log.exception("%s ended in an error of our own", type(command).__name__)
            return Refused(reason=f"our bug: {type(error).__name__}: {error}", remedy="see engine.log of this run")

    async def _send(self, writer: asyncio.StreamWriter, sending: asyncio.Lock, answer: object) -> None:
        async with sending:
            writer.write(json.encode(answer) + b"\n")
            await writer.drain()

    async def _send_records(self, writer: asyncio.StreamWriter, grown: asyncio.Event, sending: asyncio.Lock) -> None:
        offset = 0
        with contextlib.suppress(ConnectionError):
            while True:
                await grown.wait()
                grown.clear()
                while chunk := self._journal.lines(offset, CHUNK):
                    async with sending:
                        writer.write(chunk)
                        await writer.drain()
                    offset += len(chunk)
                if self._closing:
                    return
