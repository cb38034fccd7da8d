"""What is seen of a step from outside: whom it waits for, how far the server is, what it said, what it left.

Rule: a step that waits is never shown as one that works.
"""

from datetime import datetime

from console.core.runbook import Step
from console.core.state import UNDER_WAY, RunState, StepState
from console.views.debris import debris_body, debris_of
from console.views.locks import awaited, tree_body, waited_body
from console.views.previews import lock_body
from console.views.rows import Body, line, quiet, strong
from console.views.server_progress import server_body
from console.views.text import one_line
from console.views.tones import Tone

LATEST = 3
"""Lines of what a step under way said that are shown beside where it stands."""


def under_way_body(step: StepState, *, now: datetime) -> Body:
    """Say what a step under way waits for, or how far the server says it is; then what it said last."""
    if step.status not in UNDER_WAY:
        return ()
    lock = awaited(step)
    seen = tree_body(step, lock, now=now) if lock is not None else server_body(step)
    return (*seen, *(line(quiet("said  "), quiet(one_line(each))) for each in step.output[-LATEST:]))


def locks_body(state: RunState, step: Step, *, now: datetime) -> Body:
    """Say who waits for whom, or did; then what the statements of a step lock."""
    current = state.steps[step.id]
    static = lock_body(state, step)
    if current.lock is None:
        return static
    lock = awaited(current)
    tree = tree_body(current, lock, now=now) if lock is not None else waited_body(current, current.lock)
    return (*tree, line(), *static)


def left_half_made(state: RunState, step: Step) -> Body:
    """Say what a step left half-made in the target."""
    items = debris_of(state, step.id)
    if not items:
        return ()
    return (line(strong("left half-made in the target", Tone.WAITING)), *debris_body(state, items))
