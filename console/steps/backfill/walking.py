"""Walks along a key, each range in a transaction of its own. Rule: rows and position are committed together."""

from collections.abc import AsyncIterator

from msgspec import Struct
from msgspec.structs import replace

from console.core.durations import seconds, spoken
from console.core.errors import DatabaseError, RunbookError
from console.core.observations import Progressed
from console.core.ports import Clock, Database
from console.steps.backfill.fields import Backfill, key_columns, refers_to_itself
from console.steps.backfill.position import Key, Position, below, encoded, fraction, said
from console.steps.backfill.texts import Names, at, bound, edge, nth, null_key

SLICE = 1.0
"""Seconds of a pause between two boundaries, at most: there it can be held or ended."""

_MEND = "the key holds a value that cannot be compared, such as text that is not UTF-8; mend it"


class Work(Struct, frozen=True, kw_only=True):
    """What is done to each range."""

    texts: tuple[str, ...]
    """Statements with :low and :high."""
    lowest: tuple[str, ...] | None = None
    """Those for the first range, without :low; None: they need a key that is below all others."""


async def ensure_key(backfill: Backfill, names: Names, database: Database) -> None:
    """Refuse a key along which a row could be missed or met twice. Raises RunbookError with the way out."""
    answer = await database.ask("key_columns", table=backfill.table)
    primary = [str(row[0]) for row in answer.rows]
    if not primary:
        raise RunbookError(
            f"{backfill.table} has no primary key, or there is no such table",
            remedy="a backfill needs a key that is unique, not null and indexed: add one, or correct table:",
        )
    if [name.casefold() for name in primary] != [name.casefold() for name in key_columns(backfill)]:
        raise RunbookError(
            f"{', '.join(key_columns(backfill))} is not the primary key of {backfill.table}",
            remedy=f"write key: [{', '.join(primary)}]: it is unique, not null and indexed",
        )
    if (await database.query(null_key(names), limit=1)).rows:
        raise RunbookError(
            f"{backfill.table} has rows whose key is NULL; a backfill would pass them over",
            remedy="give them a key, or delete them",
        )


async def beginning(backfill: Backfill, names: Names, database: Database) -> Position | None:
    """Return the position before the first batch, its end frozen; None when there are no rows.

    Raises RunbookError when the statement is not safe to be repeated and the key is not an integer, DatabaseError
    when the last key cannot be compared: then rows below it would be passed over.
    """
    first = (await database.query(edge(names, last=False), limit=1)).rows
    last = (await database.query(edge(names, last=True), limit=1)).rows
    if not (first and last):
        return None
    position = Position(first=first[0], low=None, high=last[0])
    sql, values = bound(at(names), low=(), high=position.high)
    if not (await database.query(sql, values, limit=1)).rows:
        raise DatabaseError(f"no row of {backfill.table} is found at its last key, {said(position.high)}", remedy=_MEND)
    integer = [type(value) for value in (*position.first, *position.high)] == [int, int]
    if refers_to_itself(backfill) and not backfill.only and not integer:
        raise RunbookError(
            f"set: of {backfill.table} reads a column that it sets, and the key is not a single integer",
            remedy="late rows can appear below the position: say with only: which rows are still to do",
        )
    return position


async def walk(
    work: Work,
    backfill: Backfill,
    position: Position,
    *,
    names: Names,
    step: str,
    rows: int,
    database: Database,
    clock: Clock,
) -> AsyncIterator[Progressed | str]:
    """Handle what is left of the way, a batch at a time; `rows` were handled before. The last item says how it went."""
    began, before = clock.monotonic(), rows
    while True:
        low, high = position.low, await _end(backfill, position, names, database)
        statements = _bounded(work, position, low, high)
        position = replace(position, low=high, batches=position.batches + 1)
        last = high == position.high
        async with database.transaction(completes=last) as transaction:
            for sql, values in statements:
                rows += max(await transaction.execute(sql, values), 0)
            transaction.position(encoded(position), rows)
        left = 0.0 if last else seconds(backfill.batch_pause)
        gone = clock.monotonic() - began + left  # every batch pays for its pause, the first one too
        progressed = Progressed(
            step=step,
            done=rows,
            fraction=fraction(position),
            rate=(rows - before) / gone if gone > 0 else None,
            batch=None if last else backfill.batch_size,
        )
        yield progressed
        if last:
            yield _summed(rows, before, position.batches, clock.monotonic() - began)
            return
        while left > SLICE:
            await clock.sleep(SLICE)
            left -= SLICE
            yield progressed
        await clock.sleep(left)


def _summed(rows: int, before: int, batches: int, seconds_now: float) -> str:
    """Say how it went; what earlier attempts handled was not done in the time of the last one."""
    now = f"the last {rows - before} of them in " if before else ""
    return f"{rows} rows in {batches} batches, {now}{spoken(seconds_now)}"


async def _end(backfill: Backfill, position: Position, names: Names, database: Database) -> Key:
    """Return the last key of the next batch."""
    lowest = position.low is None
    query = nth(names, size=backfill.batch_size, lowest=lowest)
    sql, values = bound(query, low=position.low or (), high=position.high)
    found = (await database.query(sql, values, limit=1)).rows
    end = tuple(found[0]) if found else position.high
    if end == position.low != position.high:
        raise DatabaseError(
            f"no key of {backfill.table} is found above {said(end)}, though there are more",
            remedy=_MEND,
        )
    return end


def _bounded(work: Work, position: Position, low: Key | None, high: Key) -> list[tuple[str, tuple[object, ...]]]:
    if low is None and work.lowest is not None:
        return [bound(text, low=(), high=high) for text in work.lowest]
    low = low if low is not None else key_below(position.first)
    return [bound(text, low=low, high=high) for text in work.texts]


def key_below(first: Key) -> Key:
    """Return what :low is before the first batch. Raises RunbookError when nothing is below the first key."""
    found = below(first)
    if found is None:
        raise RunbookError(
            f"nothing is below the first key, {said(first)}, that :low could be",
            remedy="handle that row by a sql step of its own; write the backfill with set: and its undo without :low",
        )
    return found
