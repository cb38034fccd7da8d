"""What locks a step or a phase, why, and how it opens. Rule: pure; screen and decider ask the same functions."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from console.core.commands import Refused
from console.core.durations import seconds, spoken
from console.core.events import GateAsked
from console.core.runbook import EVERYBODY, Phase, Runbook, Step
from console.core.state import SETTLED_GOOD, Approach, Entering, RunState, Status

FRESH = timedelta(seconds=60)
"""How long the answer of a gate holds, beside the time that asking all of them takes."""

FILLERS = frozenset("\u115f\u1160\u3164\uffa0")
"""Letters that are blank."""


class Gate(Struct, frozen=True):
    """A condition that does not hold: why, and how it opens."""

    reason: str
    remedy: str


def refused(found: tuple[Gate, ...]) -> Refused | None:
    """Turn the nearest gate into a refusal; None when there is none."""
    return Refused(reason=found[0].reason, remedy=found[0].remedy) if found else None


def roles_of(state: RunState, account: str) -> frozenset[str]:
    """Return the roles that the runbook gives an account."""
    people = state.runbook.people
    return frozenset(people.get(account, ())) | frozenset(people.get(EVERYBODY, ()))


def can_all_sign(state: RunState, roles: Sequence[str], *, without: frozenset[str]) -> bool:
    """Tell whether the roles can still be signed, each by a person of its own who is not among `without`."""
    everybodys = state.runbook.people.get(EVERYBODY, ())
    needed = [role for role in roles if role not in everybodys]
    if not needed:
        return True
    return any(
        can_all_sign(state, needed[1:], without=without | {account})
        for account in state.runbook.people.keys() - {EVERYBODY} - without
        if needed[0] in roles_of(state, account)
    )


def last_of_a_role(
    state: RunState, missing: Sequence[str], *, role: str, by: str, signed: frozenset[str]
) -> Refused | None:
    """Refuse a signature that would leave a role which nobody else can sign, and what is signed open for good."""
    rest = list((Counter(missing) - Counter([role])).elements())
    if can_all_sign(state, rest, without=signed | {by}) or not can_all_sign(state, missing, without=signed):
        return None
    return Refused(reason=f"then nobody is left to sign as {' and '.join(rest)}", remedy="sign in the other role")


def says_something(text: str) -> bool:
    """Tell whether a reason has at least a letter or a digit in it that can be seen."""
    return any(each.isalnum() and each not in FILLERS for each in text)


def run_gates(state: RunState) -> tuple[Gate, ...]:
    """Return what holds the whole run: its end, a doubt, a pause, an undo."""
    if state.ending is not None:
        word = "finished" if state.ending.finished else "aborted"
        return (Gate(f"the run was {word} by {state.ending.by}", "start a new run"),)
    way = "go on with the undo and let it end first"
    undo = (Gate(f"phase {state.undo.phase} is being undone", way),) if state.undo else ()
    return (*doubt_gates(state), *undo, *pause_gates(state))


def doubt_gates(state: RunState) -> tuple[Gate, ...]:
    """Return the steps in doubt."""
    return tuple(Gate(f"{state.step(each).title!r} is in doubt", "settle it first") for each in state.in_doubt())


def pause_gates(state: RunState) -> tuple[Gate, ...]:
    """Return who holds the run and why, if anybody does."""
    held = state.paused
    return (Gate(f"paused by {held.by}{_because(held.reason)}", "unpause"),) if held else ()


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""


def phase_gates(state: RunState, phase: Phase, now: datetime) -> tuple[Gate, ...]:
    """Return what keeps a phase closed; empty when its steps may start as far as the phase is concerned."""
    index = state.runbook.phase_index(phase.id)
    before = tuple(
        Gate(f"phase {each.title} is not complete ({_left(state, each)} to go)", f"complete {each.title} first")
        for each in state.runbook.phases[:index]
        if not state.complete(each)
    )[:1]
    point = phase.point_of_no_return
    closed = point is not None and phase.id not in state.passed
    pass_it = (Gate("behind the point of no return", "pass it first: every gate must hold and the fact is typed"),)
    return (*before, *soak_gates(state, phase, now), *(pass_it if closed else ()))


def _left(state: RunState, phase: Phase) -> str:
    left = sum(state.steps[step.id].status not in SETTLED_GOOD for step in phase.steps)
    return f"{left} of {len(phase.steps)} steps"


def soak_gates(state: RunState, phase: Phase, now: datetime) -> tuple[Gate, ...]:
    """Return the soaks of a phase that are not over yet."""
    gates = []
    for soak in phase.requires:
        since = state.completed_at.get(soak.since)
        if since is None:
            gates.append(
                Gate(
                    f"soaks for {soak.soak} after {soak.since}, which is not complete",
                    f"complete {soak.since}",
                )
            )
            continue
        left = (since + timedelta(seconds=seconds(soak.soak)) - now).total_seconds()
        if left > 0:
            gates.append(Gate(f"soaks for {soak.soak} after {soak.since}, {spoken(left)} left", "wait"))
    return tuple(gates)


def order_gates(state: RunState, step: Step, phase: Phase) -> tuple[Gate, ...]:
    """Return the steps that have to come first and are not done."""
    earlier = () if phase.any_order else phase.steps[: state.places[step.id][1]]
    first = {each.id: each for each in (*earlier, *(state.step(each) for each in step.requires))}
    waiting = [each for each in first.values() if state.steps[each.id].status not in SETTLED_GOOD]
    return tuple(Gate(f"waits for {each.title!r}", "do that first") for each in waiting[:1])


def step_gates(state: RunState, step_id: str, now: datetime) -> tuple[Gate, ...]:
    """Return everything that locks a step, the nearest reason first; empty when it may go ahead."""
    step, phase = state.step(step_id), state.phase_of(step_id)
    busy = state.under_way()
    other = (Gate(f"{state.step(busy).title!r} is under way", "let it end or cancel it"),) if busy else ()
    if busy == step_id:
        other = ()
    others = (*phase_gates(state, phase, now), *order_gates(state, step, phase), *other)
    return (*run_gates(state), *others, *amendment_gates(state, step_id))


def amendment_gates(state: RunState, step_id: str) -> tuple[Gate, ...]:
    """Return the amendment that waits, if it changes the step: what its author calls wrong is not begun."""
    waiting = state.amendment
    if waiting is None or all(each.step != step_id for each in waiting.changes):
        return ()
    return (Gate(f"the amendment by {waiting.by} that waits changes it", "have it approved, or withdraw it"),)


def point_gates(state: RunState, phase: Phase, now: datetime) -> tuple[Gate, ...]:
    """Return what must hold before the dialog of a point of no return opens: all but the point itself."""
    others = tuple(gate for gate in phase_gates(state, phase, now) if gate.reason != "behind the point of no return")
    busy = state.under_way()
    at_work = (Gate(f"{state.step(busy).title!r} is under way", "let it end or cancel it"),) if busy else ()
    return (*run_gates(state), *others, *at_work)


def rests_on(runbook: Runbook, phase: Phase) -> tuple[str, ...]:
    """Return the checks that a phase rests on: those that it names, or all of the phase before that only read."""
    point = phase.point_of_no_return
    named = phase.gates if point is None or point.gates is None else point.gates
    if named is not None:
        return named
    index = runbook.phase_index(phase.id)
    before = runbook.phases[index - 1].steps if index else ()
    return tuple(step.id for step in before if step.asks_again)


def entry_checks(state: RunState, phase: Phase) -> tuple[str, ...]:
    """Return the checks that are asked again when a phase is entered, and while its point of no return is open."""
    waived_too = phase.point_of_no_return is not None
    found = rests_on(state.runbook, phase)
    return tuple(each for each in found if waived_too or state.steps[each].status is not Status.WAIVED)


def begun(state: RunState, phase: Phase) -> bool:
    """Tell whether a phase was entered and anything of it was done or said then."""
    if phase.id not in state.entries:
        return False
    steps = (state.steps[step.id] for step in phase.steps)
    return any(now.signatures or now.status is not Status.PENDING for now in steps)


def entry_gates(state: RunState, entering: Entering, now: datetime) -> tuple[Gate, ...]:
    """Return the checks that a phase about to be entered rests on and that are not green and fresh."""
    found = []
    fresh = _fresh(entering.asked)
    for step_id in entering.gates:
        asked, title = entering.asked.get(step_id), state.title(step_id)
        if asked is None:
            found.append(Gate(f"{title!r} is being asked again", "wait for the answer"))
        elif not asked.passed:
            found.append(Gate(f"{title!r} does not hold any more: {asked.actual}", "mend it, then try again"))
        elif abs(now - entering.asked_at[step_id]) > fresh:  # either way: a clock may have been set back
            found.append(Gate(f"{title!r} was not asked within the last {fresh.seconds} s", "try again"))
    return tuple(found)


def _fresh(asked: dict[str, GateAsked]) -> timedelta:
    return FRESH + timedelta(seconds=sum(each.seconds for each in asked.values()))


def open_gates(state: RunState, approach: Approach, now: datetime) -> tuple[Gate, ...]:
    """Return the gates of an open dialog that are not green and fresh."""
    found = []
    fresh = _fresh(approach.asked)
    for step_id in approach.gates:
        title, asked = state.step(step_id).title, approach.asked.get(step_id)
        if asked is None:
            found.append(Gate(f"{title!r} is being asked again", "wait for the answer"))
        elif not asked.passed:
            found.append(Gate(f"{title!r} does not hold any more: {asked.actual}", "leave, mend it, come back"))
        elif abs(now - approach.asked_at[step_id]) > fresh:  # either way: a clock may have been set back
            found.append(
                Gate(
                    f"{title!r} was not asked within the last {fresh.seconds} s",
                    "leave and come back: it is asked again",
                )
            )
    return tuple(found)
