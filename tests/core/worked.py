"""A run in which an engine is played: it asks, runs, loses, settles and undoes as it is told to."""

from datetime import timedelta

from console.core import commands as c
from console.core import events as e
from console.core import observations as o
from console.core import server_events as s
from console.core.commands import Refused
from console.core.decide import Decision, decide
from console.core.runbook import Runbook, Step
from console.core.state import SETTLED_GOOD, Status
from tests.core.build import DRIVER, SECOND, STRANGER, Story, amend_to, end_session, opening
from tests.core.legal import wrong
from tests.core.runbooks import variants
from tests.core.witness import Witness

ACCOUNTS = (DRIVER, SECOND, STRANGER, e.ENGINE)


class Worked(Story):
    """A story in which every record is checked by the witness and every state for being legal."""

    def __init__(self, document: Runbook) -> None:
        self.witness = Witness(opening(document), DRIVER)
        super().__init__(*document.phases, people=document.people, risk=document.risk)

    def tell(self, event: e.AnyEvent, *, by: str = e.ENGINE) -> None:
        """Put an event on the record, if the witness has no objection."""
        record = e.Record(seq=len(self.records) + 1, at=self.now, by=by, event=event)
        objections = list(self.witness.objections(record))
        assert not objections, f"{event} by {by}: {objections}"
        super().tell(event, by=by)
        self.witness.see(record)
        assert not wrong(self.state), f"after {event}: {wrong(self.state)}"

    def commands(self) -> list[tuple[c.AnyCommand | c.AmendTo, str]]:
        """Return every command that anybody could think of just now, and some amendments."""
        fact = self.state.approach.fact if self.state.approach else "app.db"
        found: list[c.AnyCommand | c.AmendTo] = [
            c.Pause(),
            c.Unpause(),
            c.TakeOver(),
            c.Abort(reason="enough"),
            c.Finish(),
        ]
        waiting = self.state.amendment.proposed.source_digest if self.state.amendment else ""
        found += [c.ApproveAmendment(source_digest=waiting, role=role) for role in ("reviewer", "dba", "tech-lead")]
        found += [c.WithdrawAmendment(), *self.amendments()[:: 1 + len(self.records) % 5]]
        for name in self.state.steps:
            found += [c.Waive(step=name, reason="it is not needed")]
            found += [c.StartStep(step=name), c.UndoStep(step=name), c.ConfirmStep(step=name, value="7")]
            found += [c.RejectStep(step=name, reason="no"), c.MarkNotApplicable(step=name, reason="no")]
            found += [c.SignOff(step=name, role=role) for role in ("reviewer", "dba", "tech-lead")]
            found += [end_session(name, pid) for pid in (4711, 7, 8)]
            found += [c.CancelStep(step=name), c.ResolveDoubt(step=name, happened=True, evidence="seen")]
            found += [c.ResolveDoubt(step=name, happened=False, evidence="seen")]
        for phase in self.state.runbook.phases:
            found += [c.ApproachPointOfNoReturn(phase=phase.id), c.LeavePointOfNoReturn(phase=phase.id)]
            found += [c.PassPointOfNoReturn(phase=phase.id, typed=typed) for typed in (fact, "", "yes")]
            found += [c.UndoPhase(phase=phase.id, typed=phase.id), c.UndoPhase(phase=phase.id, typed="")]
        drivers = (DRIVER, STRANGER)
        return [(each, by) for each in found for by in (drivers if isinstance(each, c.AmendTo) else ACCOUNTS)]

    def amendments(self) -> list[c.AmendTo]:
        """Return amendments of the runbook as it is now; each has a digest of its own."""
        turn = len(self.records)
        books = variants(self.state.runbook, turn)
        return [amend_to(book, digest=f"{turn}-{index}") for index, book in enumerate(books)]

    def allowed(self) -> list[tuple[c.AnyCommand | c.AmendTo, str]]:
        """Return the commands that the decider allows; every refusal must say why."""
        found = []
        for command, by in self.commands():
            decision = decide(self.state, command, by, self.now)
            if not isinstance(decision, Refused):
                found.append((command, by))
            else:
                assert decision.reason
        return found

    def try_out(self, command: c.AnyCommand | c.AmendTo) -> Decision:
        """Return what the driver would be answered; nothing is put on the record."""
        return decide(self.state, command, self.state.driver, self.now)

    def ask_for_waiver(self, step: str, *, asked: bool) -> Decision:
        """Let the driver ask for a step to be waived, or see whether they could."""
        command = c.Waive(step=step, reason="it is not needed")
        return self.ask(command, self.state.driver) if asked else self.try_out(command)

    def cut_short(self, command: c.AnyCommand | c.AmendTo, by: str, written: int) -> None:
        """Ask, and let the engine die after some of the records that follow."""
        decision = decide(self.state, command, by, self.now)
        assert not isinstance(decision, Refused)
        for event in decision[:written]:
            self.tell(event, by=by)
        self.crash()

    def busy(self) -> Step | None:
        name = self.state.under_way()
        return self.state.step(name) if name else None

    def succeed(self) -> None:
        """Let what is under way come to its good end; what only reads records what it read."""
        step = self.busy()
        assert step is not None
        if step.asks_again and self.at(step.id).action == "run":
            self.tell(o.BaselineRecorded(step=step.id, value=7))
        self.tell(e.StepSucceeded(step=step.id))

    def end_session(self, *, done: bool) -> None:
        """Answer what was asked of the server about a session."""
        asked = self.state.session_end
        assert asked is not None
        self.tell(s.SessionEnded(step=asked.step, pid=asked.pid, how=asked.how, done=done, words="so it is"))

    def answer_gates(self, *, passed: bool = True) -> None:
        """Answer what the open dialog asks again."""
        approach = self.state.approach
        assert approach is not None
        for gate in approach.gates:
            self.tell(e.GateAsked(phase=approach.phase, step=gate, passed=passed, actual="7"))

    def work_off_undo(self) -> None:
        """Do the next thing of the undo under way."""
        undo = self.state.undo
        assert undo is not None
        if not undo.remaining:
            self.tell(e.UndoVerified(phase=undo.phase, checks=()))
            return
        step = self.state.step(undo.remaining[0])
        if step.driven_by == "person" and step.undo:
            self.do(c.ConfirmStep(step=step.id), by=self.state.driver)
        else:
            self.do(c.UndoStep(step=step.id), by=e.ENGINE)
            self.succeed()

    def go_on(self) -> None:
        """Do one thing that brings the run nearer to its end."""
        driver = self.state.driver
        doubts = self.state.in_doubt()
        if self.state.session_end:
            self.end_session(done=True)
        elif self.busy():
            self.succeed()
        elif doubts:
            self.do(c.ResolveDoubt(step=doubts[0], happened=False, evidence="seen"), by=driver)
        elif self.state.paused:
            self.do(c.Unpause(), by=driver)
        elif self.state.entering:
            self.answer_entry()
        elif self.state.undo:
            self.work_off_undo()
        elif self.state.all_complete:
            self.do(c.Finish(), by=driver)
        elif self.state.amendment:
            self.do(c.WithdrawAmendment(), by=driver)
        else:
            self._next_step(driver)

    def _next_step(self, driver: str) -> None:
        phase = next(each for each in self.state.runbook.phases if not self.state.complete(each))
        if phase.requires:
            self.now = max(self.now, max(self.state.completed_at.values()) + timedelta(hours=1))
        if phase.point_of_no_return and phase.id not in self.state.passed:
            if self.state.approach is None:
                self.do(c.ApproachPointOfNoReturn(phase=phase.id), by=driver)
            else:
                self.answer_gates()
                self.do(c.PassPointOfNoReturn(phase=phase.id, typed=self.state.approach.fact), by=driver)
            return
        step = next(each for each in phase.steps if self.status(each.id) not in SETTLED_GOOD)
        if step.driven_by == "signatures":
            signs = [(command, by) for command, by in self.allowed() if isinstance(command, c.SignOff)]
            assert signs, f"nobody can sign {step.id}"
            command, by = signs[0]
            self.do(command, by=by)
        elif step.driven_by == "person" or self.status(step.id) is Status.JUDGING:
            self.do(c.ConfirmStep(step=step.id, value="7"), by=driver)
        else:
            self.do(c.StartStep(step=step.id), by=driver)
