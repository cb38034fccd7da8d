"""The end of a run as a page: durations, checks, deviations, what is still due. Rule: figures come from `summary`."""

from collections.abc import Sequence
from datetime import datetime

from console.core.durations import spoken
from console.core.events import Record
from console.core.state import RunState
from console.views import figures
from console.views.debris import debris_body
from console.views.deviations import Deviation
from console.views.rows import Body, Line, Span, labelled, line, quiet, strong
from console.views.summary import Due, PhaseLine, Summary, summary
from console.views.text import cells, one_line
from console.views.tones import Tone

TITLES = 30
"""Cells of a phase's title in the table of durations at most."""


def lookback_body(state: RunState, records: Sequence[Record], *, now: datetime) -> Body:
    """Return the page about a run; `state` is the fold of `records`."""
    found = summary(state, records)
    return (
        _outcome(found, now=now),
        line(),
        *_figures(found),
        line(),
        *_durations(found),
        *_deviations(found.deviations, now=now),
        *_half_made(state),
        *_due(found.follow_ups),
    )


def _outcome(found: Summary, *, now: datetime) -> Line:
    at = figures.day_and_clock(found.outcome.at, now=now)
    text = quiet(f": {one_line(found.outcome.text)}" if found.outcome.text else "")
    if found.outcome.word == "open":
        words = (
            "Everything is done; the run is open until it is finished." if not found.steps_left else "The run is open."
        )
        return line(strong(words, Tone.WAITING))
    symbol, tone = ("✔", Tone.GOOD) if found.outcome.word == "finished" else ("✖", Tone.BAD)
    return line(strong(f"{symbol} {found.outcome.word.capitalize()} by {found.outcome.by}, {at}", tone), text)


def _figures(found: Summary) -> Body:
    left = f", {found.steps_left} left" if found.steps_left else ""
    skipped = f", {found.steps_not_applicable} not applicable" if found.steps_not_applicable else ""
    skipped += f", {found.steps_waived} waived" if found.steps_waived else ""
    estimated = f"  (estimated {spoken(found.estimated)})" if found.estimated is not None else ""
    failed = f", {found.checks_failed} failed" if found.checks_failed else ""
    return labelled(
        (
            ("took", f"{spoken(found.actual)}{estimated}"),
            ("steps", f"{found.steps_done} done{skipped}{left}"),
            ("checks", f"{found.checks_passed} held{failed}"),
        )
    )


def _durations(found: Summary) -> Body:
    width = min(max((cells(one_line(each.title)) for each in found.phases), default=0), TITLES)
    head = line(quiet(f"{'phase':{width}}  {'took':>12}  {'estimated':>12}"))
    return (head, *(_duration(each, width) for each in found.phases))


def _duration(phase: PhaseLine, width: int) -> Line:
    title = one_line(phase.title, limit=TITLES)
    padded = title + " " * (width - cells(title))
    took = spoken(phase.actual) if phase.actual is not None else "–"
    estimated = spoken(phase.estimated) if phase.estimated is not None else "–"
    late = phase.actual is not None and phase.estimated is not None and phase.actual > phase.estimated
    over = Span("  longer than estimated", Tone.WAITING) if late else quiet("")
    return line(padded, Span(f"  {took:>12}"), quiet(f"  {estimated:>12}"), over)


def _deviations(found: Sequence[Deviation], *, now: datetime) -> Body:
    if not found:
        return (line(), line(Span("✔ ", Tone.GOOD, strong=True), "Nothing deviated from the runbook."))
    head = line(strong(figures.things(len(found), "deviation"), Tone.WAITING))
    return (line(), head, *(_deviation(each, now=now) for each in found))


def _deviation(each: Deviation, *, now: datetime) -> Line:
    title = f"{one_line(each.title)} " if each.title else ""
    at = quiet(f"{figures.day_and_clock(each.at, now=now)}  ")
    return line(at, title, Span(each.what, Tone.WAITING), quiet(f": {one_line(each.text)}" if each.text else ""))


def _half_made(state: RunState) -> Body:
    if not state.debris:
        return ()
    return (line(), line(strong("Half-made in the target", Tone.WAITING)), *debris_body(state, state.debris))


def _due(found: Sequence[Due]) -> Body:
    if not found:
        return ()
    return (line(), line(strong("Still due")), *(_follow_up(each) for each in found))


def _follow_up(each: Due) -> Line:
    when = f"  by {each.on:%d %b %Y %H:%M}" if each.on else f"  {each.due} after the end" if each.due else ""
    return line("○ ", one_line(each.what), quiet(when))
