"""What every verb with a screen needs to know first. Rule: without a terminal it says what to do instead."""

import os
import sys

from console.core.errors import RunbookError


def require_terminal(*, instead: str) -> None:
    """Raise RunbookError, with the way out, when there is no terminal to draw on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") in (None, "", "dumb"):
        raise RunbookError("there is no terminal to draw on", remedy=instead)
