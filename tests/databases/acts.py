"""What the tests of databases do again and again."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from console.core.ports import Database, LedgerEntry, Target
from tests.databases.benches import LEASE, Bench, ticket


async def held(bench: Bench, **changed: Any) -> Database:
    """Return a handle whose ticket may write."""
    epoch = await bench.target.claim(LEASE)
    return bench.target.bind(ticket(epoch=epoch, **changed), await bench.target.identity())


async def entry(database: Database) -> LedgerEntry:
    """Return the ledger row, which is there."""
    found = await database.entry()
    assert found is not None
    return found


async def execute(database: Database, *statements: str, completes: bool = True, foreign_keys: bool = True) -> None:
    """Execute the statements in one transaction."""
    async with database.transaction(completes=completes, foreign_keys=foreign_keys) as transaction:
        for sql in statements:
            await transaction.execute(sql)


async def cancelled(target: Target, call: Awaitable[Any]) -> None:
    """Cancel a call that does not end by itself until it has stopped; raise what it raised."""
    task = asyncio.ensure_future(call)
    while not (await asyncio.wait({task}, timeout=0.01))[0]:
        await target.cancel()
    await task
