"""A run in figures: its end, how long it took, what is due. Rule: the last screen and the report share it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from console.core import events as e
from console.core.durations import seconds
from console.core.observations import Measured, StepPutToPerson
from console.core.runbook import FollowUp, Phase, Step
from console.core.state import SETTLED_GOOD, RunState, Status
from console.views.deviations import Deviation, deviations
from console.views.tones import MARKS, UNDONE


class Outcome(Struct, frozen=True, kw_only=True):
    """How the run ended; `open` when it did not."""

    word: Literal["finished", "aborted", "open"]
    at: datetime
    """Of its end, or of its last record while it is open."""
    by: str
    text: str


class StepLine(Struct, frozen=True, kw_only=True):
    """One step: where it stands and how long it took."""

    id: str
    title: str
    status: str
    by: str
    at: datetime | None
    """When it ended."""
    estimated: float | None
    """Seconds; None when nobody estimated it."""
    actual: float | None
    """Seconds under way, over all attempts; None for what no engine does."""
    attempts: int
    """To run it; to take it back not counted."""
    said: str
    """What was seen, what it came to, or why it failed."""


class PhaseLine(Struct, frozen=True, kw_only=True):
    """One phase: how long it took, from its first step's start to its completion."""

    id: str
    title: str
    goal: str
    entered: datetime | None
    completed: datetime | None
    estimated: float | None
    """Seconds: the phase's own estimate, or what those of its steps add up to."""
    actual: float | None
    steps: tuple[StepLine, ...]


class Due(Struct, frozen=True, kw_only=True):
    """Something that is still to be done after the run."""

    what: str
    due: str
    """The duration as the runbook has it; empty when it has none."""
    on: datetime | None
    """None while the run has no end to count from."""


class Spent(Struct, frozen=True, kw_only=True):
    """How often and how long the engine was at a step."""

    times: int
    seconds: float


class Summary(Struct, frozen=True, kw_only=True):
    """A run in figures."""

    outcome: Outcome
    started: datetime
    estimated: float | None
    """Seconds, as far as anything was estimated."""
    actual: float
    """Seconds from the first record to the end."""
    phases: tuple[PhaseLine, ...]
    steps_done: int
    steps_not_applicable: int
    steps_waived: int
    steps_left: int
    checks_passed: int
    checks_failed: int
    """Over all attempts."""
    deviations: tuple[Deviation, ...]
    follow_ups: tuple[Due, ...]


def summary(state: RunState, records: Sequence[e.Record]) -> Summary:
    """Sum a run up; `state` is the fold of `records`."""
    took = spent(records)
    phases = tuple(_phase(state, phase, took) for phase in state.runbook.phases)
    outcome = _outcome(state)
    statuses = [now.status for now in state.steps.values()]
    measured = [record.event.passed for record in records if isinstance(record.event, Measured)]
    return Summary(
        outcome=outcome,
        started=state.started_at,
        estimated=_total([phase.estimated for phase in phases]),
        actual=(outcome.at - state.started_at).total_seconds(),
        phases=phases,
        steps_done=statuses.count(Status.DONE),
        steps_not_applicable=statuses.count(Status.NOT_APPLICABLE),
        steps_waived=statuses.count(Status.WAIVED),
        steps_left=sum(status not in SETTLED_GOOD for status in statuses),
        checks_passed=measured.count(True),
        checks_failed=measured.count(False),
        deviations=deviations(state.runbook, records),
        follow_ups=tuple(_due(each, state) for each in state.runbook.follow_ups),
    )


def _outcome(state: RunState) -> Outcome:
    if state.ending is None:
        return Outcome(word="open", at=state.at, by=state.driver, text="")
    word: Literal["finished", "aborted"] = "finished" if state.ending.finished else "aborted"
    return Outcome(word=word, at=state.ending.at, by=state.ending.by, text=state.ending.text)


def _due(follow_up: FollowUp, state: RunState) -> Due:
    on = None
    if state.ending is not None and follow_up.due:
        on = state.ending.at + timedelta(seconds=seconds(follow_up.due))
    return Due(what=follow_up.what, due=follow_up.due or "", on=on)


def _phase(state: RunState, phase: Phase, took: Mapping[str, Spent]) -> PhaseLine:
    steps = tuple(_step(state, step, took.get(step.id, Spent(times=0, seconds=0.0))) for step in phase.steps)
    entry, completed = state.entries.get(phase.id), state.completed_at.get(phase.id)
    return PhaseLine(
        id=phase.id,
        title=phase.title,
        goal=phase.goal,
        entered=entry.at if entry else None,
        completed=completed,
        estimated=seconds(phase.estimate) if phase.estimate else _total([step.estimated for step in steps]),
        actual=(completed - entry.at).total_seconds() if completed and entry else None,
        steps=steps,
    )


def _step(state: RunState, step: Step, took: Spent) -> StepLine:
    now = state.steps[step.id]
    taken_back = now.undone and now.status is Status.PENDING
    return StepLine(
        id=step.id,
        title=step.title,
        status=(UNDONE if taken_back else MARKS[now.status]).word,
        by=now.by,
        at=now.ended_at,
        estimated=seconds(step.estimate) if step.estimate else None,
        actual=took.seconds if took.times else None,
        attempts=took.times,
        said=" · ".join(part for part in (now.value, now.note) if part) or now.error or now.summary,
    )


def _total(parts: Sequence[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return sum(known) if known else None


_ENDS = (
    e.StepSucceeded | e.StepFailed | e.StepCancelled | e.StepInterrupted | e.StepLost | e.StepSettled | StepPutToPerson
)


def spent(records: Sequence[e.Record]) -> dict[str, Spent]:
    """Return how often and how long the engine was at each step, without taking it back.

    When an engine died at a step, its time counts up to the last record that it wrote.
    """
    found: dict[str, Spent] = {}
    under_way: tuple[str, datetime] | None = None
    last: datetime | None = None
    for record in records:
        event = record.event
        if isinstance(event, e.StepStarted) and event.action == "run":
            before = found.get(event.step, Spent(times=0, seconds=0.0))
            found[event.step] = replace(before, times=before.times + 1)
            under_way = (event.step, record.at)
        elif under_way is not None and isinstance(event, _ENDS | e.EngineStarted):
            step, since = under_way
            until = last if isinstance(event, e.EngineStarted) and last else record.at
            seconds_more = (until - since).total_seconds()
            found[step] = replace(found[step], seconds=found[step].seconds + seconds_more)
            under_way = None
        last = record.at
    return found
