"""The SQL that steps carry: read with the runbook, executed by the step. Rule: no yield while a transaction is open."""

from collections.abc import Sequence

from console.core.durations import spoken
from console.core.errors import RunbookError
from console.core.observations import StatementRan
from console.core.ports import Clock, Database, Say, Transaction
from console.statements import Statement, effects, split
from console.steps._interrupted import execute_alone


def written(sql: str, *, field: str, engine: str) -> tuple[Statement, ...]:
    """Return the statements that a field carries.

    Raises ValueError with `field: message` when there is none or they cannot be executed as one step.
    """
    try:
        found = split(sql, engine=engine)
    except RunbookError as error:
        raise ValueError(f"{field}: {error}") from error
    if not found:
        raise ValueError(f"{field}: holds no statement; write one")
    for statement in found:
        if statement.kind == "transaction":
            raise ValueError(
                f"{field}: line {statement.line}: {statement.verb} makes no sense here; the console opens and"
                " ends the transaction itself; leave it out"
            )
        if statement.verb in ("ATTACH", "DETACH"):
            raise ValueError(
                f"{field}: line {statement.line}: {statement.verb} is about another file, which no other statement of"
                " a run sees; leave it out"
            )
        if not statement.transactional and len(found) > 1:
            raise ValueError(
                f"{field}: line {statement.line}: {statement.verb} cannot be in a transaction;"
                " give it a step of its own"
            )
    return found


def question(sql: str, *, field: str, engine: str) -> Statement:
    """Return the one statement that a field asks with. Raises ValueError with `field: message`."""
    found = written(sql, field=field, engine=engine)
    if len(found) > 1:
        raise ValueError(f"{field}: line {found[1].line}: one statement is asked, here are {len(found)}")
    return found[0]


def reading(sql: str, *, field: str, engine: str) -> Statement:
    """Return the one query that a field asks with. Raises ValueError with `field: message` for what may write."""
    statement = question(sql, field=field, engine=engine)
    if statement.kind != "query":
        raise ValueError(f"{field}: {statement.verb} does not only read; write a query")
    return statement


def alone(statements: Sequence[Statement]) -> bool:
    """Tell whether it is one statement that cannot be in a transaction."""
    return len(statements) == 1 and not statements[0].transactional


async def execute_all(
    statements: Sequence[Statement],
    *,
    step: str,
    database: Database,
    clock: Clock,
    foreign_keys: bool = True,
    lock_timeout: float | None = None,
) -> tuple[StatementRan, ...]:
    """Execute statements to the completion of their step: one that must be alone as such, others in a transaction.

    Each is said as it has been executed; only what is returned is committed.
    """
    if alone(statements):
        began = clock.monotonic()
        await execute_alone(statements[0], step=step, database=database)
        ran = StatementRan(step=step, index=1, of=1, rows=-1, seconds=clock.monotonic() - began)
        database.say(ran)
        return (ran,)
    async with database.transaction(
        completes=True, foreign_keys=foreign_keys, lock_timeout=lock_timeout
    ) as transaction:
        return await _each(statements, step=step, transaction=transaction, clock=clock, say=database.say)


async def _each(
    statements: Sequence[Statement], *, step: str, transaction: Transaction, clock: Clock, say: Say
) -> tuple[StatementRan, ...]:
    ran = []
    for index, statement in enumerate(statements, start=1):
        began = clock.monotonic()
        rows = await transaction.execute(statement.text)
        seconds = clock.monotonic() - began
        ran.append(StatementRan(step=step, index=index, of=len(statements), rows=rows, seconds=seconds))
        say(ran[-1])
    return tuple(ran)


def summed(ran: Sequence[StatementRan]) -> str:
    """Say in one line what was executed."""
    count = "1 statement" if len(ran) == 1 else f"{len(ran)} statements"
    rows = sum(max(each.rows, 0) for each in ran)
    changed = f", {rows} {'row' if rows == 1 else 'rows'} changed" if rows else ""
    return f"{count}{changed}, {spoken(sum(each.seconds for each in ran))}"


def described(statements: Sequence[Statement], *, engine: str) -> str:
    """Say what statements lock and how much work they are, and what holds them together."""
    words = [f"{each.verb}: {effects(each, engine=engine).words}" for each in statements]
    if alone(statements):
        return f"{words[0]} It cannot be in a transaction, so it is executed alone."
    together = "One transaction, with its row in the ledger."
    return "\n".join((*words, together))
