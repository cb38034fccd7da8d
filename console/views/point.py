"""A point of no return in words: what is lost, what must hold, what is typed.

Rule: it never shows the fact as the answer.
"""

from datetime import datetime

from console.core import gates
from console.core.durations import seconds, spoken
from console.core.runbook import ROLLBACK_WINDOW, Phase, PointOfNoReturn, Step
from console.core.state import Approach, RunState, Status
from console.views import figures
from console.views.rows import Body, Line, Span, labelled, line, quiet, strong
from console.views.text import one_line
from console.views.tones import Tone


def point_body(state: RunState, phase: Phase, *, now: datetime) -> Body:
    """Say what passing the point of no return of a phase means, before its dialog is opened."""
    point = phase.point_of_no_return
    if point is None:
        return ()
    passed = state.passed.get(phase.id)
    if passed is not None:
        at = figures.day_and_clock(passed.at, now=now)
        head = line(strong(f"━ Passed by {passed.by}, {at}: there is no undo any more.", Tone.DANGER))
        return (head, *labelled((("lost", point.consequence), ("restore", point.restore))))
    closed = gates.point_gates(state, phase, now)
    head = line(strong(f"━ Point of no return before {phase.title}", Tone.DANGER))
    locks = tuple(line(Span("⊘ ", Tone.LOCKED), gate.reason, quiet(f" → {gate.remedy}")) for gate in closed)
    asked = tuple(_ahead(state, each) for each in gates.entry_checks(state, phase))
    again = (line(quiet("These are asked again when it is opened:")), *asked) if asked else ()
    return (head, *consequence(state, phase, point, now=now), *locks, *again)


def consequence(state: RunState, phase: Phase, point: PointOfNoReturn, *, now: datetime) -> Body:
    """Say what becomes irreversible, what there is instead of an undo, and whether the way back was open for long."""
    return (
        line(Span("Cannot be taken back  ", Tone.DANGER, strong=True), one_line(point.consequence, limit=2000)),
        line(quiet("Restore instead       "), one_line(point.restore, limit=2000)),
        *_young_way_back(state, phase, now=now),
        *(_left_out(state, step) for step in state.runbook.steps() if _was_left_out(state, step)),
    )


def _was_left_out(state: RunState, step: Step) -> bool:
    """Tell whether a person passed a step without what the runbook expects of it."""
    now = state.steps[step.id]
    expected = step.data.get("expect") if step.driven_by == "person" else None
    other = now.status is Status.DONE and expected is not None and now.value.strip() != str(expected).strip()
    return now.status in (Status.NOT_APPLICABLE, Status.WAIVED) or (bool(expected) and other)


def _left_out(state: RunState, step: Step) -> Line:
    now = state.steps[step.id]
    if now.status is Status.WAIVED and now.waiver is not None:
        by = f"{now.waiver.by}, agreed by {now.waiver.agreed_by}"
        said = f"{one_line(step.title)}: waived, {one_line(now.waiver.reason)} ({by})"
        return line(Span("Not as planned        ", Tone.WAITING, strong=True), said)
    applies = now.status is not Status.NOT_APPLICABLE
    what = f"seen: {one_line(now.value)}" if applies else "did not apply"
    said = f"{one_line(step.title)}: {what}, {one_line(now.note)} ({now.by})"
    return line(Span("Not as planned        ", Tone.WAITING, strong=True), said)


def _young_way_back(state: RunState, phase: Phase, *, now: datetime) -> Body:
    """Warn when the phase before was completed less than the usual rollback window ago."""
    index = state.runbook.phase_index(phase.id)
    completed = state.completed_at.get(state.runbook.phases[index - 1].id) if index else None
    usual, risk = ROLLBACK_WINDOW[state.runbook.risk], state.runbook.risk
    if completed is None or (age := (now - completed).total_seconds()) >= seconds(usual):
        return ()
    before = one_line(state.runbook.phases[index - 1].title)
    told = f"{before} was completed {spoken(age)} ago; at risk {risk} the way back usually stays open for {usual}"
    return (line(Span("Soon                  ", Tone.WAITING, strong=True), told),)


def _ahead(state: RunState, step_id: str) -> Line:
    checks = state.steps[step_id].checks
    actual = f"  last answer {one_line(checks[-1].actual)}" if checks else ""
    return line(quiet("· "), one_line(state.step(step_id).title), quiet(actual))


def gate_lines(state: RunState, approach: Approach, *, now: datetime) -> Body:
    """Return a line for each gate of an open dialog: asked, answered, fresh."""
    return tuple(_gate(state, approach, each, now=now) for each in approach.gates)


def _gate(state: RunState, approach: Approach, step_id: str, *, now: datetime) -> Line:
    title, asked = one_line(state.step(step_id).title), approach.asked.get(step_id)
    if asked is None:
        return line(Span("◐ ", Tone.WAITING, strong=True), title, Span("  being asked again", Tone.WAITING))
    age = (now - approach.asked_at[step_id]).total_seconds()
    old = f"{age:.0f} s ago"
    if not asked.passed:
        return line(
            Span("✖ ", Tone.BAD, strong=True), title, Span(f"  does not hold: {one_line(asked.actual)}", Tone.BAD)
        )
    if abs(age) > gates.FRESH.total_seconds():
        return line(Span("◐ ", Tone.WAITING, strong=True), title, Span(f"  too old: asked {old}", Tone.WAITING))
    return line(
        Span("✔ ", Tone.GOOD, strong=True),
        title,
        Span("  holds", Tone.GOOD),
        quiet(f": {one_line(asked.actual)}, {old}"),
    )


def standing(state: RunState, approach: Approach, *, now: datetime) -> Line:
    """Say in one line whether the dialog can be passed at the moment."""
    found = gates.open_gates(state, approach, now)
    if found:
        return line(Span("⊘ closed  ", Tone.LOCKED, strong=True), found[0].reason, quiet(f" → {found[0].remedy}"))
    return line(Span("● open  ", Tone.DANGER, strong=True), "every gate holds; what you type decides")


def reading_list(state: RunState) -> Body:
    """Return what was recorded before the first change: the fact to type is read off here."""
    target = state.target
    rows = [
        ("database", target.name),
        *((state.step(each).title, one_line(value)) for each, value in state.baselines.items()),
    ]
    return labelled((one_line(label, limit=60), value) for label, value in rows)
