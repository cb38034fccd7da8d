"""What the engine makes of what servers, disks and people do to it."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.core import commands as c
from console.core import events as e
from console.core.errors import DatabaseError, Disconnected, JournalFull, LeaseLost
from console.core.evolve import fold
from console.core.state import Status
from console.databases.fake import COMMIT
from console.storage.journal import read_records
from tests.engine.stage import ADD, DROP, VACUUM, Stage, to_soak


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Open a run; afterwards the fold of what is in the file must be the engine's own state."""
    opened = await Stage(tmp_path).open()
    yield opened
    assert fold(read_records(opened.path)) == opened.state
    await opened.crash()


async def test_an_intent_is_on_disk_before_the_statement_is_sent(stage: Stage) -> None:
    await stage.start("rows")
    stage.target.hang("sent", sql=ADD)
    await stage.ask(c.StartStep(step="add"))
    await stage.until(lambda: ADD in stage.target.sent)
    assert stage.events()[-1] == "StepStarted"
    await stage.do(c.CancelStep(step="add"))


async def test_cancelling_lasts_until_the_server_says_that_it_stopped(stage: Stage) -> None:
    await stage.start("rows")
    stage.target.hang("sent", sql=ADD)
    await stage.ask(c.StartStep(step="add"))
    await stage.until(lambda: ADD in stage.target.sent)
    await stage.ask(c.CancelStep(step="add"))
    assert stage.step("add").status is Status.CANCELLING
    await stage.until(lambda: stage.engine.idle)
    assert stage.step("add").status is Status.INTERRUPTED
    await stage.start("add")
    assert stage.step("add").status is Status.DONE


async def test_a_failed_step_can_be_started_again(stage: Stage) -> None:
    await stage.start("rows")
    stage.target.fail("sent", DatabaseError("no", remedy="try later"), sql=ADD)
    await stage.start("add")
    assert (stage.step("add").status, stage.step("add").remedy) == (Status.FAILED, "try later")
    await stage.start("add")
    assert stage.step("add").status is Status.DONE


async def test_a_commit_whose_answer_is_lost_is_settled_as_done(stage: Stage) -> None:
    await stage.start("rows")
    stage.target.fail("committed", Disconnected("gone"), sql=COMMIT)
    await stage.start("add")
    assert stage.step("add").status is Status.DONE
    assert stage.events()[-2:] == ["StepLost", "StepSettled"]
    assert stage.target.sent.count(ADD) == 1


async def test_a_statement_lost_before_its_commit_is_settled_as_not_done(stage: Stage) -> None:
    await stage.start("rows")
    stage.target.fail("sent", Disconnected("gone"), sql=ADD)
    await stage.start("add")
    assert stage.step("add").status is Status.INTERRUPTED
    await stage.start("add")
    assert stage.step("add").status is Status.DONE


async def test_an_engine_that_lost_the_target_fails_the_step_and_ends(stage: Stage) -> None:
    await stage.start("rows")
    stage.target.fail("sent", LeaseLost("taken by another"), sql=ADD)
    await stage.ask(c.StartStep(step="add"))
    await stage.until(stage.engine.over.is_set)
    await stage.engine.finish()
    assert stage.step("add").status is Status.FAILED
    assert stage.events()[-1] == "EngineStopped"


async def test_an_error_of_our_own_is_a_doubt_and_is_settled(stage: Stage) -> None:
    await stage.start("rows")
    stage.target.fail("committed", ZeroDivisionError("oops"), sql=COMMIT)
    await stage.start("add")
    assert stage.step("add").status is Status.DONE


async def test_a_crash_in_a_step_is_settled_by_the_next_engine(stage: Stage) -> None:
    await stage.start("rows")
    stage.target.hang("sent", sql=ADD)
    await stage.ask(c.StartStep(step="add"))
    await stage.until(lambda: ADD in stage.target.sent)
    await stage.crash()
    await stage.open()
    assert stage.step("add").status is Status.IN_DOUBT
    assert "in doubt" in (await stage.refused(c.StartStep(step="add"))).reason
    await stage.until(lambda: stage.engine.idle)
    assert stage.step("add").status is Status.INTERRUPTED
    await stage.start("add")
    assert stage.step("add").status is Status.DONE


async def test_a_statement_outside_transactions_that_is_harmless_twice_is_run_again_after_a_crash(stage: Stage) -> None:
    await stage.start("rows", "add")
    await stage.do(c.ConfirmStep(step="deployed"))
    await stage.start("none_empty")
    stage.target.hang("sent", sql=VACUUM)
    await stage.ask(c.StartStep(step="compact"))
    await stage.until(lambda: VACUUM in stage.target.sent)
    await stage.crash()
    await stage.open()
    await stage.until(lambda: stage.engine.idle)
    assert stage.step("compact").status is Status.INTERRUPTED


async def test_a_wait_ends_when_it_was_to_end_however_often_the_engine_dies(stage: Stage) -> None:
    await to_soak(stage)
    await stage.ask(c.StartStep(step="soak"))
    await stage.until(lambda: stage.step("soak").until is not None)
    until = stage.step("soak").until
    await stage.crash()
    await stage.open()
    await stage.until(lambda: stage.engine.idle)
    await stage.start("soak")
    assert stage.step("soak").status is Status.DONE
    assert stage.step("soak").until == until
    assert until is not None
    assert stage.clock.now() >= until


async def test_a_pause_holds_a_step_at_its_next_boundary_and_a_stop_leaves_it_to_be_gone_on_with(stage: Stage) -> None:
    await to_soak(stage)
    await stage.ask(c.StartStep(step="soak"))
    await stage.until(lambda: stage.step("soak").until is not None)
    await stage.ask(c.Pause(reason="the pager rings"), by="grace")
    await stage.ask(c.StopEngine())
    await stage.until(stage.engine.over.is_set)
    assert stage.step("soak").status is Status.INTERRUPTED


async def test_a_cancel_that_came_after_the_commit_finds_the_step_done(stage: Stage) -> None:
    await stage.start("rows")
    stage.target.hang("committed", sql=COMMIT)
    await stage.ask(c.StartStep(step="add"))
    await stage.until(lambda: ("r", "add") in stage.target.rows)
    await stage.do(c.CancelStep(step="add"))
    assert stage.step("add").status is Status.DONE
    assert "StepCancelled" not in stage.events()


async def test_a_phase_is_taken_back_in_reverse_with_a_persons_part_and_compared(stage: Stage) -> None:
    await stage.start("rows", "add")
    await stage.do(c.ConfirmStep(step="deployed"))
    await stage.start("none_empty")
    assert "type expand" in (await stage.refused(c.UndoPhase(phase="expand", typed="expnad"))).remedy
    await stage.do(c.UndoPhase(phase="expand", typed="expand"))
    assert stage.remaining() == ("deployed", "add")
    assert DROP not in stage.target.sent
    await stage.do(c.ConfirmStep(step="deployed", value="v1.0 is back"))
    assert stage.remaining() == ()
    assert DROP in stage.target.sent
    assert all(passed for *_, passed in stage.state.verified["expand"].checks)
    assert stage.step("add").status is Status.PENDING
    await stage.start("add")
    assert stage.target.sent.count(ADD) == 2


async def test_an_undo_that_fails_stops_and_goes_on_when_asked_again(stage: Stage) -> None:
    await stage.start("rows", "add")
    stage.target.fail("sent", DatabaseError("busy"), sql=DROP)
    await stage.do(c.UndoPhase(phase="expand", typed="expand"))
    assert stage.step("add").status is Status.FAILED
    assert "undone" in (await stage.refused(c.StartStep(step="add"))).reason
    await stage.do(c.UndoPhase(phase="expand", typed="expand"))
    assert stage.state.undo is None
    assert stage.step("add").undone


async def test_an_undo_whose_answer_is_lost_is_settled_and_goes_on(stage: Stage) -> None:
    await stage.start("rows", "add")
    await stage.do(c.ConfirmStep(step="deployed"))
    stage.target.fail("committed", Disconnected("gone"), sql=COMMIT)
    await stage.do(c.UndoPhase(phase="expand", typed="expand"))
    await stage.do(c.ConfirmStep(step="deployed", value="back"))
    assert "StepLost" in stage.events()
    assert stage.step("add").undone
    assert stage.state.undo is None
    assert stage.target.sent.count(DROP) == 1


async def test_a_schema_that_did_not_come_back_is_said(stage: Stage) -> None:
    await stage.start("rows", "add")
    stage.target.answers["ask schema"] = [("table", "t", "CREATE TABLE t (y, x)")]
    await stage.do(c.UndoPhase(phase="expand", typed="expand"))
    schema = stage.state.verified["expand"].checks[0]
    assert schema[0].startswith("schema")
    assert not schema[3]


async def test_a_full_journal_starts_nothing_and_goes_on_once_there_is_room(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    assert "no room" in (await stage.refused(c.StartStep(step="rows"))).reason
    monkeypatch.setattr(os, "write", write)
    await stage.start("rows")
    assert stage.step("rows").status is Status.DONE


async def test_an_outcome_that_finds_no_room_is_not_forgotten(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await stage.start("rows")
    append, refusals = type(stage.journal).append, [0]

    def full_for_a_while(journal: object, event: e.AnyEvent, **envelope: object) -> e.Record:
        if isinstance(event, e.StepSucceeded) and refusals[0] < 3:
            refusals[0] += 1
            raise JournalFull("no room", remedy="make room")
        return append(journal, event, **envelope)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(type(stage.journal), "append", full_for_a_while)
    await stage.start("add")
    assert refusals[0] == 3
    assert stage.step("add").status is Status.DONE
