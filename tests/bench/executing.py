"""What the engine and the journal add to a statement: exactly once, on record, in a process that may die."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from console.core import events as e
from console.core.commands import Accepted, StartStep
from console.core.ports import Lease, Target
from console.core.runbook import Phase, Runbook, Step
from console.core.state import Status
from console.databases import open_target
from console.engine.clock import SystemClock
from console.engine.engine import Engine
from console.engine.logbook import Logbook
from console.storage.amended import amended
from console.storage.journal import Journal
from tests.bench.measure import Row, Series, Size, awaited_in_turns, in_turns, scaled

ACCOUNT = "op1"
TABLE = "CREATE TABLE counted (id INTEGER PRIMARY KEY, n INTEGER NOT NULL DEFAULT 0)"
LEDGER = "CREATE TABLE ledger (step TEXT PRIMARY KEY, applied_at TEXT, checksum TEXT, head TEXT)"


def rows(size: Size) -> Iterator[Row]:
    """Measure steps in this process, on files of their own."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        yield from asyncio.run(_steps(folder, size.steps))
        yield _append(folder, size.steps)


async def _steps(folder: Path, turns: int) -> list[Row]:
    mine = _database(folder / "mine.db")
    mine.close()
    engine = await engine_on(await open_target(f"sqlite:{folder / 'mine.db'}"), _runbook(turns + 1), folder=folder)
    numbers = iter(range(turns + 1))
    with closing(_database(folder / "bare.db")) as bare, closing(_database(folder / "least.db")) as least:
        records = os.open(folder / "least.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        acts = (
            lambda: through_engine(engine, f"step-{next(numbers)}"),
            lambda: _one_transaction(bare),
            lambda: _least(least, records),
        )
        spent: list[list[float]] = [[] for _ in acts]
        found = await awaited_in_turns(turns, *map(_timed, acts, spent))
        os.close(records)
    processors = tuple(tuple(series[1:]) for series in spent)
    engine.stop("measured")
    await engine.finish()
    return [
        _row("a SQL step through the engine, wall", "its statement in one transaction", found[0], found[1]),
        _row("a SQL step through the engine, CPU", "its statement in one transaction", processors[0], processors[1]),
        _row(
            "a SQL step through the engine, wall",
            f"the least it can be: one transaction with a ledger row, and {RECORDS} fdatasync",
            found[0],
            found[2],
        ),
    ]


RECORDS = 3
"""Records of a SQL step of one statement, each durable: intent, statement, outcome."""


def _row(what: str, against: str, measured: Series, compared: Series) -> Row:
    return Row(what=what, against=against, unit="ms", measured=scaled(measured, 1e3), compared=scaled(compared, 1e3))


def _timed(act: Callable[[], Awaitable[None]], spent: list[float]) -> Callable[[], Awaitable[float]]:
    async def timed() -> float:
        began, processor = time.perf_counter(), time.process_time()
        await act()
        spent.append(time.process_time() - processor)
        return time.perf_counter() - began

    return timed


async def through_engine(engine: Engine, step: str) -> None:
    """Let a step be done. Raises RuntimeError when it is not."""
    answer = await engine.submit(StartStep(step=step), ACCOUNT)
    while not engine.idle:
        await engine.logbook.grown.wait()
        engine.logbook.grown.clear()
    if not isinstance(answer, Accepted) or engine.state.steps[step].status is not Status.DONE:
        raise RuntimeError(f"{step}: {answer}, {engine.state.steps[step]}")


async def _one_transaction(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE counted SET n = n + 1 WHERE id = 7")
    connection.execute("COMMIT")


async def _least(connection: sqlite3.Connection, records: int) -> None:
    os.write(records, b"x" * 350)
    os.fdatasync(records)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE counted SET n = n + 1 WHERE id = 7")
    connection.execute("INSERT INTO ledger VALUES (hex(randomblob(8)), 'at', 'checksum', 'head')")
    connection.execute("COMMIT")
    for _ in range(RECORDS - 1):
        os.write(records, b"x" * 350)
        os.fdatasync(records)


def _database(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(TABLE)
    connection.execute(LEDGER)
    connection.executemany("INSERT INTO counted (id) VALUES (?)", ((number,) for number in range(1000)))
    return connection


async def engine_on(target: Target, runbook: Runbook, *, folder: Path) -> Engine:
    """Return an engine that runs, with its journal in that folder."""
    clock = SystemClock()
    journal = Journal.create(folder / "journal.jsonl")
    started = e.RunStarted(
        format=e.FORMAT,
        run="bench-1",
        runbook=runbook,
        source="",
        source_name="bench.yaml",
        source_digest="",
        plan_digest="",
        environment="development",
        target=await target.identity(),
        console="0",
    )
    journal.append(started, at=clock.now(), by=ACCOUNT)
    lease = Lease(run="bench-1", account=ACCOUNT, host="h", pid=os.getpid(), environment="development")
    epoch = await target.claim(lease)
    engine = Engine(
        logbook=Logbook(journal=journal, clock=clock), target=target, clock=clock, epoch=epoch, reader=amended
    )
    engine.start()
    return engine


def _runbook(steps: int) -> Runbook:
    made = tuple(
        Step(
            id=f"step-{number}",
            title=f"Count in row {number}",
            kind="sql",
            data={"sql": f"UPDATE counted SET n = n + 1 WHERE id = {number}"},
            undo=f"UPDATE counted SET n = n - 1 WHERE id = {number}",
        )
        for number in range(steps)
    )
    return Runbook(
        runbook="bench",
        title="Many small steps",
        engine="sqlite",
        databases={"main": "env:BENCH"},
        phases=(Phase(id="all", title="All", steps=made),),
    )


def _append(folder: Path, turns: int) -> Row:
    journal = Journal.create(folder / "append.jsonl")
    by_hand = os.open(folder / "by-hand", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    event, at = e.Noted(text="x" * 100), datetime(2026, 3, 1, tzinfo=UTC)
    journal.append(event, at=at, by=ACCOUNT)
    line = journal.lines(0, 1 << 16)

    def append() -> float:
        began = time.perf_counter()
        journal.append(event, at=at, by=ACCOUNT)
        return time.perf_counter() - began

    def write() -> float:
        began = time.perf_counter()
        os.write(by_hand, line)
        os.fdatasync(by_hand)
        return time.perf_counter() - began

    mine, bare = in_turns(turns, append, write)
    os.close(by_hand)
    journal.close()
    return Row(
        what="appending a durable record to the journal",
        against="write and fdatasync of the same bytes",
        unit="µs",
        measured=scaled(mine, 1e6),
        compared=scaled(bare, 1e6),
    )
