"""What a step showed: checks, values, rows, signatures, output.

Rule: check · expected · actual · status, always all four.
"""

from collections.abc import Iterable
from datetime import datetime

from console.core.durations import spoken
from console.core.observations import Measured
from console.core.runbook import Step
from console.core.state import UNDER_WAY, RunState, StepState
from console.views import figures
from console.views.rows import Body, Line, Span, labelled, line, quiet, strong
from console.views.text import cells, one_line
from console.views.tones import Tone

WIDEST = 40
"""Cells of one column of shown rows at most."""


def result_body(state: RunState, step: Step, *, now: datetime) -> Body:
    """Say what a step showed, of its last attempt."""
    current = state.steps[step.id]
    at_work = current.status in UNDER_WAY
    parts: list[Body] = [
        latest_first(current) if at_work else (),
        tuple(part for each in current.checks for part in check_lines(each)),
        _facts(state, step, current, now=now),
        tuple(
            _signature(each.role, each.account, at=figures.day_and_clock(each.at, now=now), note=each.note)
            for each in current.signatures
        ),
        shown_rows(current.columns, current.rows),
        () if at_work else output_lines(current),
        notes_of(state, step.id, now=now),
    ]
    return tuple(part for body in parts for part in body) or (line(quiet("Nothing was shown yet.")),)


def output_lines(step: StepState) -> Body:
    """Return what servers and commands said."""
    return tuple(line(quiet(one_line(each, limit=1000))) for each in step.output)


def latest_first(step: StepState) -> Body:
    """Return what they said in the order in which it is seen as it comes."""
    lines = output_lines(step)
    return (line(strong("said"), quiet("  the latest first")), *reversed(lines)) if lines else ()


def check_lines(check: Measured) -> Iterable[Line]:
    """Say a check in two lines: what was asked; expected, actual and status."""
    symbol, word, tone = {
        True: ("✔", "holds", Tone.GOOD),
        False: ("✖", "does not hold", Tone.BAD),
        None: ("◆", "to be judged", Tone.WAITING),
    }[check.passed]
    yield line(Span(f"{symbol} ", tone, strong=True), one_line(check.check, limit=400))
    yield line(
        quiet("  expected "),
        one_line(check.expected),
        quiet("  actual "),
        strong(one_line(check.actual)),
        "  ",
        Span(word, tone, strong=True),
        quiet(f"  {spoken(check.seconds)}" if check.seconds else ""),
    )


def _facts(state: RunState, step: Step, current: StepState, *, now: datetime) -> Body:
    took = state.duration(step.id)
    baseline = state.baselines.get(step.id)
    ended = f", {figures.day_and_clock(current.ended_at, now=now)}" if current.ended_at else ""
    return labelled(
        (
            ("baseline", "" if baseline is None else strong(one_line(baseline))),
            ("value", strong(one_line(current.value))),
            *_waiver(current, now=now),
            ("note", one_line(current.note, limit=2000)),
            ("summary", one_line(current.summary, limit=2000)),
            ("error", Span(one_line(current.error, limit=2000), Tone.BAD)),
            ("way out", one_line(current.remedy, limit=2000)),
            ("by", f"{current.by}{ended}" if current.by else ""),
            ("took", spoken(took) if took is not None and step.driven_by == "engine" else ""),
        )
    )


def _waiver(current: StepState, *, now: datetime) -> tuple[tuple[str, str], ...]:
    waiver = current.waiver
    if waiver is None:
        return ()
    said = f": {one_line(waiver.note, limit=2000)}" if waiver.note else ""
    agreed = f"{waiver.agreed_by}{said}" if waiver.agreed_by else "nobody yet"
    at = figures.day_and_clock(waiver.at, now=now)
    return (("waiver", f"{waiver.by}, {at}: {one_line(waiver.reason, limit=2000)}"), ("agreed", agreed))


def _signature(role: str, account: str, *, at: str, note: str) -> Line:
    said = f" “{one_line(note)}”" if note else ""
    return line(Span("✔ ", Tone.GOOD, strong=True), quiet(f"{role} "), account, quiet(f", {at}{said}"))


def shown_rows(columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Body:
    """Return recorded rows as a table; a cell that is too wide ends in `…`."""
    if not columns:
        return ()
    table = [[_cut(one_line(value)) for value in row] for row in (columns, *rows)]
    widths = [max(cells(row[index]) for row in table if index < len(row)) for index in range(len(columns))]
    head, *body = [_table_row(row, widths) for row in table]
    return (line(strong(head)), *(line(each) for each in body))


def _table_row(row: list[str], widths: list[int]) -> str:
    padded = (value + " " * (width - cells(value)) for value, width in zip(row, widths, strict=False))
    return "  ".join(padded).rstrip()


def _cut(value: str) -> str:
    return value if len(value) <= WIDEST else f"{value[: WIDEST - 1]}…"


def notes_of(state: RunState, step_id: str, *, now: datetime) -> Body:
    """Return the remarks that were made about a step."""
    return tuple(
        line(quiet(f"{figures.day_and_clock(each.at, now=now)} {each.by} noted "), one_line(each.text, limit=2000))
        for each in state.notes
        if each.step == step_id
    )
