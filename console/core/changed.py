"""Events of entering a phase, of waiving a step and of amending the runbook. Rule: a chapter of `events`."""

from console.core.commands import Entering
from console.core.observations import Event
from console.core.runbook import Runbook


class PhaseApproached(Event, frozen=True):
    """A phase is about to be entered: the checks that it rests on are asked again first."""

    phase: str
    gates: tuple[str, ...]
    then: Entering
    """What the record's author asked for; it is decided on once all of them have answered."""


class PhaseLeft(Event, frozen=True):
    """The phase was not entered, and what was asked for was not done."""

    phase: str
    reason: str
    remedy: str = ""


class WaiverAsked(Event, frozen=True):
    """Somebody asks for a step to be passed without being done; another person has to agree."""

    step: str
    reason: str


class StepWaived(Event, frozen=True):
    """A second person agreed: the step is passed without being done."""

    step: str
    reason: str
    asked_by: str
    note: str = ""


class AmendmentProposed(Event, frozen=True):
    """A changed runbook was put up for approval; the run goes on with the one it has."""

    runbook: Runbook
    source: str
    """The file's text."""
    source_name: str
    source_digest: str
    plan_digest: str
    reason: str
    roles: tuple[str, ...]
    """Who has to approve, each role by a different person, none of them the author."""


class AmendmentApproved(Event, frozen=True):
    """One approval, over the journal's head at that moment; the last one changes the runbook of the run."""

    role: str
    source_digest: str
    note: str = ""
    head: str = ""


class AmendmentWithdrawn(Event, frozen=True):
    """The amendment is off; the run keeps the runbook it has."""

    reason: str = ""


ChangeEvent = (
    PhaseApproached | PhaseLeft | WaiverAsked | StepWaived | AmendmentProposed | AmendmentApproved | AmendmentWithdrawn
)
