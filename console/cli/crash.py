"""What is left of a defect of our own. Rule: where it happened is kept, the values of variables are not."""

import os
import platform
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from console import __version__
from console.core.errors import RunbookError


def folder() -> Path | None:
    """Return the folder of this program's state; None when there is no home for it."""
    from console.storage.runs import runs_folder

    try:
        return runs_folder(os.environ).parent
    except RunbookError:
        return None


def keep(error: BaseException, *, folder: Path | None) -> Path | None:
    """Write a file that only its owner can read, and return its path; None when there is no place for it.

    It has the versions, the exception with its message, and the lines it came through; no variables, and no
    arguments of the command line, as either may hold a secret.
    """
    if folder is None:
        return None
    now = datetime.now(tz=UTC)
    path = folder / f"crash-{now:%Y%m%dT%H%M%S}-{os.getpid()}.txt"
    text = (
        f"runbook-console {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
        f"{now.isoformat()}\n\n{''.join(traceback.format_exception(error))}"
    )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode(errors="backslashreplace"))
    except OSError:
        return None
    return path


def tell(path: Path | None) -> None:
    """Say whose fault it is, and what to send where."""
    where = (
        f"Please report it with {path} (read it first: it holds the error's message)" if path else "Please report it"
    )
    sys.stderr.write(
        f"runbook: this is our bug, not yours. {where}. A run's journal is whole: go on with `runbook run`.\n"
    )
