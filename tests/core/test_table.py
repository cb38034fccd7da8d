"""The decider as a table: every command on a step in every status, by who drives it. A missing cell fails."""

import pytest

from console.core.commands import COMMAND_TYPES, AmendTo
from console.core.runbook import DrivenBy
from console.core.state import Status
from tests.core.build import shown
from tests.core.tables import cells
from tests.core.worlds import COMMANDS, WAYS, world

ENGINE = """
StartStep
    pending: + PhaseEntered StepStarted
    running: it is under way
    cancelling: it is being cancelled
    in doubt: it is in doubt: whether it happened is unknown
    to be judged: it waits for a person's judgement
    failed, interrupted: + StepStarted
    done: it is done
    not applicable: it was marked as not applicable
    waived: it was waived
UndoStep
    any: it is not the next step of an undo
ConfirmStep
    pending, running, cancelling, in doubt: 'WORK' is run by the engine, not confirmed
    failed, interrupted, done, not applicable, waived: 'WORK' is run by the engine, not confirmed
    to be judged: + StepConfirmed
RejectStep
    pending, running, cancelling, in doubt: 'WORK' is run by the engine, not confirmed
    failed, interrupted, done, not applicable, waived: 'WORK' is run by the engine, not confirmed
    to be judged: + StepRejected
MarkNotApplicable
    pending, running, cancelling, in doubt: 'WORK' is run by the engine, not confirmed
    failed, interrupted, done, not applicable, waived: 'WORK' is run by the engine, not confirmed
    to be judged: a measured check cannot be not applicable
SignOff
    any: 'WORK' takes no signatures
Waive
    pending, to be judged, failed, interrupted: + WaiverAsked
    running: it is running
    cancelling: it is cancelling
    in doubt: it is in doubt
    done: it is done
    not applicable: it is not applicable
    waived: it is waived
CancelStep
    pending, in doubt, to be judged, failed, interrupted, done, not applicable: it is not under way
    running: + StepCancelRequested
    cancelling: it is being cancelled already
    waived: it is not under way
ResolveDoubt
    pending, running, cancelling, to be judged, failed, interrupted, done, not applicable: it is not in doubt
    in doubt: + StepSettled
    waived: it is not in doubt
EndSession
    any: it waits for no lock
ApproachPointOfNoReturn
    pending, running, cancelling, to be judged, failed, interrupted: phase EXPAND is not complete (1 of 1 steps to go)
    in doubt: 'WORK' is in doubt
    done, not applicable, waived: + PointOfNoReturnApproached
LeavePointOfNoReturn
    any: no such dialog is open
PassPointOfNoReturn
    any: the point of no return was not approached
UndoPhase
    pending: nothing in EXPAND was done
    running, cancelling: 'WORK' is under way
    in doubt: 'WORK' is in doubt
    to be judged, failed, interrupted, done, not applicable, waived: + UndoStarted
Amend
    any: the changed runbook was not read
ApproveAmendment
    any: no amendment waits for approval
WithdrawAmendment
    any: no amendment waits for approval
AmendTo
    any: + AmendmentProposed
Pause
    any: + Paused
Unpause
    any: the run is not paused
AddNote
    any: + Noted
TakeOver
    any: ann drives already
Abort
    pending, to be judged, failed, interrupted, done, not applicable, waived: + RunAborted
    running, cancelling: 'WORK' is under way
    in doubt: 'WORK' is in doubt
Finish
    pending, running, cancelling, to be judged, failed, interrupted: phase EXPAND is not complete
    in doubt: 'WORK' is in doubt
    done, not applicable, waived: phase CONTRACT is not complete
StopEngine
    any: +
"""
PERSON = """
StartStep
    any: 'WORK' is confirmed by a person, not run
UndoStep
    any: it is not the next step of an undo
ConfirmStep
    pending: + PhaseEntered StepConfirmed
    failed: + StepConfirmed
    done: it is done
    not applicable: it was marked as not applicable
    waived: it was waived
RejectStep
    pending: + PhaseEntered StepRejected
    failed: + StepRejected
    done: it is done
    not applicable: it was marked as not applicable
    waived: it was waived
MarkNotApplicable
    pending: + PhaseEntered StepNotApplicable
    failed: + StepNotApplicable
    done: it is done
    not applicable: it was marked as not applicable
    waived: it was waived
SignOff
    any: 'WORK' takes no signatures
Waive
    pending, failed: + WaiverAsked
    done: it is done
    not applicable: it is not applicable
    waived: it is waived
CancelStep
    any: it is not under way
ResolveDoubt
    any: it is not in doubt
EndSession
    any: it waits for no lock
ApproachPointOfNoReturn
    pending, failed: phase EXPAND is not complete (1 of 1 steps to go)
    done, not applicable, waived: + PointOfNoReturnApproached
LeavePointOfNoReturn
    any: no such dialog is open
PassPointOfNoReturn
    any: the point of no return was not approached
UndoPhase
    pending: nothing in EXPAND was done
    failed, done, not applicable, waived: + UndoStarted
Amend
    any: the changed runbook was not read
ApproveAmendment
    any: no amendment waits for approval
WithdrawAmendment
    any: no amendment waits for approval
AmendTo
    pending, failed: + AmendmentProposed
    done: 'WORK' is done: it cannot be changed or dropped
    not applicable: 'WORK' is not applicable: it cannot be changed or dropped
    waived: 'WORK' is waived: it cannot be changed or dropped
Pause
    any: + Paused
Unpause
    any: the run is not paused
AddNote
    any: + Noted
TakeOver
    any: ann drives already
Abort
    any: + RunAborted
Finish
    pending, failed: phase EXPAND is not complete
    done, not applicable, waived: phase CONTRACT is not complete
StopEngine
    any: +
"""
SIGNATURES = """
StartStep
    any: 'WORK' is signed off, not run
UndoStep
    any: it is not the next step of an undo
ConfirmStep
    any: 'WORK' is signed off, not confirmed
RejectStep
    any: 'WORK' is signed off, not confirmed
MarkNotApplicable
    any: 'WORK' is signed off, not confirmed
SignOff
    pending: + PhaseEntered SignedOff
    done: all signatures are there
Waive
    any: a signature cannot be waived
CancelStep
    any: it is not under way
ResolveDoubt
    any: it is not in doubt
EndSession
    any: it waits for no lock
ApproachPointOfNoReturn
    pending: phase EXPAND is not complete (1 of 1 steps to go)
    done: + PointOfNoReturnApproached
LeavePointOfNoReturn
    any: no such dialog is open
PassPointOfNoReturn
    any: the point of no return was not approached
UndoPhase
    pending: nothing in EXPAND was done
    done: + UndoStarted
Amend
    any: the changed runbook was not read
ApproveAmendment
    any: no amendment waits for approval
WithdrawAmendment
    any: no amendment waits for approval
AmendTo
    pending: + AmendmentProposed
    done: 'WORK' is done: it cannot be changed or dropped
Pause
    any: + Paused
Unpause
    any: the run is not paused
AddNote
    any: + Noted
TakeOver
    any: ann drives already
Abort
    any: + RunAborted
Finish
    pending: phase EXPAND is not complete
    done: phase CONTRACT is not complete
StopEngine
    any: +
"""

TABLES: dict[DrivenBy, str] = {"engine": ENGINE, "person": PERSON, "signatures": SIGNATURES}
"""Command, and under it: statuses, and what it is answered: + events, or the reason of the refusal."""


def table(driven_by: DrivenBy) -> dict[tuple[str, str], str]:
    return cells(TABLES[driven_by], [status.value for status in WAYS[driven_by]])


def test_every_status_has_its_column() -> None:
    assert set(WAYS["engine"]) == set(Status)


def test_every_command_has_its_line() -> None:
    assert set(COMMANDS) == {command.__name__ for command in COMMAND_TYPES} | {AmendTo.__name__}


@pytest.mark.parametrize("driven_by", TABLES)
def test_the_table_has_every_cell(driven_by: DrivenBy) -> None:
    assert set(table(driven_by)) == {(command, status.value) for command in COMMANDS for status in WAYS[driven_by]}


@pytest.mark.parametrize(
    ("driven_by", "command", "status"),
    [(driven_by, command, status) for driven_by in TABLES for command, status in table(driven_by)],
)
def test_the_decider_answers_as_the_table_says(driven_by: DrivenBy, command: str, status: str) -> None:
    story = world(driven_by, Status(status))
    before = story.state
    decision = story.ask(COMMANDS[command])
    answer = table(driven_by)[command, status]
    assert shown(decision) == answer
    assert answer.startswith("+") or story.state is before
