"""Commands under an engine: what they say is journaled without secrets, and none is started twice or lost."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from console.core import commands as c
from console.core import events as e
from console.core.commands import Accepted, Refused
from console.core.observations import Noticed
from console.core.secrets import MASK
from console.core.state import Status
from console.engine.clock import SystemClock
from console.storage.journal import read_records
from tests.engine.rig import Rig, Running

HIDDEN = "hunter2-of-the-api"
RUNBOOK = """
runbook: commands
title: Commands
engine: sqlite
databases: {main: env:COMMANDS_DATABASE}
people: {"*": [reviewer]}
risk: low
phases:
  - id: work
    title: Work
    steps:
      - id: tool
        shell: |
          echo x >> FOLDER/begun
          while [ ! -e FOLDER/go ]; do sleep 0.02; done
          echo "done with $TOKEN"
        through: sh
        secrets: {TOKEN: env:COMMANDS_TOKEN}
        undo: rm FOLDER/begun
      - {id: fails, shell: ["false"], undo: "true"}
"""


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rig:
    with closing(sqlite3.connect(tmp_path / "app.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
    monkeypatch.setenv("COMMANDS_DATABASE", f"sqlite:///{tmp_path}/app.db")
    monkeypatch.setenv("COMMANDS_TOKEN", f"Bearer {HIDDEN}")
    runbook = tmp_path / "commands.yaml"
    runbook.write_text(RUNBOOK.replace("FOLDER", str(tmp_path)))
    found = Rig(tmp_path, runbook)
    found.clock = SystemClock()  # type: ignore[assignment] # what is waited for is another process
    return found


async def engine(rig: Rig) -> Running:
    running = await rig.engine()
    running.engine.logbook.secrets = running.opened.secrets
    return running


async def asked(running: Running, command: c.AnyCommand) -> None:
    answer = await running.engine.submit(command, running.opened.account)
    assert isinstance(answer, Accepted), answer


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


async def begun(rig: Rig, running: Running) -> None:
    """Start the tool and wait until it is at work."""
    await asked(running, c.StartStep(step="tool"))
    await until((rig.folder / "begun").exists)


def journal(rig: Rig) -> Path:
    (found,) = (rig.folder / "runs").glob("*/journal.jsonl")
    return found


def said(rig: Rig) -> list[str]:
    return [each.event.text for each in read_records(journal(rig)) if isinstance(each.event, Noticed)]


async def test_what_a_command_says_is_journaled_without_what_it_was_given(rig: Rig) -> None:
    running = await engine(rig)
    await begun(rig, running)
    (rig.folder / "go").touch()
    await running.idle()
    assert running.state.steps["tool"].status is Status.DONE
    assert said(rig) == [f"done with Bearer {MASK}"] or said(rig) == [f"done with {MASK}"]
    await running.die()
    found = [file for file in journal(rig).parent.rglob("*") if file.is_file()]
    assert len(found) > 3
    assert not [file.name for file in found if HIDDEN.encode() in file.read_bytes()]


async def test_a_cancel_reaches_the_command_and_is_over_when_the_command_is(rig: Rig) -> None:
    running = await engine(rig)
    await begun(rig, running)
    await asked(running, c.CancelStep(step="tool"))
    await running.idle()
    now = running.state.steps["tool"]
    assert (now.status, now.summary.partition(",")[0]) == (Status.INTERRUPTED, "ended because it was cancelled")
    await running.die()


async def test_an_engine_that_is_killed_leaves_the_command_at_work_and_the_next_one_waits_for_it(rig: Rig) -> None:
    first = await engine(rig)
    await begun(rig, first)
    await first.die()
    second = await engine(rig)
    await until(lambda: bool(said(rig)))
    assert "the command is still at work" in said(rig)[0]
    assert second.engine.state.in_doubt() == ("tool",)
    refused = await second.engine.submit(c.StartStep(step="tool"), second.opened.account)
    assert isinstance(refused, Refused)
    (rig.folder / "go").touch()
    await until(lambda: second.engine.idle)
    assert second.state.steps["tool"].status is Status.DONE
    assert second.state.steps["tool"].summary.startswith("exit status 0 after")
    assert (rig.folder / "begun").read_text() == "x\n"
    assert HIDDEN not in journal(rig).read_text()
    await second.die()


async def test_an_engine_that_is_to_end_waits_for_the_command(rig: Rig) -> None:
    running = await engine(rig)
    await begun(rig, running)
    await asked(running, c.StopEngine())
    (rig.folder / "go").touch()
    await running.engine.finish()
    assert running.state.steps["tool"].status is Status.DONE
    await running.die()


async def test_a_command_that_fails_fails_its_step_and_the_phase_can_be_taken_back(rig: Rig) -> None:
    running = await engine(rig)
    (rig.folder / "go").touch()
    for step in ("tool", "fails"):
        await asked(running, c.StartStep(step=step))
        await running.idle()
    now = running.state.steps["fails"]
    assert (now.status, now.error.partition(",")[0]) == (Status.FAILED, "'false': exit status 1 instead of 0")
    await asked(running, c.UndoPhase(phase="work", typed="work"))
    await running.idle()
    assert not (rig.folder / "begun").exists()
    assert not [each for each in running.state.steps.values() if each.status is Status.DONE]
    ends = [each.event for each in read_records(journal(rig)) if isinstance(each.event, e.UndoVerified)]
    assert len(ends) == 1
    await running.die()
