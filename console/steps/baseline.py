"""Records a value to compare with later. Rule: one scalar goes into the journal; of content its length and digest."""

from collections.abc import AsyncIterator
from typing import Any

from msgspec import Struct, convert
from msgspec.structs import replace

from console.core.errors import CheckFailed
from console.core.observations import BaselineRecorded, Measured, Observation
from console.core.ports import Clock, Database, Facts, Preview, Settled
from console.core.runbook import Document, Step
from console.steps._content import checksum, content
from console.steps._statements import reading
from console.steps._values import discreet, scalar, shortened, told
from console.steps._way_back import none_needed

KEY = "baseline"
READS_ONLY = True


class Content(Document, frozen=True):
    """The content of a table or of one column of it."""

    checksum: str
    """table or table.column"""


class Data(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is recorded."""

    baseline: str | Content
    """A query with one value, or whose digest it is."""


def complete(step: Step, data: Data, *, risk: str, engine: str = "sqlite") -> Step:
    """Fill in the title. Asked again it would hold whatever it found, so that it is no gate.

    Raises ValueError for what is not one question.
    """
    none_needed(step, "a baseline changes nothing")
    if isinstance(data.baseline, str):
        title = shortened(reading(data.baseline, field="baseline", engine=engine).text)
    else:
        content(data.baseline.checksum, field="baseline")
        title = f"Checksum of {data.baseline.checksum}"
    return replace(step, title=step.title or title)


def preview(step: Step, facts: Facts) -> Preview:
    """Say what is recorded."""
    asked = convert(step.data, Data).baseline
    if isinstance(asked, str):
        return Preview(words="Records the value of the query.", sql=asked)
    return Preview(words=f"Records the checksum of {asked.checksum}.")


async def run(step: Step, *, facts: Facts, database: Database, clock: Clock) -> AsyncIterator[Observation | str]:
    """Record the value. Raises CheckFailed when the query returns no row."""
    began = clock.monotonic()
    asked = convert(step.data, Data).baseline
    values = await _values(asked, database)
    say, keep = (told, told) if isinstance(asked, Content) else (discreet, scalar)  # a checksum is a digest already
    actual = say(values[0]) if values else "no rows"
    measured = Measured(
        step=step.id,
        check=step.title,
        expected="a value to record",
        actual=actual,
        passed=bool(values),
        seconds=clock.monotonic() - began,
    )
    if not values:
        yield measured
        raise CheckFailed(f"{step.title!r} has no value: no rows", remedy="let the query return one value")
    yield BaselineRecorded(step=step.id, value=keep(values[0]))
    yield measured
    yield f"recorded {actual}"


async def _values(asked: str | Content, database: Database) -> tuple[Any, ...]:
    if isinstance(asked, Content):
        return (await checksum(asked.checksum, database),)
    answer = await database.query(asked, limit=1)
    return answer.rows[0] if answer.rows else ()


async def settle(step: Step, *, database: Database) -> Settled:
    """Say that it only reads."""
    return Settled(happened="no", evidence="only reads: it can be asked again")


async def undo(step: Step, *, facts: Facts, database: Database, clock: Clock) -> AsyncIterator[Observation | str]:
    """Leave everything as it is."""
    yield "nothing to undo"
