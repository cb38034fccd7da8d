"""RunState = fold(records), and what can be asked of it. Rule: pure, total, no clock; only `evolve` makes one."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from console.core import commands
from console.core.amending import Change
from console.core.changed import AmendmentProposed, PhaseLeft
from console.core.events import Action, EngineStarted, GateAsked, RunStarted, Sealed
from console.core.identity import Identity
from console.core.observations import LockAwaited, Measured, Progressed, ServerProgressed
from console.core.remembered import Ending, Entry, Note, Passed, Verification
from console.core.runbook import Phase, Runbook, Step
from console.core.server_events import Debris, SessionEndAsked


class Status(StrEnum):
    """Where a step stands; the value is the word on the screen."""

    PENDING = "pending"
    RUNNING = "running"
    CANCELLING = "cancelling"
    """Asked to stop; the server has not answered yet."""
    IN_DOUBT = "in doubt"
    """Sent, outcome unknown: it may only be settled."""
    JUDGING = "to be judged"
    """Measured; a person has to say whether it is right."""
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    """Held at a boundary or cancelled; it can go on or be taken back."""
    DONE = "done"
    NOT_APPLICABLE = "not applicable"
    WAIVED = "waived"
    """Passed without being done, with a reason and a second person."""


UNDER_WAY = frozenset({Status.RUNNING, Status.CANCELLING})
AWAITED = UNDER_WAY | {Status.IN_DOUBT}
SETTLED_GOOD = frozenset({Status.DONE, Status.NOT_APPLICABLE, Status.WAIVED})


class Signature(Struct, frozen=True, kw_only=True):
    """Who signed a checkpoint, in which role, when, and what they said."""

    account: str
    role: str
    at: datetime
    note: str = ""


class Waiver(Struct, frozen=True, kw_only=True):
    """A step that somebody wants passed; `agreed_by` is empty while a second person has not agreed."""

    by: str
    at: datetime
    reason: str
    agreed_by: str = ""
    note: str = ""
    begun: bool = False
    """Something of the step may have happened before it was waived."""


class StepState(Struct, frozen=True, kw_only=True):
    """One step as the journal has it."""

    status: Status = Status.PENDING
    action: Action = "run"
    """`undo` while, and after, it is taken back."""
    attempt: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    by: str = ""
    value: str = ""
    note: str = ""
    summary: str = ""
    error: str = ""
    remedy: str = ""
    progress: Progressed | None = None
    progress_at: datetime | None = None
    lock: LockAwaited | None = None
    """The lock that the last attempt waits, or waited, for."""
    lock_at: datetime | None = None
    """When it was last seen to wait for it; None once it went on."""
    server: ServerProgressed | None = None
    """What the server last said of the statement that is, or was, under way; None once it has run."""
    server_first: ServerProgressed | None = None
    """What it said first of the same phase: from both together a rate is known."""
    checks: tuple[Measured, ...] = ()
    """Of the last attempt."""
    output: tuple[str, ...] = ()
    """What servers and commands said in the last attempt; the last 200 lines."""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    signatures: tuple[Signature, ...] = ()
    until: datetime | None = None
    """When its wait ends."""
    undone: bool = False
    """It happened and was taken back."""
    partly: bool = False
    """Some of it was committed, in whichever attempt, and not taken back."""
    waiver: Waiver | None = None

    @property
    def passed_over(self) -> bool:
        """Whether it counts as done though nothing of it was begun."""
        begun = self.waiver is not None and self.waiver.begun
        return self.status is Status.NOT_APPLICABLE or (self.status is Status.WAIVED and not begun)


class Hold(Struct, frozen=True, kw_only=True):
    """Who holds the run, since when and why."""

    by: str
    at: datetime
    reason: str


class Approach(Struct, frozen=True, kw_only=True):
    """An open point-of-no-return dialog."""

    phase: str
    asks: str
    fact: str
    at: datetime
    by: str
    gates: tuple[str, ...]
    asked: dict[str, GateAsked] = {}
    asked_at: dict[str, datetime] = {}


class Entering(Struct, frozen=True, kw_only=True):
    """A phase whose entry waits for the checks that are asked again; `then` is what was asked for, by whom."""

    phase: str
    then: commands.Entering
    by: str
    gates: tuple[str, ...]
    asked: dict[str, GateAsked] = {}
    asked_at: dict[str, datetime] = {}


class Amendment(Struct, frozen=True, kw_only=True):
    """A changed runbook: who put it up and why, and who approved it."""

    proposed: AmendmentProposed
    by: str
    at: datetime
    changes: tuple[Change, ...]
    """Against the runbook that the run had then."""
    approvals: tuple[Signature, ...] = ()


class Undo(Struct, frozen=True, kw_only=True):
    """A phase that is being taken back."""

    phase: str
    remaining: tuple[str, ...]
    """Steps still to take back, next one first."""


class RunState(Struct, frozen=True, kw_only=True):
    """Everything a journal says up to one record."""

    started: RunStarted
    """With the runbook that the run began with."""
    runbook: Runbook
    """The document as it is now: as it was begun with, or amended."""
    plan_digest: str
    """Of that document."""
    started_at: datetime
    started_by: str
    seq: int
    at: datetime
    """Of the last record."""
    driver: str
    steps: dict[str, StepState]
    places: dict[str, tuple[int, int]]
    """Step id → index of its phase, index in the phase."""
    awaited: tuple[str, ...] = ()
    """Steps under way or in doubt, in the order of the document: asked for so often that a search would be felt."""
    engine: EngineStarted | None = None
    """None when the last one stopped in good order."""
    others: dict[str, Identity] = {}
    """The databases beside `main` as they were when they first answered."""
    baselines: dict[str, Any] = {}
    entries: dict[str, Entry] = {}
    completed_at: dict[str, datetime] = {}
    """When each phase became complete; absent while it is not."""
    notes: tuple[Note, ...] = ()
    paused: Hold | None = None
    session_end: SessionEndAsked | None = None
    """A session of the server that a person wants out of the way, until the server has answered."""
    debris: tuple[Debris, ...] = ()
    """What was half-made in the target when it was last looked at."""
    approach: Approach | None = None
    entering: Entering | None = None
    kept_out: PhaseLeft | None = None
    """Why the last attempt to enter a phase came to nothing; None once it is tried again."""
    amendment: Amendment | None = None
    """The one that waits for approval."""
    amendments: tuple[Amendment, ...] = ()
    """Those that took effect, in their order."""
    complete_before: dict[str, datetime] = {}
    """When phases were complete that an amendment opened for a new signature; that moment counts again then."""
    passed: dict[str, Passed] = {}
    undo: Undo | None = None
    verified: dict[str, Verification] = {}
    ending: Ending | None = None
    sealed: bool = False

    @property
    def target(self) -> Identity:
        """The database that the run began on."""
        return self.started.target

    def step(self, step_id: str) -> Step:
        """Return a step of the document; KeyError when there is none."""
        phase, index = self.places[step_id]
        return self.runbook.phases[phase].steps[index]

    def title(self, step_id: str) -> str:
        """Return a step's title; the id of one that an amendment dropped."""
        return self.step(step_id).title if step_id in self.places else step_id

    def phase_of(self, step_id: str) -> Phase:
        """Return the phase of a step; KeyError when there is none."""
        return self.runbook.phases[self.places[step_id][0]]

    def complete(self, phase: Phase) -> bool:
        """Tell whether every step of a phase is done or does not apply."""
        return phase.id in self.completed_at

    @property
    def all_complete(self) -> bool:
        """Whether nothing is left to do."""
        return len(self.completed_at) == len(self.runbook.phases)

    def under_way(self) -> str | None:
        """Return the step that the engine is at, or None; there is at most one."""
        return next((step for step in self.awaited if self.steps[step].status in UNDER_WAY), None)

    def in_doubt(self) -> tuple[str, ...]:
        """Return the steps whose outcome is unknown."""
        return tuple(step for step in self.awaited if self.steps[step].status is Status.IN_DOUBT)

    def duration(self, step_id: str) -> float | None:
        """Return how long the last attempt of a step took, in seconds; None while it has no end."""
        now = self.steps[step_id]
        return (now.ended_at - now.started_at).total_seconds() if now.started_at and now.ended_at else None

    def with_step(self, step_id: str, **changes: Any) -> "RunState":
        """Return the state with fields of one step replaced."""
        changed = replace(self.steps[step_id], **changes)
        awaited = self.awaited
        if (changed.status in AWAITED) != (step_id in awaited):
            awaited = tuple(sorted({*awaited} ^ {step_id}, key=self.places.__getitem__))
        return replace(self, steps={**self.steps, step_id: changed}, awaited=awaited)


def places_in(runbook: Runbook) -> dict[str, tuple[int, int]]:
    """Return where each step stands: index of its phase, index in the phase."""
    return {step.id: (i, j) for i, phase in enumerate(runbook.phases) for j, step in enumerate(phase.steps)}


def seal(state: RunState) -> Sealed:
    """Return the last record of a run in that state."""
    done = sum(step.status in SETTLED_GOOD for step in state.steps.values())
    return Sealed(records=state.seq + 1, listed=(state.runbook.title, done, len(state.steps)))
