"""The named completion criteria of the phases. Rule: one holds when all its steps are done, and says which are not."""

from msgspec import Struct

from console.core.state import SETTLED_GOOD, RunState, Status
from console.views.tones import MARKS


class Criterion(Struct, frozen=True, kw_only=True):
    """A named criterion of a phase."""

    phase: str
    name: str
    holds: bool
    why: str
    """The steps that are not done, or that do not apply; empty when all are done."""


def criteria(state: RunState) -> tuple[Criterion, ...]:
    """Return the criteria of all phases, in the order of the document."""
    return tuple(
        _criterion(state, phase.title, name, steps)
        for phase in state.runbook.phases
        for name, steps in phase.criteria.items()
    )


def _criterion(state: RunState, phase: str, name: str, steps: tuple[str, ...]) -> Criterion:
    now = {step: state.steps[step].status for step in steps}
    told = [f"{state.step(step).title}: {MARKS[now[step]].word}" for step in steps if now[step] is not Status.DONE]
    holds = all(status in SETTLED_GOOD for status in now.values())
    return Criterion(phase=phase, name=name, holds=holds, why="; ".join(told))
