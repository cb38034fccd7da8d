"""A step that a person does outside of the console and ticks. Rule: only a person's word completes it."""

from collections.abc import AsyncIterator

from msgspec import Struct, convert
from msgspec.structs import replace

from console.core.observations import Observation
from console.core.ports import Clock, Database, Facts, Preview, Settled
from console.core.runbook import Step
from console.steps._person import not_settled, refuse, taken_back
from console.steps._values import shortened

KEY = "manual"


class Data(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person does and writes down."""

    manual: str
    """What to do."""
    observe: str = ""
    """What to write down; then ticking takes a value."""
    expect: str = ""
    """What that value must be; another one is confirmed only with a note that says why."""


def complete(step: Step, data: Data, *, risk: str, engine: str = "sqlite") -> Step:
    """Hand the step to a person. Raises ValueError for an expectation of nothing."""
    if not data.manual.strip():
        raise ValueError("manual: says nothing; write what the person does")
    if data.expect and not data.observe:
        raise ValueError("expect: of what? say with observe: what is to be written down")
    return replace(step, title=step.title or shortened(data.manual), driven_by="person")


def preview(step: Step, facts: Facts) -> Preview:
    """Say what the person does."""
    data = convert(step.data, Data)
    asked = f" — write down: {data.observe}" if data.observe else ""
    expected = f" (expected: {data.expect})" if data.expect else ""
    return Preview(words=f"{data.manual}{asked}{expected}", undo=step.undo or step.restore or "")


def run(step: Step, *, facts: Facts, database: Database, clock: Clock) -> AsyncIterator[Observation | str]:
    """Refuse: a person does it. Raises GateError."""
    refuse(step, done_by="done by a person", remedy="do it, then confirm it with what you saw")


async def settle(step: Step, *, database: Database) -> Settled:
    """Say that nothing was sent."""
    return not_settled(step)


def undo(step: Step, *, facts: Facts, database: Database, clock: Clock) -> AsyncIterator[Observation | str]:
    """Put the instruction to a person."""
    return taken_back(step)
