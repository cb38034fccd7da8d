"""What is allowed, and why not.

Rule: the only place that decides; pure and total; a refusal says reason and remedy.
"""

from datetime import datetime
from typing import assert_never

from console.core import commands as c
from console.core import events as e
from console.core import gates
from console.core.commands import Refused
from console.core.decide_amend import approve, propose, waive, withdraw
from console.core.decide_entry import entered, left
from console.core.decide_person import NOT_STARTED, persons_word, way_on
from console.core.decide_point import approach, leave, pass_point, undo_phase, undo_step
from console.core.decide_session import end_session, session_gate
from console.core.state import UNDER_WAY, RunState, Status

Decision = Refused | tuple[e.AnyEvent, ...]

_ANYBODY = (c.AddNote, c.Pause, c.SignOff, c.TakeOver, c.Waive, c.ApproveAmendment)
"""What everyone may ask for who can reach the engine; the rest is the driver's."""


def decide(state: RunState, command: c.AnyCommand | c.AmendTo, by: str, now: datetime) -> Decision:
    """Answer a command: the events that carry it out, or a refusal. `by` is an account or `engine`.

    An Amend is answered once its text was read, as an AmendTo.
    """
    return _held_by_nothing(state, command, by) or _answer(state, command, by, now)


def _held_by_nothing(state: RunState, command: c.AnyCommand | c.AmendTo, by: str) -> Refused | None:
    if state.sealed:
        return Refused(reason="the journal is sealed", remedy="start a new run")
    if state.ending is not None and not isinstance(command, c.StopEngine):
        return Refused(reason=gates.run_gates(state)[0].reason, remedy="start a new run")
    if by == e.ENGINE and not isinstance(command, c.UndoStep):
        return Refused(reason="only a person can ask for that", remedy="ask from an account")
    if by not in (state.driver, e.ENGINE) and not isinstance(command, _ANYBODY):
        return Refused(reason=f"{state.driver} drives this run, not {by}", remedy="take over first")
    return _unknown(state, command)


def _unknown(state: RunState, command: c.AnyCommand | c.AmendTo) -> Refused | None:
    step, phase = getattr(command, "step", None), getattr(command, "phase", None)
    of_the_run = isinstance(command, c.AddNote) and not step
    if step is not None and step not in state.steps and not of_the_run:
        return Refused(reason=f"there is no step {step!r}", remedy="see the list of steps")
    if phase is not None and all(each.id != phase for each in state.runbook.phases):
        return Refused(reason=f"there is no phase {phase!r}", remedy="see the list of phases")
    return None


def _answer(state: RunState, command: c.AnyCommand | c.AmendTo, by: str, now: datetime) -> Decision:
    match command:
        case c.StartStep():
            return _start(state, command, now)
        case c.UndoStep(step=step):
            return undo_step(state, state.step(step), by)
        case c.ConfirmStep() | c.RejectStep() | c.MarkNotApplicable() | c.SignOff():
            return persons_word(state, command, by, now)
        case c.Waive():
            return waive(state, command, by, now)
        case c.CancelStep(step=step):
            return left(state, state.step(step), by) or _cancel(state, step)
        case c.ResolveDoubt():
            return _resolve(state, command)
        case c.EndSession():
            return end_session(state, command)
        case c.ApproachPointOfNoReturn(phase=phase):
            return approach(state, state.runbook.phase(phase), now)
        case c.LeavePointOfNoReturn(phase=phase):
            return leave(state, phase)
        case c.PassPointOfNoReturn():
            return pass_point(state, command, by, now)
        case c.UndoPhase():
            return undo_phase(state, command)
        case c.Amend() | c.AmendTo() | c.ApproveAmendment() | c.WithdrawAmendment():
            return _amendment(state, command, by)
        case c.Pause() | c.Unpause():
            return _pause(state, command)
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


def _amendment(
    state: RunState, command: c.Amend | c.AmendTo | c.ApproveAmendment | c.WithdrawAmendment, by: str
) -> Decision:
    if isinstance(command, c.AmendTo | c.ApproveAmendment) and (refused := session_gate(state)):
        return refused
    match command:
        case c.Amend():
            return Refused(reason="the changed runbook was not read", remedy="ask the engine of the run")
        case c.AmendTo():
            return propose(state, command, by)
        case c.ApproveAmendment():
            return approve(state, command, by)
        case c.WithdrawAmendment(reason=reason):
            return withdraw(state, reason)
        case _:
            assert_never(command)


def _start(state: RunState, command: c.StartStep, now: datetime) -> Decision:
    step, current = state.step(command.step), state.steps[command.step]
    if step.driven_by != "engine":
        what = "signed off" if step.driven_by == "signatures" else "confirmed by a person"
        return Refused(
            reason=f"{step.title!r} is {what}, not run",
            remedy="sign off" if what == "signed off" else "confirm it",
        )
    if current.status in NOT_STARTED:
        return Refused(reason=NOT_STARTED[current.status], remedy=way_on(current.status))
    if refused := gates.refused(gates.step_gates(state, step.id, now)):
        return refused
    resumes = current.status is Status.INTERRUPTED
    return entered(state, command, now, (e.StepStarted(step=step.id, attempt=current.attempt + 1, resumes=resumes),))


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
    if not gates.says_something(command.evidence):
        return Refused(reason="a person's word needs the evidence", remedy="say what shows it")
    happened: e.Happened = "yes" if command.happened else "no"
    return (e.StepSettled(step=command.step, happened=happened, evidence=command.evidence),)


def _pause(state: RunState, command: c.Pause | c.Unpause) -> Decision:
    held = state.paused
    if isinstance(command, c.Unpause):
        return (e.Unpaused(),) if held else Refused(reason="the run is not paused")
    return Refused(reason=f"already paused by {held.by}") if held else (e.Paused(reason=command.reason),)


def _note(command: c.AddNote) -> Decision:
    if not command.text.strip():
        return Refused(reason="the note is empty", remedy="write something")
    return (e.Noted(text=command.text, step=command.step),)


def _take_over(state: RunState, by: str, reason: str) -> Decision:
    if by == state.driver:
        return Refused(reason=f"{by} drives already")
    return (e.DriverChanged(driver=by, reason=reason),)


def _abort(state: RunState, reason: str) -> Decision:
    if not gates.says_something(reason):
        return Refused(reason="an abort needs a reason", remedy="say why")
    busy = state.under_way()
    if busy:
        return Refused(reason=f"{state.step(busy).title!r} is under way", remedy="cancel it or let it end first")
    return session_gate(state) or gates.refused(gates.doubt_gates(state)) or (e.RunAborted(reason=reason),)


def _finish(state: RunState, note: str) -> Decision:
    if refused := session_gate(state) or gates.refused(gates.run_gates(state)):
        return refused
    if not state.all_complete:
        phase = next(each for each in state.runbook.phases if not state.complete(each))
        return Refused(reason=f"phase {phase.title} is not complete", remedy="complete it, or abort with a reason")
    return (e.RunFinished(note=note),)
