"""The steps of one phase. Rule: each row says in words why it is not further; rows are made when they are looked at."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never, overload

from console.core import gates
from console.core.durations import spoken
from console.core.runbook import Phase, Step
from console.core.state import RunState, Status, StepState
from console.views import figures
from console.views.locks import awaited
from console.views.pending import asking_words, kept_out_of, waiver_asked
from console.views.progress import held, wordings
from console.views.rows import Line, Row, Span, line, quiet
from console.views.selection import point_key
from console.views.text import one_line
from console.views.tones import AWAITING, ENTERING, LOCKED, MARKS, POINT, READY, UNDONE, Mark, Tone

TELLING = 0.05
"""Seconds below which it says nothing how long a step took."""

BRIEF = 24
"""Characters of a summary in its short wording."""


class Checklist(Sequence[Row]):
    """The rows of a phase: its point of no return, if it has one, then its steps."""

    def __init__(self, state: RunState, phase: Phase, *, now: datetime) -> None:
        self._state, self._phase, self._now = state, phase, now
        self._points = 1 if phase.point_of_no_return else 0

    def __len__(self) -> int:
        return len(self._phase.steps) + self._points

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        if index < self._points:
            return point_row(self._state, self._phase, now=self._now)
        return step_row(self._state, self._phase.steps[index - self._points], now=self._now)

    def keys(self) -> tuple[str, ...]:
        """Return what is selected with each row."""
        point = (point_key(self._phase.id),) * self._points
        return (*point, *(step.id for step in self._phase.steps))


def point_row(state: RunState, phase: Phase, *, now: datetime) -> Row:
    """Return the row of a phase's point of no return."""
    passed = state.passed.get(phase.id)
    found = gates.point_gates(state, phase, now)
    right: tuple[Line, ...]
    if passed:
        right = (line(Span(f"passed by {passed.by}, {figures.clock(passed.at)}", Tone.DANGER)),)
    elif found:
        right = (line(Span(found[0].reason, Tone.LOCKED)),)
    else:
        right = (line(Span("enter opens its dialog", Tone.WAITING)), line(Span("enter", Tone.WAITING)))
    left = line(Span(f"{POINT.symbol} ", POINT.tone, strong=True), Span("Point of no return", POINT.tone, strong=True))
    return Row(key=point_key(phase.id), left=left, right=right)


def mark_of(state: RunState, step_id: str, now: datetime) -> Mark:
    """Return a step's symbol, word and tone; what is still to do is ready, locked or undone."""
    current = state.steps[step_id]
    if _entering(state, step_id):
        return ENTERING
    if to_take_back(state, step_id):
        return READY
    if current.status is Status.RUNNING and awaited(current) is not None:
        return AWAITING
    if current.status is not Status.PENDING:
        return MARKS[current.status]
    if gates.step_gates(state, step_id, now):
        return UNDONE if current.undone else LOCKED
    return READY


def _entering(state: RunState, step_id: str) -> bool:
    """Tell whether a phase is about to be entered with this step."""
    return state.entering is not None and state.entering.then.step == step_id


def to_take_back(state: RunState, step_id: str) -> bool:
    """Tell whether an undo waits for a person to take this step back."""
    waits = state.step(step_id).taken_back_by_person
    return waits and state.undo is not None and state.undo.remaining[:1] == (step_id,)


def step_row(state: RunState, step: Step, *, now: datetime) -> Row:
    """Return the row of one step."""
    current, mark = state.steps[step.id], mark_of(state, step.id, now)
    waits = to_take_back(state, step.id)
    taking_back = waits or (current.action == "undo" and current.status is not Status.PENDING)
    title = f"undo: {step.title}" if taking_back else step.title
    tone = mark.tone if mark in (LOCKED, MARKS[Status.NOT_APPLICABLE]) else Tone.NEUTRAL
    left = line(Span(f"{mark.symbol} ", mark.tone, strong=True), Span(one_line(title), tone, strong=mark is READY))
    return Row(key=step.id, left=left, right=_right(state, step, current, mark=mark, now=now))


def _right(state: RunState, step: Step, current: StepState, *, mark: Mark, now: datetime) -> tuple[Line, ...]:
    if to_take_back(state, step.id):
        return _words(
            mark, f"to be taken back by {step.who or 'a person'}: {one_line(step.undo or '')}", "take it back"
        )
    if state.entering is not None and _entering(state, step.id):
        entering = state.entering
        asked = f"{len(entering.asked)}/{len(entering.gates)} checks asked again"
        return _words(mark, asking_words(state, entering), asked)
    if waiver := waiver_asked(current):
        return _words(mark, f"{waiver.by} asks to waive it: {one_line(waiver.reason)}", f"{waiver.by} asks to waive")
    match current.status:
        case Status.PENDING:
            return _to_do(state, step, current, now=now)
        case Status.RUNNING:
            return wordings(current, now)
        case Status.CANCELLING:
            return _words(mark, "cancelling: no answer from the server yet", "cancelling")
        case Status.IN_DOUBT:
            return _words(mark, "in doubt: whether it happened is unknown", "in doubt")
        case Status.JUDGING:
            return _words(mark, f"to be judged: {one_line(current.summary)}")
        case Status.FAILED:
            return _words(mark, f"failed: {one_line(current.error)}")
        case Status.INTERRUPTED:
            where = held(current) or one_line(current.summary)
            return _words(mark, f"held: {where}" if where else "held")
        case Status.DONE:
            return _done(state, step, current)
        case Status.NOT_APPLICABLE:
            return _words(mark, f"not applicable: {one_line(current.note)}")
        case Status.WAIVED:
            return _words(mark, f"waived: {_waived(current)}", "waived")
        case _:
            assert_never(current.status)


def _waived(current: StepState) -> str:
    waiver = current.waiver
    return f"{one_line(waiver.reason)} ({waiver.by}, {waiver.agreed_by})" if waiver else one_line(current.note)


def _words(mark: Mark, *wordings_: str) -> tuple[Line, ...]:
    return tuple(line(Span(each, mark.tone)) for each in wordings_)


def _to_do(state: RunState, step: Step, current: StepState, *, now: datetime) -> tuple[Line, ...]:
    undone = f"undone {figures.clock(current.ended_at)} · " if current.undone and current.ended_at else ""
    if found := gates.step_gates(state, step.id, now):
        return (line(quiet(undone), Span(found[0].reason, Tone.LOCKED)), line(Span(found[0].reason, Tone.LOCKED)))
    if (kept_out := kept_out_of(state, step)) is not None:
        words = Span(f"phase not entered: {kept_out.reason}", Tone.BAD)
        return (line(quiet(undone), words), line(Span("phase not entered", Tone.BAD)))
    ready = waits_for(step, current)
    return (line(quiet(undone), Span(ready, Tone.WAITING)), line(Span(ready, Tone.WAITING)))


def waits_for(step: Step, current: StepState) -> str:
    """Say what a step that nothing locks waits for."""
    if step.driven_by == "signatures":
        signed = ", ".join(f"{each.role} {each.account}" for each in current.signatures)
        missing = ", ".join(missing_roles(step, current))
        return f"signed {signed}; missing {missing}" if signed else f"waits for {missing}"
    who = f" by {step.who}" if step.who else ""
    return f"ready to run{who}" if step.driven_by == "engine" else f"to be confirmed{who}"


def missing_roles(step: Step, current: StepState) -> tuple[str, ...]:
    """Return the roles that have not signed a checkpoint yet."""
    missing = list(step.signatures)
    for each in current.signatures:
        if each.role in missing:
            missing.remove(each.role)
    return tuple(missing)


def _done(state: RunState, step: Step, current: StepState) -> tuple[Line, ...]:
    at = f", {figures.clock(current.ended_at)}" if current.ended_at else ""
    if step.driven_by == "signatures":
        who = ", ".join(each.account for each in current.signatures)
        return (line(quiet(f"signed {who}{at}")), line(quiet(f"signed{at}")))
    if step.driven_by == "person" or current.value:
        value = f"{one_line(current.value)} · " if current.value else ""
        by = f"confirmed {current.by}{at}"
        return (line(quiet(f"{value}{by}")), line(quiet(by)), line(quiet(at.removeprefix(", "))))
    took = state.duration(step.id)
    length = spoken(took) if took is not None and took >= TELLING else ""
    summary, brief = one_line(current.summary), one_line(current.summary, limit=BRIEF)
    return (line(quiet(summary or length)), line(quiet(brief)), line(quiet(length)))
