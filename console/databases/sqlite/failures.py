"""What SQLite's error codes mean to a person. Rule: no error of the driver leaves the adapter as it is."""

import sqlite3
from pathlib import Path

from console.core.errors import DatabaseError, Interrupted, Unreachable
from console.databases.sqlite.holders import holders

REFUSED: tuple[type[Exception], ...] = (sqlite3.Error, sqlite3.Warning, OverflowError, UnicodeError)
"""What the driver raises: its own errors, and Python's for values and SQL text that it cannot pass on."""

_REMEDIES = {
    sqlite3.SQLITE_FULL: (
        "there is no room left for it",
        "free disk space (or raise max_page_count), then try again",
    ),
    sqlite3.SQLITE_IOERR: ("reading or writing the file failed", "look at the disk and at the system's log"),
    sqlite3.SQLITE_READONLY: (
        "it cannot be written",
        "make the file and its directory writable for this account",
    ),
    sqlite3.SQLITE_CORRUPT: ("its file is damaged", "stop here; restore a backup, or try sqlite3's .recover"),
}
_OPENING = {
    sqlite3.SQLITE_NOTADB: ("the file is no SQLite database", "name the right file; an encrypted one cannot be read"),
    sqlite3.SQLITE_CANTOPEN: (
        "it, or its -wal or -journal file, cannot be opened",
        "make the file and its directory readable and writable for this account",
    ),
}


def code(error: BaseException) -> int:
    """Return the primary result code of an error; 1 (SQLITE_ERROR) when it has none."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def is_busy(error: BaseException) -> bool:
    return code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_the_statements(error: BaseException) -> bool:
    """Say whether it is an answer to the statement itself, not a failure of the disk, the file or a lock."""
    others = (*_REMEDIES, *_OPENING, *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT))
    return code(error) not in others


def told(error: Exception, *, path: Path, waited: float, reads_only: bool) -> DatabaseError:
    """Return the error that a person is told; `waited` is how long a lock was waited for, in seconds."""
    found = code(error)
    if found == sqlite3.SQLITE_INTERRUPT:
        return Interrupted("The statement was cancelled and has been rolled back")
    if is_busy(error):
        who = ", ".join(holders(path)) or "another connection"
        return DatabaseError(
            f"The lock of {path} was not free within {waited:.1f} s: {who} holds it ({error})",
            remedy="let that finish or end it, then try again",
        )
    if found == sqlite3.SQLITE_AUTH or (reads_only and _writes(error)):
        return _not_allowed(error, reads_only=reads_only)
    if found in _OPENING:
        what, remedy = _OPENING[found]
        return Unreachable(f"{path}: {what} ({error})", remedy=remedy)
    if found in _REMEDIES:
        what, remedy = _REMEDIES[found]
        return DatabaseError(f"{path}: {what} ({error})", remedy=remedy)
    return DatabaseError(f"SQLite refuses: {error}")


def _writes(error: Exception) -> bool:
    """Say whether a statement wrote where only reading is possible; the extended codes are about the file."""
    return getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY


def _not_allowed(error: Exception, *, reads_only: bool) -> DatabaseError:
    if reads_only:
        return DatabaseError(f"A query may only read ({error})", remedy="put what writes into a sql step")
    return DatabaseError(
        "A step may not end its transaction, reach another file, write the ledger or change the application_id"
        f" that the database is known by ({error})",
        remedy="take that out of the step",
    )
