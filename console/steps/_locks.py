"""Trying again for a lock that was not free. Rule: nothing is locked while it waits, and every slice is a boundary."""

from collections.abc import AsyncIterator, Sequence
from hashlib import sha256
from math import ceil

from console.core.durations import spoken
from console.core.errors import DatabaseError, LockNotFree
from console.core.locks import in_the_way
from console.core.observations import LockAwaited, ServerSession
from console.core.ports import Clock, Ticket
from console.statements import Statement, effects

TIMEOUT_SECONDS = 0.1
"""How long a statement waits for a lock that keeps others waiting behind it, unless the step says otherwise."""
PATIENCE = "10m"
"""How long it is tried again, unless the step says otherwise."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
"""Seconds between two tries; each pause is about twice the one before."""
SLICE = 0.25
"""Seconds between two boundaries of a pause, at most: there it can be held, cancelled or ended."""
NAMED = 3
"""Sessions that an error names."""


def keeps_others_waiting(statements: Sequence[Statement], *, engine: str) -> bool:
    """Tell whether others would wait behind one of the statements while that waits for its lock."""
    return any(effects(each, engine=engine).blocks != "nothing" for each in statements)


class Tries:
    """How often and how long an attempt has tried to get its locks."""

    def __init__(self, *, ticket: Ticket, clock: Clock, patience: float) -> None:
        self._ticket, self._clock, self._patience = ticket, clock, patience
        self._began = clock.monotonic()
        self._count = 0
        self._pause = 0.0
        self._last: LockNotFree | None = None

    def refused(self, error: LockNotFree) -> None:
        """Count a try. Raises DatabaseError, naming who holds the lock, when the next one would come too late."""
        self._count += 1
        self._last = error
        self._pause = min(FIRST_PAUSE * 2 ** min(self._count - 1, 10), LONGEST_PAUSE) * self._jitter()
        if self._waited() + self._pause > self._patience:
            raise DatabaseError(
                f"A lock was not to be had in {spoken(self._waited())}, in {_tries(self._count)}:"
                f" {_holders(error.sessions) or error.message}",
                remedy="wait until that has ended, raise lock_patience, or end the session from the console;"
                " then start the step again: nothing of it happened",
            ) from error

    async def pause(self) -> AsyncIterator[LockAwaited]:
        """Let the others get past, and tell how long still."""
        slices = ceil(self._pause / SLICE)
        for left in range(slices, 0, -1):
            yield self._told(self._pause * left / slices)
            await self._clock.sleep(self._pause / slices)

    def _told(self, left: float) -> LockAwaited:
        return LockAwaited(
            step=self._ticket.step,
            tries=self._count,
            seconds=round(self._waited(), 3),
            behind=self._last.behind if self._last else 0,
            sessions=self._last.sessions if self._last else (),
            again_in=round(left, 3),
        )

    def _waited(self) -> float:
        return self._clock.monotonic() - self._began

    def _jitter(self) -> float:
        """Return a part between a half and a whole, another one for each try of each run: nobody meets twice."""
        seed = f"{self._ticket.run} {self._ticket.step} {self._ticket.attempt} {self._count}"
        return 0.5 + sha256(seed.encode()).digest()[0] / 510


def _tries(count: int) -> str:
    return "1 try" if count == 1 else f"{count} tries"


def _holders(sessions: Sequence[ServerSession]) -> str:
    """Say who holds the lock: those that wait for nobody themselves, the longest at it first."""
    found = in_the_way(sessions)
    first = [each for each in found if not each.blocked_by] or list(found)
    first.sort(key=lambda each: -each.seconds)
    words = [_holder(each) for each in first[:NAMED]]
    more = [f"{len(first) - NAMED} more"] if len(first) > NAMED else []
    return f"it is held by {'; '.join([*words, *more])}" if words else ""


def _holder(session: ServerSession) -> str:
    if not session.pid:
        return f"a transaction prepared by {session.user} {spoken(session.seconds)} ago"
    application = f"{session.application} of " if session.application else ""
    state = f", {session.state}" if session.state else ""
    return f"process {session.pid} ({application}{session.user}){state} for {spoken(session.seconds)}"
