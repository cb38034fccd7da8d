"""Accounts whose balances are tripled: what is done twice or left out is seen in every row."""

import sqlite3
from pathlib import Path


def open_accounts(database: Path, *, rows: int) -> dict[int, int]:
    """Make a table of accounts, with gaps in its key and all balances different; return the balances by key."""
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL)")
        keys = ((3 * number + number % 3, 100 + number) for number in range(rows))
        connection.executemany("INSERT INTO accounts VALUES (?, ?)", keys)
    connection.close()
    return balances(database)


def balances(database: Path) -> dict[int, int]:
    """Return what everybody has."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    found = dict(connection.execute("SELECT id, balance FROM accounts"))
    connection.close()
    return found


def tripled(before: dict[int, int]) -> dict[int, int]:
    """Return what everybody should have."""
    return {key: 3 * balance for key, balance in before.items()}
