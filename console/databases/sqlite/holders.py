"""Who has the lock that is waited for, as far as Linux tells. Rule: it only helps; what cannot be read is left out."""

import os
from pathlib import Path

LOCKS = Path("/proc/locks")
FIELDS = 8
"""Of a lock that is held; a line of one that is waited for has one more."""


def holders(path: Path) -> tuple[str, ...]:
    """Return the other processes that hold a write lock on the database: `process 4711 (sqlite3)`."""
    files = {_written(file) for file in (path, path.with_name(f"{path.name}-shm"))} - {""}
    try:
        lines = [line.split() for line in LOCKS.read_text(encoding="ascii", errors="replace").splitlines()]
    except OSError:
        return ()
    # Such as: 1: POSIX ADVISORY WRITE 4711 fe:00:2148721 120 120
    held = [line[3:6] for line in lines if len(line) == FIELDS]
    found = {pid for kind, pid, file in held if kind == "WRITE" and file in files}
    return tuple(f"process {pid}{_command(pid)}" for pid in sorted(found - {str(os.getpid())}))


def _written(file: Path) -> str:
    """Return a file the way the kernel writes it: device and inode."""
    try:
        found = file.stat()
    except OSError:
        return ""
    return f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"


def _command(pid: str) -> str:
    try:
        name = Path(f"/proc/{int(pid)}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except (OSError, ValueError):
        return ""
    return f" ({name})" if name.isprintable() else ""
