"""Kills real processes at random moments. Rule: a seed says when, so that a bad run can be had again."""

import asyncio
import random
import subprocess
import time
from dataclasses import dataclass, replace

from console.core.events import Sealed
from console.core.evolve import fold
from console.core.state import RunState
from tests.e2e.site import Site
from tests.e2e.terminal import DEADLINE, GLANCE


@dataclass(frozen=True, slots=True)
class Figures:
    """What the kills met."""

    kills: int = 0
    before_the_engine: int = 0
    """The process had not opened the run yet."""
    under_way: int = 0
    """A step was in the middle: its intent was in the journal and its outcome was not."""
    between_steps: int = 0

    def __str__(self) -> str:
        """Say it in words."""
        return (
            f"{self.kills} kills: {self.under_way} with a step under way, {self.between_steps} between steps,"
            f" {self.before_the_engine} before the run was opened"
        )


class Moments:
    """When to kill: mostly within `longest` seconds after the run was opened, at times while it is being opened."""

    def __init__(self, chance: random.Random, *, longest: float) -> None:
        self._chance, self._longest = chance, longest

    def while_opening(self) -> bool:
        """Whether this kill does not wait for the engine."""
        return self._chance.random() < 0.15

    def seconds(self) -> float:
        """How long to wait from there."""
        return self._chance.uniform(0, self._longest)


async def killed_again_and_again(here: Site, *words: str, kills: int, moments: Moments) -> Figures:
    """Start the program and kill it, as often as asked, then let it end in peace; one that was done is done."""
    figures = Figures()
    while figures.kills < kills:
        process = here.start(*words)
        before = len(here.records())
        if not moments.while_opening():
            await _opened(here, process, before)
        await asyncio.sleep(moments.seconds())
        process.kill()
        process.wait()
        figures = _counted(figures, here, opened=len(here.records()) > before)
        if any(isinstance(event, Sealed) for event in here.events()):
            return figures
    status, said = here.call(*words)
    assert status == 0, said
    return figures


async def _opened(here: Site, process: subprocess.Popen[str], before: int) -> None:
    """Wait until the process has written a record, or is over."""
    deadline = time.monotonic() + DEADLINE
    while process.poll() is None and len(here.records()) <= before:
        assert time.monotonic() < deadline, "the run was not opened"
        await asyncio.sleep(GLANCE)


def _counted(figures: Figures, here: Site, *, opened: bool) -> Figures:
    figures = replace(figures, kills=figures.kills + 1)
    if not opened:
        return replace(figures, before_the_engine=figures.before_the_engine + 1)
    state: RunState | None = fold(here.records())
    if state is not None and state.under_way() is not None:
        return replace(figures, under_way=figures.under_way + 1)
    return replace(figures, between_steps=figures.between_steps + 1)
