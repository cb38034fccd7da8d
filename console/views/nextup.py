"""What the operator does next, and with which key. Rule: one answer for every state; it never guesses a wish."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from console.core import commands as c
from console.core import gates
from console.core.commands import Refused
from console.core.decide import decide
from console.core.observations import LockAwaited
from console.core.runbook import EVERYBODY, Phase, Step
from console.core.state import SETTLED_GOOD, Entering, RunState, Status
from console.views.checklist import missing_roles
from console.views.keys import Desk, signing_role
from console.views.locks import awaited, endable, in_brief
from console.views.pending import asking_words, kept_out_of, waiver_asked, waiver_words
from console.views.phases import current_phase
from console.views.progress import held
from console.views.rows import Line, Span, line, quiet, strong
from console.views.selection import point_key
from console.views.text import one_line
from console.views.tones import Tone

TITLE = 40
"""Characters of a step's title at most, so that the line has room for what is said of it."""

NOBODY = Desk(account="")
"""Somebody whose rights are unknown: what is next is said as to the driver."""


class NextUp(Struct, frozen=True, kw_only=True):
    """The next thing to do."""

    selected: str
    """The step or the point of no return that it is about; empty when it is about the whole run."""
    words: Line
    key: str = ""
    """The key that does it; empty when there is nothing to do here but to wait."""
    does: str = ""
    """What the key does; without a key, whom it waits for."""
    anybodys: bool = False
    """Whether the key is not for the driver alone."""

    @property
    def way(self) -> Line:
        """The end of the line: the key with what it does."""
        if not self.does:
            return ()
        return (quiet(" — "), strong(self.key), quiet(f" {self.does}")) if self.key else (quiet(f" — {self.does}"),)

    @property
    def line(self) -> Line:
        """The whole line."""
        return (*self.words, *self.way)


def next_up(state: RunState, *, now: datetime, desk: Desk = NOBODY) -> NextUp:
    """Return what is next, and whom it waits for when it is not for who sits there."""
    found = _found(state, now=now, desk=desk)
    drives = not desk.watching and desk.account in ("", state.driver)
    if drives or found.anybodys or not found.key:
        return found
    return replace(found, key="", does=f"waits for {one_line(state.driver)}, who {found.does}")


def _found(state: RunState, *, now: datetime, desk: Desk) -> NextUp:
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
        return _keyed(_first_open(state), Span(by, Tone.WAITING), key="p", does="lets it go on")
    if state.undo is not None:
        return _undo(state)
    phase = current_phase(state)
    if phase is None:
        return _keyed("", Span("Everything is done", Tone.GOOD), key="f", does="looks back and closes the run")
    return _in_phase(state, phase, now=now, desk=desk)


def _keyed(selected: str, words: Span, *, key: str, does: str) -> NextUp:
    return NextUp(selected=selected, words=(words,), key=key, does=does)


def _title(step: Step) -> str:
    return one_line(step.title, limit=TITLE)


def _ended(state: RunState) -> NextUp:
    ending = state.ending
    word = "finished" if ending and ending.finished else "aborted"
    words = Span(f"The run was {word} by {ending.by if ending else ''}", Tone.GOOD if word == "finished" else Tone.BAD)
    return NextUp(selected="", words=(words,), key="f", does="looks back, q leaves", anybodys=True)


def _doubt(state: RunState, step_id: str) -> NextUp:
    title, told = _title(state.step(step_id)), state.steps[step_id].summary
    if state.engine is not None and not told:
        words = Span(f"The engine asks the database whether “{title}” happened, until it answers", Tone.DOUBT)
        return _keyed(step_id, words, key="enter", does="says it in its place")
    words = Span(f"Find out whether “{title}” happened", Tone.DOUBT)
    return _keyed(step_id, words, key="enter", does="says so, with the evidence")


def _busy(state: RunState, step_id: str) -> NextUp:
    title = _title(state.step(step_id))
    lock = awaited(state.steps[step_id])
    if lock is not None and state.paused is None:
        return _waits_for_lock(lock, step_id, title=title)
    if state.paused is not None:
        words = Span(f"paused by {state.paused.by} in “{title}”", Tone.RUNNING)
        return _keyed(step_id, words, key="p", does="lets it go on")
    after = _after(state, step_id)
    then: Line = (quiet("  then "), Span(_title(after))) if after else ()
    word = "taking back" if state.steps[step_id].action == "undo" else "running"
    return NextUp(selected=step_id, words=line(Span(f"{word} “{title}”", Tone.RUNNING), *then))


def _waits_for_lock(lock: LockAwaited, step_id: str, *, title: str) -> NextUp:
    """Say who is in the way; whoever drives can end that session."""
    words = Span(f"waiting for {in_brief(lock)}: “{title}”", Tone.WAITING)
    if not endable(lock):
        return NextUp(selected=step_id, words=(words,))
    return _keyed(step_id, words, key="e", does="can end that session")


def _entering(state: RunState, entering: Entering) -> NextUp:
    held = f"; paused by {state.paused.by}" if state.paused is not None else ""
    words = Span(f"{asking_words(state, entering)}{held}", Tone.RUNNING)
    return _keyed(entering.then.step, words, key="x", does="gives it up")


def _after(state: RunState, step_id: str) -> Step | None:
    if state.undo is not None:
        return state.step(state.undo.remaining[1]) if len(state.undo.remaining) > 1 else None
    steps = state.runbook.steps()
    place = next(index for index, step in enumerate(steps) if step.id == step_id)
    return next((each for each in steps[place + 1 :] if state.steps[each.id].status not in SETTLED_GOOD), None)


def _undo(state: RunState) -> NextUp:
    remaining = state.undo.remaining if state.undo else ()
    if not remaining:
        return NextUp(selected="", words=(Span("comparing with the state before", Tone.RUNNING),))
    step = state.step(remaining[0])
    title = _title(step)
    if step.driven_by == "person":
        return _keyed(step.id, Span(f"Take back “{title}”", Tone.WAITING), key="enter", does="says that it was")
    if state.steps[step.id].status is Status.FAILED:
        return _keyed(step.id, Span(f"Could not take back “{title}”", Tone.BAD), key="u", does="tries again")
    # Between two steps of an undo nobody has time to read this; after a crash somebody has to ask for the rest.
    words = Span(f"To be taken back next: “{title}”", Tone.WAITING)
    return _keyed(step.id, words, key="u", does="goes on with the undo")


def _first_open(state: RunState) -> str:
    phase = current_phase(state)
    if phase is None:
        return ""
    return next((step.id for step in phase.steps if state.steps[step.id].status not in SETTLED_GOOD), "")


def _in_phase(state: RunState, phase: Phase, *, now: datetime, desk: Desk) -> NextUp:
    if phase.point_of_no_return is not None and phase.id not in state.passed:
        return _point(state, phase, now)
    soaks = gates.soak_gates(state, phase, now)
    if soaks:
        words = Span(f"{phase.title} {soaks[0].reason}", Tone.LOCKED)
        return NextUp(selected=phase.steps[0].id, words=(words,))
    open_ = [step for step in phase.steps if state.steps[step.id].status not in SETTLED_GOOD]
    free = next((step for step in open_ if not gates.step_gates(state, step.id, now)), (open_ or phase.steps)[0])
    if found := _waived_or_kept_out(state, free, account=desk.account):
        return found
    to_sign = free.driven_by == "signatures" and state.steps[free.id].status is Status.PENDING
    return _checkpoint(state, free, now=now, desk=desk) if to_sign else _step(state, free)


def _checkpoint(state: RunState, step: Step, *, now: datetime, desk: Desk) -> NextUp:
    """Say that a checkpoint is signed, or by whom it may be."""
    found = NextUp(
        selected=step.id, words=(Span(_title(step), Tone.WAITING),), key="enter", does="signs", anybodys=True
    )
    trial = c.SignOff(step=step.id, role=signing_role(state, step, desk.account))
    if not desk.account or not isinstance(decide(state, trial, desk.account, now), Refused):
        return found
    return replace(found, key="", does=f"waits for: {_signers(state, step)}")


def _signers(state: RunState, step: Step) -> str:
    """Name the missing roles, each with the accounts that hold it and did not sign: `dba (anna)`."""
    current, people = state.steps[step.id], state.runbook.people
    signed = {each.account for each in current.signatures}
    missing = []
    for role in missing_roles(step, current):
        who = [each for each, roles in people.items() if role in roles and each not in signed]
        names = ", ".join("anybody else" if each == EVERYBODY else one_line(each) for each in who)
        missing.append(f"{one_line(role)} ({names})" if names else one_line(role))
    return ", ".join(missing)


def _waived_or_kept_out(state: RunState, step: Step, *, account: str) -> NextUp | None:
    """Say that somebody wants a step waived, or why its phase was not entered with it."""
    if waiver := waiver_asked(state.steps[step.id]):
        words = (Span(waiver_words(_title(step), waiver), Tone.WAITING),)
        if account == waiver.by:
            return NextUp(selected=step.id, words=words, does="somebody else has to agree")
        return NextUp(selected=step.id, words=words, key="w", does="agrees", anybodys=True)
    if (kept_out := kept_out_of(state, step)) is None:
        return None
    why = Span(f"Not entered: {kept_out.reason}", Tone.BAD)
    return _keyed(step.id, why, key="enter", does="tries again")


def _point(state: RunState, phase: Phase, now: datetime) -> NextUp:
    found = gates.point_gates(state, phase, now)
    key = point_key(phase.id)
    if found:
        return NextUp(selected=key, words=(Span(f"{phase.title} {found[0].reason}", Tone.LOCKED),))
    words = Span(f"The point of no return before {one_line(phase.title, limit=TITLE)}", Tone.DANGER)
    return _keyed(key, words, key="enter", does="opens its dialog")


def _step(state: RunState, step: Step) -> NextUp:
    current, title = state.steps[step.id], _title(step)
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
        case _:
            words, does = Span(title, Tone.WAITING), "confirms it"
    return _keyed(step.id, words, key="enter", does=does)
