"""Ends the screen when it is told to from outside.

Rule: a terminal that is gone is not waited for; writing to it may never return.
"""

import asyncio
import os
import select
import signal
import sys
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
    if terminal and sys.__stdin__ is not None:
        threading.Thread(target=_hang_up, args=(sys.__stdin__.fileno(),), daemon=True).start()


def _hang_up(terminal: int) -> None:
    """Wait until the terminal is gone, and say so to this process: nobody does under `su -c` or `sudo`."""
    watched = select.poll()
    watched.register(terminal, 0)  # nothing but what cannot be left out: it was hung up, or is no file any more
    watched.poll()
    os.kill(os.getpid(), signal.SIGHUP)


def _end(status: int, leave: Callable[[int], object], terminal: bool) -> None:  # noqa: FBT001 - the loop calls it
    if terminal:
        hard = threading.Timer(SECONDS_TO_RESTORE, os._exit, (status,))
        hard.daemon = True
        hard.start()
    leave(status)
