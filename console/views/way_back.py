"""The pane beside the checklist: what going back would cost, and what was recorded to compare with.

Rule: it is on the screen before anybody needs it.
"""

from datetime import datetime

from console.core.durations import spoken
from console.core.runbook import Step
from console.core.state import RunState
from console.views import figures
from console.views.rows import Body, Line, Span, line, quiet, strong
from console.views.text import one_line
from console.views.tones import Tone
from console.views.undo_price import latest_touched, price


def way_back_body(state: RunState, *, now: datetime) -> Body:
    """Say what would be taken back now, or how the data are restored; then the baselines."""
    recorded = tuple(_baseline(state, each, value) for each, value in state.baselines.items())
    baselines = (line(), line(quiet("Baselines")), *recorded) if recorded else ()
    return (*_way(state, now=now), *baselines)


def _baseline(state: RunState, step_id: str, value: object) -> Line:
    return line(quiet(f"{one_line(state.step(step_id).title)}  "), one_line(value))


def _way(state: RunState, *, now: datetime) -> Body:
    if state.passed:
        phase_id, passed = next(iter(state.passed.items()))
        point = state.runbook.phase(phase_id).point_of_no_return
        head = line(Span(f"━ No undo since {figures.day_and_clock(passed.at, now=now)}", Tone.DANGER, strong=True))
        return (head, line(quiet("restore  "), one_line(point.restore if point else "", limit=1000)))
    phase = latest_touched(state)
    if phase is None:
        return (line(quiet("Nothing was done yet.")),)
    found = price(state, phase, now=now)
    word = "Undoing" if state.undo is not None else "Undo of"
    head = line(strong(f"{word} {one_line(phase.title)}"))
    changing = [step for each in found.steps if (step := state.step(each)).undo]
    left = len(found.steps) - len(changing)
    others = f"{figures.things(left, 'other')} without an undo" if changing else "nothing to take back"
    rest = (line(quiet(others)),) if left else ()
    steps = (*(_step(state, each) for each in changing), *rest)
    rows = (line(quiet("  "), f"{figures.things(found.rows, 'row')} written"),) if found.rows else ()
    why = (line(Span("⊘ ", Tone.LOCKED), Span(found.refusal, Tone.LOCKED)),) if found.refusal else ()
    return (head, *why, *steps, *rows)


def _step(state: RunState, step: Step) -> Line:
    took = state.duration(step.id) if step.driven_by == "engine" else None
    ran = quiet(f"  {spoken(took)}") if took is not None else quiet("")
    return line(quiet("↶ "), one_line(step.title), ran)
