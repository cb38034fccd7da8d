"""The writing connection: one transaction at a time. Rule: it is the right file, or nothing is written."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from console.core.errors import DatabaseError
from console.core.identity import Identity
from console.databases.sqlite import file
from console.databases.sqlite.connection import Connection

Check = Callable[[sqlite3.Connection], None]


class Writer:
    """Opens transactions with BEGIN IMMEDIATE, so that none is refused when it has already read."""

    def __init__(self, path: Path, *, patience: float) -> None:
        self.path = path
        self.connection = Connection(path, mode="rw", patience=patience)
        self.committed = 0
        """How many transactions of the run its ledger has counted; it never counts fewer again."""
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def transaction(
        self, *, expected: Identity | None, check: Check, foreign_keys: bool = True
    ) -> AsyncIterator[Connection]:
        """Hold a transaction that is rolled back unless it is committed inside; `check` may refuse it.

        What a step sets on the connection and what it keeps in temporary tables ends with the transaction.
        """

        def begin(connection: sqlite3.Connection) -> None:
            # Inside of a transaction SQLite takes no notice of this.
            connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
            connection.execute("BEGIN IMMEDIATE")
            self._ensure_right(connection, expected)
            check(connection)

        async with self._turn:
            self.connection.held = True
            try:
                await self.connection.do(begin, patient=True)
                yield self.connection
            finally:
                await self.connection.rest()

    @asynccontextmanager
    async def outside(self, *, expected: Identity, check: Check) -> AsyncIterator[Connection]:
        """Hold the connection without a transaction; what was set on it ends with this."""

        def begin(connection: sqlite3.Connection) -> None:
            self._ensure_right(connection, expected)
            check(connection)
            connection.execute("PRAGMA foreign_keys = ON")

        async with self._turn:
            self.connection.held = True
            try:
                await self.connection.do(begin, patient=True)
                yield self.connection
            finally:
                await self.connection.renew()

    async def set_wal(self) -> None:
        """Let readers go on while one writes; it is a property of the file and stays."""

        def set_it(connection: sqlite3.Connection) -> str:
            return str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])

        async with self._turn:
            mode = await self.connection.do(set_it, patient=True)
        if mode != "wal":
            raise DatabaseError(
                f"{self.path} cannot use a write-ahead log (its journal_mode stays {mode})",
                remedy="put it on a local disk, in a directory that this account can write",
            )

    def _ensure_right(self, connection: sqlite3.Connection, expected: Identity | None) -> None:
        found = file.identity(connection, self.path, opened=self.connection.opened)
        if expected is not None:
            file.ensure_expected(found, expected)
