"""The real clock. Rule: outside of tests, time comes from here."""

import asyncio
import time
from datetime import UTC, datetime


class SystemClock:
    """Wall time in UTC, and a time that never goes backwards."""

    def now(self) -> datetime:
        """Return the wall time."""
        return datetime.now(tz=UTC)

    def monotonic(self) -> float:
        """Return seconds since some moment."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
