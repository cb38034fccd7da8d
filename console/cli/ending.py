"""How the program ends. Rule: no traceback reaches a person; every bad end has its status and a line."""

import errno
import io
import os
import sys
from collections.abc import Sequence

from console.cli import command_line, crash
from console.core.errors import RunbookConsoleError
from console.views.text import safe

OUR_BUG = 70
INTERRUPTED = 130
"""What a shell says of a process that Ctrl+C ended."""
BROKEN_PIPE = 141
"""What a shell says of a process whose reader went away."""
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def status_of(words: Sequence[str]) -> int:
    """Carry out a command line and return the exit status, whatever happens."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A character that the locale's encoding lacks is shown as its escape.
            stream.reconfigure(errors="backslashreplace")
    try:
        status = command_line.execute(words)
        sys.stdout.flush()
    except BrokenPipeError:
        _let_go_of_output()
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except RunbookConsoleError as error:
        return _told(str(error), status=error.exit_status)
    except OSError as error:
        return _machine_said_no(error)
    except Exception as error:  # noqa: BLE001 - the last place that can turn a defect into a line
        return _our_bug(error)
    return status


def _machine_said_no(error: OSError) -> int:
    if error.filename is not None:
        return _told(f"{os.fsdecode(error.filename)}: {error.strerror}", status=1)
    if error.errno in _NO_ROOM:
        _let_go_of_output()
        return _told(f"the output cannot be written: {error.strerror}", status=1)
    if error.errno == errno.ENOENT:
        # No name of a file: the current folder is asked for when a path is told from there.
        return _told("the folder that you are in is gone — change to another one, and try again", status=2)
    return _our_bug(error)


def _told(text: str, *, status: int) -> int:
    sys.stderr.write(f"runbook: {safe(text, multiline=True)}\n")
    return status


def _our_bug(error: Exception) -> int:
    crash.tell(crash.keep(error, folder=crash.folder()))
    return OUR_BUG


def _let_go_of_output() -> None:
    """Throw away what is still in the buffer: it would fail again, loudly, when Python closes the stream."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
