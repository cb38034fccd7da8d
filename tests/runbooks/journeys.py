"""Runs on a database that answers drive, through the phases, back, and on to the end."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from console.cli.autopilot import WAITING, Act, End, Wait, next_move
from console.core import commands as c
from console.core import gates
from console.core.commands import Accepted
from tests.clock import FakeClock
from tests.engine.rig import Rig, Running

LOOKING_AGAIN = 0.002
"""Seconds: the server needs the processor more."""
FOLDER = Path(__file__).parents[2] / "runbooks"


class PatientClock(FakeClock):
    """Time that passes only in sleep, which leaves the processor to the server for a moment."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        await asyncio.sleep(LOOKING_AGAIN)


def rig(folder: Path, path: Path) -> Rig:
    """Return a runbook of ours with its answers, which are in the same place of the folder of answers."""
    found = Rig(folder, path, answers=FOLDER / "answers" / path.relative_to(FOLDER))
    found.clock = PatientClock()
    return found


async def driven(running: Running, *, before: str = "", through: str = "") -> None:
    """Let the answers drive until that phase is next, or complete; time passes where a phase waits for it."""
    tried: set[str] = set()
    runbook = running.state.runbook
    phases = runbook.phases[: runbook.phase_index(before or through) + bool(through)]
    while not all(running.state.complete(phase) for phase in phases):
        move = next_move(running.state, running.rig.answers, tried=frozenset(tried), now=running.rig.clock.now())
        match move:
            case End(status=status) if status == WAITING and soaked(running):
                continue
            case End():
                pytest.fail(move.text)
            case Wait():
                await asyncio.sleep(LOOKING_AGAIN)
            case Act(command=command):
                tried.add(getattr(command, "step", ""))
                await accepted(running, command)
    await rested(running)


def soaked(running: Running) -> bool:
    """Let the time pass for which the next phase waits; tell whether it waits."""
    now = running.rig.clock.now()
    phase = next(each for each in running.state.runbook.phases if not running.state.complete(each))
    if not gates.soak_gates(running.state, phase, now):
        return False
    running.rig.clock.advance(timedelta(days=1).total_seconds())
    return True


async def undone(running: Running, phase: str) -> None:
    """Take a phase back, and say of what people take back that it is."""
    await accepted(running, c.UndoPhase(phase=phase, typed=phase))
    await rested(running)
    while (undo := running.state.undo) is not None:
        step = undo.remaining[0]
        assert running.state.step(step).driven_by == "person", f"{step}: {running.state.steps[step].error}"
        await accepted(running, c.ConfirmStep(step=step, value="taken back"))
        await rested(running)


async def rested(running: Running) -> None:
    """Wait until nothing is at work."""
    while not running.engine.idle:
        await asyncio.sleep(LOOKING_AGAIN)


async def accepted(running: Running, command: Any) -> None:
    """Submit what is not refused."""
    answer = await running.engine.submit(command, running.opened.account)
    assert isinstance(answer, Accepted), answer


async def finished(running: Running) -> End:
    """Drive to the end of the run, however long its phases soak."""
    await driven(running, through=running.state.runbook.phases[-1].id)
    return await running.to_the_end()
