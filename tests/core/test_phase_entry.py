"""A phase is entered on green answers of this moment, or not at all."""

import pytest

from console.core import commands as c
from console.core import events as e
from console.core.changed import PhaseApproached, PhaseLeft
from console.core.commands import Refused
from console.core.runbook import Phase, Step
from console.core.state import Status
from tests.core.build import DRIVER, SECOND, STRANGER, Story, phase, point, shown, step
from tests.core.legal import wrong

START = c.StartStep(step="work")


def reading(name: str) -> Step:
    return step(name, asks_again=True)


def story(*more: Phase, gates: tuple[str, ...] | None = None, risk: str = "low") -> Story:
    """Tell of a phase with two checks done, and of one after it that nobody has entered."""
    work, tick = step("work", undo="back"), step("tick", "person", undo="back")
    sign = step("sign", "signatures", signatures=("reviewer",))
    prepare = phase("prepare", reading("count"), step("add", undo="back"), reading("orphans"))
    told = Story(prepare, phase("expand", work, tick, sign, any_order=True, gates=gates), *more, risk=risk)
    told.run("count", "add", "orphans")
    return told


def approached(**how: object) -> Story:
    told = story(**how)  # type: ignore[arg-type]
    assert shown(told.ask(START)) == "+ PhaseApproached"
    return told


def answer(told: Story, name: str, *, passed: bool = True, seconds: float = 0.0) -> None:
    told.tell(e.GateAsked(phase="expand", step=name, passed=passed, actual="7", seconds=seconds))


def decided(told: Story) -> str:
    """Decide on what was asked for, and return the answer in one line."""
    entering = told.state.entering
    assert entering is not None
    return shown(told.decide_entry(entering))


def test_the_first_act_of_a_phase_asks_every_check_of_the_phase_before_again() -> None:
    told = approached()
    event = told.records[-1].event
    assert isinstance(event, PhaseApproached)
    assert (event.phase, event.gates, event.then) == ("expand", ("count", "orphans"), START)
    assert told.status("work") is Status.PENDING
    assert "expand" not in told.state.entries
    assert shown(told.answer_entry()) == "+ PhaseEntered StepStarted"
    assert (told.state.entering, told.status("work")) == (None, Status.RUNNING)


@pytest.mark.parametrize(
    ("command", "by", "then"),
    [
        (c.ConfirmStep(step="tick", value="7", note="seen"), DRIVER, "StepConfirmed"),
        (c.RejectStep(step="tick", reason="it is wrong"), DRIVER, "StepRejected"),
        (c.MarkNotApplicable(step="tick", reason="not here"), DRIVER, "StepNotApplicable"),
        (c.SignOff(step="sign", role="reviewer", note="fine"), SECOND, "SignedOff SignOffCompleted"),
    ],
)
def test_whatever_the_first_act_is_it_waits_for_the_checks_and_stays_whose_it_is(
    command: c.Entering, by: str, then: str
) -> None:
    told = story()
    assert shown(told.ask(command, by)) == "+ PhaseApproached"
    assert shown(told.answer_entry()) == f"+ PhaseEntered {then}"
    assert told.records[-1].by == by


def test_the_agreement_to_a_waiver_enters_a_phase_and_asking_for_it_does_not() -> None:
    told = story()
    assert shown(told.ask(c.Waive(step="work", reason="by hand"))) == "+ WaiverAsked"
    assert shown(told.ask(c.Waive(step="work"), SECOND)) == "+ PhaseApproached"
    assert shown(told.answer_entry()) == "+ PhaseEntered StepWaived"


def test_only_the_first_act_asks() -> None:
    told = story()
    told.do(START)
    told.tell(e.StepSucceeded(step="work"))
    assert shown(told.ask(c.ConfirmStep(step="tick"))) == "+ StepConfirmed"


def test_the_first_of_two_signatures_enters_and_the_second_asks_nothing_again() -> None:
    told = Story(phase("one", reading("count")), phase("two", step("sign", "signatures")))
    told.run("count")
    told.do(c.SignOff(step="sign", role="dba"))
    assert shown(told.ask(c.SignOff(step="sign", role="tech-lead"), SECOND)) == "+ SignedOff SignOffCompleted"


def test_a_phase_names_the_checks_that_it_rests_on() -> None:
    assert approached(gates=("orphans",)).state.entering.gates == ("orphans",)  # type: ignore[union-attr]


def test_a_phase_that_names_none_is_entered_at_once() -> None:
    assert shown(story(gates=()).ask(START)) == "+ PhaseEntered StepStarted"


def test_the_first_phase_rests_on_nothing() -> None:
    assert shown(Story(phase("one", step("work"))).ask(START)) == "+ PhaseEntered StepStarted"


def test_a_red_check_keeps_a_phase_shut_and_says_what_was_found() -> None:
    told = approached()
    answer(told, "count", passed=False)
    assert decided(told) == "'COUNT' does not hold any more: 7"
    assert (told.state.entering, told.status("work")) == (None, Status.PENDING)
    assert isinstance(told.state.kept_out, PhaseLeft)
    assert told.state.kept_out.remedy == "mend it, then try again"
    assert shown(told.ask(START)) == "+ PhaseApproached"
    assert told.state.kept_out is None


def test_why_a_phase_was_kept_out_is_forgotten_once_one_is_entered_or_taken_back() -> None:
    told = approached()
    told.answer_entry(passed=False)
    told.do(START)
    assert told.state.kept_out is None
    told = approached()
    told.answer_entry(passed=False)
    told.do(c.UndoPhase(phase="prepare", typed="prepare"))
    assert told.state.kept_out is None


def test_one_answer_of_two_does_not_do() -> None:
    told = approached()
    answer(told, "count")
    assert decided(told) == "'ORPHANS' is being asked again"


def test_a_green_that_turned_red_within_the_entry_counts_as_red() -> None:
    told = approached()
    for passed in (True, False):
        answer(told, "count", passed=passed)
    answer(told, "orphans")
    assert decided(told) == "'COUNT' does not hold any more: 7"


def test_the_answer_of_another_phase_opens_nothing() -> None:
    told = approached()
    for name in ("count", "orphans"):
        told.tell(e.GateAsked(phase="prepare", step=name, passed=True, actual="7"))
    assert decided(told) == "'COUNT' is being asked again"


@pytest.mark.parametrize(("seconds", "fresh"), [(60, True), (60.001, False), (-60, True), (-60.001, False)])
def test_answers_that_have_grown_old_while_the_engine_hung_open_nothing(*, seconds: float, fresh: bool) -> None:
    told = approached()
    answer(told, "count")
    answer(told, "orphans")
    told.later(seconds)
    found = decided(told)
    assert found == ("+ PhaseEntered StepStarted" if fresh else "'COUNT' was not asked within the last 60 s")


@pytest.mark.parametrize(("waited", "fresh"), [(159, True), (161, False)])
def test_checks_that_take_long_have_that_time_beside_the_minute(*, waited: float, fresh: bool) -> None:
    told = approached()
    answer(told, "count", seconds=60)
    told.later(40)
    answer(told, "orphans", seconds=40)
    told.later(waited - 40)
    assert decided(told).startswith("+") is fresh


@pytest.mark.parametrize(
    "closing",
    [
        lambda told: told.crash(),
        lambda told: told.tell(e.EngineStopped(reason="asked")),
        lambda told: told.do(c.TakeOver(), by=SECOND),
        lambda told: told.do(c.UndoPhase(phase="prepare", typed="prepare")),
        lambda told: told.do(c.Abort(reason="enough")),
        lambda told: told.do(c.CancelStep(step="work")),
    ],
    ids=["crash", "stop", "take-over", "undo", "end", "cancel"],
)
def test_what_closes_an_entry_leaves_nothing_to_go_through(closing: object) -> None:
    told = approached()
    for name in ("count", "orphans"):
        answer(told, name)
    closing(told)  # type: ignore[operator]
    assert told.state.entering is None
    assert told.status("work") is Status.PENDING
    assert isinstance(told.ask(START), Refused) or shown(told.ask(START)) != "+ PhaseEntered StepStarted"
    assert not wrong(told.state) or told.state.engine is None


def test_giving_it_up_says_who_did() -> None:
    told = approached()
    assert shown(told.ask(c.CancelStep(step="work"))) == "+ PhaseLeft"
    assert told.state.kept_out
    assert told.state.kept_out.reason == "ann gave it up"
    assert told.refusal(c.CancelStep(step="work")).startswith("it is not under way")


def test_another_step_cannot_be_cancelled_in_its_place() -> None:
    told = approached()
    assert told.refusal(c.CancelStep(step="tick")).startswith("it is not under way")
    assert told.state.entering


def test_a_pause_during_the_entry_keeps_the_phase_shut() -> None:
    told = approached()
    told.do(c.Pause(reason="load"), by=SECOND)
    assert shown(told.answer_entry()) == "paused by bob: load"
    assert told.status("work") is Status.PENDING


def test_notes_signatures_elsewhere_and_a_pause_go_on_meanwhile() -> None:
    told = approached()
    told.do(c.AddNote(text="pager quiet"), c.Pause(), c.Unpause())
    assert told.state.entering
    assert shown(told.answer_entry()) == "+ PhaseEntered StepStarted"


def test_nothing_else_of_the_phase_begins_meanwhile() -> None:
    told = approached()
    for command in (c.ConfirmStep(step="tick"), c.SignOff(step="sign", role="reviewer")):
        assert "is about to be entered with 'WORK'" in told.refusal(command)
    assert "is being asked again" in told.refusal(START)


def test_an_entry_is_decided_with_the_authority_of_that_moment() -> None:
    told = story()
    told.ask(c.ConfirmStep(step="tick", value="7"))
    entering = told.state.entering
    assert entering
    told.do(c.TakeOver(), by=STRANGER)
    for name in ("count", "orphans"):
        answer(told, name)
    assert "eve drives this run, not ann" in shown(told.decide_entry(entering))


def test_a_phase_taken_back_is_entered_anew() -> None:
    told = story()
    told.do(START)
    told.tell(e.StepSucceeded(step="work"))
    told.do(c.UndoPhase(phase="expand", typed="expand"))
    told.undo("work")
    told.tell(e.UndoVerified(phase="expand", checks=()))
    assert shown(told.ask(START)) == "+ PhaseApproached"


def test_a_phase_that_a_crash_kept_from_its_first_act_is_entered_anew() -> None:
    told = approached()
    for name in ("count", "orphans"):
        answer(told, name)
    told.tell(e.PhaseEntered(phase="expand", schema="before"), by=DRIVER)
    told.crash()
    told.later(7200)
    assert shown(told.ask(START)) == "+ PhaseApproached"
    assert shown(told.answer_entry()) == "+ PhaseEntered StepStarted"
    assert told.state.entries["expand"].schema == "before"


def test_the_first_step_behind_a_point_of_no_return_asks_its_gates_once_more() -> None:
    behind = phase("contract", step("drop", restore="backup"), point_of_no_return=point(gates=("orphans",)))
    told = story(behind)
    told.do(START)
    told.tell(e.StepSucceeded(step="work"))
    told.do(c.ConfirmStep(step="tick"), c.SignOff(step="sign", role="reviewer"))
    told.do(c.ApproachPointOfNoReturn(phase="contract"))
    told.tell(e.GateAsked(phase="contract", step="orphans", passed=True, actual="0"))
    told.do(c.PassPointOfNoReturn(phase="contract", typed="app.db"))
    assert shown(told.ask(c.StartStep(step="drop"))) == "+ PhaseApproached"
    assert told.state.entering
    assert told.state.entering.gates == ("orphans",)
    assert shown(told.answer_entry(passed=False)) == "'ORPHANS' does not hold any more: 7"
    assert told.status("drop") is Status.PENDING


@pytest.mark.parametrize(
    ("of_the_phase", "of_the_point", "asked"),
    [
        (None, None, ("count", "orphans")),
        (("count",), None, ("count",)),
        (None, ("orphans",), ("orphans",)),
        (("count",), ("orphans",), ("orphans",)),
        (("count",), (), ()),
    ],
)
def test_the_gates_of_a_point_come_before_those_of_its_phase(
    of_the_phase: tuple[str, ...] | None, of_the_point: tuple[str, ...] | None, asked: tuple[str, ...]
) -> None:
    behind = phase("contract", step("drop"), gates=of_the_phase, point_of_no_return=point(gates=of_the_point))
    told = Story(phase("prepare", reading("count"), reading("orphans")), behind)
    told.run("count", "orphans")
    told.do(c.ApproachPointOfNoReturn(phase="contract"))
    assert told.state.approach
    assert told.state.approach.gates == asked
