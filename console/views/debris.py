"""What is half-made in the target: what it is, whose, and how it goes. Rule: what is nobody's that is known says so."""

from collections.abc import Iterable

from console.core.server_events import Debris
from console.core.state import RunState
from console.views import figures
from console.views.rows import Body, Code, Line, Span, line, quiet, strong
from console.views.text import one_line
from console.views.tones import Tone

SHOWN = 20
"""Things that are listed at most; the others are counted."""


def what(item: Debris) -> str:
    """Say what it is: `invalid index app.orders_name on app.orders`."""
    table = f" on {one_line(item.table)}" if item.table and item.table != item.name else ""
    return f"{one_line(item.kind)} {one_line(item.name)}{table}"


def whose(state: RunState, item: Debris) -> str:
    """Say whose statement made it, as far as that is known."""
    if not item.step:
        return "nobody's that is known here"
    if item.run in ("", state.started.run):
        return f"of “{one_line(state.title(item.step))}”"
    return f"of step {one_line(item.step)} of run {one_line(item.run)}"


def debris_of(state: RunState, step: str) -> tuple[Debris, ...]:
    """Return what a step of this run left half-made."""
    return tuple(each for each in state.debris if each.step == step and each.run in ("", state.started.run))


def debris_body(state: RunState, items: Iterable[Debris]) -> Body:
    """List things with whose they are and the statement that takes each away."""
    found = tuple(items)
    left = len(found) - SHOWN
    lines = tuple(part for each in found[:SHOWN] for part in _lines(state, each))
    return (*lines, line(quiet(f"and {left} more"))) if left > 0 else lines


def _lines(state: RunState, item: Debris) -> Iterable[Line | Code]:
    head = Span(what(item), Tone.WAITING)
    yield line(Span("! ", Tone.WAITING, strong=True), head, quiet(f"  {whose(state, item)}"))
    if item.remedy:
        yield Code(item.remedy)


def debris_line(state: RunState) -> Line:
    """Say in one line what is half-made, for whoever comes to a run; empty when that is nothing."""
    if not state.debris or state.ending is not None:
        return ()
    first, more = state.debris[0], len(state.debris) - 1
    others = f"  and {figures.things(more, 'other')}: " if more else ""
    way = quiet(f" → {one_line(first.remedy)}") if first.remedy else quiet("")
    see = (quiet(others), strong("runbook status"), quiet(" lists them")) if more else ()
    head = strong("! half-made in the target: ", Tone.WAITING)
    return line(head, Span(what(first), Tone.WAITING), quiet(f", {whose(state, first)}"), way, *see)


def debris_words(item: Debris, *, run: str) -> str:
    """Say one thing in one line, for a status of that run."""
    here = item.run in ("", run)
    owner = f"of step {item.step}" + ("" if here else f" of run {item.run}") if item.step else "nobody's that is known"
    return f"{what(item)}, {owner}" + (f"; {one_line(item.remedy)}" if item.remedy else "")
