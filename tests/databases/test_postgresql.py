"""What is PostgreSQL's own: what reading allows, what a step may say and leaves behind."""

import asyncio

import psycopg
import pytest

from console.core.errors import DatabaseError, Disconnected, Interrupted
from tests.databases.acts import cancelled, entry, execute, held
from tests.databases.benches import LEASE, PostgresqlBench, ticket

BUILD = "CREATE INDEX CONCURRENTLY by_name ON things (name)"


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
async def test_no_query_frees_the_next_one_to_write(latest: PostgresqlBench, freeing: str) -> None:
    database = await held(latest)
    try:
        await database.query(freeing)
    except DatabaseError as refused:
        assert refused.message  # noqa: PT017 - to be refused is as good as to have no effect
    with pytest.raises(DatabaseError, match="only read"):
        await database.query(latest.add_one)
    assert latest.things() == []


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
async def test_a_step_cannot_end_its_transaction(latest: PostgresqlBench, sql: str) -> None:
    database = await held(latest)
    for act in (execute(database, latest.add_one, sql), database.execute_alone(sql)):
        with pytest.raises(DatabaseError, match=r"console begins and ends|multiple commands"):
            await act
    assert latest.things() == []
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
        building = asyncio.create_task(database.execute_alone(BUILD))
        while not postgresql.outside("SELECT 1 FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting%'"):
            await asyncio.sleep(0)
        with pytest.raises(Interrupted, match=r"^The statement was cancelled$"):
            await cancelled(postgresql.target, building)
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
