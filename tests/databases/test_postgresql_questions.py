"""What PostgreSQL answers to the questions of the port."""

import pytest

from console.core.errors import DatabaseError
from console.databases.purposes import purposes, sql_for
from console.statements import probes, split
from tests.databases.acts import execute, held
from tests.databases.benches import PostgresqlBench

SCHEMA = (
    "CREATE TYPE mood AS ENUM ('ok', 'sad')",
    "CREATE TABLE stock (b int DEFAULT 7, a text NOT NULL, c numeric(10,2), PRIMARY KEY (c, a))",
    "CREATE TABLE parts (id int PRIMARY KEY, thing bigint)",
    "CREATE INDEX by_thing ON parts (thing) INCLUDE (id)",
    "CREATE VIEW named AS SELECT name FROM things",
    "CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM things",
    "CREATE FUNCTION live() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    "CREATE TRIGGER live BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION live()",
    "CREATE SCHEMA other",
    "CREATE TABLE other.things (id uuid PRIMARY KEY)",
    "ALTER TABLE parts ADD CONSTRAINT positive CHECK (id > 0) NOT VALID",
    "CREATE TABLE days (day int) PARTITION BY LIST (day)",
    "CREATE TABLE day1 PARTITION OF days FOR VALUES IN (1)",
    "CREATE TABLE day2 (day int)",
)


@pytest.fixture
async def shop(postgresql: PostgresqlBench) -> PostgresqlBench:
    for sql in SCHEMA:
        postgresql.outside(sql)
    return postgresql


async def test_a_column_is_described(shop: PostgresqlBench) -> None:
    database = await held(shop)
    for table, column, row in (
        ("things", "id", ("id", False, "bigint")),
        ("public.things", "name", ("name", True, "text")),
        ("other.things", "id", ("id", False, "uuid")),
        ("stock", "c", ("c", False, "numeric(10,2)")),
    ):
        answer = await database.ask("column", table=table, column=column)
        assert answer.columns == ("name", "nullable", "type")
        assert answer.rows == (row,)
    for table, column in (("things", "nmae"), ("nothing", "id"), ("nowhere.things", "id"), ("things", "ID")):
        assert (await database.ask("column", table=table, column=column)).rows == ()


async def test_an_index_is_found_with_its_validity(shop: PostgresqlBench) -> None:
    database = await held(shop)
    assert (await database.ask("index", name="by_thing")).rows == (("by_thing", True),)
    shop.outside("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'by_thing'::regclass")
    assert (await database.ask("index", name="public.by_thing")).rows == (("by_thing", False),)
    assert (await database.ask("index", name="things")).rows == ()


async def test_a_constraint_is_found_with_its_validity(shop: PostgresqlBench) -> None:
    database = await held(shop)
    asked = {"table": "parts", "name": "positive"}
    assert (await database.ask("constraint", **asked)).rows == (("positive", False, "CHECK ((id > 0)) NOT VALID"),)
    shop.outside("ALTER TABLE parts VALIDATE CONSTRAINT positive")
    assert (await database.ask("constraint", **asked)).rows == (("positive", True, "CHECK ((id > 0))"),)
    assert (await database.ask("constraint", table="things", name="positive")).rows == ()


async def test_the_columns_of_the_key_come_in_its_order(shop: PostgresqlBench) -> None:
    database = await held(shop)
    assert (await database.ask("key_columns", table="stock")).rows == (("c",), ("a",))
    assert (await database.ask("key_columns", table="other.things")).rows == (("id",),)
    assert (await database.ask("key_columns", table="named")).rows == ()


OBJECTS = (
    *(("table", "things"), ("table", "other.things"), ("view", "named"), ("materialized view", "counted")),
    *(
        ("index", "by_thing"),
        ("type", "mood"),
        ("function", "live"),
        ("schema", "other"),
        ("trigger", "things.live"),
    ),
    *(("database", "postgres"), ("tablespace", "pg_default"), ("extension", "plpgsql")),
)


async def test_an_object_is_found_by_its_kind_and_name(shop: PostgresqlBench) -> None:
    database = await held(shop)
    for kind, name in OBJECTS:
        assert (await database.ask("object", kind=kind, name=name)).rows == ((kind, name.rpartition(".")[2]),)
        assert (await database.ask("object", kind=kind, name=f"{name}_not")).rows == ()
        assert (await database.ask("object", kind="sequence", name=name)).rows == ()


@pytest.mark.parametrize(
    "sql",
    [
        *("ALTER TABLE things ADD COLUMN size int", "ALTER TABLE things RENAME COLUMN name TO title"),
        *("ALTER TABLE public.things RENAME TO items", "DROP VIEW named", "ALTER TABLE parts DROP COLUMN thing"),
        *("ALTER TABLE parts VALIDATE CONSTRAINT positive", "ALTER TABLE parts DROP CONSTRAINT positive"),
        "ALTER TABLE parts ADD CONSTRAINT refers FOREIGN KEY (thing) REFERENCES things NOT VALID",
        *("CREATE INDEX CONCURRENTLY by_name ON public.things (name)", "DROP INDEX CONCURRENTLY by_thing"),
        *("ALTER TYPE mood ADD VALUE 'glad'", "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'"),
        *("CREATE TABLE other.more (id int)", "CREATE MATERIALIZED VIEW again AS SELECT 1", "DROP TYPE mood"),
        *("CREATE SCHEMA third", "CREATE SEQUENCE other.numbers", "ALTER INDEX by_thing RENAME TO by_it"),
        "CREATE TRIGGER gone BEFORE DELETE ON public.things FOR EACH ROW EXECUTE FUNCTION live()",
        *("DROP TRIGGER live ON things", "CREATE DATABASE HERE_before"),
        *("ALTER TABLE days ATTACH PARTITION day2 FOR VALUES IN (2)", "ALTER TABLE days DETACH PARTITION day1"),
        "ALTER TABLE days DETACH PARTITION day1 CONCURRENTLY",
    ],
)
async def test_the_probes_of_a_statement_turn_when_it_happens(latest: PostgresqlBench, sql: str) -> None:
    database = await held(latest)
    for each in SCHEMA:
        latest.outside(each)
    sql = sql.replace("HERE", latest.database)
    (statement,) = split(sql, engine="postgresql")
    asked = probes(statement, engine="postgresql")
    assert asked

    async def happened() -> list[bool]:
        rows = [(await database.ask(each.purpose, **each.parameters)).rows for each in asked]
        return [bool(found) == (each.expected == "present") for each, found in zip(asked, rows, strict=True)]

    assert not any(await happened())
    if statement.transactional:
        await execute(database, sql)
    else:
        await database.execute_alone(sql)
    assert all(await happened())


async def test_a_detachment_that_is_half_done_is_neither_attached_nor_gone(shop: PostgresqlBench) -> None:
    database = await held(shop)
    asked = {"table": "days", "partition": "day1"}
    shop.outside("UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'day1'::regclass")
    assert (await database.ask("partition", **asked)).rows == (("day1",),)
    assert (await database.ask("attached_partition", **asked)).rows == ()


async def test_rows_that_refer_to_nothing_are_found(shop: PostgresqlBench) -> None:
    database = await held(shop)
    shop.outside("INSERT INTO things VALUES (1, 'one'); ")
    shop.outside("INSERT INTO parts VALUES (1, 1), (2, NULL), (3, 99)")
    shop.outside("ALTER TABLE parts ADD FOREIGN KEY (thing) REFERENCES things NOT VALID")
    for table in ("", "parts"):
        answer = await database.ask("broken_references", table=table)
        assert answer.columns == ("table", "row", "parent")
        assert answer.rows == (("parts", "(0,3)", "things"),)
    assert (await database.ask("broken_references", table="things")).rows == ()
    with pytest.raises(DatabaseError, match="There is no table thigns"):
        await database.ask("broken_references", table="thigns")


async def test_the_schema_changes_with_whatever_is_changed(shop: PostgresqlBench) -> None:
    database = await held(shop)
    seen = {(await database.ask("schema")).rows}
    for sql in (
        "ALTER TABLE parts ALTER COLUMN thing TYPE int",
        "ALTER TABLE parts ALTER COLUMN thing SET DEFAULT 1",
        "ALTER TABLE parts ALTER COLUMN thing SET NOT NULL",
        "ALTER TABLE parts VALIDATE CONSTRAINT positive",
        "DROP INDEX by_thing",
        "CREATE OR REPLACE VIEW named AS SELECT name FROM things WHERE id > 0",
        "DROP TRIGGER live ON things",
        "ALTER TYPE mood ADD VALUE 'glad'",
        "CREATE SEQUENCE numbers",
        "CREATE OR REPLACE FUNCTION live() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
    ):
        shop.outside(sql)
        rows = (await database.ask("schema")).rows
        assert rows not in seen
        assert not [row for row in rows if "runbook_" in str(row)]
        seen.add(rows)


async def test_the_server_takes_every_file(postgresql: PostgresqlBench) -> None:
    await held(postgresql)
    for purpose in purposes("postgresql"):
        if not purpose.endswith("_table"):
            postgresql.outside(f"PREPARE it AS {sql_for(purpose, engine='postgresql')}")


async def test_a_question_with_other_parameters_is_refused(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    with pytest.raises(DatabaseError, match="wants table, column"):
        await database.ask("column", table="things")
