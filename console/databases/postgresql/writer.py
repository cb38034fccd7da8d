"""The writing connection: one transaction at a time. Rule: it is the right server, and nobody else is at work there.

While something is under way its session holds an advisory lock of the session, not of the transaction. A console that
was killed leaves that session working, and it may still commit: whoever comes next finds the lock taken and waits.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from console.core.errors import DatabaseError, GateError
from console.core.identity import Identity
from console.core.ports import Ticket
from console.databases.postgresql import failures, server
from console.databases.postgresql.connection import Connection
from console.databases.postgresql.naming import PROGRAM, called
from console.databases.postgresql.reaching import Tell, untold

Check = Callable[[Connection], Awaitable[None]]

_CLASS = {"class": 0x52424B}
"""First half of the advisory lock's key; the second is the object identifier of the ledger's schema."""
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.5
"""Seconds between two tries to get the lock."""
BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"


class Writer:
    """Opens transactions, and holds the connection for what cannot be in one."""

    def __init__(self, conninfo: str, *, patience: float, away: float = 0.0) -> None:
        self.connection = Connection(conninfo, reads_only=False, away=away)
        self._patience = patience
        self.committed = 0
        """How many transactions of the run its ledger has counted; it never counts fewer again."""
        self._marker = ""
        """What is set in the session that holds the lock."""

    @asynccontextmanager
    async def transaction(
        self, *, expected: Identity | None, check: Check, ticket: Ticket | None, tell: Tell = untold
    ) -> AsyncIterator[Connection]:
        """Hold a transaction that is rolled back unless it is committed inside; `check` may refuse it.

        What a step sets on the connection and what it keeps in temporary tables ends with the transaction.
        """
        async with self._alone(ticket, tell=tell) as connection:
            await self._begin(expected=expected, check=check)
            yield connection

    @asynccontextmanager
    async def outside(
        self, *, expected: Identity, check: Check, ticket: Ticket, tell: Tell = untold
    ) -> AsyncIterator[Connection]:
        """Hold the connection without a transaction; what was set on it ends with this."""
        async with self._alone(ticket, tell=tell) as connection:
            await self._begin(expected=expected, check=check)
            await connection.run("ROLLBACK")
            yield connection

    async def begin_again(self, ticket: Ticket, expected: Identity) -> None:
        """After the connection was lost: open another one, once the lost session has ended."""
        await self._take_lock(ticket)
        found = await self.connection.identity()
        server.ensure_expected(found, expected)

    @asynccontextmanager
    async def _alone(self, ticket: Ticket | None, *, tell: Tell) -> AsyncIterator[Connection]:
        async with self.connection.work(tell=tell):
            await self._take_lock(ticket)
            yield self.connection

    async def _begin(self, *, expected: Identity | None, check: Check) -> None:
        await self.connection.run(BEGIN)
        await self._ensure_session()
        found = await self.connection.identity()
        if expected is None:
            server.ensure_primary(found)
        else:
            server.ensure_expected(found, expected)
        await check(self.connection)

    async def _ensure_session(self) -> None:
        """Refuse to go on in another session than the one that holds the lock: a pool changes them behind our back."""
        ((backend, marker),) = (await self.connection.ask("same_session")).rows
        if (backend, marker) != (self.connection.pid, self._marker):
            raise failures.pooled()

    async def _take_lock(self, ticket: Ticket | None) -> None:
        """Wait until no other session is at work. Raises GateError or, for a step, DatabaseError: which one is."""
        name = called(ticket) if ticket is not None else PROGRAM
        self._marker = uuid4().hex
        await self.connection.first("SELECT 1")
        began, pause = time.monotonic(), FIRST_PAUSE
        while True:
            schema = self.connection.schema
            answer = await self.connection.ask(
                "work_lock", application=name, schema=schema, marker=self._marker, **_CLASS
            )
            if answer.rows[0][0]:
                return
            if time.monotonic() - began >= self._patience:
                await refuse_while_at_work(self.connection, error=GateError if ticket is None else DatabaseError)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


async def refuse_while_at_work(
    connection: Connection, *, but: int = 0, error: type[DatabaseError] | type[GateError]
) -> None:
    """Raise the error that names the session at work, if there still is one."""
    for pid, application, address, since in (await at_work(connection, but=but))[:1]:
        raise error(
            f"Another session is still at work on this database: process {pid} ({application}) from {address},"
            f" since {since}",
            remedy=f"wait until it has ended, or end it: SELECT pg_terminate_backend({pid})",
        )


async def at_work(connection: Connection, *, but: int = 0) -> tuple[tuple[Any, ...], ...]:
    """Return the other sessions that hold the lock: process, application, address, since when."""
    answer = await connection.ask("working", schema=connection.schema, pid=but or connection.pid, **_CLASS)
    return answer.rows
