"""What the server says beside its answers. Rule: like an error it is told without values, and nothing waits for it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from msgspec import Struct
from psycopg.errors import Diagnostic

from console.core.errors import DatabaseError
from console.core.observations import Noticed
from console.core.ports import Say
from console.databases.postgresql.connection import Connection
from console.databases.postgresql.failures import RAISED, kind_of_words, without_values
from console.databases.postgresql.watcher import Watcher

MOST_WAITING = 200
"""Notices that wait to be told; more are counted only."""
LONGEST = 500
"""Characters of one."""


class _Notice(Struct, frozen=True, kw_only=True):
    severity: str
    text: str
    code: str
    sql: str
    """The statement under way: what stands in it is no secret."""


class Notices:
    """Tells a run what the server notices while one of its steps is at work."""

    def __init__(self, watcher: Watcher, *, step: str, say: Say) -> None:
        self.statement = ""
        """The one under way."""
        self._watcher = watcher
        self._step = step
        self._say = say
        self._waiting: deque[_Notice] = deque()
        self._left_out = 0
        self._sources: tuple[str, ...] | None = None
        self._telling: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def heard(self, connection: Connection) -> AsyncIterator[None]:
        """Until this ends, tell what the server notices on a connection, all of it before this ends."""
        with connection.heard(self._hear):
            try:
                yield
            finally:
                if self._telling is not None:
                    await self._telling

    def _hear(self, said: Diagnostic) -> None:
        if len(self._waiting) >= MOST_WAITING:
            self._left_out += 1
            return
        # The driver takes back what it handed over as soon as this returns.
        notice = _Notice(
            severity=said.severity_nonlocalized or said.severity or "NOTICE",
            text=said.message_primary or "",
            code=kind_of_words(said),
            sql=self.statement,
        )
        self._waiting.append(notice)
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        while self._waiting:
            notice = self._waiting.popleft()
            sources = await self._functions() if notice.code == RAISED else ()
            text = without_values(notice.text, notice.code, notice.sql, sources=sources)
            self._tell_one(f"{notice.severity}: {text}")
        if self._left_out:
            count, self._left_out = self._left_out, 0
            self._tell_one(f"{count} more notices came too fast and are left out")

    def _tell_one(self, text: str) -> None:
        shown = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
        self._say(Noticed(step=self._step, text=shown))

    async def _functions(self) -> tuple[str, ...]:
        """Return the sources of the functions that raise; none when they cannot be had."""
        if self._sources is None:
            try:
                found: tuple[tuple[Any, ...], ...] = (await self._watcher.ask("functions_that_raise")).rows
            except DatabaseError:
                found = ()
            self._sources = tuple(str(source) for (source,) in found)
        return self._sources
