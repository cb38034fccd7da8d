"""Changes many rows, a range of the key at a time. Rule: each row exactly once; what is committed is in the ledger."""

from collections.abc import AsyncIterator

from msgspec import convert
from msgspec.structs import replace

from console.core.errors import GateError
from console.core.observations import Observation, Progressed
from console.core.ports import Clock, Database, Facts, Preview, Settled
from console.core.runbook import Step
from console.statements import split
from console.steps._ledger import mark_complete, told_by_ledger
from console.steps._statements import execute_all, question, summed
from console.steps._way_back import undoing
from console.steps.backfill.fields import Data, ensure_sense, key_columns, refers_to_itself
from console.steps.backfill.position import Position, decoded, said, standing
from console.steps.backfill.texts import bounds_in, plain_names, quoted_names, update
from console.steps.backfill.walking import Work, beginning, ensure_key, key_below, walk

__all__ = ["KEY", "Data", "complete", "preview", "run", "settle", "undo"]

KEY = "backfill"
BOUNDS = frozenset({"low", "high"})


def complete(step: Step, data: Data, *, risk: str, engine: str = "sqlite") -> Step:
    """Fill in the title. Raises ValueError for fields that do not go together."""
    backfill = data.backfill
    ensure_sense(backfill, engine=engine)
    if backfill.sql:
        forward = question(backfill.sql, field="backfill: sql", engine=engine)
        if forward.kind == "query":
            raise ValueError(f"backfill: sql: {forward.verb} only reads; write the statement that changes the rows")
        if bounds_in(backfill.sql) != BOUNDS:
            raise ValueError("backfill: sql: has to keep to its batch: key > :low AND key <= :high")
    else:
        forward = question(
            update(backfill, plain_names(backfill), lowest=False, engine=engine), field="backfill", engine=engine
        )
    if step.undo:
        found = undoing(step.undo, forward=(forward,), engine=engine)
        bounds = {bounds_in(each.text) for each in found}
        if bounds not in ({BOUNDS}, {frozenset()}):
            raise ValueError("undo: each statement needs both :low and :high, to run in batches, or none does")
    columns = ", ".join(backfill.columns)
    title = f"Fill {backfill.table}: {columns}" if columns else f"Backfill {backfill.table}"
    return replace(step, title=step.title or title)


def preview(step: Step, facts: Facts) -> Preview:
    """Say how it goes, and show the statement of one batch."""
    backfill = convert(step.data, Data).backfill
    words = (
        f"Along {', '.join(key_columns(backfill))} of {backfill.table}, {backfill.batch_size} rows a batch,"
        f" {backfill.batch_pause} pause. Each batch is a transaction together with the position, so that no row is"
        " handled twice. It ends at the key that is the last one when it begins."
    )
    if refers_to_itself(backfill):
        words += " The statement reads what it sets: only the position keeps it from doing so twice."
    sql = backfill.sql or update(backfill, plain_names(backfill), lowest=False, engine=facts.engine)
    return Preview(words=words, sql=sql, undo=step.undo or step.restore or "")


async def run(step: Step, *, facts: Facts, database: Database, clock: Clock) -> AsyncIterator[Observation | str]:
    """Begin, or go on from the position in the ledger."""
    backfill, entry = convert(step.data, Data).backfill, await database.entry()
    position = decoded(entry)
    stands = standing(entry, position)
    if stands == "undoing":
        raise GateError(f"{step.title!r} is half taken back", remedy="go on with the undo, then run it again")
    if stands == "done":
        yield "it had happened before"
        return
    names = await quoted_names(backfill, database)
    await ensure_key(backfill, names, database)
    if stands == "nothing":
        position = await beginning(backfill, names, database)
        if position is not None and bounds_in(f"{backfill.sql} {step.undo or ''}"):
            key_below(position.first)
    if position is None:
        await mark_complete(database)
        yield "0 rows"
        return
    opening = () if backfill.sql else (update(backfill, names, lowest=True, engine=facts.engine),)
    text = backfill.sql or update(backfill, names, lowest=False, engine=facts.engine)
    async for item in walk(
        Work(texts=(text,), lowest=opening or None),
        backfill,
        position,
        names=names,
        step=step.id,
        rows=entry.rows if entry is not None and stands == "going" else 0,
        database=database,
        clock=clock,
    ):
        yield item


async def settle(step: Step, *, database: Database) -> Settled:
    """Ask the ledger, whose position is committed with each batch."""
    entry, action = await database.entry(), database.ticket.action
    position = decoded(entry)
    stands = standing(entry, position)
    if entry is None or position is None or stands in ("nothing", "done"):
        return told_by_ledger(entry, action=action)
    if action == "undo" and stands == "going":
        return Settled(happened="no", evidence="the ledger says: nothing was taken back")
    done = "handled" if stands == "going" else "taken back"
    evidence = (
        f"the ledger says: {entry.rows} rows {done}, up to key {said(position.low or ())} of {said(position.high)}"
    )
    return Settled(happened="partly", evidence=evidence)


async def undo(step: Step, *, facts: Facts, database: Database, clock: Clock) -> AsyncIterator[Observation | str]:
    """Take back what was handled: in batches when the undo has bounds, else in one transaction.

    Raises GateError when there is only a restore.
    """
    entry = await database.entry()
    position = decoded(entry)
    stands = standing(entry, position)
    if stands == "nothing":
        yield "nothing had happened"
    elif not step.undo and step.restore:
        raise GateError(f"{step.title!r} cannot be undone", remedy=f"restore: {step.restore}")
    elif not step.undo or (position is None and bounds_in(step.undo)):
        await mark_complete(database)
        yield "nothing to undo"
    elif position is None or not bounds_in(step.undo):
        statements = split(step.undo, engine=facts.engine)
        ran = await execute_all(statements, step=step.id, database=database, clock=clock)
        yield summed(ran)
    else:
        rows = entry.rows if entry is not None and stands == "undoing" else 0
        async for item in _in_batches(step, position, rows, facts=facts, database=database, clock=clock):
            yield item


async def _in_batches(
    step: Step, position: Position, rows: int, *, facts: Facts, database: Database, clock: Clock
) -> AsyncIterator[Progressed | str]:
    backfill = convert(step.data, Data).backfill
    if not position.undoing:
        handled = position.low or position.high
        position = Position(first=position.first, low=None, high=handled, undoing=True)
    texts = tuple(each.text for each in split(step.undo or "", engine=facts.engine))
    names = await quoted_names(backfill, database)
    async for item in walk(
        Work(texts=texts),
        backfill,
        position,
        names=names,
        step=step.id,
        rows=rows,
        database=database,
        clock=clock,
    ):
        yield item
