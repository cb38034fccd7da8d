"""Finds out what happened to a step in doubt. Rule: the target's word counts, never a guess.

Nothing is written but what the ledger lacks of that.
"""

import logging

from console.core.errors import RunbookConsoleError
from console.core.events import StepSettled
from console.core.observations import Observation
from console.core.ports import Clock, Settled
from console.core.runbook import Step
from console.core.state import Status
from console.engine.logbook import Logbook
from console.engine.runner import Runner
from console.steps import kind_of

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
"""Seconds between two tries to reach a target that does not answer."""

log = logging.getLogger(__name__)


class Recovery:
    """Settles steps one after another; a target out of reach is asked again until it answers."""

    def __init__(self, *, logbook: Logbook, runner: Runner, clock: Clock) -> None:
        self._logbook, self._runner, self._clock = logbook, runner, clock

    async def settle_all(self) -> None:
        """Settle every step in doubt that nobody has given a word on."""
        for step_id in self._logbook.state.in_doubt():
            await self.settle(self._logbook.state.step(step_id))

    async def settle(self, step: Step) -> None:
        """Find out about one step and journal it; a person's word meanwhile ends it, and so does the engine's end."""
        pause = FIRST_PAUSE
        while self._doubtful(step):
            try:
                settled = await self._ask(step)
            except RunbookConsoleError as error:
                log.warning("%s cannot be settled yet: %s", step.id, error)
                if not await self._runner.slept(pause):
                    return
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            if self._doubtful(step):
                event = StepSettled(step=step.id, happened=settled.happened, evidence=settled.evidence)
                await self._logbook.outcome(event)
            return

    def _doubtful(self, step: Step) -> bool:
        return self._logbook.state.steps[step.id].status is Status.IN_DOUBT

    async def _ask(self, step: Step) -> Settled:
        action = self._logbook.state.steps[step.id].action
        said: list[Observation] = []
        database = self._runner.handle(step, action=action, say=said.append)
        try:
            return await kind_of(step).settle(step, database=database)
        finally:
            for each in said:
                await self._logbook.observe(each)
