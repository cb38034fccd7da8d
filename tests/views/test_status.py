"""Where a run stands, in the words of its status: one word for every situation, the most urgent one."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from console.core import commands as c
from console.core import events as e
from console.core import observations as o
from console.core.runbook import Phase
from console.views.status import RunStatus, lines, status, tmux_line
from tests.views.changed import kept_out, proposed, signed
from tests.views.evening import DBA, DOCUMENT, LEAD, OP, Evening, before_the_point, whole


def now(told: Evening, *, engine: bool = True, later: float = 0) -> RunStatus:
    return status(told.state, now=told.now + timedelta(seconds=later), engine=engine)


def confirmed() -> Evening:
    told = Evening()
    told.do(c.ConfirmStep(step="backup", value="x"), by=OP)
    return told


def started() -> Evening:
    told = confirmed()
    told.do(c.StartStep(step="users_rows"), by=OP)
    return told


def failed() -> Evening:
    told = started()
    told.tell(e.StepFailed(step="users_rows", error="no such table"))
    return told


def in_doubt() -> Evening:
    told = started()
    told.crash()
    return told


def held() -> Evening:
    told = started()
    told.tell(e.StepInterrupted(step="users_rows", reason="the engine was stopped"))
    return told


def judging() -> Evening:
    told = started()
    told.tell(o.StepPutToPerson(step="users_rows", question="Is that right?"))
    return told


def checkpoint() -> Evening:
    told = started()
    told.tell(e.StepSucceeded(step="users_rows"))
    return told


def signed_once() -> Evening:
    told = checkpoint()
    told.do(c.SignOff(step="go", role="dba"), by=DBA)
    return told


def paused() -> Evening:
    told = confirmed()
    told.do(c.Pause(reason="a call"), by=LEAD)
    return told


def undoing() -> Evening:
    told = confirmed()
    told.do(c.UndoPhase(phase="pre-flight", typed="pre-flight"), by=OP)
    return told


def soaked() -> Evening:
    told = before_the_point()
    told.later(600)
    return told


def aborted() -> Evening:
    told = Evening()
    told.do(c.Abort(reason="no time"), by=OP)
    return told


@pytest.mark.parametrize(
    ("told", "state", "step", "says"),
    [
        (Evening, "waiting", "backup", "to be confirmed"),
        (confirmed, "waiting", "users_rows", "to be run"),
        (started, "at work", "users_rows", "under way for 0.0 s"),
        (failed, "failed", "users_rows", "no such table"),
        (in_doubt, "in doubt", "users_rows", "whether it happened is unknown: settle it"),
        (held, "waiting", "users_rows", "to be gone on with"),
        (judging, "waiting", "users_rows", "to be judged: Is that right?"),
        (checkpoint, "waiting", "go", "to be signed: tech-lead, dba"),
        (signed_once, "waiting", "go", "to be signed: tech-lead"),
        (paused, "paused", "", "by lead1: a call"),
        (undoing, "at work", "", "phase pre-flight is being undone"),
        (before_the_point, "waiting", "drop_old", "soaks for 10m after fill, 10:00 left"),
        (soaked, "waiting", "drop_old", "the point of no return is ahead"),
        (whole, "finished", "", "by dba1: all well"),
        (aborted, "aborted", "", "by op1: no time"),
    ],
)
def test_every_situation_has_its_word(told: Callable[[], Evening], state: str, step: str, says: str) -> None:
    found = now(told())
    assert (found.state, found.step, found.says) == (state, step, says)


def test_everything_done_waits_for_a_person_to_finish() -> None:
    told = soaked()
    told.do(c.ApproachPointOfNoReturn(phase="contract"), by=DBA)
    told.tell(e.GateAsked(phase="contract", step="none_left", passed=True, actual="0"))
    told.do(c.PassPointOfNoReturn(phase="contract", typed="200000"), c.StartStep(step="drop_old"), by=DBA)
    told.tell(e.StepSucceeded(step="drop_old"))
    told.do(c.ConfirmStep(step="docs"), by=DBA)
    assert (now(told).state, now(told).says) == ("waiting", "everything is done: finish the run")


def test_a_step_whose_engine_died_is_in_doubt_before_anybody_looked() -> None:
    assert now(started()).state == "at work"
    assert now(started(), engine=False).state == "in doubt"


def test_a_step_that_is_paused_under_way_is_not_told_as_at_work() -> None:
    told = started()
    told.tell(o.Progressed(step="users_rows", done=40, total=100, fraction=0.4, rate=10.0))
    told.do(c.Pause(reason="a call"), by=LEAD)
    found = now(told, later=3)
    assert (found.state, found.step) == ("paused", "users_rows")
    assert found.says == "by lead1: a call; it holds at its next boundary, 40 %"


def test_an_undo_whose_engine_is_gone_says_so_in_every_form() -> None:
    found = now(undoing(), engine=False)
    assert found.state == "paused"
    assert "its engine is gone" in tmux_line(found)


def test_an_undo_that_a_person_carries_out_waits_for_them() -> None:
    told = Evening(replace(DOCUMENT, phases=(_deployed(DOCUMENT.phases[0]), *DOCUMENT.phases[1:])))
    told.do(c.ConfirmStep(step="backup", value="x"), by=OP)
    told.do(c.UndoPhase(phase="pre-flight", typed="pre-flight"), by=OP)
    found = now(told)
    assert (found.state, found.step) == ("waiting", "backup")
    assert found.says == "phase pre-flight is being undone: to be taken back by a person"


def _deployed(phase: Phase) -> Phase:
    """Return a phase whose first step is taken back by a person."""
    first, *rest = phase.steps
    return replace(phase, steps=(replace(first, undo="Deploy v1.0."), *rest))


def test_progress_is_told_while_a_step_is_under_way() -> None:
    told = started()
    told.tell(o.Progressed(step="users_rows", done=40, total=100, fraction=0.4, rate=10.0))
    assert now(told, later=3).says == "40 %  6.0 s left"


def test_a_status_has_a_few_lines_and_one_for_tmux() -> None:
    assert lines(now(started()))[:3] == (
        "run          users-org-id-1",
        "runbook      Fill users.org_id and retire users.account_id",
        "on           production, /srv/app.db",
    )
    assert tmux_line(now(started())) == ("► users-org-id PRODUCTION 1/9 at work: Number of users: under way for 0.0 s")


def test_the_line_for_tmux_is_short_and_its_escapes_are_whole() -> None:
    told = confirmed()
    told.do(c.Pause(reason="#" * 300), by=OP)
    line = tmux_line(now(told), limit=60)
    assert len(line.replace("##", "#")) < 80
    assert line.count("#") % 2 == 0


def test_while_checks_are_asked_again_it_is_at_work_on_the_entry() -> None:
    told = signed()
    told.ask(c.StartStep(step="add_column"), by=OP)
    here = now(told)
    assert (here.state, here.step) == ("at work", "add_column")
    assert here.says == "asking 1 of 1 checks again before EXPAND"
    assert now(told, engine=False).says.endswith("its engine is gone: `runbook run` starts it again")
    told.do(c.Pause(reason="a call"), by=DBA)
    assert now(told).says.endswith("before EXPAND; paused by dba1: a call")


def test_a_phase_that_was_not_entered_says_why_and_the_way_out() -> None:
    assert now(kept_out()).says == (
        "its phase was not entered: 'Number of users' does not hold any more: 7 — mend it, then try again"
    )


def test_what_waits_for_people_is_in_every_form_of_the_status() -> None:
    told = proposed()
    told.do(c.Waive(step="add_column", reason="it is there"), by=OP)
    here = now(told)
    assert here.asks == (
        "amendment by op1 waits for: tech-lead, dba",
        "op1 asks to waive “Add users.org_id”: it is there",
    )
    assert "amendment by op1 waits for: tech-lead, dba" in "\n".join(lines(here))
    assert "amendment by op1 waits" in tmux_line(here, limit=1000)
    assert now(whole()).asks == ()
