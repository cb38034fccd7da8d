"""A step is passed without being done by two people, and never where a point of no return needs it."""

import pytest

from console.core import commands as c
from console.core import events as e
from console.core import observations as o
from console.core.changed import StepWaived
from console.core.commands import Refused
from console.core.runbook import EVERYBODY, Confirm, PointOfNoReturn
from console.core.state import Status
from tests.core.build import DRIVER, SECOND, STRANGER, Story, amend_to, phase, point, runbook, shown, step, with_fields
from tests.core.legal import wrong

ASK = c.Waive(step="work", reason="it was done by hand")
AGREE = c.Waive(step="work", reason="seen it")


def story(**people: tuple[str, ...]) -> Story:
    work, tick = step("work", undo="back"), step("tick", "person", undo="put it back")
    sign = step("sign", "signatures", signatures=("reviewer",))
    return Story(phase("one", work, tick, sign, any_order=True), **({"people": people} if people else {}))


def asked() -> Story:
    told = story()
    assert shown(told.ask(ASK)) == "+ WaiverAsked"
    return told


def waived() -> Story:
    told = asked()
    told.do(AGREE, by=SECOND)
    return told


def test_the_driver_asks_and_another_person_agrees() -> None:
    told = waived()
    waiver = told.at("work").waiver
    assert waiver
    assert (waiver.by, waiver.agreed_by, waiver.reason, waiver.note) == (DRIVER, SECOND, ASK.reason, "seen it")
    assert told.status("work") is Status.WAIVED
    assert not wrong(told.state)


def test_who_asked_cannot_agree_even_after_the_seat_changed_hands() -> None:
    told = asked()
    assert shown(told.ask(ASK)) == "+ WaiverAsked"
    told.do(c.TakeOver(), by=STRANGER)
    assert "no waiver of 'WORK' was asked for" in told.refusal(ASK)
    assert told.status("work") is Status.PENDING


def test_a_driver_who_took_the_seat_over_agrees_to_what_the_one_before_asked() -> None:
    told = asked()
    told.do(c.TakeOver(), c.Waive(step="work"), by=SECOND)
    assert told.status("work") is Status.WAIVED


def test_only_the_reason_that_was_read_is_agreed_to() -> None:
    told = asked()
    assert "has changed since it was read" in told.refusal(with_fields(AGREE, agrees_to="another reason"), by=SECOND)
    told.do(with_fields(AGREE, agrees_to=ASK.reason), by=SECOND)
    assert told.status("work") is Status.WAIVED


def test_agreeing_to_what_nobody_asks_any_more_asks_for_nothing() -> None:
    agree = with_fields(ASK, agrees_to=ASK.reason)
    assert "has changed since it was read" in story().refusal(agree)


def test_only_the_driver_asks() -> None:
    assert "the driver asks, another agrees" in story().refusal(ASK, by=SECOND)


def test_whoever_agrees_has_a_role() -> None:
    told = asked()
    assert told.refusal(AGREE, by=STRANGER).startswith("eve has no role in this runbook")
    told = story(**{EVERYBODY: ("reviewer",)})
    told.do(ASK)
    told.do(AGREE, by=STRANGER)
    assert told.status("work") is Status.WAIVED


@pytest.mark.parametrize("reason", ["", "  ", "…!"])
def test_a_waiver_needs_a_reason(reason: str) -> None:
    assert "a waiver needs a reason" in story().refusal(c.Waive(step="work", reason=reason))


def test_a_waived_step_counts_as_done_for_what_waits_for_it() -> None:
    told = Story(phase("one", step("first"), step("second")))
    told.do(c.Waive(step="first", reason="by hand"))
    told.do(c.Waive(step="first"), by=SECOND)
    told.run("second")
    assert "one" in told.state.completed_at


def test_nothing_can_be_said_or_done_of_a_waived_step() -> None:
    told = waived()
    told.do(c.Waive(step="tick", reason="not needed"))
    told.do(c.Waive(step="tick"), by=SECOND)
    for command in (
        c.StartStep(step="work"),
        c.ConfirmStep(step="tick"),
        c.RejectStep(step="tick", reason="wrong"),
        c.MarkNotApplicable(step="tick", reason="not here"),
    ):
        assert "it was waived" in told.refusal(command)
    assert "it is waived" in told.refusal(ASK)


def test_signatures_cannot_be_waived() -> None:
    assert "a signature cannot be waived" in story().refusal(c.Waive(step="sign", reason="he is on holiday"))


@pytest.mark.parametrize("ending", [e.StepFailed(step="work", error="no"), e.StepInterrupted(step="work", reason="x")])
def test_what_failed_or_was_held_can_be_waived(ending: e.AnyEvent) -> None:
    told = story()
    told.do(c.StartStep(step="work"))
    told.tell(ending)
    told.do(ASK)
    told.do(AGREE, by=SECOND)
    assert (told.status("work"), told.at("work").error) == (Status.WAIVED, "")


def test_what_waits_for_a_judgement_can_be_waived() -> None:
    told = story()
    told.do(c.StartStep(step="work"))
    told.tell(o.StepPutToPerson(step="work", question="right?"))
    told.do(ASK)
    told.do(AGREE, by=SECOND)
    assert told.status("work") is Status.WAIVED


def test_what_is_under_way_or_in_doubt_cannot() -> None:
    told = story()
    told.do(c.StartStep(step="work"))
    assert told.refusal(ASK).startswith("it is running")
    told.crash()
    assert told.refusal(ASK).startswith("it is in doubt")


def test_starting_the_step_withdraws_the_question() -> None:
    told = asked()
    told.do(c.StartStep(step="work"))
    told.tell(e.StepFailed(step="work", error="no"))
    assert "no waiver of 'WORK' was asked for" in told.refusal(AGREE, by=SECOND)


def test_a_persons_word_withdraws_the_question() -> None:
    told = story()
    told.do(c.Waive(step="tick", reason="not needed"), c.RejectStep(step="tick", reason="half of it is there"))
    assert "no waiver of 'TICK' was asked for" in told.refusal(c.Waive(step="tick"), by=SECOND)


def test_an_undo_forgets_what_was_asked_and_what_was_waived() -> None:
    told = waived()
    told.do(c.ConfirmStep(step="tick"), c.UndoPhase(phase="one", typed="one"))
    assert (told.status("work"), told.at("work").waiver) == (Status.PENDING, None)
    assert told.state.undo
    assert told.state.undo.remaining == ("tick",)
    told = asked()
    told.do(c.ConfirmStep(step="tick"), c.UndoPhase(phase="one", typed="one"))
    assert told.at("work").waiver is None


def test_a_waived_step_that_had_begun_is_taken_back_like_one_that_happened() -> None:
    told = story()
    told.do(c.StartStep(step="work"))
    told.tell(e.StepFailed(step="work", error="no"))
    told.do(ASK)
    told.do(AGREE, by=SECOND)
    told.do(c.UndoPhase(phase="one", typed="one"))
    assert told.state.undo
    assert told.state.undo.remaining == ("work",)
    told.undo("work")
    assert (told.status("work"), told.at("work").waiver) == (Status.PENDING, None)


def test_a_persons_step_that_was_rejected_and_waived_is_taken_back_by_a_person() -> None:
    told = story()
    told.do(c.RejectStep(step="tick", reason="half of it is there"), c.Waive(step="tick", reason="enough"))
    told.do(c.Waive(step="tick"), by=SECOND)
    told.do(c.UndoPhase(phase="one", typed="one"))
    assert told.state.undo
    assert told.state.undo.remaining == ("tick",)


def test_a_step_that_was_taken_back_and_then_waived_is_not_taken_back_again() -> None:
    told = story()
    told.run("work")
    told.do(c.UndoPhase(phase="one", typed="one"))
    told.undo("work")
    told.tell(e.UndoVerified(phase="one", checks=()))
    told.do(ASK)
    told.do(AGREE, by=SECOND)
    told.do(c.ConfirmStep(step="tick"), c.UndoPhase(phase="one", typed="one"))
    assert told.state.undo
    assert told.state.undo.remaining == ("tick",)


def test_what_is_agreed_to_cannot_be_changed_while_the_agreement_waits_for_checks() -> None:
    work = step("work", undo="back")
    told = Story(phase("prepare", step("count", asks_again=True)), phase("one", work))
    told.run("count")
    told.do(ASK)
    assert shown(told.ask(AGREE, SECOND)) == "+ PhaseApproached"
    assert "one is about to be entered" in told.refusal(c.Waive(step="work", reason="nobody will notice"))
    told.answer_entry()
    waiver = told.at("work").waiver
    assert waiver
    assert waiver.reason == ASK.reason


@pytest.mark.parametrize(
    ("gates", "of_the_point", "name", "allowed"),
    [
        (None, point(), "count", False),
        (None, point(), "plain", True),
        (None, point(), "early", True),
        (None, point(), "drop", False),
        (None, point(gates=("early",)), "early", False),
        (None, point(gates=("early",)), "count", True),
        (("early",), point(), "early", False),
        (("early",), point(), "count", True),
        (None, point(gates=(), confirm=Confirm(baseline="early")), "early", False),
        (None, None, "count", True),
    ],
)
def test_what_a_point_of_no_return_rests_on_is_never_waived(
    *, gates: tuple[str, ...] | None, of_the_point: PointOfNoReturn | None, name: str, allowed: bool
) -> None:
    told = Story(
        phase("first", step("early", asks_again=True)),
        phase("second", step("count", asks_again=True), step("plain"), any_order=True),
        phase("contract", step("drop"), gates=gates, point_of_no_return=of_the_point),
    )
    found = told.ask(c.Waive(step=name, reason="not needed"))
    bars = isinstance(found, Refused) and "the point of no return of CONTRACT rests on it" in found.reason
    assert bars is not allowed


def test_a_check_that_was_waived_is_not_asked_again_for_a_phase_that_can_be_undone() -> None:
    told = Story(phase("one", step("count", asks_again=True)), phase("two", step("work"), gates=("count",)))
    told.do(c.Waive(step="count", reason="not needed"))
    told.do(c.Waive(step="count"), by=SECOND)
    assert shown(told.ask(c.StartStep(step="work"))) == "+ PhaseEntered StepStarted"


def test_a_check_that_a_record_says_was_waived_is_asked_again_all_the_same_for_a_point_of_no_return() -> None:
    told = Story(phase("one", step("count", asks_again=True)), phase("two", step("drop"), point_of_no_return=point()))
    told.tell(e.PhaseEntered(phase="one"))
    told.tell(StepWaived(step="count", reason="forged", asked_by=DRIVER), by=SECOND)
    told.do(c.ApproachPointOfNoReturn(phase="two"))
    assert "'COUNT' is being asked again" in told.refusal(c.PassPointOfNoReturn(phase="two", typed="app.db"))


def test_no_amendment_lets_a_point_of_no_return_rest_on_what_was_waived() -> None:
    one, two = phase("one", step("count", asks_again=True)), phase("two", step("work"))
    contract = phase("contract", step("drop"), point_of_no_return=point())
    told = Story(one, two, contract, risk="low")
    told.do(c.Waive(step="count", reason="not needed"))
    told.do(c.Waive(step="count"), by=SECOND)
    shorter = amend_to(runbook(one, contract, risk="low"))
    assert "would rest on count, which was waived" in told.refusal(shorter)
