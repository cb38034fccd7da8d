"""What became of a COMMIT for which SQLite reported an error: it is read back before anything is said."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from console.core.errors import Disconnected
from console.databases import ledger
from console.databases.purposes import sql_for
from console.databases.sqlite import stored
from tests.databases.benches import ticket


class Failing(sqlite3.Connection):
    """Reports a failed COMMIT: one that `happens` all the same, or after which nothing can be `readable`."""

    happens = False
    readable = True

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        """Execute, but for COMMIT."""
        if sql != "COMMIT":
            return super().execute(sql, *parameters)
        if self.happens:
            super().execute(sql)
        if not self.readable:
            self.set_authorizer(lambda *_: sqlite3.SQLITE_DENY)
        raise sqlite3.OperationalError("disk I/O error")


@pytest.fixture
def failing(tmp_path: Path) -> Iterator[Failing]:
    with closing(sqlite3.connect(tmp_path / "shop.db", isolation_level=None, factory=Failing)) as connection:
        for table in ("ledger_table", "lease_table"):
            connection.execute(sql_for(table, engine="sqlite"))
        connection.execute("BEGIN IMMEDIATE")
        entry = ledger.written(None, ticket(), completes=True, now="now", milliseconds=1)
        stored.record(connection, entry)
        yield connection


def test_a_commit_that_failed_is_rolled_back_and_told(failing: Failing) -> None:
    with pytest.raises(sqlite3.OperationalError, match="disk I/O error"):
        stored.commit(failing, ticket())
    assert stored.entries(failing) == ()


def test_a_commit_that_happened_all_the_same_is_no_failure(failing: Failing) -> None:
    failing.happens = True
    stored.commit(failing, ticket())
    assert len(stored.entries(failing)) == 1


def test_a_commit_of_which_nobody_can_tell_is_in_doubt(failing: Failing) -> None:
    failing.readable = False
    with pytest.raises(Disconnected, match="what became of it cannot be read"):
        stored.commit(failing, ticket())
