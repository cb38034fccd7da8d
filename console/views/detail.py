"""The tabs under the checklist: what the selected step is, does, showed, how it is taken back, what it locks.

Rule: everything is said before the step runs; what is not known is said to be unknown.
"""

from datetime import datetime
from enum import StrEnum
from typing import assert_never

from console.core import gates
from console.core.durations import spoken
from console.core.runbook import Phase, Step
from console.core.state import SETTLED_GOOD, UNDER_WAY, RunState, Status, StepState
from console.views import figures
from console.views.checklist import mark_of, missing_roles
from console.views.pending import asking_words, kept_out_of, waiver_asked
from console.views.point import point_body
from console.views.previews import no_sql, preview_of
from console.views.results import result_body
from console.views.rows import Body, Code, Span, labelled, line, quiet, strong
from console.views.selection import phase_of, point_of
from console.views.text import one_line
from console.views.tones import Tone
from console.views.under_way import left_half_made, locks_body, under_way_body
from console.views.undo_price import price


class Tab(StrEnum):
    """The tabs, in their order; the value is the word on the screen."""

    STEP = "Step"
    SQL = "SQL"
    RESULT = "Result"
    UNDO = "Undo"
    LOCKS = "Locks"


def detail(state: RunState, selected: str, tab: Tab, *, now: datetime) -> Body:
    """Return what a tab says of the selection."""
    point = point_of(selected)
    if point is not None:
        return point_body(state, state.runbook.phase(point), now=now)
    step = state.step(selected)
    match tab:
        case Tab.STEP:
            return step_body(state, step, now=now)
        case Tab.SQL:
            sql = preview_of(state, step).sql
            return (Code(sql),) if sql else (line(quiet(no_sql(step))),)
        case Tab.RESULT:
            return result_body(state, step, now=now)
        case Tab.UNDO:
            return undo_body(state, step, now=now)
        case Tab.LOCKS:
            return locks_body(state, step, now=now)
        case _:
            assert_never(tab)


def step_body(state: RunState, step: Step, *, now: datetime) -> Body:
    """Say what a step is, where it stands and what locks it."""
    current = state.steps[step.id]
    words = preview_of(state, step).words
    facts = labelled(
        (
            ("who", step.who or ""),
            ("estimate", step.estimate or ""),
            ("needs", ", ".join(one_line(state.step(each).title) for each in step.requires)),
            ("missing", ", ".join(missing_roles(step, current)) if current.status is not Status.DONE else ""),
            ("expected", one_line(step.data.get("expect", "")) if step.driven_by == "person" else ""),
        )
    )
    more = beside(step.title, words)
    said = (line(one_line(more, limit=2000)),) if more else ()
    note = (line(quiet("note  "), one_line(step.note, limit=2000)),) if step.note else ()
    standing = (*_standing(state, step, now=now), *under_way_body(current, now=now))
    trouble = (*_trouble(state, step), *left_half_made(state, step))
    return (*standing, *said, *facts, *note, *trouble, *_phase(state, step))


def beside(title: str, words: str) -> str:
    """Return what words say beyond a title that they begin with."""
    return words.removeprefix(title).lstrip(" —.:")


def _standing(state: RunState, step: Step, *, now: datetime) -> Body:
    mark, current = mark_of(state, step.id, now), state.steps[step.id]
    since = f" · attempt {current.attempt}" if current.attempt > 1 else ""
    head = line(strong(f"{mark.symbol} {mark.word}", mark.tone), "  ", strong(one_line(step.title)), quiet(since))
    if current.status in SETTLED_GOOD | UNDER_WAY:
        return (head,)
    found = (*_entry(state, step, now=now), *gates.step_gates(state, step.id, now))
    locks = tuple(line(Span("⊘ ", Tone.LOCKED), gate.reason, quiet(f" → {gate.remedy}")) for gate in found)
    return (head, *_waiver(current), *locks)


def _entry(state: RunState, step: Step, *, now: datetime) -> tuple[gates.Gate, ...]:
    """Return what keeps the phase of a step closed as far as its checks are concerned, asked just now or before."""
    entering = state.entering
    if entering is not None and entering.then.step == step.id:
        return gates.entry_gates(state, entering, now) or (gates.Gate(asking_words(state, entering), "wait"),)
    if (kept_out := kept_out_of(state, step)) is not None:
        phase = one_line(state.phase_of(step.id).title)
        return (gates.Gate(f"{phase} was not entered: {kept_out.reason}", kept_out.remedy),)
    return ()


def _waiver(current: StepState) -> Body:
    """Say who asks for a step to be waived; the reason in full."""
    if (waiver := waiver_asked(current)) is None:
        return ()
    words = f"{waiver.by} asks to waive it: {one_line(waiver.reason, limit=2000)}"
    return (line(Span("≈ ", Tone.WAITING, strong=True), words, quiet(" → another person agrees with w")),)


def _trouble(state: RunState, step: Step) -> Body:
    current = state.steps[step.id]
    if current.status not in (Status.FAILED, Status.IN_DOUBT, Status.INTERRUPTED, Status.JUDGING):
        return ()
    tone = Tone.BAD if current.status is Status.FAILED else Tone.WAITING
    texts = (current.error, current.summary)
    said = tuple(line(Span(one_line(each, limit=2000), tone)) for each in texts if each)
    return (*said, *((line(quiet("→ "), one_line(current.remedy, limit=2000)),) if current.remedy else ()))


def _phase(state: RunState, step: Step) -> Body:
    phase = state.phase_of(step.id)
    return (line(), *about_phase(phase)) if about_phase(phase) else ()


def about_phase(phase: Phase) -> Body:
    """Say what a phase is for."""
    return labelled(
        (
            ("phase", one_line(phase.goal, limit=1000)),
            ("application", one_line(phase.application, limit=1000)),
            ("deploy", one_line(phase.deploy, limit=1000)),
            ("who", phase.who or ""),
        )
    )


def undo_body(state: RunState, step: Step, *, now: datetime) -> Body:
    """Say how a step, and with it its phase, is taken back."""
    preview, phase = preview_of(state, step), phase_of(state, step.id)
    way: Body
    if step.undo:
        way = (line(strong("The way back of this step")), Code(preview.undo or step.undo))
    elif step.restore:
        way = (
            line(Span("This step cannot be undone.", Tone.DANGER, strong=True)),
            line(quiet("restore  "), step.restore),
        )
    else:
        way = (line(quiet("Nothing of this step has to be taken back.")),)
    rollback = (line(quiet("going back  "), one_line(phase.rollback, limit=2000)),) if phase.rollback else ()
    return (*way, line(), *phase_price(state, phase, now=now), *rollback)


def phase_price(state: RunState, phase: Phase, *, now: datetime) -> Body:
    """Say what undoing a phase would take back at the moment, or why it cannot be undone."""
    found = price(state, phase, now=now)
    if found.refusal:
        why = line(
            Span(f"{phase.title} cannot be undone now: ", Tone.LOCKED), found.refusal, quiet(f" → {found.remedy}")
        )
        return (why,)
    rows = f", {figures.things(found.rows, 'row')} written" if found.rows else ""
    head = line(strong(f"Undoing {phase.title} takes back {figures.things(len(found.steps), 'step')}{rows}"))
    return (head, *undo_order(state, found.steps))


def undo_order(state: RunState, steps: tuple[str, ...]) -> Body:
    """List steps in the order in which they are taken back."""
    return tuple(_taken_back(state, number, state.step(each)) for number, each in enumerate(steps, start=1))


def _taken_back(state: RunState, number: int, step: Step) -> tuple[Span, ...]:
    took = state.duration(step.id)
    ran = f", ran {spoken(took)}" if took is not None and step.driven_by == "engine" else ""
    how = "by you: " + one_line(step.undo) if step.driven_by == "person" and step.undo else ""
    what = how or ("by its undo" if step.undo else "nothing to take back")
    return line(quiet(f"{number:3}  "), one_line(step.title), quiet(f"  {what}{ran}"))
