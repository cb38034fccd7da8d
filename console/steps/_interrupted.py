"""What an interrupted statement left half-made, and how it is taken away or completed. Rule: never somebody's work."""

from collections.abc import Sequence

from console.core.errors import DatabaseError
from console.core.observations import Noticed
from console.core.ports import Database
from console.statements import Leftover, Probe, Statement, leftovers

_NEXT = {
    "first": "the next attempt drops it first",
    "instead": "the next attempt completes it",
    "again": "started again, the step finishes the drop",
}


async def left_by(statement: Statement, *, database: Database) -> tuple[Leftover, ...]:
    """Return what is half-made in the target, of what the statement can leave so."""
    return tuple([each for each in leftovers(statement, engine=database.engine) if await _there(each, database)])


def builds(statement: Statement, *, engine: str) -> bool:
    """Tell whether the statement makes something that is half-made until its end."""
    return any(each.way == "first" for each in leftovers(statement, engine=engine))


def told(found: Sequence[Leftover]) -> str:
    """Say what is half-made, and what becomes of it."""
    return "; ".join(f"{each.words}: {_NEXT[each.way]}" for each in found)


async def execute_alone(statement: Statement, *, step: str, database: Database) -> None:
    """Execute what cannot be in a transaction; what an interrupted attempt left is dropped before it, or completed.

    Raises DatabaseError while somebody is at work on that.
    """
    text = statement.text
    for each in await left_by(statement, database=database):
        await _ensure_nobody_at_work(each, database)
        if each.way != "again":
            database.say(Noticed(step=step, text=f"{each.words}: {each.sql}"))
        if each.way == "first":
            await database.execute_alone(each.sql, completes=False)
        elif each.way == "instead":
            text = each.sql
    await database.execute_alone(text)


async def _ensure_nobody_at_work(leftover: Leftover, database: Database) -> None:
    if leftover.busy is None:
        return
    found = await database.ask(leftover.busy.purpose, **leftover.busy.parameters)
    if found.rows:
        pids = ", ".join(str(row[0]) for row in found.rows)
        raise DatabaseError(
            f"{leftover.words}, and somebody is at work on it: process {pids}",
            remedy="wait until that has ended, then start the step again",
        )


async def _there(leftover: Leftover, database: Database) -> bool:
    return all([await _as_expected(probe, database) for probe in leftover.probes])


async def _as_expected(probe: Probe, database: Database) -> bool:
    answer = await database.ask(probe.purpose, **probe.parameters)
    return bool(answer.rows) == (probe.expected == "present")
