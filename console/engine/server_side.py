"""What the engine does at the server beside its steps: sessions out of the way, half-made things found.

Rule: a server that does not answer changes nothing; what was asked of it gets an answer in the journal all the same.
"""

import asyncio
import logging

from console.core.errors import RunbookConsoleError
from console.core.observations import How
from console.core.ports import Target
from console.core.server_events import DebrisFound, SessionEndAsked, SessionEnded
from console.engine.debris import attributed
from console.engine.logbook import Logbook

PATIENCE = 10.0
"""Seconds for an answer."""
_DONE: dict[How, str] = {
    "cancel": "its statement was asked to stop; its transaction, and with it the lock, may outlive that",
    "terminate": "it was asked to end; what it had open is rolled back",
}

log = logging.getLogger(__name__)


class ServerSide:
    """Acts on the server in a person's name, and looks what lies about there."""

    def __init__(self, *, logbook: Logbook, target: Target) -> None:
        self._logbook, self._target = logbook, target

    async def end_session(self, asked: SessionEndAsked) -> None:
        """Ask the server for what a person asked for, and journal its answer."""
        try:
            async with asyncio.timeout(PATIENCE):
                done = await self._target.end_session(asked.pid, asked.since, how=asked.how)
            words = _DONE[asked.how] if done else "it was gone already"
        except TimeoutError:
            done, words = False, f"no answer within {PATIENCE:.0f} s: nobody knows"
        except RunbookConsoleError as error:
            done, words = False, str(error)
        except Exception as error:
            log.exception("ending process %s ended in an error of our own", asked.pid)
            done, words = False, f"our bug: {type(error).__name__}, see engine.log of this run"
        await self._answer(asked, done=done, words=words)

    async def answer_for_earlier_engine(self, asked: SessionEndAsked) -> None:
        """Journal that what an earlier engine had asked for is unknown: it is not asked for again."""
        await self._answer(asked, done=False, words="nobody knows: the engine was stopped in between")

    async def _answer(self, asked: SessionEndAsked, *, done: bool, words: str) -> None:
        event = SessionEnded(step=asked.step, pid=asked.pid, how=asked.how, done=done, words=words)
        await self._logbook.outcome(event)

    async def look_for_debris(self) -> None:
        """Journal what is half-made in the target, when it is not what it was the last time."""
        try:
            async with asyncio.timeout(PATIENCE):
                found = await self._target.debris()
                rows = await self._target.ledger() if found else ()
        except (RunbookConsoleError, TimeoutError) as error:
            log.warning("what is half-made in the target cannot be seen: %s", str(error) or "no answer")
            return
        state = self._logbook.state
        items = attributed(found, state, rows)
        if state.ending is None and set(items) != set(state.debris):
            await self._logbook.outcome(DebrisFound(items=items))
