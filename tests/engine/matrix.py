"""A run on PostgreSQL in which everything is that can be half done, disturbed once, and gone on with to its end.

Rule: whoever drives it does what a person does: says `run` again, and takes the same phase back once.
"""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from console.core import commands as c
from console.core import events as e
from console.core.commands import Refused
from console.core.errors import RunbookConsoleError
from console.core.state import RunState, Status
from console.storage.answers import Answer, Answers
from console.storage.journal import read_records
from console.storage.verify import verify
from tests.engine.faults import Fault
from tests.engine.rig import Rig, Running
from tests.servers.postgresql import Postgresql

VARIABLE = "RUNBOOK_MATRIX_DATABASE"
TRIES = 12
"""How often a person says `run` again before they call for help."""
ROWS = 90
RUNBOOK = f"""
runbook: matrix
title: Everything that can be half done
engine: postgresql
databases: {{main: env:{VARIABLE}}}
people: {{"*": [operator]}}
risk: low
phases:
  - id: before
    title: Before
    steps:
      - {{id: rows, title: Accounts, baseline: SELECT count(*) FROM accounts}}
  - id: expand
    title: Expand
    steps:
      - id: add
        title: A column
        sql: ALTER TABLE accounts ADD COLUMN note text
        undo: ALTER TABLE accounts DROP COLUMN note
      - id: index
        title: An index
        sql: CREATE INDEX CONCURRENTLY by_balance ON accounts (balance)
        undo: DROP INDEX CONCURRENTLY by_balance
      - {{id: looked_at, title: Somebody looks at it, manual: Look at it.}}
  - id: fill
    title: Fill
    steps:
      - id: triple
        title: Triple the balances
        backfill: {{table: accounts, key: id, set: {{balance: balance * 3}}, batch_size: 30}}
        undo: UPDATE accounts SET balance = balance / 3
      - {{id: as_many, title: As many as before, check: SELECT count(*) FROM accounts, expect: {{unchanged: rows}}}}
      - {{id: rest, title: It rests, wait: 3s}}
  - id: enforce
    title: Enforce
    steps:
      - id: promise
        title: A constraint
        sql: ALTER TABLE accounts ADD CONSTRAINT positive CHECK (balance > 0) NOT VALID
        undo: ALTER TABLE accounts DROP CONSTRAINT positive
      - {{id: validate, title: Is read against, sql: ALTER TABLE accounts VALIDATE CONSTRAINT positive}}
"""
CHANGES = ("add", "index", "triple", "promise", "validate")
"""The steps that change the target."""
ALONE = ("index",)
"""Those that cannot be in a transaction."""
SCHEMA = """
SELECT 'table', relname::text, relkind::text, true FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S') AND relname NOT LIKE 'runbook%'
UNION ALL SELECT 'column', attname::text, atttypid::regtype::text, attnotnull FROM pg_attribute
    WHERE attrelid = 'accounts'::regclass AND attnum > 0 AND NOT attisdropped
UNION ALL SELECT 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid FROM pg_index
    WHERE indrelid = 'accounts'::regclass
UNION ALL SELECT 'constraint', conname::text, pg_get_constraintdef(oid), convalidated FROM pg_constraint
    WHERE conrelid = 'accounts'::regclass
ORDER BY 1, 2
"""
LEDGER = "SELECT step, applied_at IS NOT NULL, rolled_back_at IS NOT NULL, rows FROM runbook_ledger ORDER BY step"


class Outcome(Struct, frozen=True):
    """What is left of a run, whatever happened on its way."""

    schema: list[tuple[Any, ...]]
    rows: list[tuple[Any, ...]]
    ledger: dict[str, list[Any]]
    """By step: applied, taken back, rows."""
    happened: dict[str, int]
    """How often the journal says of a step that it happened."""
    journal: str

    def other_than(self, expected: "Outcome") -> list[str]:
        """Tell in what it differs."""
        pairs = [(name, getattr(self, name), getattr(expected, name)) for name in self.__struct_fields__]
        return [f"{name}: {found} in place of {wanted}" for name, found, wanted in pairs if found != wanted]


class Matrix:
    """The runbook, a fresh database of a server and a journal."""

    def __init__(self, folder: Path, server: Postgresql, patch: pytest.MonkeyPatch) -> None:
        folder.mkdir()
        self.server, self.database = server, server.create()
        balances = f"SELECT 3 * n + n % 3 AS id, 100 + n AS balance FROM generate_series(1, {ROWS}) AS n"
        self.outside(f"CREATE TABLE accounts AS {balances}")
        self.outside("ALTER TABLE accounts ADD PRIMARY KEY (id)")
        runbook = folder / "matrix.yaml"
        runbook.write_text(RUNBOOK)
        self._patch = patch
        self.reached_at(server.port)
        self.rig = Rig(folder, runbook)
        self.said: list[str] = []
        """What the program ended with each time, or would not do."""

    def reached_at(self, port: int) -> None:
        """Let the run find its database at that port: the server's own or a proxy's."""
        self._patch.setenv(VARIABLE, self.server.url(self.database, port=port))

    def outside(self, sql: str) -> list[tuple[Any, ...]]:
        """Execute as an administrator."""
        return self.server.execute(sql, database=self.database)

    @property
    def journals(self) -> list[Path]:
        """The journals of runs that were begun."""
        return sorted((self.rig.folder / "runs").glob("*/journal.jsonl"))

    async def to_the_end(self, fault: Fault | None = None) -> bool:
        """Drive it until it is sealed; False when the process died on the way."""
        for _ in range(TRIES):
            if self.journals and verify(self.journals[0]).state == "sealed":
                return True
            if not await self._driven(fault):
                return False
        pytest.fail(f"{TRIES} times were not enough: {self.said}")

    async def _driven(self, fault: Fault | None) -> bool:
        """Let one engine do what it can; False when its process died."""
        taken_back = any(isinstance(event, e.UndoVerified) for event in self.events())
        self.rig.answers = Answers(steps={"looked_at": Answer(value="as it should be")}) if taken_back else Answers()
        try:
            running = await self.rig.engine(fault)
        except RunbookConsoleError as error:
            self.said.append(str(error))
            self.rig.clock.advance(1)  # a person does not say it again within the second
            return True
        driving = asyncio.create_task(self._to_its_end(running, back=not taken_back and _looked_at(running.state)))
        struck = asyncio.create_task(fault.struck.wait() if fault else asyncio.Event().wait())
        await asyncio.wait({driving, struck}, return_when=asyncio.FIRST_COMPLETED)
        died = struck.done()
        for task in (driving, struck):
            task.cancel()
        found = await asyncio.gather(driving, struck, return_exceptions=True)
        await running.die()
        if not died and isinstance(found[0], Exception):
            raise found[0]
        return not died

    async def _to_its_end(self, running: Running, *, back: bool) -> None:
        """Take the phase back, or go on by the answers."""
        if not back:
            self.said.append((await running.to_the_end()).text)
            return
        await running.idle()
        answer = await running.engine.submit(c.UndoPhase(phase="expand", typed="expand"), running.opened.account)
        if isinstance(answer, Refused):
            self.said.append(answer.reason)
        await running.idle()
        running.engine.stop("somebody looks at what was taken back")
        await running.engine.finish()

    def end_sessions(self) -> None:
        """Let the server end every session of the run."""
        ended = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
        self.outside(f"{ended} AND pid <> pg_backend_pid()")

    def events(self) -> list[e.AnyEvent]:
        """Return what the journal says so far."""
        return [record.event for record in read_records(self.journals[0])] if self.journals else []

    def outcome(self) -> Outcome:
        """Return what is left."""
        (journal,) = self.journals
        return Outcome(
            schema=self.outside(SCHEMA),
            rows=self.outside("SELECT * FROM accounts ORDER BY id"),
            ledger={str(step): rest for step, *rest in self.outside(LEDGER)},
            happened={step: self._times(step) for step in CHANGES},
            journal=verify(journal).state,
        )

    def _times(self, step: str) -> int:
        events = self.events()
        done = sum(isinstance(event, e.StepSucceeded) and event.step == step for event in events)
        return done + sum(
            isinstance(event, e.StepSettled) and event.step == step and event.happened == "yes" for event in events
        )

    def end(self) -> None:
        """Drop the database."""
        self.server.drop(self.database)


def _looked_at(state: RunState) -> bool:
    """Tell whether somebody is to look at the first phase, or has begun to take it back."""
    expanded = all(state.steps[step].status is Status.DONE for step in ("add", "index"))
    return state.undo is not None or expanded
