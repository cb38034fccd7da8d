"""What is half-made on PostgreSQL, with the statement that ends it; and what a step may not touch: the ledger."""

import asyncio

import psycopg
import pytest

from console.core.errors import DatabaseError
from console.core.server_events import Debris
from tests.databases.acts import cancelled, entry, execute, held
from tests.databases.benches import PostgresqlBench

HALF_MADE = (
    'CREATE SCHEMA "Other ""1"""',
    'CREATE TABLE "Other ""1"""."T t" (id int PRIMARY KEY, thing bigint, name text)',
    'ALTER TABLE "Other ""1"""."T t" ADD CONSTRAINT "a b" CHECK (id > 0) NOT VALID',
    'ALTER TABLE "Other ""1"""."T t" ADD CONSTRAINT to_things FOREIGN KEY (thing) REFERENCES things NOT VALID',
    "CREATE DOMAIN size AS int",
    "ALTER DOMAIN size ADD CONSTRAINT positive CHECK (VALUE > 0) NOT VALID",
    "CREATE FUNCTION live() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    "CREATE FUNCTION lost() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    "CREATE TRIGGER live BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION live()",
    "ALTER TABLE things DISABLE TRIGGER live",
    "CREATE INDEX by_name ON things (name)",
    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'by_name'::regclass",
    "CREATE TABLE days (day int) PARTITION BY LIST (day)",
    "CREATE TABLE day1 PARTITION OF days FOR VALUES IN (1)",
    "CREATE INDEX on_days ON ONLY days (day)",
    "CREATE TEMP TABLE passing (id int, CONSTRAINT x CHECK (id > 0))",
)
TABLE = '"Other ""1"""."T t"'


async def test_what_is_half_made_is_found_with_the_statement_that_ends_it(postgresql: PostgresqlBench) -> None:
    for sql in HALF_MADE:
        postgresql.outside(sql)
    found = await postgresql.target.debris()
    assert [(each.kind, each.name, each.table) for each in found] == [
        ("constraint not validated", '"a b"', TABLE),
        ("constraint not validated", "to_things", TABLE),
        ("constraint not validated", "positive", "public.size"),
        ("invalid index", "public.on_days", "public.days"),
        ("invalid index", "public.by_name", "public.things"),
        ("trigger function without trigger", "public.lost()", ""),
        ("trigger switched off", "live", "public.things"),
    ]
    database = await held(postgresql)
    for each in found:
        if "CONCURRENTLY" in each.remedy:
            await database.execute_alone(each.remedy)
        else:
            await execute(database, each.remedy)
    assert await postgresql.target.debris() == ()


async def test_a_table_that_is_whole_has_no_debris(postgresql: PostgresqlBench) -> None:
    await held(postgresql)
    assert await postgresql.target.debris() == ()


async def test_foreign_keys_that_were_switched_off_are_found(latest: PostgresqlBench) -> None:
    latest.outside("CREATE TABLE parts (thing bigint CONSTRAINT to_things REFERENCES things)")
    latest.outside("ALTER TABLE parts DISABLE TRIGGER ALL")
    found = await latest.target.debris()
    assert {(each.kind, each.name, each.table) for each in found} == {
        ("foreign key switched off", "to_things", "public.parts")
    }
    for each in found:
        latest.outside(each.remedy)
    assert await latest.target.debris() == ()


async def test_a_not_null_that_is_not_validated_is_found_and_one_that_nobody_enforces_is_not(
    latest: PostgresqlBench,
) -> None:
    latest.outside("ALTER TABLE things ADD CONSTRAINT named NOT NULL name NOT VALID")
    latest.outside("ALTER TABLE things ADD CONSTRAINT loose CHECK (id > 0) NOT ENFORCED")
    (found,) = await latest.target.debris()
    remedy = "ALTER TABLE public.things VALIDATE CONSTRAINT named"
    assert found == Debris(kind="constraint not validated", name="named", table="public.things", remedy=remedy)


@pytest.mark.parametrize(
    ("sql", "left"),
    [
        ("CREATE INDEX CONCURRENTLY by_name ON things (name)", "public.by_name"),
        ("REINDEX TABLE CONCURRENTLY things", "public.things_pkey_ccnew"),
        ("DROP INDEX CONCURRENTLY going", "public.going"),
    ],
)
async def test_an_index_is_debris_only_when_nobody_is_at_work_on_it(
    postgresql: PostgresqlBench, sql: str, left: str
) -> None:
    postgresql.outside("CREATE INDEX going ON things (id, name)")
    database = await held(postgresql)
    with psycopg.connect(postgresql.url) as other:
        other.execute("INSERT INTO things VALUES (9, 'nine')")
        working = asyncio.create_task(database.execute_alone(sql))
        while not postgresql.outside("SELECT 1 FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.005)
        assert postgresql.outside("SELECT 1 FROM pg_index WHERE NOT indisvalid")
        assert await postgresql.target.debris() == ()
        with pytest.raises(DatabaseError):
            await cancelled(postgresql.target, working)
        found = await postgresql.target.debris()
        assert left in {each.name for each in found}
    for each in found:
        await database.execute_alone(each.remedy)
    assert await postgresql.target.debris() == ()


async def test_a_detach_that_was_stopped_half_way_is_found(postgresql: PostgresqlBench) -> None:
    for sql in HALF_MADE[12:14]:
        postgresql.outside(sql)
    database = await held(postgresql)
    with psycopg.connect(postgresql.url) as other:
        other.execute("SELECT * FROM days")
        working = asyncio.create_task(database.execute_alone("ALTER TABLE days DETACH PARTITION day1 CONCURRENTLY"))
        while not postgresql.outside("SELECT 1 FROM pg_inherits WHERE inhdetachpending"):
            await asyncio.sleep(0.005)
        with pytest.raises(DatabaseError):
            await cancelled(postgresql.target, working)
    (found,) = await postgresql.target.debris()
    assert (found.kind, found.name, found.table) == ("pending detach", "public.day1", "public.days")
    await execute(database, found.remedy)
    assert await postgresql.target.debris() == ()


SLY = """CREATE FUNCTION sly() RETURNS void LANGUAGE plpgsql AS $$
BEGIN EXECUTE 'UPDATE runbook' || '_ledger SET rows = 7'; END $$"""
OWN_TRIGGER = """CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN DELETE FROM public.runbook_ledger; RETURN NULL; END $$"""
CAUGHT = "DO $$ BEGIN BEGIN {} EXCEPTION WHEN division_by_zero THEN NULL; END; END $$"
TOUCHING = (
    ("UPDATE runbook_ledger SET step = 'x'",),
    ("DELETE FROM runbook_ledger",),
    ("DROP TABLE runbook_lease CASCADE",),
    ("DROP TABLE public.runbook_ledger, runbook_lease",),
    ("TRUNCATE runbook_ledger",),
    ("ALTER TABLE runbook_ledger ADD COLUMN x int",),
    ("ALTER TABLE runbook_ledger RENAME TO other", "CREATE TABLE runbook_ledger (LIKE other INCLUDING ALL)"),
    ("CREATE INDEX sneaky ON runbook_ledger (run)",),
    ("DROP INDEX runbook_ledger_pkey",),
    ("SELECT setval('runbook_ledger_place_seq', 1)",),
    ("DO $$ BEGIN DELETE FROM runbook_ledger; END $$",),
    (CAUGHT.format("UPDATE runbook_lease SET epoch = 9;"),),
    (SLY, "SELECT sly()"),
    ("CREATE VIEW v AS SELECT * FROM runbook_ledger", "UPDATE v SET rows = 8"),
    ("CREATE TEMP TABLE runbook_ledger (x int)", "UPDATE public.runbook_ledger SET rows = 8"),
    ("CREATE TEMP TABLE pg_locks (x int)", "UPDATE public.runbook_ledger SET rows = 8"),
    (
        "CREATE SCHEMA evil",
        "CREATE FUNCTION evil.pg_backend_pid() RETURNS int LANGUAGE sql AS 'SELECT 0'",
        "SET LOCAL search_path = evil, public, pg_catalog",
        "UPDATE public.runbook_ledger SET rows = 8",
    ),
    (
        OWN_TRIGGER,
        "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON things INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late()",
        "INSERT INTO things VALUES (5, 'five')",
    ),
    ("CREATE TABLE fk (run text, step text, FOREIGN KEY (run, step) REFERENCES runbook_ledger)",),
    ("ALTER SCHEMA public RENAME TO elsewhere",),
    ("MERGE INTO runbook_ledger l USING things t ON false WHEN NOT MATCHED THEN DO NOTHING",),
)


async def test_no_step_writes_changes_or_drops_the_ledger(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    await execute(database, postgresql.add_one)
    before = await entry(database)
    for statements in TOUCHING:
        with pytest.raises(DatabaseError):
            await execute(database, *statements)
        assert await entry(database) == before, statements
        assert postgresql.things() == [(1, "one")], statements


async def test_the_refusal_says_whose_table_it_is(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    with pytest.raises(DatabaseError, match=r"may not write, change or drop runbook_lease.*take it out"):
        await execute(database, "DO $$ BEGIN UPDATE runbook_lease SET epoch = 9; END $$")


async def test_a_step_may_read_the_ledger_and_use_names_like_its_own(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    await execute(
        database,
        "CREATE SCHEMA other",
        "CREATE TABLE other.runbook_ledger AS SELECT * FROM public.runbook_ledger",
        "CREATE VIEW seen AS SELECT run, step FROM runbook_ledger",
        "SET LOCAL search_path = other",
        "DROP TABLE runbook_ledger",
    )
    assert (await entry(database)).applied_at
