"""Somebody at the other end of an engine's socket who follows a file of answers, whoever is killed meanwhile.

Rule: it decides by what the records say, like a screen; an engine that is gone is waited for.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from console.cli.autopilot import Act, End, next_move
from console.core.commands import Accepted, Refused
from console.core.errors import JournalError
from console.core.state import SETTLED_GOOD, RunState
from console.sessions import Live
from console.storage.answers import Answers
from tests.e2e.site import Site
from tests.e2e.terminal import GLANCE

ACCOUNT = "root"


class SecondPilot:
    """Drives a run over the socket from beginning to end."""

    def __init__(self, here: Site, answers: Answers, *, before_each: Callable[[float], Awaitable[None]]) -> None:
        self._here, self._answers, self._before_each = here, answers, before_each
        """`before_each` is awaited before each move, with the share of the steps that are done."""
        self.refusals: list[Refused] = []

    async def fly(self) -> None:
        """Go on until the run has ended."""
        ended = False
        while not ended:
            ended = await self._with_one_engine()
            await asyncio.sleep(GLANCE)

    async def _with_one_engine(self) -> bool:
        """Drive as long as one engine lives; tell whether the run has ended."""
        runs = self._here.all_runs()
        if not runs:
            return False
        try:
            live = await Live.attach(runs[0].folder, account=ACCOUNT)
        except JournalError:
            # It ended, and its engine with it; or its engine was killed before the first record.
            return bool(self._here.records()) and self._here.state().sealed
        try:
            return await self._drive(live)
        finally:
            await live.close()

    async def _drive(self, live: Live) -> bool:
        tried: set[str] = set()
        seen = 0
        while live.connected:
            state = live.state
            if state is not None and state.ending is not None:
                return True
            if state is None or state.seq < seen or state.in_doubt():
                await asyncio.sleep(GLANCE)
                continue
            await self._before_each(share(state))
            if (answer := await self._move(live, state, tried)) is not None:
                seen = answer.seq
        return False

    async def _move(self, live: Live, state: RunState, tried: set[str]) -> Accepted | None:
        move = next_move(state, self._answers, tried=frozenset(tried), now=datetime.now(tz=UTC))
        assert not isinstance(move, End), move.text
        if not isinstance(move, Act):
            await asyncio.sleep(GLANCE)
            return None
        tried.add(getattr(move.command, "step", "") or getattr(move.command, "phase", ""))
        answer = await live.submit(move.command)
        if isinstance(answer, Accepted):
            return answer
        self.refusals.append(answer)
        await asyncio.sleep(GLANCE)
        return None


def share(state: RunState) -> float:
    """Return which part of the steps is done."""
    done = sum(step.status in SETTLED_GOOD for step in state.steps.values())
    return done / len(state.steps)
