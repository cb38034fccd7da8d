"""What a step is given of a SQLite database. Rule: each commit writes the ledger row and needs the lease."""

import sqlite3
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, TypeVar

from console.core.errors import DatabaseError
from console.core.identity import Identity
from console.core.ports import LedgerEntry, Rows, Say, Ticket, unheard
from console.databases import ledger
from console.databases.purposes import sql_for
from console.databases.sqlite import digest, failures, file, stored
from console.databases.sqlite.connection import Connection
from console.databases.sqlite.file import ENGINE
from console.databases.sqlite.quoting import without_values
from console.databases.sqlite.writer import Writer
from console.statements import split

T = TypeVar("T")

LIMIT = 1000
"""Rows that a query returns unless it is told otherwise."""
LIMIT_OF_ANSWERS = 100_000
"""Rows that a question of the port returns: all objects of any schema."""


class SqliteTransaction:
    """An open transaction of a step."""

    def __init__(self, connection: Connection) -> None:
        self.committed_position: tuple[str, int] | None = None
        self._connection = connection

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Execute one statement; return the rows it changed, -1 when it is none that changes rows."""

        def job(connection: sqlite3.Connection) -> int:
            _ensure_open(connection)
            with self._connection.authority.of_a_step():
                return _executed(connection, sql, parameters)

        return await self._connection.do(job)

    async def fetch(self, sql: str, parameters: Sequence[Any] = ()) -> Rows:
        """Query inside the transaction."""

        def job(connection: sqlite3.Connection) -> Rows:
            _ensure_open(connection)
            with self._connection.authority.of_a_step():
                return _queried(connection, sql, parameters, limit=LIMIT)

        return await self._connection.do(job)

    def position(self, position: str, rows: int) -> None:
        """Commit this position with the transaction."""
        self.committed_position = (position, rows)


class SqliteDatabase:
    """The handle for one step: reads on one connection, writes on the other."""

    engine = ENGINE

    def __init__(
        self, reader: Connection, writer: Writer, *, ticket: Ticket, expected: Identity, say: Say = unheard
    ) -> None:
        self.ticket = ticket
        self.say = say
        self._reader = reader
        self._writer = writer
        self._expected = expected
        self._began: float | None = None

    async def query(self, sql: str, parameters: Sequence[Any] = (), *, limit: int = LIMIT) -> Rows:
        """Read; what does more is refused."""
        job = partial(_queried, sql=sql, parameters=parameters, limit=limit)
        return await self._read(job)

    async def ask(self, purpose: str, **parameters: Any) -> Rows:
        """Run the query of that purpose."""
        sql = sql_for(purpose, engine=ENGINE)
        if purpose == "broken_references" and parameters.get("table"):
            await self._ensure_table(parameters["table"])
        job = partial(_queried, sql=sql, parameters=parameters, limit=LIMIT_OF_ANSWERS)
        return await self._read(job)

    async def checksum(self, table: str, columns: Sequence[str]) -> str:
        """Return a digest of the columns of all rows in the order of the key; no columns: all of them."""
        return await self._read(partial(digest.checksum, table=table, columns=columns))

    async def attempt(self, sql: str) -> str | None:
        """Execute and roll back; return what SQLite says against the statement.

        A full disk, a lock or a cancel is no answer to the statement and is raised.
        """

        def job(connection: sqlite3.Connection) -> str | None:
            try:
                with held.authority.of_a_step():
                    _executed(connection, sql, ())
            except failures.REFUSED as error:
                if not failures.is_the_statements(error):
                    raise
                return str(error)
            return None

        async with self._writer.transaction(expected=self._expected, check=self._ensure_held) as held:
            return await held.do(job)

    def transaction(
        self, *, completes: bool, foreign_keys: bool = True, lock_timeout: float | None = None
    ) -> AbstractAsyncContextManager[SqliteTransaction]:
        """Open a writing transaction; without foreign keys, the references are examined before it commits.

        The file's one lock is had when it opens, by the adapter's own patience; readers never wait for it.
        """
        return self._transaction(completes=completes, foreign_keys=foreign_keys)

    @asynccontextmanager
    async def _transaction(self, *, completes: bool, foreign_keys: bool) -> AsyncIterator[SqliteTransaction]:
        began = self._begin()
        async with self._writer.transaction(
            expected=self._expected, check=self._ensure_held, foreign_keys=foreign_keys
        ) as held:
            step = SqliteTransaction(held)
            yield step

            def commit(connection: sqlite3.Connection) -> None:
                _ensure_open(connection)
                if not foreign_keys:
                    stored.ensure_references(connection)
                self._record(connection, began=began, completes=completes, position=step.committed_position)
                self._commit(connection)

            await held.do(commit)

    async def execute_alone(self, sql: str, *, completes: bool = True) -> None:
        """Execute a statement that cannot be in a transaction; the ledger row follows."""
        began = self._begin()
        async with self._writer.outside(expected=self._expected, check=self._ensure_held) as held:
            await held.do(partial(_executed_alone, sql=sql), patient=True)

        def commit(connection: sqlite3.Connection) -> None:
            self._record(connection, began=began, completes=completes, position=None)
            self._commit(connection)

        async with self._writer.transaction(expected=self._expected, check=self._ensure_held) as held:
            await held.do(commit)

    async def entry(self) -> LedgerEntry | None:
        """Return what the ledger says of this step in this run."""
        return await self._read(lambda connection: stored.entry(connection, self.ticket))

    async def quote(self, identifier: str) -> str:
        """Return a (dotted) name in grave accents."""
        return digest.quoted(identifier)

    async def _read(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Read from the file that is expected. Raises WrongTarget for another one."""

        def right(connection: sqlite3.Connection) -> T:
            found = file.identity(connection, self._writer.path, opened=self._reader.opened)
            file.ensure_expected(found, self._expected)
            return job(connection)

        return await self._reader.do(right, patient=True)

    def _begin(self) -> float:
        """Return when the first transaction of this handle began."""
        if self._began is None:
            self._began = time.monotonic()
        return self._began

    def _ensure_held(self, connection: sqlite3.Connection) -> None:
        stored.ensure_held(connection, self.ticket)
        ledger.ensure_remembered(stored.all_commits(connection, self.ticket), after=self._writer.committed)

    def _commit(self, connection: sqlite3.Connection) -> None:
        counted = stored.all_commits(connection, self.ticket)
        stored.commit(connection, self.ticket)
        self._writer.committed = counted

    def _record(
        self,
        connection: sqlite3.Connection,
        *,
        began: float,
        completes: bool,
        position: tuple[str, int] | None,
    ) -> None:
        changed = ledger.written(
            stored.entry(connection, self.ticket),
            self.ticket,
            completes=completes,
            now=stored.now(connection),
            milliseconds=round((time.monotonic() - began) * 1000),
            position=position,
        )
        stored.record(connection, changed)

    async def _ensure_table(self, table: str) -> None:
        """Refuse a name that is no table's: SQLite would answer that nothing is wrong with it."""
        found = await self.ask("object", kind="table", name=table)
        if not found.rows:
            raise DatabaseError(f"There is no table {table}", remedy="correct the table's name")


def _ensure_open(connection: sqlite3.Connection) -> None:
    """Refuse to go on when SQLite has ended the transaction by itself, as it does on a full disk or a cancel."""
    if not connection.in_transaction:
        raise DatabaseError("The transaction has been rolled back; nothing more is executed in it")


def _executed(connection: sqlite3.Connection, sql: str, parameters: Sequence[Any]) -> int:
    """Execute one statement to its end; return the rows it changed itself, -1 when it is none that does."""
    with without_values(connection, sql, parameters):
        cursor = connection.execute(sql, parameters)
        # To its end, because a guard such as SELECT json(x) may fail at a later row.
        deque(cursor, maxlen=0)
    changed = cursor.rowcount
    cursor.close()
    if changed >= 0:
        return changed
    # The driver counts only for what begins with INSERT, UPDATE, DELETE or REPLACE, not for WITH.
    if all(statement.kind != "write" for statement in split(sql, engine=ENGINE)):
        return -1
    return int(connection.execute("SELECT changes()").fetchone()[0])


def _executed_alone(connection: sqlite3.Connection, sql: str) -> None:
    with without_values(connection, sql):
        deque(connection.execute(sql), maxlen=0)
    if connection.in_transaction:
        raise DatabaseError(f"{sql} began a transaction; it was rolled back", remedy="leave BEGIN to the console")


def _queried(connection: sqlite3.Connection, sql: str, parameters: Any, limit: int) -> Rows:
    began = time.monotonic()
    with without_values(connection, sql, parameters):
        cursor = connection.execute(sql, parameters)
        found = cursor.fetchmany(limit + 1)
    columns = tuple(str(column[0]) for column in cursor.description or ())
    cursor.close()
    return Rows(
        columns=columns,
        rows=tuple(found[:limit]),
        truncated=len(found) > limit,
        seconds=time.monotonic() - began,
    )
