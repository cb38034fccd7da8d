"""A site with the users of a small shop."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.steps.site import Site

SHOP = """
CREATE TABLE accounts (id INTEGER PRIMARY KEY, organisation_id TEXT NOT NULL);
CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    email TEXT NOT NULL UNIQUE,
    balance INTEGER NOT NULL,
    org_id TEXT
);
CREATE INDEX users_account ON users (account_id);
"""
ROWS = "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {count})"


def shop(users: int) -> str:
    """Return the SQL of a shop with so many users; their ids have gaps."""
    accounts = f"{ROWS.format(count=10)} INSERT INTO accounts SELECT i, 'org-' || i FROM n;"
    people = (
        f"{ROWS.format(count=users)} INSERT INTO users (id, account_id, email, balance)"
        " SELECT i * 3 + i / 7 * 100, 1 + i % 10, 'u' || i || '@example.org', 100 + i FROM n;"
    )
    return SHOP + accounts + people


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """A shop with 25 users."""
    found = await Site.at(tmp_path / "shop.db", shop(25))
    yield found
    await found.close()
