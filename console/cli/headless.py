"""The same engine with a file of answers in the driver's seat.

Rule: what no answer allows ends the program, not the run.
"""

import asyncio
import sys
from argparse import Namespace
from difflib import get_close_matches
from pathlib import Path

from msgspec.structs import replace

from console.cli import engine_log
from console.cli.autopilot import IN_DOUBT, REFUSED, WAITING, Act, End, Move, Wait, next_move
from console.cli.elsewhere import Elsewhere
from console.cli.hosting import host
from console.cli.opening import Opened, open_run
from console.core import commands as c
from console.core.commands import Refused
from console.core.errors import GateError, RunbookError
from console.core.events import EngineStarted, Record
from console.core.ports import Clock
from console.core.runbook import Runbook
from console.core.state import Status
from console.engine.clock import SystemClock
from console.engine.engine import Engine
from console.storage.answers import Answers, load_answers
from console.storage.journal import Tail
from console.storage.lease import held_by, told
from console.storage.runbook_file import load
from console.views.text import one_line
from console.views.timeline import Timeline

PRODUCTION = "production"
POLL_SECONDS = 0.02
"""How often the pilot looks at the state while the engine is at work."""
DOUBT_SECONDS = 60.0
"""How long a doubt may take to be settled: a target out of reach is asked for ever, and nobody looks on here."""


def execute(arguments: Namespace) -> int:
    """Run a runbook through without a screen and return the exit status."""
    answers = load_answers(Path(arguments.answers)) if arguments.answers else Answers()
    _know(answers, load(Path(arguments.file), environment=arguments.env).runbook, name=arguments.answers)
    return asyncio.run(_headless(arguments, answers))


def _know(answers: Answers, runbook: Runbook, *, name: str) -> None:
    """Raise RunbookError for answers that nothing asks for: a misspelt id would leave its question unanswered."""
    steps = [step.id for step in runbook.steps()]
    points = [phase.id for phase in runbook.phases if phase.point_of_no_return is not None]
    for given, asked, what in (
        (answers.steps, steps, "step"),
        (answers.point_of_no_return, points, "point of no return"),
    ):
        if strange := [each for each in given if each not in asked]:
            guesses = get_close_matches(strange[0], asked, n=1)
            remedy = f"did you mean {guesses[0]}?" if guesses else f"use one of {', '.join(asked) or 'none'}"
            raise RunbookError(f"{name}: {strange[0]} is no {what} of {runbook.runbook}", remedy=remedy)


async def _headless(arguments: Namespace, answers: Answers) -> int:
    clock = SystemClock()
    opened = await open_run(arguments, clock)
    while isinstance(opened, Elsewhere):
        holder = held_by(opened.folder)
        if holder is not None:
            raise GateError(
                f"an engine is at run {opened.folder.name} already: {told(holder)}",
                remedy="watch it with `runbook watch`, or stop it",
            )
        opened = await open_run(arguments, clock)  # that engine has just ended
    pilots: list[asyncio.Task[End]] = []

    def ready(engine: Engine) -> None:
        pilots.append(asyncio.create_task(Pilot(engine, answers, opened=opened, clock=clock).fly()))

    with opened.secrets.kept_from_errors(), engine_log.kept(opened.folder / engine_log.FILE, opened.secrets):
        await host(opened, clock=clock, ready=ready, alone=False)
        end = await pilots[0]
    for line in (f"{opened.folder.name}: {end.text}", f"journal: {opened.journal.path}"):
        sys.stdout.write(one_line(line, limit=1000) + "\n")
    return end.status


class Pilot:
    """Submits what the answers say until they say no more."""

    def __init__(self, engine: Engine, answers: Answers, *, opened: Opened, clock: Clock) -> None:
        self._engine, self._answers, self._account, self._clock = engine, answers, opened.account, clock
        self._tried: set[str] = set()
        self._in_doubt_since: float | None = None
        self._tail = Tail(opened.journal.path)
        self._spoke = False

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
            match self._overtaken() or self._next():
                case End() as end:
                    return end
                case Wait():
                    await self._clock.sleep(POLL_SECONDS)
                case Act(command=command, by=by):
                    if refused := await self._act(command, by):
                        return End(status=REFUSED, text=f"{refused.reason} — {refused.remedy}")

    def _overtaken(self) -> End | Wait | None:
        """Return what the engine leaves to do when it ends, or has a doubt to settle first; None: go by the answers."""
        state = self._engine.state
        if self._engine.over.is_set() and state.ending is None:
            return self._left_by_engine()
        if not state.in_doubt() or self._engine.idle:
            self._in_doubt_since = None
            return None
        now = self._clock.monotonic()
        self._in_doubt_since = now if self._in_doubt_since is None else self._in_doubt_since
        if now - self._in_doubt_since < DOUBT_SECONDS:
            return Wait()
        text = f"{state.in_doubt()[0]} is in doubt, and for {DOUBT_SECONDS:.0f} s the database did not say; run again"
        return End(status=IN_DOUBT, text=text)

    def _left_by_engine(self) -> End:
        """Return how to end when the engine does so before the run: with what failed, else with the way on."""
        state, move = self._engine.state, self._next()
        tried = [state.steps[each].status for each in self._tried if each in state.steps]
        if isinstance(move, End) and Status.FAILED in tried:
            return move
        unsettled = state.in_doubt() or state.under_way()
        text = f"the engine ended: {self._engine.why}; run again to go on"
        return End(status=IN_DOUBT if unsettled else WAITING, text=text)

    def _next(self) -> Move:
        """Return what the answers say."""
        tried, now = frozenset(self._tried), self._clock.now()
        return next_move(self._engine.state, self._answers, tried=tried, now=now)

    async def _act(self, command: c.AnyCommand, by: str) -> Refused | None:
        """Submit one command in somebody's name."""
        by = by or self._account
        if by != self._account and self._engine.state.started.environment == PRODUCTION:
            return Refused(
                reason=f"the answers speak for {by}, and in production everybody speaks for themselves",
                remedy=f"let {by} answer: `runbook sign`",
            )
        if isinstance(command, c.SignOff) and by != self._account:
            given = f"given by {self._account} from a file of answers"  # the kernel knows nobody else here
            command = replace(command, note=f"{command.note} ({given})" if command.note else given)
        self._tried.add(getattr(command, "step", "") or getattr(command, "phase", ""))
        driving = isinstance(command, c.ConfirmStep | c.MarkNotApplicable)
        answer = await self._engine.submit(command, self._account if driving else by)
        return answer if isinstance(answer, Refused) else None

    def _tell(self) -> None:
        """Print what was journaled since the last time."""
        new = self._tail.read()
        if not self._spoke:
            self._spoke, new = True, _from_this_engine_on(new)
        for row in Timeline(new, self._engine.state.runbook):
            sys.stdout.write("".join(span.text for span in row.left) + "\n")
        sys.stdout.flush()


def _from_this_engine_on(records: tuple[Record, ...]) -> tuple[Record, ...]:
    """Leave out what earlier engines wrote down: `runbook replay` shows it."""
    starts = [index for index, each in enumerate(records) if isinstance(each.event, EngineStarted)]
    return records[starts[-1] :] if len(starts) > 1 else records
