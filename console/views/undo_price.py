"""What going back would cost.

Rule: as far as the journal knows it; after a point of no return there is only the restore procedure.
"""

from datetime import datetime

from msgspec import Struct

from console.core import commands as c
from console.core.commands import Refused
from console.core.decide import decide
from console.core.runbook import Phase, Step
from console.core.state import RunState, Status
from console.views import figures
from console.views.rows import Line, Span, line, quiet
from console.views.tones import Tone


class Price(Struct, frozen=True, kw_only=True):
    """The way back from here."""

    phase: str
    """Which phase would be taken back; empty when nothing was done."""
    steps: tuple[str, ...] = ()
    """In the order in which they are taken back."""
    rows: int = 0
    """Written by those that have an undo, as far as they say."""
    refusal: str = ""
    remedy: str = ""


def latest_touched(state: RunState) -> Phase | None:
    """Return the latest phase in which anything was done."""
    return next((each for each in reversed(state.runbook.phases) if touched(state, each)), None)


def way_back(state: RunState) -> Phase:
    """Return the phase that an undo is about: the one under way, else the latest in which anything was done."""
    if state.undo is not None:
        return state.runbook.phase(state.undo.phase)
    return latest_touched(state) or state.runbook.phases[0]


def touched(state: RunState, phase: Phase) -> tuple[Step, ...]:
    """Return the steps of a phase in which something was done, the latest first."""
    return tuple(step for step in reversed(phase.steps) if _touched(state, step))


def _touched(state: RunState, step: Step) -> bool:
    current = state.steps[step.id]
    return current.status is not Status.PENDING or bool(current.signatures)


def price(state: RunState, phase: Phase, *, now: datetime) -> Price:
    """Return what undoing a phase would take back, or why it cannot be undone."""
    steps = state.undo.remaining if state.undo and state.undo.phase == phase.id else None
    if steps is None:
        steps = tuple(step.id for step in touched(state, phase))
    progress = (state.steps[each].progress for each in steps if state.step(each).undo)
    rows = sum(each.done for each in progress if each is not None)
    answer = decide(state, c.UndoPhase(phase=phase.id, typed=phase.id), state.driver, now)
    if isinstance(answer, Refused):
        return Price(phase=phase.id, steps=steps, rows=rows, refusal=answer.reason, remedy=answer.remedy)
    return Price(phase=phase.id, steps=steps, rows=rows)


def undo_lines(state: RunState, *, now: datetime) -> tuple[Line, ...]:
    """Say in one line what going back from here would cost, from the longest to the shortest wording."""
    if state.passed:
        since = figures.day_and_clock(next(iter(state.passed.values())).at, now=now)
        words = Span(f"impossible since {since}", Tone.DANGER, strong=True)
        return (line(quiet("undo: "), words, quiet("; only the restore")), line(quiet("undo: "), words))
    phase = latest_touched(state)
    if phase is None:
        return (line(quiet("undo: nothing was done yet")),)
    found = price(state, phase, now=now)
    steps = figures.things(len(found.steps), "step")
    if state.undo is not None:
        return (line(Span(f"undoing {phase.title}: {steps} to take back", Tone.WAITING)),)
    if found.refusal and state.under_way() is None:
        return (line(quiet("undo: "), Span(found.refusal, Tone.LOCKED)),)
    rows = f", {figures.things(found.rows, 'row')}" if found.rows else ""
    return (line(quiet("undo now: "), f"{steps} of {phase.title}{rows}"), line(quiet("undo now: "), f"{steps}{rows}"))
