"""What is SQLite's own: the lock, the write-ahead log, foreign keys, cancelling between statements, the reader."""

import asyncio
import sqlite3
import sys
from contextlib import closing
from typing import Any

import pytest

from console import databases
from console.core.errors import DatabaseError, Interrupted, Unreachable
from tests.databases.acts import cancelled, entry, execute, held
from tests.databases.benches import SqliteBench


def writer(bench: SqliteBench) -> Any:
    """Return somebody else's connection that holds the write lock until it is closed."""
    connection = sqlite3.connect(bench.path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    return closing(connection)


async def test_opening_changes_nothing(sqlite: SqliteBench) -> None:
    before = sqlite.path.read_bytes()
    second = await sqlite.second()
    await second.identity()
    assert await second.ledger() == ()
    await second.close()
    assert sqlite.path.read_bytes() == before
    assert [each.name for each in sqlite.path.parent.iterdir()] == ["shop.db"]


async def test_a_claim_lets_readers_go_on_while_one_writes(sqlite: SqliteBench) -> None:
    await held(sqlite)
    assert sqlite.outside("PRAGMA journal_mode") == [("wal",)]


async def test_another_writer_is_named_when_it_does_not_let_go(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    with writer(sqlite), pytest.raises(DatabaseError, match=r"shop\.db was not free within .* another"):
        await execute(database, sqlite.add_one)
    await execute(database, sqlite.add_one)
    assert sqlite.things() == [(1, "one")]


HOLDING = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


async def test_another_process_that_writes_is_named(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    holder = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLDING, str(sqlite.path)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert holder.stdout
    await holder.stdout.readline()
    with pytest.raises(DatabaseError, match=rf"process {holder.pid} \(\S+\) holds it"):
        await execute(database, sqlite.add_one)
    await holder.communicate(b"")
    await execute(database, sqlite.add_one)


async def test_another_writer_is_waited_for(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    with writer(sqlite):
        waiting = asyncio.create_task(execute(database, sqlite.add_one))
        await asyncio.wait({waiting}, timeout=0.05)
        assert not waiting.done()
    await waiting
    assert sqlite.things() == [(1, "one")]


async def test_cancel_ends_the_wait_for_another_writer(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    with writer(sqlite), pytest.raises(Interrupted):
        await cancelled(sqlite.target, execute(database, sqlite.add_one))


async def test_two_transactions_take_turns(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    await asyncio.gather(*(execute(database, f"INSERT INTO things (id) VALUES ({number})") for number in range(5)))
    assert len(sqlite.things()) == 5


async def test_a_cancel_between_two_statements_stops_the_next(sqlite: SqliteBench) -> None:
    database = await held(sqlite)

    async def step() -> None:
        async with database.transaction(completes=True) as transaction:
            await transaction.execute(sqlite.add_one)
            await sqlite.target.cancel()
            await transaction.execute("UPDATE things SET name = 'two'")

    with pytest.raises(Interrupted):
        await step()
    await execute(database, sqlite.add_one)
    assert sqlite.things() == [(1, "one")]


async def test_a_cancel_does_not_stop_what_only_waits_for_its_turn(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    endless = asyncio.create_task(database.query(sqlite.endless))
    waiting = asyncio.create_task(database.query(sqlite.read))
    with pytest.raises(Interrupted):
        await cancelled(sqlite.target, endless)
    assert (await waiting).rows == ()


async def test_a_cancelled_task_stops_its_statement(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    task = asyncio.create_task(execute(database, sqlite.add_one, sqlite.endless_write))
    await asyncio.wait({task}, timeout=0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await execute(database, sqlite.add_one)
    assert sqlite.things() == [(1, "one")]


async def test_closing_stops_what_is_under_way(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    task = asyncio.create_task(execute(database, sqlite.endless_write))
    reading = asyncio.create_task(database.query(sqlite.endless))
    waiting = asyncio.create_task(database.query(sqlite.read))
    await asyncio.wait({task, reading}, timeout=0.05)
    await sqlite.target.close()
    for stopped in (task, reading):
        with pytest.raises(Interrupted):
            await stopped
    with pytest.raises(Unreachable, match="was closed"):
        await waiting
    with pytest.raises(Unreachable, match="was closed"):
        await database.query(sqlite.read)


@pytest.mark.parametrize(
    "sql",
    [
        *("COMMIT", "ROLLBACK", "SAVEPOINT a", "ATTACH 'other.db' AS other", "DROP TABLE runbook_ledger"),
        *(
            "PRAGMA application_id = 7",
            "DELETE FROM runbook_ledger",
            "UPDATE runbook_lease SET epoch = 9",
            "ALTER TABLE runbook_lease RENAME TO x",
            "CREATE UNIQUE INDEX x ON runbook_ledger (run)",
            "CREATE TRIGGER x AFTER INSERT ON runbook_ledger BEGIN DELETE FROM things; END",
            "CREATE TEMP TRIGGER x AFTER INSERT ON runbook_ledger BEGIN DELETE FROM things; END",
            "CREATE TEMP TABLE runbook_ledger (run, step)",
            "CREATE TEMP VIEW Runbook_Lease AS SELECT 1",
        ),
    ],
)
async def test_a_step_cannot_get_out_of_its_transaction(sqlite: SqliteBench, sql: str) -> None:
    database = await held(sqlite)
    with pytest.raises(DatabaseError, match="may not end its transaction"):
        await execute(database, sqlite.add_one, sql)
    assert sqlite.things() == []
    assert await database.attempt(sql) == "not authorized"


@pytest.mark.parametrize(
    "sql",
    [
        *("INSERT INTO things VALUES (1, 2)", "CREATE TEMP TABLE t (a)", "ATTACH 'other.db' AS other", "BEGIN"),
        *("PRAGMA query_only = OFF", "PRAGMA user_version = 3", "PRAGMA wal_checkpoint", "VACUUM INTO 'copy.db'"),
        "WITH x AS (SELECT 1) DELETE FROM things",
    ],
)
async def test_a_query_does_nothing_but_read(sqlite: SqliteBench, sql: str) -> None:
    database = await held(sqlite)
    with pytest.raises(DatabaseError, match="only read"):
        await database.query(sql)


@pytest.mark.parametrize(
    "sql",
    [
        *("SELECT value FROM json_each('[1]')", "PRAGMA table_info(things)", "PRAGMA journal_mode", "VALUES (1)"),
        *("SELECT * FROM pragma_table_info('things')", "EXPLAIN QUERY PLAN SELECT * FROM things"),
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT * FROM n",
    ],
)
async def test_a_query_may_read_in_every_way(sqlite: SqliteBench, sql: str) -> None:
    assert (await (await held(sqlite)).query(sql)).rows


@pytest.mark.parametrize("sql", ["SELECT 1; SELECT 2", "SELECT '\ud800'", "SELECT ?", "SELEC 1", "SELECT 'a\0'"])
async def test_what_sqlite_does_not_take_is_an_error_in_a_line(sqlite: SqliteBench, sql: str) -> None:
    database = await held(sqlite)
    with pytest.raises(DatabaseError):
        await database.query(sql)
    with pytest.raises(DatabaseError):
        await execute(database, sql)


async def test_the_rows_that_a_statement_changed_are_counted(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    async with database.transaction(completes=True) as transaction:
        assert await transaction.execute("INSERT INTO things (id) VALUES (1), (2), (3) RETURNING id") == 3
        assert await transaction.execute("WITH x AS (SELECT 1) UPDATE things SET name = 'x' WHERE id > 1") == 2
        assert await transaction.execute("WITH x AS (SELECT 1) DELETE FROM things WHERE id > 9") == 0
        assert await transaction.execute("CREATE INDEX by_name ON things (name)") == -1
        assert await transaction.execute("SELECT 1") == -1


async def test_no_setting_and_no_temporary_table_is_left_to_the_next_transaction(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    await execute(database, "PRAGMA legacy_alter_table = ON", "CREATE TEMP TABLE mine (a)")
    async with database.transaction(completes=True) as transaction:
        assert (await transaction.fetch("PRAGMA legacy_alter_table")).rows == ((0,),)
        assert (await transaction.fetch("SELECT name FROM temp.sqlite_master")).rows == ()


async def test_a_statement_alone_that_opens_a_transaction_is_taken_back(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    with pytest.raises(DatabaseError, match="began a transaction"):
        await database.execute_alone("BEGIN")
    assert await database.entry() is None
    await execute(database, sqlite.add_one)


async def test_a_statement_alone_that_fails_is_not_in_the_ledger(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    with pytest.raises(DatabaseError, match="unable to identify"):
        await database.execute_alone("REINDEX nowhere")
    assert await database.entry() is None


async def test_what_is_set_alone_is_set_in_the_file(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    await database.execute_alone("PRAGMA user_version = 7")
    assert sqlite.outside("PRAGMA user_version") == [(7,)]
    assert (await entry(database)).applied_at


async def test_a_name_that_is_not_there_is_never_taken_for_a_string(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    with pytest.raises(DatabaseError, match="no such column"):
        await database.query(f"SELECT {await database.quote('nmae')} FROM things")
    with pytest.raises(DatabaseError, match="no such column"):
        await database.checksum("things", ["nmae"])


async def test_text_that_is_not_utf_8_can_be_read(sqlite: SqliteBench) -> None:
    database = await held(sqlite)
    assert (await database.query("SELECT CAST(x'61ff' AS TEXT)")).rows == (("a\\xff",),)


async def test_a_target_is_opened_by_its_url(sqlite: SqliteBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(sqlite.path.parent)
    for url in ("sqlite:shop.db", f"sqlite:{sqlite.path}", f"sqlite://{sqlite.path}", f"SQLITE:///{sqlite.path}"):
        target = await databases.open_target(url)
        assert (await target.identity()).label == str(sqlite.path)
        await target.close()
