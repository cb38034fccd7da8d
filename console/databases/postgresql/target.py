"""A PostgreSQL database as the engine holds it: one connection reads, one writes. Rule: claim() is the first to write.

A third one looks at them from outside, from the first lock or look on: a run takes three of max_connections. A cancel
goes to the server by a connection of its own, which libpq opens for it and which counts as none.
"""

from console.core.errors import Disconnected
from console.core.identity import Identity
from console.core.observations import How, Observation
from console.core.ports import Lease, LedgerEntry, Say, Ticket, unheard
from console.core.server_events import Debris
from console.databases.postgresql import stored
from console.databases.postgresql.connection import Connection
from console.databases.postgresql.ending import ended
from console.databases.postgresql.handle import PostgresqlDatabase
from console.databases.postgresql.progress import Lookout
from console.databases.postgresql.watcher import Watcher
from console.databases.postgresql.writer import Writer


class PostgresqlTarget:
    """An opened database; made by `opened`."""

    def __init__(self, conninfo: str, *, patience: float, away: float) -> None:
        self._patience = patience
        self._reader = Connection(conninfo, reads_only=True, away=away)
        self._writer = Writer(conninfo, patience=patience, away=away)
        self._watcher = Watcher(conninfo)
        self._claimed: Identity | None = None
        """Where the lease was taken: epochs of another database may be the same."""
        self._lookout = Lookout(self._watcher, (self._writer.connection, self._reader))

    @classmethod
    async def opened(cls, conninfo: str, *, patience: float, away: float) -> "PostgresqlTarget":
        """Connect for reading. Raises Unreachable."""
        target = cls(conninfo, patience=patience, away=away)
        async with target._reader.reading():
            return target

    async def identity(self) -> Identity:
        """Return what it is; raises Unreachable."""
        async with self._reader.reading():
            return await self._reader.identity()

    async def claim(self, lease: Lease, *, take_over: bool = False, begins: bool = False, after: int = 0) -> int:
        """Create the ledger if need be, take the lease and return the new epoch.

        Raises GateError also while the session of another engine, or of one that was killed, is still at work.
        """
        epoch: int | None = None
        try:
            async with self._writer.transaction(expected=None, check=_no_check, ticket=None) as held:
                epoch = await stored.claim(held, lease, take_over=take_over, begins=begins, after=after)
                self._claimed = await held.identity()
                await held.run("COMMIT")
                return epoch
        except Disconnected:
            if epoch is None or not await self._holds(lease, epoch):
                raise
            return epoch

    async def _holds(self, lease: Lease, epoch: int) -> bool:
        """Tell whether the lease was taken though the answer to the COMMIT was lost."""
        async with self._writer.transaction(expected=self._claimed, check=_no_check, ticket=None) as held:
            return await stored.holds(held, lease, epoch)

    async def release(self, epoch: int) -> None:
        """Give the lease back, if it is still held at that epoch. Raises WrongTarget where it was not taken."""
        async with self._writer.transaction(expected=self._claimed, check=_no_check, ticket=None) as held:
            await stored.release(held, epoch)
            await held.run("COMMIT")

    def bind(self, ticket: Ticket, expected: Identity, *, say: Say = unheard) -> PostgresqlDatabase:
        """Return the handle for one step."""
        return PostgresqlDatabase(
            self._reader,
            self._writer,
            self._watcher,
            ticket=ticket,
            expected=expected,
            patience=self._patience,
            say=say,
        )

    async def observe(self, step: str) -> tuple[Observation, ...]:
        """Return what the server says of the statement under way, on a connection of its own."""
        return await self._lookout.seen(step)

    async def end_session(self, pid: int, since: str, *, how: How) -> bool:
        """Ask the server to stop a session's statement, or to end it; False when that session is gone.

        Raises DatabaseError for our own, and when the server does not let us.
        """
        writer = self._writer.connection
        own = {(writer.pid, writer.since), (self._reader.pid, self._reader.since), self._watcher.named}
        return await ended(self._watcher, pid, since, how=how, own=own)

    async def debris(self) -> tuple[Debris, ...]:
        """Return what is half-made: see debris.sql.

        Not found are triggers whose function refers to what is no more: the server does not know that itself.
        """
        async with self._reader.reading():
            answer = await self._reader.ask("debris")
        return tuple(
            Debris(kind=str(kind), name=str(name), table=str(table), remedy=str(remedy))
            for kind, name, table, remedy in answer.rows
        )

    async def ledger(self) -> tuple[LedgerEntry, ...]:
        """Return all ledger rows in the order in which they were first written."""
        async with self._reader.reading():
            return await stored.entries(self._reader)

    async def cancel(self) -> None:
        """Ask the server to stop the statement under way, or stop the next one of the transaction that is open."""
        await self._reader.cancel()
        await self._writer.connection.cancel()

    async def close(self) -> None:
        """Close all connections; an open transaction is rolled back."""
        await self._watcher.close()
        await self._writer.connection.close()
        await self._reader.close()


async def _no_check(connection: Connection) -> None:
    """Let everybody in: whether they may is decided by what they do."""
