"""What a step will do and what it locks, asked of its kind.

Rule: a journal with a kind that is unknown here can still be looked at.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from console.core.errors import RunbookConsoleError
from console.core.ports import Facts, Preview
from console.core.runbook import MAIN, Step
from console.core.state import RunState
from console.statements import Effects, Statement, effects, split
from console.steps import kind_of
from console.views.rows import Body, Code, Line, Span, labelled, line, quiet, strong
from console.views.text import one_line
from console.views.tones import Tone


def facts_of(state: RunState, step_id: str) -> Facts:
    """Return what a step may know of its run."""
    return Facts(
        engine=state.runbook.engine,
        version=state.target.version,
        environment=state.started.environment,
        baselines=state.baselines,
        statements=state.runbook.statements,
        until=state.steps[step_id].until,
    )


def preview_of(state: RunState, step: Step) -> Preview:
    """Return what a step will do, in words and SQL."""
    try:
        found = kind_of(step).preview(step, facts_of(state, step.id))
        return found if step.on == MAIN else replace(found, words=f"Read on {step.on}. {found.words}")
    except (RunbookConsoleError, KeyError, ValueError) as error:
        return Preview(words=f"This program cannot say what a step of the kind {step.kind!r} does: {error}")


def no_sql(step: Step) -> str:
    """Say what a step without SQL of its own does: a subject is asked with SQL all the same."""
    if step.kind in ("check", "baseline"):
        return "It only reads: the console writes the queries for it when it runs, and a large table takes them long."
    if step.kind == "shell":
        return "It runs a program: what that locks, the console cannot know."
    return "This step runs no SQL, so that it locks nothing."


def lock_body(state: RunState, step: Step) -> Body:
    """Say of each statement of a step what it locks and how much work it is."""
    sql = preview_of(state, step).sql
    if not sql:
        return (line(quiet(no_sql(step))),)
    try:
        statements = split(sql, engine=state.runbook.engine)
        found = [(each, effects(each, engine=state.runbook.engine)) for each in statements]
    except RunbookConsoleError as error:
        return (line(Span(f"What it locks is not known: {error}", Tone.WAITING)),)
    return tuple(row for statement, effect in found for row in _effect(statement, effect))


def _effect(statement: Statement, effect: Effects) -> Iterable[Line | Code]:
    transaction = "inside a transaction" if effect.transactional else "outside of a transaction: it commits by itself"
    yield line(strong(one_line(statement.text, limit=400)))
    work = f"{'' if effect.certain else 'at worst '}{_WORK[effect.work]}, {transaction}"
    yield from labelled((("lock", effect.lock), ("work", work), ("so", effect.words)))


_WORK = {
    "none": "the same for any number of rows",
    "rows": "the rows that it names",
    "scan": "reads the whole table",
    "build": "builds an index",
    "rewrite": "rewrites the whole table",
}
