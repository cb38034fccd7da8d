"""What an amendment lets lapse, what it leaves, and what is done on it afterwards."""

from typing import Any

from console.core import commands as c
from console.core import events as e
from console.core import observations as o
from console.core.changed import AmendmentApproved
from console.core.runbook import Runbook, Soak
from console.core.state import Status
from tests.core.amendments import amended, begun, changed, moved, of_phases, reading, start, steps_of
from tests.core.build import DRIVER, SECOND, Story, amend_to, phase, point, shown, step, with_fields


def signed(**fields: Any) -> Story:
    """Tell of checkpoints in three phases, all of which are signed but the last."""
    sign = (step(name, "signatures", signatures=("reviewer",)) for name in ("before", "middle", "behind"))
    told = Story(
        phase("one", step("first"), next(sign)),
        phase("two", step("second"), next(sign), step("third")),
        phase("three", step("fourth"), step("fifth"), next(sign), gates=(), **fields),
        risk="low",
    )
    told.run("first")
    told.do(c.SignOff(step="before", role="reviewer"))
    told.run("second")
    told.do(c.SignOff(step="middle", role="reviewer"))
    told.run("third")
    return told


def lapsed(told: Story) -> set[str]:
    return {name for name in ("before", "middle") if not told.at(name).signatures}


def test_the_signature_before_a_change_lapses_and_no_other() -> None:
    told = signed()
    fourth, fifth, behind = steps_of(told, "three")
    amended(told, changed(told, "three", fourth, with_fields(fifth, note="look"), behind))
    assert lapsed(told) == {"middle"}
    assert (told.status("middle"), told.status("third")) == (Status.PENDING, Status.DONE)
    assert "phase TWO is not complete" in told.refusal(c.StartStep(step="fourth"))
    told.do(c.SignOff(step="middle", role="reviewer"), by=SECOND)
    assert shown(told.ask(c.StartStep(step="fourth"))) == "+ PhaseEntered StepStarted"


def test_the_signatures_of_the_phase_that_changes_lapse() -> None:
    told = signed()
    amended(told, changed(told, "two", *steps_of(told, "two"), step("more")))
    assert lapsed(told) == {"before", "middle"}


def test_a_dropped_step_lets_the_signature_before_it_lapse_too() -> None:
    told = signed()
    _, fifth, behind = steps_of(told, "three")
    amended(told, changed(told, "three", fifth, behind))
    assert lapsed(told) == {"middle"}


def test_a_step_that_moves_out_of_a_phase_lets_its_signatures_lapse() -> None:
    told = Story(
        phase(
            "one",
            step("first"),
            step("before", "signatures", signatures=("reviewer",)),
            step("second"),
            step("middle", "signatures", signatures=("reviewer",)),
            step("third"),
        ),
        phase("two", step("fourth")),
        risk="low",
    )
    told.run("first")
    told.do(c.SignOff(step="before", role="reviewer"))
    told.run("second")
    told.do(c.SignOff(step="middle", role="reviewer"))
    amended(told, moved(told, "third", "two", "one"))
    assert lapsed(told) == {"before", "middle"}


def test_a_second_amendment_may_come_before_everything_is_signed_again() -> None:
    told = signed()
    fourth, fifth, behind = steps_of(told, "three")
    amended(told, changed(told, "three", fourth, with_fields(fifth, note="look"), behind))
    amended(told, changed(told, "three", fourth, with_fields(fifth, note="look twice"), behind))


def test_a_soak_goes_on_from_when_its_phase_was_complete_once_that_is_signed_again() -> None:
    told = signed(requires=(Soak(soak="1h", since="two"),))
    complete = told.state.completed_at["two"]
    told.later(3000)
    fourth, fifth, behind = steps_of(told, "three")
    amended(told, changed(told, "three", fourth, with_fields(fifth, note="look"), behind))
    assert "two" not in told.state.completed_at
    told.do(c.SignOff(step="middle", role="reviewer"), by=SECOND)
    assert told.state.completed_at["two"] == complete
    told.later(599)
    assert "soaks for 1h after two, 1.0 s left" in told.refusal(c.StartStep(step="fourth"))
    told.later(1)
    told.do(c.StartStep(step="fourth"))


def test_a_soak_begins_after_what_an_amendment_adds() -> None:
    told = signed(requires=(Soak(soak="1h", since="two"),))
    told.later(3600)
    amended(told, changed(told, "two", *steps_of(told, "two"), step("more", undo="back")))
    told.do(c.SignOff(step="before", role="reviewer"), by=SECOND)
    told.do(c.SignOff(step="middle", role="reviewer"), by=SECOND)
    told.run("more")
    assert told.state.completed_at["two"] == told.now
    assert "soaks for 1h after two" in told.refusal(c.StartStep(step="fourth"))


def test_a_phase_whose_last_open_step_is_dropped_is_complete_from_then_on() -> None:
    told = begun()
    told.run("fill")
    assert "expand" not in told.state.completed_at
    told.later(60)
    add, fill, _ = steps_of(told, "expand")
    shorter = changed(told, "expand", add, fill).runbook
    amended(told, amend_to(with_fields(shorter, phases=shorter.phases[:3])))
    assert told.state.completed_at["expand"] == told.now


def test_what_a_failed_baseline_recorded_goes_when_it_is_changed() -> None:
    told = Story(phase("one", reading("count"), step("work")), risk="low")
    told.do(c.StartStep(step="count"))
    told.tell(o.BaselineRecorded(step="count", value=7))
    told.tell(e.StepFailed(step="count", error="no"))
    amended(told, changed(told, "one", with_fields(reading("count"), title="Another"), step("work")))
    assert told.state.baselines == {}


def test_a_question_for_a_waiver_of_what_is_changed_is_forgotten() -> None:
    told = begun()
    told.do(c.Waive(step="fill", reason="by hand"))
    add, fill, check = steps_of(told, "expand")
    amended(told, changed(told, "expand", add, with_fields(fill, undo="another way"), check))
    assert told.at("fill").waiver is None


def test_the_plans_digest_that_passes_a_point_is_that_of_the_amended_plan() -> None:
    told = Story(phase("one", step("work")), phase("two", step("drop"), point_of_no_return=point()), risk="low")
    amended(told, changed(told, "two", title="Another"))
    told.run("work")
    told.do(c.ApproachPointOfNoReturn(phase="two"))
    assert told.refusal(c.PassPointOfNoReturn(phase="two", typed=told.state.started.plan_digest))
    told.do(c.PassPointOfNoReturn(phase="two", typed="plan new"))


def test_an_undo_after_an_amendment_takes_back_what_was_added_too() -> None:
    told = begun()
    told.run("fill")
    add, fill, check = steps_of(told, "expand")
    amended(told, changed(told, "expand", add, fill, step("more", undo="back"), check))
    told.do(c.SignOff(step="sign", role="reviewer"))
    told.run("more")
    told.do(c.UndoPhase(phase="expand", typed="expand"))
    assert told.state.undo
    assert told.state.undo.remaining == ("more", "fill", "add")


def test_a_hostile_record_that_drops_what_is_under_way_leads_to_a_state_that_can_be_asked() -> None:
    told = begun()
    start(told)
    shorter: Runbook = with_fields(told.state.runbook, phases=(phase("other", step("another")),))
    told.do(changed(told, "switch", title="Another"))
    amendment = told.records[-1].event
    told.tell(with_fields(amendment, runbook=shorter), by=DRIVER)
    told.do(c.AddNote(text="seen"))
    told.tell(AmendmentApproved(role="reviewer", source_digest="new"), by=SECOND)
    assert told.state.under_way() is None
    told.do(c.StartStep(step="another"))


def test_a_signature_given_before_the_rest_of_its_phase_lapses_when_that_changes() -> None:
    work, sign = step("work"), step("sign", "signatures", signatures=("reviewer",))
    told = Story(phase("one", work, sign, any_order=True), risk="low")
    told.do(c.SignOff(step="sign", role="reviewer"))
    amended(told, changed(told, "one", with_fields(work, note="look"), sign))
    assert (told.status("sign"), told.at("sign").signatures) == (Status.PENDING, ())


def test_the_signature_before_a_phase_that_is_dropped_lapses() -> None:
    told = signed()
    amended(told, of_phases(told, "one", "two"))
    assert lapsed(told) == {"middle"}


def test_why_a_phase_was_kept_out_is_forgotten_when_it_is_entered_without_asking() -> None:
    told = Story(phase("one", reading("count")), phase("two", step("work")), risk="low")
    told.run("count")
    told.ask(c.StartStep(step="work"))
    told.answer_entry(passed=False)
    amended(told, changed(told, "two", gates=()))
    assert told.state.kept_out
    assert shown(told.ask(c.StartStep(step="work"))) == "+ PhaseEntered StepStarted"
    assert told.state.kept_out is None
