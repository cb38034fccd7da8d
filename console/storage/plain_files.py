"""Files of a run as they are read. Rule: what is no plain file is refused; a pipe would be waited for without end."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO


def opened(path: Path) -> BinaryIO:
    """Open a plain file for reading. Raises OSError, for a pipe or a device too."""
    file = open(path, "rb", opener=_without_waiting)  # noqa: SIM115 - who called closes it
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise OSError(errno.EINVAL, "it is no plain file", str(path))


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
