"""The ledger and the lease in their tables. Rule: plain functions, run inside somebody's transaction."""

from typing import Any

from msgspec import convert, to_builtins

from console.core.errors import DatabaseError
from console.core.ports import Lease, LedgerEntry, Ticket
from console.databases import ledger
from console.databases.postgresql.connection import Connection


async def now(connection: Connection) -> str:
    """Return the time in UTC, ISO 8601, with milliseconds."""
    return str((await connection.ask("now")).rows[0][0])


async def exists(connection: Connection) -> bool:
    """Say whether the ledger and the lease are there."""
    return all(await _tables(connection))


async def entries(connection: Connection) -> tuple[LedgerEntry, ...]:
    """Return all rows of the ledger, none when there is no ledger."""
    if not await exists(connection):
        return ()
    return tuple(_entry(row) for row in (await connection.ask("entries")).rows)


async def entry(connection: Connection, ticket: Ticket) -> LedgerEntry | None:
    """Return the row of a step."""
    if not await exists(connection):
        return None
    rows = (await connection.ask("entry", run=ticket.run, step=ticket.step)).rows
    return _entry(rows[0]) if rows else None


async def commits(connection: Connection, ticket: Ticket) -> int:
    """Return how many transactions of a step have been committed."""
    rows = (await connection.ask("commits", run=ticket.run, step=ticket.step)).rows
    return int(rows[0][0]) if rows else 0


async def all_commits(connection: Connection, ticket: Ticket) -> int:
    """Return how many transactions of a run have been committed."""
    return int((await connection.ask("all_commits", run=ticket.run)).rows[0][0])


async def record(connection: Connection, changed: LedgerEntry) -> int:
    """Write the row of a step, count the commit and return the count."""
    return int((await connection.ask("record", **to_builtins(changed))).rows[0][0])


async def claim(connection: Connection, wanted: Lease, *, take_over: bool, begins: bool, after: int) -> int:
    """Create the tables if need be, take the lease and return its epoch."""
    for there, purpose in zip(await _tables(connection), ("ledger_table", "lease_table"), strict=True):
        if not there:
            await connection.ask(purpose)
    other = (await connection.ask("other_environment", environment=wanted.environment)).rows
    ledger.ensure_environment(str(other[0][0]) if other else None, wanted)
    epoch, holder = await _lease(connection)
    ledger.ensure_reached(epoch, after=after)
    ledger.ensure_free(holder, wanted, take_over=take_over)
    known = (await connection.ask("known_run", run=wanted.run)).rows
    ledger.ensure_new(wanted, known=begins and bool(known))
    return int((await connection.ask("take_lease", **to_builtins(wanted))).rows[0][0])


async def holds(connection: Connection, wanted: Lease, epoch: int) -> bool:
    """Tell whether that lease is held at that epoch."""
    return await exists(connection) and await _lease(connection) == (epoch, wanted)


async def ensure_held(connection: Connection, ticket: Ticket) -> None:
    """Raise LeaseLost when the ticket's engine may no longer write."""
    epoch, holder = await _lease(connection) if await exists(connection) else (None, None)
    ledger.ensure_held(epoch, holder, ticket)


async def ensure_untouched(connection: Connection) -> None:
    """Refuse a transaction that wrote, changed or dropped the ledger or the lease: they are the console's alone.

    What a step makes in the place of what is asked here, by a search path or temporary, is passed over.
    """
    await connection.run("SET LOCAL search_path = pg_catalog, pg_temp")
    for (table,) in (await connection.ask("written_by_step", schema=connection.schema)).rows:
        raise DatabaseError(
            f"A step may not write, change or drop {table}: the console keeps its account there",
            remedy="take it out of the step; everything was rolled back",
        )


async def digest(connection: Connection) -> str:
    """Return what tells one state of the ledger from another."""
    return str((await connection.ask("ledger_digest")).rows[0][0])


async def ensure_same(connection: Connection, before: str) -> None:
    """Say so when a statement that ends its own transactions, as CALL may, has written the ledger: that stays."""
    if await digest(connection) != before:
        raise DatabaseError(
            "The step has written runbook_ledger and committed that: the console keeps its account there",
            remedy="compare the ledger with the journal (runbook verify --on), correct it, and mend the step",
        )


async def release(connection: Connection, epoch: int) -> None:
    """Give the lease back, if it is still held at that epoch."""
    if await exists(connection):
        await connection.ask("release_lease", epoch=epoch)


async def _tables(connection: Connection) -> tuple[bool, bool]:
    ledger_there, lease_there = (await connection.ask("tables", schema=connection.schema)).rows[0]
    return bool(ledger_there), bool(lease_there)


async def _lease(connection: Connection) -> tuple[int | None, Lease | None]:
    """Return the epoch and who holds the lease: nobody when it was given back or never taken."""
    rows = (await connection.ask("lease")).rows
    if not rows:
        return None, None
    epoch, *holder, released = rows[0]
    return int(epoch), None if released else convert(dict(zip(Lease.__struct_fields__, holder, strict=True)), Lease)


def _entry(row: tuple[Any, ...]) -> LedgerEntry:
    return convert(dict(zip(LedgerEntry.__struct_fields__, row, strict=True)), LedgerEntry)
