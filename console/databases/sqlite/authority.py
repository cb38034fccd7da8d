"""What SQLite itself refuses. Rule: the authorizer decides on preparing, whatever a statement looks like."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from console.statements.engines.sqlite import ASKING_PRAGMAS, MAINTAINING_PRAGMAS

Authorizer = Callable[[int, str | None, str | None, str | None, str | None], int]

LEDGER = ("runbook_ledger", "runbook_lease")

_ENDING = (sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_SAVEPOINT)
_ELSEWHERE = (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH)
_LASTING = (
    *(sqlite3.SQLITE_PRAGMA, sqlite3.SQLITE_CREATE_TEMP_TABLE, sqlite3.SQLITE_CREATE_TEMP_VIEW),
    *(sqlite3.SQLITE_CREATE_TEMP_TRIGGER, sqlite3.SQLITE_CREATE_TEMP_INDEX),
)
_WRITING = (
    *(sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE),
    *(sqlite3.SQLITE_DROP_TABLE, sqlite3.SQLITE_ALTER_TABLE, sqlite3.SQLITE_CREATE_INDEX),
    *(sqlite3.SQLITE_CREATE_TRIGGER, sqlite3.SQLITE_CREATE_TEMP_TRIGGER),
    *(sqlite3.SQLITE_CREATE_TEMP_TABLE, sqlite3.SQLITE_CREATE_TEMP_VIEW),
)
"""What changes a table, adds to what its changes do, or hides it behind another of its name."""


def reading(action: int, first: str | None, second: str | None, _: str | None, __: str | None) -> int:
    """Refuse what a read-only file does not: other files, transactions, settings.

    It cannot refuse INSERT and CREATE by themselves: SQLite asks for them when it makes json_each known.
    """
    if action == sqlite3.SQLITE_PRAGMA and first:
        name = first.lower()
        asks = name in ASKING_PRAGMAS or (second is None and name not in MAINTAINING_PRAGMAS)
        return sqlite3.SQLITE_OK if asks else sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_DENY if action in (*_ENDING, *_ELSEWHERE) else sqlite3.SQLITE_OK


class Authority:
    """Tells a step's statements from the adapter's own, which may do everything."""

    def __init__(self) -> None:
        self.left_behind = False
        """A step has set something or made something temporary, which would outlive its transaction."""
        self._of_a_step = False

    @contextmanager
    def of_a_step(self) -> Iterator[None]:
        """Until this ends, no statement ends the transaction, reaches another file or writes the ledger."""
        self._of_a_step = True
        try:
            yield
        finally:
            self._of_a_step = False

    def writing(self, action: int, first: str | None, second: str | None, database: str | None, _: str | None) -> int:
        """Allow what a step may do inside its transaction; the file's own mark is nobody's to change."""
        if action == sqlite3.SQLITE_PRAGMA and first and first.lower() == "application_id" and second is not None:
            return sqlite3.SQLITE_DENY
        if not self._of_a_step:
            return sqlite3.SQLITE_OK
        self.left_behind |= action in _LASTING or database == "temp"
        own = action in _WRITING and not {(first or "").lower(), (second or "").lower()}.isdisjoint(LEDGER)
        return sqlite3.SQLITE_DENY if own or action in (*_ENDING, *_ELSEWHERE) else sqlite3.SQLITE_OK
