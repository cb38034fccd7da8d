"""The foot of the screen: keys, the reason why the selection is locked, an engine that is gone.

Rule: nothing is silent.
"""

from collections.abc import Iterable
from datetime import datetime

from console.core.durations import spoken
from console.core.state import RunState
from console.views import figures
from console.views.checklist import mark_of
from console.views.keys import AGREE, WAITING_AMENDMENT, Action, Desk, Key
from console.views.nextup import next_up
from console.views.rows import Line, Row, Span, line, quiet, strong
from console.views.selection import step_of
from console.views.text import one_line
from console.views.tones import LOCKED, READY, Mark, Tone
from console.views.undo_price import undo_lines

_SHOWN = (
    Action.GO,
    Action.CONFIRM,
    Action.SIGN,
    Action.NOTE,
    Action.PAUSE,
    Action.CANCEL,
    Action.UNDO,
    Action.ABORT,
    Action.FINISH,
    Action.WAIVE,
    Action.AMEND,
    Action.NOT_APPLICABLE,
)


def key_row(keys: Iterable[Key]) -> Row:
    """Return the foot: each key with what it does, first what people wait for; those that do nothing are not strong."""
    by_action = {each.action: each for each in keys}
    asked = [each.action for each in by_action.values() if each.enabled and _waited_for(each)]
    order = dict.fromkeys((_SHOWN[0], *asked, *_SHOWN))
    shown = [_of(by_action[action]) for action in order if action in by_action]
    wordings = [tuple(span for each in shown[:length] for span in each) for length in range(len(shown), 0, -1)]
    always = (*_key("?", "help"), *_key("q", "quit"))
    return Row(key="keys", left=wordings[0], shorter=tuple(wordings[1:]), right=(always,))


def _waited_for(key: Key) -> bool:
    """Tell whether somebody, or a step, waits for what a key does."""
    return key.action is Action.END_SESSION or key.label in (AGREE, WAITING_AMENDMENT)


def _of(key: Key) -> Line:
    if key.enabled:
        return _key(key.key, key.label)
    return (quiet(f"{key.key} {key.label}"), quiet("  "))


def _key(key: str, label: str) -> Line:
    return (Span(key, Tone.RUNNING, strong=True), Span(f" {label}"), quiet("  "))


def next_row(state: RunState, *, now: datetime, desk: Desk) -> Row:
    """Return the line that says what is next, and what going back would cost."""
    found = next_up(state, now=now, desk=desk)
    left = (strong("next  ", Tone.RUNNING), *found.words)
    return Row(key="next", left=left, end=found.way, right=(*undo_lines(state, now=now), ()))


def lost_row(since: datetime, *, now: datetime) -> Row:
    """Return the line that says that no engine answers."""
    gone = spoken((now - since).total_seconds())
    words = Span(f"✖ no engine answers since {figures.clock_seconds(since)} ({gone})", Tone.BAD, strong=True)
    again = line(quiet(" — "), strong("r"), quiet(" starts it again"))
    return Row(key="lost", left=line(words, quiet(" — nothing is lost")), end=again)


def selected_mark(state: RunState, selected: str, now: datetime) -> Mark:
    """Return the mark of the selected step; a point of no return that is not open is locked."""
    step = step_of(selected)
    return mark_of(state, step, now) if step else LOCKED


def why_line(key: Key, mark: Mark) -> Line:
    """Say why enter does nothing for the selection; empty when it does something."""
    if not key.reason:
        return ()
    mark = LOCKED if mark is READY else mark
    way = quiet(f" → {one_line(key.remedy)}" if key.remedy else "")
    return line(Span(f"{mark.symbol} ", mark.tone, strong=True), one_line(key.reason), way)


def refusal_line(reason: str, remedy: str) -> Line:
    """Say why something was not done, and the way out."""
    way = quiet(f" → {one_line(remedy, limit=1000)}") if remedy else quiet("")
    return line(Span("⊘ ", Tone.WAITING, strong=True), one_line(reason, limit=1000), way)
