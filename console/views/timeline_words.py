"""Every event in people's words. Rule: total over the closed set of events."""

from collections.abc import Mapping
from typing import assert_never

from console.core import changed as ch
from console.core import events as e
from console.core import observations as o
from console.core import server_events as s
from console.views import figures
from console.views.progress import fraction_of
from console.views.rows import Line, Span, line, quiet
from console.views.server_words import awaited_words, seen_words, server_event_words
from console.views.text import one_line
from console.views.tones import Tone

_SETTLED = {
    "yes": "it happened",
    "no": "it did not happen",
    "partly": "it happened in part",
    "unknown": "nobody can tell",
}


Observed = o.Observation
PersonSaid = e.StepConfirmed | e.StepRejected | e.StepNotApplicable | e.SignedOff | e.SignOffCompleted
StepEvent = (
    e.StepStarted
    | e.StepSucceeded
    | e.StepFailed
    | e.StepCancelRequested
    | e.StepCancelled
    | e.StepInterrupted
    | e.StepLost
    | e.StepSettled
)
PhaseEvent = (
    e.PhaseEntered
    | e.GateAsked
    | e.PointOfNoReturnApproached
    | e.PointOfNoReturnLeft
    | e.PointOfNoReturnPassed
    | e.UndoStarted
    | e.UndoVerified
)
RunEvent = (
    e.RunStarted
    | e.EngineStarted
    | e.EngineStopped
    | e.DriverChanged
    | e.Noted
    | e.Paused
    | e.Unpaused
    | e.RunFinished
    | e.RunAborted
    | e.Sealed
)


def words_of(event: e.AnyEvent, titles: Mapping[str, str]) -> Line:
    """Say what an event records, with the titles of steps and phases by their ids."""
    match event:
        case (
            o.Progressed()
            | o.StatementRan()
            | o.Measured()
            | o.Sampled()
            | o.BaselineRecorded()
            | o.WaitBegan()
            | o.Noticed()
            | o.StepPutToPerson()
            | o.LockAwaited()
            | o.ServerProgressed()
        ):
            return _observed(event, _title(titles, event.step))
        case e.StepConfirmed() | e.StepRejected() | e.StepNotApplicable() | e.SignedOff() | e.SignOffCompleted():
            return _person(event, _title(titles, event.step))
        case (
            e.StepStarted()
            | e.StepSucceeded()
            | e.StepFailed()
            | e.StepCancelRequested()
            | e.StepCancelled()
            | e.StepInterrupted()
            | e.StepLost()
            | e.StepSettled()
        ):
            return _step(event, _title(titles, event.step))
        case _:
            return _beyond_steps(event, titles)


def _beyond_steps(event: PhaseEvent | ch.ChangeEvent | s.ServerEvent | RunEvent, titles: Mapping[str, str]) -> Line:
    match event:
        case (
            e.PhaseEntered()
            | e.GateAsked()
            | e.PointOfNoReturnApproached()
            | e.PointOfNoReturnLeft()
            | e.PointOfNoReturnPassed()
            | e.UndoStarted()
            | e.UndoVerified()
        ):
            return _phase(event, titles)
        case (
            ch.PhaseApproached()
            | ch.PhaseLeft()
            | ch.WaiverAsked()
            | ch.StepWaived()
            | ch.AmendmentProposed()
            | ch.AmendmentApproved()
            | ch.AmendmentWithdrawn()
        ):
            return _change(event, titles)
        case s.DatabaseFound() | s.SessionEndAsked() | s.SessionEnded() | s.DebrisFound():
            return server_event_words(event, titles)
        case _:
            return _run(event)


def _title(titles: Mapping[str, str], name: str) -> str:
    return one_line(titles[name])


def _said(words: str, tone: Tone = Tone.NEUTRAL) -> Line:
    return line(Span(words, tone))


def _with(words: str, more: str, tone: Tone = Tone.NEUTRAL) -> Line:
    return line(Span(words, tone), quiet(f": {one_line(more)}" if more else ""))


def _observed(event: Observed, title: str) -> Line:
    match event:
        case o.Progressed(done=done, rate=rate):
            way = fraction_of(event)
            share = f", {figures.percent(way)}" if way is not None else ""
            fast = f", {figures.quantity(rate)} rows/s" if rate else ""
            return line(quiet(f"{title}: {figures.things(done, 'row')}{share}{fast}"))
        case o.StatementRan(index=index, of=of, rows=rows, seconds=seconds):
            changed = f", {figures.things(rows, 'row')}" if rows >= 0 else ""
            return line(quiet(f"{title}: statement {index} of {of}{changed}, {seconds:.3f} s"))
        case o.Measured(expected=expected, actual=actual, passed=passed):
            word = {True: "holds", False: "does not hold", None: "is to be judged"}[passed]
            tone = {True: Tone.GOOD, False: Tone.BAD, None: Tone.WAITING}[passed]
            return line(
                f"{title} ", Span(word, tone), quiet(f": expected {one_line(expected)}, actual {one_line(actual)}")
            )
        case o.Sampled(rows=rows_seen):
            return line(quiet(f"{title}: {figures.things(len(rows_seen), 'row')} shown"))
        case o.BaselineRecorded(value=value):
            return _with(f"baseline of {title}", one_line(value))
        case o.WaitBegan(until=until):
            return _said(f"{title} lasts until {figures.clock_seconds(until)}")
        case o.Noticed(text=text):
            return line(quiet(f"{title}: {one_line(text)}"))
        case o.LockAwaited():
            return awaited_words(event, title)
        case o.ServerProgressed():
            return seen_words(event, title)
        case o.StepPutToPerson(question=question):
            return _with(f"{title} is put to a person", question, Tone.WAITING)
        case _:
            assert_never(event)


def _person(event: PersonSaid, title: str) -> Line:
    match event:
        case e.StepConfirmed(action="undo", value=value):
            return _with(f"took {title} back", value)
        case e.StepConfirmed(value=value, note=note):
            return _with(f"confirmed {title}", " · ".join(each for each in (value, note) if each), Tone.GOOD)
        case e.StepRejected(reason=reason):
            return _with(f"rejected {title}", reason, Tone.BAD)
        case e.StepNotApplicable(reason=reason):
            return _with(f"said that {title} does not apply", reason)
        case e.SignedOff(role=role, note=note):
            return _with(f"signed {title} as {role}", note, Tone.GOOD)
        case e.SignOffCompleted():
            return _said(f"completed the signatures of {title}", Tone.GOOD)
        case _:
            assert_never(event)


def _step(event: StepEvent, title: str) -> Line:
    match event:
        case e.StepStarted(action="undo"):
            return _said(f"taking {title} back", Tone.RUNNING)
        case e.StepStarted(attempt=attempt, resumes=resumes):
            more = " from where it was held" if resumes else f", attempt {attempt}" if attempt > 1 else ""
            return _said(f"{title} started{more}", Tone.RUNNING)
        case e.StepSucceeded(summary=summary):
            return _with(f"{title} done", summary, Tone.GOOD)
        case e.StepFailed(error=error):
            return _with(f"{title} failed", error, Tone.BAD)
        case e.StepCancelRequested():
            return _said(f"asked to cancel {title}", Tone.WAITING)
        case e.StepCancelled(summary=summary):
            return _with(f"{title} cancelled", summary, Tone.WAITING)
        case e.StepInterrupted(reason=reason):
            return _with(f"{title} held", reason, Tone.WAITING)
        case e.StepLost(error=error):
            return _with(f"{title} is in doubt", error, Tone.DOUBT)
        case e.StepSettled(happened=happened, evidence=evidence):
            return _with(f"{title} settled, {_SETTLED[happened]}", evidence, Tone.DOUBT)
        case _:
            assert_never(event)


def _phase(event: PhaseEvent, titles: Mapping[str, str]) -> Line:
    title = _title(titles, event.phase)
    match event:
        case e.PhaseEntered():
            return _said(f"phase {title} entered", Tone.RUNNING)
        case e.GateAsked(step=step, passed=passed, actual=actual):
            word, tone = ("holds", Tone.GOOD) if passed else ("does not hold", Tone.BAD)
            return line(f"asked again: {_title(titles, step)} ", Span(word, tone), quiet(f": {one_line(actual)}"))
        case e.PointOfNoReturnApproached():
            return _said(f"opened the point of no return before {title}", Tone.WAITING)
        case e.PointOfNoReturnLeft(reason=reason):
            return _with(f"left the point of no return before {title}", reason)
        case e.PointOfNoReturnPassed():
            return line(Span(f"passed the point of no return before {title}", Tone.DANGER, strong=True))
        case e.UndoStarted(steps=steps):
            return _said(f"undo of {title} started: {figures.things(len(steps), 'step')}", Tone.WAITING)
        case e.UndoVerified(checks=checks):
            bad = [check for check, _, _, passed in checks if not passed]
            tone = Tone.BAD if bad else Tone.GOOD
            return _with(f"{title} is undone, {'but not as before' if bad else 'verified'}", ", ".join(bad), tone)
        case _:
            assert_never(event)


def _change(event: ch.ChangeEvent, titles: Mapping[str, str]) -> Line:
    match event:
        case ch.PhaseApproached(phase=phase, gates=gates):
            asked = figures.things(len(gates), "check")
            return _said(f"about to enter {_title(titles, phase)}: {asked} to be asked again", Tone.RUNNING)
        case ch.PhaseLeft(phase=phase, reason=reason):
            return _with(f"{_title(titles, phase)} was not entered", reason, Tone.BAD)
        case ch.WaiverAsked(step=step, reason=reason):
            return _with(f"asked to waive {_title(titles, step)}", reason, Tone.WAITING)
        case ch.StepWaived(step=step, reason=reason, asked_by=asked_by):
            return _with(f"agreed with {asked_by} to waive {_title(titles, step)}", reason, Tone.WAITING)
        case ch.AmendmentProposed(reason=reason):
            return _with("proposed to amend the runbook", reason, Tone.WAITING)
        case ch.AmendmentApproved(role=role, note=note):
            return _with(f"approved the amendment as {role}", note, Tone.GOOD)
        case ch.AmendmentWithdrawn(reason=reason):
            return _with("withdrew the amendment", reason)
        case _:
            assert_never(event)


def _run(event: RunEvent) -> Line:
    match event:
        case e.RunStarted(environment=environment, target=target):
            return _said(f"started the run in {environment} on {target.name}", Tone.RUNNING)
        case e.EngineStarted(pid=pid, host=host, torn_bytes=torn):
            cut = f"; {figures.things(torn, 'byte')} of a torn line cut off" if torn else ""
            return line(quiet(f"engine {pid} on {host} took over{cut}"))
        case e.EngineStopped(reason=reason):
            return line(quiet(f"engine stopped: {one_line(reason)}"))
        case e.DriverChanged(reason=reason):
            return _with("took the driver's seat", reason, Tone.WAITING)
        case e.Noted(text=text):
            return _said(f"noted “{one_line(text)}”")
        case e.Paused(reason=reason):
            return _with("paused", reason, Tone.WAITING)
        case e.Unpaused():
            return _said("let it go on", Tone.RUNNING)
        case e.RunFinished(note=note):
            return _with("finished the run", note, Tone.GOOD)
        case e.RunAborted(reason=reason):
            return _with("aborted the run", reason, Tone.BAD)
        case e.Sealed(records=records):
            return line(quiet(f"sealed after {figures.things(records, 'record')}"))
        case _:
            assert_never(event)
