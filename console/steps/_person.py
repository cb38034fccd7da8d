"""What steps that people drive have in common. Rule: nothing here acts; a person does, and says so to the decider."""

from collections.abc import AsyncIterator
from typing import NoReturn

from console.core.errors import GateError
from console.core.observations import Observation, StepPutToPerson
from console.core.ports import Settled
from console.core.runbook import Step


def refuse(step: Step, *, done_by: str, remedy: str) -> NoReturn:
    """Refuse to run a step that only people can do. Raises GateError."""
    raise GateError(f"{step.title!r} is {done_by}, not run", remedy=remedy)


async def taken_back(step: Step) -> AsyncIterator[Observation | str]:
    """Put the instruction to a person, whose word then counts; end at once when there is none."""
    if step.undo:
        yield StepPutToPerson(step=step.id, question=step.undo)
    else:
        yield "nothing to take back"


def not_settled(step: Step) -> Settled:
    """Say that nothing was sent."""
    return Settled(happened="no", evidence=f"{step.title!r} sends nothing; only a person's word counts")
