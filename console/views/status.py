"""Where a run stands, in a few words. Rule: the most urgent thing is said, a person's part before progress."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from console.core.gates import point_gates, step_gates
from console.core.runbook import Step
from console.core.server_events import Debris
from console.core.state import SETTLED_GOOD, Entering, Hold, RunState, Status, Undo
from console.views import tones
from console.views.checklist import missing_roles
from console.views.debris import debris_words
from console.views.locks import awaited, holder
from console.views.pending import asking_words, asks, kept_out_of, waiver_asked
from console.views.progress import how_far, wordings
from console.views.rows import plain
from console.views.server_figures import LockWait, ServerWork, lock_wait, server_work
from console.views.text import one_line

IN_THE_WAY = 12
"""Sessions in the way that are listed at most."""

HALF_MADE = 20
"""Half-made things that are listed at most; JSON has all of them."""

Word = Literal["at work", "waiting", "paused", "failed", "in doubt", "finished", "aborted"]

SYMBOLS: dict[Word, str] = {
    "at work": tones.MARKS[Status.RUNNING].symbol,
    "waiting": tones.READY.symbol,
    "paused": tones.MARKS[Status.INTERRUPTED].symbol,
    "failed": tones.MARKS[Status.FAILED].symbol,
    "in doubt": tones.MARKS[Status.IN_DOUBT].symbol,
    "finished": tones.MARKS[Status.DONE].symbol,
    "aborted": tones.MARKS[Status.FAILED].symbol,
}


class RunStatus(Struct, frozen=True, kw_only=True):
    """Where a run stands at one moment."""

    run: str
    runbook: str
    title: str
    environment: str
    target: str
    driver: str
    engine: bool
    """Whether one is alive."""
    state: Word
    phase: str
    """Title of the first phase that is not complete; empty when all are."""
    step: str
    """Id of the step that `says` is about; empty when it is about the run."""
    step_title: str
    says: str
    asks: tuple[str, ...] = ()
    """What waits for people beside that: an amendment, waivers."""
    lock: LockWait | None = None
    """What the step waits for; None when it waits for no lock."""
    server: ServerWork | None = None
    """What the server says of its statement; None when it says nothing."""
    half_made: tuple[Debris, ...] = ()
    """What was found half-made in the target."""
    done: int
    steps: int
    at: datetime
    """Of the last record."""


def status(state: RunState, *, now: datetime, engine: bool) -> RunStatus:
    """Say where a run stands; `engine` tells whether a living one holds it."""
    word, step, says = _standing(state, now=now, engine=engine)
    phase = next((each for each in state.runbook.phases if not state.complete(each)), None)
    return RunStatus(
        run=state.started.run,
        runbook=state.runbook.runbook,
        title=state.runbook.title,
        environment=state.started.environment,
        target=state.target.label,
        driver=state.driver,
        engine=engine,
        state=word,
        phase=phase.title if phase else "",
        step=step,
        step_title=state.step(step).title if step else "",
        says=says,
        asks=asks(state),
        lock=lock_wait(state, now=now) if engine else None,
        server=server_work(state) if engine else None,
        half_made=state.debris,
        done=sum(each.status in SETTLED_GOOD for each in state.steps.values()),
        steps=len(state.steps),
        at=state.at,
    )


def _standing(state: RunState, *, now: datetime, engine: bool) -> tuple[Word, str, str]:
    """Return the word, the step it is about, and what there is to say."""
    if state.ending is not None:
        said = f": {state.ending.text}" if state.ending.text else ""
        return ("finished" if state.ending.finished else "aborted"), "", f"by {state.ending.by}{said}"
    if doubts := state.in_doubt():
        return "in doubt", doubts[0], "whether it happened is unknown: settle it"
    if busy := state.under_way():
        if not engine:
            return "in doubt", busy, "its engine is gone: `runbook run` starts it again and finds out"
        if state.paused is not None:
            lock = awaited(state.steps[busy])
            if lock is not None and lock.again_in is not None:  # between two tries: nothing is tried before it goes on
                return "paused", busy, f"{_pausing(state.paused)}; it holds, and waits for {holder(lock)}"
            share = how_far(state.steps[busy], now) if lock is not None else plain(wordings(state.steps[busy], now)[-1])
            return "paused", busy, f"{_pausing(state.paused)}; it holds at its next boundary, {share}"
        return "at work", busy, how_far(state.steps[busy], now)
    if state.entering is not None:
        return _entering(state, state.entering, engine=engine)
    failed = next((step for step, each in state.steps.items() if each.status is Status.FAILED), "")
    if failed:
        return "failed", failed, state.steps[failed].error
    if state.paused is not None:
        return "paused", "", _pausing(state.paused)
    if state.undo is not None:
        return _undoing(state, state.undo, engine=engine)
    return _waiting(state, now)


def _entering(state: RunState, entering: Entering, *, engine: bool) -> tuple[Word, str, str]:
    if not engine:
        says = "its phase was about to be entered, and its engine is gone: `runbook run` starts it again"
        return "waiting", entering.then.step, says
    held = f"; paused {_pausing(state.paused)}" if state.paused is not None else ""
    return "at work", entering.then.step, asking_words(state, entering) + held


def _pausing(paused: Hold) -> str:
    return f"by {paused.by}" + (f": {paused.reason}" if paused.reason else "")


def _undoing(state: RunState, undo: Undo, *, engine: bool) -> tuple[Word, str, str]:
    """Say where an undo stands between two steps."""
    says = f"phase {undo.phase} is being undone"
    if not engine:
        return "paused", "", f"{says}, and its engine is gone: `runbook run` goes on with it"
    step = state.step(undo.remaining[0]) if undo.remaining else None
    if step is not None and step.taken_back_by_person:
        return "waiting", step.id, f"{says}: to be taken back by a person"
    return "at work", "", says


def _waiting(state: RunState, now: datetime) -> tuple[Word, str, str]:
    judged = next((step for step, each in state.steps.items() if each.status is Status.JUDGING), "")
    if judged:
        return "waiting", judged, f"to be judged: {state.steps[judged].summary}"
    step = next((each for each in state.runbook.steps() if state.steps[each.id].status not in SETTLED_GOOD), None)
    if step is None:
        return "waiting", "", "everything is done: finish the run"
    phase = state.phase_of(step.id)
    if phase.point_of_no_return and phase.id not in state.passed:
        found = point_gates(state, phase, now)
        return "waiting", step.id, found[0].reason if found else "the point of no return is ahead"
    found = step_gates(state, step.id, now)
    return "waiting", step.id, found[0].reason if found else _asked_or_kept_out(state, step) or _asks(state, step)


def _asked_or_kept_out(state: RunState, step: Step) -> str:
    """Say that somebody wants a step waived, or why its phase was not entered with it; empty when neither is so."""
    if waiver := waiver_asked(state.steps[step.id]):
        return f"{waiver.by} asks to waive it: {waiver.reason}"
    if (kept_out := kept_out_of(state, step)) is None:
        return ""
    why = f"its phase was not entered: {kept_out.reason}"
    return f"{why} — {kept_out.remedy}" if kept_out.remedy else why


def _asks(state: RunState, step: Step) -> str:
    match step.driven_by:
        case "engine":
            held = state.steps[step.id].status is Status.INTERRUPTED
            return "to be gone on with" if held else "to be run"
        case "person":
            return "to be confirmed"
        case "signatures":
            return f"to be signed: {', '.join(missing_roles(step, state.steps[step.id]))}"


def tmux_line(now: RunStatus, *, limit: int = 100) -> str:
    """Return one line for a status bar of tmux, in which `#` is a character like others."""
    where = now.environment.upper() if now.environment == "production" else now.environment
    about = f"{now.step_title}: {now.says}" if now.step_title else now.says
    about += "".join(f" · {each}" for each in now.asks if each not in about)
    line = f"{SYMBOLS[now.state]} {now.runbook} {where} {now.done}/{now.steps} {now.state}: {about}"
    return one_line(line, limit=limit).replace("#", "##")


def lines(now: RunStatus) -> tuple[str, ...]:
    """Return a few lines of label and text."""
    about = f"{now.step_title}: {now.says}" if now.step_title else now.says
    ended = now.state in ("finished", "aborted")
    in_the_way = () if now.lock is None else now.lock.in_the_way
    pairs = (
        ("run", now.run),
        ("runbook", now.title),
        ("on", f"{now.environment}, {now.target}"),
        ("driver", now.driver),
        ("engine", "" if ended else "alive" if now.engine else "none; `runbook run` starts it"),
        ("state", f"{SYMBOLS[now.state]} {now.state}"),
        ("steps", f"{now.done} of {now.steps} done"),
        ("phase", now.phase),
        ("ended" if ended else "now", about),
        *(("in its way", each.words) for each in in_the_way[:IN_THE_WAY]),
        ("in its way", f"and {others} more" if (others := len(in_the_way) - IN_THE_WAY) > 0 else ""),
        *(("asks", each) for each in now.asks),
        *(("half-made", debris_words(each, run=now.run)) for each in now.half_made[:HALF_MADE]),
        ("half-made", f"and {more} more" if (more := len(now.half_made) - HALF_MADE) > 0 else ""),
        ("last record", f"{now.at:%Y-%m-%d %H:%M:%S} UTC"),
    )
    return tuple(f"{label:11}  {one_line(text)}" for label, text in pairs if text)
