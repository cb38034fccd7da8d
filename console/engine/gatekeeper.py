"""Asks checks again: at the entry of a phase, and while the dialog of a point of no return is open.

Rule: it reads; a gate that turns red closes it.
"""

import logging

from console.core.errors import RunbookConsoleError
from console.core.events import GateAsked, PointOfNoReturnLeft
from console.core.gates import FRESH
from console.core.observations import Measured
from console.core.ports import Clock
from console.core.runbook import Step
from console.core.state import Approach, Entering
from console.engine.logbook import Logbook
from console.engine.runner import Runner
from console.steps import kind_of

log = logging.getLogger(__name__)

AGAIN_SECONDS = FRESH.total_seconds() / 3
"""Between two rounds; well inside the time for which an answer holds."""


class Gatekeeper:
    """Keeps the answers of an open dialog's gates fresh."""

    def __init__(self, *, logbook: Logbook, runner: Runner, clock: Clock) -> None:
        self._logbook, self._runner, self._clock = logbook, runner, clock

    async def attend(self, approach: Approach) -> None:
        """Ask all gates, again and again, until the dialog is closed, passed or a green gate turned red."""
        green: set[str] = set()
        while self._open(approach):
            for name in approach.gates:
                if not self._open(approach):
                    return
                event = await self._ask(approach.phase, self._logbook.state.step(name))
                if not self._open(approach):
                    return
                await self._logbook.outcome(event)
                if event.passed:
                    green.add(name)
                elif name in green:
                    reason = f"{self._logbook.state.step(name).title!r} does not hold any more: {event.actual}"
                    await self._logbook.outcome(PointOfNoReturnLeft(phase=approach.phase, reason=reason))
                    return
            await self._clock.sleep(AGAIN_SECONDS)

    async def ask_once_more(self, approach: Approach) -> None:
        """Ask all gates at the moment of passing, so that what opens the point is not even seconds old."""
        for name in approach.gates:
            if not self._open(approach):
                return
            event = await self._ask(approach.phase, self._logbook.state.step(name))
            if self._open(approach):
                await self._logbook.outcome(event)

    async def ask_for(self, entering: Entering) -> None:
        """Ask the checks that a phase about to be entered rests on, to the first that is not green."""
        for name in entering.gates:
            event = await self._ask(entering.phase, self._logbook.state.step(name))
            await self._logbook.outcome(event)
            if not event.passed:
                return

    def _open(self, approach: Approach) -> bool:
        now = self._logbook.state.approach
        return now is not None and (now.phase, now.at) == (approach.phase, approach.at)

    async def _ask(self, phase: str, step: Step) -> GateAsked:
        passed, actual, began = False, "no answer", self._clock.monotonic()
        run = kind_of(step).run(
            step, facts=self._runner.facts(step), database=self._runner.handle(step), clock=self._clock
        )
        try:
            async for item in run:
                if isinstance(item, Measured):
                    passed, actual = bool(item.passed), item.actual
        except RunbookConsoleError as error:
            passed, actual = False, actual if actual != "no answer" else str(error)
        except Exception as error:
            log.exception("gate %s ended in an error of our own", step.id)
            passed, actual = False, f"our bug: {type(error).__name__}, see engine.log of this run"
        seconds = round(self._clock.monotonic() - began, 3)
        return GateAsked(phase=phase, step=step.id, passed=passed, actual=actual, seconds=seconds)
