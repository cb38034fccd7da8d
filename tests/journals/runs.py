"""Runs by the real engine on a scripted database and a clock that stands still: the same bytes each time."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from console.core import commands as c
from console.core.commands import Accepted, Answer
from console.core.errors import DatabaseError, Disconnected
from console.core.identity import Identity
from console.core.observations import LockAwaited, ServerSession
from console.core.ports import LedgerEntry, Say, Ticket, unheard
from console.core.server_events import Debris
from console.databases.fake import FakeDatabase, FakeTarget
from tests.clock import FakeClock
from tests.engine.stage import ADD, ANSWERS, DRIVER, EMPTY, VACUUM, Stage

SECOND = "bob"
RUNBOOK = f"""
runbook: kept
title: A column comes, another one goes — naïve, 日本, ”quoted”
engine: sqlite
databases: {{main: env:STAGE}}
people: {{{DRIVER}: [dba], {SECOND}: [tech-lead, reviewer]}}
window: 2h
follow_ups:
  - {{what: Drop the backup, due: 14d}}
risk: low
ticket: OPS-1
why: The application of next month reads x and has forgotten y.
phases:
  - id: before
    title: Before
    steps:
      - {{id: rows, title: Rows, baseline: SELECT count(*) FROM t}}
      - {{id: backup, manual: Take a backup, observe: its name}}
      - {{id: go, sign_off: Ready, roles: [dba, tech-lead]}}
  - id: expand
    title: Expand
    goal: x is there and empty
    criteria: {{ready: [add, none_empty]}}
    steps:
      - {{id: add, title: Add x, sql: {ADD}, undo: ALTER TABLE t DROP COLUMN x}}
      - {{id: deployed, manual: Deploy it, undo: Take it back, requires: [add]}}
      - {{id: none_empty, title: None empty, check: {EMPTY}, expect: 0}}
      - {{id: compact, title: Compact, sql: {VACUUM}}}
      - {{id: soak, title: Soak, wait: 2s}}
  - id: contract
    title: Contract
    requires: [{{soak: 1s, since: before}}]
    point_of_no_return:
      {{consequence: y is gone, restore: The backup., confirm: {{baseline: rows}}, gates: [none_empty]}}
    steps:
      - {{id: drop, title: Drop y, sql: ALTER TABLE t DROP COLUMN y, restore: The backup.}}
"""


REMARKS = (
    "nobody noticed",
    "the pager is quiet; the error rate is that of any monday, and the replicas are less than a second behind",
    "two lines,\nthe second one with a tab\tand a bell \x07",
    "naïve café, 日本語, \U0001f600, and \u202eright to left",
    "'single', \"double\", `back`, \\ and / and </script>",
    "a long one: " + "the same words again and again, because somebody held the key down; " * 50,
)


class StillClock(FakeClock):
    """A clock on which nobody waits for minutes: what happens now and then does not happen at all."""

    async def sleep(self, seconds: float) -> None:
        """Let seconds pass; whoever wants to sleep longer sleeps until he is ended."""
        if seconds > 5:
            await asyncio.Event().wait()
        await super().sleep(seconds)


class DeafTarget(FakeTarget):
    """A database that can leave a question for its ledger without an answer."""

    deaf = False

    def bind(self, ticket: Ticket, expected: Identity, *, say: Say = unheard) -> FakeDatabase:
        """Return the handle for one step."""
        return DeafDatabase(self, ticket=ticket, expected=expected, engine="sqlite", say=say)


class DeafDatabase(FakeDatabase):
    """The handle on it."""

    async def entry(self) -> LedgerEntry | None:
        """Return the ledger's row, or never come back."""
        assert isinstance(self._target, DeafTarget)
        if self._target.deaf:
            await asyncio.Event().wait()
        return await super().entry()


class KeptStage(Stage):
    """The engine on a stage whose runbook has signatures, notes and text of all sorts."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.clock = StillClock()
        self.target: DeafTarget = DeafTarget(dict(ANSWERS))
        self._runbook.write_text(RUNBOOK, encoding="utf-8")

    async def ask(self, command: c.AnyCommand, by: str = DRIVER) -> Answer:
        """Submit a command, three seconds after the last one."""
        self.clock.advance(3)
        return await super().ask(command, by)

    async def prepared(self) -> None:
        """Do the first phase."""
        await self.start("rows")
        await self.do(c.ConfirmStep(step="backup", value="monday.tar", note="restored and compared\nby two"))
        await self.do(c.SignOff(step="go", role="dba"))
        await self.do(c.SignOff(step="go", role="tech-lead", note="pager quiet"), by=SECOND)

    async def expanded(self) -> None:
        """Do the first two phases."""
        await self.prepared()
        await self.start("add")
        await self.do(c.ConfirmStep(step="deployed", note="v1.1 on every instance"))
        await self.start("none_empty", "compact", "soak")

    async def passed(self) -> None:
        """Pass the point of no return."""
        await self.expanded()
        await self.ask(c.ApproachPointOfNoReturn(phase="contract"))
        await self.until(lambda: self.state.approach is None or self.state.approach.asked)
        await self.do(c.PassPointOfNoReturn(phase="contract", typed="3"))

    async def sealed(self) -> None:
        """Wait for the seal."""
        await self.until(lambda: self.state.sealed)


async def forward(stage: KeptStage) -> None:
    """Go to the end without trouble."""
    await stage.passed()
    await stage.start("drop")
    for number, text in enumerate(REMARKS, start=1):
        await stage.do(c.AddNote(text=f"{number}. {text}", step="drop" if number % 2 else ""), by=SECOND)
    await stage.do(c.Finish(note="done"))
    await stage.sealed()


async def undone(stage: KeptStage) -> None:
    """Take a phase back whose last checks were red, then give the run up."""
    await stage.prepared()
    await stage.start("add")
    await stage.do(c.ConfirmStep(step="deployed"))
    stage.target.answers[EMPTY] = [(7,)]
    await stage.start("none_empty")
    await stage.ask(c.UndoPhase(phase="expand", typed="expand"))
    await stage.until(lambda: stage.remaining()[:1] == ("deployed",) and stage.engine.idle)
    await stage.do(c.ConfirmStep(step="deployed", value="v1.0 again"))
    await stage.until(lambda: stage.state.undo is None)
    await stage.do(c.StopEngine())
    await stage.engine.finish()


async def settled(stage: KeptStage) -> None:
    """Fail once, lose the connection once, then crash in the middle of a statement whose ledger stays silent."""
    await stage.prepared()
    stage.target.fail("sent", DatabaseError("table t is locked", remedy="find out by whom"), sql=ADD)
    await stage.start("add")
    stage.target.fail("committed", Disconnected("the connection is gone"), sql=ADD)
    await stage.start("add")
    stage.target.hang("committed", sql=ADD)
    await stage.ask(c.StartStep(step="add"))
    await stage.until(lambda: stage.target.sent.count(ADD) == 3)
    await stage.crash()
    stage.target.deaf = True
    await stage.open()
    word = c.ResolveDoubt(step="add", happened=True, evidence="the column is there")
    assert isinstance(await stage.ask(word), Accepted)


async def aborted(stage: KeptStage) -> None:
    """Give the run up early."""
    await stage.start("rows")
    await stage.do(c.MarkNotApplicable(step="backup", reason="the table is empty"))
    await stage.do(c.Abort(reason="the window is over"))
    await stage.sealed()


async def taken_over(stage: KeptStage) -> None:
    """Pause, crash with half a line in the file, go on, and change drivers."""
    await stage.start("rows")
    await stage.do(c.Pause(reason="a look at the replicas"), by=SECOND)
    await stage.crash()
    with stage.path.open("ab") as file:
        file.write(b'{"seq":')
    await stage.open()
    await stage.do(c.Unpause())
    await stage.do(c.TakeOver(reason="ada is on a train"), by=SECOND)
    await stage.do(c.ConfirmStep(step="backup", value="monday.tar"), by=SECOND)
    await stage.crash()


async def beyond(stage: KeptStage) -> None:
    """Pass the point of no return and stop there."""
    await stage.passed()
    await stage.crash()


async def amended(stage: KeptStage) -> None:
    """Change a later step with an approval, pass one by two people's word, and give the next amendment up."""
    await stage.prepared()
    text = RUNBOOK.replace("Deploy it", "Deploy v1.1").replace("14d", "7d")
    await stage.do(c.Amend(source=text, source_name="stage.yaml", reason="v1.1 came out"))
    assert stage.state.amendment is not None
    digest = stage.state.amendment.proposed.source_digest
    for role in stage.state.amendment.proposed.roles:
        await stage.do(c.ApproveAmendment(source_digest=digest, role=role, note="read"), by=SECOND)
    await stage.do(c.SignOff(step="go", role="dba"))
    await stage.do(c.SignOff(step="go", role="tech-lead"), by=SECOND)
    await stage.start("add")
    await stage.do(c.Waive(step="deployed", reason="there is one instance only"))
    await stage.do(c.Waive(step="deployed", reason="seen"), by=SECOND)
    await stage.do(c.Amend(source=text.replace("2s", "3s"), source_name="stage.yaml", reason="a longer soak"))
    await stage.do(c.WithdrawAmendment(reason="rather not"))
    await stage.crash()


async def locked(stage: KeptStage) -> None:
    """Wait for a lock, end who holds it, fail at something else and leave an index half-made."""
    await stage.prepared()
    blocker = ServerSession(pid=4711, since="2026-03-14 00:12:07+00", user="alice", application="psql", seconds=12.0)
    ours = ServerSession(pid=7, since="2026-03-14 01:00:00+00", user="ada", ours=True, blocked_by=(4711,))
    stage.target.sessions.add((blocker.pid, blocker.since))
    stage.target.hang("sent", sql=ADD)
    stage.target.seen = (LockAwaited(step="add", tries=1, seconds=0.1, behind=2, sessions=(blocker, ours)),)
    await stage.ask(c.StartStep(step="add"))
    await stage.until(lambda: stage.step("add").lock is not None)
    stage.target.seen = ()
    asked = c.EndSession(step="add", pid=4711, since=blocker.since, how="terminate", typed="4711", reason="forgotten")
    await stage.ask(asked)
    await stage.until(lambda: stage.state.session_end is None)
    index = Debris(kind="invalid index", name="public.t_x", table="public.t", remedy="DROP INDEX public.t_x")
    stage.target.half_made = (index,)
    await stage.do(c.CancelStep(step="add"))
    await stage.start("add")
    await stage.crash()


RUNS: dict[str, Callable[[KeptStage], Awaitable[None]]] = {
    "forward": forward,
    "undone": undone,
    "settled": settled,
    "aborted": aborted,
    "taken-over": taken_over,
    "beyond-the-point": beyond,
    "amended": amended,
    "locked": locked,
}


async def journal_of(name: str, folder: Path) -> bytes:
    """Carry a run out in an empty folder and return its journal."""
    stage = KeptStage(folder)
    await stage.open()
    await RUNS[name](stage)
    await stage.crash()
    return stage.path.read_bytes()
