"""What a step may observe while it runs: the events a kind may yield. Rule: a kind yields these and nothing else."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag=True):
    """Base of all events; `type` in JSON is the class's name."""


class StepPutToPerson(Event, frozen=True):
    """What was measured needs a person's eye; the step waits for their word."""

    step: str
    question: str


class Progressed(Event, frozen=True):
    """How far a step under way is; thinned to one a second."""

    step: str
    done: int
    """Rows handled so far, over all attempts."""
    total: int | None = None
    """Rows expected; None when nobody knows."""
    fraction: float | None = None
    """Of the way, 0 to 1, by position rather than by count."""
    rate: float | None = None
    """Rows a second."""
    batch: int | None = None
    """Rows in the next batch."""


class StatementRan(Event, frozen=True):
    """One statement of a step was executed inside its transaction."""

    step: str
    index: int
    of: int
    rows: int
    """Rows it changed; -1 when the server does not say."""
    seconds: float


class Measured(Event, frozen=True):
    """A check's row: check · expected · actual · status."""

    step: str
    check: str
    expected: str
    actual: str
    passed: bool | None
    """None: a person has to judge."""
    seconds: float = 0.0


class Sampled(Event, frozen=True):
    """Rows that a step with `record: rows` shows."""

    step: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class BaselineRecorded(Event, frozen=True):
    """A value to compare with later."""

    step: str
    value: Any
    """A JSON scalar."""


class WaitBegan(Event, frozen=True):
    """The moment at which a wait ends is fixed; it holds over restarts."""

    step: str
    until: Annotated[datetime, Meta(tz=True)]


class Noticed(Event, frozen=True):
    """Something that a server or a command said."""

    step: str
    text: str


Observation = Progressed | StatementRan | Measured | Sampled | BaselineRecorded | WaitBegan | Noticed | StepPutToPerson
"""What a step may yield while it runs."""

THINNED = (Progressed,)
"""Kept at one a second and not waited for on disk."""
