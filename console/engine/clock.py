"""The real clock. Rule: outside of tests, time comes from here, and a clock that was set opens no gate."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

FOLLOWED_SECONDS = 60.0
"""By how much the wall clock may differ from the time that has passed: more is not time, somebody set it."""

_SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the machine sleeps, where there is such a clock."""


def _passed() -> float:
    return time.clock_gettime(_SINCE_BOOT)


class SystemClock:
    """Wall time in UTC, and a time that never goes backwards.

    A wall clock that is adjusted is followed; one that jumps is not, as long as this clock lives: a soak of three
    days ends after three days. `wall` and `passed` return seconds.
    """

    def __init__(self, *, wall: Callable[[], float] = time.time, passed: Callable[[], float] = _passed) -> None:
        self._wall, self._passed = wall, passed
        self._at, self._then = wall(), passed()

    def now(self) -> datetime:
        """Return the wall time."""
        wall, passed = self._wall(), self._passed()
        expected = self._at + passed - self._then
        self._at, self._then = (wall if abs(wall - expected) <= FOLLOWED_SECONDS else expected), passed
        return datetime.fromtimestamp(self._at, tz=UTC)

    def monotonic(self) -> float:
        """Return seconds since some moment."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
