"""A session without an engine process.

The real decider and the real fold, and an engine that plays what it was told.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from console.core import changed as ch
from console.core import commands as c
from console.core import events as e
from console.core import server_events as s
from console.core.commands import Accepted, Answer, AnyCommand, Refused
from console.core.decide import decide
from console.core.evolve import evolve
from console.core.identity import Identity
from console.core.runbook import Runbook
from console.core.state import RunState
from console.sessions import Authority
from tests.tui.migration import TARGET

START = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def first_event(runbook: Runbook, *, environment: str = "staging", target: Identity = TARGET) -> e.RunStarted:
    return e.RunStarted(
        format=e.FORMAT,
        run=f"{runbook.runbook}-1",
        runbook=runbook,
        source="",
        source_name="users-org-id.yaml",
        source_digest="0" * 64,
        plan_digest="1" * 64,
        environment=environment,
        target=target,
        console="0.1.0",
    )


class ScriptedSession:
    """Answers like an engine would: `outcomes` says what happens to a step, `holding` keeps it under way."""

    def __init__(
        self,
        runbook: Runbook,
        *,
        account: str = "op1",
        environment: str = "staging",
        authority: Authority = Authority.LIVE,
        target: Identity = TARGET,
    ) -> None:
        self.account, self.authority, self.connected = account, authority, True
        self.state: RunState | None = None
        self.records: list[e.Record] = []
        self.time = START
        self.outcomes: dict[str, tuple[e.AnyEvent, ...]] = {}
        self.holding: set[str] = set()
        self.submitted: list[AnyCommand] = []
        self.failing_gates: set[str] = set()
        self.silent_gates: set[str] = set()
        """Checks that do not answer when a phase is about to be entered."""
        self.amendments: dict[str, c.AmendTo] = {}
        """What the engine would read in the text of an amendment."""
        self._changed = asyncio.Event()
        self.play(first_event(runbook, environment=environment, target=target), by="op1")
        self.play(e.EngineStarted(pid=4711, host="db1", epoch=1), by=e.ENGINE)

    @property
    def run(self) -> RunState:
        assert self.state is not None
        return self.state

    def now(self) -> datetime:
        return self.time

    async def changed(self) -> None:
        await self._changed.wait()
        self._changed.clear()

    async def close(self) -> None:
        self.connected = False

    def later(self, **length: float) -> None:
        self.time += timedelta(**length)
        self._changed.set()

    def lose_engine(self) -> None:
        self.connected = False
        self._changed.set()

    def play(self, *events: e.AnyEvent, by: str = e.ENGINE) -> None:
        """Put events into the journal."""
        for event in events:
            record = e.Record(seq=len(self.records) + 1, at=self.time, by=by, event=event)
            self.state = evolve(self.state, record)
            self.records.append(record)
        self._changed.set()

    async def submit(self, command: AnyCommand) -> Answer:
        self.submitted.append(command)
        return self.answer(command, by=self.account)

    def answer(self, command: AnyCommand | c.AmendTo, *, by: str = "op1") -> Answer:
        """Decide like the engine, then play what follows."""
        if isinstance(command, c.Amend):
            command = self.amendments[command.source]
        decision = decide(self.run, command, by, self.time)
        if isinstance(decision, Refused):
            return decision
        self.play(*decision, by=by)
        for event in decision:
            self._react(event)
        return Accepted(seq=len(self.records))

    def _react(self, event: e.AnyEvent) -> None:
        match event:
            case e.StepStarted(step=step) if step not in self.holding:
                self.later(seconds=1)
                self.play(*self.outcomes.get(step, (e.StepSucceeded(step=step),)))
            case e.StepCancelRequested(step=step) if step not in self.holding:
                self.play(e.StepCancelled(step=step, summary="the server stopped it"))
            case s.SessionEndAsked() as asked:
                self._end_session(asked)
            case ch.PhaseApproached(gates=gates):
                self._enter(gates)
            case e.PointOfNoReturnApproached(phase=phase, gates=gates):
                self.play(*(self._asked(phase, gate) for gate in gates))
            case e.UndoStarted():
                self.undo_on()
            case e.StepConfirmed(action="undo"):
                self.undo_on()
            case e.RunFinished() | e.RunAborted():
                self.play(e.Sealed(records=len(self.records) + 1))
            case _:
                pass

    def _end_session(self, asked: s.SessionEndAsked) -> None:
        """Answer like a server; who is terminated lets go, and what waited goes on."""
        words = {"cancel": "its statement was stopped", "terminate": "it was disconnected"}[asked.how]
        self.play(s.SessionEnded(step=asked.step, pid=asked.pid, how=asked.how, done=True, words=words))
        if asked.how == "terminate" and asked.step not in self.holding:
            self.play(*self.outcomes.get(asked.step, (e.StepSucceeded(step=asked.step),)))

    def _enter(self, gates: tuple[str, ...]) -> None:
        """Ask what a phase rests on, to the first that is silent or red; decide anew when there is none."""
        entering = self.run.entering
        assert entering is not None
        for gate in gates:
            if gate in self.silent_gates:
                return
            self.play(self._asked(entering.phase, gate))
            if gate in self.failing_gates:
                break
        decision = decide(self.run, entering.then, entering.by, self.time)
        if isinstance(decision, Refused):
            self.play(ch.PhaseLeft(phase=entering.phase, reason=decision.reason, remedy=decision.remedy))
            return
        self.play(*decision, by=entering.by)
        for event in decision:
            self._react(event)

    def _asked(self, phase: str, gate: str) -> e.GateAsked:
        passed = gate not in self.failing_gates
        return e.GateAsked(phase=phase, step=gate, passed=passed, actual="200000" if passed else "199998")

    def undo_on(self) -> None:
        """Take the steps back that the engine can take back."""
        while self.run.undo is not None and self.run.undo.remaining:
            step = self.run.step(self.run.undo.remaining[0])
            if step.driven_by == "person" and step.undo:
                return
            decision = decide(self.run, c.UndoStep(step=step.id), e.ENGINE, self.time)
            assert not isinstance(decision, Refused), decision
            self.play(*decision)
            self.later(seconds=1)
            self.play(*self.outcomes.get(f"undo {step.id}", (e.StepSucceeded(step=step.id, summary="taken back"),)))
        if self.run.undo is not None:
            phase = self.run.undo.phase
            self.play(e.UndoVerified(phase=phase, checks=(("schema as before", "a1b2", "a1b2", True),)))

    def do(self, *commands: AnyCommand | c.AmendTo, by: str = "op1") -> None:
        """Carry commands out that must not be refused."""
        for command in commands:
            answer = self.answer(command, by=by)
            assert isinstance(answer, Accepted), (command, answer)


def records_of(session: ScriptedSession) -> Sequence[e.Record]:
    return tuple(session.records)
