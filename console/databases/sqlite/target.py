"""A SQLite file as the engine holds it: a reading and a writing connection. Rule: nothing is written before claim()."""

import sqlite3
from pathlib import Path

from console.core.errors import DatabaseError
from console.core.identity import Identity
from console.core.observations import How, Observation
from console.core.ports import Lease, LedgerEntry, Say, Ticket, unheard
from console.core.server_events import Debris
from console.databases.sqlite import file, stored
from console.databases.sqlite.connection import Connection
from console.databases.sqlite.handle import SqliteDatabase
from console.databases.sqlite.writer import Writer


class SqliteTarget:
    """An opened file; made by `opened`."""

    def __init__(self, path: Path, *, patience: float) -> None:
        self._path = path
        self._reader = Connection(path, mode="ro", patience=patience)
        self._writer = Writer(path, patience=patience)

    @classmethod
    async def opened(cls, path: Path, *, patience: float) -> "SqliteTarget":
        """Open the file; `patience` is how many seconds another connection's lock is waited for.

        Raises Unreachable when there is no such file or it is no database.
        """
        target = cls(path, patience=patience)
        try:
            # What a crashed writer left behind is taken back here; a connection that only reads cannot do it.
            await target._writer.connection.do(stored.exists, patient=True)
            await target._reader.do(stored.exists, patient=True)
        except BaseException:
            await target.close()
            raise
        return target

    async def identity(self) -> Identity:
        """Return what it is; raises Unreachable when the file is gone, WrongTarget when it was replaced."""
        return await self._reader.do(
            lambda connection: file.identity(connection, self._path, opened=self._reader.opened),
            patient=True,
        )

    async def claim(self, lease: Lease, *, take_over: bool = False, begins: bool = False, after: int = 0) -> int:
        """Create the ledger if need be, take the lease and return the new epoch."""
        await self._writer.set_wal()

        def take(connection: sqlite3.Connection) -> int:
            taken = stored.claim(connection, lease, take_over=take_over, begins=begins, after=after)
            connection.execute("COMMIT")
            return taken

        async with self._writer.transaction(expected=None, check=lambda _: None) as held:
            return await held.do(take)

    async def release(self, epoch: int) -> None:
        """Give the lease back, if it is still held at that epoch."""

        def give(connection: sqlite3.Connection) -> None:
            stored.release(connection, epoch)
            connection.execute("COMMIT")

        async with self._writer.transaction(expected=None, check=lambda _: None) as held:
            await held.do(give)

    def bind(self, ticket: Ticket, expected: Identity, *, say: Say = unheard) -> SqliteDatabase:
        """Return the handle for one step."""
        return SqliteDatabase(self._reader, self._writer, ticket=ticket, expected=expected, say=say)

    async def observe(self, step: str) -> tuple[Observation, ...]:
        """Return nothing: SQLite tells nobody how far a statement is."""
        return ()

    async def end_session(self, pid: int, since: str, *, how: How) -> bool:
        """Refuse: a file has no sessions that could be ended."""
        raise DatabaseError("SQLite has no sessions to end", remedy="end the program that holds the file")

    async def debris(self) -> tuple[Debris, ...]:
        """Return nothing: every statement is in a transaction, so that nothing stays half-made."""
        return ()

    async def ledger(self) -> tuple[LedgerEntry, ...]:
        """Return all ledger rows in the order in which they were first written."""
        return await self._reader.do(stored.entries, patient=True)

    async def cancel(self) -> None:
        """Interrupt the statement under way, or the next one of the transaction that is open."""
        self._reader.cancel()
        self._writer.connection.cancel()

    async def close(self) -> None:
        """Close both connections; an open transaction is rolled back."""
        await self._writer.connection.close()
        await self._reader.close()
