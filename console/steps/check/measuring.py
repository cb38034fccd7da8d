"""Asks a target or a folder what a check wants to know. Rule: asks only; what a check tries out is rolled back."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from console.core.durations import seconds
from console.core.observations import Sampled
from console.core.ports import Database, Facts, Rows
from console.core.runbook import Step
from console.steps._content import checksum
from console.steps._values import cut, discreet, told
from console.steps.check import subject as subjects
from console.steps.check.expectation import Expectation, Expected, counted, fits, names_text
from console.steps.check.references import references
from console.steps.check.subject import Subject
from console.steps.check.succeeding import statements_of, succeeding

RECORDED = 100
"""Rows that a check shows and keeps, at most."""
COUNTED = 1000
"""Rows that are fetched to count or to time them, at most, unless more are expected."""


class Found(Struct, frozen=True, kw_only=True):
    """What was measured."""

    actual: str
    passed: bool | None
    """None: a person has to judge."""
    sampled: Sampled | None = None


async def measure(
    asked: str | Subject, expected: Expected, *, step: Step, facts: Facts, database: Database, record: bool
) -> Found:
    """Measure a query or a subject and judge what was found."""
    if isinstance(asked, Subject):
        return await _subject(asked, expected, facts, database)
    if isinstance(expected, Expectation) and isinstance(expected.fails, str):
        return _failure(expected.fails, await database.attempt(asked))
    answer = await database.query(asked, limit=_limit(expected, record=record))
    sampled = _sampled(step, answer) if record else None
    actual, passed = _judged(answer, expected, facts, say=told if record or names_text(expected) else discreet)
    return Found(actual=actual, passed=passed, sampled=sampled)


def _limit(expected: Expected, *, record: bool) -> int:
    match expected:
        case Expectation(rows=int(count)):
            return max(COUNTED, count + 1)
        case Expectation(faster_than=str()):
            return COUNTED
        case _:
            return RECORDED if record else 1


def _judged(answer: Rows, expected: Expected, facts: Facts, *, say: Callable[[Any], str]) -> tuple[str, bool | None]:
    over = "over " if answer.truncated else ""
    match expected:
        case Expectation(rows=int(count)):
            return f"{over}{counted(len(answer.rows))}", len(answer.rows) == count and not answer.truncated
        case Expectation(faster_than=str(limit)):
            return f"{answer.seconds * 1000:.1f} ms", answer.seconds < seconds(limit)
        case Expectation(by_eye=str()):
            return f"{over}{counted(len(answer.rows))}", None
        case _ if not answer.rows:
            return "no rows", False
        case _:
            value = answer.rows[0][0]
            return say(value), fits(expected, value, facts.baselines)


def _failure(text: str, error: str | None) -> Found:
    if error is None:
        return Found(actual="it did not fail", passed=False)
    return Found(actual=cut(error), passed=text.casefold() in error.casefold())


def _sampled(step: Step, answer: Rows) -> Sampled:
    rows = tuple(tuple(map(told, row)) for row in answer.rows[:RECORDED])
    return Sampled(step=step.id, columns=answer.columns, rows=rows)


async def _subject(asked: Subject, expected: Expected, facts: Facts, database: Database) -> Found:
    name, of = subjects.asked(asked)
    if name == "checksum":
        value = await checksum(of, database)
        return Found(actual=told(value), passed=fits(expected, value, facts.baselines))
    match name:
        case "index":
            actual = await subjects.index(of, database)
        case "column":
            actual = await subjects.column(of, database)
        case "foreign_keys":
            actual = await subjects.foreign_keys(of, database)
        case "succeeds":
            actual, passed = await succeeding(statements_of(asked, facts), database)
            return Found(actual=actual, passed=passed)
        case _:
            actual = await references(of, str(asked.path))
    return Found(actual=actual, passed=subjects.holds(str(expected), actual))
