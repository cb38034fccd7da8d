"""A step that waits for a lock which a forgotten session holds: fixed people, fixed figures, and worse crowds."""

from msgspec.structs import replace

from console.core import commands as c
from console.core import events as e
from console.core import observations as o
from console.core import server_events as s
from console.core.observations import ServerSession
from tests.views.evening import DBA, LEAD, OP, Evening

INDEX = s.Debris(
    kind="invalid index",
    name="app.users_org_id",
    table="app.users",
    remedy="DROP INDEX CONCURRENTLY app.users_org_id",
    run="users-org-id-0",
    step="build_index",
)
FOREIGN = s.Debris(
    kind="constraint not validated",
    name="users_org_fk",
    table="app.users",
    remedy="ALTER TABLE app.users VALIDATE CONSTRAINT users_org_fk",
)


def session(pid: int, **more: object) -> ServerSession:
    facts: dict[str, object] = {"since": f"2026-03-01 21:{pid % 60:02}:00+00", "user": "app", "state": "active"}
    return ServerSession(pid=pid, **{**facts, **more})  # type: ignore[arg-type]  # of any of its types


ALICE = session(
    4711,
    user="alice",
    application="psql",
    address="10.0.0.7",
    state="idle in transaction",
    query="SELECT * FROM users WHERE id = $1 FOR UPDATE",
    seconds=12.0,
)
OURS = session(
    4720,
    user="runbook",
    application="runbook users-org-id-1",
    waits_for="lock on table users",
    query="ALTER TABLE users ADD COLUMN org_id bigint",
    seconds=0.1,
    blocked_by=(4711,),
    ours=True,
)
BEHIND = tuple(
    session(
        4730 + number,
        application="web",
        address=f"10.0.1.{number}",
        waits_for="lock on table users",
        query="SELECT name FROM users WHERE id = $1",
        seconds=0.1 - number / 100,
        blocked_by=(4720,),
    )
    for number in range(1, 4)
)
TREE = (*BEHIND, OURS, ALICE)


def awaited(step: str = "add_column", **more: object) -> o.LockAwaited:
    facts: dict[str, object] = {"tries": 4, "seconds": 12.0, "behind": 3, "sessions": TREE}
    return o.LockAwaited(step=step, **{**facts, **more})  # type: ignore[arg-type]  # of any of its types


def crowd(size: int, *, ours: int = 50) -> tuple[ServerSession, ...]:
    """A chain of sessions, each behind the one before; the first holds the lock."""
    return tuple(
        session(pid, blocked_by=(pid - 1,) if pid > 1 else (), ours=pid == ours, seconds=float(size - pid))
        for pid in range(1, size + 1)
    )


def begun() -> Evening:
    """Tell everything up to the step that waits: what was half-made is known from the beginning."""
    told = Evening()
    told.tell(s.DebrisFound(items=(INDEX, FOREIGN)))
    told.do(c.ConfirmStep(step="backup", value="app-0301.db"), by=OP)
    told.do(c.StartStep(step="users_rows"), by=OP)
    told.measure("users_rows", "SELECT count(*) FROM users", "200000", "200000")
    told.do(c.SignOff(step="go", role="dba"), by=DBA)
    told.do(c.SignOff(step="go", role="tech-lead"), by=LEAD)
    told.do(c.StartStep(step="add_column"), by=OP)
    return told


def waiting() -> Evening:
    """The step waits, for the fourth time."""
    told = begun()
    told.later(1)
    told.tell(awaited(tries=1, seconds=0.05, behind=0, sessions=(OURS, ALICE)))
    told.later(12)
    told.tell(awaited())
    return told


def given_way() -> Evening:
    """It let the others past, and tries again soon."""
    told = waiting()
    told.tell(awaited(again_in=0.8))
    return told


def ended() -> Evening:
    """The session was ended, the step was done; one half-made thing was taken away meanwhile."""
    told = given_way()
    asked = c.EndSession(
        step="add_column",
        pid=4711,
        since=ALICE.since,
        how="terminate",
        typed="4711",
        reason="alice went home, agreed on the phone",
    )
    told.do(asked, by=OP)
    told.tell(s.SessionEnded(step="add_column", pid=4711, how="terminate", done=True, words="it was disconnected"))
    told.later(1)
    told.tell(o.StatementRan(step="add_column", index=1, of=1, rows=-1, seconds=0.004))
    told.tell(e.StepSucceeded(step="add_column", summary="1 statement"))
    told.tell(s.DebrisFound(items=(FOREIGN,)))
    return told


def building(done: int = 41_000, *, seconds: float = 21.0) -> Evening:
    """The server says how far it is."""
    told = begun()
    first = o.ServerProgressed(
        step="add_column", doing="CREATE INDEX: scanning table", seconds=1.0, done=1_000, total=100_000, unit="blocks"
    )
    told.tell(first)
    told.later(20)
    told.tell(replace(first, done=done, seconds=seconds, grown=1_200_000_000))
    return told
