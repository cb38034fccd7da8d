"""What an application suffers while a column is added behind a long reader: by a step, and by plain ALTER TABLE."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from console.core.runbook import Phase, Runbook, Step
from console.databases import open_target
from tests.bench.executing import engine_on, through_engine
from tests.bench.measure import Row, Series, Size, scaled
from tests.bench.shop import ROWS
from tests.servers.postgresql import Postgresql, server

VERSION = "16"
RATE = 50
"""Transactions of the application a second."""
LOCK_TIMEOUT = 0.1
"""Seconds: what a step has when it says nothing else."""
ADD = "ALTER TABLE things ADD COLUMN n{number} integer"
TABLE = "CREATE TABLE things (id bigint PRIMARY KEY, name text)"
FILL = f"INSERT INTO things SELECT i, 'x' FROM generate_series(1, {ROWS}) AS i"


def rows(size: Size) -> Iterator[Row]:
    """Measure both in turns, each with a reader and an application of its own."""
    stalled, plain = asyncio.run(_stalls(size))
    what = f"ADD COLUMN by a step behind a reader of {size.reader:g} s: worst stall of an application ({RATE} a second)"
    yield Row(
        what=what,
        against="by plain ALTER TABLE",
        unit="ms",
        measured=scaled(stalled, 1e3),
        compared=scaled(plain, 1e3),
        at_most=0.5,
    )
    yield Row(
        what=what,
        against="its lock_timeout",
        unit="ms",
        measured=scaled(stalled, 1e3),
        compared=(LOCK_TIMEOUT * 1e3,) * len(stalled),
        target="≤ 1.3",
    )


async def _stalls(size: Size) -> tuple[Series, Series]:
    postgresql = server(VERSION)
    database = postgresql.create()
    for sql in (TABLE, FILL):
        postgresql.execute(sql, database=database)
    url = postgresql.url(database)
    stalled, plain = [], []
    with TemporaryDirectory() as name:
        target = await open_target(url)
        engine = await engine_on(target, _runbook(size.readers), folder=Path(name))
        for number in range(size.readers):
            stalled.append(await _worst(url, size, through_engine(engine, f"add-{number}")))
            plain.append(await _worst(url, size, _plain(postgresql, database, number)))
        engine.stop("measured")
        await engine.finish()
        await target.close()
    postgresql.drop(database)
    return tuple(stalled), tuple(plain)


async def _plain(postgresql: Postgresql, database: str, number: int) -> None:
    sql = ADD.format(number=f"_plain{number}")
    await asyncio.to_thread(postgresql.execute, sql, database=database)


async def _worst(url: str, size: Size, act: Awaitable[None]) -> float:
    """Return the seconds of the application's longest transaction while something is done behind a reader."""
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "tests.bench.shop", url, str(RATE))
    shop = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert shop.stdout
    await shop.stdout.readline()
    async with _reader(url, size.reader):
        await act
    told, _ = await shop.communicate(b"")
    if shop.returncode:
        raise RuntimeError("the application failed: its error is above")
    return float(told.split()[1])


@asynccontextmanager
async def _reader(url: str, seconds: float) -> AsyncIterator[None]:
    """Hold a transaction that has read the table, for so long whatever is done meanwhile."""
    async with await psycopg.AsyncConnection.connect(url, application_name="report") as connection:
        await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
        await connection.execute("SELECT count(*) FROM things")

        async def held() -> None:
            await asyncio.sleep(seconds)
            await connection.rollback()

        reading = asyncio.create_task(held())
        yield
        await reading


def _runbook(steps: int) -> Runbook:
    made = tuple(
        Step(
            id=f"add-{number}",
            title=f"Add column {number}",
            kind="sql",
            data={"sql": ADD.format(number=number)},
            undo=f"ALTER TABLE things DROP COLUMN n{number}",
        )
        for number in range(steps)
    )
    return Runbook(
        runbook="locking",
        title="Columns that are added behind a reader",
        engine="postgresql",
        databases={"main": "env:BENCH"},
        phases=(Phase(id="all", title="All", steps=made),),
    )
