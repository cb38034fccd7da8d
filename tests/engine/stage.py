"""An engine on the scripted target: what a server can do to a step, told by a script."""

import asyncio
from pathlib import Path
from typing import Any

from console.core import commands as c
from console.core import events as e
from console.core.commands import Accepted, Answer, Refused
from console.core.ports import Lease
from console.core.state import RunState, StepState
from console.databases.fake import FakeTarget
from console.engine.engine import Engine
from console.engine.logbook import Logbook
from console.storage.amended import amended
from console.storage.journal import Journal, read_records
from console.storage.runbook_file import load
from tests.clock import FakeClock

DRIVER = "ada"
ADD = "ALTER TABLE t ADD COLUMN x INT"
DROP = "ALTER TABLE t DROP COLUMN x"
VACUUM = "VACUUM"
EMPTY = "SELECT count(*) FROM t WHERE x IS NULL"
RUNBOOK = f"""
runbook: stage
title: A column comes and goes
engine: sqlite
databases: {{main: env:STAGE}}
people: {{"*": [reviewer]}}
risk: low
phases:
  - id: before
    title: Before
    steps:
      - {{id: rows, title: Rows, baseline: SELECT count(*) FROM t}}
  - id: expand
    title: Expand
    steps:
      - {{id: add, title: Add x, sql: {ADD}, undo: {DROP}}}
      - {{id: deployed, manual: Deploy it, undo: Take it back}}
      - {{id: none_empty, title: None empty, check: {EMPTY}, expect: 0}}
      - {{id: compact, title: Compact, sql: {VACUUM}}}
      - {{id: soak, title: Soak, wait: 10m}}
  - id: contract
    title: Contract
    point_of_no_return:
      {{consequence: x is gone, restore: The backup., confirm: {{baseline: rows}}, gates: [none_empty]}}
    steps:
      - {{id: drop, title: Drop y, sql: ALTER TABLE t DROP COLUMN y, restore: The backup.}}
"""
ANSWERS: dict[str, Any] = {
    "ask schema": [("table", "t", "CREATE TABLE t (y)")],
    "ask broken_references": [],
    "SELECT count(*) FROM t": [(3,)],
    ADD: 0,
    DROP: 0,
    VACUUM: 0,
    EMPTY: [(0,)],
    "ALTER TABLE t DROP COLUMN y": 0,
}


class Stage:
    """A run on a scripted target; `reopen` is what happens after a crash."""

    def __init__(self, folder: Path) -> None:
        self.path, self.clock = folder / "journal.jsonl", FakeClock()
        self.target = FakeTarget(dict(ANSWERS))
        self._runbook = folder / "stage.yaml"
        self._runbook.write_text(RUNBOOK)

    async def open(self) -> "Stage":
        """Start the run, or go on with it, with a new engine."""
        epoch = await self.target.claim(Lease(run="r", account=DRIVER, host="h", pid=1, environment="test"))
        if self.path.exists():
            self.journal = Journal.open(self.path)
        else:
            self.journal = Journal.create(self.path)
            self.journal.append(await self._started(), at=self.clock.now(), by=DRIVER)
        self.journal.append(e.EngineStarted(pid=1, host="h", epoch=epoch), at=self.clock.now(), by=e.ENGINE)
        logbook = Logbook(journal=self.journal, clock=self.clock)
        self.engine = Engine(logbook=logbook, target=self.target, clock=self.clock, epoch=epoch, reader=amended)
        self.engine.start()
        return self

    async def _started(self) -> e.RunStarted:
        loaded = load(self._runbook)
        return e.RunStarted(
            format=e.FORMAT,
            run="r",
            runbook=loaded.runbook,
            source=loaded.source,
            source_name="stage.yaml",
            source_digest=loaded.source_digest,
            plan_digest=loaded.plan_digest,
            environment="test",
            target=await self.target.identity(),
            console="test",
        )

    async def crash(self) -> None:
        """End as a killed process does: tasks stop where they are, nothing more is written."""
        here = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not here]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.journal.close()

    async def ask(self, command: c.AnyCommand, by: str = DRIVER) -> Answer:
        """Submit a command."""
        return await self.engine.submit(command, by)

    async def do(self, command: c.AnyCommand, by: str = DRIVER) -> None:
        """Submit a command that must be accepted, and wait until nothing is at work."""
        answer = await self.ask(command, by)
        assert isinstance(answer, Accepted), answer
        await self.until(lambda: self.engine.idle)

    async def start(self, *steps: str) -> None:
        """Run steps, one after another."""
        for step in steps:
            await self.do(c.StartStep(step=step))

    async def refused(self, command: c.AnyCommand) -> Refused:
        """Submit a command that must be refused."""
        before = self.state.seq
        answer = await self.ask(command)
        assert isinstance(answer, Refused), answer
        assert self.state.seq == before
        return answer

    async def until(self, condition: Any) -> None:
        """Let everybody have turns until a condition holds."""
        async with asyncio.timeout(30):
            while not condition():
                await asyncio.sleep(0.001)

    @property
    def state(self) -> RunState:
        """The engine's state."""
        return self.engine.state

    def step(self, step: str) -> StepState:
        """Return where a step stands."""
        return self.state.steps[step]

    def remaining(self) -> tuple[str, ...]:
        """Return what an undo has still to take back."""
        return self.state.undo.remaining if self.state.undo else ()

    def events(self) -> list[str]:
        """Return the names of all events so far."""
        return [type(record.event).__name__ for record in read_records(self.path)]


async def to_soak(stage: Stage) -> None:
    """Do everything up to the wait."""
    await stage.start("rows", "add")
    await stage.do(c.ConfirmStep(step="deployed"))
    await stage.start("none_empty", "compact")
