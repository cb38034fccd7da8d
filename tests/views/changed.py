"""An evening on which the runbook is amended, a step is waived and a phase is not entered at first."""

from msgspec.structs import replace

from console.core import commands as c
from console.core import events as e
from console.core.runbook import Phase, Runbook, Step
from console.core.state import Status
from tests.core.build import amend_to, step
from tests.views.evening import DBA, DOCUMENT, LEAD, OP, Evening

PEOPLE = {**DOCUMENT.people, OP: ("operator", "dba")}
BEGUN = replace(DOCUMENT, people=PEOPLE)
REASON = "the column is wanted in lower case"


def with_steps(document: Runbook, name: str, *steps: Step) -> Runbook:
    """Return the document with other steps in one phase."""
    phases = tuple(replace(each, steps=steps) if each.id == name else each for each in document.phases)
    return replace(document, phases=phases)


def phase_in(document: Runbook, name: str) -> Phase:
    return next(each for each in document.phases if each.id == name)


EXTRA = step("extra", title="A look at the logs", asks_again=True, data={"check": "SELECT 1\nFROM logs"})
NOTES = step("notes", "person", title="Notes are written")
AMENDED = with_steps(BEGUN, "expand", *phase_in(BEGUN, "expand").steps, EXTRA, NOTES)
WITHOUT = with_steps(AMENDED, "expand", *phase_in(BEGUN, "expand").steps, NOTES)


def signed(document: Runbook = BEGUN) -> Evening:
    """Tell the pre-flight, signed."""
    told = Evening(document)
    told.do(c.ConfirmStep(step="backup", value="app-0301.db"), by=OP)
    told.do(c.StartStep(step="users_rows"), by=OP)
    told.tell(e.StepSucceeded(step="users_rows", summary="200000"))
    sign(told)
    return told


def sign(told: Evening) -> None:
    told.later(5)
    told.do(c.SignOff(step="go", role="dba"), by=DBA)
    told.do(c.SignOff(step="go", role="tech-lead"), by=LEAD)


def proposed(*, reason: str = REASON, document: Runbook = AMENDED) -> Evening:
    """Tell a run in which an amendment waits for both of its approvals."""
    told = signed()
    told.later(10)
    told.do(amend_to(document, reason=reason, digest="first"), by=OP)
    return told


def approve(told: Evening, digest: str, *, note: str = "") -> None:
    told.later(1)
    told.do(c.ApproveAmendment(source_digest=digest, role="dba", note=note), by=DBA)
    told.do(c.ApproveAmendment(source_digest=digest, role="tech-lead"), by=LEAD)


def amended(*, reason: str = REASON, note: str = "read twice") -> Evening:
    """Tell the whole of it: amended, a step of it failed and dropped again, another waived, a red entry."""
    told = proposed(reason=reason)
    approve(told, "first", note=note)
    sign(told)
    told.do(c.StartStep(step="add_column"), by=OP)
    told.tell(e.StepSucceeded(step="add_column"))
    told.do(c.StartStep(step="extra"), by=OP)
    told.do(c.AddNote(text="odd", step="extra"), by=DBA)
    told.tell(e.StepFailed(step="extra", error="no such table: logs"))
    told.do(amend_to(AMENDED if told.state.runbook == WITHOUT else WITHOUT, reason="never mind", digest="off"), by=OP)
    told.do(c.WithdrawAmendment(reason=reason), by=OP)
    told.do(amend_to(WITHOUT, reason="the logs are elsewhere", digest="second"), by=OP)
    approve(told, "second")
    sign(told)
    told.do(c.Waive(step="notes", reason=reason), by=OP)
    told.later(30)
    told.do(c.Waive(step="notes", reason=note), by=DBA)
    assert told.at("notes").status is Status.WAIVED
    return told


def kept_out() -> Evening:
    """Tell a run whose second phase was not entered, because what it rests on is red."""
    told = signed()
    told.ask(c.StartStep(step="add_column"), by=OP)
    told.answer_entry(passed=False)
    return told
