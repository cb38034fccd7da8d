"""Ends the screen when it is told to from outside.

Rule: a terminal that is gone is not waited for; writing to it may never return.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Callable

SECONDS_TO_RESTORE = 3.0
"""How long the terminal may take to be restored; the run is the engine's, so that nothing is lost by going."""


def end_on_signals(leave: Callable[[int], object], *, terminal: bool) -> None:
    """Leave with the status that a shell gives to the signal.

    With a `terminal` to restore, end the process if that does not happen soon.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, _end, 128 + number, leave, terminal)


def _end(status: int, leave: Callable[[int], object], terminal: bool) -> None:  # noqa: FBT001 - the loop calls it
    if terminal:
        hard = threading.Timer(SECONDS_TO_RESTORE, os._exit, (status,))
        hard.daemon = True
        hard.start()
    leave(status)
