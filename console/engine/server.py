"""The engine's end of the socket.

Rule: one line in is a command, one line out an answer or a journal record, in order; whoever floods, stalls or
sends nonsense takes only their own account's share of the engine.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec import DecodeError, json
from msgspec.structs import replace

from console.core.commands import LONGEST_COMMAND, Amend, Answer, AnyCommand, Refused
from console.core.pen import Journal
from console.engine.engine import Engine
from console.engine.incoming import Incoming, Overdone
from console.engine.room import Room

LONGEST_WORDS = 256 * 1024
"""Bytes of a command that carries no runbook."""
LONGEST_REASON = 2000
"""Characters of a refusal: it may quote what was sent."""
CHUNK = 256 * 1024
"""Bytes of the journal that are read at once; a record that is longer is read whole."""
CHUNKS_KEPT = 4
"""Those read last: most of the connections that do not read stand at the same place, the beginning."""
SLICE = 64 * 1024
"""Bytes that are written before the reader's pace is heeded."""
CONNECTIONS_EACH = 32
"""Of one account."""
CONNECTIONS = 128
"""Of all accounts but the driver's and the engine's own, which find room even then."""
HALF_SENT_EACH = 4 * LONGEST_COMMAND
"""Bytes of long commands that one account may be in the middle of."""
HALF_SENT = 8 * LONGEST_COMMAND
PACE_SECONDS = 0.005
"""How long an account's next command waits for the others."""
LAST_WORDS_SECONDS = 2.0
"""How long a slow reader is waited for at the end."""

log = logging.getLogger(__name__)
_commands = json.Decoder(AnyCommand)


@dataclass(frozen=True, slots=True, eq=False)
class _Caller:
    """One connection."""

    account: str
    writer: asyncio.StreamWriter
    grown: asyncio.Event = field(default_factory=asyncio.Event)
    sending: asyncio.Lock = field(default_factory=asyncio.Lock)


class Server:
    """Serves whoever is attached: all records from the first on, and answers to what they ask."""

    def __init__(
        self, *, engine: Engine, journal: Journal, account_of: Callable[[asyncio.StreamWriter], str], owner: str
    ) -> None:
        self._engine, self._journal, self._account_of, self._owner = engine, journal, account_of, owner
        self._attached: dict[asyncio.Event, asyncio.Task[None]] = {}
        self._serving: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._connections = Room(each=CONNECTIONS_EACH, everybody=CONNECTIONS)
        self._half_sent = Room(each=HALF_SENT_EACH, everybody=HALF_SENT)
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._chunks: dict[int, bytes] = {}
        self._owed = 0
        """Answers that somebody waits for."""
        self._answered = asyncio.Event()
        self._answered.set()
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
        account = self._account_of(writer)
        if not self._connections.take(account, favoured=self._favoured(account)):
            writer.write(json.encode(_crowded(account)) + b"\n")
            writer.close()
            return
        serving = asyncio.create_task(self._serve(reader, _Caller(account, writer)))
        self._serving[serving] = writer
        serving.add_done_callback(self._serving.pop)
        try:
            with contextlib.suppress(asyncio.CancelledError):  # asyncio would tell of it in a traceback
                await serving
        finally:
            self._connections.give_back(account)

    def _favoured(self, account: str) -> bool:
        return account in (self._owner, self._engine.state.driver)

    async def _serve(self, reader: asyncio.StreamReader, caller: _Caller) -> None:
        self.seen = True
        caller.grown.set()
        self._attached[caller.grown] = asyncio.create_task(self._send_records(caller))
        with contextlib.suppress(ConnectionError):
            await self._answer(reader, caller)
        self._attached.pop(caller.grown).cancel()
        caller.writer.close()

    async def drain(self) -> None:
        """Let every connection have the last records, then hang up on all of them."""
        self._closing = True
        tasks = set(self._attached.values())
        for grown in self._attached:
            grown.set()
        if tasks:
            await asyncio.wait(tasks, timeout=LAST_WORDS_SECONDS)
        with contextlib.suppress(TimeoutError):
            # The command that ended the run, above all, has its answer.
            await asyncio.wait_for(self._answered.wait(), LAST_WORDS_SECONDS)
        for task in tasks:
            task.cancel()
        await self._hang_up()

    def _owe(self, more: int) -> None:
        self._owed += more
        if self._owed:
            self._answered.clear()
        else:
            self._answered.set()

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

    async def _answer(self, reader: asyncio.StreamReader, caller: _Caller) -> None:
        incoming = Incoming(reader, account=caller.account, room=self._half_sent)
        try:
            while line := await incoming.line(favoured=self._favoured(caller.account)):
                self._owe(1)
                try:
                    answer = await self._in_turn(line, caller.account)
                    incoming.release()
                    await self._send(caller, answer)
                finally:
                    self._owe(-1)
        except Overdone as error:
            await self._send(caller, error.refused)
        finally:
            incoming.release()

    async def _in_turn(self, line: bytes, account: str) -> Answer:
        """Answer one command of an account at a time; the next one waits a little, this answer does not."""
        turn = self._turns[account]
        await turn.acquire()
        try:
            return await self._reply(line, account)
        finally:
            asyncio.get_running_loop().call_later(PACE_SECONDS, turn.release)

    async def _reply(self, line: bytes, account: str) -> Answer:
        try:
            command = _commands.decode(line)
        except (DecodeError, UnicodeDecodeError, RecursionError) as error:
            return Refused(
                reason=f"this is no command: {error}"[:LONGEST_REASON], remedy="send one JSON object on each line"
            )
        if len(line) > LONGEST_WORDS and not isinstance(command, Amend):
            return Refused(reason=f"a remark is over {LONGEST_WORDS} bytes long", remedy="say it in fewer words")
        answer = self._engine.logbook.secrets.out_of(await self._submit(command, account))
        if isinstance(answer, Refused):
            return replace(answer, reason=answer.reason[:LONGEST_REASON])
        return answer

    async def _submit(self, command: AnyCommand, account: str) -> Answer:
        try:
            return await self._engine.submit(command, account)
        except Exception as error:
            log.exception("%s ended in an error of our own", type(command).__name__)
            return Refused(reason=f"our bug: {type(error).__name__}", remedy="see engine.log of this run")

    async def _send(self, caller: _Caller, answer: Answer) -> None:
        async with caller.sending:
            caller.writer.write(json.encode(answer) + b"\n")
            await caller.writer.drain()

    async def _send_records(self, caller: _Caller) -> None:
        offset = 0
        with contextlib.suppress(ConnectionError):
            while True:
                await caller.grown.wait()
                caller.grown.clear()
                while chunk := self._lines(offset):
                    async with caller.sending:
                        await _write(caller.writer, chunk)
                    offset += len(chunk)
                if self._closing:
                    return

    def _lines(self, offset: int) -> bytes:
        """Return whole lines from there on; what was read lately is shared, and never changes: it only grows."""
        found = self._chunks.get(offset) or self._journal.lines(offset, CHUNK)
        if found:
            self._chunks[offset] = found
        if len(self._chunks) > CHUNKS_KEPT:
            del self._chunks[next(iter(self._chunks))]
        return found


async def _write(writer: asyncio.StreamWriter, chunk: bytes) -> None:
    """Write at the reader's pace, so that one who never reads takes no memory."""
    for start in range(0, len(chunk), SLICE):
        writer.write(memoryview(chunk)[start : start + SLICE])
        await writer.drain()


def _crowded(account: str) -> Refused:
    return Refused(
        reason=f"too many are attached to this run already, of {account} or of all",
        remedy=f"close some of them: {CONNECTIONS_EACH} for each account, {CONNECTIONS} in all",
    )
