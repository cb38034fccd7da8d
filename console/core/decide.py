"""What is allowed, and why not.

Rule: the only place that decides; pure and total; a refusal says reason and remedy.
"""

from collections import Counter
from datetime import datetime
from typing import assert_never

from console.core import commands as c
from console.core import events as e
from console.core import gates
from console.core.commands import Refused
from console.core.decide_point import approach, leave, pass_point, undo_phase, undo_step
from console.core.runbook import Step
from console.core.state import UNDER_WAY, RunState, Status

Decision = Refused | tuple[e.AnyEvent, ...]

_ANYBODY = (c.AddNote, c.Pause, c.SignOff, c.TakeOver)
"""What everyone may ask for who can reach the engine; the rest is the driver's."""


def decide(state: RunState, command: c.AnyCommand, by: str, now: datetime) -> Decision:
    """Answer a command: the events that carry it out, or a refusal. `by` is an account or `engine`."""
    return _held_by_nothing(state, command, by) or _answer(state, command, by, now)


def _held_by_nothing(state: RunState, command: c.AnyCommand, by: str) -> Refused | None:
    if state.sealed:
        return Refused(reason="the journal is sealed", remedy="start a new run")
    if state.ending is not None and not isinstance(command, c.StopEngine):
        return Refused(reason=gates.run_gates(state)[0].reason, remedy="start a new run")
    if by == e.ENGINE and not isinstance(command, c.UndoStep):
        return Refused(reason="only a person can ask for that", remedy="ask from an account")
    if by not in (state.driver, e.ENGINE) and not isinstance(command, _ANYBODY):
        return Refused(reason=f"{state.driver} drives this run, not {by}", remedy="take over first")
    return _unknown(state, command)


def _unknown(state: RunState, command: c.AnyCommand) -> Refused | None:
    step, phase = getattr(command, "step", None), getattr(command, "phase", None)
    of_the_run = isinstance(command, c.AddNote) and not step
    if step is not None and step not in state.steps and not of_the_run:
        return Refused(reason=f"there is no step {step!r}", remedy="see the list of steps")
    if phase is not None and all(each.id != phase for each in state.runbook.phases):
        return Refused(reason=f"there is no phase {phase!r}", remedy="see the list of phases")
    return None


def _answer(state: RunState, command: c.AnyCommand, by: str, now: datetime) -> Decision:
    match command:
        case c.StartStep(step=step):
            return _start(state, state.step(step), now)
        case c.UndoStep(step=step):
            return undo_step(state, state.step(step), by)
        case c.ConfirmStep():
            return _confirm(state, command, now)
        case c.RejectStep():
            return _reject(state, command, now)
        case c.MarkNotApplicable():
            return _not_applicable(state, command, now)
        case c.SignOff():
            return _sign(state, command, by, now)
        case c.CancelStep(step=step):
            return _cancel(state, step)
        case c.ResolveDoubt():
            return _resolve(state, command)
        case c.ApproachPointOfNoReturn(phase=phase):
            return approach(state, state.runbook.phase(phase), now)
        case c.LeavePointOfNoReturn(phase=phase):
            return leave(state, phase)
        case c.PassPointOfNoReturn():
            return pass_point(state, command, by, now)
        case c.UndoPhase():
            return undo_phase(state, command)
        case c.Pause(reason=reason):
            held = state.paused
            return Refused(reason=f"already paused by {held.by}") if held else (e.Paused(reason=reason),)
        case c.Unpause():
            return (e.Unpaused(),) if state.paused else Refused(reason="the run is not paused")
        case c.AddNote():
            return _note(command)
        case c.TakeOver(reason=reason):
            return _take_over(state, by, reason)
        case c.Abort(reason=reason):
            return _abort(state, reason)
        case c.Finish(note=note):
            return _finish(state, note)
        case c.StopEngine():
            return ()
        case _:
            assert_never(command)


def first_refusal(found: tuple[gates.Gate, ...]) -> Refused | None:
    """Turn the nearest gate into a refusal; None when there is none."""
    return Refused(reason=found[0].reason, remedy=found[0].remedy) if found else None


_NOT_STARTED = {
    Status.RUNNING: "it is under way",
    Status.CANCELLING: "it is being cancelled",
    Status.IN_DOUBT: "it is in doubt: whether it happened is unknown",
    Status.JUDGING: "it waits for a person's judgement",
    Status.DONE: "it is done",
    Status.NOT_APPLICABLE: "it was marked as not applicable",
}
"""Why a step in that state cannot be started; those that are not here can."""


def _start(state: RunState, step: Step, now: datetime) -> Decision:
    current = state.steps[step.id]
    if step.driven_by != "engine":
        what = "signed off" if step.driven_by == "signatures" else "confirmed by a person"
        return Refused(
            reason=f"{step.title!r} is {what}, not run",
            remedy="sign off" if what == "signed off" else "confirm it",
        )
    if current.status in _NOT_STARTED:
        return Refused(reason=_NOT_STARTED[current.status], remedy=_way_on(current.status))
    if refused := first_refusal(gates.step_gates(state, step.id, now)):
        return refused
    resumes = current.status is Status.INTERRUPTED
    return (*_entry(state, step), e.StepStarted(step=step.id, attempt=current.attempt + 1, resumes=resumes))


def _way_on(status: Status) -> str:
    ways = {
        Status.IN_DOUBT: "settle it",
        Status.JUDGING: "confirm or reject it",
        Status.RUNNING: "wait or cancel it",
    }
    return ways.get(status, "go on with the next step")


def _persons_step(state: RunState, step: Step, now: datetime) -> Refused | None:
    """Refuse when a step is not open for a person's word."""
    current = state.steps[step.id]
    if current.status is Status.JUDGING:
        return first_refusal(gates.run_gates(state))
    if step.driven_by != "person":
        what = "signed off" if step.driven_by == "signatures" else "run by the engine"
        way = "sign off" if step.driven_by == "signatures" else "start it"
        return Refused(reason=f"{step.title!r} is {what}, not confirmed", remedy=way)
    if current.status in (Status.DONE, Status.NOT_APPLICABLE):
        return Refused(reason=_NOT_STARTED[current.status], remedy=_way_on(current.status))
    return first_refusal(gates.step_gates(state, step.id, now))


def _confirm(state: RunState, command: c.ConfirmStep, now: datetime) -> Decision:
    step = state.step(command.step)
    if state.undo is not None and state.undo.remaining[:1] == (step.id,) and step.driven_by == "person":
        undone = e.StepConfirmed(step=step.id, value=command.value, note=command.note, action="undo")
        return first_refusal(gates.pause_gates(state)) or (undone,)
    if refused := _persons_step(state, step, now):
        return refused
    if step.data.get("observe") and not command.value.strip():
        return Refused(
            reason=f"{step.title!r} asks for what was observed: {step.data['observe']}",
            remedy="give the value",
        )
    return (*_entry(state, step), e.StepConfirmed(step=step.id, value=command.value, note=command.note))


def _entry(state: RunState, step: Step) -> tuple[e.PhaseEntered, ...]:
    phase = state.phase_of(step.id)
    return () if phase.id in state.entries else (e.PhaseEntered(phase=phase.id),)


def _reject(state: RunState, command: c.RejectStep, now: datetime) -> Decision:
    if not command.reason.strip():
        return Refused(reason="a rejection needs a reason", remedy="say what is wrong")
    step = state.step(command.step)
    return _persons_step(state, step, now) or (
        *_entry(state, step),
        e.StepRejected(step=step.id, reason=command.reason),
    )


def _not_applicable(state: RunState, command: c.MarkNotApplicable, now: datetime) -> Decision:
    step = state.step(command.step)
    if not command.reason.strip():
        return Refused(reason="not applicable needs a reason", remedy="say why it does not apply")
    if state.steps[step.id].status is Status.JUDGING:
        return Refused(reason="a measured check cannot be not applicable", remedy="confirm or reject it")
    refused = _persons_step(state, step, now)
    return refused or (*_entry(state, step), e.StepNotApplicable(step=step.id, reason=command.reason))


def _sign(state: RunState, command: c.SignOff, by: str, now: datetime) -> Decision:
    step, current = state.step(command.step), state.steps[command.step]
    if step.driven_by != "signatures":
        return Refused(reason=f"{step.title!r} takes no signatures", remedy="sign a checkpoint")
    if current.status is Status.DONE:
        return Refused(reason="all signatures are there", remedy=_way_on(current.status))
    if refused := first_refusal(gates.step_gates(state, step.id, now)):
        return refused
    missing = list((Counter(step.signatures) - Counter(each.role for each in current.signatures)).elements())
    if command.role not in missing:
        return Refused(
            reason=f"no signature of a {command.role} is missing here",
            remedy=f"missing: {', '.join(missing)}",
        )
    if command.role not in gates.roles_of(state, by):
        return Refused(reason=f"{by} is no {command.role} in this runbook", remedy="people: in the runbook gives roles")
    if any(each.account == by for each in current.signatures):
        return Refused(reason=f"{by} has signed this checkpoint already", remedy="another person signs the other role")
    event = e.SignedOff(step=step.id, role=command.role, note=command.note)
    last = (e.SignOffCompleted(step=step.id),) if len(missing) == 1 else ()
    return (*_entry(state, step), event, *last)


def _cancel(state: RunState, step: str) -> Decision:
    status = state.steps[step].status
    if status is Status.CANCELLING:
        return Refused(reason="it is being cancelled already", remedy="wait for the server's answer")
    if status not in UNDER_WAY:
        return Refused(reason="it is not under way", remedy="there is nothing to cancel")
    return (e.StepCancelRequested(step=step),)


def _resolve(state: RunState, command: c.ResolveDoubt) -> Decision:
    now = state.steps[command.step]
    if now.status is not Status.IN_DOUBT:
        return Refused(reason="it is not in doubt", remedy="there is nothing to settle")
    if command.happened and now.action == "run" and state.step(command.step).asks_again:
        return Refused(reason="it only reads: nobody's word replaces it", remedy="say no and start it again")
    if not command.evidence.strip():
        return Refused(reason="a person's word needs the evidence", remedy="say what shows it")
    happened: e.Happened = "yes" if command.happened else "no"
    return (e.StepSettled(step=command.step, happened=happened, evidence=command.evidence),)


def _note(command: c.AddNote) -> Decision:
    if not command.text.strip():
        return Refused(reason="the note is empty", remedy="write something")
    return (e.Noted(text=command.text, step=command.step),)


def _take_over(state: RunState, by: str, reason: str) -> Decision:
    if by == state.driver:
        return Refused(reason=f"{by} drives already")
    return (e.DriverChanged(driver=by, reason=reason),)


def _abort(state: RunState, reason: str) -> Decision:
    if not reason.strip():
        return Refused(reason="an abort needs a reason", remedy="say why")
    busy = state.under_way()
    if busy:
        return Refused(reason=f"{state.step(busy).title!r} is under way", remedy="cancel it or let it end first")
    return first_refusal(gates.doubt_gates(state)) or (e.RunAborted(reason=reason),)


def _finish(state: RunState, note: str) -> Decision:
    if refused := first_refusal(gates.run_gates(state)):
        return refused
    if not state.all_complete:
        phase = next(each for each in state.runbook.phases if not state.complete(each))
        return Refused(reason=f"phase {phase.title} is not complete", remedy="complete it, or abort with a reason")
    return (e.RunFinished(note=note),)
