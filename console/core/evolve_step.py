"""What events mean for one step. Rule: like `evolve`, of which it is a chapter."""

from collections import Counter
from datetime import datetime, timedelta
from typing import assert_never

from msgspec.structs import replace

from console.core import events as e
from console.core import observations as o
from console.core.state import SETTLED_GOOD, UNDER_WAY, RunState, Signature, Status, StepState

OUTPUT_LINES = 200
"""How much of a step's output the state keeps; the journal keeps all."""

BETWEEN_LOOKS = timedelta(seconds=2)
"""How old the sight of a wait may be when what the server does is seen: both are looked at in turns."""

_SETTLED = {
    "yes": Status.DONE,
    "no": Status.INTERRUPTED,
    "partly": Status.INTERRUPTED,
    "unknown": Status.IN_DOUBT,
}


def started(state: RunState, record: e.Record, event: e.StepStarted) -> RunState:
    """Mark a step as under way."""
    now = state.steps[event.step]
    return state.with_step(
        event.step,
        status=Status.RUNNING,
        action=event.action,
        attempt=event.attempt,
        started_at=record.at,
        ended_at=None,
        by=record.by,
        summary="",
        error="",
        remedy="",
        checks=(),
        output=(),
        columns=(),
        rows=(),
        lock=None,
        lock_at=None,
        server=None,
        server_first=None,
        progress=now.progress if event.resumes else None,
        until=now.until if event.resumes else None,
        undone=now.undone and event.action == "undo",
        waiver=None,
    )


def outcome(state: RunState, record: e.Record, event: e.StepOutcome) -> RunState:
    """Carry an outcome into the state; one that nobody waits for any more says nothing."""
    step = event.step
    if not _awaited(state.steps[step].status, event):
        return state
    match event:
        case e.StepSucceeded(summary=summary):
            return _happened(state, record, step, summary=summary)
        case e.StepFailed(error=error, remedy=remedy):
            return state.with_step(step, status=Status.FAILED, ended_at=record.at, error=error, remedy=remedy)
        case e.StepCancelled(summary=summary):
            return state.with_step(step, status=Status.INTERRUPTED, ended_at=record.at, summary=summary)
        case e.StepInterrupted(reason=reason):
            return state.with_step(step, status=Status.INTERRUPTED, ended_at=record.at, summary=reason)
        case e.StepLost(error=error):
            return state.with_step(step, status=Status.IN_DOUBT, ended_at=record.at, error=error)
        case e.StepSettled(happened=happened, evidence=evidence):
            if happened == "yes":
                return _happened(state, record, step, summary=evidence)
            partly = state.steps[step].partly or happened == "partly"
            return state.with_step(step, status=_SETTLED[happened], ended_at=record.at, summary=evidence, partly=partly)
        case _:
            assert_never(event)


def _awaited(status: Status, event: e.StepOutcome) -> bool:
    match event:
        case e.StepSettled():
            return status is Status.IN_DOUBT  # a person's word may have come first
        case e.StepSucceeded():
            return status in UNDER_WAY  # what was put to a person is not done by itself
        case _:
            return status in UNDER_WAY or status is Status.JUDGING


def _happened(state: RunState, record: e.Record, step: str, *, summary: str) -> RunState:
    if state.steps[step].action == "undo":
        return _undone(state, record, step, summary=summary)
    return done(state, record, step, summary=summary)


def done(state: RunState, record: e.Record, step: str, **changes: object) -> RunState:
    """Mark a step as done, or as otherwise settled by `changes`; its phase may be complete by that."""
    fixed = {"action": "run", "undone": False, "error": "", "remedy": "", "ended_at": record.at, "waiver": None}
    state = state.with_step(step, **{"status": Status.DONE, **fixed, **changes})
    phase = state.phase_of(step)
    if all(state.steps[each.id].status in SETTLED_GOOD for each in phase.steps):
        since = state.complete_before.get(phase.id, record.at)
        before = {each: at for each, at in state.complete_before.items() if each != phase.id}
        return replace(state, completed_at={**state.completed_at, phase.id: since}, complete_before=before)
    return state


def _undone(state: RunState, record: e.Record, step: str, *, summary: str) -> RunState:
    state = state.with_step(
        step,
        status=Status.PENDING,
        action="undo",
        ended_at=record.at,
        summary=summary,
        error="",
        remedy="",
        progress=None,
        until=None,
        undone=True,
        partly=False,
        signatures=(),
        checks=(),
        value="",
        note="",
        waiver=None,
    )
    state = incomplete(state, state.phase_of(step).id)
    baselines = {name: value for name, value in state.baselines.items() if name != step}
    undo = state.undo and replace(state.undo, remaining=tuple(each for each in state.undo.remaining if each != step))
    return replace(state, undo=undo, baselines=baselines)


def incomplete(state: RunState, phase: str) -> RunState:
    """Take the completion of a phase back."""
    at, before = ({k: v for k, v in each.items() if k != phase} for each in (state.completed_at, state.complete_before))
    return replace(state, completed_at=at, complete_before=before)


def lapsed(state: RunState, phase: str) -> RunState:
    """Forget which steps of a phase were passed over, and are to be: there is nothing to take back of them."""
    for step in state.runbook.phase(phase).steps:
        now = state.steps[step.id]
        if now.passed_over:
            state = state.with_step(step.id, status=Status.PENDING, note="", by="", ended_at=None, waiver=None)
        elif now.status is not Status.WAIVED and now.waiver is not None:
            state = state.with_step(step.id, waiver=None)
    return state


def person_said(state: RunState, record: e.Record, event: e.PersonSaid) -> RunState:
    """Carry a person's word into the state."""
    step = event.step
    match event:
        case e.StepConfirmed(action="undo", value=value):
            return _undone(state.with_step(step, by=record.by), record, step, summary=value)
        case e.StepConfirmed(value=value, note=note):
            return done(state, record, step, value=value, note=note, by=record.by)
        case e.StepRejected(reason=reason):
            failed = {"status": Status.FAILED, "ended_at": record.at, "error": reason, "remedy": ""}
            return state.with_step(step, by=record.by, waiver=None, **failed)
        case e.StepNotApplicable(reason=reason):
            return done(state, record, step, status=Status.NOT_APPLICABLE, note=reason, by=record.by)
        case e.SignedOff(role=role, note=note):
            signature = Signature(account=record.by, role=role, at=record.at, note=note)
            return _signed(state, record, step, (*state.steps[step].signatures, signature))
        case e.SignOffCompleted():
            return state  # it tells the reader; the last signature completes, in the one record it is
        case _:
            assert_never(event)


def _signed(state: RunState, record: e.Record, step: str, signatures: tuple[Signature, ...]) -> RunState:
    missing = Counter(state.step(step).signatures) - Counter(each.role for each in signatures)
    if missing:
        return state.with_step(step, signatures=signatures)
    return done(state, record, step, signatures=signatures, by=record.by)


def observed(state: RunState, record: e.Record, event: o.Observation) -> RunState:
    """Carry what a running step observed into the state."""
    now = state.steps[event.step]
    match event:
        case o.Progressed():
            partly = now.partly or event.done > 0
            return state.with_step(event.step, progress=event, progress_at=record.at, partly=partly, lock_at=None)
        case o.StatementRan(index=index, of=of, rows=rows, seconds=seconds):
            went_on = state.with_step(event.step, lock_at=None, server=None, server_first=None)
            return said(went_on, event.step, f"statement {index} of {of}: {rows} rows, {seconds:.3f} s")
        case o.Noticed(text=text):
            return said(state, event.step, text)
        case o.Measured():
            return state.with_step(event.step, checks=(*now.checks, event))
        case o.Sampled(columns=columns, rows=rows_seen):
            return state.with_step(event.step, columns=columns, rows=rows_seen)
        case o.BaselineRecorded(value=value):
            return replace(state, baselines={**state.baselines, event.step: value})
        case o.WaitBegan(until=until):
            return state.with_step(event.step, until=until)
        case o.LockAwaited():
            return state.with_step(event.step, lock=event, lock_at=record.at)
        case o.ServerProgressed():
            lock_at, first = _still_waiting(now, record, event), _first_of_phase(now, event)
            return state.with_step(event.step, server=event, server_first=first, lock_at=lock_at)
        case o.StepPutToPerson(question=question):
            waiting = now.status in UNDER_WAY
            return state.with_step(event.step, status=Status.JUDGING, summary=question) if waiting else state
        case _:
            assert_never(event)


def _still_waiting(now: StepState, record: e.Record, event: o.ServerProgressed) -> datetime | None:
    """Return when a step was last seen to wait for a lock; None when what the server does with it is no wait."""
    if now.lock_at is None or not event.waits_for:
        return None
    return now.lock_at if record.at - now.lock_at <= BETWEEN_LOOKS else None


def _first_of_phase(now: StepState, event: o.ServerProgressed) -> o.ServerProgressed:
    """Return what the server said first of the phase that a statement is in."""
    first = now.server_first
    same = first is not None and (first.doing, first.total, first.unit) == (event.doing, event.total, event.unit)
    return first if first is not None and same and first.seconds <= event.seconds else event


def said(state: RunState, step: str, line: str) -> RunState:
    """Add a line to a step's output."""
    return state.with_step(step, output=(*state.steps[step].output, line)[-OUTPUT_LINES:])
