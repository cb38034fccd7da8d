"""The night of the pictures, as far as each of them needs it: fixed times, fixed people, fixed figures."""

from console.core import commands as c
from console.core import events as e
from console.core import observations as o
from tests.tui.migration import runbook
from tests.tui.scripted import ScriptedSession
from tests.views.blocked import awaited


def begun(**more: object) -> ScriptedSession:
    """The run has just been started."""
    session = ScriptedSession(runbook(), **more)  # type: ignore[arg-type]  # of any of its types
    session.outcomes = {
        "users_rows": measured("users_rows", "200000", baseline=200000),
        "accounts_rows": measured("accounts_rows", "20000", baseline=20000),
        "add_column": (
            o.StatementRan(step="add_column", index=1, of=1, rows=0, seconds=0.004),
            e.StepSucceeded(step="add_column", summary="1 statement, 0.004 s"),
        ),
        "still_nullable": measured("still_nullable", "0"),
        "none_left": measured("none_left", "0"),
        "no_orphans": measured("no_orphans", "0"),
        "rows_unchanged": measured("rows_unchanged", "200000", expected="200000, as users_rows"),
        "drop_old": (e.StepSucceeded(step="drop_old", summary="1 statement, 0.8 s"),),
        "rows_after": measured("rows_after", "200000", expected="200000, as users_rows"),
        "fill": (
            o.Progressed(step="fill", done=200000, total=200000, fraction=1.0, rate=41000.0),
            e.StepSucceeded(step="fill", summary="200,000 rows in 23 batches"),
        ),
    }
    return session


def measured(step: str, actual: str, *, expected: str = "0", baseline: int | None = None) -> tuple[e.AnyEvent, ...]:
    recorded = () if baseline is None else (o.BaselineRecorded(step=step, value=baseline),)
    expected = "recorded" if baseline is not None else expected
    check = o.Measured(step=step, check=f"{step}", expected=expected, actual=actual, passed=True, seconds=0.012)
    return (*recorded, check, e.StepSucceeded(step=step, summary=actual))


def preflight(session: ScriptedSession) -> ScriptedSession:
    """The pre-flight is complete and signed."""
    session.later(minutes=1)
    session.do(c.ConfirmStep(step="snapshot", value="200000", note="restored into scratch_0120"))
    session.do(c.StartStep(step="users_rows"), c.StartStep(step="accounts_rows"))
    session.later(seconds=20)
    session.do(c.SignOff(step="go", role="tech-lead", note="numbers look right"), by="lead1")
    session.later(seconds=12)
    session.do(c.SignOff(step="go", role="dba"), by="dba1")
    return session


def filling(session: ScriptedSession) -> ScriptedSession:
    """The backfill is under way, at 63 %."""
    session.later(seconds=30)
    session.do(c.StartStep(step="add_column"), c.StartStep(step="still_nullable"))
    session.later(seconds=40)
    session.do(c.ConfirmStep(step="dual_write", value="v1.1 on 12 of 12 instances"))
    session.holding = {"fill"}
    session.do(c.StartStep(step="fill"))
    for done in (45_000, 90_000, 126_000):
        session.later(seconds=1)
        session.play(
            o.Progressed(step="fill", done=done, total=200000, fraction=done / 200000, rate=41000.0, batch=9000)
        )
    session.do(c.AddNote(text="pager quiet"), by="dba1")
    return session


def waiting(session: ScriptedSession, *, again_in: float | None = None) -> ScriptedSession:
    """The first change waits for a lock that a forgotten session holds; others wait behind it."""
    session.later(seconds=30)
    session.holding = {"add_column"}
    session.do(c.StartStep(step="add_column"))
    session.later(seconds=12)
    session.play(awaited("add_column", again_in=again_in))
    session.holding = set()
    return session


def enforced(session: ScriptedSession) -> ScriptedSession:
    """Everything before the point of no return is complete, the soak is over."""
    session.holding = set()
    session.later(seconds=2)
    session.play(*session.outcomes["fill"])
    session.do(c.StartStep(step="none_left"), c.StartStep(step="no_orphans"))
    session.later(minutes=2)
    session.do(c.ConfirmStep(step="reads_new", value="v1.2 on 12 of 12 instances"), c.StartStep(step="rows_unchanged"))
    session.later(minutes=11)
    return session


def contracted(session: ScriptedSession) -> ScriptedSession:
    """The point of no return was passed and everything is done."""
    session.do(c.ApproachPointOfNoReturn(phase="contract"), c.PassPointOfNoReturn(phase="contract", typed="200000"))
    session.later(seconds=30)
    session.do(c.StartStep(step="drop_old"), c.StartStep(step="rows_after"))
    return session


def start(step: str) -> c.StartStep:
    return c.StartStep(step=step)
