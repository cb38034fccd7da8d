"""Whatever the engine writes down or answers is without what the process keeps secret."""

from pathlib import Path
from typing import Any

import pytest

from console.core import commands as c
from console.core.commands import Refused
from console.core.errors import DatabaseError, Disconnected
from console.core.secrets import MASK, Secrets
from tests.engine.stage import ADD, Stage

PLANTED = "hunter2-S3"


@pytest.fixture
async def stage(tmp_path: Path) -> Stage:
    """A run under way, in a process that knows a secret."""
    opened = await Stage(tmp_path).open()
    opened.engine.logbook.secrets = Secrets.of([f"postgresql://op1:{PLANTED}@db1/app"])
    await opened.start("rows")
    return opened


async def test_an_error_of_the_server_is_journaled_without_it(stage: Stage) -> None:
    stage.target.fail("sent", DatabaseError(f"no {PLANTED}", remedy=f"not {PLANTED}"), sql=ADD)
    await stage.start("add")
    assert (stage.step("add").error, stage.step("add").remedy) == (f"no {MASK}", f"not {MASK}")
    assert PLANTED not in stage.path.read_text()
    await stage.crash()


async def test_a_doubt_and_how_it_was_settled_are_journaled_without_it(stage: Stage) -> None:
    stage.target.fail("committed", Disconnected(f"{PLANTED} hung up"), sql=ADD)
    await stage.start("add")
    assert "StepLost" in stage.events()
    assert PLANTED not in stage.path.read_text()
    await stage.crash()


async def test_what_a_person_writes_is_journaled_without_it(stage: Stage) -> None:
    await stage.do(c.AddNote(text=f"try {PLANTED}"))
    await stage.do(c.Pause(reason=f"is it {PLANTED}?"))
    assert [note.text for note in stage.state.notes] == [f"try {MASK}"]
    assert stage.state.paused is not None
    assert stage.state.paused.reason == f"is it {MASK}?"
    assert PLANTED not in stage.path.read_text()
    await stage.crash()


async def test_an_answer_is_without_it(stage: Stage) -> None:
    refused = await stage.refused(c.StartStep(step=PLANTED))
    assert PLANTED not in repr(refused)
    assert MASK in refused.reason
    await stage.crash()


async def test_an_amendment_that_tells_it_is_refused(stage: Stage) -> None:
    refused = await stage.refused(
        c.Amend(source=f"runbook: stage\nwhy: {PLANTED}\n", source_name="stage.yaml", reason="")
    )
    assert isinstance(refused, Refused)
    assert "stage.yaml:2: here stands what the environment keeps secret" in refused.reason
    assert PLANTED not in repr(refused)
    await stage.crash()


async def test_of_a_defect_of_our_own_only_the_kind_is_journaled(stage: Stage) -> None:
    def broken(*_: Any) -> int:
        raise KeyError("ada@example.org")

    stage.target.answers[ADD] = broken
    await stage.start("add")
    text = stage.path.read_text()
    assert "our bug: KeyError, see engine.log of this run" in text
    assert "ada@" not in text
    await stage.crash()
