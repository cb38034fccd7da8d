"""Commands in, events out, and what follows from them. Rule: an answer returns as soon as the intent is durable."""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Coroutine
from typing import Any

from msgspec.structs import replace

from console.core import events as e
from console.core.changed import AmendmentApproved, PhaseApproached, PhaseLeft
from console.core.commands import (
    Accepted,
    Amend,
    AmendTo,
    Answer,
    AnyCommand,
    PassPointOfNoReturn,
    Refused,
    StopEngine,
)
from console.core.errors import JournalError, JournalFull, RunbookConsoleError
from console.core.ports import Clock, Target
from console.core.runbook import Step
from console.core.secrets import Secrets
from console.core.server_events import SessionEndAsked
from console.core.state import Entering, RunState, Status, seal
from console.engine.gatekeeper import Gatekeeper
from console.engine.logbook import Logbook
from console.engine.others import Opener, Others, nowhere
from console.engine.recovery import Recovery
from console.engine.rollback import Rollback, schema_digest
from console.engine.runner import Runner
from console.engine.server_side import ServerSide

log = logging.getLogger(__name__)

AmendmentReader = Callable[[Amend, str], AmendTo]
"""Reads the text of an amendment for an environment; raises RunbookError for all that is wrong with it."""


class Engine:
    """The one that executes a run; it holds the run's lease and the target's epoch."""

    def __init__(
        self,
        *,
        logbook: Logbook,
        target: Target,
        clock: Clock,
        epoch: int,
        reader: AmendmentReader,
        opener: Opener = nowhere,
    ) -> None:
        self.logbook = logbook
        self.over = asyncio.Event()
        """Set once nothing is under way any more and the engine is to end."""
        self._target, self._epoch, self._reader = target, epoch, reader
        self._others = Others(logbook=logbook, opener=opener)
        self._runner = Runner(logbook=logbook, target=target, others=self._others, clock=clock, epoch=epoch)
        self._recovery = Recovery(logbook=logbook, runner=self._runner, clock=clock)
        self._rollback = Rollback(logbook=logbook, runner=self._runner, recovery=self._recovery, clock=clock)
        self._server = ServerSide(logbook=logbook, target=target)
        self._gatekeeper = Gatekeeper(logbook=logbook, runner=self._runner, clock=clock)
        self._deciding = asyncio.Lock()
        self._at_work: set[asyncio.Task[None]] = set()
        self._attending: set[asyncio.Task[None]] = set()
        self._entering: asyncio.Task[None] | None = None
        self._reaching: asyncio.Task[None] | None = None
        self.why = ""
        """Why it ends; empty while it does not."""

    @property
    def state(self) -> RunState:
        """The fold of the journal."""
        return self.logbook.state

    @property
    def idle(self) -> bool:
        """Whether nothing is being executed, settled or undone."""
        return not self._at_work

    def start(self) -> None:
        """Settle what an earlier engine left in doubt, and open the databases beside `main`."""
        self._reaching = asyncio.create_task(self._others.reach_all())
        self._reaching.add_done_callback(self._judge)
        if self.state.session_end is not None:
            self._work(self._server.answer_for_earlier_engine(self.state.session_end))
        if self.state.in_doubt():
            self._work(self._recovery.settle_all())
        if self.state.ending is None:
            self._attend(self._server.look_for_debris())
        if self.state.ending is not None:
            self._work(self._seal())

    async def submit(self, command: AnyCommand, by: str) -> Answer:
        """Decide on a command, make its events durable, and start what follows from them."""
        try:
            wanted = await self._read(command) if isinstance(command, Amend) else command
            if isinstance(command, PassPointOfNoReturn):
                await self._ask_gates_once_more(command, by)
            async with self._deciding:
                return self.logbook.secrets.out_of(await self._decided(wanted, by))
        except RunbookConsoleError as error:
            return self.logbook.secrets.out_of(Refused(reason=error.message, remedy=error.remedy))

    async def _decided(self, command: AnyCommand | AmendTo, by: str) -> Answer:
        if self.over.is_set() and self.state.ending is None:
            return Refused(reason=f"this engine ends: {self.why}", remedy="start it again with `runbook run`")
        decision = self.logbook.decide(command, by)
        if isinstance(decision, Refused):
            return decision
        await self._carry_out(decision, by)
        if isinstance(command, StopEngine):
            self.stop(f"stopped by {by}")
        if isinstance(command, PassPointOfNoReturn):
            self._dismiss()
        return Accepted(seq=self.state.seq)

    async def _carry_out(self, decision: tuple[e.AnyEvent, ...], by: str) -> None:
        self.logbook.write([await self._with_facts(event) for event in decision], by)
        if self.state.entering is None:
            self._stay_out()
        for event in decision:
            self._act(event)

    async def _read(self, amend: Amend) -> AmendTo:
        """Read a changed runbook. Raises RunbookError for all that is wrong with it."""
        self.logbook.secrets.ensure_not_in(amend.source, name=amend.source_name)
        read = await asyncio.to_thread(self._reader, amend, self.state.started.environment)
        also = Secrets.named_in(read.runbook, os.environ)
        also.ensure_not_in(amend.source, name=amend.source_name)
        self.logbook.secrets = self.logbook.secrets.and_also(also)
        return read

    def stop(self, reason: str) -> None:
        """End at the next boundary."""
        self.why = self.why or reason
        self._runner.stopping = self.logbook.leaving = True
        self._dismiss()
        self._stay_out()
        self._end_when_idle()

    async def finish(self) -> None:
        """Wait until it is over, then write the last record."""
        await self.over.wait()
        await self._let_go()
        if self.state.sealed:
            return
        with contextlib.suppress(JournalError):  # without it the next engine only looks once more for doubts
            self.logbook.write((e.EngineStopped(reason=self.why),), e.ENGINE)

    async def _let_go(self) -> None:
        if self._reaching is not None:
            self._reaching.cancel()
            await asyncio.wait({self._reaching})
        await self._others.close()

    async def _ask_gates_once_more(self, command: PassPointOfNoReturn, by: str) -> None:
        """Ask the gates once more before what cannot be taken back, when nothing else stands in its way."""
        approach = self.state.approach
        if approach is None or isinstance(self.logbook.decide(command, by), Refused):
            return
        self._dismiss()
        await self._gatekeeper.ask_once_more(approach)
        if self.state.approach is not None:
            self._attend(self._gatekeeper.attend(self.state.approach))

    async def _enter(self, entering: Entering) -> None:
        """Ask what a phase rests on again, then decide on what was asked for as if it were asked for now."""
        try:
            await self._gatekeeper.ask_for(entering)
            async with self._deciding:
                if self.state.entering is None:
                    return
                decision = self.logbook.decide(entering.then, entering.by)
                if not isinstance(decision, Refused):
                    await self._carry_out(decision, entering.by)
                    return
            why, way = decision.reason, decision.remedy
        except RunbookConsoleError as error:
            why, way = error.message, error.remedy
        await self.logbook.outcome(PhaseLeft(phase=entering.phase, reason=why, remedy=way))

    async def _with_facts(self, event: e.AnyEvent) -> e.AnyEvent:
        """Return an event with what the engine knows beside the decider: the schema, the head of the chain."""
        match event:
            case e.PhaseEntered(phase=phase):
                step = self.state.runbook.phase(phase).steps[0]
                return replace(event, schema=await schema_digest(self._runner, step))
            case e.SignedOff() | AmendmentApproved():
                return replace(event, head=self.logbook.head)
            case _:
                return event

    def _act(self, event: e.AnyEvent) -> None:
        match event:
            case e.StepStarted(step=step):
                self._work(self._execute(self.state.step(step)))
            case e.UndoStarted() | e.StepConfirmed(action="undo"):
                self._work(self._take_back())
            case SessionEndAsked():
                self._work(self._server.end_session(event))
            case e.PointOfNoReturnApproached() if self.state.approach:
                self._dismiss()
                self._attend(self._gatekeeper.attend(self.state.approach))
            case e.PointOfNoReturnLeft():
                self._dismiss()
            case PhaseApproached() if self.state.entering:
                self._entering = self._work(self._enter(self.state.entering))
            case e.RunFinished() | e.RunAborted():
                self._work(self._seal())
            case _:
                pass

    async def _execute(self, step: Step) -> None:
        await self._runner.execute(step)
        if self._runner.stopping:
            self.why = self.why or "another engine holds the target"
            return
        if self.state.in_doubt():
            await self._recovery.settle_all()
        await self._look_around()

    async def _take_back(self) -> None:
        await self._rollback.work()
        await self._look_around()

    async def _look_around(self) -> None:
        """See what is half-made after a step that did not come to its good end, and while something was before."""
        trouble = {Status.FAILED, Status.INTERRUPTED, Status.IN_DOUBT}
        if self.state.debris or any(each.status in trouble for each in self.state.steps.values()):
            await self._server.look_for_debris()

    async def _seal(self) -> None:
        # The lease goes first: a journal is sealed once, and after that nobody would come back to give it back.
        try:
            await self._target.release(self._epoch)
        except RunbookConsoleError as error:
            log.warning("the run has ended, and the database could not be given back: %s", error)
        await self.logbook.outcome(seal(self.state))
        self.stop("the run has ended")

    def _work(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._at_work.add(task)
        task.add_done_callback(self._worked)
        return task

    def _worked(self, task: asyncio.Task[None]) -> None:
        self._at_work.discard(task)
        self.logbook.grown.set()
        self._judge(task)
        self._end_when_idle()

    def _judge(self, task: asyncio.Task[None]) -> None:
        """See how a task ended: without its journal an engine cannot go on, and a full one started nothing."""
        error = None if task.cancelled() else task.exception()
        match error:
            case None:
                return
            case JournalFull():
                log.warning("nothing more is begun: %s", error)
            case JournalError():
                log.error("the journal is lost to this engine: %s", error)
                self.stop(error.message)
            case _:
                log.error("an error of our own", exc_info=error)

    def _end_when_idle(self) -> None:
        if self._runner.stopping and self.idle:
            self.over.set()

    def _attend(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._attending.add(task)
        task.add_done_callback(self._attending.discard)
        task.add_done_callback(self._judge)

    def _stay_out(self) -> None:
        """Stop asking for a phase that nobody is about to enter any more, whatever closed it."""
        if self._entering is not None and self._entering is not asyncio.current_task():
            self._entering.cancel()
        self._entering = None

    def _dismiss(self) -> None:
        for task in self._attending:
            task.cancel()
