"""The engine on a real PostgreSQL: locks that others hold, statements that are interrupted, and what they leave."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from console.core import commands as c
from console.core.observations import ServerSession
from console.core.state import Status
from console.engine.clock import SystemClock
from tests.databases.benches import PostgresqlBench
from tests.engine.stage import Stage
from tests.servers.postgresql import server

RUNBOOK = """
runbook: stage
title: Interrupted
engine: postgresql
databases: {main: env:STAGE}
people: {"*": [reviewer]}
risk: low
phases:
  - id: first
    steps:
      - {id: add, sql: ALTER TABLE things ADD COLUMN x int, undo: ALTER TABLE things DROP COLUMN x}
      - {id: hasty, sql: ALTER TABLE things ADD COLUMN y int, undo: ALTER TABLE things DROP COLUMN y,
         lock_timeout: 20ms, lock_patience: 100ms}
      - id: talk
        sql: |
          DO $$ BEGIN RAISE NOTICE 'halfway there'; END $$;
          LOCK TABLE things IN EXCLUSIVE MODE;
        undo: COMMENT ON TABLE things IS ''
      - {id: build, sql: CREATE INDEX CONCURRENTLY things_name ON things (name),
         undo: DROP INDEX CONCURRENTLY things_name}
      - {id: again, sql: CREATE INDEX CONCURRENTLY IF NOT EXISTS things_again ON things (name),
         undo: DROP INDEX CONCURRENTLY things_again}
      - {id: detach, sql: ALTER TABLE parts DETACH PARTITION parts_1 CONCURRENTLY,
         undo: ALTER TABLE parts ATTACH PARTITION parts_1 FOR VALUES IN (1)}
      - {id: rebuild, sql: REINDEX INDEX CONCURRENTLY things_pkey}
    any_order: true
"""
VALID = "SELECT relname, indisvalid FROM pg_index JOIN pg_class AS c ON c.oid = indexrelid WHERE relname LIKE 'things%'"


class Scene(Stage):
    """An engine at a database of its own."""

    def __init__(self, folder: Path, bench: PostgresqlBench) -> None:
        super().__init__(folder)
        self.bench = bench
        self.target, self.clock = bench.target, SystemClock()  # type: ignore[assignment]  # a server is waited for
        self._runbook.write_text(RUNBOOK)

    def indexes(self) -> dict[str, bool]:
        """Return the indexes of the table, and whether each is valid."""
        return {str(name): bool(valid) for name, valid in self.bench.outside(VALID)}

    async def begun(self, step: str, seen: Callable[[], object]) -> None:
        """Start a step, and wait until that is seen."""
        await self.ask(c.StartStep(step=step))
        await self.until(seen)

    def waits(self) -> bool:
        """Tell whether some session of the server waits for a lock."""
        return self.bench.outside("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted") == [(True,)]

    async def blocked(self, step: str) -> ServerSession:
        """Start a step that has to wait, and return who is in its way."""
        await self.begun(step, lambda: (lock := self.step(step).lock) is not None and lock.sessions)
        lock = self.step(step).lock
        assert lock is not None
        (found,) = (each for each in lock.sessions if each.application == "shop")
        return found


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    bench = await PostgresqlBench.opened(server("16"))
    bench.outside("INSERT INTO things SELECT n, 'thing' FROM generate_series(1, 50) AS n")
    bench.outside("CREATE TABLE parts (id int) PARTITION BY LIST (id)")
    bench.outside("CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1)")
    opened = Scene(tmp_path, bench)
    await opened.open()
    yield opened
    await opened.crash()
    await bench.end()


@asynccontextmanager
async def shop(scene: Scene, *statements: str) -> AsyncIterator[psycopg.AsyncConnection[tuple[object, ...]]]:
    """Hold a transaction of an application in which the statements were executed."""
    async with await psycopg.AsyncConnection.connect(scene.bench.url, application_name="shop") as connection:
        for sql in statements:
            await connection.execute(sql.encode())
        yield connection
        with suppress(psycopg.Error):
            await connection.rollback()


async def test_a_step_gives_way_and_goes_on_once_the_lock_is_free(scene: Scene) -> None:
    async with shop(scene, "SELECT * FROM things"):
        blocker = await scene.blocked("add")
        assert (blocker.state, blocker.user) == ("idle in transaction", "postgres")
        assert scene.bench.things()
    await scene.until(lambda: scene.engine.idle)
    assert scene.step("add").status is Status.DONE


async def test_who_holds_the_lock_is_ended_on_purpose(scene: Scene) -> None:
    async with shop(scene, "SELECT * FROM things"):
        found = await scene.blocked("add")
        asked = c.EndSession(step="add", pid=found.pid, since=found.since, how="terminate", typed=str(found.pid))
        await scene.ask(asked)
        await scene.until(lambda: scene.engine.idle)
    assert scene.step("add").status is Status.DONE
    assert {"SessionEndAsked", "SessionEnded"} <= set(scene.events())
    assert not scene.state.session_end


async def test_patience_ends_with_the_name_of_who_held_the_lock(scene: Scene) -> None:
    async with shop(scene, "SELECT * FROM things") as held:
        await scene.start("hasty")
        now = scene.step("hasty")
        assert now.status is Status.FAILED
        assert f"process {held.info.backend_pid} (shop of postgres), idle in transaction" in now.error


async def test_who_waits_for_a_lock_is_cancelled_at_once(scene: Scene) -> None:
    async with shop(scene, "SELECT * FROM things"):
        await scene.blocked("add")
        await scene.do(c.CancelStep(step="add"))
        assert scene.step("add").status is Status.INTERRUPTED
    await scene.start("add")
    assert scene.step("add").status is Status.DONE


async def test_statements_are_told_as_they_run_and_counted_once_they_are_committed(scene: Scene) -> None:
    async with shop(scene, "LOCK TABLE things IN ROW EXCLUSIVE MODE"):
        await scene.begun("talk", lambda: {"Noticed", "StatementRan"} <= set(scene.events()))
        assert any("halfway there" in each for each in scene.step("talk").output)
        assert any(each.startswith("statement 1 of 2") for each in scene.step("talk").output)
        assert scene.step("talk").status is Status.RUNNING
    await scene.until(lambda: scene.engine.idle)
    assert scene.step("talk").summary.startswith("2 statements")


@pytest.mark.parametrize("how", ["cancelled", "lost"])
async def test_an_index_that_was_interrupted_is_named_dropped_and_built_again(scene: Scene, how: str) -> None:
    async with shop(scene, "UPDATE things SET name = 'other' WHERE id = 1"):
        await scene.begun("build", lambda: "things_name" in scene.indexes() and scene.waits())
        if how == "cancelled":
            await scene.do(c.CancelStep(step="build"))
        else:
            scene.bench.outside(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX%'"
            )
            await scene.until(lambda: scene.engine.idle)
    assert scene.indexes()["things_name"] is False
    assert scene.step("build").status is Status.INTERRUPTED
    assert "index things_name is there and invalid" in scene.step("build").summary
    (item,) = scene.state.debris
    assert (item.kind, item.step) == ("invalid index", "build")
    await scene.start("build")
    assert scene.step("build").status is Status.DONE
    assert scene.indexes()["things_name"] is True
    assert "DROP INDEX CONCURRENTLY things_name" in scene.step("build").output[0]
    assert not scene.state.debris


async def test_if_not_exists_never_takes_an_invalid_index_for_success(scene: Scene) -> None:
    scene.bench.outside("INSERT INTO things VALUES (51, 'twice'), (52, 'twice')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        scene.bench.outside("CREATE UNIQUE INDEX CONCURRENTLY things_again ON things (name)")
    await scene.start("again")
    assert scene.step("again").status is Status.DONE
    assert scene.indexes()["things_again"] is True


async def test_an_index_of_that_name_elsewhere_is_no_success(scene: Scene) -> None:
    scene.bench.outside("CREATE INDEX things_name ON parts_1 (id)")
    for _ in range(2):
        await scene.start("build")
        assert scene.step("build").status is Status.FAILED
        assert "already exists" in scene.step("build").error


async def test_an_invalid_index_of_that_name_on_another_table_is_left_alone(scene: Scene) -> None:
    scene.bench.outside("CREATE TABLE other AS SELECT 1 AS a FROM generate_series(1, 2)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        scene.bench.outside("CREATE UNIQUE INDEX CONCURRENTLY things_name ON other (a)")
    await scene.start("build")
    assert scene.step("build").status is Status.FAILED
    assert scene.indexes()["things_name"] is False


async def test_an_index_that_somebody_is_building_is_not_dropped(scene: Scene) -> None:
    async with shop(scene, "UPDATE things SET name = 'other' WHERE id = 1"):
        sql = "CREATE INDEX CONCURRENTLY things_again ON things (name)"
        building = asyncio.create_task(asyncio.to_thread(scene.bench.outside, sql))
        await scene.until(lambda: "things_again" in scene.indexes() and scene.waits())
        await scene.start("again")
        assert "somebody is at work on it" in scene.step("again").error
    await building
    assert scene.indexes()["things_again"] is True
    await scene.start("again")
    assert scene.step("again").status is Status.DONE


async def test_a_drop_that_was_interrupted_says_so_and_is_finished(scene: Scene) -> None:
    await scene.start("build")
    async with shop(scene, "SELECT * FROM things"):
        await scene.ask(c.UndoPhase(phase="first", typed="first"))
        await scene.until(scene.waits)
        await scene.ask(c.CancelStep(step="build"))
        await scene.until(lambda: scene.engine.idle)
        assert scene.indexes()["things_name"] is False
        assert "started again, the step finishes the drop" in scene.step("build").summary
    await scene.do(c.UndoPhase(phase="first", typed="first"))
    assert "things_name" not in scene.indexes()
    assert scene.step("build").undone


async def test_a_partition_on_its_way_out_is_detached_to_the_end(scene: Scene) -> None:
    async with shop(scene, "SELECT * FROM parts"):
        await scene.begun("detach", scene.waits)
        await scene.do(c.CancelStep(step="detach"))
    assert "is on its way out" in scene.step("detach").summary
    await scene.start("detach")
    assert scene.step("detach").status is Status.DONE
    assert "FINALIZE" in scene.step("detach").output[0]
    assert scene.bench.outside("SELECT count(*) FROM pg_inherits WHERE inhrelid = 'parts_1'::regclass") == [(0,)]


async def test_what_a_rebuild_left_is_dropped_before_the_next(scene: Scene) -> None:
    async with shop(scene, "UPDATE things SET name = 'other' WHERE id = 1"):
        await scene.begun("rebuild", lambda: "things_pkey_ccnew" in scene.indexes() and scene.waits())
        await scene.do(c.CancelStep(step="rebuild"))
    assert scene.indexes()["things_pkey_ccnew"] is False
    assert scene.state.debris[0].step == "rebuild"
    await scene.start("rebuild")
    assert scene.indexes() == {"things_pkey": True}
