"""Decisions about entering a phase. Rule: like `decide`, of which it is a chapter; a stale green opens nothing."""

from datetime import datetime

from console.core import changed as ch
from console.core import events as e
from console.core import gates
from console.core.commands import Entering, Refused
from console.core.runbook import Step
from console.core.state import RunState

Decision = Refused | tuple[e.AnyEvent, ...]


def entered(state: RunState, command: Entering, now: datetime, events: tuple[e.AnyEvent, ...]) -> Decision:
    """Return the events of a step's first act, with the entry of its phase.

    The checks that a phase rests on are asked again first: then what is returned is only that they are. A phase
    that was entered, and of which nothing was done then, is entered anew.
    """
    phase = state.phase_of(command.step)
    if gates.begun(state, phase):
        return events
    asked_again = gates.entry_checks(state, phase)
    if asked_again and state.entering is None:
        return (ch.PhaseApproached(phase=phase.id, gates=asked_again, then=command),)
    if state.entering is not None:
        if state.entering.then != command:
            return Refused(
                reason=f"{phase.title} is about to be entered with {state.title(state.entering.then.step)!r}",
                remedy="wait for its checks",
            )
        if refused := gates.refused(gates.entry_gates(state, state.entering, now)):
            return refused
    return (e.PhaseEntered(phase=phase.id), *events)


def left(state: RunState, step: Step, by: str) -> tuple[ch.PhaseLeft, ...]:
    """Return what gives up entering a phase with a step; empty when nobody is about to."""
    entering = state.entering
    if entering is None or entering.then.step != step.id:
        return ()
    return (ch.PhaseLeft(phase=entering.phase, reason=f"{by} gave it up"),)
