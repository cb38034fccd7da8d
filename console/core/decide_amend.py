"""Decisions about changing a run under way: amendments and waivers. Rule: like `decide`, of which it is a chapter."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from msgspec.structs import fields

from console.core import changed as ch
from console.core import commands as c
from console.core import events as e
from console.core import gates
from console.core.amending import differences
from console.core.commands import Refused
from console.core.decide_entry import entered
from console.core.gates import Gate
from console.core.runbook import SIGNATURES, Phase, Runbook, Step
from console.core.state import Amendment, RunState, Status

Decision = Refused | tuple[ch.ChangeEvent, ...]

PROSE = frozenset(
    ("title", "why", "ticket", "service", "team", "author", "reviewers", "channel", "applications", "follow_ups")
)
"""What an amendment may change of the runbook as a whole, beside its phases."""
PHASE_PROSE = frozenset(("title", "goal", "application", "deploy", "who", "estimate", "rollback", "criteria", "steps"))
"""What may still change of a phase that has begun."""


def propose(state: RunState, amendment: c.AmendTo, by: str) -> Decision:
    """Put an amendment up; one that waits already is replaced, and its approvals with it."""
    if not gates.says_something(amendment.reason):
        return Refused(reason="an amendment needs a reason", remedy="say why the runbook changes")
    if not differences(state.runbook, amendment.runbook):
        return Refused(reason="it says what the run's runbook says already", remedy="there is nothing to amend")
    if refused := gates.refused(obstacles(state, amendment.runbook)):
        return refused
    roles = SIGNATURES[state.runbook.risk]
    if not gates.can_all_sign(state, roles, without=frozenset((by,))):
        return Refused(
            reason=f"nobody can approve it: beside {by}, people: has not enough accounts for {', '.join(roles)}",
            remedy="abort with a reason and begin anew with the changed runbook",
        )
    proposed = ch.AmendmentProposed(
        runbook=amendment.runbook,
        source=amendment.source,
        source_name=amendment.source_name,
        source_digest=amendment.source_digest,
        plan_digest=amendment.plan_digest,
        reason=amendment.reason,
        roles=roles,
    )
    return (proposed,)


def approve(state: RunState, command: c.ApproveAmendment, by: str) -> Decision:
    """Approve the amendment that waits; the last approval lets it take effect."""
    waiting = state.amendment
    if waiting is None:
        return Refused(reason="no amendment waits for approval", remedy="`runbook amend` puts one up")
    if command.source_digest != waiting.proposed.source_digest:
        return Refused(reason="another amendment waits now than the one that was read", remedy="read that one first")
    if by == waiting.by:
        return Refused(reason=f"{by} put it up", remedy="other people approve it")
    if any(each.account == by for each in waiting.approvals):
        return Refused(reason=f"{by} has approved it already", remedy="another person approves in the other role")
    missing = missing_approvals(waiting)
    if command.role not in missing:
        return Refused(reason=f"no approval of a {command.role} is missing", remedy=f"missing: {', '.join(missing)}")
    if command.role not in gates.roles_of(state, by):
        return Refused(reason=f"{by} is no {command.role} in this runbook", remedy="people: in the runbook gives roles")
    approved = frozenset(each.account for each in waiting.approvals) | {waiting.by}
    if refused := gates.last_of_a_role(state, missing, role=command.role, by=by, signed=approved):
        return refused
    if refused := gates.refused(obstacles(state, waiting.proposed.runbook)):
        return refused
    event = ch.AmendmentApproved(role=command.role, source_digest=command.source_digest, note=command.note)
    return (event,)


def withdraw(state: RunState, reason: str) -> Decision:
    """Take the amendment back that waits."""
    if state.amendment is None:
        return Refused(reason="no amendment waits for approval", remedy="there is nothing to withdraw")
    return (ch.AmendmentWithdrawn(reason=reason),)


def missing_approvals(amendment: Amendment) -> tuple[str, ...]:
    """Return the roles that have not approved yet."""
    given = Counter(each.role for each in amendment.approvals)
    return tuple((Counter(amendment.proposed.roles) - given).elements())


def obstacles(state: RunState, new: Runbook) -> tuple[Gate, ...]:
    """Return why the run cannot go over to a changed runbook; empty when it can."""
    return tuple(_obstacles(state, new))


def _obstacles(state: RunState, new: Runbook) -> Iterator[Gate]:
    if state.undo is not None:
        yield Gate(f"phase {state.undo.phase} is being undone", "let the undo end first")
    if state.entering is not None:
        yield Gate(f"{state.entering.phase} is about to be entered", "wait for its checks")
    for field in fields(Runbook):
        if field.name not in PROSE | {"phases"} and getattr(new, field.name) != getattr(state.runbook, field.name):
            yield Gate(f"{field.name}: cannot be amended", "abort with a reason and begin anew with that runbook")
    if strange := new.dangling():
        yield Gate(f"it names {strange}, which it has not", "check the file: `runbook check`")
        return
    yield from _of_begun(state, new)
    yield from _of_points(state, new)
    yield from _of_steps(state, new)


def _of_begun(state: RunState, new: Runbook) -> Iterator[Gate]:
    """Look at the phases that have begun: they stay, in their order, and only the last one takes other steps."""
    begun = [phase for phase in state.runbook.phases if _begun(state, phase)]
    last = state.runbook.phase_index(begun[-1].id) if begun else -1
    for index, phase in enumerate(state.runbook.phases[: last + 1]):
        if index >= len(new.phases) or new.phases[index].id != phase.id:
            yield Gate(f"phase {phase.title} has begun or comes before one that has", "leave it where it was")
            return
        other = new.phases[index]
        for field in fields(Phase):
            if field.name not in PHASE_PROSE and getattr(other, field.name) != getattr(phase, field.name):
                yield Gate(f"phase {phase.title} has begun: its {field.name} cannot change", "leave it as it was")
        if index < last and other.steps != phase.steps:
            yield Gate(f"a later phase has begun on top of {phase.title}", "leave its steps as they were")


def _begun(state: RunState, phase: Phase) -> bool:
    return phase.id in state.entries or phase.id in state.passed or any(_fixed(state, step) for step in phase.steps)


def _of_points(state: RunState, new: Runbook) -> Iterator[Gate]:
    for phase in state.runbook.phases:
        if phase.point_of_no_return is None:
            continue
        there = next((each for each in new.phases if each.id == phase.id), None)
        if there is not None and there.point_of_no_return != phase.point_of_no_return:
            yield Gate(f"the point of no return of {phase.title} cannot be amended", "leave it as it was")
        if there is not None:
            for lost in set(gates.rests_on(state.runbook, phase)) - set(gates.rests_on(new, there)):
                way = f"name it in the gates of {phase.title}"
                yield Gate(f"the point of no return of {phase.title} would not rest on {lost} any more", way)
        yield from _from_behind(phase, new)
    for phase in new.phases:
        for name in sorted(_at_stake(new, phase) & state.steps.keys()):
            if state.steps[name].status is Status.WAIVED:
                way = "nothing is waived there: leave the point of no return out"
                yield Gate(f"the point of no return of {phase.title} would rest on {name}, which was waived", way)


def _from_behind(phase: Phase, new: Runbook) -> Iterator[Gate]:
    """Look for what stands behind a point of no return, and would no longer: under its own name or another."""
    still = {step.id for each in new.phases if each.id == phase.id for step in each.steps}
    gone = [step for step in phase.steps if step.id not in still]
    acts = [(step.kind, step.data) for step in gone if not step.asks_again]
    for step in (step for other in new.phases if other.id != phase.id for step in other.steps):
        if any(step.id == each.id for each in gone) or (step.kind, step.data) in acts:
            yield Gate(f"{step.title!r} stands behind a point of no return", f"leave it in {phase.title}")


def _of_steps(state: RunState, new: Runbook) -> Iterator[Gate]:
    """Look at the steps that were done or begun: they stay as they are, and what comes before them stays, too."""
    for phase in state.runbook.phases:
        fixed = [step for step in phase.steps if _fixed(state, step)]
        there = next((each.steps for each in new.phases if each.id == phase.id), ())
        for step in fixed:
            if step not in there:
                word = state.steps[step.id].status.value
                yield Gate(f"{step.title!r} is {word}: it cannot be changed or dropped", "leave it as it was")
                return
        if not phase.any_order and fixed:
            begun = phase.steps.index(fixed[-1]) + 1
            if there[:begun] != phase.steps[:begun]:
                way = "put what is new behind it"
                yield Gate(f"what was begun in {phase.title} would come after something new", way)


def _fixed(state: RunState, step: Step) -> bool:
    """Tell whether something of a step has happened, or may have, so that it has to stay as it is."""
    now = state.steps[step.id]
    begun = now.progress is not None or now.partly
    nothing_left = now.status is Status.FAILED and not begun and now.action == "run"
    return bool(now.signatures) or not (now.status is Status.PENDING or nothing_left)


def waive(state: RunState, command: c.Waive, by: str, now: datetime) -> Refused | tuple[e.AnyEvent, ...]:
    """Ask for a step to be passed without being done, or agree as the second person."""
    step, current = state.step(command.step), state.steps[command.step]
    if refused := _never_waived(state, step):
        return refused
    if current.status not in (Status.PENDING, Status.FAILED, Status.INTERRUPTED, Status.JUDGING):
        return Refused(reason=f"it is {current.status.value}", remedy="only what is still to do can be waived")
    if refused := gates.refused(gates.step_gates(state, step.id, now)):
        return refused
    if command.agrees_to and (current.waiver is None or current.waiver.reason != command.agrees_to):
        return Refused(reason="what was asked for has changed since it was read", remedy="read it, then agree")
    if current.waiver is not None and current.waiver.by != by:
        if not gates.roles_of(state, by):
            return Refused(
                reason=f"{by} has no role in this runbook", remedy="somebody whom people: names agrees to a waiver"
            )
        asked = current.waiver
        waived = ch.StepWaived(step=step.id, reason=asked.reason, asked_by=asked.by, note=command.reason)
        return entered(state, command, now, (waived,))
    if by != state.driver:
        return Refused(reason=f"no waiver of {step.title!r} was asked for", remedy="the driver asks, another agrees")
    if not gates.says_something(command.reason):
        return Refused(reason="a waiver needs a reason", remedy="say why the step can be passed without being done")
    if state.entering is not None:  # perhaps with the agreement to what was asked before
        return Refused(reason=f"{state.entering.phase} is about to be entered", remedy="wait for its checks")
    return (ch.WaiverAsked(step=step.id, reason=command.reason),)


def _at_stake(runbook: Runbook, phase: Phase) -> frozenset[str]:
    """Return what a point of no return rests on, and what stands behind it; empty when the phase has none."""
    point = phase.point_of_no_return
    if point is None:
        return frozenset()
    baseline = (point.confirm.baseline,) if point.confirm else ()
    return frozenset((*gates.rests_on(runbook, phase), *baseline, *(step.id for step in phase.steps)))


def _never_waived(state: RunState, step: Step) -> Refused | None:
    """Refuse for what a point of no return rests on, and for signatures: nobody signs for somebody else."""
    if step.driven_by == "signatures":
        return Refused(reason="a signature cannot be waived", remedy="whoever has the role signs")
    for phase in state.runbook.phases:
        if step.id in _at_stake(state.runbook, phase):
            return Refused(
                reason=f"the point of no return of {phase.title} rests on it", remedy="nothing is waived there"
            )
    return None
