"""A third connection, which only looks and asks for others to be stopped. Rule: it waits for nobody and writes nothing.

It is opened when it is first needed and counts in max_connections. Without it a step does its work all the same.
"""

import asyncio
from typing import Any

from console.core.errors import Disconnected, Unreachable
from console.databases.postgresql.session import Session
from console.databases.postgresql.wire import Answer

PATIENCE = 5.0
"""Seconds for a look, the opening of the connection included."""


class Watcher:
    """Asks one question after another, each in a transaction of its own."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._session: Session | None = None
        self._turn = asyncio.Lock()
        self._closed = False

    @property
    def named(self) -> tuple[int, str]:
        """The server's process and when it began; 0 when there is none."""
        return (self._session.pid, self._session.since) if self._session is not None else (0, "")

    @property
    def boot(self) -> str:
        """When its server was started; empty when there is no session."""
        return self._session.boot if self._session is not None else ""

    @property
    def version(self) -> int:
        """The server's version as a number, such as 160004; 0 before the first look."""
        return self._session.version_number if self._session is not None else 0

    async def ready(self) -> None:
        """Be connected before it is needed."""
        await self.ask("session")

    async def ask(self, purpose: str, **named: Any) -> Answer:
        """Run the query of that purpose. Raises Unreachable when no answer comes in time."""
        try:
            async with self._turn, asyncio.timeout(PATIENCE):
                session = await self._opened()
                try:
                    return await session.ask(purpose, **named)
                except (asyncio.CancelledError, Disconnected):
                    await self._drop()
                    raise
        except TimeoutError as error:
            raise Unreachable("The server does not answer", remedy="look at it from elsewhere") from error

    async def close(self) -> None:
        """End the connection."""
        self._closed = True
        await self._drop()

    async def _opened(self) -> Session:
        if self._closed:
            raise Unreachable("The connection to PostgreSQL was closed", remedy="open it again")
        if self._session is None or not self._session.alive:
            await self._drop()
            session = await Session.opened(self._conninfo, reads_only=True)
            try:
                await session.ask("watching")
            except BaseException:
                await session.close()
                raise
            self._session = session
        return self._session

    async def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()
