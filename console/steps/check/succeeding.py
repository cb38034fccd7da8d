"""Tries out what an application says to the database. Rule: each statement by itself, and nothing of it stays."""

from collections.abc import Sequence

from console.core.errors import CheckFailed
from console.core.ports import Database, Facts
from console.steps._statements import question
from console.steps._values import cut
from console.steps.check.subject import Subject

ALL = "all"


def statements_of(subject: Subject, facts: Facts) -> tuple[str, ...]:
    """Return what is tried. Raises CheckFailed for a version of which the runbook holds no statements."""
    if isinstance(subject.succeeds, tuple):
        return subject.succeeds
    found = facts.statements.get(str(subject.succeeds))
    if found is None:
        raise CheckFailed(
            f"the runbook holds no statements of {subject.succeeds}", remedy="write them under statements:"
        )
    return found


def ensure_can_be_tried(sql: str, *, field: str, engine: str) -> None:
    """Raise ValueError with `field: message` for what is not one statement that can be rolled back."""
    statement = question(sql, field=field, engine=engine)
    if not statement.transactional:
        raise ValueError(f"{field}: {statement.verb} cannot be rolled back, so it cannot be tried; leave it out")


async def succeeding(statements: Sequence[str], database: Database) -> tuple[str, bool]:
    """Try each; say how it went, and whether none failed."""
    failed = []
    for place, statement in enumerate(statements, start=1):
        error = await database.attempt(statement)
        if error is not None:
            failed.append(f"{place}: {error}")
    if not failed:
        return f"{ALL} {len(statements)}" if len(statements) > 1 else ALL, True
    return cut(
        f"{len(failed)} of {len(statements)} {'fails' if len(failed) == 1 else 'fail'} – {'; '.join(failed)}"
    ), False
