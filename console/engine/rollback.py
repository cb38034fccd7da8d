"""Takes a phase back, step by step in reverse, and compares afterwards.

Rule: each undo is decided and journaled like a step.
"""

from hashlib import sha256

from msgspec import json

from console.core.commands import Refused, UndoStep
from console.core.errors import RunbookConsoleError
from console.core.events import ENGINE, StepSucceeded, UndoVerified
from console.core.observations import BaselineRecorded
from console.core.ports import Clock
from console.core.runbook import Step
from console.core.state import RunState
from console.engine.logbook import Logbook
from console.engine.recovery import Recovery
from console.engine.runner import Runner, facts_for
from console.steps import kind_of

Comparison = tuple[str, str, str, bool]
"""Check, expected, actual, passed."""


class Rollback:
    """Works off the undo that the state says is under way."""

    def __init__(self, *, logbook: Logbook, runner: Runner, recovery: Recovery, clock: Clock) -> None:
        self._logbook, self._runner, self._recovery, self._clock = logbook, runner, recovery, clock
        self._at_work = False

    async def work(self) -> None:
        """Undo what is left until a person is needed, a step fails, or all is undone and compared; once at a time."""
        if self._at_work:
            return
        self._at_work = True
        try:
            await self._work()
        finally:
            self._at_work = False

    async def _work(self) -> None:
        while (undo := self._logbook.state.undo) is not None:
            if not undo.remaining:
                await self._logbook.outcome(UndoVerified(phase=undo.phase, checks=await self._compare(undo.phase)))
                return
            step = self._logbook.state.step(undo.remaining[0])
            await self._runner.hold_while_paused()
            if self._runner.stopping or step.taken_back_by_person or not await self._undo(step):
                return

    async def _undo(self, step: Step) -> bool:
        """Undo one step; tell whether it is undone now."""
        decision = self._logbook.decide(UndoStep(step=step.id), ENGINE)
        if isinstance(decision, Refused):
            return False
        self._logbook.write(decision, ENGINE)
        if step.driven_by == "engine":
            await self._runner.execute(step)
            await self._recovery.settle(step)
        else:
            await self._logbook.outcome(StepSucceeded(step=step.id, summary="nothing in the database to undo"))
        undo = self._logbook.state.undo
        return undo is not None and step.id not in undo.remaining

    async def _compare(self, phase: str) -> tuple[Comparison, ...]:
        state = self._logbook.state
        step = state.runbook.phase(phase).steps[0]
        found = [await self._schema(state, phase, step), await self._references(step)]
        found += [await self._baseline(state, name) for name in state.baselines]
        return tuple(found)

    async def _schema(self, state: RunState, phase: str, step: Step) -> Comparison:
        before = state.entries[phase].schema if phase in state.entries else ""
        try:
            after = await schema_digest(self._runner, step)
        except RunbookConsoleError as error:
            return ("schema as before the phase", before[:12], str(error), False)
        return ("schema as before the phase", before[:12] or "not recorded", after[:12], before == after)

    async def _references(self, step: Step) -> Comparison:
        try:
            orphans = await self._runner.handle(step).ask("broken_references", table="")
        except RunbookConsoleError as error:
            return ("no broken references", "0", str(error), False)
        return ("no broken references", "0", str(len(orphans.rows)), not orphans.rows)

    async def _baseline(self, state: RunState, name: str) -> Comparison:
        """Measure a baseline once more and compare."""
        step, expected = state.step(name), str(state.baselines[name])
        actual = "no value"
        try:
            run = kind_of(step).run(
                step, facts=facts_for(state, step), database=self._runner.handle(step), clock=self._clock
            )
            async for item in run:
                if isinstance(item, BaselineRecorded):
                    actual = str(item.value)
        except RunbookConsoleError as error:
            actual = str(error)
        return (f"{step.title} unchanged", expected, actual, expected == actual)


async def schema_digest(runner: Runner, step: Step) -> str:
    """Return a digest of the target's schema, as any step may ask for it."""
    schema = await runner.handle(step).ask("schema")
    return sha256(json.encode(sorted(map(str, schema.rows)))).hexdigest()
