"""Foreign keys on SQLite: stated for each transaction, and examined when they were off."""

import pytest

from console.core.errors import DatabaseError
from tests.databases.acts import execute, held
from tests.databases.benches import SqliteBench

REBUILD = (
    "CREATE TABLE new_things (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT '')",
    "INSERT INTO new_things SELECT id, coalesce(name, '') FROM things",
    "DROP TABLE things",
    "ALTER TABLE new_things RENAME TO things",
)
CHILD = "CREATE TABLE parts (id INTEGER PRIMARY KEY, thing INTEGER REFERENCES things (id) DEFERRABLE {})"
ORPHAN = "INSERT INTO parts (id, thing) VALUES (2, 99)"


async def with_parts(sqlite: SqliteBench, *, deferred: str = "INITIALLY IMMEDIATE") -> None:
    sqlite.outside(sqlite.add_one)
    sqlite.outside(CHILD.format(deferred))
    sqlite.outside("INSERT INTO parts VALUES (1, 1)")


async def test_a_row_without_its_parent_is_refused(sqlite: SqliteBench) -> None:
    await with_parts(sqlite)
    with pytest.raises(DatabaseError, match="FOREIGN KEY"):
        await execute(await held(sqlite), ORPHAN)


async def test_a_reference_that_is_examined_at_the_commit_is_refused_then(sqlite: SqliteBench) -> None:
    await with_parts(sqlite, deferred="INITIALLY DEFERRED")
    database = await held(sqlite)
    with pytest.raises(DatabaseError, match="FOREIGN KEY"):
        await execute(database, ORPHAN)
    assert sqlite.outside("SELECT count(*) FROM parts") == [(1,)]
    assert await database.entry() is None
    await execute(database, "INSERT INTO parts VALUES (2, 1)")


async def test_a_table_is_rebuilt_with_foreign_keys_off(sqlite: SqliteBench) -> None:
    await with_parts(sqlite)
    database = await held(sqlite)
    await execute(database, *REBUILD, foreign_keys=False)
    assert sqlite.outside("SELECT t.name FROM parts p JOIN things t ON t.id = p.thing") == [("one",)]
    with pytest.raises(DatabaseError, match="FOREIGN KEY"):
        await execute(database, ORPHAN)


async def test_a_rebuild_that_loses_a_parent_is_rolled_back(sqlite: SqliteBench) -> None:
    await with_parts(sqlite)
    database = await held(sqlite)
    with pytest.raises(DatabaseError, match=r"Row 1 of parts refers to a row of things.*foreign_key_check"):
        await execute(database, *REBUILD, "DELETE FROM things", foreign_keys=False)
    assert sqlite.things() == [(1, "one")]
    assert await database.entry() is None


async def test_broken_references_are_found_in_one_table_and_in_all(sqlite: SqliteBench) -> None:
    await with_parts(sqlite)
    sqlite.outside(ORPHAN)
    database = await held(sqlite)
    for table in ("", "parts"):
        assert (await database.ask("broken_references", table=table)).rows == (("parts", 2, "things"),)
    assert (await database.ask("broken_references", table="things")).rows == ()


async def test_a_table_that_is_not_there_has_no_whole_references(sqlite: SqliteBench) -> None:
    with pytest.raises(DatabaseError, match="There is no table prats"):
        await (await held(sqlite)).ask("broken_references", table="prats")
