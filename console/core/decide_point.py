"""Decisions about the way back: points of no return and undo. Rule: like `decide`, of which it is a chapter."""

from datetime import datetime

from console.core import commands as c
from console.core import events as e
from console.core import gates
from console.core.commands import Refused
from console.core.runbook import Phase, Step
from console.core.state import UNDER_WAY, RunState, Status

Decision = Refused | tuple[e.AnyEvent, ...]


def approach(state: RunState, phase: Phase, now: datetime) -> Decision:
    """Open the dialog: freeze the fact and name the gates to ask again."""
    point = phase.point_of_no_return
    if point is None:
        return Refused(reason=f"{phase.title} has no point of no return", remedy="start its steps")
    if phase.id in state.passed:
        return Refused(reason="this point of no return was passed", remedy=f"from here: {point.restore}")
    if refused := gates.refused(gates.point_gates(state, phase, now)):
        return refused
    asks, fact = _fact(state, phase)
    if not fact:
        return Refused(
            reason=f"{asks} is not known",
            remedy="the baseline that the point of no return names was not recorded",
        )
    return (e.PointOfNoReturnApproached(phase=phase.id, asks=asks, fact=fact, gates=gates.entry_checks(state, phase)),)


def _fact(state: RunState, phase: Phase) -> tuple[str, str]:
    confirm = phase.point_of_no_return.confirm if phase.point_of_no_return else None
    if confirm is None:
        return "the name of the database", state.target.name
    value = state.baselines.get(confirm.baseline)
    return f"the value of {state.step(confirm.baseline).title!r}", "" if value is None else str(value)


def leave(state: RunState, phase: str) -> Decision:
    """Close the dialog."""
    if state.approach is None or state.approach.phase != phase:
        return Refused(reason="no such dialog is open")
    return (e.PointOfNoReturnLeft(phase=phase),)


def pass_point(state: RunState, command: c.PassPointOfNoReturn, by: str, now: datetime) -> Decision:
    """Pass: the same person, every gate green and fresh, and the frozen fact typed exactly."""
    open_ = state.approach
    if open_ is None or open_.phase != command.phase:
        return Refused(reason="the point of no return was not approached", remedy="open its dialog first")
    if by != open_.by:
        return Refused(reason=f"{open_.by} opened the dialog, not {by}", remedy="whoever opens it passes it")
    phase = state.runbook.phase(command.phase)
    found = (*gates.point_gates(state, phase, now), *gates.open_gates(state, open_, now))
    if refused := gates.refused(found):
        return refused
    if not command.typed or command.typed not in (open_.fact, state.plan_digest):
        return Refused(reason="what was typed is not the fact that was asked for", remedy=f"type {open_.asks}")
    return (e.PointOfNoReturnPassed(phase=phase.id, typed=command.typed),)


def undo_phase(state: RunState, command: c.UndoPhase) -> Decision:
    """Take a phase back, the latest first; or go on with an undo whose step failed."""
    phase = state.runbook.phase(command.phase)
    if refused := _no_way_back(state, phase):
        return refused
    busy = state.under_way()
    if busy:
        return Refused(reason=f"{state.step(busy).title!r} is under way", remedy="let it end or cancel it first")
    if refused := gates.refused(gates.pause_gates(state)):
        return refused
    if command.typed != phase.id:
        return Refused(reason="what was typed is not the phase's id", remedy=f"type {phase.id}")
    if state.undo is not None:
        return (e.UndoStarted(phase=phase.id, steps=state.undo.remaining),)
    if not any(_touched(state, step) for step in phase.steps):
        return Refused(reason=f"nothing in {phase.title} was done", remedy="there is nothing to undo")
    steps = tuple(step.id for step in reversed(phase.steps) if _may_have_happened(state, step))
    return (e.UndoStarted(phase=phase.id, steps=steps),)


def _no_way_back(state: RunState, phase: Phase) -> Refused | None:
    if refused := gates.refused(gates.doubt_gates(state)):
        return refused
    if state.passed:
        passed = state.runbook.phase(next(iter(state.passed)))
        restore = passed.point_of_no_return.restore if passed.point_of_no_return else ""
        at = state.passed[passed.id].at
        return Refused(reason=f"the point of no return was passed at {at:%H:%M:%S}", remedy=f"restore: {restore}")
    if state.undo is not None and state.undo.phase != phase.id:
        return Refused(reason=f"phase {state.undo.phase} is being undone", remedy="let that undo end first")
    later = state.runbook.phases[state.runbook.phase_index(phase.id) + 1 :]
    touched = next((each for each in reversed(later) if any(_touched(state, step) for step in each.steps)), None)
    if touched is not None:
        return Refused(reason=f"{touched.title} has run on top of it", remedy=f"undo {touched.title} first")
    if state.undo is None and (lacking := _without_undo(state, phase)):
        return Refused(
            reason=f"{lacking.title!r} cannot be undone",
            remedy=f"restore: {lacking.restore or 'not described'}",
        )
    return None


def _without_undo(state: RunState, phase: Phase) -> Step | None:
    lacking = (step for step in phase.steps if step.restore and not step.undo)
    return next((step for step in lacking if _may_have_happened(state, step)), None)


def _touched(state: RunState, step: Step) -> bool:
    now = state.steps[step.id]
    return now.status is not Status.PENDING or bool(now.signatures)


def _may_have_happened(state: RunState, step: Step) -> bool:
    return _touched(state, step) and not state.steps[step.id].passed_over


def undo_step(state: RunState, step: Step, by: str) -> Decision:
    """Take the next step of the undo under way back; only the engine asks."""
    if by != e.ENGINE or state.undo is None or state.undo.remaining[:1] != (step.id,):
        return Refused(reason="it is not the next step of an undo", remedy="undo its phase")
    if refused := gates.refused((*gates.doubt_gates(state), *gates.pause_gates(state))):
        return refused
    now = state.steps[step.id]
    if now.status in UNDER_WAY:
        return Refused(reason="it is under way", remedy="let it end")
    if step.taken_back_by_person:
        return Refused(reason="a person takes it back", remedy="confirm it once that is done")
    return (e.StepStarted(step=step.id, attempt=now.attempt + 1, action="undo"),)
