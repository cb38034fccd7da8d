"""A runbook with a second database: what reads there, and what happens when it is away or another one."""

import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.cli.opening import open_run
from console.core import commands as c
from console.core.commands import Accepted
from console.core.errors import RunbookError
from console.core.server_events import DatabaseFound
from console.core.state import Status, StepState
from console.storage.journal import read_records
from console.views.report import Integrity, report
from console.views.report_markdown import markdown
from tests.engine.rig import Rig, Running

RUNBOOK = """
runbook: two
title: Two databases
engine: sqlite
risk: low
databases: {main: env:MAIN_URL, replica: env:REPLICA_URL}
phases:
  - id: look
    any_order: true
    steps:
      - {id: here, check: SELECT name FROM place, expect: main}
      - {id: there, check: SELECT name FROM place, expect: replica, on: replica}
      - {id: before, baseline: SELECT count(*) FROM place, on: replica}
      - {id: digest, baseline: {checksum: place}, on: replica}
      - {id: same, check: {checksum: place}, expect: {unchanged: digest}, on: replica}
      - {id: until, wait: 1m, until: SELECT name = 'replica' FROM place, on: replica}
  - id: change
    steps:
      - {id: write, sql: UPDATE place SET name = 'written', undo: UPDATE place SET name = 'main'}
"""
ALL = ("here", "there", "before", "digest", "same", "until")


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    for name in ("main", "replica"):
        write(tmp_path / f"{name}.db", "CREATE TABLE place (id INTEGER PRIMARY KEY, name TEXT)")
        write(tmp_path / f"{name}.db", f"INSERT INTO place VALUES (1, '{name}')")
        monkeypatch.setenv(f"{name.upper()}_URL", f"sqlite://{tmp_path / name}.db")
    runbook = tmp_path / "two.yaml"
    runbook.write_text(RUNBOOK)
    return Rig(tmp_path, runbook)


@pytest.fixture
async def running(rig: Rig) -> AsyncIterator[Running]:
    engine = await rig.engine()
    yield engine
    await engine.die()


def write(path: Path, sql: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(sql)
    connection.close()


def names(path: Path) -> list[str]:
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT name FROM sqlite_schema UNION ALL SELECT name FROM place").fetchall()
    connection.close()
    return [name for (name,) in found]


async def done(running: Running, step: str) -> StepState:
    """Start a step and return how it ended."""
    answer = await running.engine.submit(c.StartStep(step=step), running.opened.account)
    assert isinstance(answer, Accepted), answer
    await running.idle()
    return running.state.steps[step]


def found(running: Running) -> list[str]:
    """Return which databases the journal says were found, in their order."""
    events = [record.event for record in read_records(running.opened.journal.path)]
    return [event.name for event in events if isinstance(event, DatabaseFound)]


async def test_a_step_is_read_where_it_says_and_nothing_is_written_there(rig: Rig, running: Running) -> None:
    for step in ALL:
        assert (await done(running, step)).status is Status.DONE, step
    assert (await done(running, "write")).status is Status.DONE
    assert found(running) == ["replica"]
    assert running.state.others["replica"].name == "replica.db"
    assert names(rig.folder / "replica.db") == ["place", "replica"]
    records = tuple(read_records(running.opened.journal.path))
    written = markdown(report(records, Integrity(state="unsealed", records=len(records), head="")))
    assert f"replica.db, {rig.folder}/replica.db, only read" in written


async def test_a_database_that_is_away_fails_what_needs_it_and_nothing_else(rig: Rig) -> None:
    away = (rig.folder / "replica.db").rename(rig.folder / "away.db")
    running = await rig.engine()
    assert (await done(running, "here")).status is Status.DONE
    failed = await done(running, "there")
    assert failed.status is Status.FAILED
    assert failed.error.startswith("replica: ")
    assert failed.remedy
    assert found(running) == []
    away.rename(rig.folder / "replica.db")
    assert (await done(running, "there")).status is Status.DONE
    assert found(running) == ["replica"]
    await running.die()


async def test_another_database_in_its_place_is_not_read_by_this_engine_nor_by_the_next(
    rig: Rig, running: Running
) -> None:
    replica = rig.folder / "replica.db"
    assert (await done(running, "there")).status is Status.DONE
    shutil.copy(replica, rig.folder / "copy.db")
    (rig.folder / "copy.db").replace(replica)
    for number in range(2):
        engine = running if number == 0 else await rig.engine()
        failed = await done(engine, "before")
        assert failed.status is Status.FAILED
        assert failed.error.startswith("replica: ")
        assert "amend the runbook" in failed.remedy
        assert found(engine) == ["replica"]
        await engine.die()


async def test_a_database_on_which_nothing_rests_yet_may_be_made_anew(rig: Rig, running: Running) -> None:
    replica = rig.folder / "replica.db"
    write(replica, "UPDATE place SET name = 'half restored'")
    assert (await done(running, "there")).status is Status.FAILED
    shutil.copy(rig.folder / "main.db", rig.folder / "copy.db")
    write(rig.folder / "copy.db", "UPDATE place SET name = 'replica'")
    (rig.folder / "copy.db").replace(replica)
    assert (await done(running, "there")).status is Status.DONE
    assert found(running) == ["replica", "replica"]
    answer = await running.engine.submit(c.UndoPhase(phase="look", typed="look"), running.opened.account)
    assert isinstance(answer, Accepted), answer
    await running.idle()
    shutil.copy(replica, rig.folder / "copy.db")
    (rig.folder / "copy.db").replace(replica)
    assert (await done(running, "there")).status is Status.DONE
    assert len(found(running)) == 3


async def test_what_a_phase_rests_on_is_asked_again_where_it_was_asked(rig: Rig, running: Running) -> None:
    for step in ALL:
        await done(running, step)
    write(rig.folder / "replica.db", "UPDATE place SET name = 'lagging'")
    assert (await done(running, "write")).status is Status.PENDING
    assert running.state.kept_out is not None
    write(rig.folder / "replica.db", "UPDATE place SET name = 'replica'")
    assert (await done(running, "write")).status is Status.DONE


async def test_what_cannot_be_reached_is_told_by_the_step_that_needs_it(
    rig: Rig, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await running.die()
    monkeypatch.setenv("REPLICA_URL", "postgresql://op:hunter2222@127.0.0.1:1/nowhere?connect_timeout=2")
    again = await rig.engine()
    assert (await done(again, "here")).status is Status.DONE
    failed = await done(again, "there")
    assert failed.error.startswith("replica: PostgreSQL cannot be reached")
    assert b"hunter2222" not in again.opened.journal.path.read_bytes()
    await again.die()


async def test_a_variable_that_is_not_set_is_told_before_the_run_begins(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REPLICA_URL")
    with pytest.raises(RunbookError, match="REPLICA_URL is not set"):
        await open_run(rig.arguments(), rig.clock)
    assert not (rig.folder / "runs").exists()


async def test_the_handle_itself_refuses_to_write(running: Running) -> None:
    handle = running.engine._runner.handle(running.state.step("there"))
    for attempt in (handle.attempt("DELETE FROM place"), handle.execute_alone("VACUUM")):
        with pytest.raises(RunbookError, match="nothing is written on replica"):
            await attempt
    with pytest.raises(RunbookError, match="nothing is written on replica"):
        handle.transaction(completes=True)
    assert await handle.entry() is None
    assert await handle.quote("place") == "`place`"
