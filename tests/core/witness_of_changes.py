"""What the witness knows of entries, waivers and amendments: like it, it shares nothing with the decider."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from console.core import changed as ch
from console.core import events as e
from console.core.runbook import EVERYBODY, Phase, Runbook, Step


def rests_on(book: Runbook, phase: Phase) -> set[str]:
    """Return the checks that must be green before a phase."""
    own = phase.point_of_no_return.gates if phase.point_of_no_return else None
    if own is not None or phase.gates is not None:
        return set(own if own is not None else phase.gates or ())
    index = [each.id for each in book.phases].index(phase.id)
    return {step.id for each in book.phases[max(index - 1, 0) : index] for step in each.steps if step.asks_again}


def sacred(book: Runbook) -> set[str]:
    """Return what a point of no return needs, or guards."""
    found: set[str] = set()
    for phase in book.phases:
        if phase.point_of_no_return is not None:
            found |= rests_on(book, phase) | {step.id for step in phase.steps}
            found |= {phase.point_of_no_return.confirm.baseline} if phase.point_of_no_return.confirm else set()
    return found


def where(book: Runbook) -> dict[str, tuple[Phase, Step]]:
    """Return each step with its phase."""
    return {step.id: (phase, step) for phase in book.phases for step in phase.steps}


def against(old: Runbook, new: Runbook, *, happened: set[str], entered: set[str], waived: set[str]) -> Iterator[str]:
    """Yield why a run must not go over to a changed runbook."""
    before, after = where(old), where(new)
    for name in happened:
        if name not in after or after[name][1] != before[name][1] or after[name][0].id != before[name][0].id:
            yield f"{name} happened, and the amendment touches it"
    if (old.people, old.risk, old.databases, old.engine) != (new.people, new.risk, new.databases, new.engine):
        yield "the amendment changes who may do what, or where"
    begun = [index for index, phase in enumerate(old.phases) if phase.id in entered]
    for index, phase in enumerate(old.phases[: max(begun, default=-1) + 1]):
        if [each.id for each in new.phases[index : index + 1]] != [phase.id]:
            yield f"{phase.id} has begun, and is somewhere else"
        elif index < max(begun) and new.phases[index].steps != phase.steps:
            yield f"{phase.id} lies behind, and has other steps"
    yield from _points(old, new)
    if waived & sacred(new):
        yield "a point of no return rests on what was waived"


def _points(old: Runbook, new: Runbook) -> Iterator[str]:
    after = where(new)
    for phase in old.phases:
        there = [each for each in new.phases if each.id == phase.id]
        if phase.point_of_no_return is None:
            continue
        for step in phase.steps:
            if step.id in after and after[step.id][0].id != phase.id:
                yield f"{step.id} came out from behind its point of no return"
        if there and there[0].point_of_no_return != phase.point_of_no_return:
            yield "a point of no return was changed"
        if there and not rests_on(old, phase) <= rests_on(new, there[0]):
            yield "a point of no return lost a gate"


def lapsing(old: Runbook, new: Runbook) -> set[str]:
    """Return the checkpoints whose phase, or what follows them up to the next checkpoint, is not what it was."""
    touched = _touched_phases(old, new)
    found: set[str] = set()
    for book in (old, new):
        last = ""
        for phase in book.phases:
            for step in phase.steps:
                if phase.id in touched or step.id in _touched_steps(old, new):
                    found |= {last, step.id}
                last = step.id if step.driven_by == "signatures" else last
    return {step.id for step in new.steps() if step.driven_by == "signatures"} & found


def _touched_phases(old: Runbook, new: Runbook) -> set[str]:
    one, two = {phase.id: phase for phase in old.phases}, {phase.id: phase for phase in new.phases}
    kept = [name for name in one if name in two], [name for name in two if name in one]
    moved = {name for name, other in zip(*kept, strict=True) if name != other}
    return moved | {name for name in {**one, **two} if one.get(name) != two.get(name)}


def _touched_steps(old: Runbook, new: Runbook) -> set[str]:
    one, two = where(old), where(new)
    return {name for name in {**one, **two} if (name in one) != (name in two) or one[name][1] != two[name][1]}


class WitnessOfChanges:
    """What the witness has to say about entering a phase, about waivers and about amendments."""

    book: Runbook
    driver: str
    undoing: str

    def __init__(self) -> None:
        self.good: set[str] = set()
        self.begun: set[str] = set()
        """Something was done or said, and it was not taken back."""
        self.asked: set[str] = set()
        """Put to a person."""
        self.busy: dict[str, e.Action] = {}
        self.doubt: dict[str, e.Action] = {}
        self.signed: dict[str, list[tuple[str, str]]] = {}
        self.passed: set[str] = set()
        self.answers: dict[str, tuple[bool, datetime]] = {}
        self.failed: set[str] = set()
        """Failed, with nothing left of it, and not gone on with."""
        self.door: tuple[ch.PhaseApproached, str] | None = None
        """The phase that somebody is about to enter."""
        self.inside: set[str] = set()
        self.just_inside = ("", "")
        """The phase that the record before this one entered, and by whom."""
        self.asked_to_waive: dict[str, tuple[str, str]] = {}
        self.waived: dict[str, bool] = {}
        """What was waived, and whether it had begun."""
        self.paper: tuple[ch.AmendmentProposed, str] | None = None
        self.approvals: list[tuple[str, str]] = []

    def _inside(self, name: str, by: str) -> Iterator[str]:
        """The first act of a phase follows upon its entry, by the same person."""
        phase = self.book.phase_of(name)
        touched = any(each.id in self.begun | self.good or self.signed.get(each.id) for each in phase.steps)
        if phase.id not in self.inside or (not touched and self.just_inside != (phase.id, by)):
            yield f"{phase.id} was not entered for this"

    def _enter(self, phase: Phase, by: str, now: datetime) -> Iterator[str]:
        needed = rests_on(self.book, phase) - set(self.waived)
        if not needed:
            return
        if self.door is None or self.door[0].phase != phase.id or self.door[1] != by:
            yield f"{phase.id} entered without asking what it rests on"
            return
        for gate in needed:
            passed, at = self.answers.get(gate, (False, now))
            if not passed or abs(now - at) > timedelta(seconds=60):
                yield f"{phase.id} entered while {gate} was not green and fresh"

    def _waive(self, event: ch.StepWaived | ch.WaiverAsked, by: str, now: datetime) -> Iterator[str]:
        yield from self._held() if event.step in self.asked else self._forward(event.step, now)
        if self.book.step(event.step).driven_by == "signatures" or event.step in sacred(self.book):
            yield "waived what nobody may waive"
        if isinstance(event, ch.WaiverAsked):
            if by != self.driver:
                yield "asked for a waiver without driving"
            return
        yield from self._inside(event.step, by)
        if self.asked_to_waive.get(event.step) != (event.asked_by, event.reason) or by == event.asked_by:
            yield "waived by one person alone, or for another reason"
        if not (self.book.people.get(by) or self.book.people.get(EVERYBODY)):
            yield "agreed to by nobody of the runbook"

    def _amend(self, event: ch.AmendmentProposed | ch.AmendmentApproved, by: str) -> Iterator[str]:
        if isinstance(event, ch.AmendmentProposed):
            if by != self.driver or not event.roles:
                yield "proposed without driving, or for nobody to approve"
            return
        if self.paper is None or by in {self.paper[1], *(account for account, _ in self.approvals)}:
            yield "approved twice by one person, by its author, or nothing at all"
            return
        if event.role not in (*self.book.people.get(by, ()), *self.book.people.get(EVERYBODY, ())):
            yield "approved by somebody without the role"
        if self.undoing or self.door:
            yield "amended while something is open"
        happened = (self.begun | self.good | set(self.signed) | set(self.busy) | set(self.doubt)) - self.failed
        entered = self.inside | self.passed
        yield from against(
            self.book, self.paper[0].runbook, happened=happened, entered=entered, waived=set(self.waived)
        )

    def _see_doors(self, record: e.Record) -> None:
        event = record.event
        self.just_inside = (event.phase, record.by) if isinstance(event, e.PhaseEntered) else ("", "")
        match event:
            case ch.PhaseApproached():
                self.door, self.answers = (event, record.by), {}
            case e.PhaseEntered(phase=phase):
                self.inside.add(phase)
                self.door = None
            case ch.PhaseLeft() | e.EngineStarted() | e.EngineStopped() | e.DriverChanged() | e.UndoStarted():
                self.door = None
            case e.RunAborted() | e.RunFinished():
                self.door = None
            case _:
                pass

    def _held(self) -> Iterator[str]:
        raise NotImplementedError

    def _forward(self, name: str, now: datetime) -> Iterator[str]:
        raise NotImplementedError
