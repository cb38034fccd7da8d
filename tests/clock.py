"""A clock that moves when it is told to, or when somebody sleeps by it."""

import asyncio
from datetime import UTC, datetime, timedelta

LOOKING_AGAIN = 0.1
"""Seconds below which a sleep is a poll: how often it happens depends on the machine."""


class FakeClock:
    """Time that passes only in sleep: hours of waiting take no time at all."""

    def __init__(self, start: datetime = datetime(2026, 3, 14, 1, 0, tzinfo=UTC)) -> None:
        self._now, self._gone = start, 0.0

    def now(self) -> datetime:
        """Return the time that has been reached."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds slept so far."""
        return self._gone

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=seconds)
        self._gone += seconds

    def set_by(self, seconds: float) -> None:
        """Let somebody set the wall clock: no time passes."""
        self._now += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        """Let time pass, and everybody else have a turn. Whoever only looks again soon does not move the clock."""
        if seconds >= LOOKING_AGAIN:
            self.advance(seconds)
        await asyncio.sleep(0)
