"""What did not go as the runbook has it. Rule: all that a reader should ask about, in order of time."""

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct

from console.core import changed as ch
from console.core import events as e
from console.core import server_events as s
from console.core.observations import StepPutToPerson
from console.core.runbook import Runbook
from console.views.changes import Lapsed, lapsed_in
from console.views.figures import things
from console.views.titles import titles_of


class Deviation(Struct, frozen=True, kw_only=True):
    """One thing that was not to be expected from the runbook."""

    seq: int
    at: datetime
    by: str
    step: str
    """Empty when it concerns the whole run."""
    title: str
    """Of the step or phase; empty when it concerns the whole run."""
    what: str
    """One or two words: `failed`, `in doubt`, `not applicable` …"""
    text: str


Said = tuple[str, str, str]
"""Id of a step or phase, or empty; what; text."""


def deviations(runbook: Runbook, records: Sequence[e.Record]) -> tuple[Deviation, ...]:
    """Return what deviated, from the records of one run."""
    titles = titles_of(runbook, records)
    found, at_work, engines = [], "", 0
    for record in records:
        match record.event:
            case e.EngineStarted() as event:
                said = _engine(event, at_work=at_work, again=engines > 0)
                at_work, engines = "", engines + 1
            case event:
                said = _said(event)
                at_work = _at_work(event, at_work)
        found += [
            Deviation(
                seq=record.seq,
                at=record.at,
                by=record.by,
                step=place if place in titles.steps else "",
                title=titles[place] if place else "",
                what=what,
                text=text,
            )
            for place, what, text in said
        ]
    by_seq = {record.seq: record for record in records}
    found += [_lapsed(by_seq[seq], each) for seq, each in lapsed_in(records, titles)]
    return tuple(sorted(found, key=lambda each: each.seq))


def _lapsed(record: e.Record, each: Lapsed) -> Deviation:
    return Deviation(
        seq=record.seq,
        at=record.at,
        by=record.by,
        step=each.step,
        title=each.title,
        what="signature lapsed",
        text=f"of {each.account} as {each.role}: the amendment touches what it stood for",
    )


_OUTCOMES = (
    e.StepSucceeded | e.StepFailed | e.StepCancelled | e.StepInterrupted | e.StepLost | e.StepSettled | e.StepConfirmed
)


def _at_work(event: e.AnyEvent, step: str) -> str:
    """Return the step that is under way after an event."""
    if isinstance(event, e.StepStarted):
        return event.step
    return "" if isinstance(event, _OUTCOMES | StepPutToPerson) and event.step == step else step


def _engine(event: e.EngineStarted, *, at_work: str, again: bool) -> tuple[Said, ...]:
    came = ("", "engine started again", f"process {event.pid} on {event.host}")
    lost = (at_work, "in doubt", "the engine ended while it was under way")
    torn = ("", "journal repaired", f"an unfinished last line of {event.torn_bytes} bytes was cut off")
    return (
        *((came,) if again else ()),
        *((lost,) if at_work else ()),
        *((torn,) if event.torn_bytes else ()),
    )


def _started(event: e.StepStarted) -> tuple[Said, ...]:
    if event.action == "undo" or event.attempt == 1:
        return ()
    what = "gone on with" if event.resumes else "tried again"
    return ((event.step, what, f"attempt {event.attempt}"),)


def _failed(event: e.StepFailed) -> tuple[Said, ...]:
    return ((event.step, "failed", f"{event.error} — {event.remedy}" if event.remedy else event.error),)


def _taken_over(event: e.DriverChanged) -> tuple[Said, ...]:
    return (
        (
            "",
            "taken over",
            f"{event.driver} drives from here" + (f": {event.reason}" if event.reason else ""),
        ),
    )


def _gate(event: e.GateAsked) -> tuple[Said, ...]:
    return () if event.passed else ((event.step, "gate was red", f"asked again, it was {event.actual}"),)


def _verified(event: e.UndoVerified) -> tuple[Said, ...]:
    bad = [check for check, *_, passed in event.checks if not passed]
    if bad:
        return ((event.phase, "undo not verified", f"not as before: {', '.join(bad)}"),)
    return ((event.phase, "undone", f"{things(len(event.checks), 'comparison')} with the state before"),)


def _waived(event: ch.StepWaived) -> tuple[Said, ...]:
    note = f" — {event.note}" if event.note else ""
    return ((event.step, "waived", f"{event.reason}, asked by {event.asked_by}{note}"),)


def _session(event: s.SessionEndAsked) -> tuple[Said, ...]:
    what = "session to be ended" if event.how == "terminate" else "statement of a session to be stopped"
    why = f": {event.reason}" if event.reason else ""
    return ((event.step, what, f"{event.pid} {event.whose}".rstrip() + why),)


def _as(role: str, note: str) -> str:
    return f"as {role}" + (f": {note}" if note else "")


_SAID: dict[type[e.AnyEvent], Callable[..., tuple[Said, ...]]] = {
    e.StepStarted: _started,
    e.StepFailed: _failed,
    e.StepCancelled: lambda event: ((event.step, "cancelled", event.summary),),
    e.StepInterrupted: lambda event: ((event.step, "held", event.reason),),
    e.StepLost: lambda event: ((event.step, "in doubt", event.error),),
    e.StepSettled: lambda event: ((event.step, f"settled: {event.happened}", event.evidence),),
    e.StepRejected: lambda event: ((event.step, "rejected", event.reason),),
    e.StepNotApplicable: lambda event: ((event.step, "not applicable", event.reason),),
    e.DriverChanged: _taken_over,
    e.GateAsked: _gate,
    e.PointOfNoReturnLeft: lambda event: ((event.phase, "turned back at the point of no return", event.reason),),
    e.UndoStarted: lambda event: ((event.phase, "undo", f"{things(len(event.steps), 'step')} to take back"),),
    e.UndoVerified: _verified,
    ch.PhaseLeft: lambda event: ((event.phase, "not entered", event.reason),),
    ch.WaiverAsked: lambda event: ((event.step, "waiver asked for", event.reason),),
    ch.StepWaived: _waived,
    ch.AmendmentProposed: lambda event: (("", "amendment proposed", event.reason),),
    ch.AmendmentApproved: lambda event: (("", "amendment approved", _as(event.role, event.note)),),
    ch.AmendmentWithdrawn: lambda event: (("", "amendment withdrawn", event.reason),),
    s.SessionEndAsked: _session,
    s.SessionEnded: lambda event: () if event.done else ((event.step, "session not ended", event.words),),
    e.Paused: lambda event: (("", "paused", event.reason),),
    e.RunAborted: lambda event: (("", "aborted", event.reason),),
}
"""What each event says of itself; an event that is not here went as expected."""


def _said(event: e.AnyEvent) -> tuple[Said, ...]:
    says = _SAID.get(type(event))
    return says(event) if says else ()
