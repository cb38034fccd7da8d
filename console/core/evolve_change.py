"""What entering a phase, waivers and amendments mean. Rule: like `evolve`, of which it is a chapter."""

from typing import assert_never

from msgspec.structs import replace

from console.core import changed as ch
from console.core.amending import Change, differences
from console.core.events import Record
from console.core.evolve_step import done, incomplete
from console.core.runbook import Runbook, Step
from console.core.state import (
    SETTLED_GOOD,
    Amendment,
    Entering,
    RunState,
    Signature,
    Status,
    StepState,
    Waiver,
    places_in,
)


def change(state: RunState, record: Record, event: ch.ChangeEvent) -> RunState:
    """Carry a change of the run into the state."""
    match event:
        case ch.PhaseApproached(phase=phase, gates=gates, then=then):
            entering = Entering(phase=phase, gates=gates, then=then, by=record.by)
            return replace(state, entering=entering, kept_out=None)
        case ch.PhaseLeft():
            return replace(state, entering=None, kept_out=event)
        case ch.WaiverAsked(step=step, reason=reason):
            return state.with_step(step, waiver=Waiver(by=record.by, at=record.at, reason=reason))
        case ch.StepWaived(step=step, reason=reason, asked_by=asked_by, note=note):
            begun = state.steps[step].status is not Status.PENDING
            waiver = Waiver(by=asked_by, at=record.at, reason=reason, agreed_by=record.by, note=note, begun=begun)
            return done(state, record, step, status=Status.WAIVED, waiver=waiver, by=record.by, note=reason)
        case ch.AmendmentProposed():
            changes = differences(state.runbook, event.runbook)
            return replace(state, amendment=Amendment(proposed=event, by=record.by, at=record.at, changes=changes))
        case ch.AmendmentApproved():
            return _approved(state, record, event)
        case ch.AmendmentWithdrawn():
            return replace(state, amendment=None)
        case _:
            assert_never(event)


def _approved(state: RunState, record: Record, event: ch.AmendmentApproved) -> RunState:
    waiting = state.amendment
    if waiting is None:
        return state
    approval = Signature(account=record.by, role=event.role, at=record.at, note=event.note)
    approved = replace(waiting, approvals=(*waiting.approvals, approval))
    if len(approved.approvals) < len(approved.proposed.roles):
        return replace(state, amendment=approved)
    return _amended(replace(state, amendment=None, amendments=(*state.amendments, approved)), record, approved)


def _amended(state: RunState, record: Record, amendment: Amendment) -> RunState:
    """Go over to the changed runbook; what it does not touch stays as it is."""
    old, new = state.runbook, amendment.proposed.runbook
    before = {step.id: step for step in old.steps()}
    same = {step.id for step in new.steps() if before.get(step.id) == step}
    steps = {step.id: _kept(state, step, same=step.id in same) for step in new.steps()}
    state = replace(
        _without_phases(state, frozenset(phase.id for phase in new.phases)),
        runbook=new,
        plan_digest=amendment.proposed.plan_digest,
        steps=steps,
        places=places_in(new),
        baselines={name: value for name, value in state.baselines.items() if name in same},
        awaited=tuple(each for each in state.awaited if each in steps),
        approach=None,
        entering=None,
    )
    for step in touched_signatures(old, new, amendment.changes):
        state = _signed_anew(state, step)
    for phase in new.phases:
        still_open = [step for step in phase.steps if state.steps[step.id].status not in SETTLED_GOOD]
        if not still_open and phase.id not in state.completed_at:
            state = incomplete(state, phase.id)
            state = replace(state, completed_at={**state.completed_at, phase.id: record.at})
        elif any(step.driven_by != "signatures" or step.id not in same for step in still_open):
            state = incomplete(state, phase.id)  # something is yet to be done there: a soak begins after that
    return state


def _without_phases(state: RunState, left: frozenset[str]) -> RunState:
    """Forget what is known of phases that are not among `left`."""
    return replace(
        state,
        entries={name: each for name, each in state.entries.items() if name in left},
        completed_at={name: each for name, each in state.completed_at.items() if name in left},
        complete_before={name: each for name, each in state.complete_before.items() if name in left},
        passed={name: each for name, each in state.passed.items() if name in left},
        verified={name: each for name, each in state.verified.items() if name in left},
        undo=state.undo if state.undo is not None and state.undo.phase in left else None,
        kept_out=state.kept_out if state.kept_out is not None and state.kept_out.phase in left else None,
    )


def _kept(state: RunState, step: Step, *, same: bool) -> StepState:
    """Return where a step stands after an amendment: one that was changed begins anew, with the next attempt."""
    before = state.steps.get(step.id)
    if before is None:
        return StepState()
    if same:
        return before
    return StepState(attempt=before.attempt, undone=before.undone, action="undo" if before.undone else "run")


def touched_signatures(old: Runbook, new: Runbook, changes: tuple[Change, ...]) -> tuple[str, ...]:
    """Return the checkpoints whose signatures lapse, in the order of the new document.

    These are the ones in a phase that has a changed step, and the last one before each change.
    """
    changed = {change.step for change in changes if change.step}
    phases = {change.phase for change in changes}
    phases |= {phase.id for phase in old.phases if any(step.id in changed for step in phase.steps)}  # moved out of it
    lapsing: set[str] = set()
    for runbook in (old, new):
        nearest = ""
        for phase in runbook.phases:
            for step in phase.steps:
                if (step.id in changed or phase.id in phases) and nearest:
                    lapsing.add(nearest)
                if step.driven_by == "signatures":
                    nearest = step.id
                    lapsing |= {step.id} if phase.id in phases else set()
    return tuple(step.id for step in new.steps() if step.id in lapsing)


def _signed_anew(state: RunState, step: str) -> RunState:
    """Let the signatures of a checkpoint lapse; once it is signed again its phase counts as complete as before."""
    if not state.steps[step].signatures:
        return state
    phase = state.phase_of(step).id
    complete = state.completed_at.get(phase)
    if complete is not None:
        before = {**state.complete_before, phase: complete}
        state = replace(incomplete(state, phase), complete_before=before)
    return state.with_step(step, status=Status.PENDING, signatures=(), by="", ended_at=None)
