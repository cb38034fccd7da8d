"""No connection of a run has a transaction open while an index is built without blocking, or a person is awaited."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psycopg
import pytest

from console.core import commands as c
from console.core.commands import Accepted
from console.core.state import Status
from tests.engine.rig import Rig, Running
from tests.servers.postgresql import Postgresql, server

pytestmark = pytest.mark.slow

RUNBOOK = """\
runbook: index
title: An index, and a signature
engine: postgresql
risk: low
databases: {{main: {url}}}
people: {{"*": [reviewer]}}
phases:
  - id: expand
    title: Expand
    steps:
      - {{id: column, sql: ALTER TABLE users ADD COLUMN org int, undo: ALTER TABLE users DROP COLUMN org}}
      - id: index
        sql: CREATE INDEX CONCURRENTLY users_org ON users (org)
        undo: DROP INDEX CONCURRENTLY users_org
      - {{id: empty, check: SELECT count(*) FROM users WHERE org IS NOT NULL, expect: 0}}
      - {{id: go, sign_off: Looks right, roles: [reviewer]}}
"""
OPEN = """
    SELECT state, query FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'runbook%' AND xact_start IS NOT NULL
"""
CONNECTED = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'runbook%'"
)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[tuple[Running, Postgresql, str]]:
    postgresql = server("16")
    database = postgresql.create()
    postgresql.execute("CREATE TABLE users (id int PRIMARY KEY); INSERT INTO users VALUES (1)", database=database)
    path = tmp_path / "index.yaml"
    path.write_text(RUNBOOK.format(url=postgresql.url(database)))
    at_work = await Rig(tmp_path, path).engine()
    yield at_work, postgresql, database
    await at_work.die()
    postgresql.drop(database)


async def test_while_an_index_is_built_without_blocking_only_its_own_statement_is_in_a_transaction(
    running: tuple[Running, Postgresql, str],
) -> None:
    at_work, postgresql, database = running
    await done(at_work, "column")
    with psycopg.connect(postgresql.url(database)) as other:
        other.execute("UPDATE users SET id = id")
        await accepted(at_work, c.StartStep(step="index"))
        await until(lambda: at_work.state.steps["index"].lock is not None)
        found = postgresql.execute(OPEN, database=database)
        assert [query for _, query in found] == ["CREATE INDEX CONCURRENTLY users_org ON users (org)"], found
    await until(lambda: at_work.state.steps["index"].status is Status.DONE)


async def test_while_a_person_is_awaited_no_transaction_is_open(running: tuple[Running, Postgresql, str]) -> None:
    at_work, postgresql, database = running
    for step in ("column", "index", "empty"):
        await done(at_work, step)
    assert at_work.state.steps["go"].status is Status.PENDING
    assert postgresql.execute(CONNECTED, database=database) != [(0,)]
    assert postgresql.execute(OPEN, database=database) == []


async def done(running: Running, step: str) -> None:
    await accepted(running, c.StartStep(step=step))
    await until(lambda: running.engine.idle)
    assert running.state.steps[step].status is Status.DONE, running.state.steps[step]


async def accepted(running: Running, command: c.AnyCommand) -> None:
    answer = await running.engine.submit(command, running.opened.account)
    assert isinstance(answer, Accepted), answer


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.01)
