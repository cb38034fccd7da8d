"""What goes on when a screen goes. Rule: nobody has to guess what happens to a backfill."""

from console.core.state import RunState
from console.views.pending import asking_words
from console.views.rows import Body, Span, line, quiet, strong
from console.views.text import one_line
from console.views.tones import Tone


def leaving_body(state: RunState) -> Body:
    """Say what the engine would do without a screen, and how to come back."""
    busy = state.under_way()
    at_it = (
        line(Span("► ", Tone.RUNNING, strong=True), strong(one_line(state.step(busy).title)), " is under way.")
        if busy
        else line(Span("▻ ", Tone.RUNNING, strong=True), asking_words(state, state.entering), ".")
        if state.entering is not None
        else line("Nothing is under way.")
    )
    return (
        at_it,
        line(),
        line(Span("l  ", Tone.RUNNING, strong=True), "The engine ends what it is at, then waits for a person."),
        line(
            Span("s  ", Tone.RUNNING, strong=True),
            "The engine holds at the next safe boundary and ends. The run stays open.",
        ),
        line(),
        line(quiet("Either way nothing is lost: "), strong("runbook run"), quiet(" attaches again and goes on.")),
    )
