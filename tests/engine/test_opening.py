"""Whose database it is when a run is begun or gone on with."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from console.cli.opening import open_run
from console.core import commands as c
from console.core.commands import Accepted
from console.core.errors import GateError, JournalError, WrongTarget
from console.core.evolve import fold
from console.storage.journal import read_records
from console.storage.verify import verify
from tests.engine.rig import Rig

ADDS = """
runbook: adds
title: One table
engine: sqlite
risk: low
databases: {main: env:RUNBOOK_TEST_DATABASE}
phases:
  - id: only
    title: Only
    steps:
      - {id: add, sql: CREATE TABLE t (x), undo: DROP TABLE t}
      - {id: look, manual: Look at it}
"""


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "main.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE before (x)")
    connection.close()
    monkeypatch.setenv("RUNBOOK_TEST_DATABASE", f"sqlite://{path}")
    return path


def rig_in(folder: Path) -> Rig:
    """Return a rig that keeps its runs in that folder."""
    folder.mkdir(exist_ok=True)
    runbook = folder / "adds.yaml"
    runbook.write_text(ADDS)
    return Rig(folder, runbook)


async def worked(rig: Rig) -> Path:
    """Execute the first step, end the engine, and return the journal."""
    running = await rig.engine()
    assert isinstance(await running.engine.submit(c.StartStep(step="add"), running.opened.account), Accepted)
    await running.idle()
    await running.die()
    return running.opened.journal.path


def put_back(backup: Path, database: Path) -> None:
    """Put an older copy into the very file, as `cp` does: device and inode stay."""
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    database.write_bytes(backup.read_bytes())


@pytest.mark.usefixtures("database")
async def test_two_runs_of_the_same_second_kept_in_different_folders_are_not_taken_for_one(tmp_path: Path) -> None:
    first = await rig_in(tmp_path / "one").engine()
    with pytest.raises(GateError, match="was begun on this database"):
        await rig_in(tmp_path / "two").open()
    assert list((tmp_path / "two" / "runs").iterdir()) == []
    assert isinstance(await first.engine.submit(c.StartStep(step="add"), first.opened.account), Accepted)
    await first.idle()
    assert first.state.steps["add"].status == "done"
    await first.die()


async def test_a_run_does_not_go_on_with_an_older_copy_of_its_database(tmp_path: Path, database: Path) -> None:
    backup, rig = tmp_path / "backup.db", rig_in(tmp_path)
    shutil.copyfile(database, backup)
    journal = await worked(rig)
    put_back(backup, database)
    records = len(list(read_records(journal)))
    for _ in range(3):
        with pytest.raises(WrongTarget, match="older copy"):
            await rig.open()
    assert len(list(read_records(journal))) == records


async def test_a_run_whose_database_was_put_back_is_given_up_on_request_and_another_begins(
    tmp_path: Path, database: Path
) -> None:
    backup, rig = tmp_path / "backup.db", rig_in(tmp_path)
    shutil.copyfile(database, backup)
    journal = await worked(rig)
    put_back(backup, database)
    arguments = rig.arguments()
    arguments.take_over = True
    opened = await open_run(arguments, rig.clock)
    assert opened.folder != journal.parent
    given_up = fold(read_records(journal))
    assert given_up is not None
    assert given_up.ending is not None
    assert not given_up.ending.finished
    assert verify(journal).state == "sealed"


async def begun(rig: Rig) -> Path:
    """Let an engine claim the database and end, and return the journal."""
    running = await rig.engine()
    await running.die()
    return running.opened.journal.path


def copied(database: Path, backup: Path) -> Path:
    """Copy a database with what is not yet in its file."""
    with sqlite3.connect(database) as there, sqlite3.connect(backup) as here:
        there.backup(here)
    there.close()
    here.close()
    return backup


async def test_a_copy_that_the_same_engine_still_knew_is_an_older_one_once_a_step_was_done(
    tmp_path: Path, database: Path
) -> None:
    rig = rig_in(tmp_path)
    running = await rig.engine()
    backup = copied(database, tmp_path / "backup.db")
    await running.engine.submit(c.StartStep(step="add"), running.opened.account)
    await running.idle()
    await running.die()
    put_back(backup, database)
    with pytest.raises(WrongTarget, match=r"older copy: it does not know of step 'add'.*--take-over"):
        await rig.open()


@pytest.mark.usefixtures("database")
async def test_a_step_that_failed_after_its_first_statement_is_nothing_the_database_has_to_know(tmp_path: Path) -> None:
    rig = rig_in(tmp_path)
    rig.runbook.write_text(
        ADDS.replace("sql: CREATE TABLE t (x)", "sql: CREATE TABLE t (x); INSERT INTO nowhere VALUES (1)")
    )
    journal = await worked(rig)
    assert {"StatementRan", "StepFailed"} <= {type(record.event).__name__ for record in read_records(journal)}
    running = await rig.engine()
    assert running.opened.journal.path == journal
    await running.die()


@pytest.mark.usefixtures("database")
async def test_a_run_does_not_go_on_with_an_older_copy_of_its_journal(tmp_path: Path) -> None:
    rig = rig_in(tmp_path)
    journal = await begun(rig)
    older = journal.read_bytes()
    await worked(rig)
    newer = journal.read_bytes()
    journal.write_bytes(older)
    with pytest.raises(JournalError, match=r"is an older copy.*step 'add'.*put the one back"):
        await rig.open()
    assert journal.read_bytes() == older
    journal.write_bytes(newer)
    await begun(rig)


@pytest.mark.usefixtures("database")
async def test_of_two_copies_of_a_run_only_the_one_that_wrote_goes_on(tmp_path: Path) -> None:
    first, second = rig_in(tmp_path / "one"), rig_in(tmp_path / "two")
    journal = await begun(first)
    shutil.copytree(journal.parent, second.folder / "runs" / journal.parent.name)
    await worked(second)
    with pytest.raises(JournalError, match="another copy of it went on"):
        await first.open()
    await begun(second)


@pytest.mark.usefixtures("database")
async def test_a_run_whose_folder_was_renamed_goes_on_under_its_own_name(tmp_path: Path) -> None:
    rig = rig_in(tmp_path)
    journal = await begun(rig)
    journal.parent.rename(journal.parent.with_name("renamed"))
    moved = await worked(rig)
    state = fold(read_records(moved))
    assert state is not None
    assert (moved.parent.name, state.steps["add"].status) == ("renamed", "done")
