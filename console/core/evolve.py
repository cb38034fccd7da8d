"""One event after another into the state. Rule: pure and total; every event has exactly one meaning, here."""

from collections.abc import Iterable
from typing import TypeVar, assert_never

from msgspec.structs import replace

from console.core import events as e
from console.core import observations as o
from console.core import server_events as s
from console.core.changed import AmendmentProposed, ChangeEvent, PhaseApproached
from console.core.errors import JournalError
from console.core.evolve_change import change
from console.core.evolve_step import incomplete, lapsed, observed, outcome, person_said, said, started
from console.core.remembered import Ending, Entry, Note, Passed, Verification
from console.core.state import (
    UNDER_WAY,
    Approach,
    Entering,
    Hold,
    RunState,
    Status,
    StepState,
    Undo,
    places_in,
)

RunEvent = (
    e.RunStarted
    | e.EngineStarted
    | e.EngineStopped
    | e.DriverChanged
    | e.PhaseEntered
    | e.Noted
    | e.Paused
    | e.Unpaused
    | e.RunFinished
    | e.RunAborted
    | e.Sealed
)
Asking = TypeVar("Asking", Approach, Entering)


def fold(records: Iterable[e.Record], state: RunState | None = None) -> RunState | None:
    """Fold records into a state, going on from `state`; None when there is no record at all."""
    for record in records:
        state = evolve(state, record)
    return state


def evolve(state: RunState | None, record: e.Record) -> RunState:
    """Return the state after one more record.

    Raises JournalError when the first one is not RunStarted, or a later one names what the runbook has not.
    """
    if state is None:
        return _opened(record)
    if strange := _strange(state, record.event):
        raise _not_of_this_run(record, strange)
    return replace(_apply(state, record), seq=record.seq, at=record.at)


def _not_of_this_run(record: e.Record, strange: str) -> JournalError:
    return JournalError(
        f"record {record.seq} names {strange}, which is not in the run's runbook",
        remedy="it was not written by this run: `runbook verify` says where the journal was changed",
    )


def _opened(record: e.Record) -> RunState:
    """Return the state after the first record of a journal, which must be RunStarted.

    Raises JournalError when it is not.
    """
    if not isinstance(record.event, e.RunStarted):
        raise JournalError(
            "the journal does not begin with RunStarted", remedy="it was cut or is no journal of this program"
        )
    runbook = record.event.runbook
    if strange := runbook.dangling():
        raise _not_of_this_run(record, strange)
    places = places_in(runbook)
    return RunState(
        started=record.event,
        runbook=runbook,
        plan_digest=record.event.plan_digest,
        started_at=record.at,
        started_by=record.by,
        seq=record.seq,
        at=record.at,
        driver=record.by,
        steps=dict.fromkeys(places, StepState()),
        places=places,
    )


def _strange(state: RunState, event: e.AnyEvent) -> str:
    """Return the step or phase that an event names and the runbook has not; empty when all are known."""
    if isinstance(event, e.Noted) and not event.step:
        return ""
    if isinstance(event, AmendmentProposed):
        return event.runbook.dangling()
    steps = (*getattr(event, "steps", ()), *getattr(event, "gates", ()))
    if isinstance(event, PhaseApproached):
        steps = (*steps, event.then.step)
    if (step := getattr(event, "step", None)) is not None:
        steps = (step, *steps)
    found = next((f"step {each!r}" for each in steps if each not in state.steps), "")
    phase = getattr(event, "phase", None)
    if phase is not None and all(phase != each.id for each in state.runbook.phases):
        found = f"phase {phase!r}"
    return found


def _apply(state: RunState, record: e.Record) -> RunState:
    event = record.event
    if isinstance(event, o.Observation):
        return observed(state, record, event)
    if isinstance(event, ChangeEvent):
        return change(state, record, event)
    if isinstance(event, s.ServerEvent):
        return _of_the_server(state, event)
    match event:
        case (
            e.StepSucceeded()
            | e.StepFailed()
            | e.StepCancelled()
            | e.StepInterrupted()
            | e.StepLost()
            | e.StepSettled()
        ):
            return outcome(state, record, event)
        case e.StepConfirmed() | e.StepRejected() | e.StepNotApplicable() | e.SignedOff() | e.SignOffCompleted():
            return person_said(state, record, event)
        case e.PointOfNoReturnApproached() | e.PointOfNoReturnLeft() | e.PointOfNoReturnPassed() | e.GateAsked():
            return _point(state, record, event)
        case e.StepStarted():
            return started(state, record, event)
        case e.StepCancelRequested(step=step):
            running = state.steps[step].status is Status.RUNNING
            return state.with_step(step, status=Status.CANCELLING) if running else state
        case e.UndoStarted(phase=phase, steps=steps):
            state = lapsed(incomplete(state, phase), phase)
            undo = Undo(phase=phase, remaining=steps)
            return replace(state, undo=undo, approach=None, entering=None, kept_out=None)
        case e.UndoVerified():
            return _verified(state, record, event)
        case _:
            return _run_event(state, record, event)


def _run_event(state: RunState, record: e.Record, event: RunEvent) -> RunState:
    match event:
        case e.RunStarted():
            return state
        case e.EngineStarted():
            return replace(_doubted(state), engine=event, approach=None, entering=None)
        case e.EngineStopped():
            return replace(state, engine=None, approach=None, entering=None)
        case e.DriverChanged(driver=driver):
            return replace(state, driver=driver, approach=None, entering=None)
        case e.PhaseEntered(phase=phase, schema=schema):
            first = state.entries.get(phase, Entry(at=record.at, schema=schema))
            return replace(state, entries={**state.entries, phase: first}, entering=None, kept_out=None)
        case e.Noted(text=text, step=step):
            note = Note(at=record.at, by=record.by, text=text, step=step)
            return replace(state, notes=(*state.notes, note))
        case e.Paused(reason=reason):
            return replace(state, paused=Hold(by=record.by, at=record.at, reason=reason))
        case e.Unpaused():
            return replace(state, paused=None)
        case e.RunFinished(note=note_text):
            return _ended(state, record, finished=True, text=note_text)
        case e.RunAborted(reason=reason):
            return _ended(state, record, finished=False, text=reason)
        case e.Sealed():
            return replace(state, sealed=True, engine=None)
        case _:
            assert_never(event)


def _of_the_server(state: RunState, event: s.ServerEvent) -> RunState:
    match event:
        case s.DatabaseFound(name=name, identity=identity):
            return replace(state, others={**state.others, name: identity})
        case s.SessionEndAsked():
            return replace(state, session_end=event)
        case s.SessionEnded(step=step, pid=pid, words=words):
            return said(replace(state, session_end=None), step, f"process {pid}: {words}")
        case s.DebrisFound(items=items):
            return replace(state, debris=items)
        case _:
            assert_never(event)


def _ended(state: RunState, record: e.Record, *, finished: bool, text: str) -> RunState:
    ending = Ending(finished=finished, at=record.at, by=record.by, text=text)
    return replace(state, ending=ending, approach=None, entering=None)


def _doubted(state: RunState) -> RunState:
    """Put what was under way into doubt: an intent without an outcome."""
    for step, now in state.steps.items():
        if now.status in UNDER_WAY:
            state = state.with_step(step, status=Status.IN_DOUBT)
    return state


def _verified(state: RunState, record: e.Record, event: e.UndoVerified) -> RunState:
    """End an undo; one that has steps left is not over, whatever was compared."""
    if state.undo is None or state.undo.phase != event.phase or state.undo.remaining:
        return state
    verification = Verification(at=record.at, checks=event.checks)
    entries = {each: entry for each, entry in state.entries.items() if each != event.phase}
    return replace(state, undo=None, entries=entries, verified={**state.verified, event.phase: verification})


def _point(state: RunState, record: e.Record, event: e.PointEvent) -> RunState:
    match event:
        case e.PointOfNoReturnApproached(phase=phase, asks=asks, fact=fact, gates=gates):
            approach = Approach(phase=phase, asks=asks, fact=fact, at=record.at, by=record.by, gates=gates)
            return replace(state, approach=approach)
        case e.PointOfNoReturnLeft():
            return replace(state, approach=None)
        case e.PointOfNoReturnPassed(phase=phase):
            passed = {**state.passed, phase: Passed(at=record.at, by=record.by)}
            return replace(state, approach=None, passed=passed)
        case e.GateAsked():
            entering, approach_open = state.entering, state.approach
            if entering is not None and entering.phase == event.phase:
                return replace(state, entering=_answered(entering, record, event))
            if approach_open is None or approach_open.phase != event.phase:
                return state
            return replace(state, approach=_answered(approach_open, record, event))
        case _:
            assert_never(event)


def _answered(asking: Asking, record: e.Record, answer: e.GateAsked) -> Asking:
    asked, asked_at = {**asking.asked, answer.step: answer}, {**asking.asked_at, answer.step: record.at}
    return replace(asking, asked=asked, asked_at=asked_at)
