"""One connection in a thread of its own. Rule: the event loop never waits for SQLite; cancel always gets through."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Literal, TypeVar

from console.core.errors import Interrupted, Unreachable
from console.databases.sqlite import failures, file
from console.databases.sqlite.authority import Authority, Authorizer, reading

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]

INSTRUCTIONS = 20_000
"""Steps of SQLite's virtual machine, a millisecond or so, after which it looks whether it was cancelled."""


class Connection:
    """Does one job after another; opens the file when the first one comes, never creates it."""

    def __init__(self, path: Path, *, mode: Literal["ro", "rw"], patience: float) -> None:
        self.path = path
        self.authority = Authority()
        self.held = False
        """A transaction is open, so that a cancel between two of its statements stops the next one."""
        self.opened: dict[str, str] = {}
        """Device and inode of the file that was opened first; no other is ever opened."""
        self._mode = mode
        self._patience = patience
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"sqlite-{mode}")
        self._connection: sqlite3.Connection | None = None
        self._turn = asyncio.Lock()
        self._stop = threading.Event()
        self._under_way = 0
        self._closed = False

    async def do(self, job: Job[T], *, patient: bool = False) -> T:
        """Run a job in the thread; a `patient` one is tried again while somebody else holds a lock.

        A task that is cancelled while it waits here cancels the statement and leaves when it has stopped.
        """
        async with self._turn:  # whoever waits here is not meant by a cancel of the one before
            if self._closed:
                raise Unreachable(f"{self.path} was closed", remedy="open it again")
            if not self.held:
                self._stop.clear()
            return await self._in_thread(lambda: self._run(job, patient=patient))

    def cancel(self) -> None:
        """Stop the statement under way, or the next one of the transaction that is open."""
        if not (self.held or self._under_way):
            return
        self._stop.set()
        connection = self._connection
        if connection is not None:
            # It may have been closed by its thread a moment ago; then nothing is left to stop.
            with suppress(sqlite3.ProgrammingError):
                connection.interrupt()

    async def rest(self) -> None:
        """Be ready for the next transaction: roll back what is open, and leave nothing behind."""
        open_still = self._connection is not None and self._connection.in_transaction
        if open_still or self.authority.left_behind:
            await self.renew()
        self.held = False
        self._stop.clear()

    async def renew(self) -> None:
        """Roll back, close, and open again with the next job: no setting and no temporary table is left."""
        self.held = False
        if not self._closed:
            await self._in_thread(self._close)
            self.authority.left_behind = False
            self._stop.clear()

    async def close(self) -> None:
        """Stop what is under way, close the file and end the thread."""
        if self._closed:
            return
        self._closed = True
        self.cancel()
        await self._in_thread(self._close)
        self._thread.shutdown(wait=False)

    async def _in_thread(self, call: Callable[[], T]) -> T:
        future = asyncio.get_running_loop().run_in_executor(self._thread, call)
        # Seen here too, because nobody is left to see it when the waiting task was cancelled twice.
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._under_way += 1
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            self.cancel()
            await asyncio.wait([future])
            raise
        finally:
            self._under_way -= 1

    def _run(self, job: Job[T], *, patient: bool) -> T:
        began = time.monotonic()
        while True:
            if self._stop.is_set():
                raise Interrupted("The statement was cancelled before it began")
            try:
                return job(self._open())
            except failures.REFUSED as error:
                waited = time.monotonic() - began
                if patient and failures.is_busy(error) and waited < self._patience:
                    self._stop.wait(0.01)
                    continue
                raise failures.told(error, path=self.path, waited=waited, reads_only=self._mode == "ro") from error

    def _open(self) -> sqlite3.Connection:
        self.opened = self.opened or file.facts_of(self.path)
        file.ensure_same(self.path, opened=self.opened)
        if self._connection is not None:
            return self._connection
        self._connection = sqlite3.connect(
            f"{self.path.as_uri()}?mode={self._mode}",
            uri=True,
            timeout=0.1,
            isolation_level=None,
            # The authorizer decides when a statement is prepared, so that nothing prepared is kept.
            cached_statements=0,
        )
        try:
            self._prepare(self._connection)
            file.ensure_same(self.path, opened=self.opened)
        except BaseException:
            self._close()
            raise
        return self._connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.text_factory = lambda text: text.decode("utf-8", "backslashreplace")
        connection.set_progress_handler(lambda: int(self._stop.is_set()), INSTRUCTIONS)
        if self._mode == "ro":
            connection.execute("PRAGMA query_only = ON").close()
        else:
            # What the journal says is done must still be done after a power cut.
            connection.execute("PRAGMA synchronous = FULL").close()
        authorizer: Authorizer = reading if self._mode == "ro" else self.authority.writing
        connection.set_authorizer(authorizer)

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        connection.close()
