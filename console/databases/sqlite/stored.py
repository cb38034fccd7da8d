"""The ledger and the lease in their tables. Rule: plain functions, run inside somebody's transaction."""

import sqlite3
from functools import partial

from msgspec import ValidationError, convert, to_builtins

from console.core.errors import DatabaseError, Disconnected
from console.core.ports import Lease, LedgerEntry, Ticket
from console.databases import ledger
from console.databases.purposes import sql_for

_sql = partial(sql_for, engine="sqlite")


def now(connection: sqlite3.Connection) -> str:
    """Return the time in UTC, ISO 8601, with milliseconds."""
    return str(connection.execute(_sql("now")).fetchone()[0])


def exists(connection: sqlite3.Connection) -> bool:
    """Say whether the ledger and the lease are there."""
    found = [
        connection.execute(_sql("object"), {"kind": "table", "name": name}).fetchone()
        for name in ("runbook_ledger", "runbook_lease")
    ]
    return None not in found


def entries(connection: sqlite3.Connection) -> tuple[LedgerEntry, ...]:
    """Return all rows of the ledger, none when there is no ledger."""
    if not exists(connection):
        return ()
    return tuple(_entry(row) for row in connection.execute(_sql("entries")).fetchall())


def entry(connection: sqlite3.Connection, ticket: Ticket) -> LedgerEntry | None:
    """Return the row of a step."""
    if not exists(connection):
        return None
    row = connection.execute(_sql("entry"), {"run": ticket.run, "step": ticket.step}).fetchone()
    return None if row is None else _entry(row)


def _entry(row: tuple[object, ...]) -> LedgerEntry:
    try:
        return convert(dict(zip(LedgerEntry.__struct_fields__, row, strict=True)), LedgerEntry)
    except ValidationError as error:
        raise DatabaseError(
            f"A row of runbook_ledger is not as this program writes it: {error}",
            remedy="find out who changed it; restore the ledger from a backup",
        ) from error


def commits(connection: sqlite3.Connection, ticket: Ticket | LedgerEntry) -> int:
    """Return how many transactions of a step have been committed."""
    row = connection.execute(_sql("commits"), {"run": ticket.run, "step": ticket.step}).fetchone()
    return 0 if row is None else int(row[0])


def all_commits(connection: sqlite3.Connection, ticket: Ticket) -> int:
    """Return how many transactions of a run have been committed."""
    return int(connection.execute(_sql("all_commits"), {"run": ticket.run}).fetchone()[0])


def record(connection: sqlite3.Connection, changed: LedgerEntry) -> None:
    """Write the row of a step and count the commit. Raises DatabaseError when the table does not keep it."""
    counted = commits(connection, changed)
    connection.execute(_sql("record"), to_builtins(changed)).close()
    if commits(connection, changed) == counted:
        raise _not_kept("runbook_ledger")


def commit(connection: sqlite3.Connection, ticket: Ticket) -> None:
    """Commit; when SQLite reports an error, find out what became of it before saying so.

    Raises the driver's error when it was rolled back, Disconnected when nobody can tell.
    """
    counted = commits(connection, ticket)
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            happened = commits(connection, ticket) == counted
        except sqlite3.Error as unreadable:
            raise Disconnected(
                f"COMMIT failed ({error}) and what became of it cannot be read ({unreadable})",
                remedy="make the database readable again; the step is then settled by its ledger",
            ) from error
        if not happened:
            raise


def claim(connection: sqlite3.Connection, wanted: Lease, *, take_over: bool, begins: bool, after: int) -> int:
    """Create the tables if need be, take the lease and return its epoch."""
    connection.execute(_sql("ledger_table"))
    connection.execute(_sql("lease_table"))
    other = connection.execute(_sql("other_environment"), {"environment": wanted.environment}).fetchone()
    ledger.ensure_environment(None if other is None else str(other[0]), wanted)
    epoch, holder = _lease(connection)
    ledger.ensure_reached(epoch, after=after)
    ledger.ensure_free(holder, wanted, take_over=take_over)
    known = connection.execute(_sql("known_run"), {"run": wanted.run}).fetchone()
    ledger.ensure_new(wanted, known=begins and known is not None)
    taken = connection.execute(_sql("take_lease"), to_builtins(wanted)).fetchall()
    if not taken:
        raise _not_kept("runbook_lease")
    return int(taken[0][0])


def _not_kept(table: str) -> DatabaseError:
    """Tell of a table whose trigger passes over what is written: without it a step might be done twice."""
    return DatabaseError(
        f"{table} does not keep what is written to it; the transaction was rolled back",
        remedy=f"find out who put a trigger on {table}, and drop it",
    )


def ensure_held(connection: sqlite3.Connection, ticket: Ticket) -> None:
    """Raise LeaseLost when the ticket's engine may no longer write."""
    epoch, holder = _lease(connection) if exists(connection) else (None, None)
    ledger.ensure_held(epoch, holder, ticket)


def _lease(connection: sqlite3.Connection) -> tuple[int | None, Lease | None]:
    """Return the epoch and who holds the lease: nobody when it was given back or never taken."""
    row = connection.execute(_sql("lease")).fetchone()
    if row is None:
        return None, None
    epoch, *holder, released = row
    try:
        known = convert(dict(zip(Lease.__struct_fields__, holder, strict=True)), Lease)
        return convert(epoch, int), None if released else known
    except ValidationError as error:
        raise DatabaseError(
            f"The row of runbook_lease is not as this program writes it: {error}",
            remedy="find out who changed it; restore the table from a backup",
        ) from error


def release(connection: sqlite3.Connection, epoch: int) -> None:
    """Give the lease back, if it is still held at that epoch."""
    if exists(connection):
        connection.execute(_sql("release_lease"), {"epoch": epoch}).close()


def ensure_references(connection: sqlite3.Connection) -> None:
    """Raise DatabaseError when a row refers to one that is not there."""
    broken = connection.execute(_sql("broken_references"), {"table": ""}).fetchmany(1)
    if broken:
        table, row, parent = broken[0]
        raise DatabaseError(
            f"Row {row} of {table} refers to a row of {parent} that is not there; the transaction was rolled back",
            remedy=f"correct the rows that PRAGMA foreign_key_check({table}) names",
        )
