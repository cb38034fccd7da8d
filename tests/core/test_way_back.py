"""Undo: in reverse, to its end, with nothing running forward meanwhile."""

import pytest

from console.core import commands as c
from console.core import events as e
from console.core import observations as o
from console.core.state import Status
from tests.core.build import DRIVER, SECOND, Story, phase, point, step
from tests.core.legal import wrong

UNDO = c.UndoPhase(phase="expand", typed="expand")


def expanded() -> Story:
    """Tell of a phase in which all kinds of steps were done."""
    told = Story(
        phase(
            "expand",
            step("add", undo="DROP COLUMN"),
            step("count"),
            step("tell", "person", undo="tell them again"),
            step("look", "person"),
            step("sign", "signatures"),
        ),
        phase("enforce", step("constrain", undo="back")),
    )
    told.run("add")
    told.do(c.StartStep(step="count"))
    told.tell(o.BaselineRecorded(step="count", value=7))
    told.tell(e.StepSucceeded(step="count"))
    told.do(c.ConfirmStep(step="tell", note="told"), c.MarkNotApplicable(step="look", reason="no replica"))
    told.do(c.SignOff(step="sign", role="dba"))
    told.do(c.SignOff(step="sign", role="tech-lead"), by=SECOND)
    assert "expand" in told.state.completed_at
    return told


def left(story: Story) -> tuple[str, ...] | None:
    """Return what is still to be taken back; None when no undo is under way."""
    return story.state.undo.remaining if story.state.undo else None


def verify(story: Story) -> None:
    story.tell(e.UndoVerified(phase="expand", checks=(("schema", "a", "a", True),)))


def test_a_phase_is_taken_back_in_reverse_and_can_be_done_again() -> None:
    story = expanded()
    story.do(UNDO)
    assert left(story) == ("sign", "tell", "count", "add")
    story.undo("sign")
    story.do(c.ConfirmStep(step="tell"))
    story.undo("count", "add")
    verify(story)
    assert {now.status for now in story.state.steps.values()} == {Status.PENDING}
    assert left(story) is None
    assert not story.state.baselines
    assert not story.state.entries
    assert not wrong(story.state)
    assert [type(event).__name__ for event in _events(story, c.StartStep(step="add"))] == [
        "PhaseEntered",
        "StepStarted",
    ]


def _events(story: Story, command: c.AnyCommand) -> list[e.AnyEvent]:
    seen = len(story.records)
    story.do(command)
    return [record.event for record in story.records[seen:]]


def test_signatures_and_what_did_not_apply_lapse_with_an_undo() -> None:
    story = expanded()
    story.do(UNDO)
    assert story.status("look") is Status.PENDING
    assert story.at("look").note == ""
    story.undo("sign")
    assert story.at("sign").signatures == ()
    assert story.at("sign").undone


def test_a_phase_in_which_nothing_applied_can_be_taken_back_so_that_the_one_before_can() -> None:
    story = Story(phase("expand", step("add", undo="back")), phase("tell", step("mail", "person")))
    story.run("add")
    story.do(c.MarkNotApplicable(step="mail", reason="nobody to tell"))
    assert "undo TELL first" in story.refusal(UNDO)
    story.do(c.UndoPhase(phase="tell", typed="tell"))
    story.tell(e.UndoVerified(phase="tell", checks=()))
    story.do(UNDO)
    assert not wrong(story.state)


def test_a_step_that_needs_a_restore_but_did_not_apply_does_not_bar_the_way_back() -> None:
    drop = step("drop", "person", restore="from the backup")
    story = Story(phase("expand", step("add", undo="back"), drop))
    story.run("add")
    story.do(c.MarkNotApplicable(step="drop", reason="there is none"))
    story.do(UNDO)


def test_a_step_that_happened_and_has_only_a_restore_bars_the_way_back() -> None:
    story = Story(phase("expand", step("drop", restore="from the backup")))
    story.run("drop")
    assert story.refusal(UNDO) == "'DROP' cannot be undone — restore: from the backup"


def test_the_later_phase_goes_first() -> None:
    story = expanded()
    story.run("constrain")
    assert "undo ENFORCE first" in story.refusal(UNDO)


def test_a_phase_half_done_is_taken_back_as_far_as_it_went() -> None:
    story = Story(phase("expand", step("a", undo="x"), step("b", undo="x"), step("c", undo="x")))
    story.run("a")
    story.do(c.StartStep(step="b"))
    story.tell(e.StepCancelled(step="b"))
    story.do(UNDO)
    assert left(story) == ("b", "a")


@pytest.mark.parametrize("happened", ["no", "partly", "unknown"])
def test_an_undo_step_lost_on_the_way_can_be_gone_on_with_once_it_is_settled(happened: e.Happened) -> None:
    story = expanded()
    story.do(UNDO)
    story.undo("sign")
    story.do(c.ConfirmStep(step="tell"), c.UndoPhase(phase="expand", typed="expand"))
    story.undo("count")
    story.do(c.UndoStep(step="add"), by=e.ENGINE)
    story.crash()
    assert story.status("add") is Status.IN_DOUBT
    assert "in doubt" in story.refusal(UNDO)
    assert "in doubt" in story.refusal(c.UndoStep(step="add"), by=e.ENGINE)
    story.tell(e.StepSettled(step="add", happened=happened, evidence="the ledger"))
    if happened == "unknown":
        assert "in doubt" in story.refusal(UNDO)
        story.do(c.ResolveDoubt(step="add", happened=False, evidence="the column is there"))
    assert story.status("add") is Status.INTERRUPTED
    assert "being undone" in story.refusal(c.StartStep(step="add"))
    story.do(UNDO)
    story.undo("add")
    verify(story)
    assert story.status("add") is Status.PENDING
    assert not wrong(story.state)


def test_an_undo_step_lost_that_had_happened_is_undone() -> None:
    story = Story(phase("expand", step("add", undo="x")))
    story.run("add")
    story.do(UNDO)
    story.do(c.UndoStep(step="add"), by=e.ENGINE)
    story.tell(e.StepLost(step="add", error="gone"))
    story.tell(e.StepSettled(step="add", happened="yes", evidence="rolled back at 22:01"))
    assert (story.status("add"), story.at("add").undone, story.at("add").error) == (Status.PENDING, True, "")
    assert left(story) == ()


@pytest.mark.parametrize(
    "outcome",
    [
        e.StepFailed(step="add", error="no such column"),
        e.StepCancelled(step="add"),
        e.StepInterrupted(step="add", reason="held"),
    ],
)
def test_a_step_half_taken_back_never_runs_forward(outcome: e.AnyEvent) -> None:
    story = Story(phase("expand", step("add", undo="x")))
    story.run("add")
    story.do(UNDO)
    story.do(c.UndoStep(step="add"), by=e.ENGINE)
    story.tell(outcome)
    verify(story)
    assert left(story) == ("add",), "an undo with steps left is not over, whatever was compared"
    assert "being undone" in story.refusal(c.StartStep(step="add"))
    assert "being undone" in story.refusal(c.Finish())
    story.do(UNDO)
    story.undo("add")
    verify(story)
    story.run("add")
    assert not story.at("add").undone


def test_an_undo_that_lost_its_engine_before_the_comparison_is_gone_on_with() -> None:
    story = Story(phase("expand", step("add", undo="x")))
    story.run("add")
    story.do(UNDO)
    story.undo("add")
    story.crash()
    assert "being undone" in story.refusal(c.StartStep(step="add"))
    story.do(UNDO)
    verify(story)
    story.run("add")


def test_a_pause_holds_an_undo_for_the_engine_and_for_people() -> None:
    story = expanded()
    story.do(UNDO)
    story.do(c.Pause(reason="load"), by=SECOND)
    assert "paused by bob: load" in story.refusal(c.UndoStep(step="sign"), by=e.ENGINE)
    story.do(c.Unpause())
    story.undo("sign")
    story.do(c.Pause(), by=SECOND)
    assert "paused by bob" in story.refusal(c.ConfirmStep(step="tell"))
    assert story.status("tell") is Status.DONE


def test_the_engine_does_not_take_back_what_a_person_has_to() -> None:
    story = expanded()
    story.do(UNDO)
    story.undo("sign")
    assert "a person takes it back" in story.refusal(c.UndoStep(step="tell"), by=e.ENGINE)
    story.do(c.ConfirmStep(step="tell", value="they know"))
    now = story.at("tell")
    assert (now.status, now.action, now.undone, now.by, now.summary) == (
        Status.PENDING,
        "undo",
        True,
        DRIVER,
        "they know",
    )


def test_the_engine_takes_back_nothing_but_the_next_step() -> None:
    story = expanded()
    story.do(UNDO)
    for name in ("count", "add", "constrain", "look"):
        assert "not the next step of an undo" in story.refusal(c.UndoStep(step=name), by=e.ENGINE)
    assert "not the next step of an undo" in story.refusal(c.UndoStep(step="sign"), by=DRIVER)


def test_pressing_confirm_twice_takes_back_one_step_only() -> None:
    story = expanded()
    story.do(UNDO)
    story.undo("sign")
    story.do(c.ConfirmStep(step="tell"))
    assert "being undone" in story.refusal(c.ConfirmStep(step="tell"))


def test_what_was_taken_back_shows_no_trace_of_it_once_done_again() -> None:
    story = expanded()
    story.do(UNDO)
    story.undo("sign")
    story.do(c.ConfirmStep(step="tell"))
    story.undo("count", "add")
    verify(story)
    story.run("add", "count")
    story.do(c.MarkNotApplicable(step="tell", reason="they know"), c.ConfirmStep(step="look"))
    story.do(c.SignOff(step="sign", role="dba"))
    story.do(c.SignOff(step="sign", role="tech-lead"), by=SECOND)
    assert {(now.action, now.undone) for now in story.state.steps.values() if now.status is not Status.PENDING} == {
        ("run", False)
    }
    assert not wrong(story.state)


def test_behind_a_point_of_no_return_there_is_only_the_restore_procedure() -> None:
    story = Story(
        phase("expand", step("add", undo="x")), phase("contract", step("drop", restore="r"), point_of_no_return=point())
    )
    story.run("add")
    story.do(c.ApproachPointOfNoReturn(phase="contract"), c.PassPointOfNoReturn(phase="contract", typed="app.db"))
    assert "restore: from the backup" in story.refusal(UNDO)


def test_an_undo_closes_the_dialog_of_the_point_of_no_return() -> None:
    story = Story(
        phase("expand", step("add", undo="x")), phase("contract", step("drop", restore="r"), point_of_no_return=point())
    )
    story.run("add")
    story.do(c.ApproachPointOfNoReturn(phase="contract"), UNDO)
    assert story.state.approach is None
    assert "not approached" in story.refusal(c.PassPointOfNoReturn(phase="contract", typed="app.db"))
