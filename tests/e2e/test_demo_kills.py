"""The demo with its screen and its engine, both killed again and again at random moments with a seed."""

import asyncio
import contextlib
import os
import random
import re
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from console.core import events as e
from console.databases import demo
from console.storage.answers import load_answers
from console.storage.runbook_file import load
from tests.e2e.second_pilot import SecondPilot
from tests.e2e.site import Site, Tell
from tests.e2e.terminal import GLANCE, LARGE, Terminal, program, terminal, until
from tests.engine.rig import content, ledger

pytestmark = pytest.mark.e2e

RUNBOOKS = Path(__file__).parents[2] / "runbooks"
DEMO, ANSWERS = RUNBOOKS / "demo-users-org-id.yaml", RUNBOOKS / "answers" / "demo-users-org-id.yaml"
SEED = 20261120
AIMED = 0.6
"""Share of the kills that wait for a step to be under way; the others come when they come."""


@dataclass
class Killer:
    """Kills engine and screen in turns, spread over the run, and brings a screen back each time."""

    here: Site
    screen: Terminal
    left: int
    chance: random.Random
    of_engine: int = 0
    of_screen: int = 0
    met: list[str] = field(default_factory=list)
    """What was under way at each kill."""

    def __post_init__(self) -> None:
        self._all = self.left

    async def pace(self, share: float) -> None:
        """Hold whoever drives, so that the kills are spread over the whole run."""
        await until(
            lambda: not self.left or share * self._all <= self._all - self.left,
            what=lambda: "it is killed often enough",
        )

    async def kill_all(self) -> None:
        """Kill until none is left to do."""
        while self.left:
            await self.here.engine_is_up()
            if self.chance.random() < AIMED:
                await self._in_a_step()
            await asyncio.sleep(self.chance.uniform(0, 0.5))
            engine = self.here.engine()
            if engine is None:
                continue
            self.left -= 1
            if self.left % 2:
                self._met()
                os.kill(engine, signal.SIGKILL)
                self.of_engine += 1
                await self._bring_back(engine)
            else:
                self.screen.kill()
                self.of_screen += 1
                await self.screen.wait_end()
                self.attach()

    async def _in_a_step(self) -> None:
        """Wait until something is executed, or for a moment in vain."""
        with contextlib.suppress(AssertionError):
            await until(lambda: bool(self.here.state().under_way()), what=lambda: "a step is under way", seconds=2)

    def attach(self) -> None:
        """Open the console in the terminal."""
        self.screen.start(program("run", str(DEMO)), folder=self.here.folder, environment=self.here.environment)

    async def _bring_back(self, engine: int) -> None:
        """Start an engine again as a person would: r on the screen, or else a new screen."""
        by_key = self.chance.random() < 0.5
        deadline = time.monotonic() + 20
        while self.here.engine() in (None, engine):
            if by_key and time.monotonic() < deadline:
                self.screen.keys("r")
            elif self.screen.ended is None:
                self.screen.kill()
                by_key = False
            else:
                self.attach()
                await self.here.engine_is_up()
            await asyncio.sleep(10 * GLANCE)

    def _met(self) -> None:
        self.met.append(self.here.state().under_way() or "")


def answers_for_this_plan(here: Site) -> Path:
    """Write the demo's answers with the digest of the plan as it stands."""
    digest = load(DEMO, environment=None).plan_digest
    return here.written("answers.yaml", re.sub("[0-9a-f]{64}", digest, ANSWERS.read_text(encoding="utf-8")))


async def demo_under(here: Site, *, kills: int, users: int, tell: Tell) -> None:
    """Drive the demo to its end under so many kills, half of the engine and half of the screen."""
    began = time.monotonic()
    demo.build(here.database, accounts=users // 10, users=users)
    async with terminal(size=LARGE) as screen:
        killer = Killer(here, screen, left=kills, chance=random.Random(SEED))  # noqa: S311 - to be had again
        killer.attach()
        pilot = SecondPilot(here, load_answers(answers_for_this_plan(here)), before_each=killer.pace)
        flying, killing = asyncio.create_task(pilot.fly()), asyncio.create_task(killer.kill_all())
        await asyncio.wait({flying, killing}, return_when=asyncio.FIRST_EXCEPTION)
        for task in (killing, flying):
            task.cancel() if not task.done() else task.result()
        await here.engine_is_gone()
    busy = sum(bool(step) for step in killer.met)
    figures = f"{killer.of_engine} kills of the engine ({busy} with a step under way), {killer.of_screen} of the screen"
    tell(f"the demo with {users} users: {figures}, {time.monotonic() - began:.0f} s")
    assert killer.left == 0


def undisturbed(folder: Path, *, users: int) -> Site:
    """Run the same without a screen and without a kill."""
    folder.mkdir()
    there = Site(folder)
    demo.build(there.database, accounts=users // 10, users=users)
    status, said = there.call("run", str(DEMO), "--headless", "--answers", str(answers_for_this_plan(there)))
    assert status == 0, said
    return there


def same_in_the_end(here: Site, there: Site) -> None:
    """Compare everything that is left with a run that nobody disturbed."""
    assert content(here.database) == content(there.database)
    assert ledger(here.database) == ledger(there.database)
    assert here.verdict().state == "sealed"
    assert len(here.readable_runs()) == 1
    done = [event.step for event in here.events() if isinstance(event, e.StepSucceeded | e.StepConfirmed)]
    done += [event.step for event in here.events() if isinstance(event, e.StepSettled) and event.happened == "yes"]
    assert len(done) == len(set(done))


async def test_the_demo_ends_the_same_whoever_is_killed(here: Site, tmp_path: Path, tell: Tell) -> None:
    there = undisturbed(tmp_path / "undisturbed", users=20_000)
    await demo_under(here, kills=8, users=20_000, tell=tell)
    same_in_the_end(here, there)


@pytest.mark.soak
async def test_the_demo_ends_the_same_under_forty_kills(here: Site, tmp_path: Path, tell: Tell) -> None:
    there = undisturbed(tmp_path / "undisturbed", users=60_000)
    await demo_under(here, kills=40, users=60_000, tell=tell)
    same_in_the_end(here, there)
