"""The point of no return: opened by the driver, asked again, passed by the fact and by nothing else."""

import pytest

from console.core import commands as c
from console.core import events as e
from console.core import observations as o
from console.core.runbook import Confirm, Soak
from tests.core.build import DIGEST, DRIVER, SECOND, STRANGER, Story, phase, point, step

APPROACH = c.ApproachPointOfNoReturn(phase="contract")
LEAVE = c.LeavePointOfNoReturn(phase="contract")
PASS = c.PassPointOfNoReturn(phase="contract", typed="200000")
DROP = c.StartStep(step="drop")


def near() -> Story:
    """Tell of a run before its point of no return: two checks are its gates, a baseline is its fact."""
    drop = step("drop", restore="from the backup")
    story = Story(
        phase("expand", step("rows", asks_again=True), step("add", undo="back")),
        phase("enforce", step("none_left", asks_again=True), step("no_orphans", asks_again=True)),
        phase("contract", drop, point_of_no_return=point(confirm=Confirm(baseline="rows"))),
    )
    story.do(c.StartStep(step="rows"))
    story.tell(o.BaselineRecorded(step="rows", value=200_000))
    story.tell(e.StepSucceeded(step="rows"))
    story.run("add", "none_left", "no_orphans")
    return story


def answer(story: Story, gate: str, *, passed: bool = True) -> None:
    story.tell(e.GateAsked(phase="contract", step=gate, passed=passed, actual="0" if passed else "3"))


def opened() -> Story:
    story = near()
    story.do(APPROACH)
    return story


def green() -> Story:
    story = opened()
    answer(story, "none_left")
    answer(story, "no_orphans")
    return story


def test_it_is_passed_by_the_fact_while_every_gate_is_green_and_fresh() -> None:
    story = green()
    story.do(PASS, DROP)
    assert story.state.passed["contract"].by == DRIVER


def test_nothing_behind_it_starts_before() -> None:
    story = near()
    assert "behind the point of no return" in story.refusal(DROP)
    story.do(APPROACH)
    assert "behind the point of no return" in story.refusal(DROP)


def test_the_fact_is_frozen_and_the_gates_are_the_checks_of_the_phase_before() -> None:
    approach = opened().state.approach
    assert approach is not None
    assert (approach.fact, approach.asks) == ("200000", "the value of 'ROWS'")
    assert approach.gates == ("none_left", "no_orphans")


@pytest.mark.parametrize("typed", ["", " ", "yes", "200000 ", "20000", "app.db", "contract"])
def test_nothing_but_the_fact_passes_it(typed: str) -> None:
    story = green()
    words = story.refusal(c.PassPointOfNoReturn(phase="contract", typed=typed))
    assert "not the fact" in words
    assert "200000" not in words, "the refusal does not give the answer away"
    assert story.state.passed == {}


def test_the_digest_of_the_plan_passes_it_for_a_file_of_answers() -> None:
    green().do(c.PassPointOfNoReturn(phase="contract", typed=DIGEST))


def test_an_empty_fact_or_digest_is_never_passed_by_typing_nothing() -> None:
    story = green()
    approached = e.PointOfNoReturnApproached(phase="contract", asks="the name", fact="", gates=())
    story.tell(approached, by=DRIVER)
    assert "not the fact" in story.refusal(c.PassPointOfNoReturn(phase="contract", typed=""))


def test_a_gate_that_has_not_answered_or_turned_red_holds() -> None:
    story = opened()
    answer(story, "none_left")
    assert "'NO_ORPHANS' is being asked again" in story.refusal(PASS)
    answer(story, "no_orphans", passed=False)
    assert "'NO_ORPHANS' does not hold any more: 3" in story.refusal(PASS)
    answer(story, "no_orphans")
    story.do(PASS)


@pytest.mark.parametrize("seconds", [60.1, 7200, -60.1, -7200])
def test_a_green_of_long_ago_opens_nothing_whichever_way_the_clock_went(seconds: float) -> None:
    story = green()
    story.later(seconds)
    assert "was not asked within the last 60 s" in story.refusal(PASS)


def test_a_green_of_a_minute_ago_still_holds() -> None:
    story = green()
    story.later(60)
    story.do(PASS)


def test_approaching_once_more_asks_everything_again() -> None:
    story = green()
    story.do(APPROACH)
    assert "is being asked again" in story.refusal(PASS)


@pytest.mark.parametrize("closing", ["left", "crash", "stop", "take-over", "take-over and back"])
def test_a_dialog_once_closed_has_to_be_opened_again(closing: str) -> None:
    story = green()
    if closing == "left":
        story.do(LEAVE)
    elif closing == "crash":
        story.crash()
    elif closing == "stop":
        story.tell(e.EngineStopped(reason="asked"))
    else:
        story.do(c.TakeOver(), by=SECOND)
        if closing.endswith("back"):
            story.do(c.TakeOver())
    assert "was not approached" in story.refusal(PASS, by=story.state.driver)


def test_only_the_driver_passes_and_a_late_answer_to_a_closed_dialog_counts_for_nothing() -> None:
    story = green()
    assert "ann drives" in story.refusal(PASS, by=STRANGER)
    assert "only a person" in story.refusal(PASS, by=e.ENGINE)
    story.do(LEAVE)
    answer(story, "none_left")
    assert story.state.approach is None


def test_nobody_passes_a_dialog_that_another_opened() -> None:
    story = near()
    story.tell(e.PointOfNoReturnApproached(phase="contract", asks="rows", fact="200000", gates=()), by=SECOND)
    assert "bob opened the dialog, not ann" in story.refusal(PASS)


def test_a_pause_by_anybody_holds_it() -> None:
    story = green()
    story.do(c.Pause(reason="lag 40 s"), by=STRANGER)
    assert "paused by eve: lag 40 s" in story.refusal(PASS)
    story.do(c.Unpause(), PASS)


def test_it_is_passed_once() -> None:
    story = green()
    story.do(PASS)
    assert "was not approached" in story.refusal(PASS)
    assert "was passed — from here: from the backup" in story.refusal(APPROACH)


def test_its_dialog_does_not_open_before_all_before_it_is_complete_and_soaked() -> None:
    drop = step("drop", restore="from the backup")
    soak = (Soak(soak="72h", since="enforce"),)
    story = Story(
        phase("enforce", step("constrain", undo="back")),
        phase("contract", drop, point_of_no_return=point(), requires=soak),
    )
    assert "phase ENFORCE is not complete" in story.refusal(APPROACH)
    story.run("constrain")
    story.later(71 * 3600)
    assert "soaks for 72h after enforce, 1:00:00 left" in story.refusal(APPROACH)
    story.later(3600)
    story.do(APPROACH, c.PassPointOfNoReturn(phase="contract", typed="app.db"), DROP)


def test_an_undo_begins_the_soak_anew() -> None:
    soak = (Soak(soak="72h", since="enforce"),)
    story = Story(phase("enforce", step("constrain", undo="back")), phase("next", step("go"), requires=soak))
    story.run("constrain")
    story.do(c.UndoPhase(phase="enforce", typed="enforce"))
    story.undo("constrain")
    story.tell(e.UndoVerified(phase="enforce", checks=()))
    story.later(80 * 3600)
    story.run("constrain")
    assert "3 d 00:00 left" in story.refusal(c.StartStep(step="go"))


def test_a_baseline_that_was_not_recorded_cannot_be_the_fact() -> None:
    drop = step("drop", restore="from the backup")
    story = Story(
        phase("expand", step("rows")),
        phase("contract", drop, point_of_no_return=point(confirm=Confirm(baseline="rows"))),
    )
    story.run("rows")
    assert "the value of 'ROWS' is not known" in story.refusal(APPROACH)


def test_a_baseline_of_zero_is_a_fact() -> None:
    drop = step("drop", restore="from the backup")
    contract = phase("contract", drop, point_of_no_return=point(confirm=Confirm(baseline="rows")))
    story = Story(phase("expand", step("rows")), contract)
    story.do(c.StartStep(step="rows"))
    story.tell(o.BaselineRecorded(step="rows", value=0))
    story.tell(e.StepSucceeded(step="rows"))
    story.do(APPROACH, c.PassPointOfNoReturn(phase="contract", typed="0"))


def test_other_gates_are_asked_when_the_runbook_names_them() -> None:
    drop = step("drop", restore="from the backup")
    contract = phase("contract", drop, point_of_no_return=point(gates=("rows",)))
    story = Story(phase("expand", step("rows", asks_again=True)), phase("mid", step("m", asks_again=True)), contract)
    story.run("rows", "m")
    story.do(APPROACH)
    assert story.state.approach is not None
    assert story.state.approach.gates == ("rows",)
