"""What is said and seen of a step under way. Rule: nothing waits for it, and no flood of it fills a journal."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from msgspec.structs import replace

from console.core.errors import RunbookConsoleError
from console.core.observations import THINNED, LockAwaited, Noticed, Observation
from console.core.ports import Target
from console.engine.logbook import Logbook

LOOK_SECONDS = 0.5
"""Between two looks at the statement under way, and before the first one."""
LONGEST_LOOK_SECONDS = 5.0
"""Between two looks at one that has been under way for long: hours of it shall not fill a journal."""
LOOK_SHARE = 0.05
"""Of the time that it has been under way, until that is reached."""
LOOK_PATIENCE = 5.0
"""Seconds after which a look that does not come back is given up."""
MOST_NOTICES = 200
"""Lines of an attempt that are kept; how many more there were is said at its end."""
LONGEST_NOTICE = 500
"""Characters of such a line."""

log = logging.getLogger(__name__)


class Onlooker:
    """Hears what the handle of one attempt says, and looks at its statement from outside."""

    def __init__(self, *, step: str, logbook: Logbook, target: Target) -> None:
        self._step, self._logbook, self._target = step, logbook, target
        self._heard: deque[Observation] = deque()
        self._notices = self._left_out = 0
        self._tried: LockAwaited | None = None
        self._told_trouble = False
        self._over = False

    def say(self, observation: Observation) -> None:
        """Take in what is to be journaled in its turn; from any thread, and never waiting."""
        if self._over:
            return
        match observation:
            case Noticed(text=text):
                self._notices += 1
                if self._notices > MOST_NOTICES:
                    self._left_out += 1
                    return
                text = self._logbook.secrets.masked(text)  # before it is cut: half a secret would not be known again
                shorter = text if len(text) <= LONGEST_NOTICE else f"{text[: LONGEST_NOTICE - 1]}…"
                self._heard.append(replace(observation, text=shorter))
            case _ if isinstance(observation, THINNED) and self._heard and type(self._heard[-1]) is type(observation):
                self._heard[-1] = observation
            case _:
                self._heard.append(observation)

    def yielded(self, observation: Observation) -> None:
        """Learn how often the step itself says that it tried to get a lock."""
        if isinstance(observation, LockAwaited):
            self._tried = observation

    def write_down(self) -> None:
        """Journal what was said and seen since the last time."""
        while self._heard:
            self._logbook.mention(self._heard.popleft())

    def end(self) -> None:
        """Journal the rest, and how much was left out; what is said from now on is not heard."""
        self._over = True
        self.write_down()
        if self._left_out:
            lines = "1 more line was" if self._left_out == 1 else f"{self._left_out} more lines were"
            self._logbook.mention(Noticed(step=self._step, text=f"{lines} left out"))

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """Look at the statement now and then while the block lasts."""
        task = asyncio.create_task(self._look_now_and_then())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _look_now_and_then(self) -> None:
        began = asyncio.get_running_loop().time()
        while True:
            under_way = asyncio.get_running_loop().time() - began
            await asyncio.sleep(min(max(LOOK_SECONDS, under_way * LOOK_SHARE), LONGEST_LOOK_SECONDS))
            try:
                async with asyncio.timeout(LOOK_PATIENCE):
                    seen = await self._target.observe(self._step)
            except (RunbookConsoleError, TimeoutError) as error:
                self._tell_once(error)
            except Exception:
                log.exception("looking at step %s ended in an error of our own", self._step)
                return
            else:
                for each in seen:
                    self.say(self._counted(each))

    def _tell_once(self, error: Exception) -> None:
        if not self._told_trouble:
            self._told_trouble = True
            log.warning("what step %s does cannot be seen from outside: %s", self._step, str(error) or "no answer")

    def _counted(self, seen: Observation) -> Observation:
        """Return what was seen, with the tries that the step has behind it: from outside there is only this one."""
        before = self._tried
        if not isinstance(seen, LockAwaited) or before is None:
            return seen
        return replace(seen, tries=before.tries + seen.tries, seconds=before.seconds + seen.seconds)
