"""The phases in order, with what is done of each.

Rule: where the run stands, and where it cannot turn back, is seen at once.
"""

from datetime import datetime

from console.core.runbook import Phase
from console.core.state import SETTLED_GOOD, RunState, Status
from console.views import figures
from console.views.rows import Row, Span, line, quiet
from console.views.selection import point_key
from console.views.tones import MARKS, Mark, Tone

_LOUDEST = (Status.IN_DOUBT, Status.FAILED, Status.CANCELLING, Status.RUNNING, Status.JUDGING, Status.INTERRUPTED)
"""The state that a phase shows when one of its steps is in it, the most urgent first."""

_HERE = Mark("►", "now", Tone.RUNNING)
_AHEAD = Mark("○", "ahead", Tone.NEUTRAL)


def current_phase(state: RunState) -> Phase | None:
    """Return the first phase that is not complete; None when all are."""
    return next((each for each in state.runbook.phases if not state.complete(each)), None)


def phase_mark(state: RunState, phase: Phase) -> Mark:
    """Return a phase's symbol, word and tone."""
    found = {state.steps[step.id].status for step in phase.steps}
    loud = next((status for status in _LOUDEST if status in found), None)
    if loud is not None:
        return MARKS[loud]
    if state.complete(phase):
        return MARKS[Status.DONE]
    return _HERE if phase == current_phase(state) else _AHEAD


def phase_rows(state: RunState, *, now: datetime) -> tuple[Row, ...]:
    """Return a row for each phase and for each point of no return."""
    rows: list[Row] = []
    for phase in state.runbook.phases:
        if phase.point_of_no_return is not None:
            rows.append(_point(state, phase, now=now))
        rows.append(_phase(state, phase))
    return tuple(rows)


def _phase(state: RunState, phase: Phase) -> Row:
    mark = phase_mark(state, phase)
    here = phase == current_phase(state)
    done = sum(state.steps[step.id].status in SETTLED_GOOD for step in phase.steps)
    tone = Tone.QUIET if state.complete(phase) else Tone.NEUTRAL
    return Row(
        key=phase.id,
        left=line(Span(f"{mark.symbol} ", mark.tone, strong=True), Span(phase.title, tone, strong=here)),
        right=(line(Span(f"{done}/{len(phase.steps)}", tone)),),
    )


def _point(state: RunState, phase: Phase, *, now: datetime) -> Row:
    passed = state.passed.get(phase.id)
    words = f"passed {figures.day_and_clock(passed.at, now=now)}" if passed else "point of no return"
    tone = Tone.QUIET if passed else Tone.DANGER
    left = line(Span("━ ", tone), Span(words, tone, strong=not passed), quiet(" "))
    return Row(key=point_key(phase.id), left=left, fill="━")
