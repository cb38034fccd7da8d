"""A second opinion: it reads the records alone, shares nothing with the decider, says what may not have happened."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from console.core import changed as ch
from console.core import events as e
from console.core import observations as o
from console.core import server_events as s
from console.core.runbook import Phase
from tests.core.witness_of_changes import WitnessOfChanges, lapsing, rests_on


class Witness(WitnessOfChanges):
    """Follows a journal with sets of names; `objections` are asked before each record."""

    def __init__(self, started: e.RunStarted, driver: str) -> None:
        super().__init__()
        self.book, self.driver, self.digest = started.runbook, driver, started.plan_digest
        self.complete: dict[str, datetime] = {}
        self.paused = self.ended = self.sealed = False
        self.undoing = ""
        self.dialog: tuple[e.PointOfNoReturnApproached, str] | None = None
        self.advanced: set[str] = set()
        self.before: dict[str, datetime] = {}
        self.ending: tuple[str, int, str] | None = None
        """The session that is being ended, for which step and how."""
        self.in_the_way: dict[str, tuple[int, ...]] = {}
        """Processes that a step was last seen to wait for; in these runs directly."""

    def objections(self, record: e.Record) -> Iterator[str]:
        """Yield why this record must not follow those seen so far."""
        event, by = record.event, record.by
        match event:
            case e.StepStarted(action="undo", step=step):
                if self.book.step(step).driven_by == "person" and self.book.step(step).undo:
                    yield "the engine takes back what a person has to"
                yield from self._undo_step(step, by)
            case e.StepConfirmed(action="undo", step=step):
                yield from self._undo_step(step, e.ENGINE)
            case e.StepStarted(step=step):
                yield from self._forward(step, record.at)
                yield from self._inside(step, by)
                if self.book.step(step).driven_by != "engine" or by != self.driver:
                    yield "started by nobody who may"
            case e.StepConfirmed(step=step) | e.StepRejected(step=step) | e.StepNotApplicable(step=step):
                if by != self.driver:
                    yield "not the driver's word"
                yield from self._held() if step in self.asked else self._forward(step, record.at)
                yield from self._inside(step, by)
            case e.SignedOff(step=step):
                yield from self._forward(step, record.at)
                yield from self._inside(step, by)
            case e.PhaseEntered(phase=phase):
                yield from self._enter(self.book.phase(phase), by, record.at)
            case ch.StepWaived() | ch.WaiverAsked():
                yield from self._waive(event, by, record.at)
            case ch.AmendmentProposed() | ch.AmendmentApproved():
                yield from self._amend(event, by)
            case e.PointOfNoReturnPassed():
                yield from self._pass(event, by, record.at)
            case e.UndoStarted(phase=phase):
                yield from self._undo(phase)
            case e.RunFinished() | e.RunAborted():
                yield from self._end(event)
            case _:
                yield from self._of_the_server(event, by)
        if self.sealed or (self.ended and not isinstance(event, e.Sealed | e.EngineStarted | e.EngineStopped)):
            yield "after the end"

    def _of_the_server(self, event: e.AnyEvent, by: str) -> Iterator[str]:
        if not isinstance(event, s.SessionEndAsked | s.SessionEnded):
            return
        if isinstance(event, s.SessionEnded):
            if self.ending != (event.step, event.pid, event.how):
                yield "ended what nobody asked for"
            return
        if self.ending is not None or by != self.driver or event.step not in self.busy:
            yield "no session is to be ended now, or not by them"
        if event.pid not in self.in_the_way.get(event.step, ()):
            yield "a session that stands in nobody's way"

    def _end(self, event: e.RunFinished | e.RunAborted) -> Iterator[str]:
        if isinstance(event, e.RunFinished):
            yield from self._held()
            if self.good != {step.id for step in self.book.steps()}:
                yield "finished before the end"
        elif self.busy or self.doubt or self.ending:
            yield "aborted with something open"

    def _held(self) -> Iterator[str]:
        if self.paused or self.undoing or self.doubt or self.busy:
            yield f"held: {self.paused} {self.undoing} {self.doubt} {self.busy}"

    def _forward(self, name: str, now: datetime) -> Iterator[str]:
        yield from self._held()
        phase, step = self.book.phase_of(name), self.book.step(name)
        if name in self.good:
            yield "done before"
        yield from self._phase_open(phase, now)
        first = [] if phase.any_order else [each.id for each in phase.steps[: phase.steps.index(step)]]
        if not {*first, *step.requires} <= self.good:
            yield "out of order"
        if phase.point_of_no_return is not None and phase.id not in self.passed:
            yield "behind the point of no return"

    def _phase_open(self, phase: Phase, now: datetime) -> Iterator[str]:
        for each in self.book.phases[: self.book.phases.index(phase)]:
            if not {step.id for step in each.steps} <= self.good:
                yield f"before {each.id} is complete"
        for soak in phase.requires:
            since = self.complete.get(soak.since)
            if since is None or now < since + timedelta(hours=1):
                yield "before the soak is over"

    def _pass(self, event: e.PointOfNoReturnPassed, by: str, now: datetime) -> Iterator[str]:
        yield from self._held()
        yield from self._phase_open(self.book.phase(event.phase), now)
        if self.dialog is None or self.dialog[0].phase != event.phase or self.dialog[1] != by:
            yield "passed without a dialog of one's own"
            return
        if not event.typed or event.typed not in (self.dialog[0].fact, self.digest):
            yield "passed without the fact"
        for gate in {*self.dialog[0].gates, *rests_on(self.book, self.book.phase(event.phase))}:
            passed, at = self.answers.get(gate, (False, now))
            if not passed or abs(now - at) > timedelta(seconds=60):
                yield f"passed while {gate} was not green and fresh"

    def _undo(self, name: str) -> Iterator[str]:
        index = [each.id for each in self.book.phases].index(name)
        if self.passed or self.busy or self.doubt or self.paused or self.undoing not in ("", name):
            yield "no way back now"
        if any(step.id in self.begun for phase in self.book.phases[index + 1 :] for step in phase.steps):
            yield "undone below a later phase"
        for step in self.book.phases[index].steps:
            if not self.undoing and step.id in self.begun and step.restore and not step.undo:
                yield "undone without a way"

    def _undo_step(self, name: str, by: str) -> Iterator[str]:
        steps = [step.id for step in self.book.phase(self.undoing).steps] if self.undoing else []
        if by != e.ENGINE or self.paused or self.busy or self.doubt or self.passed:
            yield "not to be undone now"
        if [each for each in steps if each in self.begun][-1:] != [name]:
            yield "not the next one to undo"

    def see(self, record: e.Record) -> None:
        """Take a record in."""
        event = record.event
        self._see_doors(record)
        self._see_server(event)
        match event:
            case e.StepStarted(step=step, action=action):
                self.busy[step] = action
                self.begun.add(step)
                self.failed.discard(step)
                self.advanced -= set() if event.resumes else {step}
                self.asked_to_waive.pop(step, None)
            case o.Progressed(step=step):
                self.advanced.add(step)
            case o.StepPutToPerson(step=step):
                self.asked.add(step)
                del self.busy[step]
            case e.StepSucceeded(step=step):
                self._happened(step, self.busy.pop(step), record.at)
            case e.StepFailed(step=step):
                self.failed |= {step} if self.busy.pop(step) == "run" and step not in self.advanced else set()
            case e.StepCancelled(step=step) | e.StepInterrupted(step=step):
                del self.busy[step]
            case e.StepLost(step=step):
                self.doubt[step] = self.busy.pop(step)
            case e.StepSettled(step=step, happened="yes"):
                self._happened(step, self.doubt.pop(step), record.at)
            case e.StepSettled(step=step, happened="no" | "partly"):
                del self.doubt[step]
            case e.EngineStarted():
                self.doubt |= self.busy
                self.busy, self.dialog = {}, None
            case _:
                self._see_people(record)
        if isinstance(event, e.PointOfNoReturnLeft | e.PointOfNoReturnPassed | e.UndoStarted | e.DriverChanged):
            self.dialog = None

    def _see_server(self, event: e.AnyEvent) -> None:
        match event:
            case e.StepStarted(step=step) | o.Progressed(step=step):
                self.in_the_way.pop(step, None)
            case o.LockAwaited(step=step, sessions=sessions):
                self.in_the_way[step] = tuple(pid for each in sessions if each.ours for pid in each.blocked_by)
            case s.SessionEndAsked(step=step, pid=pid, how=how):
                self.ending = (step, pid, how)
            case s.SessionEnded():
                self.ending = None
            case _:
                pass

    def _see_people(self, record: e.Record) -> None:
        match record.event:
            case e.StepConfirmed(step=step, action=action):
                self._happened(step, action, record.at)
            case e.StepNotApplicable(step=step):
                self._happened(step, "run", record.at)
                self.begun.discard(step)
            case e.StepRejected(step=step):
                self.asked.discard(step)
                self.asked_to_waive.pop(step, None)
                self.begun.add(step)
                self.failed |= {step} - self.advanced
            case ch.StepWaived(step=step):
                begun = step in self.begun
                self._happened(step, "run", record.at)
                self.waived[step] = begun
                self.begun -= set() if begun else {step}
            case ch.WaiverAsked(step=step, reason=reason):
                self.asked_to_waive[step] = (record.by, reason)
            case e.SignedOff(step=step, role=role):
                self.begun.add(step)
                self.signed.setdefault(step, []).append((record.by, role))
                if sorted(role for _, role in self.signed[step]) == sorted(self.book.step(step).signatures):
                    self._happened(step, "run", record.at)
            case _:
                self._see_run(record)

    def _see_run(self, record: e.Record) -> None:
        match record.event:
            case e.DriverChanged(driver=driver):
                self.driver = driver
            case e.Paused() | e.Unpaused() as event:
                self.paused = isinstance(event, e.Paused)
            case e.PointOfNoReturnApproached() as event:
                self.dialog, self.answers = (event, record.by), {}
            case e.GateAsked(step=step, passed=passed):
                self.answers[step] = (passed, record.at)
            case e.PointOfNoReturnPassed(phase=phase):
                self.passed.add(phase)
            case e.UndoStarted(phase=phase):
                self.undoing = phase
                self.complete.pop(phase, None)
                self.before.pop(phase, None)
                forgotten = {step.id for step in self.book.phase(phase).steps} - self.begun
                self.good -= forgotten
                mine = {step.id for step in self.book.phase(phase).steps}
                self.asked_to_waive = {name: each for name, each in self.asked_to_waive.items() if name not in mine}
                self.waived = {name: each for name, each in self.waived.items() if name not in forgotten}
            case e.UndoVerified():
                self.inside.discard(self.undoing)
                self.undoing = ""
            case ch.AmendmentProposed() as event:
                self.paper, self.approvals = (event, record.by), []
            case ch.AmendmentWithdrawn():
                self.paper = None
            case ch.AmendmentApproved(role=role):
                self.approvals.append((record.by, role))
                if self.paper and len(self.approvals) == len(self.paper[0].roles):
                    self._go_over(self.paper[0], record.at)
            case e.RunFinished() | e.RunAborted():
                self.ended = True
            case e.Sealed():
                self.sealed = True
            case _:
                pass

    def _go_over(self, paper: ch.AmendmentProposed, at: datetime) -> None:
        """Take the changed runbook for the runbook."""
        old, new = self.book, paper.runbook
        same = {step.id for step in new.steps() if step in old.steps()}
        lapsed = {name for name in lapsing(old, new) if self.signed.get(name)}
        self.book, self.digest, self.paper, self.dialog = new, paper.plan_digest, None, None
        for seen in (self.good, self.begun, self.asked, self.failed, self.advanced):
            seen.intersection_update(same - lapsed)
        for name in lapsed:
            del self.signed[name]
        self.asked_to_waive = {name: each for name, each in self.asked_to_waive.items() if name in same}
        for phase in new.phases:
            left = {step.id for step in phase.steps} - self.good
            was, before = self.complete.pop(phase.id, None), self.before.pop(phase.id, None)
            checkpoints = {step.id for step in phase.steps if step.driven_by == "signatures"} & same
            if not left:
                self.complete[phase.id] = was or at
            elif left <= checkpoints and (since := was or before):
                self.before[phase.id] = since

    def _happened(self, name: str, action: e.Action, at: datetime) -> None:
        self.asked.discard(name)
        self.failed.discard(name)
        self.asked_to_waive.pop(name, None)
        self.waived.pop(name, None)
        if action == "undo":
            self.good.discard(name)
            self.begun.discard(name)
            self.signed.pop(name, None)
            return
        self.good.add(name)
        self.begun.add(name)
        phase = self.book.phase_of(name)
        if {step.id for step in phase.steps} <= self.good:
            self.complete[phase.id] = self.before.pop(phase.id, at)
