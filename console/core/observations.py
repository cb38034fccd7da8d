"""What a step may observe while it runs: the events a kind may yield. Rule: a kind yields these and nothing else."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag=True):
    """Base of all events; `type` in JSON is the class's name."""


class StepPutToPerson(Event, frozen=True):
    """What was measured needs a person's eye; the step waits for their word."""

    step: str
    question: str


How = Literal["cancel", "terminate"]
"""What is done to a session of the server: its statement is stopped, or it is ended."""


class ServerSession(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A session of the server that waits for a lock, or that others wait for."""

    pid: int
    since: str
    """When it connected, as the server writes it; with `pid` it names the session, for numbers are used again."""
    user: str
    application: str = ""
    address: str = ""
    """Empty for one on the server's own machine."""
    state: str = ""
    """active, idle in transaction …"""
    waits_for: str = ""
    """The kind of wait and what is waited for."""
    query: str = ""
    """The last statement, without its literals."""
    seconds: float = 0.0
    """Age of its transaction, or of its state when it has none."""
    blocked_by: tuple[int, ...] = ()
    """Processes that it waits for; 0 is a prepared transaction."""
    ours: bool = False
    """It is this run's own."""


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


class LockAwaited(Event, frozen=True):
    """A statement waits for a lock, or gave up for a moment so that others get past; thinned to one a second."""

    step: str
    tries: int
    """How often it was tried, this time included."""
    seconds: float
    """Since the first try."""
    behind: int = 0
    """Sessions that waited behind it."""
    sessions: tuple[ServerSession, ...] = ()
    """Who blocks whom, as far as it concerns the step; its own session included."""
    again_in: float | None = None
    """Seconds until it is tried again; None while it waits."""


class ServerProgressed(Event, frozen=True):
    """What the server says of the statement under way; thinned to one a second."""

    step: str
    doing: str
    """The command and its phase, in the server's words."""
    seconds: float
    """Since the statement began."""
    done: int | None = None
    total: int | None = None
    """Of `unit`; None where the server has no view of it."""
    unit: str = ""
    """blocks, rows, bytes …"""
    waits_for: str = ""
    grown: int | None = None
    """Bytes by which what it works on has grown since then; None when nobody knows."""


Observation = (
    Progressed
    | StatementRan
    | Measured
    | Sampled
    | BaselineRecorded
    | WaitBegan
    | Noticed
    | StepPutToPerson
    | LockAwaited
    | ServerProgressed
)
"""What a step may yield while it runs, and what is seen of it from outside."""

THINNED = (Progressed, LockAwaited, ServerProgressed)
"""Kept at one a second and not waited for on disk."""
