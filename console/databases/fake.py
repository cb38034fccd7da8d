"""A scripted target in memory, for tests of what needs a database. Rule: it passes the contract suite of the real ones.

It answers by SQL text, and fails, disconnects or hangs where it is told to:

    target = FakeTarget({"SELECT count(*) FROM users": [(3,)], "UPDATE users SET x = 1": 3})
    target.fail("committed", Disconnected("gone"), sql=COMMIT)
    target.hang("sent", sql="UPDATE users SET x = 1")
"""

import asyncio
import copy
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from msgspec import Struct

from console.core.errors import DatabaseError, Interrupted, WrongTarget
from console.core.identity import Identity
from console.core.observations import How, Observation
from console.core.ports import Lease, LedgerEntry, Rows, Say, Ticket, unheard
from console.core.server_events import Debris
from console.databases import ledger

Content = dict[str, Any]
"""What is stored; a transaction works on a copy."""
Table = Sequence[tuple[Any, ...]]
Answer = int | Table | DatabaseError | Callable[[Content, Any], "int | Table"]
"""Rows changed, rows read, an error, or a function of the content and the statement's parameters."""
Point = Literal["sent", "committed"]
"""A statement has left and nothing is done yet · it is done and its answer is on the way."""

COMMIT = "COMMIT"
FIRST_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


class Fault(Struct, frozen=True, kw_only=True):
    """What happens once at a point; no `error` means that it hangs until it is cancelled."""

    point: Point
    sql: str
    error: Exception | None


class FakeTarget:
    """A database that says what it was told to say.

    `answers` is by SQL text, `ask <purpose>` and `checksum <table>`; `sent` lists all that was sent. Assign to
    `facts` to put another database in its place.
    """

    def __init__(
        self, answers: Mapping[str, Answer], *, content: Content | None = None, engine: str = "sqlite"
    ) -> None:
        self.answers = dict(answers)
        self.content: Content = content or {}
        self.facts = {"serial": "1"}
        self.sent: list[str] = []
        self.rows: dict[tuple[str, str], LedgerEntry] = {}
        self.epoch = 0
        self.holder: Lease | None = None
        self.runs: set[str] = set()
        self.seen: tuple[Observation, ...] = ()
        self.sessions: set[tuple[int, str]] = set()
        """Process and moment of its connection."""
        self.half_made: tuple[Debris, ...] = ()
        self._engine = engine
        self._faults: list[Fault] = []
        self._cancelled = asyncio.Event()
        self._hanging = False
        self._turn = asyncio.Lock()

    def fail(self, point: Point, error: Exception, *, sql: str) -> None:
        """Let this statement raise the error, once, at that point."""
        self._faults.append(Fault(point=point, sql=sql, error=error))

    def hang(self, point: Point, *, sql: str) -> None:
        """Let this statement wait, once, at that point until it is cancelled."""
        self._faults.append(Fault(point=point, sql=sql, error=None))

    async def identity(self) -> Identity:
        """Return the facts as they are."""
        return Identity(engine=self._engine, version="1", name="fake", label="fake:", facts=dict(self.facts))

    async def claim(self, lease: Lease, *, take_over: bool = False, begins: bool = False, after: int = 0) -> int:
        """Take the lease and return the new epoch."""
        other = (row.environment for row in self.rows.values() if row.environment != lease.environment)
        ledger.ensure_environment(next(other, None), lease)
        ledger.ensure_reached(self.epoch, after=after)
        ledger.ensure_free(self.holder, lease, take_over=take_over)
        known = lease.run in self.runs | {run for run, _ in self.rows}
        ledger.ensure_new(lease, known=begins and known)
        self.holder = lease
        self.runs.add(lease.run)
        self.epoch += 1
        return self.epoch

    async def release(self, epoch: int) -> None:
        """Give the lease back, if it is still held at that epoch."""
        if epoch == self.epoch:
            self.holder = None

    def bind(self, ticket: Ticket, expected: Identity, *, say: Say = unheard) -> "FakeDatabase":
        """Return the handle for one step."""
        return FakeDatabase(self, ticket=ticket, expected=expected, engine=self._engine, say=say)

    async def observe(self, step: str) -> tuple[Observation, ...]:
        """Return what was scripted as seen."""
        return self.seen

    async def end_session(self, pid: int, since: str, *, how: How) -> bool:
        """End a scripted session."""
        named = (pid, since) in self.sessions
        self.sessions.discard((pid, since))
        return named

    async def debris(self) -> tuple[Debris, ...]:
        """Return what was scripted as half-made."""
        return self.half_made

    async def ledger(self) -> tuple[LedgerEntry, ...]:
        """Return all ledger rows in the order in which they were first written."""
        return tuple(self.rows.values())

    async def cancel(self) -> None:
        """Wake the statement that hangs."""
        if self._hanging:
            self._cancelled.set()

    async def close(self) -> None:
        """Wake the statement that hangs."""
        await self.cancel()

    async def answer(self, sql: str, parameters: Any, content: Content) -> int | Table:
        """Return the scripted answer, with its effect on the content."""
        self.sent.append(sql)
        await self.reach("sent", sql)
        if sql not in self.answers:
            raise DatabaseError(f"The fake has no answer to {sql}", remedy="script one")
        answer = self.answers[sql]
        if isinstance(answer, DatabaseError):
            raise answer
        given = answer(content, parameters) if callable(answer) else answer
        await self.reach("committed", sql)
        return given

    async def reach(self, point: Point, sql: str) -> None:
        """Let happen what was scripted for this point."""
        fault = next((one for one in self._faults if (one.point, one.sql) == (point, sql)), None)
        if fault is None:
            return
        self._faults.remove(fault)
        if fault.error is not None:
            raise fault.error
        self._hanging = True
        try:
            await self._cancelled.wait()
        finally:
            self._hanging = False
            self._cancelled.clear()
        raise Interrupted("The statement was cancelled and has been rolled back")

    def ensure(self, expected: Identity) -> None:
        """Refuse to be another database than the expected one."""
        if self.facts != expected.facts:
            raise WrongTarget("The fake is not the database that this run began on", remedy="put it back")

    @asynccontextmanager
    async def change(self, ticket: Ticket, expected: Identity) -> AsyncIterator[Content]:
        """Hold a copy of the content for a ticket that may write."""
        async with self._turn:
            self.ensure(expected)
            ledger.ensure_held(self.epoch, self.holder, ticket)
            yield copy.deepcopy(self.content)

    async def commit(
        self, content: Content, ticket: Ticket, *, completes: bool, position: tuple[str, int] | None
    ) -> None:
        """Make a copy the content, with its ledger row."""
        self.sent.append(COMMIT)
        await self.reach("sent", COMMIT)
        self.content = content
        key = (ticket.run, ticket.step)
        self.rows[key] = ledger.written(
            self.rows.get(key),
            ticket,
            completes=completes,
            now=(FIRST_MOMENT + timedelta(seconds=len(self.sent))).isoformat(),
            milliseconds=1,
            position=position,
        )
        await self.reach("committed", COMMIT)


class FakeTransaction:
    """An open transaction: a copy of the content."""

    def __init__(self, target: FakeTarget, content: Content) -> None:
        self.committed_position: tuple[str, int] | None = None
        self._target = target
        self._content = content

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Let the statement have its scripted effect on the copy."""
        changed = await self._target.answer(sql, parameters, self._content)
        return changed if isinstance(changed, int) else -1

    async def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> Rows:
        """Return the scripted rows, of the copy."""
        return _rows(await self._target.answer(sql, parameters, self._content), limit=1000)

    def position(self, position: str, rows: int) -> None:
        """Commit this position with the transaction."""
        self.committed_position = (position, rows)


class FakeDatabase:
    """The handle for one step."""

    def __init__(
        self, target: FakeTarget, *, ticket: Ticket, expected: Identity, engine: str, say: Say = unheard
    ) -> None:
        self.engine = engine
        self.ticket = ticket
        self.say = say
        self._target = target
        self._expected = expected

    async def query(self, sql: str, parameters: Sequence[Any] = (), *, limit: int = 1000) -> Rows:
        """Return the scripted rows; an answer that writes is refused."""
        return await self._read(sql, parameters, limit=limit)

    async def ask(self, purpose: str, **parameters: Any) -> Rows:
        """Return the answer to `ask <purpose>`, whose parameters are by name."""
        return await self._read(f"ask {purpose}", parameters, limit=1000)

    async def checksum(self, table: str, columns: Sequence[str]) -> str:
        """Return the first value of the answer to `checksum <table>`, whose parameters are the columns."""
        return str((await self.query(f"checksum {table}", columns)).rows[0][0])

    async def attempt(self, sql: str) -> str | None:
        """Return the scripted error and forget the effect."""
        async with self._target.change(self.ticket, self._expected) as content:
            try:
                await self._target.answer(sql, (), content)
            except Interrupted:
                raise
            except DatabaseError as error:
                return error.message
        return None

    @asynccontextmanager
    async def transaction(
        self, *, completes: bool, foreign_keys: bool = True, lock_timeout: float | None = None
    ) -> AsyncIterator[FakeTransaction]:
        """Work on a copy; a COMMIT makes it the content, together with the ledger row."""
        async with self._target.change(self.ticket, self._expected) as content:
            transaction = FakeTransaction(self._target, content)
            yield transaction
            position = transaction.committed_position
            await self._target.commit(content, self.ticket, completes=completes, position=position)

    async def execute_alone(self, sql: str, *, completes: bool = True) -> None:
        """Let the statement have its scripted effect at once; the ledger row follows."""
        async with self._target.change(self.ticket, self._expected):
            content = self._target.content
            await self._target.answer(sql, (), content)
            await self._target.commit(content, self.ticket, completes=completes, position=None)

    async def entry(self) -> LedgerEntry | None:
        """Return what the ledger says of this step in this run."""
        self._target.ensure(self._expected)
        return self._target.rows.get((self.ticket.run, self.ticket.step))

    async def quote(self, identifier: str) -> str:
        """Return a (dotted) name in double quotes."""
        return ".".join('"' + part.replace('"', '""') + '"' for part in identifier.split("."))

    async def _read(self, sql: str, parameters: Any, *, limit: int) -> Rows:
        self._target.ensure(self._expected)
        content = copy.deepcopy(self._target.content)
        answer = await self._target.answer(sql, parameters, content)
        if isinstance(answer, int) or content != self._target.content:
            raise DatabaseError(f"A query may only read: {sql}", remedy="put what writes into a sql step")
        return _rows(answer, limit=limit)


def _rows(answer: int | Table, *, limit: int) -> Rows:
    found = [] if isinstance(answer, int) else [tuple(row) for row in answer]
    columns = tuple(f"column{number}" for number in range(1, len(found[0]) + 1)) if found else ()
    return Rows(columns=columns, rows=tuple(found[:limit]), truncated=len(found) > limit, seconds=0.0)
