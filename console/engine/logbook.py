"""State and journal, always together.

Rule: the only place that appends, and nothing is appended with a secret in it; what is appended is folded at once.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable

from console.core.commands import AmendTo, AnyCommand, Refused, StopEngine
from console.core.decide import decide
from console.core.errors import JournalError, JournalFull
from console.core.events import ENGINE, AnyEvent, Record
from console.core.evolve import evolve, fold
from console.core.observations import THINNED, Event, Observation, Progressed
from console.core.pen import Journal
from console.core.ports import Clock
from console.core.secrets import Secrets
from console.core.state import RunState

Listener = Callable[[RunState | None, Record, RunState], None]

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
        self.listeners: list[Listener] = []
        """Told of each record, with the state before and after it; they wait for nothing."""
        self.secrets = secrets
        """What this process may not write down or say."""
        self._journal, self._clock = journal, clock
        self._seen_at: dict[tuple[str, type[Event]], float] = {}

    @property
    def head(self) -> str:
        """Hash of the last record."""
        return self._journal.head

    @property
    def folder(self) -> str:
        """The run's own."""
        return self._journal.folder

    def records(self) -> Iterable[Record]:
        """Return all records so far."""
        return self._journal.read()

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

    async def observe(self, event: Observation) -> None:
        """Append what a step yields; what is thinned at most once a second and series, the end of progress always."""
        if self._due(event):
            await self.outcome(event)

    def mention(self, event: Observation) -> None:
        """Append what nothing depends on, if it is due and there is room; the disk is not waited for.

        Raises JournalError when the file is not this run's journal any more.
        """
        if not self._due(event):
            return
        try:
            self._append(event, ENGINE, durable=False)
        except JournalFull as error:
            log.warning("%s of %s finds no room in the journal: %s", type(event).__name__, event.step, error)

    def _due(self, event: Observation) -> bool:
        if not isinstance(event, THINNED):
            return True
        now, series = self._clock.monotonic(), (event.step, type(event))
        last, whole = self._seen_at.get(series), isinstance(event, Progressed) and (event.fraction or 0) >= 1
        if last is not None and now - last < 1 and not whole:
            return False
        self._seen_at[series] = now
        return True

    def _append(self, event: AnyEvent, by: str, *, durable: bool = True) -> None:
        durable = durable and not isinstance(event, THINNED)
        record = self._journal.append(self.secrets.out_of(event), at=self._clock.now(), by=by, durable=durable)
        before, self.state = self.state, evolve(self.state, record)
        for listener in self.listeners:
            listener(before, record, self.state)
        self.grown.set()
