"""The two lines on top: which run, where, whose, until when.

Rule: production is told by a word and a tone, never by a colour alone.
"""

from datetime import datetime, timedelta

from console.core.durations import seconds, spoken
from console.core.runbook import LONGEST, SPELT
from console.core.state import RunState
from console.views import figures
from console.views.phases import current_phase
from console.views.rows import Line, Row, Span, line, quiet, strong
from console.views.tones import Tone

PRODUCTION = "production"


def is_production(state: RunState) -> bool:
    """Tell whether this run works on production."""
    return state.started.environment == PRODUCTION


def title_row(state: RunState) -> Row:
    """Return the first line: which runbook, in which environment, on which database."""
    target, environment = state.target, state.started.environment
    where = (
        Span(environment.upper(), Tone.DANGER, strong=True)
        if is_production(state)
        else strong(environment, Tone.RUNNING)
    )
    server = f"{SPELT.get(target.engine, target.engine)} {target.version}"
    return Row(
        key="title",
        left=line(strong(state.runbook.runbook), *_amended(state), "  ", quiet(state.runbook.title)),
        right=(
            line(where, "  ", target.label or target.name, "  ", quiet(server)),
            line(where, "  ", target.name, "  ", quiet(server)),
            line(where, "  ", target.name),
        ),
    )


def _amended(state: RunState) -> Line:
    times = len(state.amendments)
    return (Span(f"  amended {figures.things(times, 'time')}", Tone.WAITING),) if times else ()


def stand_row(state: RunState, *, account: str, mode: str, now: datetime) -> Row:
    """Return the second line: who drives, how long the window lasts, how far the run is."""
    left = line(quiet("driver "), state.driver, *_you(state, account), *_window(state, now), *_held(state, now))
    right = line(
        quiet(f"{mode}  " if mode else ""), quiet(_where(state)), "  ", figures.clock_seconds(now), quiet(" UTC")
    )
    short = line(quiet(f"{mode}  " if mode else ""), figures.clock_seconds(now), quiet(" UTC"))
    shortest = line(quiet(mode)) if mode else line(figures.clock(now))
    return Row(key="stand", left=left, right=(right, short, shortest))


def _you(state: RunState, account: str) -> Line:
    return () if account in ("", state.driver) else (quiet("  you "), Span(account))


def _window(state: RunState, now: datetime) -> Line:
    written = state.runbook.window
    if written is None:
        since = (now - state.started_at).total_seconds()
        longest = seconds(LONGEST[state.runbook.risk])
        tone = Tone.WAITING if since > longest and state.ending is None else Tone.NEUTRAL
        return (quiet("  started "), Span(figures.day_and_clock(state.started_at, now=now)), *_age(since, tone))
    end = state.started_at + timedelta(seconds=seconds(written))
    left = figures.until(end, now)
    span = f"{figures.clock(state.started_at)}–{figures.day_and_clock(end, now=now)}"
    if not left:
        return (
            quiet("  window "),
            Span(span),
            Span("  over since ", Tone.BAD),
            Span(_late(end, now), Tone.BAD, strong=True),
        )
    return (quiet("  window "), Span(span), quiet("  left "), Span(spoken(left), strong=True))


def _age(since: float, tone: Tone) -> Line:
    return (quiet(", "), Span(f"{spoken(since)} ago", tone))


def _late(end: datetime, now: datetime) -> str:
    return spoken((now - end).total_seconds())


def _held(state: RunState, now: datetime) -> Line:
    if state.ending is not None:
        word = "FINISHED" if state.ending.finished else "ABORTED"
        tone = Tone.GOOD if state.ending.finished else Tone.BAD
        return (Span("  "), Span(f"{word} {figures.day_and_clock(state.ending.at, now=now)}", tone, strong=True))
    if state.paused is not None:
        since = spoken((now - state.paused.at).total_seconds())
        return (Span("  "), Span(f"PAUSED by {state.paused.by}, {since}", Tone.WAITING, strong=True))
    if state.entering is not None:
        return (Span("  "), Span("ASKING CHECKS AGAIN", Tone.RUNNING, strong=True))
    return ()


def _where(state: RunState) -> str:
    phase = current_phase(state)
    number = state.runbook.phase_index(phase.id) + 1 if phase else len(state.runbook.phases)
    return f"phase {number} of {len(state.runbook.phases)}"
