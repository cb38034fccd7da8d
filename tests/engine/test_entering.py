"""Phases on a real SQLite file are entered on what its tables say at that moment."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from console.core import commands as c
from console.core.commands import Accepted, Refused
from console.core.evolve import fold
from console.core.state import Status
from console.storage.journal import read_records
from tests.engine.rig import Rig, Running

SLOW = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < (SELECT upto FROM slow))"
RUNBOOK = f"""
runbook: entering
title: Two phases
engine: sqlite
risk: low
databases: {{main: env:RUNBOOK_TEST_DATABASE}}
people: {{"*": [reviewer]}}
phases:
  - id: fill
    title: Fill
    steps:
      - {{id: none_left, title: None left, check: SELECT count(*) FROM seen WHERE x IS NULL, expect: 0}}
      - {{id: slow, title: Slow, check: "{SLOW} SELECT count(*) > 0 FROM n", expect: 1}}
  - id: enforce
    title: Enforce
    steps:
      - {{id: constrain, title: Constrain, sql: CREATE INDEX of_x ON seen (x), undo: DROP INDEX of_x}}
      - {{id: look, title: Look, manual: Look at it}}
"""
START = c.StartStep(step="constrain")
ENDLESS = 10**12


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    runbook = tmp_path / "entering.yaml"
    runbook.write_text(RUNBOOK)
    monkeypatch.setenv("RUNBOOK_TEST_DATABASE", f"sqlite://{tmp_path / 'main.db'}")
    write(tmp_path, "CREATE TABLE seen (x)", "CREATE TABLE slow (upto)", "INSERT INTO slow VALUES (1)")
    return Rig(tmp_path, runbook)


@pytest.fixture
async def running(rig: Rig) -> AsyncIterator[Running]:
    """Run the first phase; afterwards the fold of what is in the file must be the engine's own state."""
    engine = await rig.engine()
    await do(engine, c.StartStep(step="none_left"), c.StartStep(step="slow"))
    yield engine
    assert fold(read_records(engine.opened.journal.path)) == engine.state
    await engine.die()


def write(folder: Path, *statements: str) -> None:
    """Write to the database as somebody else would."""
    with sqlite3.connect(folder / "main.db") as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def indexes(folder: Path) -> int:
    with sqlite3.connect(folder / "main.db") as connection:
        (found,) = connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'of_x'").fetchone()
    connection.close()
    return int(found)


def status(running: Running) -> Status:
    return running.state.steps["constrain"].status


async def do(running: Running, *asked: c.AnyCommand, by: str = "") -> None:
    """Submit what must be accepted, and wait until nothing is at work."""
    for command in asked:
        answer = await running.engine.submit(command, by or running.state.driver)
        assert isinstance(answer, Accepted), answer
        await running.idle()


def kept_out(running: Running) -> str:
    """Return why the phase stays shut; empty when nothing says that it does."""
    return running.state.kept_out.reason if running.state.kept_out else ""


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.001)


async def entering(running: Running, rig: Rig) -> None:
    """Let a phase be about to be entered, with a check that does not come to an end."""
    write(rig.folder, f"UPDATE slow SET upto = {ENDLESS}")
    answer = await running.engine.submit(START, running.state.driver)
    assert isinstance(answer, Accepted)
    await until(lambda: running.state.entering and "none_left" in running.state.entering.asked)


async def test_a_phase_is_entered_and_its_first_step_done_once_the_checks_are_green(running: Running, rig: Rig) -> None:
    await do(running, START)
    assert status(running) is Status.DONE
    names = [type(record.event).__name__ for record in read_records(running.opened.journal.path)]
    since = names[names.index("PhaseApproached") :]
    assert since[:5] == ["PhaseApproached", "GateAsked", "GateAsked", "PhaseEntered", "StepStarted"]
    assert indexes(rig.folder) == 1


async def test_a_check_that_turned_red_between_phases_keeps_the_next_one_shut(running: Running, rig: Rig) -> None:
    write(rig.folder, "INSERT INTO seen VALUES (NULL), (NULL), (NULL)")
    await do(running, START)
    assert kept_out(running) == "'None left' does not hold any more: 3"
    records = read_records(running.opened.journal.path)
    assert sum(type(record.event).__name__ == "GateAsked" for record in records) == 1, "the first red one is enough"
    assert status(running) is Status.PENDING
    assert indexes(rig.folder) == 0
    write(rig.folder, "DELETE FROM seen")
    await do(running, START)
    assert not kept_out(running)
    assert indexes(rig.folder) == 1


async def test_people_are_answered_while_a_slow_check_is_asked_again(running: Running, rig: Rig) -> None:
    await entering(running, rig)
    driver = running.state.driver
    for command, by in (
        (c.AddNote(text="pager quiet"), "grace"),
        (c.Pause(reason="load"), "grace"),
        (c.Unpause(), driver),
    ):
        async with asyncio.timeout(10):
            assert isinstance(await running.engine.submit(command, by), Accepted)
    assert isinstance(await running.engine.submit(c.ConfirmStep(step="look"), driver), Refused)
    assert running.state.entering
    await do(running, c.CancelStep(step="constrain"))


async def test_a_slow_entry_can_be_given_up_and_tried_again(running: Running, rig: Rig) -> None:
    await entering(running, rig)
    async with asyncio.timeout(10):
        await do(running, c.CancelStep(step="constrain"))
    assert running.state.entering is None
    assert status(running) is Status.PENDING
    write(rig.folder, "UPDATE slow SET upto = 1")
    await do(running, START)
    assert status(running) is Status.DONE


async def test_a_pause_during_a_slow_entry_keeps_the_phase_shut(running: Running, rig: Rig) -> None:
    write(rig.folder, "UPDATE slow SET upto = 500000")
    answer = await running.engine.submit(START, running.state.driver)
    assert isinstance(answer, Accepted)
    await do(running, c.Pause(reason="load"), by="grace")
    assert "paused by grace: load" in kept_out(running)
    assert indexes(rig.folder) == 0


async def test_whoever_takes_over_is_not_troubled_by_the_entry_of_the_one_before(running: Running, rig: Rig) -> None:
    await entering(running, rig)
    await do(running, c.TakeOver(), by="grace")
    write(rig.folder, "UPDATE slow SET upto = 1")
    answers = read_records(running.opened.journal.path)
    assert sum(type(record.event).__name__ == "GateAsked" for record in answers) == 1
    await do(running, START, by="grace")
    assert not kept_out(running)
    assert running.state.steps["constrain"].by == "grace"


async def test_an_abort_during_a_slow_entry_seals_the_journal_with_nothing_after_it(running: Running, rig: Rig) -> None:
    await entering(running, rig)
    await running.engine.submit(c.Abort(reason="enough"), running.state.driver)
    async with asyncio.timeout(10):
        await running.engine.finish()
    *_, last = read_records(running.opened.journal.path)
    assert type(last.event).__name__ == "Sealed"


async def test_an_engine_that_is_told_to_end_does_not_wait_for_a_slow_check(running: Running, rig: Rig) -> None:
    await entering(running, rig)
    await running.engine.submit(c.StopEngine(), running.state.driver)
    async with asyncio.timeout(10):
        await running.engine.finish()
    assert running.state.entering is None
    assert indexes(rig.folder) == 0


async def test_a_crash_while_a_phase_is_about_to_be_entered_starts_nothing(rig: Rig) -> None:
    running = await rig.engine()
    await do(running, c.StartStep(step="none_left"), c.StartStep(step="slow"))
    await entering(running, rig)
    await running.die()
    write(rig.folder, "UPDATE slow SET upto = 1", "INSERT INTO seen VALUES (NULL)")
    again = await rig.engine()
    assert again.state.entering is None
    assert again.state.in_doubt() == ()
    await do(again, START)
    assert kept_out(again)
    assert indexes(rig.folder) == 0
    await again.die()


async def test_a_check_whose_table_is_gone_keeps_a_phase_shut_with_the_servers_words(
    running: Running, rig: Rig
) -> None:
    write(rig.folder, "DROP TABLE seen")
    await do(running, START)
    assert "no such table" in kept_out(running)
