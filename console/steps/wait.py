"""Waits for a time, or until a query is true. Rule: the end is fixed once, as wall time; it holds over restarts."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from msgspec import Struct, convert
from msgspec.structs import replace

from console.core.durations import seconds, spoken
from console.core.errors import CheckFailed
from console.core.observations import Measured, Observation, Progressed, WaitBegan
from console.core.ports import Clock, Database, Facts, Preview, Settled
from console.core.runbook import MAIN, Duration, Step
from console.steps._statements import reading
from console.steps._values import discreet, truth
from console.steps._way_back import none_needed

KEY = "wait"
READS_ONLY = True

SLICE = 1.0
"""Seconds between two boundaries, at most: there a wait can be held or ended."""


class Data(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long, and until when at the latest."""

    wait: Duration
    until: str = ""
    """A query whose first value becomes true; then the wait ends early, and without it fails."""
    every: Duration = "5s"
    """How often that is asked."""


def complete(step: Step, data: Data, *, risk: str, engine: str = "sqlite") -> Step:
    """Fill in the title. Raises ValueError for an undo, and for a query that is asked without a pause."""
    none_needed(step, "a wait changes nothing")
    if data.until:
        reading(data.until, field="until", engine=engine)
    if step.on != MAIN and not data.until:
        raise ValueError("on: a wait without until: reads nothing; leave it out")
    if not seconds(data.wait) and not data.until:
        raise ValueError("wait: no time at all; write how long, or take the step out")
    if not seconds(data.every):
        raise ValueError("every: a query needs a pause before it is asked again; write 1s or longer")
    return replace(step, title=step.title or f"Wait {data.wait}{' at most' if data.until else ''}")


def preview(step: Step, facts: Facts) -> Preview:
    """Say how long."""
    data = convert(step.data, Data)
    if data.until:
        words = f"Waits until the query is true, asking every {data.every}; fails after {data.wait}."
        return Preview(words=words, sql=data.until)
    return Preview(words=f"Waits {data.wait}.")


async def run(step: Step, *, facts: Facts, database: Database, clock: Clock) -> AsyncIterator[Observation | str]:
    """Wait. Raises CheckFailed when the time is over and the query is not true."""
    data = convert(step.data, Data)
    length, until, asks_at = seconds(data.wait), facts.until, clock.monotonic()
    if until is None:
        until = clock.now() + timedelta(seconds=length)
        yield WaitBegan(step=step.id, until=until)
    ends_at = clock.monotonic() + _left(until, clock)  # a wall clock that is set meanwhile ends no wait
    while (left := ends_at - clock.monotonic()) > 0:
        if data.until and clock.monotonic() >= asks_at:
            asks_at = clock.monotonic() + seconds(data.every)
            if (measured := await _asked(step, data, database)).passed:
                yield measured
                yield f"true with {spoken(ends_at - clock.monotonic())} left"
                return
        yield _progress(step, length, left)
        await clock.sleep(min(SLICE, left, seconds(data.every)))
    if data.until:
        measured = await _asked(step, data, database)
        yield measured
        if not measured.passed:
            raise CheckFailed(
                f"{step.title!r} is not true after {data.wait}, it is {measured.actual}",
                remedy="find out why, then start it again: it waits once more",
            )
    yield f"waited {data.wait}"


def _left(until: datetime, clock: Clock) -> float:
    return (until - clock.now()).total_seconds()


def _progress(step: Step, length: float, left: float) -> Progressed:
    """Tell how much of the time is over; no row was handled, and none would have to be taken back."""
    return Progressed(step=step.id, done=0, fraction=min(max(length - left, 0.0), length) / length)


async def _asked(step: Step, data: Data, database: Database) -> Measured:
    answer = await database.query(data.until, limit=1)
    value = answer.rows[0][0] if answer.rows else None
    actual = discreet(value) if answer.rows else "no rows"
    return Measured(
        step=step.id,
        check=step.title,
        expected="true",
        actual=actual,
        passed=truth(value),
        seconds=answer.seconds,
    )


async def settle(step: Step, *, database: Database) -> Settled:
    """Say that it can go on: the end is fixed in the journal."""
    return Settled(happened="no", evidence="only waits: it can go on")


async def undo(step: Step, *, facts: Facts, database: Database, clock: Clock) -> AsyncIterator[Observation | str]:
    """Leave everything as it is."""
    yield "nothing to undo"
