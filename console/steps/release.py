"""An application release that has to be live. Rule: a person who saw it on every instance says so; no guess."""

from collections.abc import AsyncIterator

from msgspec import Struct, convert
from msgspec.structs import replace

from console.core.observations import Observation
from console.core.ports import Clock, Database, Facts, Preview, Settled
from console.core.runbook import Step
from console.steps._person import not_settled, refuse, taken_back

KEY = "release"


class Data(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which release, what it must do, and what going back from it means."""

    release: str
    """Its version."""
    ask: str = ""
    """What must be true once it is live."""
    back: str = ""
    """What going back means for the application and its data."""
    observe: str = "the version that every instance reports"
    """What to write down."""


def complete(step: Step, data: Data, *, risk: str, engine: str = "sqlite") -> Step:
    """Hand the step to a person; what going back means is its undo unless that says more."""
    if not data.release.strip():
        raise ValueError("release: says nothing; write the version")
    title = step.title or f"Release {data.release} is live"
    return replace(step, title=title, driven_by="person", undo=step.undo or data.back or None)


def preview(step: Step, facts: Facts) -> Preview:
    """Say what must be live."""
    data = convert(step.data, Data)
    must = f": {data.ask}" if data.ask else ""
    words = f"Release {data.release} is live on every instance{must} — write down: {data.observe}"
    return Preview(words=words, undo=step.undo or step.restore or "")


def run(step: Step, *, facts: Facts, database: Database, clock: Clock) -> AsyncIterator[Observation | str]:
    """Refuse: a person releases. Raises GateError."""
    refuse(step, done_by="released by a person", remedy="release it, then confirm it with what you saw")


async def settle(step: Step, *, database: Database) -> Settled:
    """Say that nothing was sent."""
    return not_settled(step)


def undo(step: Step, *, facts: Facts, database: Database, clock: Clock) -> AsyncIterator[Observation | str]:
    """Put the instruction to a person."""
    return taken_back(step)
