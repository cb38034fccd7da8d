"""What is PostgreSQL's own: what reading allows, what a step leaves behind, values, bytes, roles and names."""

import asyncio
import hashlib
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from console.core.errors import DatabaseError, Disconnected, Interrupted
from tests.databases.acts import cancelled, entry, execute, held
from tests.databases.benches import LEASE, PostgresqlBench, ticket


async def test_opening_changes_nothing(postgresql: PostgresqlBench) -> None:
    await postgresql.target.identity()
    assert await postgresql.target.ledger() == ()
    tables = postgresql.outside("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 2200")
    assert tables == [("things",)]


@pytest.mark.parametrize(
    "freeing",
    [
        "SET default_transaction_read_only = off",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
        "SET TRANSACTION READ WRITE",
        "COMMIT",
        "SELECT set_config('default_transaction_read_only', 'off', false)",
        "ROLLBACK; INSERT INTO things VALUES (1, 'one')",
    ],
)
async def test_no_query_frees_the_next_one_to_write(postgresql: PostgresqlBench, freeing: str) -> None:
    database = await held(postgresql)
    try:
        await database.query(freeing)
    except DatabaseError as refused:
        assert refused.message  # noqa: PT017 - to be refused is as good as to have no effect
    with pytest.raises(DatabaseError, match="only read"):
        await database.query(postgresql.add_one)
    assert postgresql.things() == []


async def test_a_query_that_writes_by_a_function_is_refused_by_the_server(postgresql: PostgresqlBench) -> None:
    body = "$$ BEGIN SET TRANSACTION READ WRITE; INSERT INTO things VALUES (1, 'one'); RETURN 1; END $$"
    postgresql.outside(f"CREATE FUNCTION sly() RETURNS int LANGUAGE plpgsql AS {body}")
    database = await held(postgresql)
    for sql in ("SELECT sly()", "WITH w AS (INSERT INTO things VALUES (1, 'one') RETURNING id) SELECT * FROM w"):
        with pytest.raises(DatabaseError):
            await database.query(sql)
    assert postgresql.things() == []


@pytest.mark.parametrize(
    "sql",
    [
        *("COMMIT", " commit ", "/* a /* b */ c */ COMMIT", "-- x\nEND", "; ROLLBACK", "ABORT", "BEGIN"),
        *("COMMIT AND CHAIN", "PREPARE TRANSACTION 'x'", "start  transaction", "INSERT INTO things VALUES (2); COMMIT"),
    ],
)
async def test_a_step_cannot_end_its_transaction(postgresql: PostgresqlBench, sql: str) -> None:
    database = await held(postgresql)
    for act in (execute(database, postgresql.add_one, sql), database.execute_alone(sql)):
        with pytest.raises(DatabaseError, match=r"console begins and ends|multiple commands"):
            await act
    assert postgresql.things() == []
    assert await database.entry() is None


async def test_a_procedure_that_commits_is_refused_in_a_transaction_and_runs_alone(postgresql: PostgresqlBench) -> None:
    body = "$$ BEGIN INSERT INTO things VALUES (1, 'one'); COMMIT; END $$"
    postgresql.outside(f"CREATE PROCEDURE add_one() LANGUAGE plpgsql AS {body}")
    database = await held(postgresql)
    with pytest.raises(DatabaseError, match="2D000"):
        await execute(database, "CALL add_one()")
    assert postgresql.things() == []
    await database.execute_alone("CALL add_one()")
    assert postgresql.things() == [(1, "one")]


async def test_what_a_step_sets_and_makes_for_itself_ends_with_its_transaction(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    await execute(
        database,
        *("SET search_path = pg_catalog", "SET lock_timeout = '1s'", "CREATE TEMP TABLE things (id int)", "LISTEN x"),
        *("SELECT pg_advisory_lock(7)", "SET ROLE pg_monitor"),
    )
    async with database.transaction(completes=True) as transaction:
        asked = "SELECT current_setting('search_path'), current_setting('lock_timeout'), current_user"
        assert (await transaction.fetch(asked)).rows == (('"$user", public', "0", "postgres"),)
        assert (await transaction.fetch("SELECT 'things'::regclass::text, pg_my_temp_schema()")).rows[0][0] == "things"
        await transaction.execute("INSERT INTO things VALUES (2, 'two')")
    assert postgresql.outside("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(0,)]
    assert postgresql.things() == [(2, "two")]


async def test_a_session_says_which_run_and_step_it_is_at(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    asked = "SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()"
    async with database.transaction(completes=True) as transaction:
        assert (await transaction.fetch(asked)).rows == (("runbook r1 fill",),)


async def test_values_come_back_as_plain_ones_or_as_the_servers_text(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    values: dict[str, Any] = {
        "true": True,
        "1::smallint": 1,
        "9223372036854775807": 2**63 - 1,
        "sum(1::bigint)": 1,
        "1.50::numeric(10,2)": Decimal("1.50"),
        "1e400::numeric": 10**400,
        "0.1::float8": 0.1,
        "'-infinity'::float8": float("-inf"),
        "'\\xff00'::bytea": b"\xff\x00",
        "'2026-11-20 22:00:00+00'::timestamptz AT TIME ZONE 'UTC'": "2026-11-20 22:00:00",
        "'0a1b2c3d-0000-0000-0000-000000000000'::uuid": "0a1b2c3d-0000-0000-0000-000000000000",
        "'{\"a\": [1, null]}'::jsonb": '{"a": [1, null]}',
        "ARRAY['a,b', NULL]": '{"a,b",NULL}',
        "'4713-01-01 BC'::date": "4713-01-01 BC",
        "NULL": None,
    }
    for sql, value in values.items():
        ((found,),) = (await database.query(f"SELECT {sql}")).rows
        assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("value", ["a\0b", "\ud800", "SELECT 1\0; DROP TABLE things"])
async def test_what_is_no_text_is_refused_before_it_is_sent(postgresql: PostgresqlBench, value: str) -> None:
    database = await held(postgresql)
    with pytest.raises(DatabaseError) as refused:
        await database.query(value)
    with pytest.raises(DatabaseError) as also:
        await database.query("SELECT ?", (value,))
    assert refused.value.remedy
    assert also.value.remedy


async def test_bytes_that_are_no_text_are_shown_as_escapes(postgresql: PostgresqlBench) -> None:
    options = "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'"
    bench = await PostgresqlBench.opened(postgresql.server, options=options)
    bench.outside("SET client_encoding = 'SQL_ASCII'")
    with psycopg.connect(bench.url, autocommit=True, client_encoding="SQL_ASCII") as connection:
        connection.execute(b"INSERT INTO things VALUES (1, 'a\xff\xfeb')")
    database = await held(bench)
    assert (await database.query(bench.read)).rows == ((1, "a\\xff\\xfeb"),)
    await execute(database, "INSERT INTO things VALUES (2, 'é')")
    assert (await database.query("SELECT name FROM things WHERE name = 'é'")).rows == (("é",),)
    assert await database.checksum("things", ())
    await bench.end()


async def test_a_digest_is_the_one_that_anybody_can_compute(postgresql: PostgresqlBench) -> None:
    many = (
        "SELECT n, CASE WHEN n % 7 > 0 THEN md5(n::text) || E'\\t\\n\\\\' END FROM generate_series(100000, 1, -1) AS n"
    )
    postgresql.outside(f"INSERT INTO things {many}")
    database = await held(postgresql)
    outside = hashlib.sha256()
    with psycopg.connect(postgresql.url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id, name FROM things")
        for key, name in sorted(cursor.fetchall()):
            text = r"\N" if name is None else name.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
            outside.update(f"{key}\t{text}\n".encode())
    assert await database.checksum("things", ()) == outside.hexdigest()
    assert await database.checksum("things", ("id", "name")) == outside.hexdigest()
    assert await database.checksum("things", ("id",)) != outside.hexdigest()


async def test_a_digest_does_not_depend_on_settings_or_on_where_rows_lie(postgresql: PostgresqlBench) -> None:
    postgresql.outside("CREATE TABLE days (at timestamptz, size float8, raw bytea)")
    add = "INSERT INTO days VALUES ('2026-01-01 00:00+00', 0.1, '\\x00ff'), ('2027-01-01 00:00+00', 0.3, NULL)"
    postgresql.outside(add)
    before = await (await held(postgresql)).checksum("days", ())
    for setting in ("timezone = 'Asia/Tokyo'", "datestyle = 'German'", "extra_float_digits = 0"):
        postgresql.outside(f"ALTER DATABASE {postgresql.database} SET {setting}")
    postgresql.outside("UPDATE days SET size = size WHERE raw IS NOT NULL")
    second = await postgresql.second()
    database = second.bind(ticket(), await second.identity())
    assert await database.checksum("days", ()) == before
    await second.close()


async def test_more_rows_than_wanted_are_not_fetched(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    found = await database.query("SELECT generate_series(1, 1000000000)", limit=3)
    assert (found.rows, found.truncated) == (((1,), (2,), (3,)), True)
    async with database.transaction(completes=True) as transaction:
        fetched = await transaction.fetch("SELECT generate_series(1, 5000)")
        assert (len(fetched.rows), fetched.truncated) == (1000, True)
        await transaction.execute(postgresql.add_one)
    assert postgresql.things() == [(1, "one")]


async def test_changed_rows_are_counted_whatever_the_statement(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    async with database.transaction(completes=True) as transaction:
        assert await transaction.execute("INSERT INTO things SELECT generate_series(1, 5)") == 5
        assert (
            await transaction.execute("WITH k AS (SELECT 3 AS k) UPDATE things SET name = 'x' FROM k WHERE id > k") == 2
        )
        assert await transaction.execute("CREATE INDEX by_name ON things (name)") == -1
        assert await transaction.execute("SELECT * FROM things") == -1
        assert await transaction.execute("DELETE FROM things") == 5


async def test_a_question_mark_that_is_an_operator_is_not_taken_for_a_place(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    assert (await database.query("""SELECT '{"a": 1}'::jsonb ? 'a'""")).rows == ((True,),)
    sql = 'SELECT ?::int, \'?\', $q$?$q$, "?" /* ? */ -- ?\nFROM (SELECT 1 AS "?") AS q'
    assert (await database.query(sql, (5,))).rows == ((5, "?", "?", 1),)
    with pytest.raises(DatabaseError, match="jsonb_exists"):
        await database.query("""SELECT '{"a": 1}'::jsonb ? ?""", ("a",))


@pytest.mark.parametrize("name", ['we"ird', "Upper Case", "a'b", "tab\tle", "$1", "select", "é全", "%s", "a;b--"])
async def test_names_may_be_anything(postgresql: PostgresqlBench, name: str) -> None:
    database = await held(postgresql)
    table, column = await database.quote(name), await database.quote(name)
    await execute(database, f"CREATE TABLE {table} ({column} int PRIMARY KEY, other int)")
    assert (await database.ask("key_columns", table=name)).rows == ((name,),)
    assert (await database.ask("column", table=name, column=name)).rows == ((name, False, "integer"),)
    assert (await database.ask("object", kind="table", name=name)).rows == (("table", name),)
    assert await database.checksum(name, (name,))


async def test_the_ledger_is_in_the_first_schema_of_the_search_path(postgresql: PostgresqlBench) -> None:
    postgresql.outside('CREATE SCHEMA "App ""1"" \\1"')
    postgresql.outside(f'ALTER DATABASE {postgresql.database} SET search_path = "App ""1"" \\1", public')
    target = await postgresql.second()
    epoch = await target.claim(LEASE)
    database = target.bind(ticket(epoch=epoch), await target.identity())
    await execute(database, "SET search_path = public", "SET LOCAL ROLE pg_monitor")
    assert (await entry(database)).applied_at
    found = postgresql.outside(
        "SELECT nspname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relname = 'runbook_ledger'"
    )
    assert found == [('App "1" \\1',)]
    assert await postgresql.target.ledger() == ()
    await target.close()


async def test_a_deferred_violation_is_found_at_the_commit_and_by_an_attempt(postgresql: PostgresqlBench) -> None:
    postgresql.outside("CREATE TABLE parts (thing bigint REFERENCES things DEFERRABLE INITIALLY DEFERRED)")
    database = await held(postgresql)
    with pytest.raises(DatabaseError, match="foreign key constraint"):
        await execute(database, "INSERT INTO parts VALUES (9)")
    assert "foreign key constraint" in (await database.attempt("INSERT INTO parts VALUES (9)") or "")
    assert await database.entry() is None


async def test_a_failed_statement_that_a_step_ignores_is_no_success(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)

    async def step() -> None:
        async with database.transaction(completes=True) as transaction:
            await transaction.execute(postgresql.add_one)
            try:
                await transaction.execute(postgresql.add_one)
            except DatabaseError:
                await asyncio.sleep(0)

    with pytest.raises(DatabaseError):
        await step()
    assert postgresql.things() == []
    assert await database.entry() is None


async def test_foreign_keys_cannot_be_switched_off(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    with pytest.raises(DatabaseError, match="leave foreign_keys: off out"):
        await execute(database, postgresql.add_one, foreign_keys=False)


async def test_copy_to_the_console_is_refused_and_the_next_statement_works(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    for sql in ("COPY things FROM STDIN", "COPY things TO STDOUT"):
        with pytest.raises(DatabaseError, match="COPY"):
            await execute(database, sql)
    await execute(database, postgresql.add_one)
    assert postgresql.things() == [(1, "one")]


async def test_nothing_is_open_while_a_statement_runs_alone(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    await database.query(postgresql.read)
    await database.entry()
    await postgresql.target.identity()
    await database.execute_alone("CREATE INDEX CONCURRENTLY by_name ON things (name)")
    assert (await database.ask("index", name="by_name")).rows == (("by_name", True),)
    busy = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'runbook%' AND state <> 'idle'"
    assert postgresql.outside(busy) == [(0,)]


async def test_a_cancelled_concurrent_build_says_so_and_leaves_its_index_invalid(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    with psycopg.connect(postgresql.url) as other:
        other.execute("INSERT INTO things VALUES (9, 'nine')")
        with pytest.raises(Interrupted):
            await cancelled(
                postgresql.target, database.execute_alone("CREATE INDEX CONCURRENTLY by_name ON things (name)")
            )
    assert (await database.ask("index", name="by_name")).rows == (("by_name", False),)
    assert await database.entry() is None


async def test_a_closed_target_says_so(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    await postgresql.target.close()
    with pytest.raises(DatabaseError, match="was closed"):
        await database.query(postgresql.read)
    with pytest.raises(DatabaseError, match="was closed"):
        await execute(database, postgresql.add_one)


async def test_a_statement_under_way_ends_when_the_target_is_closed(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    task = asyncio.create_task(execute(database, postgresql.add_one, postgresql.endless_write))
    while not postgresql.outside("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'INSERT INTO things (id) SELECT%'"):
        await asyncio.sleep(0)
    await postgresql.target.close()
    with pytest.raises((Interrupted, Disconnected)):
        await task
    assert postgresql.things() == []
