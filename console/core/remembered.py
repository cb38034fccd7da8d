"""What the state of a run keeps of what is over. Rule: plain frozen data, like the rest of `state`."""

from datetime import datetime

from msgspec import Struct


class Passed(Struct, frozen=True, kw_only=True):
    """A point of no return that was passed."""

    at: datetime
    by: str


class Verification(Struct, frozen=True, kw_only=True):
    """What was compared after an undo: check, expected, actual, passed."""

    at: datetime
    checks: tuple[tuple[str, str, str, bool], ...]


class Entry(Struct, frozen=True, kw_only=True):
    """When a phase was entered, and the digest of the schema before it."""

    at: datetime
    schema: str


class Ending(Struct, frozen=True, kw_only=True):
    """How the run ended."""

    finished: bool
    at: datetime
    by: str
    text: str


class Note(Struct, frozen=True, kw_only=True):
    """A remark."""

    at: datetime
    by: str
    text: str
    step: str
