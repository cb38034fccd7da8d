"""What every verb with a screen needs to know first. Rule: without a terminal it says what to do instead."""

import os
import sys
from typing import TextIO

from console.core.errors import RunbookError


def require_terminal(*, instead: str) -> None:
    """Raise RunbookError, with the way out, when there is no terminal to draw on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") in (None, "", "dumb"):
        raise RunbookError("there is no terminal to draw on", remedy=instead)
    if not sys.stderr.isatty():  # what Textual draws on
        raise RunbookError("the screen is drawn on stderr, and that is led elsewhere", remedy="leave out 2>")
    if not _has_frames(sys.stderr):
        raise RunbookError(
            f"this terminal is said to take {sys.stderr.encoding}, which has no lines to draw frames with",
            remedy=f"set LC_ALL=C.UTF-8; or {instead}",
        )


def _has_frames(stream: TextIO) -> bool:
    try:
        "─│●".encode(stream.encoding)
    except UnicodeEncodeError:
        return False
    return True
