"""What is true of every state that a journal can lead to. `wrong(state)` names what is not."""

from collections import Counter
from collections.abc import Iterator

from console.core.runbook import Phase, Step
from console.core.state import SETTLED_GOOD, UNDER_WAY, RunState, Status, StepState


def wrong(state: RunState) -> list[str]:
    """Return what is inconsistent in a state; empty when it is legal."""
    found = [*_of_the_run(state), *_of_the_undo(state), *_of_the_point(state), *_of_an_entry(state)]
    for phase in state.runbook.phases:
        found += [f"{phase.id}: {each}" for each in _of_a_phase(state, phase)]
        for step in phase.steps:
            now = state.steps[step.id]
            found += [f"{step.id}: {each}" for each in (*_of_a_step(now), *_of_a_driver(now, step))]
    return found


def touched(state: RunState, phase: Phase) -> bool:
    """Tell whether anything was done or said in a phase."""
    return any(
        state.steps[each.id].status is not Status.PENDING or state.steps[each.id].signatures for each in phase.steps
    )


def _of_the_run(state: RunState) -> Iterator[str]:
    busy = [name for name, now in state.steps.items() if now.status in UNDER_WAY]
    if list(state.steps) != [step.id for step in state.runbook.steps()]:
        yield "the steps are not those of the runbook"
    if len(busy) + len(state.in_doubt()) > 1:
        yield f"more than one step is under way or in doubt: {busy} {state.in_doubt()}"
    if state.ending is not None and (busy or state.in_doubt() or state.approach or state.session_end):
        yield "the run ended with something open"
    if state.ending is not None and state.ending.finished and not state.all_complete:
        yield "the run was finished before its end"
    if state.sealed and state.ending is None:
        yield "sealed before the end"
    if list(state.places) != list(state.steps):
        yield "the places are not those of the runbook"
    for kept in (state.entries, state.completed_at, state.complete_before, state.passed):
        if not set(kept) <= known_phases(state):
            yield "a phase is remembered that the runbook has not"
    if set(state.complete_before) & set(state.completed_at):
        yield "a phase is complete, and was before"
    if not set(state.baselines) <= {name for name, now in state.steps.items() if now.status is not Status.PENDING}:
        yield "a step that did not happen has a baseline"


def _of_the_undo(state: RunState) -> Iterator[str]:
    undo = state.undo
    if undo is None:
        return
    steps = [step.id for step in state.runbook.phase(undo.phase).steps]
    if state.passed:
        yield "undo behind a point of no return"
    if state.approach is not None:
        yield "undo with the dialog of a point of no return open"
    if undo.remaining != tuple(name for name in reversed(steps) if name in undo.remaining):
        yield f"undo is not in reverse order: {undo.remaining}"
    if any(state.steps[name].status is not Status.PENDING for name in steps if name not in undo.remaining):
        yield "undo forgets a step that happened"


def _of_the_point(state: RunState) -> Iterator[str]:
    approach = state.approach
    for name in state.passed:
        if state.runbook.phase(name).point_of_no_return is None:
            yield f"{name} has no point of no return to pass"
    if approach is None:
        return
    if state.under_way() or state.in_doubt() or state.engine is None:
        yield "a dialog is open that nobody attends"
    if approach.phase in state.passed or not approach.fact or approach.by != state.driver:
        yield "a dialog is open that cannot be passed"
    if set(approach.asked) != set(approach.asked_at):
        yield "a gate was asked at no time"


def _of_an_entry(state: RunState) -> Iterator[str]:
    entering = state.entering
    if state.kept_out is not None and (entering or state.undo or state.kept_out.phase not in known_phases(state)):
        yield "kept out of what is being entered, undone or gone"
    if entering is None:
        return
    if state.under_way() or state.undo or state.ending or state.engine is None:
        yield "a phase is about to be entered, and something else is open"
    if entering.phase != state.phase_of(entering.then.step).id or not entering.gates:
        yield "a phase is about to be entered for nothing"
    if set(entering.asked) != set(entering.asked_at) or not set(entering.asked) <= set(entering.gates):
        yield "asked at no time, or for nothing"


def known_phases(state: RunState) -> set[str]:
    """Return the phases of the runbook as it is now."""
    return {phase.id for phase in state.runbook.phases}


def only_signatures_lapsed(state: RunState, phase: Phase) -> bool:
    """Tell whether all that a phase needs, to be as complete as it was, is to be signed anew."""
    left = [step for step in phase.steps if state.steps[step.id].status not in SETTLED_GOOD]
    return phase.id in state.complete_before and all(step.driven_by == "signatures" for step in left)


def _of_a_phase(state: RunState, phase: Phase) -> Iterator[str]:
    good = all(state.steps[step.id].status in SETTLED_GOOD for step in phase.steps)
    undoing = state.undo is not None and state.undo.phase == phase.id
    if (phase.id in state.completed_at) != (good and not undoing):
        yield f"all done: {good}, completed at: {state.completed_at.get(phase.id)}"
    if not touched(state, phase):
        return
    before = state.runbook.phases[: state.runbook.phase_index(phase.id)]
    if not all(state.complete(each) or only_signatures_lapsed(state, each) for each in before):
        yield "begun before an earlier phase was complete"
    if phase.point_of_no_return is not None and phase.id not in state.passed:
        yield "begun before its point of no return was passed"
    if phase.id not in state.entries:
        yield "begun without being entered"


def _of_a_step(now: StepState) -> Iterator[str]:
    if now.status in UNDER_WAY and (now.started_at is None or now.ended_at is not None or not now.attempt):
        yield "under way without a beginning, or with an end"
    if now.status in SETTLED_GOOD | {Status.FAILED} and now.ended_at is None:
        yield f"{now.status} without an end"
    if now.status in SETTLED_GOOD and (now.action == "undo" or now.undone or now.error or now.remedy):
        yield f"{now.status}, with traces of a failure or an undo"
    if now.status is Status.PENDING and (now.value or now.note or now.progress or now.until or now.checks):
        yield "pending, with traces of an attempt"
    waived = now.waiver is not None and bool(now.waiver.agreed_by)
    if waived != (now.status is Status.WAIVED) or (now.waiver and now.waiver.by == now.waiver.agreed_by):
        yield "waived by one alone, or by nobody"
    if now.waiver and now.status in UNDER_WAY | {Status.IN_DOUBT, Status.DONE, Status.NOT_APPLICABLE}:
        yield f"{now.status}, and to be waived"
    if now.undone and (now.action != "undo" or now.status in SETTLED_GOOD):
        yield "undone, yet not taken back"
    if now.error and now.status not in {Status.FAILED, Status.IN_DOUBT, Status.INTERRUPTED}:
        yield f"{now.status} with an error"


def _of_a_driver(now: StepState, step: Step) -> Iterator[str]:
    if step.driven_by != "signatures" and now.signatures:
        yield "signed, but not a checkpoint"
    if step.driven_by != "person" and now.status is Status.NOT_APPLICABLE:
        yield "not applicable by nobody's word"
    if (
        step.driven_by != "engine"
        and now.action == "run"
        and now.status in UNDER_WAY | {Status.JUDGING, Status.IN_DOUBT}
    ):
        yield "the engine runs what people do"
    signed = Counter(each.role for each in now.signatures)
    if signed - Counter(step.signatures) or len({each.account for each in now.signatures}) < len(now.signatures):
        yield "signed by the wrong people"
    if step.driven_by == "signatures" and now.status is Status.DONE and signed != Counter(step.signatures):
        yield "done without all signatures"
    if step.driven_by == "signatures" and now.status is Status.PENDING and signed == Counter(step.signatures):
        yield "all have signed, and it is still open"
