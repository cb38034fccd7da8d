"""What SQLite answers to the questions of the port, and its digests."""

import pytest

from console.core.errors import DatabaseError
from console.statements import probes, split
from tests.databases.acts import execute, held
from tests.databases.benches import SqliteBench

TABLE = "CREATE TABLE Stock (a TEXT NOT NULL, b INT, c AS (b + 1), PRIMARY KEY (b, a))"


async def test_a_column_is_described(sqlite: SqliteBench) -> None:
    sqlite.outside(TABLE)
    database = await held(sqlite)
    for table, column, row in (
        ("things", "ID", ("id", 0, "INTEGER")),
        ("things", "name", ("name", 1, "")),
        ("stock", "a", ("a", 0, "TEXT")),
        ("stock", "b", ("b", 1, "INT")),
        ("stock", "c", ("c", 1, "")),
    ):
        assert (await database.ask("column", table=table, column=column)).rows == (row,)
    assert (await database.ask("column", table="things", column="nmae")).rows == ()
    assert (await database.ask("column", table="nothing", column="id")).rows == ()


async def test_an_index_is_found_and_valid(sqlite: SqliteBench) -> None:
    sqlite.outside("CREATE INDEX by_name ON things (name)")
    database = await held(sqlite)
    assert (await database.ask("index", name="BY_NAME")).rows == (("by_name", 1),)
    assert (await database.ask("index", name="things")).rows == ()


async def test_the_columns_of_the_key_come_in_its_order(sqlite: SqliteBench) -> None:
    sqlite.outside(TABLE)
    database = await held(sqlite)
    assert (await database.ask("key_columns", table="stock")).rows == (("b",), ("a",))
    assert (await database.ask("key_columns", table="things")).rows == (("id",),)


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE things ADD COLUMN size int",
        "ALTER TABLE things RENAME COLUMN name TO title",
        "ALTER TABLE things RENAME TO items",
        "CREATE INDEX by_name ON things (name)",
        "CREATE TABLE parts (id)",
        "CREATE VIEW named AS SELECT name FROM things",
        "CREATE TRIGGER live AFTER INSERT ON things BEGIN SELECT 1; END",
        "DROP TABLE things",
        "ALTER TABLE things DROP COLUMN name",
    ],
)
async def test_the_probes_of_a_statement_turn_when_it_happens(sqlite: SqliteBench, sql: str) -> None:
    database = await held(sqlite)
    (statement,) = split(sql, engine="sqlite")
    asked = probes(statement, engine="sqlite")
    assert asked

    async def happened() -> list[bool]:
        rows = [(await database.ask(each.purpose, **each.parameters)).rows for each in asked]
        return [bool(found) == (each.expected == "present") for each, found in zip(asked, rows, strict=True)]

    assert not any(await happened())
    await execute(database, sql)
    assert all(await happened())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(("NULL", "''"), ("1", "'1'"), ("1", "1.0"), ("''", "x''"), ("'a'", "x'61'"), ("0.0", "NULL")),
        *(("'a'", "'a' || char(0)"), ("12", "'12'"), ("CAST(x'ff' AS TEXT)", "x'ff'")),
    ],
)
async def test_a_digest_tells_values_apart(sqlite: SqliteBench, one: str, other: str) -> None:
    database = await held(sqlite)
    digests = set()
    for value in (one, other):
        await execute(database, "DELETE FROM things", f"INSERT INTO things VALUES (1, {value})")
        digests.add(await database.checksum("things", []))
    assert len(digests) == 2


async def test_a_digest_tells_where_one_value_ends_and_the_next_begins(sqlite: SqliteBench) -> None:
    sqlite.outside("CREATE TABLE pairs (a, b)")
    database = await held(sqlite)
    digests = set()
    for pair in ("('ab', 'c')", "('a', 'bc')"):
        await execute(database, "DELETE FROM pairs", f"INSERT INTO pairs VALUES {pair}")
        digests.add(await database.checksum("pairs", []))
    assert len(digests) == 2


async def test_a_digest_is_of_the_content_in_the_order_of_the_key(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    digests = set()
    for rows in ("(1, 'a'), (2, 'b')", "(2, 'b'), (1, 'a')"):
        await execute(database, "DELETE FROM things", f"INSERT INTO things VALUES {rows}")
        digests.add(await database.checksum("things", ["name", "id"]))
    assert len(digests) == 1
    before = await database.checksum("things", ["id"])
    await execute(database, "UPDATE things SET name = 'c'")
    assert await database.checksum("things", ["id"]) == before


async def test_a_digest_of_what_is_not_there_is_an_error(sqlite: SqliteBench) -> None:
    with pytest.raises(DatabaseError, match="no such table"):
        await (await held(sqlite)).checksum("thigns", [])
