"""What is worth announcing of a record. Rule: pure; the journal alone says it, so that a later engine says the same."""

from datetime import datetime

from msgspec import Struct

from console.core import events as e
from console.core.observations import StepPutToPerson
from console.core.runbook import Told
from console.core.state import RunState


class Announcement(Struct, frozen=True, kw_only=True):
    """What is sent, as a JSON object. `key` is the same however often it is sent."""

    event: Told
    text: str
    """One sentence."""
    run: str
    runbook: str
    title: str
    environment: str
    at: datetime
    by: str
    seq: int
    """Of the record that it is about."""
    key: str
    phase: str = ""
    step: str = ""


def announcement(before: RunState | None, record: e.Record, after: RunState) -> Announcement | None:
    """Return what a record is worth; None for most of them."""
    found = _told(before, record, after)
    if found is None:
        return None
    event, text, phase, step = found
    started = after.started
    return Announcement(
        event=event,
        text=f"{after.runbook.title} ({started.environment}): {text}",
        run=started.run,
        runbook=after.runbook.runbook,
        title=after.runbook.title,
        environment=started.environment,
        at=record.at,
        by=record.by,
        seq=record.seq,
        key=f"{started.run}-{record.seq}",
        phase=phase,
        step=step,
    )


def _told(before: RunState | None, record: e.Record, after: RunState) -> tuple[Told, str, str, str] | None:
    """Return which event it is, in words, and the phase and step that it is about."""
    match record.event:
        case e.RunStarted():
            return "opened", f"the run began on {after.target.label}, by {record.by}", "", ""
        case e.RunFinished():
            return "closed", f"the run was finished by {record.by}", "", ""
        case e.RunAborted(reason=reason):
            return "aborted", f"the run was aborted by {record.by}: {reason}", "", ""
        case e.PointOfNoReturnPassed(phase=phase):
            text = f"the point of no return before {after.runbook.phase(phase).title} was passed by {record.by}"
            return "point_of_no_return", text, phase, ""
        case e.UndoStarted(phase=phase):
            return "rollback", f"{after.runbook.phase(phase).title} is being taken back, by {record.by}", phase, ""
        case e.UndoVerified(phase=phase, checks=checks):
            well = "and all is as before" if all(each[3] for each in checks) else "and not all is as before"
            return "rollback", f"{after.runbook.phase(phase).title} was taken back, {well}", phase, ""
        case e.StepFailed(step=step, error=error):
            return "failed", f"{after.title(step)} failed: {error}", after.phase_of(step).id, step
        case e.StepLost(step=step):
            text = f"nobody knows what became of {after.title(step)}: it has to be found out"
            return "waiting", text, after.phase_of(step).id, step
        case StepPutToPerson(step=step, question=question):
            return "waiting", f"{after.title(step)} waits for a person: {question}", after.phase_of(step).id, step
        case _:
            return _completed(before, after)


def _completed(before: RunState | None, after: RunState) -> tuple[Told, str, str, str] | None:
    if before is None or before.completed_at is after.completed_at:
        return None
    done = [each for each in after.runbook.phases if each.id in after.completed_at.keys() - before.completed_at.keys()]
    if not done:
        return None
    return "phase_done", f"{done[0].title} is done", done[0].id, ""
