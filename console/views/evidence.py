"""What a journal proves: checks, baselines, signatures, gates, undos. Rule: nothing is judged anew."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from console.core import changed as ch
from console.core import events as e
from console.core import observations as o
from console.core.runbook import Runbook
from console.core.state import RunState
from console.views.titles import titles_of


class Check(Struct, frozen=True, kw_only=True):
    """A row of the checks: check · expected · actual · status."""

    at: datetime
    step: str
    title: str
    attempt: int
    check: str
    expected: str
    actual: str
    status: str
    """`passed`, `failed`, `to be judged`, or a person's word with their name."""
    seconds: float


class Baseline(Struct, frozen=True, kw_only=True):
    """A value that was recorded to compare with later."""

    at: datetime
    step: str
    title: str
    value: Any


class Signed(Struct, frozen=True, kw_only=True):
    """One signature."""

    at: datetime
    step: str
    title: str
    account: str
    role: str
    note: str
    holds: bool
    """False when the checkpoint was taken back afterwards, or the signature lapsed."""
    lapsed: bool = False
    """An amendment touched what it stood for."""


class Asked(Struct, frozen=True, kw_only=True):
    """A gate as it was when it was asked again."""

    at: datetime
    step: str
    title: str
    passed: bool
    actual: str


class Point(Struct, frozen=True, kw_only=True):
    """A point of no return."""

    phase: str
    title: str
    consequence: str
    restore: str
    passed_at: datetime | None
    passed_by: str
    asks: str
    """What had to be typed, in words; empty while it was not approached."""
    typed: str
    gates: tuple[Asked, ...]
    """Of the last time its dialog was opened."""


class Rollback(Struct, frozen=True, kw_only=True):
    """A phase that was taken back."""

    phase: str
    title: str
    by: str
    started: datetime
    ended: datetime | None
    """None when it was not ended."""
    steps: tuple[str, ...]
    """Titles, in the order in which they were taken back."""
    checks: tuple[tuple[str, str, str, bool], ...]
    """Of the verification: check, expected, actual, passed."""


class Sample(Struct, frozen=True, kw_only=True):
    """Rows that a step with `record: rows` kept."""

    at: datetime
    step: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


_PASSED = {True: "passed", False: "failed", None: "to be judged"}


def checks(runbook: Runbook, records: Sequence[e.Record]) -> tuple[Check, ...]:
    """Return every measurement of every attempt, with a person's word where one was needed."""
    titles = titles_of(runbook, records)
    found: list[Check] = []
    attempts: dict[str, int] = {}
    for record in records:
        match record.event:
            case e.StepStarted(step=step, attempt=attempt):
                attempts[step] = attempt
            case o.Measured(step=step) as event:
                check = Check(
                    at=record.at,
                    step=step,
                    title=titles[step],
                    attempt=attempts.get(step, 0),
                    check=event.check,
                    expected=event.expected,
                    actual=event.actual,
                    status=_PASSED[event.passed],
                    seconds=event.seconds,
                )
                found.append(check)
            case e.StepConfirmed(step=step):
                found = _judged(found, step, f"right, says {record.by}")
            case e.StepRejected(step=step):
                found = _judged(found, step, f"wrong, says {record.by}")
            case _:
                continue
    return tuple(found)


def _judged(found: list[Check], step: str, word: str) -> list[Check]:
    return [
        replace(each, status=word) if each.step == step and each.status == "to be judged" else each for each in found
    ]


def baselines(runbook: Runbook, records: Sequence[e.Record]) -> tuple[Baseline, ...]:
    """Return every baseline, in the order in which they were recorded."""
    titles = titles_of(runbook, records)
    return tuple(
        Baseline(at=record.at, step=record.event.step, title=titles[record.event.step], value=record.event.value)
        for record in records
        if isinstance(record.event, o.BaselineRecorded)
    )


def samples(runbook: Runbook, records: Sequence[e.Record]) -> tuple[Sample, ...]:
    """Return the rows that were kept on request."""
    titles = titles_of(runbook, records)
    return tuple(
        Sample(at=record.at, step=event.step, title=titles[event.step], columns=event.columns, rows=event.rows)
        for record in records
        if isinstance(event := record.event, o.Sampled)
    )


def signatures(state: RunState, records: Sequence[e.Record], *, lapsed: frozenset[datetime]) -> tuple[Signed, ...]:
    """Return every signature; those that do not hold are marked, those given at the moments `lapsed` as such."""
    titles = titles_of(state.runbook, records)
    return tuple(
        _signed(state, record, event, title=titles[event.step], lapsed=record.at in lapsed)
        for record in records
        if isinstance(event := record.event, e.SignedOff)
    )


def _signed(state: RunState, record: e.Record, event: e.SignedOff, *, title: str, lapsed: bool) -> Signed:
    now = state.steps[event.step].signatures if event.step in state.steps else ()
    holds = any((each.account, each.role, each.at) == (record.by, event.role, record.at) for each in now)
    return Signed(
        at=record.at,
        step=event.step,
        title=title,
        account=record.by,
        role=event.role,
        note=event.note,
        holds=holds,
        lapsed=lapsed and not holds,
    )


def points(state: RunState, records: Sequence[e.Record]) -> tuple[Point, ...]:
    """Return every point of no return of the runbook, passed or not."""
    return tuple(
        _point(state, phase.id, records) for phase in state.runbook.phases if phase.point_of_no_return is not None
    )


def _point(state: RunState, phase_id: str, records: Sequence[e.Record]) -> Point:
    phase = state.runbook.phase(phase_id)
    point, passed = phase.point_of_no_return, state.passed.get(phase_id)
    asks, typed, entering = "", "", False
    gates: dict[str, Asked] = {}
    for record in records:
        match record.event:
            case e.PointOfNoReturnApproached(phase=at, asks=words) if at == phase_id:
                asks, gates, entering = words, {}, False
            case ch.PhaseApproached(phase=at) if at == phase_id:
                entering = True  # what is asked from here on is not asked for the dialog
            case e.GateAsked(phase=at, step=step, passed=green, actual=actual) if at == phase_id and not entering:
                title = state.title(step)
                gates[step] = Asked(at=record.at, step=step, title=title, passed=green, actual=actual)
            case e.PointOfNoReturnPassed(phase=at, typed=words) if at == phase_id:
                typed = words
                asks = "the digest of the plan" if words == state.plan_digest else asks
            case _:
                continue
    return Point(
        phase=phase_id,
        title=phase.title,
        consequence=point.consequence if point else "",
        restore=point.restore if point else "",
        passed_at=passed.at if passed else None,
        passed_by=passed.by if passed else "",
        asks=asks,
        typed=typed,
        gates=tuple(gates.values()),
    )


def rollbacks(runbook: Runbook, records: Sequence[e.Record]) -> tuple[Rollback, ...]:
    """Return every undo; one that was gone on with after a failure counts once."""
    titles = titles_of(runbook, records)
    found: list[Rollback] = []
    for record in records:
        match record.event:
            case e.UndoStarted(phase=phase, steps=steps):
                if found and found[-1].phase == phase and found[-1].ended is None:
                    continue
                begun = Rollback(
                    phase=phase,
                    title=titles[phase],
                    by=record.by,
                    started=record.at,
                    ended=None,
                    steps=tuple(titles[step] for step in steps),
                    checks=(),
                )
                found.append(begun)
            case e.UndoVerified(checks=compared):
                found[-1:] = [replace(each, ended=record.at, checks=compared) for each in found[-1:]]
            case _:
                continue
    return tuple(found)
