"""What a person who only had the answers would do next. Rule: pure; a question without an answer is never answered."""

from datetime import datetime

from msgspec import Struct

from console.core import commands as c
from console.core import gates
from console.core.runbook import Phase, Step
from console.core.state import SETTLED_GOOD, UNDER_WAY, RunState, Status
from console.storage.answers import Answers

DONE, FAILED, REFUSED, IN_DOUBT, WAITING = 0, 1, 3, 5, 6
"""Exit statuses."""


class Act(Struct, frozen=True, kw_only=True):
    """Submit this; `by` is empty for whoever runs the program."""

    command: c.AnyCommand
    by: str = ""


class Wait(Struct, frozen=True, kw_only=True):
    """Nothing to say until the state changes."""


class End(Struct, frozen=True, kw_only=True):
    """Stop here, with this status and this to say."""

    status: int
    text: str


Move = Act | Wait | End


def next_move(state: RunState, answers: Answers, *, tried: frozenset[str], now: datetime) -> Move:
    """Return the next move. `tried` are the steps and points that this invocation has submitted already."""
    if state.ending is not None:
        status = DONE if state.ending.finished else FAILED
        return End(status=status, text=f"the run was {'finished' if not status else 'aborted'} by {state.ending.by}")
    busy = state.under_way()
    if answers.abort and busy is None and not state.in_doubt():
        return Act(command=c.Abort(reason=answers.abort))
    if busy is not None or state.paused is not None or state.entering is not None:
        return _while_busy(state, busy, now)
    if doubts := state.in_doubt():
        return End(
            status=IN_DOUBT, text=f"{doubts[0]} is in doubt and needs a person: {state.steps[doubts[0]].summary}"
        )
    if state.undo is not None:
        return End(status=REFUSED, text=f"phase {state.undo.phase} is being undone; a person goes on with that")
    if state.all_complete:
        return Act(command=c.Finish(note=answers.note))
    phase = next(each for each in state.runbook.phases if not state.complete(each))
    return _in_phase(state, answers, phase, tried=tried, now=now)


LONGEST_WAIT_SECONDS = 60.0
"""A wait that is longer is left to a later invocation."""


def _while_busy(state: RunState, busy: str | None, now: datetime) -> Move:
    until = state.steps[busy].until if busy else None
    if until is not None and (until - now).total_seconds() > LONGEST_WAIT_SECONDS:
        return End(status=WAITING, text=f"{busy} waits until {until:%Y-%m-%d %H:%M:%S} UTC; run again then")
    return Wait()


def _in_phase(state: RunState, answers: Answers, phase: Phase, *, tried: frozenset[str], now: datetime) -> Move:
    if soaks := gates.soak_gates(state, phase, now):
        return End(status=WAITING, text=f"{phase.title}: {soaks[0].reason}; run again then")
    if phase.point_of_no_return is not None and phase.id not in state.passed:
        return _point(state, answers, phase, tried=tried, now=now)
    for step in phase.steps:
        open_ = state.steps[step.id].status not in SETTLED_GOOD
        if open_ and not gates.step_gates(state, step.id, now):
            return _step(state, answers, step, tried=tried)
    blocked = next(step for step in phase.steps if state.steps[step.id].status not in SETTLED_GOOD)
    return End(status=REFUSED, text=f"{blocked.id}: {gates.step_gates(state, blocked.id, now)[0].reason}")


def _point(state: RunState, answers: Answers, phase: Phase, *, tried: frozenset[str], now: datetime) -> Move:
    digest = answers.point_of_no_return.get(phase.id)
    if digest is None:
        return End(status=REFUSED, text=f"the point of no return of {phase.id} has no answer (its plan_digest)")
    if digest != state.plan_digest:
        text = f"the answer to the point of no return of {phase.id} is for another plan than {state.plan_digest}"
        return End(status=REFUSED, text=text)
    approach = state.approach
    if approach is None:
        if phase.id in tried:
            return End(status=REFUSED, text=f"a gate of the point of no return of {phase.id} turned red")
        return Act(command=c.ApproachPointOfNoReturn(phase=phase.id))
    if len(approach.asked) < len(approach.gates):
        return Wait()
    if red := gates.open_gates(state, approach, now):
        return End(status=REFUSED, text=f"the point of no return of {phase.id} stays closed: {red[0].reason}")
    return Act(command=c.PassPointOfNoReturn(phase=phase.id, typed=digest))


def _step(state: RunState, answers: Answers, step: Step, *, tried: frozenset[str]) -> Move:
    current = state.steps[step.id]
    if state.kept_out is not None and step.id in tried:
        return End(status=REFUSED, text=f"{state.kept_out.phase} stays closed: {state.kept_out.reason}")
    if current.status is Status.FAILED and step.id in tried:
        return End(status=FAILED, text=f"{step.id} failed: {current.error}")
    if current.status is Status.INTERRUPTED and step.id in tried:
        return End(status=FAILED, text=f"{step.id} was held: {current.summary}")
    if current.status is Status.JUDGING or step.driven_by == "person":
        return _person(answers, step)
    if step.driven_by == "signatures":
        return _signature(state, answers, step)
    return Wait() if current.status in UNDER_WAY else Act(command=c.StartStep(step=step.id))


def _person(answers: Answers, step: Step) -> Move:
    answer = answers.steps.get(step.id)
    if answer is None:
        return End(status=REFUSED, text=f"{step.id} asks a person and has no answer: {step.title}")
    if answer.not_applicable:
        return Act(command=c.MarkNotApplicable(step=step.id, reason=answer.not_applicable), by=answer.by)
    return Act(command=c.ConfirmStep(step=step.id, value=answer.value, note=answer.note), by=answer.by)


def _signature(state: RunState, answers: Answers, step: Step) -> Move:
    missing = list(step.signatures)
    for signature in state.steps[step.id].signatures:
        missing.remove(signature.role)
    answer = answers.steps.get(step.id)
    given = next((each for each in (answer.sign_off if answer else ()) if each.role in missing), None)
    if given is None:
        return End(status=WAITING, text=f"{step.id} waits for the signature of a {missing[0]}")
    return Act(command=c.SignOff(step=step.id, role=given.role, note=given.note), by=given.by)
