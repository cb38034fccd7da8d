"""The fold: every event means something in every state, and what cannot be true is ignored or named."""

from datetime import timedelta
from typing import Any

import pytest

from console.core import events as e
from console.core import observations as o
from console.core.commands import StartStep
from console.core.errors import JournalError
from console.core.evolve import evolve, fold
from console.core.identity import Identity
from console.core.server_events import Debris
from console.core.state import RunState, Status
from tests.core.build import DRIVER, EVENING, Story, opening, phase, runbook, step
from tests.core.conditions import CONDITIONS
from tests.core.worlds import WAYS, world

WORDS: dict[str, Any] = {
    "pid": 1,
    "name": "replica",
    "identity": Identity(engine="postgresql", version="16.3", name="app", label="db2:5432/app"),
    "host": "h",
    "epoch": 9,
    "reason": "because",
    "driver": "eve",
    "attempt": 9,
    "error": "no",
    "happened": "partly",
    "evidence": "seen",
    "role": "dba",
    "passed": True,
    "actual": "7",
    "asks": "the name",
    "fact": "app.db",
    "typed": "app.db",
    "text": "pager quiet",
    "records": 7,
    "question": "right?",
    "done": 1,
    "index": 1,
    "of": 1,
    "rows": 1,
    "seconds": 0.5,
    "check": "rows",
    "expected": "7",
    "columns": ("a",),
    "value": 7,
    "until": EVENING,
    "checks": (("schema", "a", "b", False),),
    "then": StartStep(step="work"),
    "asked_by": "eve",
    "source": "",
    "source_name": "tested.yaml",
    "source_digest": "new",
    "plan_digest": "new",
    "roles": ("dba",),
    "since": "2026-03-01 21:00:00+00",
    "how": "cancel",
    "whose": "alice (psql)",
    "words": "its statement was cancelled",
    "items": (Debris(kind="invalid index", name="t_x", table="t", remedy="DROP INDEX t_x"),),
    "tries": 1,
    "doing": "CREATE INDEX: building index",
    "runbook": runbook(phase("contract", step("drop", title="Another"), step("added"))),
}


def example(kind: type[o.Event], *, step_id: str, phase_id: str) -> Any:
    """Return an event of a type that names that step and that phase."""
    if kind is e.RunStarted:
        return opening(runbook())
    names = {"step": step_id, "phase": phase_id, "steps": (step_id,), "gates": (step_id,)}
    words = {**WORDS, "rows": (("1",),)} if kind is o.Sampled else WORDS
    needed = [field for field in kind.__struct_fields__ if field in names or field in words]
    return kind(**{field: {**words, **names}[field] for field in needed})


def apply(state: RunState, event: e.AnyEvent) -> RunState:
    return evolve(state, e.Record(seq=state.seq + 1, at=state.at + timedelta(seconds=1), by=DRIVER, event=event))


every_event = pytest.mark.parametrize("kind", e.EVENT_TYPES, ids=lambda kind: kind.__name__)


@every_event
def test_every_event_leads_from_every_condition_to_a_state(kind: type[o.Event]) -> None:
    for tell, _, _ in CONDITIONS.values():
        before = tell().state
        for name, place in (("work", "expand"), ("drop", "contract"), ("sign", "expand"), ("first", "expand")):
            after = apply(before, example(kind, step_id=name, phase_id=place))
            assert (after.seq, after.at) == (before.seq + 1, before.at + timedelta(seconds=1))


@every_event
@pytest.mark.parametrize("status", Status)
def test_every_event_leads_from_every_status_to_a_state(status: Status, kind: type[o.Event]) -> None:
    before = world("engine", status).state
    copy = evolve(before, e.Record(seq=before.seq, at=before.at, by="", event=e.Noted(text="")))
    after = apply(before, example(kind, step_id="work", phase_id="expand"))
    assert after.steps["work"].status in Status
    assert before.steps == copy.steps, "a state is never changed in place"


def naming(field: str) -> list[type[o.Event]]:
    return [kind for kind in e.EVENT_TYPES if field in kind.__struct_fields__]


@pytest.mark.parametrize("name", ["nowhere", ""])
@pytest.mark.parametrize("field", ["step", "phase", "steps", "gates"])
def test_a_record_that_names_what_the_runbook_has_not_is_told_with_its_number(field: str, name: str) -> None:
    before = world("engine", Status.RUNNING).state
    named = naming(field)
    assert named
    for kind in named:
        if kind is e.Noted and not name:
            continue
        names = {"step": "work", "phase": "expand"} | {"step" if field in ("steps", "gates") else field: name}
        event = example(kind, step_id=names["step"], phase_id=names["phase"])
        with pytest.raises(JournalError, match=f"record {before.seq + 1} names (step|phase) '{name}'"):
            apply(before, event)


def test_a_journal_begins_with_the_runbook() -> None:
    with pytest.raises(JournalError, match="does not begin with RunStarted"):
        evolve(None, e.Record(seq=1, at=EVENING, by=DRIVER, event=e.Unpaused()))
    assert fold([]) is None


def test_folding_on_is_the_same_as_folding_anew() -> None:
    for tell, _, _ in CONDITIONS.values():
        story = tell()
        for cut in range(len(story.records)):
            assert fold(story.records[cut:], fold(story.records[:cut])) == story.state


OUTCOMES = (
    e.StepSucceeded(step="work"),
    e.StepFailed(step="work", error="no"),
    e.StepCancelled(step="work"),
    e.StepInterrupted(step="work", reason="held"),
    e.StepLost(step="work", error="gone"),
)
SETTLED = tuple(e.StepSettled(step="work", happened=word, evidence="") for word in ("yes", "no", "partly", "unknown"))
AWAITING = {Status.RUNNING, Status.CANCELLING}


@pytest.mark.parametrize("status", WAYS["engine"])
@pytest.mark.parametrize("event", OUTCOMES, ids=lambda event: type(event).__name__)
def test_an_outcome_counts_only_while_one_is_awaited(status: Status, event: e.AnyEvent) -> None:
    before = world("engine", status).state
    after = apply(before, event).steps["work"]
    judged = status is Status.JUDGING and not isinstance(event, e.StepSucceeded)
    assert (after != before.steps["work"]) == (status in AWAITING or judged)


@pytest.mark.parametrize("status", WAYS["engine"])
@pytest.mark.parametrize("event", SETTLED, ids=lambda event: event.happened)
def test_settling_changes_only_what_is_in_doubt(status: Status, event: e.AnyEvent) -> None:
    before = world("engine", status).state
    assert (apply(before, event).steps["work"] != before.steps["work"]) == (status is Status.IN_DOUBT)


def test_a_persons_word_stands_when_the_engine_settles_after_it() -> None:
    story = world("engine", Status.JUDGING)
    story.tell(e.StepRejected(step="work", reason="three rows are wrong"), by=DRIVER)
    story.tell(e.StepSucceeded(step="work", summary="looked at"))
    assert (story.status("work"), story.at("work").error) == (Status.FAILED, "three rows are wrong")


def test_a_cancel_asked_for_too_late_changes_nothing() -> None:
    story = world("engine", Status.DONE)
    story.tell(e.StepCancelRequested(step="work"))
    assert story.status("work") is Status.DONE


def test_a_new_engine_puts_what_was_under_way_into_doubt_and_closes_the_dialog() -> None:
    for status in (Status.RUNNING, Status.CANCELLING):
        story = world("engine", status)
        story.crash()
        assert story.status("work") is Status.IN_DOUBT
    story = CONDITIONS["its dialog is open"][0]()
    story.crash()
    assert story.state.approach is None


def test_an_engine_that_stops_in_good_order_leaves_nothing_in_doubt() -> None:
    story = world("engine", Status.INTERRUPTED)
    story.tell(e.EngineStopped(reason="asked"))
    story.crash()
    assert story.status("work") is Status.INTERRUPTED


def test_only_the_last_lines_of_output_are_kept() -> None:
    story = world("engine", Status.RUNNING)
    for number in range(250):
        story.tell(o.Noticed(step="work", text=str(number)))
    assert story.at("work").output == tuple(map(str, range(50, 250)))


def test_what_is_held_goes_on_with_its_progress_and_the_end_of_its_wait() -> None:
    story = Story(phase("one", step("fill")))
    story.do(StartStep(step="fill"))
    story.tell(o.Progressed(step="fill", done=7))
    story.tell(o.WaitBegan(step="fill", until=EVENING))
    story.tell(e.StepInterrupted(step="fill", reason="held"))
    story.do(StartStep(step="fill"))
    now = story.at("fill")
    assert (now.attempt, now.progress, now.until) == (2, o.Progressed(step="fill", done=7), EVENING)
    story.tell(e.StepFailed(step="fill", error="no"))
    story.do(StartStep(step="fill"))
    assert (story.at("fill").attempt, story.at("fill").progress, story.at("fill").until) == (3, None, None)
