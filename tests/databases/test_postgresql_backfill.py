"""Backfills along keys that PostgreSQL has and SQLite has not: the first range, too, has its bounds."""

import pytest
from msgspec.structs import replace

from tests.databases.benches import PostgresqlBench
from tests.steps.site import Site, step_of

KEYS = {
    "uuid": "('00000000-0000-0000-0000-0000000000' || lpad(i::text, 2, '0'))::uuid",
    "numeric": "i / 10.0 - 1",
    "text": "('00000000-0000-0000-0000-0000000000' || lpad(i::text, 2, '0'))",
    "bigint": "-9000000000000000000 + i",
    "double precision": "-0.25 * i",
    "bytea": "('\\x00' || lpad(i::text, 2, '0'))::bytea",
}


@pytest.mark.parametrize("kind", KEYS)
async def test_each_row_is_handled_once_from_the_first_on(latest: PostgresqlBench, kind: str) -> None:
    latest.outside(f"CREATE TABLE parts (id {kind} PRIMARY KEY, n int NOT NULL DEFAULT 0)")
    latest.outside(f"INSERT INTO parts SELECT {KEYS[kind]} FROM generate_series(1, 25) AS i")
    site = await Site.of(latest.target)
    site.facts = replace(site.facts, engine="postgresql")
    change = "UPDATE parts SET n = n {} 1 WHERE id > :low AND id <= :high"
    own = {"table": "parts", "key": "id", "sql": change.format("+"), "batch_size": 10}
    step = step_of(backfill=own, undo=change.format("-"))
    *_, summary = await site.run(step)
    assert str(summary).startswith("25 rows in 3 batches")
    assert latest.outside("SELECT DISTINCT n FROM parts") == [(1,)]
    await site.undo(step)
    assert latest.outside("SELECT DISTINCT n FROM parts") == [(0,)]
