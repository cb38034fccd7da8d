"""What the server tells of a statement under way. Rule: it is asked from outside; nobody waits, nothing is guessed."""

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from console.core.errors import DatabaseError, RunbookConsoleError
from console.core.observations import LockAwaited, Observation, ServerProgressed
from console.databases.postgresql.connection import Connection
from console.databases.postgresql.waiting import sessions, waits
from console.databases.postgresql.watcher import Watcher
from console.statements import split

TELLS_OF_COPY = 140_000
"""The first version that has a view of it."""
HEARS_WITHIN = 10.0
"""Seconds in which an answer arrives once the server has given it."""
_ENGINE = "postgresql"


class Lookout:
    """Looks at our own connections, and remembers how big something was when it was first looked at."""

    def __init__(self, watcher: Watcher, connections: Sequence[Connection]) -> None:
        self.hears_within = HEARS_WITHIN
        self._watcher = watcher
        self._connections = connections
        self._first: tuple[str, int] = ("", 0)
        """When the statement began, and the bytes that there were then."""
        self._silent: tuple[tuple[int, str, int], float] | None = None
        """A statement of which the session knows nothing any more, and since when."""
        self._files = True
        """Whether this role may ask for the size of a file, as far as is known."""

    async def seen(self, step: str) -> tuple[Observation, ...]:
        """Return what is seen of the statement under way, nothing when there is none."""
        working = next((each for each in self._connections if each.under_way), None)
        if working is None or not working.pid:
            return ()
        pid, since = working.pid, working.since
        rows = (await self._watcher.ask("activity", pid=pid, since=since)).rows
        if not rows:
            await self._listen(working, pid, since)
            return ()
        self._silent = None
        waiting = await self._lock(step, pid, since)
        return (*waiting, await self._progress(step, pid, rows[0]))

    async def _listen(self, working: Connection, pid: int, since: str) -> None:
        """Give a connection up that waits for an answer while its session has long been done with the statement.

        Such a line is cut without a word, by a firewall or a proxy. What the session left open is rolled back.
        """
        statement = (pid, since, working.number)
        if not working.under_way or working.boot != self._watcher.boot:
            self._silent = None
        elif self._silent is None or self._silent[0] != statement:
            self._silent = statement, time.monotonic()
        elif time.monotonic() - self._silent[1] >= self.hears_within:
            self._silent = None
            with suppress(DatabaseError):
                await self._watcher.ask("terminate_session", pid=pid, since=since)
            if working.number == statement[2]:
                working.give_up()

    async def _lock(self, step: str, pid: int, since: str) -> tuple[LockAwaited, ...]:
        found = await waits(self._watcher, pid, since)
        if found.ours is None:
            return ()
        seen = LockAwaited(
            step=step,
            tries=1,
            seconds=found.ours.seconds,
            behind=len(found.behind),
            sessions=await sessions(self._watcher, found),
        )
        return (seen,)

    async def _progress(self, step: str, pid: int, row: tuple[Any, ...]) -> ServerProgressed:
        query, waits_for, began, seconds = row
        doing, done, total, unit = await self._view(pid) or (_verb(str(query)), None, None, "")
        return ServerProgressed(
            step=step,
            doing=str(doing),
            seconds=float(seconds),
            done=done,
            total=total,
            unit=str(unit),
            waits_for=str(waits_for),
            grown=await self._grown(pid, str(began)),
        )

    async def _view(self, pid: int) -> tuple[Any, ...] | None:
        """Return the command with its phase, done, total and unit, where the server has a view of it."""
        rows = (await self._watcher.ask("progress", pid=pid)).rows
        if not rows and self._watcher.version >= TELLS_OF_COPY:
            rows = (await self._watcher.ask("progress_of_copy", pid=pid)).rows
        return rows[0] if rows else None

    async def _grown(self, pid: int, began: str) -> int | None:
        """Return by how much what it writes has grown since it was first looked at."""
        sizes = [await self._size("grown", pid), await self._size("grown_anew", pid) if self._files else None]
        known = [size for size in sizes if size is not None]
        if not known:
            return None
        if self._first[0] != began:
            # A file that is made anew began with nothing.
            self._first = began, sizes[0] or 0
        return sum(known) - self._first[1]

    async def _size(self, purpose: str, pid: int) -> int | None:
        try:
            ((size,),) = (await self._watcher.ask(purpose, pid=pid)).rows
        except DatabaseError:
            self._files = self._files and purpose != "grown_anew"
            return None
        return size if size is None else int(size)


def _verb(query: str) -> str:
    """Return what a statement does, in one or a few words; a server may have cut it off."""
    try:
        (statement, *_) = split(query, engine=_ENGINE)
    except (RunbookConsoleError, ValueError):
        return query.split(maxsplit=1)[0].upper() if query.split() else ""
    return statement.verb
