"""Measures one thing and compares it. Rule: nothing stays; what the rows hold is shown only with record: rows.

Of a value that is found, NULL, numbers, dates, times and uuids are shown. A text is shown when a text is expected
(`expect: "YES"` and found NO), or with `record: rows`; of any other one its length and a digest.
"""

from collections.abc import AsyncIterator
from typing import Literal

from msgspec import UNSET, Struct, UnsetType, convert
from msgspec.structs import replace

from console.core.errors import CheckFailed
from console.core.observations import Measured, Observation, StepPutToPerson
from console.core.ports import Clock, Database, Facts, Preview, Settled
from console.core.runbook import MAIN, Step
from console.statements import Statement
from console.steps._statements import question
from console.steps._values import shortened
from console.steps._way_back import none_needed
from console.steps.check.expectation import Expectation, Expected, ensure_possible, named, words
from console.steps.check.measuring import measure
from console.steps.check.subject import ANSWERS, Subject, asked, title
from console.steps.check.succeeding import ensure_can_be_tried, statements_of

KEY = "check"
READS_ONLY = True


class Data(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is measured and what is expected of it."""

    check: str | Subject
    """A query, or what can be asked without SQL."""
    expect: Expected | UnsetType = UNSET
    record: Literal["", "rows"] = ""
    """`rows`: what the query returns is shown and kept in the journal."""


def complete(step: Step, data: Data, *, risk: str, engine: str = "sqlite") -> Step:
    """Fill in the title. Raises ValueError for expectations that do not fit what is measured."""
    none_needed(step, "a check changes nothing")
    if isinstance(data.check, Subject):
        _fitting_subject(data.check, data, engine)
        name = title(data.check)
    else:
        statement = question(data.check, field="check", engine=engine)
        _fitting_query(data, statement)
        name = shortened(statement.text)
    if step.on != MAIN and _tries(data):
        raise ValueError(f"on: a statement is tried in {MAIN}, nowhere else is anything written; leave it out")
    by_eye = isinstance(data.expect, Expectation) and data.expect.by_eye is not UNSET
    return replace(step, title=step.title or name, asks_again=not by_eye)


def _tries(data: Data) -> bool:
    if isinstance(data.check, Subject):
        return data.check.succeeds is not UNSET
    return isinstance(data.expect, Expectation) and data.expect.fails is not UNSET


def _fitting_query(data: Data, statement: Statement) -> None:
    if isinstance(data.expect, UnsetType):
        raise ValueError("expect: is missing; say what the query should return")  # noqa: TRY004 - for the loader
    expectation = named(data.expect)
    ensure_possible(data.expect)
    if expectation != "fails" and statement.kind != "query":
        told = "does not only read; write a query, or expect: {fails: part of the error} of what must fail"
        raise ValueError(f"check: {statement.verb} {told}")
    if expectation == "by_eye" and not data.record:
        raise ValueError("record: is missing; rows that a person judges are recorded: write record: rows")
    if data.record and expectation == "fails":
        raise ValueError("record: a statement that fails returns no rows; leave it out")


def _fitting_subject(subject: Subject, data: Data, engine: str) -> None:
    name, _ = asked(subject)
    for each in subject.succeeds if isinstance(subject.succeeds, tuple) else ():
        ensure_can_be_tried(each, field="check: succeeds", engine=engine)
    if data.record:
        raise ValueError("record: only a query returns rows; leave it out")
    if name in ANSWERS:
        if data.expect is not UNSET and data.expect not in ANSWERS[name]:
            raise ValueError(f"expect: of {name} can be expected: {', '.join(ANSWERS[name])}")
        return
    if isinstance(data.expect, UnsetType):
        raise ValueError("expect: is missing; a checksum is compared: {unchanged: the step of its baseline}")  # noqa: TRY004 - for the loader
    if named(data.expect) not in ("value", "unchanged"):
        raise ValueError("expect: a checksum can be a value, or unchanged since a baseline")


def _expected(data: Data) -> Expected:
    if not isinstance(data.expect, UnsetType):
        return data.expect
    return ANSWERS[asked(data.check)[0]][0] if isinstance(data.check, Subject) else None


def preview(step: Step, facts: Facts) -> Preview:
    """Say what is expected."""
    data = convert(step.data, Data)
    expected = words(_expected(data), facts.baselines)
    if isinstance(data.check, Subject) and data.check.succeeds is not UNSET:
        tried = ";\n".join(each.strip().rstrip(";") for each in statements_of(data.check, facts))
        return Preview(words=f"Runs each statement by itself and rolls it back. Expected: {expected}", sql=tried)
    sql = data.check if isinstance(data.check, str) else ""
    fails = isinstance(data.expect, Expectation) and data.expect.fails is not UNSET
    how = "Runs the statement and rolls it back" if fails else "Only reads"
    return Preview(words=f"{how}. Expected: {expected}", sql=sql)


async def run(step: Step, *, facts: Facts, database: Database, clock: Clock) -> AsyncIterator[Observation | str]:
    """Measure and compare. Raises CheckFailed, after what was measured was told."""
    data = convert(step.data, Data)
    expected, began = _expected(data), clock.monotonic()
    found = await measure(data.check, expected, step=step, facts=facts, database=database, record=bool(data.record))
    measured = Measured(
        step=step.id,
        check=step.title,
        expected=words(expected, facts.baselines),
        actual=found.actual,
        passed=found.passed,
        seconds=clock.monotonic() - began,
    )
    if found.sampled is not None:
        yield found.sampled
    yield measured
    if found.passed is None:
        yield StepPutToPerson(step=step.id, question=measured.expected)
    elif not found.passed:
        raise CheckFailed(
            f"{step.title}: expected {measured.expected}, found {measured.actual}",
            remedy="find out why and mend it, then start the check again",
        )
    else:
        yield measured.actual


async def settle(step: Step, *, database: Database) -> Settled:
    """Say that it only reads."""
    return Settled(happened="no", evidence="only reads: it can be asked again")


async def undo(step: Step, *, facts: Facts, database: Database, clock: Clock) -> AsyncIterator[Observation | str]:
    """Leave everything as it is."""
    yield "nothing to undo"
