"""An amended runbook is what a real SQLite file is changed by from then on."""

import sqlite3
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec import json

from console.core import commands as c
from console.core import events as e
from console.core.changed import AmendmentApproved
from console.core.commands import Refused
from console.core.evolve import fold
from console.core.state import Status
from console.storage.journal import read_records
from tests.engine.rig import Rig, Running, content
from tests.engine.test_entering import do

HEAD = """
runbook: amending
title: Two tables
engine: sqlite
risk: low
databases: {main: env:RUNBOOK_TEST_DATABASE}
people: {"*": [reviewer]}
phases:
  - id: tables
    title: Tables
    steps:
      - {id: first, sql: CREATE TABLE a (x), undo: DROP TABLE a}
"""
BROKEN = "      - {id: second, sql: CREATE TABLE a (y), undo: DROP TABLE b}\n"
MENDED = "      - {id: second, sql: CREATE TABLE b (y), undo: DROP TABLE b}\n"
UNWANTED = "      - {id: unwanted, sql: CREATE TABLE c (z), undo: DROP TABLE c}\n"
EXTRA = "      - {id: extra, sql: INSERT INTO b VALUES (7), undo: DELETE FROM b}\n"


@pytest.fixture
async def failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    """Come to a step that fails."""
    runbook = tmp_path / "amending.yaml"
    runbook.write_text(HEAD + BROKEN + UNWANTED)
    (tmp_path / "main.db").touch()
    monkeypatch.setenv("RUNBOOK_TEST_DATABASE", f"sqlite://{tmp_path / 'main.db'}")
    rig = Rig(tmp_path, runbook)
    engine = await rig.engine()
    await do(engine, c.StartStep(step="first"), c.StartStep(step="second"))
    assert engine.state.steps["second"].status is Status.FAILED
    await engine.die()
    return rig


@pytest.fixture
async def running(failed: Rig) -> AsyncIterator[Running]:
    """Go on with it; afterwards the fold of what is in the file must be the engine's own state."""
    engine = await failed.engine()
    yield engine
    assert fold(read_records(engine.opened.journal.path)) == engine.state
    await engine.die()


def amend(source: str) -> c.Amend:
    return c.Amend(source=source, source_name="amending.yaml", reason="it names the wrong table")


async def amended(running: Running, source: str) -> None:
    await do(running, amend(source))
    assert running.state.amendment
    digest = running.state.amendment.proposed.source_digest
    await do(running, c.ApproveAmendment(source_digest=digest, role="reviewer"), by="grace")


def tables(running: Running) -> set[str]:
    return set(content(running.rig.folder / "main.db")) - {"schema"}


async def test_a_failed_step_is_mended_another_dropped_a_third_added_and_the_run_comes_to_its_end(
    running: Running,
) -> None:
    await amended(running, HEAD + MENDED + EXTRA)
    await do(running, c.StartStep(step="second"), c.StartStep(step="extra"))
    assert tables(running) == {"a", "b"}
    assert content(running.rig.folder / "main.db")["b"] == [(7,)]
    await do(running, c.Finish())
    assert running.state.ending


async def test_the_ledger_has_the_checksum_of_the_step_as_it_was_executed(running: Running) -> None:
    await amended(running, HEAD + MENDED + EXTRA)
    await do(running, c.StartStep(step="second"))
    step = running.state.step("second")
    expected = sha256(json.encode((step.kind, step.data, step.undo), order="deterministic")).hexdigest()
    with sqlite3.connect(running.rig.folder / "main.db") as connection:
        found = connection.execute("SELECT checksum FROM runbook_ledger WHERE step = 'second'").fetchall()
    connection.close()
    assert found == [(expected,)]
    assert "CREATE TABLE b" in step.data["sql"]


async def test_an_undo_takes_back_what_was_amended_by_its_own_words(running: Running) -> None:
    await amended(running, HEAD + MENDED + EXTRA)
    await do(running, c.StartStep(step="second"), c.StartStep(step="extra"))
    await do(running, c.UndoPhase(phase="tables", typed="tables"))
    assert tables(running) == set()
    assert all(passed for *_, passed in running.state.verified["tables"].checks)


async def test_a_new_engine_goes_on_with_the_amended_runbook(failed: Rig) -> None:
    running = await failed.engine()
    await amended(running, HEAD + MENDED + EXTRA)
    await running.die()
    again = await running.rig.engine()
    assert again.state.runbook == running.state.runbook
    await do(again, c.StartStep(step="second"), c.StartStep(step="extra"))
    assert tables(again) == {"a", "b"}
    assert fold(read_records(again.opened.journal.path)) == again.state
    await again.die()


async def test_an_approval_is_over_the_head_of_the_journal(running: Running) -> None:
    await do(running, amend(HEAD + MENDED))
    assert running.state.amendment
    head = running.engine.logbook.head
    digest = running.state.amendment.proposed.source_digest
    await do(running, c.ApproveAmendment(source_digest=digest, role="reviewer"), by="grace")
    *_, last = read_records(running.opened.journal.path)
    assert isinstance(last.event, AmendmentApproved)
    assert last.event.head == head


async def test_a_text_with_errors_is_refused_with_all_of_them_and_where_they_stand(running: Running) -> None:
    before = running.state.seq
    wrong = HEAD + "      - {id: first, sql: SELECT 1}\n      - {id: third, chekc: SELECT 1}\n"
    answer = await running.engine.submit(amend(wrong), running.state.driver)
    assert isinstance(answer, Refused)
    assert "amending.yaml:13:" in answer.reason
    assert "amending.yaml:14:" in answer.reason
    assert running.state.seq == before


@pytest.mark.parametrize("source", ["", "\0", "- 1", "&a [*a]", "x" * 2_000_000, "{", "runbook: \ud800"])
async def test_no_text_does_more_than_to_be_refused(running: Running, source: str) -> None:
    before = running.state.seq
    answer = await running.engine.submit(amend(source), running.state.driver)
    assert isinstance(answer, Refused)
    assert answer.reason
    assert running.state.seq == before


async def test_what_an_amendment_that_waits_changes_is_not_begun_until_it_is_decided(running: Running) -> None:
    await amended(running, HEAD + MENDED + UNWANTED)
    assert not isinstance(await running.engine.submit(amend(HEAD + BROKEN), running.state.driver), Refused)
    refused = await running.engine.submit(c.StartStep(step="second"), running.state.driver)
    assert isinstance(refused, Refused)
    assert "the amendment by root that waits changes it" in refused.reason
    await do(running, c.WithdrawAmendment())
    await do(running, c.StartStep(step="second"))
    assert running.state.steps["second"].status is Status.DONE


async def test_a_step_that_two_people_waived_is_never_executed(running: Running) -> None:
    await do(running, c.Waive(step="second", reason="b is there already"))
    await do(running, c.Waive(step="second"), by="grace")
    await do(running, c.StartStep(step="unwanted"))
    assert tables(running) == {"a", "c"}
    await do(running, c.UndoPhase(phase="tables", typed="tables"))
    assert tables(running) == set()
    names = [type(record.event) for record in read_records(running.opened.journal.path)]
    assert e.UndoVerified in names
