"""Reaches a server again that was reached before. Rule: it is waited for with patience, and whoever asked can stop it.

A server that was never reached is not waited for: its address, or a password, is more likely to be wrong.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from console.core.errors import Interrupted, Unreachable

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0
"""Seconds between two tries."""

T = TypeVar("T")


Tell = Callable[[str], None]
"""Takes words for a person; it must not wait for anything."""


def untold(words: str) -> None:
    """Tell nobody."""


async def reached_again(
    connect: Callable[[], Awaitable[T]], *, patience: float, stopped: Callable[[], bool], tell: Tell
) -> T:
    """Connect, again and again for `patience` seconds, and tell so once.

    Raises Unreachable, Interrupted once it is to stop.
    """
    began, pause = time.monotonic(), FIRST_PAUSE
    while True:
        try:
            return await connect()
        except Unreachable as error:
            left = patience - (time.monotonic() - began)
            if left <= 0:
                tried = f"{error.message} (the connection was lost, and it was tried again for {patience:.0f} s)"
                raise Unreachable(tried if patience >= 1 else error.message, remedy=error.remedy) from error
        if pause == FIRST_PAUSE:
            tell(f"the connection was lost and the server is out of reach: it is tried again for {patience:.0f} s")
        if stopped():
            raise Interrupted("It was cancelled while the server was out of reach; nothing was sent")
        await asyncio.sleep(min(pause, left))
        pause = min(pause * 2, LONGEST_PAUSE)
