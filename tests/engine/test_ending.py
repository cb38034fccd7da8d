"""How an engine ends when a disk, a server or a person leaves it no other way. Rule: it always can be ended."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.cli.autopilot import IN_DOUBT, WAITING
from console.core import commands as c
from console.core import events as e
from console.core.commands import Accepted, Refused
from console.core.errors import JournalFull, Unreachable
from console.core.state import Status
from console.databases.fake import FakeDatabase
from tests.engine.rig import Rig
from tests.engine.stage import ADD, EMPTY, Stage

SOON = 20
"""Seconds after which what should have ended is taken for hanging."""

WRITES = """
runbook: writes
title: One statement
engine: sqlite
risk: low
databases: {main: env:RUNBOOK_TEST_DATABASE}
phases:
  - id: only
    title: Only
    steps:
      - {id: look, manual: Look at it}
      - {id: add, sql: CREATE TABLE t (x), undo: DROP TABLE t}
"""


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    opened = await Stage(tmp_path).open()
    yield opened
    await opened.crash()


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    (tmp_path / "main.db").touch()
    monkeypatch.setenv("RUNBOOK_TEST_DATABASE", f"sqlite://{tmp_path / 'main.db'}")
    runbook = tmp_path / "writes.yaml"
    runbook.write_text(WRITES)
    return Rig(tmp_path, runbook)


async def ended(stage: Stage) -> None:
    """Wait for the engine's end."""
    async with asyncio.timeout(SOON):
        await stage.engine.finish()


async def test_a_doubt_that_no_server_settles_does_not_keep_an_engine_from_ending(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def out_of_reach(_: object) -> None:
        raise Unreachable("gone", remedy="bring it back")

    await stage.start("rows")
    monkeypatch.setattr(FakeDatabase, "entry", out_of_reach)
    await stage.ask(c.StartStep(step="add"))
    await stage.until(lambda: stage.step("add").status is Status.IN_DOUBT)
    assert isinstance(await stage.ask(c.StopEngine()), Accepted)
    await ended(stage)
    assert stage.events()[-1] == "EngineStopped"
    assert stage.step("add").status is Status.IN_DOUBT


async def test_an_engine_that_waits_for_room_in_its_journal_can_be_stopped_and_the_next_one_settles(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.start("rows")
    append = type(stage.journal).append

    def full(journal: object, event: e.AnyEvent, **envelope: object) -> e.Record:
        if isinstance(event, e.StepSucceeded):
            raise JournalFull("no room", remedy="make room")
        return append(journal, event, **envelope)  # type: ignore[arg-type]  # passed on as it came

    with monkeypatch.context() as patch:
        patch.setattr(type(stage.journal), "append", full)
        await stage.ask(c.StartStep(step="add"))
        await stage.until(lambda: stage.engine.logbook.trouble is not None)
        assert (await stage.refused(c.Pause())).remedy == "make room"
        assert isinstance(await stage.ask(c.StopEngine()), Accepted)
        await ended(stage)
    assert stage.step("add").status is Status.RUNNING
    await stage.crash()
    await stage.open()
    await stage.until(lambda: stage.engine.idle)
    assert stage.step("add").status is Status.DONE
    assert stage.target.sent.count(ADD) == 1


async def test_an_engine_whose_journal_was_deleted_ends_and_sends_nothing_more(stage: Stage) -> None:
    await stage.start("rows")
    stage.target.hang("sent", sql=ADD)
    await stage.ask(c.StartStep(step="add"))
    await stage.until(lambda: ADD in stage.target.sent)
    stage.path.unlink()
    await stage.target.cancel()
    await ended(stage)
    assert "deleted" in stage.engine.why
    answer = await stage.ask(c.Pause())
    assert isinstance(answer, Refused)
    assert "runbook run" in answer.remedy


async def test_an_engine_that_has_ended_accepts_nothing(stage: Stage) -> None:
    await stage.do(c.StopEngine())
    await ended(stage)
    assert "this engine ends" in (await stage.refused(c.StartStep(step="rows"))).reason
    assert stage.events()[-1] == "EngineStopped"


async def test_a_gate_that_breaks_is_red_and_not_silent(stage: Stage) -> None:
    await stage.start("rows", "add")
    await stage.do(c.ConfirmStep(step="deployed"))
    await stage.start("none_empty", "compact", "soak")

    def broken(*_: object) -> int:
        raise LookupError("no such thing")

    stage.target.answers[EMPTY] = broken
    await stage.ask(c.ApproachPointOfNoReturn(phase="contract"))
    await stage.until(lambda: stage.state.approach is not None and stage.state.approach.asked)
    assert stage.state.approach is not None
    assert not stage.state.approach.asked["none_empty"].passed


async def test_without_a_screen_a_run_that_is_paused_ends_when_its_engine_does(rig: Rig) -> None:
    running = await rig.engine()
    assert isinstance(await running.engine.submit(c.Pause(reason="a look"), "somebody"), Accepted)
    pilot = asyncio.create_task(running.to_the_end())
    await asyncio.sleep(0)
    running.engine.stop("SIGTERM was received")
    async with asyncio.timeout(SOON):
        end = await pilot
    assert end.status == WAITING
    assert "SIGTERM was received" in end.text
    await running.die()


async def test_without_a_screen_a_doubt_that_nothing_settles_ends_in_5(rig: Rig) -> None:
    running = await rig.engine()
    assert isinstance(await running.engine.submit(c.ConfirmStep(step="look"), running.opened.account), Accepted)
    (rig.folder / "main.db").rename(rig.folder / "elsewhere.db")
    async with asyncio.timeout(SOON):
        end = await running.to_the_end()
    assert end.status == IN_DOUBT
    assert "add is in doubt" in end.text
    await running.die()


async def test_a_person_who_confirms_the_moment_an_undo_comes_to_them_is_not_left_waiting(stage: Stage) -> None:
    await stage.start("rows", "add")
    await stage.do(c.ConfirmStep(step="deployed"))
    await stage.start("none_empty")
    assert isinstance(await stage.ask(c.UndoPhase(phase="expand", typed="expand")), Accepted)
    while stage.remaining()[:1] != ("deployed",):
        await asyncio.sleep(0)
    assert isinstance(await stage.ask(c.ConfirmStep(step="deployed")), Accepted)
    await stage.until(lambda: stage.state.undo is None)
    assert stage.step("add").undone
