"""Runs one step and journals what it yields and how it ended. Rule: never between two outcomes; doubt is an outcome."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from hashlib import sha256
from typing import Any, cast

from msgspec import json
from msgspec.structs import replace

from console.core import events as e
from console.core.errors import Disconnected, Interrupted, JournalError, LeaseLost, RunbookConsoleError
from console.core.observations import Observation
from console.core.ports import Clock, Database, Facts, Kind, Say, Target, Ticket, unheard
from console.core.runbook import MAIN, Step
from console.core.state import RunState, Status
from console.engine.logbook import Logbook
from console.engine.onlooker import Onlooker
from console.engine.others import Others
from console.steps import kind_of

CANCEL_AGAIN_SECONDS = 0.1
"""A cancel that met no statement is sent again after this."""
HOLD_SECONDS = 0.05
"""How often a held step looks whether it may go on."""
SLICE_SECONDS = 0.5
"""How often a longer pause looks whether the engine is to end."""
LONGEST_ERROR = 4000
"""Characters of an error that are kept: servers quote what they were given, however long it is."""

log = logging.getLogger(__name__)


class Stopped(Exception):
    """The step was held at a boundary because the engine is to end."""


class Runner:
    """Executes the step that the state says is under way."""

    def __init__(self, *, logbook: Logbook, target: Target, others: Others, clock: Clock, epoch: int) -> None:
        self._logbook, self._target, self._clock, self._epoch = logbook, target, clock, epoch
        self._others = others
        self.stopping = False
        """Set to hold at the next boundary."""

    def handle(self, step: Step, *, action: e.Action = "run", say: Say = unheard) -> Database:
        """Return the database as one step may use it, in the name of its last attempt."""
        state = self._logbook.state
        ticket = Ticket(
            run=state.started.run,
            runbook=state.runbook.runbook,
            step=step.id,
            description=step.title,
            checksum=sha256(json.encode((step.kind, step.data, step.undo), order="deterministic")).hexdigest(),
            environment=state.started.environment,
            attempt=state.steps[step.id].attempt,
            action=action,
            epoch=self._epoch,
            journal_head=self._logbook.head,
            folder=self._logbook.folder,
        )
        database = self._target.bind(ticket, state.target, say=say)
        return database if step.on == MAIN else self._others.reading(step.on, main=database)

    def facts(self, step: Step) -> Facts:
        """Return what a step may know of its run."""
        return replace(facts_for(self._logbook.state, step), cancelling=lambda: self._cancelling(step))

    async def execute(self, step: Step) -> None:
        """Run or undo a step whose intent is in the journal, to its outcome in the journal.

        Raises JournalError when there is no writing it down: the next engine finds it in doubt.
        """
        action = self._logbook.state.steps[step.id].action
        outcome: e.StepFailed | e.StepCancelled | e.StepInterrupted
        try:
            summary = await self._attended(step, action)
        except Stopped:
            outcome = e.StepInterrupted(step=step.id, reason="held at a safe boundary")
        except Interrupted as error:
            outcome = e.StepCancelled(step=step.id, summary=error.message)
        except Disconnected as error:
            await self._lost(step, error.message)
            return
        except JournalError:
            raise
        except RunbookConsoleError as error:
            self.stopping = self.stopping or isinstance(error, LeaseLost)
            outcome = e.StepFailed(step=step.id, error=error.message[:LONGEST_ERROR], remedy=error.remedy)
        except Exception as error:
            log.exception("step %s ended in an error of our own", step.id)
            await self._lost(step, f"our bug: {type(error).__name__}, see engine.log of this run")
            return
        else:
            if self._logbook.state.steps[step.id].status is not Status.JUDGING:
                await self._logbook.outcome(e.StepSucceeded(step=step.id, summary=summary))
            return
        await self._ended_early(step, action, outcome)

    async def _ended_early(
        self, step: Step, action: e.Action, outcome: e.StepFailed | e.StepCancelled | e.StepInterrupted
    ) -> None:
        """Journal an early end, unless the target says that the step had happened by then."""
        try:
            settled = await kind_of(step).settle(step, database=self.handle(step, action=action))
        except RunbookConsoleError as error:
            why = _words(outcome)
            await self._lost(step, str(error) if why == error.message else f"{why}; it cannot be settled yet: {error}")
            return
        if settled.happened == "yes":
            await self._logbook.outcome(e.StepSucceeded(step=step.id, summary=settled.evidence))
        elif settled.happened == "unknown":
            await self._lost(step, f"{_words(outcome)}; {settled.evidence}")
        elif settled.happened == "partly":
            await self._logbook.outcome(_with(outcome, settled.evidence))
        else:
            await self._logbook.outcome(outcome)

    async def _lost(self, step: Step, error: str) -> None:
        await self._logbook.outcome(e.StepLost(step=step.id, error=error[:LONGEST_ERROR]))

    async def _attended(self, step: Step, action: e.Action) -> str:
        """Return the summary of an attempt; what is said and seen of it meanwhile is journaled in its turn."""
        onlooker = Onlooker(step=step.id, logbook=self._logbook, target=self._target)
        kind: Kind = kind_of(step)
        act = kind.undo if action == "undo" else kind.run
        database = self.handle(step, action=action, say=onlooker.say)
        yields = act(step, facts=self.facts(step), database=database, clock=self._clock)
        async with onlooker.looking():
            try:
                summary = await self._consume(step, yields, onlooker)
            except Exception:
                onlooker.end()
                raise
            onlooker.end()
            return summary

    async def _consume(self, step: Step, yields: AsyncIterator[Observation | str], onlooker: Onlooker) -> str:
        summary = ""
        async with aclosing(cast("Any", yields)) as stream:
            while True:
                await self._hold(step)
                try:
                    item = await self._next(step, stream, onlooker)
                except StopAsyncIteration:
                    return summary
                if isinstance(item, str):
                    summary = item
                else:
                    onlooker.yielded(item)
                    await self._logbook.observe(item)

    async def _next(self, step: Step, stream: Any, onlooker: Onlooker) -> Observation | str:
        """Pull one item; a cancel asked for meanwhile is sent to the server until it answers."""
        pull = asyncio.ensure_future(anext(stream))
        try:
            while not pull.done():
                await asyncio.wait({pull}, timeout=CANCEL_AGAIN_SECONDS)
                onlooker.write_down()
                if not pull.done() and self._cancelling(step):
                    await self._target.cancel()
                    await self._others.cancel()
        except (asyncio.CancelledError, JournalError):
            pull.cancel()
            await asyncio.wait({pull})  # a generator can only be closed once it has stopped
            raise
        return cast("Observation | str", pull.result())

    async def hold_while_paused(self) -> None:
        """Wait until the run is not paused or the engine is to end."""
        while self._logbook.state.paused is not None and not self.stopping:
            await self._clock.sleep(HOLD_SECONDS)

    async def slept(self, seconds: float) -> bool:
        """Wait, not longer than the engine goes on; tell whether it does."""
        while seconds > 0 and not self.stopping:
            await self._clock.sleep(min(seconds, SLICE_SECONDS))
            seconds -= SLICE_SECONDS
        return not self.stopping

    async def _hold(self, step: Step) -> None:
        """Stay at a boundary while the run is paused. Raises Stopped or Interrupted when it is to end there."""
        while True:
            if self._cancelling(step):
                raise Interrupted("cancelled at a safe boundary")
            if self.stopping:
                raise Stopped
            if self._logbook.state.paused is None:
                return
            await self._clock.sleep(HOLD_SECONDS)

    def _cancelling(self, step: Step) -> bool:
        return self._logbook.state.steps[step.id].status is Status.CANCELLING


def _words(outcome: e.StepFailed | e.StepCancelled | e.StepInterrupted) -> str:
    match outcome:
        case e.StepFailed(error=text) | e.StepCancelled(summary=text) | e.StepInterrupted(reason=text):
            return text


def _with(
    outcome: e.StepFailed | e.StepCancelled | e.StepInterrupted, evidence: str
) -> e.StepFailed | e.StepCancelled | e.StepInterrupted:
    """Return an outcome that says also what of the step happened."""
    text = f"{_words(outcome)}; {evidence}"
    match outcome:
        case e.StepFailed():
            return replace(outcome, error=text)
        case e.StepCancelled():
            return replace(outcome, summary=text)
        case e.StepInterrupted():
            return replace(outcome, reason=text)


def facts_for(state: RunState, step: Step) -> Facts:
    """Return what a step may know of a run in that state."""
    return Facts(
        engine=state.runbook.engine,
        version=state.target.version,
        environment=state.started.environment,
        baselines=state.baselines,
        statements=state.runbook.statements,
        until=state.steps[step.id].until,
    )
