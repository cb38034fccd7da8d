"""What is asked for, in the imperative. Rule: a command changes nothing; `decide` answers it."""

from typing import get_args

from msgspec import Struct

from console.core.observations import How
from console.core.runbook import Runbook

LONGEST_COMMAND = 2 * 1024 * 1024
"""Bytes of one command at most: an amendment carries a whole runbook."""


class Command(
    Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="command",
    tag=True,
):
    """Base of all commands; `command` in JSON is the class's name."""


class StartStep(Command, frozen=True):
    """Run a step that the engine drives; also again after a failure, and on from where it was held."""

    step: str


class UndoStep(Command, frozen=True):
    """Take the next step of an undo under way back. Only the engine asks for it."""

    step: str


class ConfirmStep(Command, frozen=True):
    """Tick a step that a person does, with what was seen."""

    step: str
    value: str = ""
    note: str = ""


class RejectStep(Command, frozen=True):
    """Say that what a person has to judge is not as it should be."""

    step: str
    reason: str


class MarkNotApplicable(Command, frozen=True):
    """Say why a person's step does not apply."""

    step: str
    reason: str


class SignOff(Command, frozen=True):
    """Sign a checkpoint in a role."""

    step: str
    role: str
    note: str = ""


class Waive(Command, frozen=True):
    """Pass a step without doing it: the driver asks for it, another person agrees by the same command."""

    step: str
    reason: str = ""
    agrees_to: str = ""
    """The reason that was read: no other one is agreed to. Empty: whatever was asked for."""


class CancelStep(Command, frozen=True):
    """Ask the server to stop what is under way, or give up asking what its phase rests on."""

    step: str


class ResolveDoubt(Command, frozen=True):
    """Give a person's word on a step in doubt that nothing else could settle."""

    step: str
    happened: bool
    evidence: str


class EndSession(Command, frozen=True):
    """Ask the server to stop the statement of a session that a step waits for, or to end it; its process is typed."""

    step: str
    pid: int
    since: str
    """When it connected, as it was shown: numbers of processes are used again."""
    how: How
    typed: str
    reason: str = ""


class ApproachPointOfNoReturn(Command, frozen=True):
    """Open the dialog: freeze the fact, ask the gates again."""

    phase: str


class LeavePointOfNoReturn(Command, frozen=True):
    """Close the dialog without passing."""

    phase: str


class PassPointOfNoReturn(Command, frozen=True):
    """Type the frozen fact, or from a file of answers the plan's digest."""

    phase: str
    typed: str


class UndoPhase(Command, frozen=True):
    """Take a phase back, or go on with it after a failed step; the phase's id is typed."""

    phase: str
    typed: str


class Amend(Command, frozen=True):
    """Put a changed runbook up for approval."""

    source: str
    """The file's text."""
    source_name: str
    reason: str


class ApproveAmendment(Command, frozen=True):
    """Approve the amendment of that digest in a role."""

    source_digest: str
    role: str
    note: str = ""


class WithdrawAmendment(Command, frozen=True):
    """Take the amendment back that waits for approval."""

    reason: str = ""


class Pause(Command, frozen=True):
    """Hold at the next boundary and start nothing."""

    reason: str = ""


class Unpause(Command, frozen=True):
    """Go on."""


class AddNote(Command, frozen=True):
    """Put a remark on the record."""

    text: str
    step: str = ""


class TakeOver(Command, frozen=True):
    """Take the driver's seat."""

    reason: str = ""


class Abort(Command, frozen=True):
    """End the run for good before its end."""

    reason: str


class Finish(Command, frozen=True):
    """Close a run in which everything is done."""

    note: str = ""


class StopEngine(Command, frozen=True):
    """Let the engine end at the next boundary; the run stays open."""


Entering = StartStep | ConfirmStep | RejectStep | MarkNotApplicable | SignOff | Waive
"""What may be the first act of a phase."""

AnyCommand = (
    StartStep
    | UndoStep
    | ConfirmStep
    | RejectStep
    | MarkNotApplicable
    | SignOff
    | Waive
    | CancelStep
    | ResolveDoubt
    | EndSession
    | ApproachPointOfNoReturn
    | LeavePointOfNoReturn
    | PassPointOfNoReturn
    | UndoPhase
    | Amend
    | ApproveAmendment
    | WithdrawAmendment
    | Pause
    | Unpause
    | AddNote
    | TakeOver
    | Abort
    | Finish
    | StopEngine
)

COMMAND_TYPES: tuple[type[Command], ...] = get_args(AnyCommand)


class AmendTo(Struct, frozen=True, kw_only=True):
    """An Amend whose text was read. Nobody can send it: only the loader makes a runbook."""

    runbook: Runbook
    source: str
    source_name: str
    source_digest: str
    plan_digest: str
    reason: str


class Accepted(Struct, frozen=True, kw_only=True, tag_field="answer", tag=True):
    """The command was carried into the journal."""

    seq: int
    """Of the last record it led to."""


class Refused(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="answer", tag=True):
    """The command was not carried out; nothing was written."""

    reason: str
    remedy: str = ""


Answer = Accepted | Refused
