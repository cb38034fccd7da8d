"""A second opinion: it reads the records alone, shares nothing with the decider, says what may not have happened."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from console.core import events as e
from console.core import observations as o
from console.core.runbook import Phase


class Witness:
    """Follows a journal with sets of names; `objections` are asked before each record."""

    def __init__(self, started: e.RunStarted, driver: str) -> None:
        self.book, self.driver, self.digest = started.runbook, driver, started.plan_digest
        self.busy: dict[str, e.Action] = {}
        self.doubt: dict[str, e.Action] = {}
        self.asked: set[str] = set()
        """Put to a person."""
        self.good: set[str] = set()
        self.begun: set[str] = set()
        """Something was done or said, and it was not taken back."""
        self.signed: dict[str, list[tuple[str, str]]] = {}
        self.complete: dict[str, datetime] = {}
        self.passed: set[str] = set()
        self.paused = self.ended = self.sealed = False
        self.undoing = ""
        self.dialog: tuple[e.PointOfNoReturnApproached, str] | None = None
        self.answers: dict[str, tuple[bool, datetime]] = {}

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
                if self.book.step(step).driven_by != "engine" or by != self.driver:
                    yield "started by nobody who may"
            case e.StepConfirmed(step=step) | e.StepRejected(step=step) | e.StepNotApplicable(step=step):
                if by != self.driver:
                    yield "not the driver's word"
                yield from self._held() if step in self.asked else self._forward(step, record.at)
            case e.SignedOff(step=step):
                yield from self._forward(step, record.at)
            case e.PointOfNoReturnPassed():
                yield from self._pass(event, by, record.at)
            case e.UndoStarted(phase=phase):
                yield from self._undo(phase)
            case e.RunFinished():
                yield from self._held()
                if self.good != {step.id for step in self.book.steps()}:
                    yield "finished before the end"
            case e.RunAborted():
                if self.busy or self.doubt:
                    yield "aborted with something open"
            case _:
                pass
        if self.sealed or (self.ended and not isinstance(event, e.Sealed | e.EngineStarted | e.EngineStopped)):
            yield "after the end"

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
        for gate in self.dialog[0].gates:
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
        match event:
            case e.StepStarted(step=step, action=action):
                self.busy[step] = action
                self.begun.add(step)
            case o.StepPutToPerson(step=step):
                self.asked.add(step)
                del self.busy[step]
            case e.StepSucceeded(step=step):
                self._happened(step, self.busy.pop(step), record.at)
            case e.StepFailed(step=step) | e.StepCancelled(step=step) | e.StepInterrupted(step=step):
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

    def _see_people(self, record: e.Record) -> None:
        match record.event:
            case e.StepConfirmed(step=step, action=action):
                self._happened(step, action, record.at)
            case e.StepNotApplicable(step=step):
                self._happened(step, "run", record.at)
                self.begun.discard(step)
            case e.StepRejected(step=step):
                self.asked.discard(step)
                self.begun.add(step)
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
                self.good -= {step.id for step in self.book.phase(phase).steps} - self.begun
            case e.UndoVerified():
                self.undoing = ""
            case e.RunFinished() | e.RunAborted():
                self.ended = True
            case e.Sealed():
                self.sealed = True
            case _:
                pass

    def _happened(self, name: str, action: e.Action, at: datetime) -> None:
        self.asked.discard(name)
        if action == "undo":
            self.good.discard(name)
            self.begun.discard(name)
            self.signed.pop(name, None)
            return
        self.good.add(name)
        self.begun.add(name)
        phase = self.book.phase_of(name)
        if {step.id for step in phase.steps} <= self.good:
            self.complete[phase.id] = at
