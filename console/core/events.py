"""What happened, in the past tense. Rule: a closed set; a new step kind never adds an event."""

from datetime import datetime
from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct

from console.core.changed import ChangeEvent
from console.core.identity import Identity
from console.core.observations import Event, Observation
from console.core.runbook import Runbook
from console.core.server_events import ServerEvent

FORMAT = 1
"""Version of the event format; the first record carries it."""
ENGINE = "engine"
"""The author of what no person asked for."""
Action = Literal["run", "undo"]
Happened = Literal["yes", "no", "partly", "unknown"]


class RunStarted(Event, frozen=True):
    """The first record: everything that a replay needs, on any machine."""

    format: int
    run: str
    runbook: Runbook
    source: str
    """The file's text."""
    source_name: str
    source_digest: str
    plan_digest: str
    """Of what would be executed: comments and prose do not count."""
    environment: str
    target: Identity
    console: str
    """Version of this program."""


class EngineStarted(Event, frozen=True):
    """An engine took the journal up; whatever an earlier one had under way is in doubt now."""

    pid: int
    host: str
    epoch: int
    """Counted in the target; a writer with an older one is refused."""
    torn_bytes: int = 0
    """Length of an unfinished last line that was cut off."""


class EngineStopped(Event, frozen=True):
    """The engine let go of the journal in good order."""

    reason: str


class DriverChanged(Event, frozen=True):
    """Somebody took the driver's seat."""

    driver: str
    reason: str = ""


class PhaseEntered(Event, frozen=True):
    """The first step of a phase is about to start; the schema as it was before."""

    phase: str
    schema: str = ""
    """Digest of the schema, so that an undo can show that it came back."""


class StepStarted(Event, frozen=True):
    """Intent: the step is about to be sent. Without an outcome after it, it is in doubt."""

    step: str
    attempt: int
    action: Action = "run"
    resumes: bool = False
    """It goes on from a recorded position."""


class StepSucceeded(Event, frozen=True):
    """Outcome: it happened."""

    step: str
    summary: str = ""
    """One line: rows, values, seconds."""


class StepFailed(Event, frozen=True):
    """Outcome: it did not happen; whatever the transaction held was rolled back."""

    step: str
    error: str
    remedy: str = ""


class StepCancelRequested(Event, frozen=True):
    """A person asked for the step to be cancelled; it is under way until the server answers."""

    step: str


class StepCancelled(Event, frozen=True):
    """Outcome: the server says that it stopped."""

    step: str
    summary: str = ""


class StepInterrupted(Event, frozen=True):
    """Outcome: it was held at a safe boundary and can go on from there."""

    step: str
    reason: str


class StepLost(Event, frozen=True):
    """The connection went before the answer came: in doubt."""

    step: str
    error: str


class StepSettled(Event, frozen=True):
    """What was found out about a step in doubt."""

    step: str
    happened: Happened
    evidence: str


class StepConfirmed(Event, frozen=True):
    """A person says that it is done, and what they saw."""

    step: str
    value: str = ""
    note: str = ""
    action: Action = "run"


class StepRejected(Event, frozen=True):
    """A person says that it is not as it should be."""

    step: str
    reason: str


class StepNotApplicable(Event, frozen=True):
    """A person says why it does not apply here."""

    step: str
    reason: str


class SignedOff(Event, frozen=True):
    """One signature under a checkpoint, over the journal's head at that moment."""

    step: str
    role: str
    note: str = ""
    head: str = ""


class SignOffCompleted(Event, frozen=True):
    """All roles have signed."""

    step: str


class GateAsked(Event, frozen=True):
    """A check that was green was asked again, for a phase to enter or its point of no return."""

    phase: str
    step: str
    passed: bool
    actual: str
    seconds: Annotated[float, Meta(ge=0, le=1e9)] = 0.0


class PointOfNoReturnApproached(Event, frozen=True):
    """The dialog opened: the fact to type is frozen and the gates are asked again."""

    phase: str
    asks: str
    """What to type, in words."""
    fact: str
    gates: tuple[str, ...]


class PointOfNoReturnLeft(Event, frozen=True):
    """The dialog was closed without passing."""

    phase: str
    reason: str = ""


class PointOfNoReturnPassed(Event, frozen=True):
    """From here on there is only the restore procedure."""

    phase: str
    typed: str


class UndoStarted(Event, frozen=True):
    """A phase is taken back, its steps in reverse order."""

    phase: str
    steps: tuple[str, ...]


class UndoVerified(Event, frozen=True):
    """What was compared after the last step was taken back."""

    phase: str
    checks: tuple[tuple[str, str, str, bool], ...]
    """Check, expected, actual, passed."""


class Noted(Event, frozen=True):
    """A remark for the record."""

    text: str
    step: str = ""


class Paused(Event, frozen=True):
    """Nothing starts, and what can hold at a boundary holds."""

    reason: str = ""


class Unpaused(Event, frozen=True):
    """The run goes on."""


class RunFinished(Event, frozen=True):
    """Everything is done and a person says so."""

    note: str = ""


class RunAborted(Event, frozen=True):
    """A person ended the run before its end."""

    reason: str


class Sealed(Event, frozen=True):
    """The last record of a run that ended: nothing follows it."""

    records: int
    listed: tuple[str, int, int] | None = None
    """Title, steps done, steps: a list of runs reads no more than this record. None when nobody counted."""


class Record(Struct, frozen=True, kw_only=True):
    """An event with its envelope: `seq` counts from 1, `at` is UTC, `by` is an account or `engine`."""

    seq: int
    at: datetime
    by: str
    event: "AnyEvent"


StepOutcome = StepSucceeded | StepFailed | StepCancelled | StepInterrupted | StepLost | StepSettled
PersonSaid = StepConfirmed | StepRejected | StepNotApplicable | SignedOff | SignOffCompleted
PointEvent = PointOfNoReturnApproached | PointOfNoReturnLeft | PointOfNoReturnPassed | GateAsked
AnyEvent = (
    RunStarted
    | EngineStarted
    | EngineStopped
    | DriverChanged
    | PhaseEntered
    | StepStarted
    | StepCancelRequested
    | UndoStarted
    | UndoVerified
    | Noted
    | Paused
    | Unpaused
    | RunFinished
    | RunAborted
    | Sealed
    | StepOutcome
    | PersonSaid
    | PointEvent
    | ServerEvent
    | ChangeEvent
    | Observation
)

EVENT_TYPES: tuple[type[Event], ...] = get_args(AnyEvent)
