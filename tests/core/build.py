"""Small runbooks, and runs of them that are told as stories: what is asked, what happens, what time it is."""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, replace

from console.core import commands as c
from console.core import events as e
from console.core import observations as o
from console.core.changed import PhaseLeft
from console.core.commands import Refused
from console.core.decide import Decision, decide
from console.core.evolve import evolve
from console.core.identity import Identity
from console.core.runbook import DrivenBy, Phase, PointOfNoReturn, Runbook, Step
from console.core.state import Entering, RunState, Status, StepState

EVENING = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
DRIVER, SECOND, STRANGER = "ann", "bob", "eve"
PEOPLE = {DRIVER: ("dba", "reviewer"), SECOND: ("tech-lead", "reviewer")}
DIGEST = "5eed"


def step(name: str, driven_by: DrivenBy = "engine", **fields: Any) -> Step:
    """Return a step titled like its id, in capitals; one that collects signatures asks for the DBA and the lead."""
    if driven_by == "signatures":
        fields = {"signatures": ("tech-lead", "dba"), **fields}
    facts = {"title": name.upper(), "kind": driven_by, "data": {}, **fields}
    return Step(id=name, driven_by=driven_by, **facts)


def phase(name: str, *steps: Step, **fields: Any) -> Phase:
    return Phase(id=name, title=name.upper(), steps=steps, **fields)


def point(**fields: Any) -> PointOfNoReturn:
    return PointOfNoReturn(consequence="it is gone", restore="from the backup", **fields)


def runbook(*phases: Phase, **fields: Any) -> Runbook:
    facts: dict[str, Any] = {"databases": {"main": "env:DATABASE"}, "people": PEOPLE, **fields}
    return Runbook(runbook="tested", title="Tested", engine="sqlite", phases=phases, **facts)


def amend_to(document: Runbook, *, reason: str = "it was wrong", digest: str = "new") -> c.AmendTo:
    """Return an amendment whose text was read."""
    return c.AmendTo(
        runbook=document,
        source=digest,
        source_name="tested.yaml",
        source_digest=digest,
        plan_digest=f"plan {digest}",
        reason=reason,
    )


def session(pid: int, **fields: Any) -> o.ServerSession:
    """Return a session of the server, as a step that waits for its lock saw it."""
    facts: dict[str, Any] = {"since": "2026-03-01 21:00:00+00", "user": "alice", "application": "psql", **fields}
    return o.ServerSession(pid=pid, **facts)


def awaited(name: str, **fields: Any) -> o.LockAwaited:
    """Return that a step waits for a lock that process 4711 holds; another session waits behind it."""
    blocker = session(4711, state="idle in transaction", seconds=12.0)
    ours, behind = session(7, ours=True, blocked_by=(4711,)), session(8, user="app", blocked_by=(7,))
    seen: dict[str, Any] = {"tries": 1, "seconds": 0.1, "sessions": (blocker, ours, behind), "behind": 1, **fields}
    return o.LockAwaited(step=name, **seen)


def end_session(name: str, pid: int = 4711, **fields: Any) -> c.EndSession:
    """Return the command that ends that session's statement for a step."""
    asked: dict[str, Any] = {"since": "2026-03-01 21:00:00+00", "how": "cancel", "typed": str(pid), **fields}
    return c.EndSession(step=name, pid=pid, **asked)


def opening(document: Runbook) -> e.RunStarted:
    target = Identity(engine="sqlite", version="3", name="app.db", label="/srv/app.db")
    return e.RunStarted(
        format=e.FORMAT,
        run="tested-1",
        runbook=document,
        source="",
        source_name="tested.yaml",
        source_digest="",
        plan_digest=DIGEST,
        environment="staging",
        target=target,
        console="0",
    )


class Story:
    """A run under test: `ask` goes through the decider, `tell` is what the engine saw happen."""

    state: RunState

    def __init__(self, *phases: Phase, **fields: Any) -> None:
        self.now = EVENING
        self.epoch = 0
        self.records: list[e.Record] = []
        self.tell(opening(runbook(*phases, **fields)), by=DRIVER)
        self.crash()

    def tell(self, event: e.AnyEvent, *, by: str = e.ENGINE) -> None:
        """Put an event on the record."""
        record = e.Record(seq=len(self.records) + 1, at=self.now, by=by, event=event)
        self.state = evolve(self.state if self.records else None, record)
        self.records.append(record)

    def crash(self) -> None:
        """Let a new engine take the journal up."""
        self.epoch += 1
        self.tell(e.EngineStarted(pid=1, host="h", epoch=self.epoch))

    def ask(self, command: c.AnyCommand | c.AmendTo, by: str = DRIVER) -> Decision:
        """Ask for something; put on the record what is decided."""
        decision = decide(self.state, command, by, self.now)
        if not isinstance(decision, Refused):
            for event in decision:
                self.tell(event, by=by)
        return decision

    def do(self, *asked: c.AnyCommand | c.AmendTo, by: str = DRIVER) -> None:
        """Ask for what must be allowed; what a phase rests on is green when it is asked again."""
        for command in asked:
            decision = self.ask(command, by)
            if self.state.entering is not None and self.state.entering.then is command:
                decision = self.answer_entry()
            assert not isinstance(decision, Refused), f"{command}: {decision}"

    def answer_entry(self, *, passed: bool = True, seconds: float = 0.0) -> Decision:
        """Answer the checks of a phase about to be entered, then decide anew, as the engine does."""
        entering = self.state.entering
        assert entering is not None
        for gate in entering.gates:
            self.tell(e.GateAsked(phase=entering.phase, step=gate, passed=passed, actual="7", seconds=seconds))
            if not passed:
                break
        return self.decide_entry(entering)

    def decide_entry(self, entering: Entering) -> Decision:
        """Decide on what was asked for as the first act of a phase, now that its checks have answered."""
        decision = decide(self.state, entering.then, entering.by, self.now)
        if isinstance(decision, Refused):
            self.tell(PhaseLeft(phase=entering.phase, reason=decision.reason, remedy=decision.remedy))
        else:
            for event in decision:
                self.tell(event, by=entering.by)
        return decision

    def refusal(self, command: c.AnyCommand | c.AmendTo, by: str = DRIVER) -> str:
        """Ask for what must be refused, and return why and the way out."""
        decision = self.ask(command, by)
        assert isinstance(decision, Refused), f"{command}: {decision}"
        return f"{decision.reason} — {decision.remedy}"

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def run(self, *names: str) -> None:
        """Run steps of the engine to their good end."""
        for name in names:
            self.do(c.StartStep(step=name))
            self.tell(e.StepSucceeded(step=name))

    def undo(self, *names: str) -> None:
        """Let the engine take steps back."""
        for name in names:
            self.do(c.UndoStep(step=name), by=e.ENGINE)
            self.tell(e.StepSucceeded(step=name))

    def at(self, name: str) -> StepState:
        return self.state.steps[name]

    def status(self, name: str) -> Status:
        return self.state.steps[name].status


def shown(decision: Decision) -> str:
    """Say a decision in one line: `+` and the types of its events, or the reason of a refusal."""
    if isinstance(decision, Refused):
        return decision.reason
    return " ".join(["+", *(type(event).__name__ for event in decision)])


def changes(before: StepState, after: StepState) -> dict[str, object]:
    """Return the fields that differ, with their later values."""
    old = asdict(before)
    return {name: value for name, value in asdict(after).items() if value != old[name]}


def with_fields(struct: Any, **fields: Any) -> Any:
    """Return a copy with other fields."""
    assert isinstance(struct, Struct)
    return replace(struct, **fields)
