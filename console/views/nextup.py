"""What the operator does next, and with which key. Rule: one answer for every state; it never guesses a wish."""

from datetime import datetime

from msgspec import Struct

from console.core import gates
from console.core.runbook import Phase, Step
from console.core.state import SETTLED_GOOD, Entering, RunState, Status
from console.views.pending import asking_words, kept_out_of, waiver_asked, waiver_key, waiver_words
from console.views.phases import current_phase
from console.views.progress import held
from console.views.rows import Line, Span, line, quiet, strong
from console.views.selection import point_key
from console.views.text import one_line
from console.views.tones import Tone


class NextUp(Struct, frozen=True, kw_only=True):
    """The next thing to do."""

    selected: str
    """The step or the point of no return that it is about; empty when it is about the whole run."""
    line: Line
    key: str = ""
    """The key that does it; empty when there is nothing to do but to wait."""


def next_up(state: RunState, *, now: datetime, account: str = "") -> NextUp:
    """Return what is next, in words for an account."""
    if state.ending is not None:
        return _ended(state)
    if state.in_doubt():
        return _doubt(state, state.in_doubt()[0])
    if (busy := state.under_way()) is not None:
        return _busy(state, busy)
    if state.entering is not None:
        return _entering(state, state.entering)
    if state.paused is not None:
        by = f"paused by {state.paused.by}" + (f": {one_line(state.paused.reason)}" if state.paused.reason else "")
        where = _first_open(state)
        return NextUp(
            selected=where,
            key="p",
            line=line(Span(by, Tone.WAITING), quiet(" — "), strong("p"), quiet(" lets it go on")),
        )
    if state.undo is not None:
        return _undo(state)
    phase = current_phase(state)
    if phase is None:
        words = Span("Everything is done", Tone.GOOD)
        return NextUp(
            selected="", key="f", line=line(words, quiet(" — "), strong("f"), quiet(" looks back and closes the run"))
        )
    return _in_phase(state, phase, now=now, account=account)


def _ended(state: RunState) -> NextUp:
    ending = state.ending
    word = "finished" if ending and ending.finished else "aborted"
    words = Span(f"The run was {word} by {ending.by if ending else ''}", Tone.GOOD if word == "finished" else Tone.BAD)
    return NextUp(
        selected="",
        key="f",
        line=line(words, quiet(" — "), strong("f"), quiet(" looks back, "), strong("q"), quiet(" leaves")),
    )


def _doubt(state: RunState, step_id: str) -> NextUp:
    title = one_line(state.step(step_id).title)
    words = Span(f"Find out whether “{title}” happened", Tone.DOUBT)
    return NextUp(
        selected=step_id,
        key="enter",
        line=line(words, quiet(" — "), strong("enter"), quiet(" says so, with the evidence")),
    )


def _busy(state: RunState, step_id: str) -> NextUp:
    title = one_line(state.step(step_id).title)
    after = _after(state, step_id)
    then: Line = (quiet("  then "), Span(one_line(after.title))) if after else ()
    word = "taking back" if state.steps[step_id].action == "undo" else "running"
    if state.paused is not None:
        word = f"paused by {state.paused.by} in"
        then = (quiet(" — "), strong("p"), quiet(" lets it go on"))
    return NextUp(selected=step_id, line=line(Span(f"{word} “{title}”", Tone.RUNNING), *then))


def _entering(state: RunState, entering: Entering) -> NextUp:
    words = asking_words(state, entering)
    held = f"; paused by {state.paused.by}" if state.paused is not None else ""
    return NextUp(
        selected=entering.then.step,
        key="x",
        line=line(Span(f"{words}{held}", Tone.RUNNING), quiet(" — "), strong("x"), quiet(" gives it up")),
    )


def _after(state: RunState, step_id: str) -> Step | None:
    if state.undo is not None:
        return state.step(state.undo.remaining[1]) if len(state.undo.remaining) > 1 else None
    steps = state.runbook.steps()
    place = next(index for index, step in enumerate(steps) if step.id == step_id)
    return next((each for each in steps[place + 1 :] if state.steps[each.id].status not in SETTLED_GOOD), None)


def _undo(state: RunState) -> NextUp:
    remaining = state.undo.remaining if state.undo else ()
    if not remaining:
        return NextUp(selected="", line=line(Span("comparing with the state before", Tone.RUNNING)))
    step = state.step(remaining[0])
    title = one_line(step.title)
    if step.driven_by == "person":
        words = Span(f"Take back “{title}”", Tone.WAITING)
        return NextUp(
            selected=step.id, key="enter", line=line(words, quiet(" — "), strong("enter"), quiet(" says that it was"))
        )
    if state.steps[step.id].status is Status.FAILED:
        words = Span(f"“{title}” could not be taken back", Tone.BAD)
        return NextUp(selected=step.id, key="u", line=line(words, quiet(" — "), strong("u"), quiet(" tries again")))
    # Between two steps of an undo nobody has time to read this; after a crash somebody has to ask for the rest.
    words = Span(f"“{title}” is the next to be taken back", Tone.WAITING)
    return NextUp(
        selected=step.id, key="u", line=line(words, quiet(" — "), strong("u"), quiet(" goes on with the undo"))
    )


def _first_open(state: RunState) -> str:
    phase = current_phase(state)
    if phase is None:
        return ""
    return next((step.id for step in phase.steps if state.steps[step.id].status not in SETTLED_GOOD), "")


def _in_phase(state: RunState, phase: Phase, *, now: datetime, account: str) -> NextUp:
    if phase.point_of_no_return is not None and phase.id not in state.passed:
        return _point(state, phase, now)
    soaks = gates.soak_gates(state, phase, now)
    if soaks:
        return NextUp(selected=phase.steps[0].id, line=line(Span(f"{phase.title} {soaks[0].reason}", Tone.LOCKED)))
    open_ = [step for step in phase.steps if state.steps[step.id].status not in SETTLED_GOOD]
    free = next((step for step in open_ if not gates.step_gates(state, step.id, now)), (open_ or phase.steps)[0])
    return _waived_or_kept_out(state, free, account=account) or _step(state, free)


def _waived_or_kept_out(state: RunState, step: Step, *, account: str) -> NextUp | None:
    """Say that somebody wants a step waived, or why its phase was not entered with it."""
    if waiver := waiver_asked(state.steps[step.id]):
        words = Span(waiver_words(step.title, waiver), Tone.WAITING)
        key = waiver_key(waiver, account=account, select=False)
        return NextUp(selected=step.id, key="" if account == waiver.by else "w", line=line(*key, words))
    if (kept_out := kept_out_of(state, step)) is None:
        return None
    why = Span(f"Not entered: {kept_out.reason}", Tone.BAD)
    again = (quiet(" — "), strong("enter"), quiet(" tries again"))
    return NextUp(selected=step.id, key="enter", line=line(why, *again))


def _point(state: RunState, phase: Phase, now: datetime) -> NextUp:
    found = gates.point_gates(state, phase, now)
    key = point_key(phase.id)
    if found:
        return NextUp(selected=key, line=line(Span(f"{phase.title} {found[0].reason}", Tone.LOCKED)))
    words = Span(f"The point of no return before {phase.title}", Tone.DANGER)
    return NextUp(
        selected=key, key="enter", line=line(words, quiet(" — "), strong("enter"), quiet(" opens its dialog"))
    )


def _step(state: RunState, step: Step) -> NextUp:
    current, title = state.steps[step.id], one_line(step.title)
    words: Span
    match current.status, step.driven_by:
        case Status.FAILED, "engine":
            words, does = Span(f"“{title}” failed: {one_line(current.error)}", Tone.BAD), "runs it again"
        case Status.FAILED, _:
            words, does = (
                Span(f"“{title}” is not as it should be: {one_line(current.error)}", Tone.BAD),
                "confirms it after all",
            )
        case Status.JUDGING, _:
            words, does = (
                Span(f"Judge: {one_line(current.summary)}", Tone.WAITING),
                "says that it is right, R that it is not",
            )
        case Status.INTERRUPTED, _:
            where = f", {held(current)}" if held(current) else ""
            words, does = Span(f"“{title}” is held{where}", Tone.WAITING), "goes on"
        case _, "engine":
            words, does = Span(title, Tone.WAITING), "runs it"
        case _, "signatures":
            words, does = Span(title, Tone.WAITING), "signs"
        case _:
            words, does = Span(title, Tone.WAITING), "confirms it"
    return NextUp(selected=step.id, key="enter", line=line(words, quiet(" — "), strong("enter"), quiet(f" {does}")))
