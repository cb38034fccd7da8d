"""What happened since somebody last did anything. Rule: it tells outcomes, not steps on the way to them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from console.core import changed as ch
from console.core import events as e
from console.core import server_events as s
from console.core.runbook import Runbook
from console.views import figures
from console.views.rows import Line, quiet, strong
from console.views.text import one_line
from console.views.titles import titles_of

TOLD = 4
"""Outcomes that are told one by one; the rest is counted."""


def meanwhile(records: Sequence[e.Record], runbook: Runbook, *, account: str, until: datetime) -> Line:
    """Say what happened between an account's last act and `until`; empty when that is nothing worth telling."""
    last = next((index for index in reversed(range(len(records))) if records[index].by == account), None)
    if last is None:
        return ()
    titles = titles_of(runbook, records)
    away = [record for record in records[last:] if record.at <= until]
    told = [words for before, record in pairwise(away) if (words := _told(before, record, titles))]
    if not told:
        return ()
    more = f" · and {len(told) - TOLD} more" if len(told) > TOLD else ""
    since = figures.clock_seconds(records[last].at)
    return (quiet(f"since {account}'s last act at {since}: "), strong(" · ".join(told[-TOLD:])), quiet(more))


def _told(before: e.Record, record: e.Record, titles: Mapping[str, str]) -> str:
    if isinstance(record.event, ch.ChangeEvent):
        return _of_change(record.by, record.event, titles)
    step = getattr(record.event, "step", "")
    title = one_line(titles[step]) if step else ""
    match record.event:
        case e.StepSucceeded() | e.SignOffCompleted():
            return f"{title} done"
        case e.StepFailed():
            return f"{title} failed"
        case e.StepCancelled() | e.StepInterrupted():
            return f"{title} was held"
        case e.StepSettled(happened=happened):
            found = {"yes": "it happened", "no": "it had not happened", "partly": "it had happened in part"}
            return f"{title} was in doubt, {found.get(happened, 'nobody can tell whether it happened')}"
        case e.EngineStarted() if not isinstance(before.event, e.EngineStopped | e.RunStarted):
            return "the engine was killed and started again"
        case e.Paused():
            return f"{record.by} paused"
        case e.DriverChanged(driver=driver):
            return f"{driver} took over"
        case e.SignedOff(role=role):
            return f"{record.by} signed {title} as {role}"
        case e.Noted() if record.by != e.ENGINE:
            return f"{record.by} noted something"
        case s.SessionEnded(pid=pid, done=True):
            return f"process {pid} was put out of the way of {title}"
        case e.UndoVerified(phase=phase):
            return f"phase {phase} is undone"
        case e.RunFinished() | e.RunAborted():
            return f"{record.by} ended the run"
        case _:
            return ""


def _of_change(by: str, event: ch.ChangeEvent, titles: Mapping[str, str]) -> str:
    match event:
        case ch.PhaseLeft(phase=phase, reason=reason):
            return f"{one_line(titles[phase])} was not entered: {one_line(reason)}"
        case ch.WaiverAsked(step=step):
            return f"{by} asked to waive {one_line(titles[step])}"
        case ch.StepWaived(step=step):
            return f"{one_line(titles[step])} was waived"
        case ch.AmendmentProposed():
            return f"{by} proposed an amendment"
        case ch.AmendmentApproved(role=role):
            return f"{by} approved the amendment as {role}"
        case ch.AmendmentWithdrawn():
            return f"{by} withdrew the amendment"
        case _:
            return ""
