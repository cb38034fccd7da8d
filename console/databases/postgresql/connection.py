"""A connection that is opened when it is needed, and again when it was lost. Rule: cancel always gets through."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

from psycopg.errors import Diagnostic

from console.core.errors import DatabaseError, Disconnected, Interrupted, Unreachable
from console.core.identity import Identity
from console.databases.postgresql import server
from console.databases.postgresql.reaching import Tell, reached_again, untold
from console.databases.postgresql.session import Session
from console.databases.postgresql.wire import Answer

AGAIN = "it is opened anew for the next transaction"
PATIENCE = 10
"""Seconds for a statement that was cancelled to end before its connection is closed."""
READING = "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"

Heard = Callable[[Diagnostic], None]
"""Takes what the server notices; it must not wait for anything."""


class Connection:
    """Does one piece of work after another, each on an open session."""

    def __init__(self, conninfo: str, *, reads_only: bool, away: float = 0.0) -> None:
        self._conninfo = conninfo
        self._away = away
        self._reads_only = reads_only
        self._session: Session | None = None
        self._turn = asyncio.Lock()
        self._stop = False
        self._at_work = False
        self._under_way = False
        self._number = 0
        self._closed = False
        self._reached = False
        self._tell: Tell = untold
        self._heard: Heard | None = None

    @property
    def pid(self) -> int:
        """The server's process; 0 when there is none."""
        return self._session.pid if self._session is not None else 0

    @property
    def since(self) -> str:
        """When that process began; empty when there is none."""
        return self._session.since if self._session is not None else ""

    @property
    def boot(self) -> str:
        """When its server was started; empty when there is no session."""
        return self._session.boot if self._session is not None else ""

    @property
    def number(self) -> int:
        """Of the statement under way, or the last one."""
        return self._number

    def give_up(self) -> None:
        """Stop waiting for the answer to the statement under way."""
        if self._session is not None and self._under_way:
            self._session.give_up()

    @property
    def under_way(self) -> bool:
        """Whether the answer to a statement is awaited."""
        return self._under_way

    @contextmanager
    def heard(self, said: Heard) -> Iterator[None]:
        """Until this ends, pass on what the server notices."""
        self._heard = said
        try:
            yield
        finally:
            self._heard = None

    @asynccontextmanager
    async def work(self, *, tell: Tell = untold) -> AsyncIterator[None]:
        """Hold the connection; a cancel from here on stops the statement under way or the next one.

        When the server has to be waited for, that is told.

        Whatever state the work leaves, the next one begins with nothing open, set or locked.
        """
        async with self._turn:  # whoever waits here is not meant by a cancel of the one before
            self._stop, self._at_work, self._tell = False, True, tell
            try:
                yield
            finally:
                self._stop, self._at_work, self._tell = False, False, untold
                await self._rest()

    @asynccontextmanager
    async def reading(
        self, *, expected: Identity | None = None, name: str = "", tell: Tell = untold
    ) -> AsyncIterator[None]:
        """Hold a transaction that the server lets only read, and that leaves nothing; it is shown by that name.

        Raises WrongTarget when it is another database than `expected`.
        """
        async with self.work(tell=tell):
            if name:
                await self._be_called(name)
            await self.first(READING)
            if expected is not None:
                server.ensure_same(await self.identity(), expected)
            yield

    async def _be_called(self, name: str) -> None:
        if (await self._opened()).called != name:
            await self.first("SELECT set_config('application_name', ?, false)", [name])
            (await self._opened()).called = name

    async def first(self, sql: str, parameters: Sequence[Any] = ()) -> Answer:
        """Execute what does no harm when it is done twice; a connection that was lost meanwhile is opened again."""
        await self._opened()
        try:
            return await self.run(sql, parameters)
        except Disconnected:
            await self._opened()
        try:
            return await self.run(sql, parameters)
        except Disconnected as error:
            raise Unreachable(error.message, remedy="nothing was done yet; try again when it answers") from error

    async def _opened(self) -> Session:
        if self._closed:
            raise Unreachable("The connection to PostgreSQL was closed", remedy="open it again")
        if self._session is None or not self._session.alive:
            await self.drop()
            self._session = await self._connected()
            self._session.hear(self._noticed)
        return self._session

    def _noticed(self, said: Diagnostic) -> None:
        if self._heard is not None:
            self._heard(said)

    async def _connected(self) -> Session:
        """Connect; a server that was reached before is waited for, as long as `away` says."""
        patience = self._away if self._reached else 0.0
        session = await reached_again(
            lambda: Session.opened(self._conninfo, reads_only=self._reads_only),
            patience=patience,
            stopped=lambda: self._stop or self._closed,
            tell=self._tell,
        )
        self._reached = True
        return session

    @property
    def schema(self) -> str:
        """The ledger's schema, in double quotes; empty before the first connection."""
        return self._session.schema if self._session is not None else ""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open that has not failed."""
        return self._session is not None and self._session.in_transaction

    async def identity(self) -> Identity:
        """Return what it is connected to."""
        async with self._statement() as session:
            return await server.identity(session)

    async def run(self, sql: str, parameters: Sequence[Any] = (), *, keep: int = 1000, stops: bool = False) -> Answer:
        """Execute one statement."""
        async with self._statement() as session:
            return await session.run(sql, parameters, keep=keep, stops=stops)

    async def ask(self, purpose: str, **named: Any) -> Answer:
        """Run the query of that purpose."""
        async with self._statement() as session:
            return await session.ask(purpose, **named)

    async def copied(self, sql: str, into: Callable[[Any], None]) -> None:
        """Hand the bytes of a COPY … TO STDOUT to a function."""
        async with self._statement() as session:
            await session.copied(sql, into)

    async def cancel(self) -> None:
        """Stop the statement under way, or the next one of the work that is held."""
        if not self._at_work:
            return
        self._stop = True
        if self._under_way and self._session is not None:
            await self._session.cancel()

    async def close(self) -> None:
        """Stop what is under way and end the connection."""
        self._closed = True
        await self.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE), self._turn:
                pass
        await self.drop()

    async def drop(self) -> None:
        """End the session; the next statement opens another one."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    @asynccontextmanager
    async def _statement(self) -> AsyncIterator[Session]:
        session = self._session
        if session is None or not session.alive:
            raise Disconnected("The connection to PostgreSQL is lost, and with it what was open", remedy=AGAIN)
        if self._stop:
            raise Interrupted("The statement was cancelled before it began")
        session.asked_to_stop, self._under_way = False, True
        self._number += 1
        try:
            yield session
        finally:
            self._under_way = False

    async def _rest(self) -> None:
        """Roll back, and leave nothing set, temporary or locked; what cannot be cleaned is closed."""
        session = self._session
        if session is None:
            return
        try:
            if not session.idle:
                await session.run("ROLLBACK")
            # A lock of the session outlives the transaction that took it, also one that could only read.
            await session.run("SELECT pg_advisory_unlock_all()" if self._reads_only else "DISCARD ALL")
        except BaseException as error:
            await self.drop()
            if not isinstance(error, DatabaseError):
                raise
