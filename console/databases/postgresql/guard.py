"""Lets others past while a statement waits for a lock. Rule: what gives way is rolled back and can be tried again."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from console.core.errors import DatabaseError, LockNotFree
from console.core.observations import ServerSession
from console.databases.postgresql.connection import Connection
from console.databases.postgresql.failures import code_of
from console.databases.postgresql.waiting import Waits, named, sessions, waits
from console.databases.postgresql.watcher import Watcher
from console.databases.postgresql.wire import CANCELED

LOOK = 0.02
"""Seconds between two looks; more where a look takes long."""
NOT_AVAILABLE, DEADLOCK = "55P03", "40P01"
REMEDY = "nothing was kept: try again, or let who holds it finish"


@asynccontextmanager
async def guarded(watcher: Watcher, connection: Connection, *, lock_timeout: float | None) -> AsyncIterator[None]:
    """Look at the statement inside: it is stopped when others wait behind it for longer than one look.

    Without a `lock_timeout` nobody looks. Raises LockNotFree also for a lock that was not had in time and a deadlock.
    """
    watch = _Watch(watcher, connection, within=lock_timeout or 0)
    looking = asyncio.create_task(watch.look()) if lock_timeout is not None else None
    try:
        try:
            yield
        finally:
            watch.over.set()
            if looking is not None:
                await looking
    except DatabaseError as error:
        if not watch.is_about_locks(error):
            raise
        raise watch.refusal(error) from error


class _Watch:
    def __init__(self, watcher: Watcher, connection: Connection, *, within: float) -> None:
        self.over = asyncio.Event()
        self._watcher = watcher
        self._pid, self._since = connection.pid, connection.since
        self._within = within
        self._gave_way = False
        self._waits: Waits | None = None
        self._sessions: tuple[ServerSession, ...] = ()

    async def look(self) -> None:
        """Look again and again until the statement is over, or gives way."""
        pause = min(LOOK, self._within / 4)
        try:
            while not self._gave_way and not await self._over_in(pause):
                began = time.monotonic()
                await self._once()
                pause = max(LOOK, 2 * (time.monotonic() - began))
        except DatabaseError:
            # Who cannot look leaves it to lock_timeout.
            return

    async def _over_in(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.over.wait()
        return self.over.is_set()

    async def _once(self) -> None:
        found = await waits(self._watcher, self._pid, self._since)
        if found.ours is None:
            return
        before, self._waits = self._waits, found
        stay = before is not None and not set(before.behind).isdisjoint(found.behind)
        if stay:
            self._gave_way = True
            await self._watcher.ask("give_way", pid=self._pid, since=self._since)
        if stay or before is None or len(before.behind) != len(found.behind):
            self._sessions = await sessions(self._watcher, found)

    def is_about_locks(self, error: DatabaseError) -> bool:
        """Tell whether the statement failed for others' sake; who was asked to stop stops for that."""
        code = code_of(error)
        return code in (NOT_AVAILABLE, DEADLOCK) or (self._gave_way and code == CANCELED)

    def refusal(self, error: DatabaseError) -> LockNotFree:
        """Return what is raised instead."""
        behind = len(self._waits.behind) if self._waits is not None else 0
        return LockNotFree(self._said(error, behind), remedy=REMEDY, sessions=self._sessions, behind=behind)

    def _said(self, error: DatabaseError, behind: int) -> str:
        ours = self._waits.ours if self._waits is not None else None
        if ours is None or code_of(error) == DEADLOCK:
            return error.message
        waited = f" in {self._within:g} s" if not self._gave_way else ""
        queue = f", and {behind} session{'s' * (behind != 1)} began to wait behind it" if behind else ""
        return f"{named(ours)} was not to be had{waited}{self._holders(ours.blocked_by)}{queue}"

    def _holders(self, pids: tuple[int, ...]) -> str:
        held = [each for each in self._sessions if each.pid in pids]
        if not held:
            return ""
        first = held[0]
        whose = ", ".join(filter(None, (first.application, first.user, first.state)))
        more = f" and {len(held) - 1} more" if len(held) > 1 else ""
        return f": process {first.pid} ({whose}){more} is in the way"
