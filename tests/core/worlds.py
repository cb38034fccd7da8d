"""The runs that the decider's table is about: one step in each status, and one command of each type aimed at it."""

from collections.abc import Callable

from console.core import commands as c
from console.core import events as e
from console.core import observations as o
from console.core.runbook import DrivenBy, Runbook
from console.core.state import Status
from tests.core.build import SECOND, Story, amend_to, end_session, phase, point, runbook, step


def document(driven_by: DrivenBy, *more: str) -> Runbook:
    work = step("work", driven_by, undo="take it back")
    drop = (step(name, restore="from the backup") for name in ("drop", *more))
    contract = phase("contract", *drop, point_of_no_return=point())
    return runbook(phase("expand", work), contract, risk="low")


COMMANDS: dict[str, c.AnyCommand | c.AmendTo] = {
    type(command).__name__: command
    for command in (
        c.StartStep(step="work"),
        c.UndoStep(step="work"),
        c.ConfirmStep(step="work", value="7"),
        c.RejectStep(step="work", reason="it is wrong"),
        c.MarkNotApplicable(step="work", reason="not here"),
        c.SignOff(step="work", role="dba"),
        c.Waive(step="work", reason="it is not needed here"),
        c.CancelStep(step="work"),
        c.ResolveDoubt(step="work", happened=True, evidence="the column is there"),
        end_session("work"),
        c.ApproachPointOfNoReturn(phase="contract"),
        c.LeavePointOfNoReturn(phase="contract"),
        c.PassPointOfNoReturn(phase="contract", typed="app.db"),
        c.UndoPhase(phase="expand", typed="expand"),
        c.Amend(source="", source_name="tested.yaml", reason="it was wrong"),
        c.ApproveAmendment(source_digest="new", role="reviewer"),
        c.WithdrawAmendment(),
        amend_to(document("engine", "extra")),
        c.Pause(reason="wait"),
        c.Unpause(),
        c.AddNote(text="pager quiet", step="work"),
        c.TakeOver(reason="shift ends"),
        c.Abort(reason="enough"),
        c.Finish(),
        c.StopEngine(),
    )
}


def fresh(driven_by: DrivenBy) -> Story:
    return Story(*document(driven_by).phases, risk="low")


def started(story: Story) -> None:
    story.do(c.StartStep(step="work"))


def succeeded(story: Story) -> None:
    story.run("work")


def cancelling(story: Story) -> None:
    story.do(c.StartStep(step="work"), c.CancelStep(step="work"))


def lost(story: Story) -> None:
    started(story)
    story.crash()


def put_to_person(story: Story) -> None:
    started(story)
    story.tell(o.StepPutToPerson(step="work", question="right?"))


def failed(story: Story) -> None:
    started(story)
    story.tell(e.StepFailed(step="work", error="no such table"))


def held(story: Story) -> None:
    started(story)
    story.tell(e.StepInterrupted(step="work", reason="held"))


def passed_over(story: Story) -> None:
    """Mark it as not applicable: on a step of the engine no command leads there, but the fold is total."""
    story.tell(e.PhaseEntered(phase="expand"))
    story.tell(e.StepNotApplicable(step="work", reason="not here"))


def waived(story: Story) -> None:
    story.do(c.Waive(step="work", reason="it is not needed here"))
    story.do(c.Waive(step="work"), by=SECOND)


def confirmed(story: Story) -> None:
    story.do(c.ConfirmStep(step="work", value="7"))


def rejected(story: Story) -> None:
    story.do(c.RejectStep(step="work", reason="it is wrong"))


def nothing(story: Story) -> None:
    """Leave it as it is at first."""


def signed_once(story: Story) -> None:
    story.do(c.SignOff(step="work", role="tech-lead"), by=SECOND)


def signed(story: Story) -> None:
    signed_once(story)
    story.do(c.SignOff(step="work", role="dba"))


WAYS: dict[DrivenBy, dict[Status, Callable[[Story], None]]] = {
    "engine": {
        Status.PENDING: nothing,
        Status.RUNNING: started,
        Status.CANCELLING: cancelling,
        Status.IN_DOUBT: lost,
        Status.JUDGING: put_to_person,
        Status.FAILED: failed,
        Status.INTERRUPTED: held,
        Status.DONE: succeeded,
        Status.NOT_APPLICABLE: passed_over,
        Status.WAIVED: waived,
    },
    "person": {
        Status.PENDING: nothing,
        Status.FAILED: rejected,
        Status.DONE: confirmed,
        Status.NOT_APPLICABLE: passed_over,
        Status.WAIVED: waived,
    },
    "signatures": {Status.PENDING: nothing, Status.DONE: signed},
}
"""How a step comes into each status that it can be in, by who drives it."""


def world(driven_by: DrivenBy, status: Status) -> Story:
    """Return a run whose first step is in that status."""
    story = fresh(driven_by)
    WAYS[driven_by][status](story)
    assert story.status("work") is status
    return story
