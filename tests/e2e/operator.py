"""A person at the console, who reads what is next and presses keys.

Rule: everything is done by keys; the journal only tells the test that a key had its effect.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

from console.core.runbook import Step
from console.core.state import SETTLED_GOOD, RunState, Status
from console.views.nextup import next_up
from console.views.selection import point_of, step_of
from tests.e2e.site import Site
from tests.e2e.terminal import Terminal, until

READING = 1.0
"""Seconds for which a person reads the dialog of a point of no return before they type."""
DIALOG = "f10 leave"
"""What every dialog offers."""


class Operator:
    """Sits at one terminal and takes one run forward."""

    def __init__(self, here: Site, screen: Terminal) -> None:
        self.here, self.screen = here, screen

    @property
    def state(self) -> RunState:
        """What the journal says by now."""
        return self.here.state()

    async def next(self) -> str:
        """Wait until nothing is under way, and return what is next: a step, or the point of no return of a phase."""

        def ready() -> bool:
            state = self.state
            return state.under_way() is None and not state.in_doubt() and state.entering is None

        await until(ready, what=lambda: f"the engine waits for a person\n{self.screen.text}")
        return self._next()

    def _next(self) -> str:
        return next_up(self.state, now=datetime.now(tz=UTC)).selected

    async def go_on(self) -> None:
        """Do what is next."""
        upcoming = await self.next()
        phase = point_of(upcoming)
        if phase is not None:
            await self.pass_point(phase)
            return
        step = self.state.step(step_of(upcoming) or "")
        judged = self.state.steps[step.id].status is Status.JUDGING
        await self.reads("Judge: " if judged else step.title)
        if step.driven_by == "engine" and not judged:
            await self.run(step.id)
        else:
            await self._answer(step, judged=judged)

    async def reads(self, title: str) -> None:
        """Wait until the screen says that this is next."""

        def said(screen: str) -> bool:
            following = next((line for line in screen.splitlines() if line.strip().startswith("next ")), "")
            return title[:20] in following and "running “" not in following

        await self.screen.wait_until(said, f"says that {title} is next")

    async def to(self, step_id: str) -> None:
        """Go on until that step, or point of no return, is next."""
        while step_id not in (step_of(upcoming := await self.next()), point_of(upcoming)):
            await self.go_on()

    async def to_the_end(self) -> None:
        """Go on until everything is done."""
        while not self.state.all_complete:
            await self.go_on()

    async def run(self, step_id: str, *, wait: bool = True) -> None:
        """Press enter on a step that the engine runs; wait for its end, or only for its beginning."""
        await self.reads(self.state.step(step_id).title)
        attempt = self.state.steps[step_id].attempt
        await self.enter_until(lambda: self.state.steps[step_id].attempt > attempt)
        if wait:
            await self.next()
            now = self.state.steps[step_id]
            assert now.status in SETTLED_GOOD | {Status.JUDGING}, f"{step_id}: {now.error}"

    async def _answer(self, step: Step, *, judged: bool) -> None:
        """Fill the dialog of a step in and send it."""
        await self.screen.press("Enter", DIALOG)
        if step.data.get("observe") and not judged:
            await self.type(str(step.data.get("expect") or "as it should be"))
            self.screen.keys("Tab")
        elif step.driven_by == "signatures":
            self.screen.keys("Tab")
        await self.enter_until(lambda: self.state.steps[step.id].status in SETTLED_GOOD)

    async def approach(self, phase: str) -> None:
        """Open the dialog of a point of no return, and read it."""
        await self.screen.press("Enter", DIALOG, "Point of no return before")
        approached = time.monotonic()
        await until(lambda: self.state.approach is not None, what=lambda: f"{phase} is approached")
        await self.screen.wait_for("open  every gate holds")
        await asyncio.sleep(max(0.0, READING - (time.monotonic() - approached)))

    async def pass_point(self, phase: str) -> None:
        """Pass a point of no return as it is meant: read, type the fact, enter."""
        await self.approach(phase)
        approach = self.state.approach
        assert approach is not None
        await self.type(approach.fact)
        await self.enter_until(lambda: phase in self.state.passed)

    async def type(self, text: str) -> None:
        """Type, and see it on the screen."""
        self.screen.type(text)
        await self.screen.wait_for(text)

    async def enter_until(self, effect: Callable[[], bool]) -> None:
        """Press enter until it has its effect."""
        await self.screen.press_until("Enter", effect, "enter had its effect")
