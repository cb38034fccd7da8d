"""Sessions that are in the way of one another, and words for them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import psycopg

from console.core.observations import ServerSession
from console.core.ports import Database
from tests.databases.benches import PostgresqlBench

ADD = "ALTER TABLE things ADD COLUMN size int"
PATIENT = 600.0


async def locking(database: Database, *statements: str, within: float) -> None:
    """Execute the statements in one transaction that waits so long for a lock."""
    async with database.transaction(completes=True, lock_timeout=within) as transaction:
        for sql in statements:
            await transaction.execute(sql)


@asynccontextmanager
async def others(
    bench: PostgresqlBench, *statements: str, application: str = "shop"
) -> AsyncIterator[psycopg.AsyncConnection[tuple[object, ...]]]:
    """Hold a transaction of the application in which the statements were executed."""
    async with await psycopg.AsyncConnection.connect(bench.url, application_name=application) as connection:
        for sql in statements:
            await connection.execute(sql.encode())
        yield connection
        with suppress(psycopg.Error):
            await connection.rollback()


async def until_waiting(bench: PostgresqlBench, number: int = 1) -> None:
    """Wait until so many sessions wait for a lock."""
    while bench.outside("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted") != [(number,)]:
        await asyncio.sleep(0.005)


def by_application(sessions: tuple[ServerSession, ...]) -> dict[str, ServerSession]:
    return {each.application: each for each in sessions}
