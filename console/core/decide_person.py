"""Decisions about what people say of a step. Rule: like `decide`, of which it is a chapter."""

from collections import Counter
from datetime import datetime
from typing import assert_never

from console.core import commands as c
from console.core import events as e
from console.core import gates
from console.core.commands import Refused
from console.core.decide_entry import entered
from console.core.runbook import Step
from console.core.state import SETTLED_GOOD, RunState, Status

Decision = Refused | tuple[e.AnyEvent, ...]

NOT_STARTED = {
    Status.RUNNING: "it is under way",
    Status.CANCELLING: "it is being cancelled",
    Status.IN_DOUBT: "it is in doubt: whether it happened is unknown",
    Status.JUDGING: "it waits for a person's judgement",
    Status.DONE: "it is done",
    Status.NOT_APPLICABLE: "it was marked as not applicable",
    Status.WAIVED: "it was waived",
}
"""Why a step in that state cannot be started; those that are not here can."""


def way_on(status: Status) -> str:
    """Return what to do about a step that cannot be started."""
    ways = {
        Status.IN_DOUBT: "settle it",
        Status.JUDGING: "confirm or reject it",
        Status.RUNNING: "wait or cancel it",
    }
    return ways.get(status, "go on with the next step")


def persons_word(
    state: RunState,
    command: c.ConfirmStep | c.RejectStep | c.MarkNotApplicable | c.SignOff,
    by: str,
    now: datetime,
) -> Decision:
    """Answer what a person says about a step."""
    match command:
        case c.ConfirmStep():
            return _confirm(state, command, now)
        case c.RejectStep():
            return _reject(state, command, now)
        case c.MarkNotApplicable():
            return _not_applicable(state, command, now)
        case c.SignOff():
            return _sign(state, command, by, now)
        case _:
            assert_never(command)


def _persons_step(state: RunState, step: Step, now: datetime) -> Refused | None:
    """Refuse when a step is not open for a person's word."""
    current = state.steps[step.id]
    if current.status is Status.JUDGING:
        return gates.refused(gates.run_gates(state))
    if step.driven_by != "person":
        what = "signed off" if step.driven_by == "signatures" else "run by the engine"
        way = "sign off" if step.driven_by == "signatures" else "start it"
        return Refused(reason=f"{step.title!r} is {what}, not confirmed", remedy=way)
    if current.status in SETTLED_GOOD:
        return Refused(reason=NOT_STARTED[current.status], remedy=way_on(current.status))
    return gates.refused(gates.step_gates(state, step.id, now))


def _confirm(state: RunState, command: c.ConfirmStep, now: datetime) -> Decision:
    step = state.step(command.step)
    if state.undo is not None and state.undo.remaining[:1] == (step.id,) and step.driven_by == "person":
        undone = e.StepConfirmed(step=step.id, value=command.value, note=command.note, action="undo")
        return gates.refused(gates.pause_gates(state)) or (undone,)
    if refused := _persons_step(state, step, now):
        return refused
    if step.data.get("observe") and not command.value.strip():
        return Refused(
            reason=f"{step.title!r} asks for what was observed: {step.data['observe']}",
            remedy="give the value",
        )
    expected = step.data.get("expect") if step.driven_by == "person" else None
    if expected and command.value.strip() != str(expected).strip() and not gates.says_something(command.note):
        return Refused(
            reason=f"{command.value.strip()!r} was seen where {expected!r} is expected",
            remedy="say in the note why that is right, or reject the step",
        )
    return entered(state, command, now, (e.StepConfirmed(step=step.id, value=command.value, note=command.note),))


def _reject(state: RunState, command: c.RejectStep, now: datetime) -> Decision:
    if not gates.says_something(command.reason):
        return Refused(reason="a rejection needs a reason", remedy="say what is wrong")
    step = state.step(command.step)
    refused = _persons_step(state, step, now)
    return refused or entered(state, command, now, (e.StepRejected(step=step.id, reason=command.reason),))


def _not_applicable(state: RunState, command: c.MarkNotApplicable, now: datetime) -> Decision:
    step = state.step(command.step)
    if not gates.says_something(command.reason):
        return Refused(reason="not applicable needs a reason", remedy="say why it does not apply")
    if state.steps[step.id].status is Status.JUDGING:
        return Refused(reason="a measured check cannot be not applicable", remedy="confirm or reject it")
    refused = _persons_step(state, step, now)
    return refused or entered(state, command, now, (e.StepNotApplicable(step=step.id, reason=command.reason),))


def _sign(state: RunState, command: c.SignOff, by: str, now: datetime) -> Decision:
    step, current = state.step(command.step), state.steps[command.step]
    if step.driven_by != "signatures":
        return Refused(reason=f"{step.title!r} takes no signatures", remedy="sign a checkpoint")
    if current.status is Status.DONE:
        return Refused(reason="all signatures are there", remedy=way_on(current.status))
    if refused := gates.refused(gates.step_gates(state, step.id, now)):
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
    signed = frozenset(each.account for each in current.signatures)
    if refused := gates.last_of_a_role(state, missing, role=command.role, by=by, signed=signed):
        return refused
    event = e.SignedOff(step=step.id, role=command.role, note=command.note)
    last = (e.SignOffCompleted(step=step.id),) if len(missing) == 1 else ()
    return entered(state, command, now, (event, *last))
