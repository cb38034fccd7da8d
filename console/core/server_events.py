"""Events of the servers of a run: which they are, who is in the way, what is half-made. Rule: a chapter of `events`."""

from msgspec import Struct

from console.core.identity import Identity
from console.core.observations import Event, How


class Debris(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something half-made that a server keeps: it costs, or it is in the way, until somebody takes it away."""

    kind: str
    """invalid index, constraint not validated, pending detach, trigger without its function …"""
    name: str
    """Of the thing, with its schema, quoted where it must be."""
    table: str
    remedy: str
    """The statement that takes it away, or completes it."""
    run: str = ""
    step: str = ""
    """Whose statement made it; empty when it is nobody's that is known here."""


class DatabaseFound(Event, frozen=True):
    """A database beside `main` answered for the first time; what is read there is compared with this one."""

    name: str
    """In the runbook's `databases`."""
    identity: Identity


class SessionEndAsked(Event, frozen=True):
    """Intent: a person wants a session out of the way of a step that waits for its lock."""

    step: str
    pid: int
    since: str
    """When the session connected: with `pid` it names it."""
    how: How
    whose: str
    """User and application, in words."""
    reason: str = ""


class SessionEnded(Event, frozen=True):
    """Outcome: what the server said to that."""

    step: str
    pid: int
    how: How
    done: bool
    """False: the session was gone before, or the server refused."""
    words: str


class DebrisFound(Event, frozen=True):
    """What earlier attempts, of this run or of others, left lying in the target; empty when it is clean."""

    items: tuple[Debris, ...]


ServerEvent = DatabaseFound | SessionEndAsked | SessionEnded | DebrisFound
