"""What a screen talks to: a living engine, or a file. Rule: the screen cannot tell them apart but by `authority`."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from msgspec import DecodeError, json

from console.core.commands import LONGEST_COMMAND, Answer, AnyCommand, Refused
from console.core.errors import JournalError
from console.core.events import Record
from console.core.evolve import evolve
from console.core.state import RunState
from console.storage.codec import decode_line
from console.storage.journal import read_records
from console.storage.lease import held_by, told
from console.storage.sockets import connect

LONGEST_LINE = 64 * 1024 * 1024
"""Bytes of one record on the socket at most; the first record carries the whole runbook."""

PATIENCE = 20.0
"""Seconds after which an engine that says nothing at all is given up."""

AT_ONCE = 200
"""Records taken in before the screen has a turn."""

_HUNG_UP = Refused(
    reason="the engine hung up", remedy="start it again with `runbook run`: the journal says what was done"
)


class Authority(StrEnum):
    """What a screen may do."""

    LIVE = "live"
    WATCHING = "watching"
    REPLAYING = "replaying"


class Session(Protocol):
    """A run as a screen sees it."""

    @property
    def authority(self) -> Authority:
        """What may be asked of it."""
        ...

    @property
    def account(self) -> str:
        """Who sits at this screen."""
        ...

    @property
    def state(self) -> RunState | None:
        """The fold of the records shown; None until the first one is there."""
        ...

    @property
    def records(self) -> Sequence[Record]:
        """The records that `state` is the fold of."""
        ...

    @property
    def connected(self) -> bool:
        """Whether an engine answers."""
        ...

    def now(self) -> datetime:
        """The time to draw by."""
        ...

    async def changed(self) -> None:
        """Wait until state, records or connection are other than they were."""
        ...

    async def submit(self, command: AnyCommand) -> Answer:
        """Ask for something; a refusal is an answer, not an error."""
        ...

    async def close(self) -> None:
        """Let go; the engine goes on."""
        ...


class Live:
    """The engine's socket: every record from the first one on, and answers to commands."""

    authority = Authority.LIVE

    def __init__(self, *, account: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.account = account
        self.connected = True
        self.state: RunState | None = None
        self.records: list[Record] = []
        self.trouble = ""
        """Why the connection ended, when it was not in good order."""
        self.turned_away: Refused | None = None
        """What the engine said instead of showing the run."""
        self._reader, self._writer = reader, writer
        self._answers: asyncio.Queue[Answer] = asyncio.Queue()
        self._unheard = 0
        """Answers still to come that nobody waits for."""
        self._asking = asyncio.Lock()
        self._changed = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def attach(cls, folder: Path, *, account: str) -> "Live":
        """Connect to the engine of a run and wait for its first record. Raises JournalError when none answers."""
        reader, writer = await connect(folder, limit=LONGEST_LINE)
        live = cls(account=account, reader=reader, writer=writer)
        try:
            async with asyncio.timeout(PATIENCE):
                while live.state is None and live.connected:
                    await live.changed()
        except TimeoutError as error:
            await live.close()
            raise JournalError(
                f"the engine of {folder.name} says nothing: it hangs, or its process was stopped{_whose(folder)}",
                remedy=f"look at its log, {folder}/engine.log, and at that process; once it is ended, `runbook run`"
                " goes on",
            ) from error
        if live.state is None:
            await live.close()
            if live.turned_away is not None:
                raise JournalError(live.turned_away.reason, remedy=live.turned_away.remedy)
            raise JournalError(f"the engine of {folder.name} hung up {live.trouble}".rstrip(), remedy=_HUNG_UP.remedy)
        return live

    def now(self) -> datetime:
        """Return the wall time."""
        return datetime.now(tz=UTC)

    async def changed(self) -> None:
        """Wait for a record, or for the connection to end."""
        await self._changed.wait()
        self._changed.clear()

    async def submit(self, command: AnyCommand) -> Answer:
        """Send a command and wait for its answer; of one that is too long the engine would not hear the end."""
        try:
            line = json.encode(command) + b"\n"
        except UnicodeEncodeError:
            return Refused(reason="this holds bytes that are no UTF-8", remedy="write it in that encoding")
        if len(line) > LONGEST_COMMAND:
            return Refused(reason=f"this is over {LONGEST_COMMAND} bytes long", remedy="say it in fewer words")
        async with self._asking:
            if not self.connected:
                return Refused(reason="no engine answers", remedy="start it again with `runbook run`")
            try:
                self._writer.write(line)
                await self._writer.drain()
            except OSError:
                return _HUNG_UP
            try:
                return await self._answers.get()
            except asyncio.CancelledError:
                self._forgo()
                raise

    def _forgo(self) -> None:
        """Pass over the answer that nobody waits for any more: the next one asked must not take it for its own."""
        try:
            self._answers.get_nowait()
        except asyncio.QueueEmpty:
            self._unheard += 1

    async def close(self) -> None:
        """Hang up."""
        self._reading.cancel()
        self._writer.close()

    async def _read(self) -> None:
        try:
            while line := await self._reader.readline():
                self._take(line)
                if len(self.records) % AT_ONCE == 0:
                    await asyncio.sleep(0)  # a long journal arrives while the screen is being drawn
        except (OSError, ValueError, JournalError) as error:
            self.trouble = str(error)
        self.connected = False
        await self._answers.put(_HUNG_UP)
        self._changed.set()

    def _take(self, line: bytes) -> None:
        if line.startswith(b'{"answer"'):
            try:
                answer = json.decode(line, type=Answer)
            except DecodeError as error:
                raise JournalError(f"the engine's answer cannot be read: {error}") from error
            if self.state is None and isinstance(answer, Refused):
                self.turned_away = answer
            elif self._unheard:
                self._unheard -= 1
            else:
                self._answers.put_nowait(answer)
            return
        record = decode_line(line).record
        self.state = evolve(self.state, record)
        self.records.append(record)
        self._changed.set()


def _whose(folder: Path) -> str:
    holder = held_by(folder)
    return f" ({told(holder)})" if holder else ""


class Watch(Live):
    """The same without authority: a watcher may sign, note and pause, but not drive."""

    authority = Authority.WATCHING


class Replay:
    """A journal as a film: `state` is the fold up to the cursor."""

    authority = Authority.REPLAYING
    connected = False
    CHECKPOINT = 1000
    """A state is kept at every so many records, so that a jump folds at most that many."""

    def __init__(self, records: Sequence[Record], *, account: str) -> None:
        self.account = account
        self.film = tuple(records)
        self._states: dict[int, RunState | None] = {0: None}
        self._changed = asyncio.Event()
        self.position = 0
        self.state: RunState | None = None
        self.seek(1)

    @classmethod
    def open(cls, path: Path, *, account: str) -> "Replay":
        """Read a journal. Raises JournalError when it cannot be read or has no record."""
        records = tuple(read_records(path))
        if not records:
            raise JournalError(f"{path} holds no record", remedy="give the journal.jsonl of a run")
        return cls(records, account=account)

    @property
    def records(self) -> Sequence[Record]:
        """The records up to the cursor."""
        return self.film[: self.position]

    def now(self) -> datetime:
        """Return the time of the record under the cursor."""
        return self.film[self.position - 1].at

    def seek(self, position: int) -> None:
        """Put the cursor behind the record of that number, from 1 to the last."""
        position = min(max(position, 1), len(self.film))
        if position == self.position:
            return
        start = max(each for each in self._states if each <= position)
        state = self._states[start]
        if start < self.position <= position:
            start, state = self.position, self.state
        for index in range(start, position):
            state = evolve(state, self.film[index])
            if (index + 1) % self.CHECKPOINT == 0:
                self._states[index + 1] = state
        self.position, self.state = position, state
        self._changed.set()

    async def changed(self) -> None:
        """Wait until the cursor was moved."""
        await self._changed.wait()
        self._changed.clear()

    async def submit(self, command: AnyCommand) -> Answer:
        """Refuse: a replay changes nothing."""
        return Refused(reason=f"this is a replay; {type(command).__name__} would change the run", remedy="")

    async def close(self) -> None:
        """Nothing is held."""
