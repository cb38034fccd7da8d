"""State and journal, always together.

Rule: the only place that appends, and nothing is appended with a secret in it; what is appended is folded at once.
"""

import asyncio
import logging
from collections.abc import Iterable

from console.core.commands import AmendTo, AnyCommand, Refused, StopEngine
from console.core.decide import decide
from console.core.errors import JournalError, JournalFull
from console.core.events import ENGINE, AnyEvent
from console.core.evolve import evolve, fold
from console.core.observations import THINNED, Progressed
from console.core.pen import Journal
from console.core.ports import Clock
from console.core.secrets import Secrets
from console.core.state import RunState

NO_SECRETS = Secrets()
RETRY_SECONDS = 1.0
"""How often an outcome that found no room is tried again."""

log = logging.getLogger(__name__)


class Logbook:
    """The journal that the engine writes and the state that follows from it."""

    def __init__(self, *, journal: Journal, clock: Clock, secrets: Secrets = NO_SECRETS) -> None:
        state = fold(journal.read())
        if state is None:
            raise JournalError("the journal has no record")
        self.state: RunState = state
        self.trouble: JournalError | None = None
        """Why outcomes cannot be written just now; None when they can."""
        self.leaving = False
        """Set when the engine is to end: what finds no room then is left in doubt, for the next one to settle."""
        self.grown = asyncio.Event()
        self.secrets = secrets
        """What this process may not write down or say."""
        self._journal, self._clock = journal, clock
        self._progress_at: dict[str, float] = {}

    @property
    def head(self) -> str:
        """Hash of the last record."""
        return self._journal.head

    @property
    def folder(self) -> str:
        """The run's own."""
        return self._journal.folder

    def decide(self, command: AnyCommand | AmendTo, by: str) -> Refused | tuple[AnyEvent, ...]:
        """Ask the decider; while outcomes cannot be written, nothing is allowed."""
        if self.trouble is not None and not isinstance(command, StopEngine):
            return Refused(reason=self.trouble.message, remedy=self.trouble.remedy)
        return decide(self.state, command, by, self._clock.now())

    def write(self, events: Iterable[AnyEvent], by: str) -> None:
        """Append events; each is durable when this returns. Raises JournalFull; those before it stand."""
        for event in events:
            self._append(event, by)

    async def outcome(self, event: AnyEvent, by: str = ENGINE) -> None:
        """Append what has already happened: it waits for room rather than forget.

        Raises JournalError when the file is not this run's journal any more, or there is no room and the engine ends.
        """
        while True:
            try:
                self._append(event, by)
            except JournalError as error:
                self.trouble = error
                if self.leaving or not isinstance(error, JournalFull):
                    raise
                log.warning("an outcome waits for room in the journal: %s", error)
                await self._clock.sleep(RETRY_SECONDS)
            else:
                self.trouble = None
                return

    async def observe(self, event: AnyEvent) -> None:
        """Append an observation; progress at most once a second and step, its last one always."""
        if isinstance(event, Progressed) and not self._due(event):
            return
        await self.outcome(event)

    def _due(self, event: Progressed) -> bool:
        now = self._clock.monotonic()
        last = self._progress_at.get(event.step)
        if last is not None and now - last < 1 and (event.fraction is None or event.fraction < 1):
            return False
        self._progress_at[event.step] = now
        return True

    def _append(self, event: AnyEvent, by: str) -> None:
        durable = not isinstance(event, THINNED)
        record = self._journal.append(self.secrets.out_of(event), at=self._clock.now(), by=by, durable=durable)
        self.state = evolve(self.state, record)
        self.grown.set()
