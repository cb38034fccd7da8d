"""What a step is given of a PostgreSQL database. Rule: each commit writes the ledger row and needs the lease."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

from console.core.errors import DatabaseError, Disconnected, Interrupted
from console.core.identity import Identity
from console.core.observations import Noticed
from console.core.ports import LedgerEntry, Rows, Say, Ticket, unheard
from console.databases import ledger
from console.databases.postgresql import digest, failures, stored
from console.databases.postgresql.connection import Connection
from console.databases.postgresql.guard import guarded
from console.databases.postgresql.naming import called
from console.databases.postgresql.notices import Notices
from console.databases.postgresql.session import ENGINE
from console.databases.postgresql.statement import ensure_inside
from console.databases.postgresql.values import quoted
from console.databases.postgresql.watcher import Watcher
from console.databases.postgresql.wire import Answer
from console.databases.postgresql.writer import FIRST_PAUSE, LONGEST_PAUSE, Writer, at_work, refuse_while_at_work

LIMIT = 1000
"""Rows that a query returns unless it is told otherwise."""
LIMIT_OF_ANSWERS = 100_000
"""Rows that a question of the port returns: all objects of any schema."""


class PostgresqlTransaction:
    """An open transaction of a step."""

    def __init__(self, connection: Connection, *, watcher: Watcher, notices: Notices, within: float | None) -> None:
        self.committed_position: tuple[str, int] | None = None
        self._connection = connection
        self._watcher = watcher
        self._notices = notices
        self._within = within

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Execute one statement; return the rows it changed, -1 when it is none that changes rows."""
        return (await self._run(sql, parameters, keep=0)).changed

    async def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> Rows:
        """Query inside the transaction."""
        began = time.monotonic()
        return _rows(await self._run(sql, parameters, keep=LIMIT), began=began)

    def position(self, position: str, rows: int) -> None:
        """Commit this position with the transaction."""
        self.committed_position = (position, rows)

    async def _run(self, sql: str, parameters: Sequence[Any], *, keep: int) -> Answer:
        ensure_inside(sql)
        self._notices.statement = sql
        async with guarded(self._watcher, self._connection, lock_timeout=self._within):
            answer = await self._connection.run(sql, parameters, keep=keep)
        if not self._connection.in_transaction:
            raise DatabaseError("The statement ended its transaction", remedy="leave COMMIT and ROLLBACK out")
        return answer


class PostgresqlDatabase:
    """The handle for one step: reads on one connection, writes on the other."""

    engine = ENGINE

    def __init__(
        self,
        reader: Connection,
        writer: Writer,
        watcher: Watcher,
        *,
        ticket: Ticket,
        expected: Identity,
        patience: float,
        say: Say = unheard,
    ) -> None:
        self.ticket = ticket
        self.say = say
        self._reader = reader
        self._writer = writer
        self._watcher = watcher
        self._notices = Notices(watcher, step=ticket.step, say=say)
        self._expected = expected
        self._patience = patience
        self._began: float | None = None
        self._counted = 0
        """What the run had committed before the transaction that is open."""

    async def query(self, sql: str, parameters: Sequence[Any] = (), *, limit: int = LIMIT) -> Rows:
        """Read; what does more is refused."""
        async with self._reading():
            began = time.monotonic()
            return _rows(await self._reader.run(sql, parameters, keep=limit, stops=True), began=began)

    async def ask(self, purpose: str, **parameters: Any) -> Rows:
        """Run the query of that purpose."""
        async with self._reading():
            began = time.monotonic()
            if purpose == "broken_references":
                answer = await _broken(self._reader, **parameters)
            else:
                answer = await self._reader.ask(purpose, **parameters)
            return _rows(answer, began=began)

    async def checksum(self, table: str, columns: Sequence[str]) -> str:
        """Return a digest of the columns of all rows in the order of the key; no columns: all of them."""
        async with self._reading():
            return await digest.checksum(self._reader, table, columns)

    async def attempt(self, sql: str) -> str | None:
        """Execute and roll back; return what the server says against the statement.

        A full disk, a lock, a lost connection or a cancel is no answer to the statement and is raised.
        """
        ensure_inside(sql)
        self._notices.statement = sql
        async with self._hold() as held:
            try:
                await held.run(sql, keep=0)
                await held.run("SET CONSTRAINTS ALL IMMEDIATE")
            except DatabaseError as error:
                if not failures.is_the_statements(error):
                    raise
                return error.message
        return None

    def transaction(
        self, *, completes: bool, foreign_keys: bool = True, lock_timeout: float | None = None
    ) -> AbstractAsyncContextManager[PostgresqlTransaction]:
        """Open a writing transaction. Without foreign keys there is none: the server never lets them go.

        `lock_timeout` is the server's own, for each lock of a statement, in seconds; what a statement of the step sets
        it to comes first. Raises LockNotFree also for a deadlock; then, too, everything was rolled back.
        """
        if not foreign_keys:
            raise DatabaseError(
                "PostgreSQL does not switch foreign keys off for a transaction",
                remedy="leave foreign_keys: off out; drop the constraint, or make it DEFERRABLE",
            )
        return self._transaction(completes=completes, within=lock_timeout)

    @asynccontextmanager
    async def _transaction(self, *, completes: bool, within: float | None) -> AsyncIterator[PostgresqlTransaction]:
        began = self._begin()
        async with self._hold() as held:
            if within is not None:
                milliseconds = max(round(within * 1000), 1)
                await held.ask(
                    "brief_locks", lock_timeout=str(milliseconds), deadlock_timeout=str(max(milliseconds // 5, 1))
                )
                with suppress(DatabaseError):
                    await self._watcher.ready()
            step = PostgresqlTransaction(held, watcher=self._watcher, notices=self._notices, within=within)
            yield step
            async with guarded(self._watcher, held, lock_timeout=within):
                await self._commit(held, began=began, completes=completes, position=step.committed_position)

    async def execute_alone(self, sql: str, *, completes: bool = True) -> None:
        """Execute a statement that cannot be in a transaction; the ledger row follows."""
        ensure_inside(sql)
        began = self._begin()
        self._notices.statement = sql
        outside = self._writer.outside(
            expected=self._expected, check=self._ensure_held, ticket=self.ticket, tell=self._tell
        )
        async with outside as held, self._notices.heard(held):
            before = await stored.digest(held)
            # A lock that is not had in time would leave half an index behind.
            await held.run("SET lock_timeout = 0")
            try:
                await held.run(sql, keep=0)
            except Interrupted as error:  # what it had committed by then is not rolled back
                raise Interrupted("The statement was cancelled") from error.__cause__
        async with self._hold() as held:
            await stored.ensure_same(held, before)
            await self._commit(held, began=began, completes=completes, position=None)

    async def entry(self) -> LedgerEntry | None:
        """Return what the ledger says of this step in this run, once no lost session can add to it."""
        began, pause = time.monotonic(), FIRST_PAUSE
        while True:
            async with self._reading():
                own = self._writer.connection.pid
                if not await at_work(self._reader, but=own):
                    return await stored.entry(self._reader, self.ticket)
                if time.monotonic() - began >= self._patience:
                    await refuse_while_at_work(self._reader, but=own, error=DatabaseError)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def quote(self, identifier: str) -> str:
        """Return a (dotted) name in double quotes."""
        return quoted(identifier)

    @asynccontextmanager
    async def _hold(self) -> AsyncIterator[Connection]:
        held = self._writer.transaction(
            expected=self._expected, check=self._ensure_held, ticket=self.ticket, tell=self._tell
        )
        async with held as connection, self._notices.heard(connection):
            yield connection

    def _reading(self) -> AbstractAsyncContextManager[None]:
        return self._reader.reading(expected=self._expected, name=called(self.ticket), tell=self._tell)

    def _tell(self, words: str) -> None:
        self.say(Noticed(step=self.ticket.step, text=words))

    def _begin(self) -> float:
        """Return when the first transaction of this handle began."""
        if self._began is None:
            self._began = time.monotonic()
        return self._began

    async def _ensure_held(self, connection: Connection) -> None:
        await stored.ensure_held(connection, self.ticket)
        self._counted = await stored.all_commits(connection, self.ticket)
        ledger.ensure_remembered(self._counted, after=self._writer.committed)

    async def _commit(
        self, held: Connection, *, began: float, completes: bool, position: tuple[str, int] | None
    ) -> None:
        """Write the ledger row and commit; when the answer is lost, find out what became of it.

        Raises DatabaseError when it was rolled back, Disconnected when nobody can tell.
        """
        # What was put off until the end belongs to the step: under its role and its search path.
        await held.run("SET CONSTRAINTS ALL IMMEDIATE")
        # A step may have made itself another role, which need not be allowed to write the ledger; this resets both.
        await held.run("RESET SESSION AUTHORIZATION")
        await held.run("RESET ROLE")
        await stored.ensure_untouched(held)
        changed = ledger.written(
            await stored.entry(held, self.ticket),
            self.ticket,
            completes=completes,
            now=await stored.now(held),
            milliseconds=round((time.monotonic() - began) * 1000),
            position=position,
        )
        counted = await stored.record(held, changed)
        try:
            answer = await held.run("COMMIT")
        except Disconnected as lost:
            await self._settle_commit(held, counted, lost)
        else:
            if answer.tag != "COMMIT":
                raise DatabaseError("The transaction had failed before its end and was rolled back")
        self._writer.committed = self._counted + 1

    async def _settle_commit(self, held: Connection, counted: int, lost: Disconnected) -> None:
        try:
            await self._writer.begin_again(self.ticket, self._expected)
            happened = await stored.commits(held, self.ticket) >= counted
        except DatabaseError as error:
            raise Disconnected(
                f"The connection was lost at COMMIT, and what became of it cannot be asked: {error.message}",
                remedy=lost.remedy,
            ) from error
        if not happened:
            raise DatabaseError(
                "The connection was lost at COMMIT, and by the ledger nothing was committed",
                remedy="run the step again",
            ) from lost


async def _broken(reader: Connection, *, table: str) -> Answer:
    """Return the rows that refer to one that is not there: table, row, parent."""
    if table:
        await digest.ensure_table(reader, table)
    rows: list[tuple[Any, ...]] = []
    for (query,) in (await reader.ask("broken_references", table=table)).rows:
        rows += (await reader.run(str(query), keep=LIMIT_OF_ANSWERS)).rows
    columns = ("table", "row", "parent")
    return Answer(columns=columns, rows=tuple(rows), more=len(rows) > LIMIT_OF_ANSWERS, tag="")


def _rows(answer: Answer, *, began: float) -> Rows:
    return Rows(columns=answer.columns, rows=answer.rows, truncated=answer.more, seconds=time.monotonic() - began)
