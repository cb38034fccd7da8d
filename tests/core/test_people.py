"""What people say: confirm, reject, not applicable, sign, settle by word, take over."""

import pytest

from console.core import commands as c
from console.core import events as e
from console.core import observations as o
from console.core.runbook import EVERYBODY
from console.core.state import Status
from tests.core.build import DRIVER, SECOND, STRANGER, Story, phase, step
from tests.core.legal import wrong


def signing(*roles: str, **people: tuple[str, ...]) -> Story:
    everybody = {EVERYBODY: people.pop("everybody")} if "everybody" in people else {}
    return Story(phase("one", step("sign", "signatures", signatures=roles)), people={**people, **everybody})


def sign(role: str) -> c.SignOff:
    return c.SignOff(step="sign", role=role)


def test_a_checkpoint_takes_each_role_from_another_person() -> None:
    story = signing("tech-lead", "dba", ann=("tech-lead", "dba"), bob=("tech-lead", "dba"))
    story.do(sign("dba"))
    assert "ann has signed this checkpoint already" in story.refusal(sign("tech-lead"))
    assert "no signature of a dba is missing" in story.refusal(sign("dba"), by=SECOND)
    story.do(sign("tech-lead"), by=SECOND)
    assert "all signatures are there" in story.refusal(sign("dba"), by=SECOND)
    assert [(each.account, each.role) for each in story.at("sign").signatures] == [
        (DRIVER, "dba"),
        (SECOND, "tech-lead"),
    ]
    assert story.status("sign") is Status.DONE


def test_nobody_signs_in_a_role_that_the_runbook_does_not_give_them() -> None:
    story = signing("dba", ann=("dba",))
    assert "eve is no dba in this runbook" in story.refusal(sign("dba"), by=STRANGER)
    assert "only a person" in story.refusal(sign("dba"), by=e.ENGINE)


def test_everybody_signs_in_the_roles_that_everybody_has_but_the_engine_does_not() -> None:
    story = signing("reviewer", "reviewer", everybody=("reviewer",))
    assert "only a person" in story.refusal(sign("reviewer"), by=e.ENGINE)
    story.do(sign("reviewer"), by=STRANGER)
    story.do(sign("reviewer"), by=SECOND)
    assert story.status("sign") is Status.DONE


def test_a_signature_that_would_leave_a_role_to_nobody_is_refused() -> None:
    story = signing("tech-lead", "dba", ann=("tech-lead", "dba"), bob=("tech-lead",))
    assert story.refusal(sign("tech-lead")) == "then nobody is left to sign as dba — sign in the other role"
    story.do(sign("tech-lead"), by=SECOND)
    story.do(sign("dba"))
    assert story.status("sign") is Status.DONE


def test_a_role_that_nobody_has_does_not_bar_the_others_from_signing() -> None:
    story = signing("dba", "architect", ann=("dba",))
    story.do(sign("dba"))
    assert story.status("sign") is Status.PENDING


def test_a_crash_after_the_last_signature_leaves_the_checkpoint_complete() -> None:
    story = signing("dba", ann=("dba",))
    story.tell(e.PhaseEntered(phase="one"), by=DRIVER)
    story.tell(e.SignedOff(step="sign", role="dba"), by=DRIVER)
    story.crash()
    assert story.status("sign") is Status.DONE
    assert "one" in story.state.completed_at
    story.do(c.Finish())


def test_a_step_rejected_can_be_confirmed_after_all_and_keeps_no_error() -> None:
    story = Story(phase("one", step("tell", "person")))
    story.do(c.RejectStep(step="tell", reason="nobody answers"))
    assert (story.status("tell"), story.at("tell").error) == (Status.FAILED, "nobody answers")
    story.do(c.RejectStep(step="tell", reason="still nobody"), c.ConfirmStep(step="tell"))
    assert (story.status("tell"), story.at("tell").error) == (Status.DONE, "")
    assert not wrong(story.state)


def test_a_word_is_given_once() -> None:
    story = Story(phase("one", step("tell", "person")))
    story.do(c.ConfirmStep(step="tell"))
    for again in (
        c.ConfirmStep(step="tell"),
        c.RejectStep(step="tell", reason="no"),
        c.MarkNotApplicable(step="tell", reason="no"),
    ):
        assert "it is done" in story.refusal(again)


def test_what_asks_for_an_observation_is_not_confirmed_without_one() -> None:
    story = Story(phase("one", step("lag", "person", data={"observe": "the lag in seconds"})))
    assert "the lag in seconds" in story.refusal(c.ConfirmStep(step="lag", value=" \t"))
    story.do(c.ConfirmStep(step="lag", value="0.4"))
    assert story.at("lag").value == "0.4"


@pytest.mark.parametrize(
    "command",
    [
        c.RejectStep(step="tell", reason=" "),
        c.MarkNotApplicable(step="tell", reason=""),
        c.Abort(reason="\n"),
        c.AddNote(text=" "),
    ],
)
def test_what_needs_words_is_refused_without_them(command: c.AnyCommand) -> None:
    story = Story(phase("one", step("tell", "person")))
    story.refusal(command)


def judging() -> Story:
    story = Story(phase("one", step("look"), step("next")))
    story.do(c.StartStep(step="look"))
    story.tell(o.StepPutToPerson(step="look", question="is this right?"))
    return story


def test_what_was_measured_waits_for_a_person_and_nothing_else_makes_it_done() -> None:
    story = judging()
    story.tell(e.StepSucceeded(step="look", summary="3 rows"))
    assert story.status("look") is Status.JUDGING
    story.crash()
    assert story.status("look") is Status.JUDGING
    assert "waits for 'LOOK'" in story.refusal(c.StartStep(step="next"))
    assert "cannot be not applicable" in story.refusal(c.MarkNotApplicable(step="look", reason="no"))
    story.do(c.ConfirmStep(step="look", note="as expected"))
    assert story.status("look") is Status.DONE


def test_what_was_measured_and_rejected_can_be_measured_again() -> None:
    story = judging()
    story.do(c.RejectStep(step="look", reason="two are wrong"), c.StartStep(step="look"))
    assert (story.status("look"), story.at("look").error, story.at("look").attempt) == (Status.RUNNING, "", 2)


def doubtful(*, asks_again: bool = False) -> Story:
    story = Story(phase("one", step("add", asks_again=asks_again)))
    story.do(c.StartStep(step="add"))
    story.tell(e.StepLost(step="add", error="connection lost"))
    return story


def test_a_persons_word_settles_a_doubt_with_evidence_and_the_engine_comes_too_late() -> None:
    story = doubtful()
    assert "evidence" in story.refusal(c.ResolveDoubt(step="add", happened=True, evidence=" "))
    story.do(c.ResolveDoubt(step="add", happened=True, evidence="the column is there"))
    story.tell(e.StepSettled(step="add", happened="no", evidence="no ledger row"))
    assert (story.status("add"), story.at("add").error) == (Status.DONE, "")
    assert "not in doubt" in story.refusal(c.ResolveDoubt(step="add", happened=False, evidence="x"))


def test_the_engine_settles_a_doubt_and_a_persons_word_comes_too_late() -> None:
    story = doubtful()
    story.tell(e.StepSettled(step="add", happened="yes", evidence="ledger"))
    assert "not in doubt" in story.refusal(c.ResolveDoubt(step="add", happened=False, evidence="I saw nothing"))


def test_a_word_does_not_make_a_check_pass_that_lost_its_answer() -> None:
    story = doubtful(asks_again=True)
    assert "nobody's word replaces it" in story.refusal(c.ResolveDoubt(step="add", happened=True, evidence="trust me"))
    story.do(c.ResolveDoubt(step="add", happened=False, evidence="it never answered"), c.StartStep(step="add"))


def test_whoever_takes_over_drives_and_the_other_does_not_any_more() -> None:
    story = Story(phase("one", step("add")))
    assert "ann drives this run, not eve — take over first" in story.refusal(c.StartStep(step="add"), by=STRANGER)
    story.do(c.TakeOver(reason="shift ends"), by=STRANGER)
    assert "eve drives already" in story.refusal(c.TakeOver(), by=STRANGER)
    assert "eve drives this run" in story.refusal(c.StartStep(step="add"))
    story.do(c.StartStep(step="add"), by=STRANGER)
    story.do(c.TakeOver(), by=DRIVER)
    story.do(c.CancelStep(step="add"))


def test_a_pause_by_anybody_holds_and_only_the_driver_goes_on() -> None:
    story = Story(phase("one", step("add")))
    story.do(c.Pause(reason="lag"), by=STRANGER)
    assert "already paused by eve" in story.refusal(c.Pause())
    assert "paused by eve: lag — unpause" in story.refusal(c.StartStep(step="add"))
    assert "ann drives" in story.refusal(c.Unpause(), by=STRANGER)
    story.do(c.Unpause(), c.StartStep(step="add"))


def test_an_abort_waits_for_what_is_under_way_and_for_what_is_in_doubt() -> None:
    story = Story(phase("one", step("add")))
    story.do(c.StartStep(step="add"), c.CancelStep(step="add"))
    assert "'ADD' is under way — cancel it or let it end first" in story.refusal(c.Abort(reason="enough"))
    story.crash()
    assert "in doubt — settle it first" in story.refusal(c.Abort(reason="enough"))
    story.do(c.ResolveDoubt(step="add", happened=False, evidence="no column"), c.Abort(reason="enough"))
    assert not wrong(story.state)


def counting() -> Story:
    data = {"observe": "the number of users", "expect": "200000"}
    return Story(phase("one", step("count", "person", data=data)))


def test_another_value_than_the_expected_one_is_confirmed_only_with_a_note() -> None:
    story = counting()
    told = story.refusal(c.ConfirmStep(step="count", value="199999"))
    assert "'199999' was seen where '200000' is expected" in told
    assert "is expected" in story.refusal(c.ConfirmStep(step="count", value="199999", note=" . "))
    story.do(c.ConfirmStep(step="count", value="199999", note="one user left tonight"))
    assert story.status("count") is Status.DONE


def test_the_expected_value_needs_no_note() -> None:
    story = counting()
    story.do(c.ConfirmStep(step="count", value=" 200000 "))
    assert story.status("count") is Status.DONE


def test_a_full_stop_is_no_reason() -> None:
    story = counting()
    assert "needs a reason" in story.refusal(c.MarkNotApplicable(step="count", reason="."))
    assert "needs a reason" in story.refusal(c.RejectStep(step="count", reason=" - "))


@pytest.mark.parametrize("blank", [".", "\u200b", "\u3164", "\uffa0 \u115f"])
def test_what_nobody_can_see_is_no_reason_and_no_evidence(blank: str) -> None:
    story = counting()
    assert "needs a reason" in story.refusal(c.RejectStep(step="count", reason=blank))
    assert "an abort needs a reason" in story.refusal(c.Abort(reason=blank))
    doubtful = Story(phase("one", step("add")))
    doubtful.do(c.StartStep(step="add"))
    doubtful.crash()
    assert "needs the evidence" in doubtful.refusal(c.ResolveDoubt(step="add", happened=True, evidence=blank))
