"""One evening's migration in which much goes wrong and all of it is mended: every section of a report has something."""

from datetime import UTC, datetime

from msgspec.structs import replace

from console.core import commands as c
from console.core import events as e
from console.core import observations as o
from console.core.runbook import Confirm, FollowUp, PointOfNoReturn, Runbook, Soak
from tests.core.build import Story, opening, phase, step

OP, DBA, LEAD = "op1", "dba1", "lead1"

DOCUMENT = Runbook(
    runbook="users-org-id",
    title="Fill users.org_id and retire users.account_id",
    engine="sqlite",
    version="3.45",
    databases={"main": "env:DATABASE_URL"},
    risk="high",
    service="accounts",
    team="identity",
    author="ann",
    reviewers=("bob", "carol"),
    ticket="OPS-4711",
    why="accounts are merged into organisations",
    migration_type="rename",
    zero_downtime=True,
    applications=("v1.0", "v1.1"),
    channel="#db-changes",
    window="2h",
    people={OP: ("operator",), DBA: ("dba",), LEAD: ("tech-lead",)},
    follow_ups=(FollowUp(what="drop the sync trigger", due="72h"), FollowUp(what="close the ticket")),
    phases=(
        phase(
            "pre-flight",
            step("backup", "person", title="A backup was restored and compared", data={"observe": "its file"}),
            step("users_rows", title="Number of users", asks_again=True, estimate="1s"),
            step("go", "signatures", title="Ready to change production"),
            goal="The way back is proven",
            criteria={"backup_created": ("backup",), "approved": ("go",)},
        ),
        phase(
            "expand",
            step("add_column", title="Add users.org_id", estimate="5s", undo="ALTER TABLE users DROP COLUMN org_id"),
            estimate="10m",
        ),
        phase(
            "fill",
            step("fill_org", title="Fill users.org_id", estimate="5m", undo="UPDATE users SET org_id = NULL"),
            step("by_eye", title="Ten users have the right organisation", asks_again=False),
            step("none_left", title="No row is left unfilled", asks_again=True),
            criteria={"filled": ("fill_org", "none_left")},
        ),
        phase(
            "contract",
            step("drop_old", title="Drop users.account_id", restore="See the backup"),
            requires=(Soak(soak="10m", since="fill"),),
            point_of_no_return=PointOfNoReturn(
                consequence="users.account_id and its data are gone",
                restore="restore the backup of pre-flight into a second file",
                confirm=Confirm(baseline="users_rows"),
            ),
        ),
        phase(
            "post",
            step("docs", "person", title="Schema documentation is updated"),
            criteria={"schema_docs_updated": ("docs",)},
        ),
    ),
)


class Evening(Story):
    """The story, as far as it was told."""

    def __init__(self, document: Runbook = DOCUMENT) -> None:
        self.now = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
        self.epoch = 0
        self.records = []
        self.tell(replace(opening(document), environment="production", run="users-org-id-1"), by=OP)
        self.crash()

    def measure(self, name: str, check: str, expected: str, actual: str) -> None:
        """Let a check be measured, and pass or fail by it."""
        passed = expected == actual
        self.tell(o.Measured(step=name, check=check, expected=expected, actual=actual, passed=passed, seconds=0.002))
        self.later(1)
        failed = e.StepFailed(step=name, error=f"{check}: {actual}", remedy="mend it and run it again")
        self.tell(e.StepSucceeded(step=name, summary=actual) if passed else failed)


def before_the_point() -> Evening:
    """Tell everything up to the point of no return."""
    told = Evening()
    told.do(c.ConfirmStep(step="backup", value="app-0301.db", note="rows compared"), by=OP)
    told.do(c.StartStep(step="users_rows"), by=OP)
    told.tell(o.BaselineRecorded(step="users_rows", value=200000))
    told.measure("users_rows", "SELECT count(*) FROM users", "200000", "200000")
    told.do(c.SignOff(step="go", role="dba", note="pager quiet"), by=DBA)
    told.do(c.SignOff(step="go", role="tech-lead"), by=LEAD)
    _expand_twice(told)
    _fill_with_trouble(told)
    return told


def _expand_twice(told: Evening) -> None:
    """Expand, take it back with verification, and expand again."""
    for again in (False, True):
        told.later(60)
        told.do(c.StartStep(step="add_column"), by=OP)
        told.later(4)
        told.tell(e.StepSucceeded(step="add_column", summary="1 statement"))
        if not again:
            told.do(c.AddNote(text="wrong type chosen", step="add_column"), by=DBA)
            told.do(c.UndoPhase(phase="expand", typed="expand"), by=OP)
            told.undo("add_column")
            told.later(1)
            told.tell(e.UndoVerified(phase="expand", checks=(("schema", "as before", "as before", True),)))


def _fill_with_trouble(told: Evening) -> None:
    """Fill: the engine dies, somebody else takes over, a check fails first."""
    told.later(30)
    told.do(c.StartStep(step="fill_org"), by=OP)
    told.later(40)
    told.tell(o.Progressed(step="fill_org", done=80000, total=200000, fraction=0.4, rate=2000.0))
    told.later(300)
    told.crash()
    told.tell(e.StepSettled(step="fill_org", happened="partly", evidence="80,000 rows up to key 91342"))
    told.do(c.TakeOver(reason="op1 lost the connection"), by=DBA)
    told.do(c.StartStep(step="fill_org"), by=DBA)
    told.later(61)
    told.tell(e.StepSucceeded(step="fill_org", summary="200,000 rows"))
    told.do(c.StartStep(step="by_eye"), by=DBA)
    told.tell(o.Sampled(step="by_eye", columns=("id", "org"), rows=(("1", "acme"), ("7", "a|b"))))
    told.tell(o.Measured(step="by_eye", check="sample", expected="right", actual="2 rows", passed=None))
    told.tell(o.StepPutToPerson(step="by_eye", question="Are these right?"))
    told.do(c.ConfirmStep(step="by_eye", note="compared with accounts"), by=DBA)
    for left in ("3", "0"):
        told.do(c.StartStep(step="none_left"), by=DBA)
        told.measure("none_left", "SELECT count(*) … WHERE org_id IS NULL", "0", left)


def whole() -> Evening:
    """Tell the evening to its sealed end."""
    told = before_the_point()
    told.later(600)
    told.do(c.Pause(reason="call with support"), by=LEAD)
    told.later(120)
    told.do(c.Unpause(), by=DBA)
    for green in (False, True):
        told.do(c.ApproachPointOfNoReturn(phase="contract"), by=DBA)
        told.later(2)
        told.tell(e.GateAsked(phase="contract", step="none_left", passed=green, actual="0" if green else "1"))
        if not green:
            told.do(c.LeavePointOfNoReturn(phase="contract"), by=DBA)
            told.later(30)
    told.do(c.PassPointOfNoReturn(phase="contract", typed="200000"), by=DBA)
    told.do(c.StartStep(step="drop_old"), by=DBA)
    told.later(3)
    told.tell(e.StepSucceeded(step="drop_old", summary="1 statement"))
    told.do(c.MarkNotApplicable(step="docs", reason="generated from the schema"), by=DBA)
    told.do(c.Finish(note="all well"), by=DBA)
    told.tell(e.Sealed(records=len(told.records) + 1))
    return told
