"""The point of no return, as the engine keeps it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.core import commands as c
from console.core.evolve import fold
from console.storage.journal import read_records
from tests.engine.stage import EMPTY, Stage, to_soak


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Open a run; afterwards the fold of what is in the file must be the engine's own state."""
    opened = await Stage(tmp_path).open()
    yield opened
    assert fold(read_records(opened.path)) == opened.state
    await opened.crash()


async def _to_the_point(stage: Stage) -> None:
    await to_soak(stage)
    await stage.start("soak")


async def _asked(stage: Stage) -> None:
    await stage.until(lambda: stage.state.approach is None or stage.state.approach.asked)


async def test_the_point_of_no_return_asks_its_gates_again_and_wants_the_frozen_fact(stage: Stage) -> None:
    await _to_the_point(stage)
    assert "point of no return" in (await stage.refused(c.StartStep(step="drop"))).reason
    await stage.ask(c.ApproachPointOfNoReturn(phase="contract"))
    for typed in ("", "contract", "4", " 3"):
        await stage.refused(c.PassPointOfNoReturn(phase="contract", typed=typed))
    await _asked(stage)
    for typed in ("", "contract", "4", " 3"):
        await stage.refused(c.PassPointOfNoReturn(phase="contract", typed=typed))
    await stage.do(c.PassPointOfNoReturn(phase="contract", typed="3"))
    await stage.start("drop")
    refused = await stage.refused(c.UndoPhase(phase="contract", typed="contract"))
    assert "The backup." in refused.remedy


async def test_a_red_gate_keeps_the_point_of_no_return_shut(stage: Stage) -> None:
    await _to_the_point(stage)
    stage.target.answers[EMPTY] = [(7,)]
    await stage.ask(c.ApproachPointOfNoReturn(phase="contract"))
    await _asked(stage)
    refused = await stage.refused(c.PassPointOfNoReturn(phase="contract", typed="3"))
    assert "does not hold any more: 7" in refused.reason


async def test_the_gates_are_asked_once_more_at_the_moment_of_passing(stage: Stage) -> None:
    await _to_the_point(stage)
    await stage.ask(c.ApproachPointOfNoReturn(phase="contract"))
    await _asked(stage)
    stage.target.answers[EMPTY] = [(7,)]
    answer = await stage.ask(c.PassPointOfNoReturn(phase="contract", typed="3"))
    assert isinstance(answer, c.Refused)
    assert "does not hold any more: 7" in answer.reason
    assert "PointOfNoReturnPassed" not in stage.events()


async def test_a_gate_that_turns_red_while_the_dialog_is_open_closes_it(stage: Stage) -> None:
    await _to_the_point(stage)
    await stage.ask(c.ApproachPointOfNoReturn(phase="contract"))
    await _asked(stage)
    stage.target.answers[EMPTY] = [(7,)]
    await stage.until(lambda: stage.state.approach is None)
    assert stage.events()[-1] == "PointOfNoReturnLeft"


async def test_a_finished_run_is_sealed_and_the_target_given_back(stage: Stage) -> None:
    await _to_the_point(stage)
    await stage.ask(c.ApproachPointOfNoReturn(phase="contract"))
    await _asked(stage)
    await stage.do(c.PassPointOfNoReturn(phase="contract", typed="3"))
    await stage.start("drop")
    await stage.do(c.Finish(note="good night"))
    await stage.engine.finish()
    assert stage.events()[-1] == "Sealed"
    assert stage.target.holder is None
    assert "sealed" in (await stage.refused(c.AddNote(text="late"))).reason
