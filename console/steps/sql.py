"""SQL that changes the target. Rule: all statements and the ledger row are one transaction, or it is one alone."""

from collections.abc import AsyncIterator, Sequence
from typing import Literal

from msgspec import UNSET, Struct, UnsetType, convert
from msgspec.structs import replace

from console.core.durations import seconds, spoken
from console.core.errors import GateError, LockNotFree
from console.core.events import Action
from console.core.observations import Observation
from console.core.ports import Clock, Database, Facts, Preview, Settled
from console.core.runbook import Duration, Step
from console.statements import Statement, probes, split
from console.steps._interrupted import builds, left_by, told
from console.steps._ledger import in_effect, mark_complete, told_by_ledger
from console.steps._locks import PATIENCE, TIMEOUT_SECONDS, Tries, keeps_others_waiting
from console.steps._statements import alone, described, execute_all, reading, summed, written
from console.steps._values import discreet, shortened, truth
from console.steps._way_back import undoing

KEY = "sql"


class Data(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Statements, and what a server cannot know about them."""

    sql: str
    """One or more statements."""
    foreign_keys: Literal["on", "off"] = "on"
    """`off` while a table is rebuilt; all references are checked before the commit."""
    done_when: str = ""
    """A query whose first value is true once it happened; needed where no ledger can tell."""
    lock_timeout: Duration | UnsetType = UNSET
    """How long one statement waits for a lock before all is rolled back, others get past and it is tried again; less
    when others begin to wait behind it. 100ms where that would keep others from reading or writing a table, else none.
    """
    lock_patience: Duration | UnsetType = UNSET
    """How long it goes on trying; 10m, unless it is written."""


def complete(step: Step, data: Data, *, risk: str, engine: str = "sqlite") -> Step:
    """Read the SQL. Raises ValueError for what cannot be executed and for a step without a way back."""
    found = written(data.sql, field="sql", engine=engine)
    if data.done_when:
        reading(data.done_when, field="done_when", engine=engine)
    if step.undo:
        undoing(step.undo, forward=found, engine=engine)
    elif not step.restore and not all(each.repeatable for each in found):
        raise ValueError(
            "undo: is missing; write the SQL that takes the step back, or with restore: where the data come from"
        )
    if data.foreign_keys == "off" and alone(found):
        raise ValueError(f"foreign_keys: {found[0].verb} is in no transaction, so it checks none; leave it out")
    _ensure_locks(data, found)
    return replace(step, title=step.title or shortened(found[0].text))


def _ensure_locks(data: Data, statements: Sequence[Statement]) -> None:
    if isinstance(data.lock_timeout, str) and alone(statements):
        raise ValueError(
            f"lock_timeout: {statements[0].verb} is executed alone; ended for a lock it would leave something half-made"
        )
    if isinstance(data.lock_timeout, str) and not seconds(data.lock_timeout):
        raise ValueError("lock_timeout: no time at all; write 100ms, or leave it out")


def preview(step: Step, facts: Facts) -> Preview:
    """Say what the statements do and lock."""
    data = convert(step.data, Data)
    words = described(split(data.sql, engine=facts.engine), engine=facts.engine)
    unchecked = "\nForeign keys are off until the commit, and all checked before it."
    words += unchecked if data.foreign_keys == "off" else ""
    if (timeout := _lock_timeout(data, split(data.sql, engine=facts.engine), engine=facts.engine)) is not None:
        words += (
            f"\nIt waits {spoken(timeout)} for a lock at most, lets others past and tries again for {_patience(data)}."
        )
    return Preview(words=words, sql=data.sql, undo=step.undo or step.restore or "")


async def run(step: Step, *, facts: Facts, database: Database, clock: Clock) -> AsyncIterator[Observation | str]:
    """Execute it, unless it is in effect: then it was done and the engine was stopped before it could say so."""
    data = convert(step.data, Data)
    statements = split(data.sql, engine=facts.engine)
    if await _in_effect(data, statements, database):
        yield "it had happened before"
        return
    if made := await _made_before(data, statements, database):
        await mark_complete(database)
        yield made
        return
    async for item in _executed(step, data, statements, database, clock):
        yield item


async def settle(step: Step, *, database: Database) -> Settled:
    """Ask the ledger; of a statement that cannot be in a transaction ask the target itself."""
    data, ticket, entry = convert(step.data, Data), database.ticket, await database.entry()
    forward = split(data.sql, engine=database.engine)
    sent = forward if ticket.action == "run" else split(step.undo or "", engine=database.engine)
    settled = told_by_ledger(entry, action=ticket.action)
    if alone(sent):
        recorded = entry is not None and entry.attempt == ticket.attempt and settled.happened == "yes"
        return settled if recorded else await _found_out(data, sent[0], database)
    if entry is None and ticket.action == "undo" and alone(forward):
        return Settled(happened="no", evidence="the ledger holds no row of this undo")
    return settled


async def undo(step: Step, *, facts: Facts, database: Database, clock: Clock) -> AsyncIterator[Observation | str]:
    """Execute its undo, if it is in effect. Raises GateError when there is only a restore."""
    data = convert(step.data, Data)
    if await _nothing_to_undo(data, split(data.sql, engine=facts.engine), database):
        yield "nothing had happened"
    elif step.undo:
        statements = split(step.undo, engine=facts.engine)
        async for item in _executed(step, data, statements, database, clock):
            yield item
    elif step.restore:
        raise GateError(f"{step.title!r} cannot be undone", remedy=f"restore: {step.restore}")
    else:
        await mark_complete(database)
        yield "nothing to undo: it changes no data"


async def _executed(
    step: Step, data: Data, statements: Sequence[Statement], database: Database, clock: Clock
) -> AsyncIterator[Observation | str]:
    """Execute them as one; a lock that is not free is waited for with nothing locked, and all is tried again."""
    tries = Tries(ticket=database.ticket, clock=clock, patience=seconds(_patience(data)))
    timeout = _lock_timeout(data, statements, engine=database.engine)
    while True:
        try:
            ran = await execute_all(
                statements,
                step=step.id,
                database=database,
                clock=clock,
                foreign_keys=data.foreign_keys == "on",
                lock_timeout=timeout,
            )
        except LockNotFree as error:
            tries.refused(error)
        else:
            yield summed(ran)
            return
        async for each in tries.pause():
            yield each


def _patience(data: Data) -> Duration:
    return data.lock_patience if isinstance(data.lock_patience, str) else PATIENCE


def _lock_timeout(data: Data, statements: Sequence[Statement], *, engine: str) -> float | None:
    """Return how long a statement waits for a lock, in seconds; None when nobody else waits for that."""
    if isinstance(data.lock_timeout, str):
        return seconds(data.lock_timeout)
    if alone(statements) or not keeps_others_waiting(statements, engine=engine):
        return None
    return TIMEOUT_SECONDS


async def _in_effect(data: Data, statements: Sequence[Statement], database: Database) -> bool:
    """Tell whether the ledger says that it was applied and not taken back, and the target does not deny it."""
    if not in_effect(await database.entry()):
        return False
    if _by_ledger_alone(statements):
        return True
    return (await _told_by_target(data, statements[0], database, action="run")).happened in ("yes", "unknown")


async def _nothing_to_undo(data: Data, statements: Sequence[Statement], database: Database) -> bool:
    """Tell whether it surely did not happen; what was sent alone may have, without a row in the ledger."""
    if _by_ledger_alone(statements):
        return not in_effect(await database.entry())
    return (await _told_by_target(data, statements[0], database, action="run")).happened == "no"


async def _made_before(data: Data, statements: Sequence[Statement], database: Database) -> str:
    """Return what shows that an earlier attempt was wholly done though nobody recorded it; empty when nothing does."""
    again = database.ticket.attempt > 1 and alone(statements) and not statements[0].repeatable
    if not again or not builds(statements[0], engine=database.engine):
        return ""
    told_so = await _told_by_target(data, statements[0], database, action="run")
    return told_so.evidence if told_so.happened == "yes" else ""


def _by_ledger_alone(statements: Sequence[Statement]) -> bool:
    return not alone(statements) or statements[0].repeatable


async def _found_out(data: Data, statement: Statement, database: Database) -> Settled:
    """Ask the target, and write into the ledger what it shows to have happened: the row comes after the statement."""
    settled = await _told_by_target(data, statement, database, action=database.ticket.action)
    if settled.happened == "yes":
        await mark_complete(database)
    return settled


async def _told_by_target(data: Data, statement: Statement, database: Database, *, action: Action) -> Settled:
    """Find out whether a statement that was executed alone happened; the row in the ledger comes after it."""
    if found := await left_by(statement, database=database):
        return Settled(happened="partly", evidence=told(found))
    if statement.repeatable:
        return Settled(happened="no", evidence=f"{statement.verb} can be executed again at any time")
    if data.done_when:
        answer = await database.query(data.done_when, limit=1)
        value = answer.rows[0][0] if answer.rows else None
        happened = truth(value) == (action == "run")
        return Settled(happened="yes" if happened else "no", evidence=f"done_when answers {discreet(value)}")
    return await _probed(statement, database)


async def _probed(statement: Statement, database: Database) -> Settled:
    found, evidence = [], []
    for probe in probes(statement, engine=database.engine):
        present = bool((await database.ask(probe.purpose, **probe.parameters)).rows)
        found.append(present == (probe.expected == "present"))
        evidence.append(
            f"{probe.purpose} {'.'.join(probe.parameters.values())} is {'present' if present else 'absent'}"
        )
    if found and len(set(found)) == 1:
        return Settled(happened="yes" if found[0] else "no", evidence=", ".join(evidence))
    why = ", ".join(evidence) or "no query can tell; look at the target yourself"
    return Settled(happened="unknown", evidence=f"{statement.verb} was sent alone: {why}")
