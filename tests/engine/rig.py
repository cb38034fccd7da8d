"""An engine in this process on a real SQLite file, driven by answers, killable at labelled places."""

import asyncio
import sqlite3
from argparse import Namespace
from pathlib import Path
from typing import Any

from console.cli.autopilot import End
from console.cli.headless import Pilot
from console.cli.opening import Opened, open_other, open_run
from console.core.state import RunState
from console.engine.engine import Engine
from console.engine.logbook import Logbook
from console.storage.amended import amended
from console.storage.answers import Answers, load_answers
from tests.clock import FakeClock
from tests.engine.faults import Fault, FaultyJournal, FaultyTarget


class Rig:
    """A runbook, its database and its journal in one folder."""

    def __init__(self, folder: Path, runbook: Path, *, answers: Path | None = None) -> None:
        self.folder, self.runbook = folder, runbook
        self.answers = load_answers(answers) if answers else Answers()
        self.clock = FakeClock()
        """Whether a database is taken that another run holds."""

    def arguments(self) -> Namespace:
        """Return what `runbook run` would be told."""
        return Namespace(
            file=str(self.runbook), env=None, journal=str(self.folder / "runs"), group=None, take_over=False
        )

    async def open(self) -> Opened:
        """Open the run as a new process would."""
        opened = await open_run(self.arguments(), self.clock)
        assert isinstance(opened, Opened)
        return opened

    async def engine(self, fault: Fault | None = None) -> "Running":
        """Return an engine at the run, started."""
        opened = await self.open()
        journal: Any = FaultyJournal(opened.journal, fault) if fault else opened.journal
        target: Any = FaultyTarget(opened.target, fault) if fault else opened.target
        engine = Engine(
            logbook=Logbook(journal=journal, clock=self.clock),
            target=target,
            clock=self.clock,
            epoch=opened.epoch,
            reader=amended,
            opener=open_other,
        )
        engine.start()
        return Running(self, opened, engine)

    async def to_the_end(self) -> End:
        """Drive the run by the answers until they say no more."""
        running = await self.engine()
        end = await running.to_the_end()
        await running.die()
        return end

    async def until_abandoned(self, fault: Fault) -> bool:
        """Drive the run until the fault strikes; tell whether it did."""
        running = await self.engine(fault)
        pilot = asyncio.create_task(running.to_the_end())
        struck = asyncio.create_task(fault.struck.wait())
        await asyncio.wait({pilot, struck}, return_when=asyncio.FIRST_COMPLETED)
        for task in (pilot, struck):
            task.cancel()
        await asyncio.gather(pilot, struck, return_exceptions=True)
        await running.die()
        return fault.struck.is_set()


class Running:
    """An engine at work."""

    def __init__(self, rig: Rig, opened: Opened, engine: Engine) -> None:
        self.rig, self.opened, self.engine = rig, opened, engine

    @property
    def state(self) -> RunState:
        """The engine's own state."""
        return self.engine.state

    async def pilot(self) -> End:
        """Let the answers drive."""
        return await Pilot(self.engine, self.rig.answers, opened=self.opened, clock=self.rig.clock).fly()

    async def to_the_end(self) -> End:
        """Let the answers drive, and the engine end."""
        end = await self.pilot()
        await self.engine.finish()
        return end

    async def idle(self) -> None:
        """Wait until nothing is at work."""
        while not self.engine.idle:
            await asyncio.sleep(0)

    async def die(self) -> None:
        """Let go of everything as the kernel does when a process ends: nothing is written."""
        current = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not current]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.opened.target.close()
        await self.engine._others.close()
        self.opened.journal.close()
        self.opened.lease.release()


def content(database: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return every table's rows and the schema, without the tables that this program keeps for itself."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        schema = connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name").fetchall()
        own = [row for row in schema if not str(row[1]).startswith(("runbook_", "sqlite_"))]
        found: dict[str, list[tuple[Any, ...]]] = {"schema": own}
        for name in (row[1] for row in own if row[0] == "table"):
            found[name] = connection.execute(f'SELECT * FROM "{name}" ORDER BY 1').fetchall()
    connection.close()
    return found


def ledger(database: Path) -> list[tuple[Any, ...]]:
    """Return which steps the target says happened, whatever the attempt and the time."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        rows = connection.execute(
            "SELECT step, applied_at IS NOT NULL, rolled_back_at IS NOT NULL, rows FROM runbook_ledger ORDER BY step"
        ).fetchall()
    connection.close()
    return rows
