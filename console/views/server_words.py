"""What servers did, and what was done to their sessions, in people's words. Rule: a chapter of `timeline_words`."""

from collections.abc import Mapping
from typing import assert_never

from console.core import observations as o
from console.core import server_events as s
from console.core.durations import spoken
from console.views import figures
from console.views.debris import what
from console.views.locks import holder, tries
from console.views.rows import Line, Span, line, quiet
from console.views.server_progress import amount, share
from console.views.text import one_line
from console.views.tones import Tone

NAMED = 3
"""Half-made things that one line names."""

DONE = {"cancel": "to stop the statement of", "terminate": "to end the session of"}
"""What is asked of a server, before the process that it is about."""


def awaited_words(event: o.LockAwaited, title: str) -> Line:
    """Say that a step waits, or gave way."""
    if event.again_in is None:
        return line(Span(f"{title} waits for {holder(event)}", Tone.WAITING), quiet(f"; {tries(event)}"))
    return line(Span(f"{title} gave way: {holder(event)}", Tone.WAITING), quiet(f"; {tries(event)}"))


def seen_words(event: o.ServerProgressed, title: str) -> Line:
    """Say what the server is at."""
    way = share(event)
    counted = amount(event.done, event.unit) if event.done is not None else ""
    done = figures.percent(way) if way is not None else counted
    waits = f"waits for {one_line(event.waits_for)}" if event.waits_for else ""
    grown = f"grown {figures.size(event.grown)}" if event.grown is not None else ""
    parts = (one_line(event.doing), done, spoken(event.seconds), waits, grown)
    return line(quiet(f"{title}: {', '.join(each for each in parts if each)}"))


def server_event_words(event: s.ServerEvent, titles: Mapping[str, str]) -> Line:
    """Say what was found on a server, or done to a session of it."""
    match event:
        case s.DatabaseFound(name=name, identity=identity):
            return line(quiet(f"{one_line(name)} is {one_line(identity.label)}, {one_line(identity.version)}"))
        case s.SessionEndAsked(step=step, pid=pid, how=how, whose=whose, reason=reason):
            asked = f"asked the server {DONE[how]} {pid}" + (f", {one_line(whose)}" if whose else "")
            why = f": {one_line(reason)}" if reason else ""
            return line(Span(asked, Tone.WAITING), quiet(f", in the way of {_title(titles, step)}{why}"))
        case s.SessionEnded(step=step, pid=pid, words=words, done=done):
            said = Span(f"process {pid}: {one_line(words)}", Tone.GOOD if done else Tone.BAD)
            return line(said, quiet(f", for {_title(titles, step)}"))
        case s.DebrisFound(items=items):
            return _found(items)
        case _:
            assert_never(event)


def _title(titles: Mapping[str, str], name: str) -> str:
    return one_line(titles[name])


def _found(items: tuple[s.Debris, ...]) -> Line:
    if not items:
        return line(Span("nothing half-made is left in the target", Tone.GOOD))
    more = f" and {figures.things(len(items) - NAMED, 'other')}" if len(items) > NAMED else ""
    named = ", ".join(what(each) for each in items[:NAMED])
    return line(Span("half-made in the target", Tone.WAITING), quiet(f": {named}{more}"))
