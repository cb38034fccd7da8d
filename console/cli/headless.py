"""The same engine with a file of answers in the driver's seat.

Rule: what no answer allows ends the program, not the run.
"""

import asyncio
import sys
from argparse import Namespace
from pathlib import Path

from console.cli.autopilot import REFUSED, Act, End, Wait, next_move
from console.cli.hosting import host
from console.cli.opening import Elsewhere, Opened, open_run
from console.core import commands as c
from console.core.commands import Refused
from console.core.errors import GateError
from console.core.ports import Clock
from console.engine.clock import SystemClock
from console.engine.engine import Engine
from console.storage.answers import Answers, load_answers
from console.storage.journal import Tail
from console.views.timeline import Timeline

PRODUCTION = "production"
POLL_SECONDS = 0.02
"""How often the pilot looks at the state while the engine is at work."""


def execute(arguments: Namespace) -> int:
    """Run a runbook through without a screen and return the exit status."""
    answers = load_answers(Path(arguments.answers)) if arguments.answers else Answers()
    return asyncio.run(_headless(arguments, answers))


async def _headless(arguments: Namespace, answers: Answers) -> int:
    clock = SystemClock()
    opened = await open_run(arguments, clock)
    if isinstance(opened, Elsewhere):
        raise GateError(
            f"an engine is at run {opened.folder.name} already", remedy="watch it with `runbook watch`, or stop it"
        )
    pilots: list[asyncio.Task[End]] = []

    def ready(engine: Engine) -> None:
        pilots.append(asyncio.create_task(Pilot(engine, answers, opened=opened, clock=clock).fly()))

    await host(opened, clock=clock, ready=ready, alone=False)
    end = await pilots[0]
    sys.stdout.write(f"{opened.folder.name}: {end.text}\njournal: {opened.journal.path}\n")
    return end.status


class Pilot:
    """Submits what the answers say until they say no more."""

    def __init__(self, engine: Engine, answers: Answers, *, opened: Opened, clock: Clock) -> None:
        self._engine, self._answers, self._account, self._clock = engine, answers, opened.account, clock
        self._tried: set[str] = set()
        self._tail = Tail(opened.journal.path)

    async def fly(self) -> End:
        """Drive to the end, then let the engine end; return how it ended."""
        try:
            end = await self._drive()
        finally:
            self._engine.stop("the answers end here")
        return end

    async def _drive(self) -> End:
        while True:
            self._tell()
            state = self._engine.state
            if state.in_doubt() and not self._engine.idle:
                await self._clock.sleep(POLL_SECONDS)
                continue
            move = next_move(state, self._answers, tried=frozenset(self._tried), now=self._clock.now())
            match move:
                case End():
                    return move
                case Wait():
                    await self._clock.sleep(POLL_SECONDS)
                case Act(command=command, by=by):
                    if refused := await self._act(command, by):
                        return End(status=REFUSED, text=f"{refused.reason} — {refused.remedy}")

    async def _act(self, command: c.AnyCommand, by: str) -> Refused | None:
        """Submit one command in somebody's name."""
        by = by or self._account
        if by != self._account and self._engine.state.started.environment == PRODUCTION:
            return Refused(
                reason=f"the answers speak for {by}, and in production everybody speaks for themselves",
                remedy=f"let {by} answer: `runbook sign`",
            )
        self._tried.add(getattr(command, "step", "") or getattr(command, "phase", ""))
        driving = isinstance(command, c.ConfirmStep | c.MarkNotApplicable)
        answer = await self._engine.submit(command, self._account if driving else by)
        return answer if isinstance(answer, Refused) else None

    def _tell(self) -> None:
        """Print what was journaled since the last time."""
        new = self._tail.read()
        for row in Timeline(new, self._engine.state.runbook):
            sys.stdout.write("".join(span.text for span in row.left) + "\n")
        sys.stdout.flush()
