"""A run under way goes over to a changed runbook by approvals, and nothing that was done changes with it."""

from collections.abc import Callable

import pytest

from console.core import commands as c
from console.core import events as e
from console.core import observations as o
from console.core.state import Status
from tests.core.amendments import APPROVE, amended, begun, changed, reading, start, steps_of, story
from tests.core.build import DRIVER, SECOND, STRANGER, Story, amend_to, phase, point, shown, step, with_fields


def test_an_approved_amendment_is_the_runbook_from_then_on() -> None:
    told = begun()
    added = step("extra", undo="back")
    amendment = changed(told, "switch", *steps_of(told, "switch"), added)
    told.do(amendment)
    assert "extra" not in told.state.steps
    told.do(APPROVE, by=SECOND)
    assert told.state.step("extra") == added
    assert told.state.plan_digest == "plan new"
    assert told.state.amendment is None
    assert [(each.by, each.approvals[0].account) for each in told.state.amendments] == [(DRIVER, SECOND)]
    assert (told.status("add"), told.status("extra")) == (Status.DONE, Status.PENDING)
    assert told.state.started.runbook != told.state.runbook


def test_only_the_driver_proposes_and_a_reason_is_needed() -> None:
    told = begun()
    amendment = changed(told, "switch", title="Another")
    assert "ann drives this run, not bob" in told.refusal(amendment, by=SECOND)
    assert "needs a reason" in told.refusal(with_fields(amendment, reason=" …"))
    assert "only a person" in told.refusal(amendment, by=e.ENGINE)


def test_an_amendment_that_changes_nothing_is_refused() -> None:
    told = begun()
    assert "there is nothing to amend" in told.refusal(amend_to(told.state.runbook))


def test_its_author_and_strangers_do_not_approve() -> None:
    told = begun()
    told.do(changed(told, "switch", title="Another"))
    assert "ann put it up" in told.refusal(APPROVE)
    assert "eve is no reviewer" in told.refusal(APPROVE, by=STRANGER)
    told.do(c.TakeOver(), by=SECOND)
    assert "ann put it up" in told.refusal(APPROVE)


PEOPLE = {
    "ann": ("tech-lead", "dba", "architect", "reviewer"),
    "bob": ("tech-lead", "dba", "reviewer"),
    "cat": ("dba", "reviewer"),
    "dan": ("architect",),
}


@pytest.mark.parametrize(
    ("risk", "approvals"),
    [
        ("low", (("bob", "reviewer"),)),
        ("medium", (("bob", "reviewer"), ("cat", "reviewer"))),
        ("high", (("cat", "dba"), ("bob", "tech-lead"))),
        ("critical", (("dan", "architect"), ("bob", "tech-lead"), ("cat", "dba"))),
    ],
)
def test_the_risk_says_who_approves_and_the_last_one_changes_the_runbook(
    risk: str, approvals: tuple[tuple[str, str], ...]
) -> None:
    told = story(risk=risk, people=PEOPLE)
    amendment = changed(told, "switch", title="Another")
    told.do(amendment)
    for account, role in approvals:
        assert told.state.runbook != amendment.runbook
        told.do(c.ApproveAmendment(source_digest="new", role=role), by=account)
    assert told.state.runbook == amendment.runbook


def test_nobody_approves_twice_in_a_role_that_is_not_missing_or_so_that_a_role_is_left_to_nobody() -> None:
    told = story(risk="high", people=PEOPLE)
    told.do(changed(told, "switch", title="Another"))
    as_dba, as_lead = (c.ApproveAmendment(source_digest="new", role=role) for role in ("dba", "tech-lead"))
    assert "nobody is left to sign as tech-lead" in told.refusal(as_dba, by="bob")
    assert "no approval of a reviewer is missing" in told.refusal(APPROVE, by="cat")
    told.do(as_lead, by="bob")
    assert "bob has approved it already" in told.refusal(as_dba, by="bob")
    assert "no approval of a tech-lead is missing" in told.refusal(as_lead, by="cat")


def test_an_amendment_that_nobody_can_approve_is_refused_at_once() -> None:
    told = story(risk="medium")
    assert "nobody can approve it" in told.refusal(changed(told, "switch", title="Another"))


def test_another_amendment_takes_the_place_of_the_one_that_waits_and_its_approvals_go_with_it() -> None:
    told = story(risk="medium", people=PEOPLE)
    told.do(changed(told, "switch", title="Another"))
    told.do(APPROVE, by="bob")
    second = with_fields(changed(told, "switch", title="Third"), source_digest="newer")
    told.do(second)
    assert told.state.amendment
    assert told.state.amendment.approvals == ()
    assert "another amendment waits now" in told.refusal(APPROVE, by="cat")
    assert told.state.runbook.phase("switch").title == "SWITCH"


def test_a_withdrawn_amendment_is_gone_and_only_the_driver_withdraws() -> None:
    told = begun()
    told.do(changed(told, "switch", title="Another"))
    assert "ann drives" in told.refusal(c.WithdrawAmendment(), by=SECOND)
    told.do(c.WithdrawAmendment(reason="no"))
    assert "no amendment waits" in told.refusal(APPROVE, by=SECOND)
    assert "no amendment waits" in told.refusal(c.WithdrawAmendment())


def test_what_the_last_approval_finds_done_meanwhile_bars_it() -> None:
    told = begun()
    steps = steps_of(told, "expand")
    told.do(changed(told, "expand", steps[0], with_fields(steps[1], title="Another"), steps[2]))
    assert "the amendment by ann that waits changes it" in told.refusal(c.StartStep(step="fill"))
    told.tell(e.StepStarted(step="fill", attempt=1))
    told.tell(e.StepSucceeded(step="fill"))
    assert "'FILL' is done: it cannot be changed or dropped" in told.refusal(APPROVE, by=SECOND)
    assert told.state.amendment


def test_what_an_amendment_that_waits_changes_is_not_begun_before_it_is_decided() -> None:
    told = begun()
    steps = steps_of(told, "expand")
    told.do(changed(told, "expand", steps[0], with_fields(steps[1], title="Another"), steps[2]))
    assert "have it approved, or withdraw it" in told.refusal(c.StartStep(step="fill"))
    told.do(c.WithdrawAmendment())
    told.run("fill")


def crash(told: Story) -> None:
    start(told)
    told.crash()


def hold(told: Story) -> None:
    start(told)
    told.tell(e.StepInterrupted(step="fill", reason="held"))


def fail_halfway(told: Story) -> None:
    start(told)
    told.tell(o.Progressed(step="fill", done=7))
    told.tell(e.StepFailed(step="fill", error="no"))


def judge(told: Story) -> None:
    start(told)
    told.tell(o.StepPutToPerson(step="fill", question="right?"))


def waive(told: Story) -> None:
    told.do(c.Waive(step="fill", reason="by hand"))
    told.do(c.Waive(step="fill"), by=SECOND)


@pytest.mark.parametrize("happen", [start, crash, hold, fail_halfway, judge, waive])
@pytest.mark.parametrize("how", ["changed", "prose", "renamed", "dropped", "moved", "preceded"])
def test_what_has_begun_stays_as_it_is(happen: Callable[[Story], None], how: str) -> None:
    told = begun()
    happen(told)
    add, fill, check = steps_of(told, "expand")
    others = {
        "changed": (add, with_fields(fill, undo="another way"), check),
        "prose": (add, with_fields(fill, note="mind the gap"), check),
        "renamed": (add, with_fields(fill, id="refill"), check),
        "dropped": (add, check),
        "moved": (add, check, fill),
        "preceded": (add, step("new"), fill, check),
    }
    before = told.state
    assert told.refusal(changed(told, "expand", *others[how]))
    assert told.state is before


def test_what_failed_and_left_nothing_can_be_changed_or_dropped_and_begins_anew() -> None:
    told = begun()
    start(told)
    told.tell(e.StepFailed(step="fill", error="no"))
    add, fill, check = steps_of(told, "expand")
    amended(told, changed(told, "expand", add, with_fields(fill, undo="another way"), check))
    assert (told.status("fill"), told.at("fill").error, told.at("fill").attempt) == (Status.PENDING, "", 1)
    told.do(c.SignOff(step="sign", role="reviewer"))
    start(told)
    assert told.at("fill").attempt == 2
    told.tell(e.StepFailed(step="fill", error="no"))
    later, count = steps_of(told, "switch")
    dropped = changed(told, "expand", add, check).runbook
    loose = with_fields(dropped, phases=(*dropped.phases[:2], phase("switch", with_fields(later, requires=()), count)))
    amended(told, amend_to(with_fields(loose, phases=(*loose.phases, told.state.runbook.phases[3]))))
    assert "fill" not in told.state.steps


def test_an_undo_under_way_bars_it() -> None:
    told = begun()
    told.do(c.UndoPhase(phase="expand", typed="expand"))
    assert "phase expand is being undone" in told.refusal(changed(told, "switch", title="Another"))


def test_a_phase_about_to_be_entered_bars_it_and_its_approval() -> None:
    told = Story(phase("one", reading("count")), phase("two", step("work")), risk="low")
    told.run("count")
    told.do(changed(told, "two", title="Another"))
    assert shown(told.ask(c.StartStep(step="work"))) == "+ PhaseApproached"
    assert "two is about to be entered" in told.refusal(APPROVE, by=SECOND)
    assert "two is about to be entered" in told.refusal(changed(told, "two", title="Third"))


def test_a_dialog_of_a_point_of_no_return_is_closed_by_it() -> None:
    told = Story(phase("one", reading("count")), phase("two", step("drop"), point_of_no_return=point()), risk="low")
    told.run("count")
    told.do(changed(told, "two", title="Another"), c.ApproachPointOfNoReturn(phase="two"))
    told.do(APPROVE, by=SECOND)
    assert told.state.approach is None
    assert "was not approached" in told.refusal(c.PassPointOfNoReturn(phase="two", typed="app.db"))


@pytest.mark.parametrize("happened", ["failed", "partly"])
def test_a_step_that_was_done_in_part_stays_as_it_is_though_its_next_attempt_failed_at_once(happened: str) -> None:
    told = begun()
    start(told)
    if happened == "failed":
        told.tell(o.Progressed(step="fill", done=7))
        told.tell(e.StepFailed(step="fill", error="no"))
    else:
        told.crash()
        told.tell(e.StepSettled(step="fill", happened="partly", evidence="7 rows"))
    for _ in range(2):
        start(told)
        told.tell(e.StepFailed(step="fill", error="no"))
    add, fill, check = steps_of(told, "expand")
    other = with_fields(fill, data={"sql": "other"})
    assert "'FILL' is failed: it cannot be changed" in told.refusal(changed(told, "expand", add, other, check))
    told.do(c.UndoPhase(phase="expand", typed="expand"))
    told.undo("fill", "add")
    assert not told.at("fill").partly
