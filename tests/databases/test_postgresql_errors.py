"""What a person is told when PostgreSQL says no: what it was and the way out, and never what a row holds."""

import asyncio
import os
import re
from pathlib import Path

import psycopg
import pytest

from console import databases
from console.core.errors import DatabaseError, Interrupted, RunbookConsoleError, RunbookError, Unreachable
from tests.databases.acts import execute, held
from tests.databases.benches import LEASE, PostgresqlBench, ticket

EMAIL = "joe@example.org"
SETUP = """
CREATE TABLE people (id int PRIMARY KEY, email text UNIQUE, age int CHECK (age > 0), day text, doc text,
    short varchar(40));
INSERT INTO people VALUES (1, 'joe@example.org', 1, 'joe@example.org', 'joe@example.org', 'x');
CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the address % is taken', OLD.email USING DETAIL = OLD.email, HINT = OLD.email; END $$;
CREATE FUNCTION plain() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'people must not go'; END $$;
CREATE TRIGGER guard BEFORE UPDATE OF doc ON people FOR EACH ROW EXECUTE FUNCTION guard();
CREATE TRIGGER plain BEFORE DELETE ON people FOR EACH ROW EXECUTE FUNCTION plain();
CREATE TABLE slots (during int4range, who text, EXCLUDE USING gist (during WITH &&));
INSERT INTO slots VALUES ('[1,9)', 'joe@example.org');
"""


@pytest.fixture
async def people(postgresql: PostgresqlBench) -> PostgresqlBench:
    postgresql.outside(SETUP)
    return postgresql


REFUSED = (
    (
        "INSERT INTO people (id, email) SELECT 2, email FROM people",
        "duplicate key value violates unique constraint",
    ),
    ("ALTER TABLE people ADD FOREIGN KEY (email) REFERENCES people (day)", "no unique constraint matching"),
    ("UPDATE people SET age = -1", "violates check constraint"),
    ("ALTER TABLE people ALTER COLUMN email TYPE int USING email::int", "invalid input syntax for type integer: …"),
    ("SELECT email::date FROM people", "invalid input syntax for type date: …"),
    ("SELECT email::uuid FROM people", "invalid input syntax for type uuid: …"),
    ("SELECT doc::json FROM people", "invalid input syntax for type json"),
    ("SELECT (id::text || '99999999999999')::int FROM people", r"value … \(15 characters .* out of range"),
    ("SELECT convert_from(convert_to(email, 'UTF8') || '\\xff', 'UTF8') FROM people", 'encoding "UTF8": …'),
    ("SELECT now() AT TIME ZONE day FROM people", "time zone …"),
    ("SELECT to_timestamp(day, 'YYYY') FROM people", "22007"),
    ("UPDATE people SET short = repeat(email, 9)", "value too long"),
    ("UPDATE people SET doc = 'x'", "the address … is taken"),
    ("INSERT INTO slots VALUES ('[2,3)', 'x')", "conflicting key value violates exclusion constraint"),
)


async def test_no_row_is_in_an_error(people: PostgresqlBench) -> None:
    database = await held(people)
    for sql, told in REFUSED:
        with pytest.raises(DatabaseError, match=told) as refused:
            await execute(database, sql)
        for secret in (EMAIL, "199999999999999", "0xff"):
            assert secret not in str(refused.value)
        assert EMAIL not in (await database.attempt(sql) or "")


async def test_what_the_statement_says_itself_and_a_trigger_always_says_is_told(people: PostgresqlBench) -> None:
    database = await held(people)
    for sql, told in (
        ("SELECT 'O''Hara'::int", 'invalid input syntax for type integer: "O\'Hara"'),
        ("SELECT * FROM nowhere", 'relation "nowhere" does not exist'),
        ("SELECT emial FROM people", "Perhaps you meant to reference the column"),
        ("DO $$ BEGIN RAISE EXCEPTION 'not today'; END $$", "not today"),
        ("DELETE FROM people", "people must not go"),
        ("SELECT 1/0", "division by zero"),
    ):
        with pytest.raises(DatabaseError) as refused:
            await execute(database, sql)
        assert told in str(refused.value)


async def refused_by(url: str) -> RunbookConsoleError:
    with pytest.raises((Unreachable, RunbookError)) as refused:
        await databases.open_target(url)
    assert refused.value.remedy
    assert "s3cret" not in str(refused.value)
    return refused.value


async def test_who_is_not_let_in_is_told_why_and_what_to_do(postgresql: PostgresqlBench, tmp_path: Path) -> None:
    server = postgresql.server
    for url, told in (
        (server.url("nowhere"), r"nowhere.*does not exist.*a run never does"),
        (server.url(user="nobody:s3cret"), r"nobody.*does not exist.*~/\.pgpass"),
        (f"{server.url()}?sslmode=require", r"SSL.*sslmode"),
        (f"{server.url()}?sslmode=verify-full&sslrootcert={tmp_path / 'none.crt'}", r"SSL.*sslrootcert"),
        (server.url(port=1), "check host, port and firewall"),
        ("postgresql://nobody:s3cret@host.invalid/app", "check host, port and firewall"),
        ("postgresql:service=nowhere", r"PGSERVICEFILE|libpq can read"),
        ("postgresql:password=s3cret nonsense", "libpq can read"),
        ("postgresql://op:s3cret@[::1/app", "libpq can read"),
        ("postgresql://op:s3cret@db1/app?nonsense=1", "libpq can read"),
    ):
        assert re.search(told, str(await refused_by(url)))


async def test_a_password_that_is_wrong_is_not_told(postgresql: PostgresqlBench) -> None:
    server = postgresql.server
    hba = server.data / "pg_hba.conf"
    before = hba.read_text(encoding="utf-8")
    server.execute("CREATE ROLE guarded LOGIN PASSWORD 'right'")
    hba.write_text(f"host all guarded 127.0.0.1/32 scram-sha-256\n{before}", encoding="utf-8")
    server.execute("SELECT pg_reload_conf()")
    refused = await refused_by(server.url(user="guarded:s3cret"))
    assert "password authentication failed" in refused.message
    assert "~/.pgpass" in refused.remedy
    hba.write_text(before, encoding="utf-8")
    server.execute("SELECT pg_reload_conf()")
    server.execute("DROP ROLE guarded")


async def test_too_many_connections_are_told(postgresql: PostgresqlBench) -> None:
    postgresql.server.execute("CREATE ROLE busy LOGIN CONNECTION LIMIT 0")
    refused = await refused_by(postgresql.server.url(postgresql.database, user="busy"))
    assert "too many connections" in refused.message
    assert "idle" in refused.remedy
    postgresql.server.execute("DROP ROLE busy")


async def test_what_a_role_may_not_do_is_told_with_the_way_out(postgresql: PostgresqlBench) -> None:
    server = postgresql.server
    server.execute("CREATE ROLE weak LOGIN")
    target = await databases.open_target(server.url(postgresql.database, user="weak"))
    with pytest.raises(DatabaseError, match=r"permission denied for schema public.*GRANT|permission denied"):
        await target.claim(LEASE)
    database = target.bind(ticket(), await target.identity())
    with pytest.raises(DatabaseError, match=r"permission denied for table things.*GRANT"):
        await database.query(postgresql.read)
    await target.close()
    postgresql.outside("GRANT CREATE ON SCHEMA public TO weak")
    target = await databases.open_target(server.url(postgresql.database, user="weak"))
    database = target.bind(ticket(epoch=await target.claim(LEASE)), await target.identity())
    with pytest.raises(DatabaseError, match=r"must be owner of table things.*connect as the owner"):
        await execute(database, "ALTER TABLE things ADD COLUMN size int")
    postgresql.outside("ALTER ROLE weak SET default_transaction_read_only = on")
    second = await databases.open_target(server.url(postgresql.database, user="weak"))
    with pytest.raises(DatabaseError, match=r"read-only transaction.*ALTER ROLE"):
        await second.claim(LEASE)
    for each in (target, second):
        await each.close()
    postgresql.outside("DROP OWNED BY weak")
    server.execute("DROP ROLE weak")


async def test_locks_deadlocks_and_time_outs_are_told_with_the_way_out(postgresql: PostgresqlBench) -> None:
    postgresql.outside("INSERT INTO things VALUES (1, 'one'), (2, 'two')")
    database = await held(postgresql)
    with psycopg.connect(postgresql.url) as other:
        other.execute("SELECT * FROM things")
        with pytest.raises(DatabaseError, match=r"lock timeout.*let who holds it finish"):
            await execute(database, "SET lock_timeout = '20ms'", "ALTER TABLE things ADD COLUMN size int")
    with pytest.raises(DatabaseError, match=r"statement timeout.*raise statement_timeout") as refused:
        await execute(database, "SET statement_timeout = '20ms'", "SELECT pg_sleep(600)")
    assert not isinstance(refused.value, Interrupted)
    with pytest.raises(DatabaseError, match=r"could not serialize|deadlock detected.*try again"):
        await deadlocked(postgresql)
    postgresql.outside("ALTER DATABASE " + postgresql.database + " SET statement_timeout = '50ms'")
    second = await postgresql.second()
    with pytest.raises(DatabaseError, match=r"statement timeout"):
        await second.bind(ticket(), await second.identity()).attempt("SELECT pg_sleep(600)")
    await second.close()


async def deadlocked(bench: PostgresqlBench) -> None:
    """Lock 1 then 2, while somebody else locks 2 then 1 and is patient."""
    database = bench.target.bind(ticket(), await bench.target.identity())
    async with await psycopg.AsyncConnection.connect(bench.url) as other:
        await other.execute("SET deadlock_timeout = '1h'")
        await other.execute("UPDATE things SET name = 'x' WHERE id = 2")
        async with database.transaction(completes=True) as transaction:
            await transaction.execute("SET deadlock_timeout = '10ms'")
            await transaction.execute("UPDATE things SET name = 'y' WHERE id = 1")
            waiting = asyncio.create_task(other.execute("UPDATE things SET name = 'x' WHERE id = 1"))
            while not bench.outside("SELECT 1 FROM pg_locks WHERE NOT granted"):
                await asyncio.sleep(0)
            try:
                await transaction.execute("UPDATE things SET name = 'y' WHERE id = 2")
            finally:
                waiting.cancel()
                await asyncio.wait({waiting})


async def test_somebody_elses_cancel_is_no_cancel_of_ours(postgresql: PostgresqlBench) -> None:
    database = await held(postgresql)
    task = asyncio.create_task(execute(database, postgresql.add_one, "SELECT pg_sleep(600)"))
    end = (
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)' AND state = 'active'"
    )
    while not postgresql.outside(end):
        await asyncio.sleep(0)
    with pytest.raises(DatabaseError, match="ask who cancelled it") as refused:
        await task
    assert not isinstance(refused.value, Interrupted)


async def test_connections_are_found_as_libpq_finds_them(
    postgresql: PostgresqlBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = postgresql.server
    services = tmp_path / "services.conf"
    text = f"[shop]\nhost=127.0.0.1\nport={server.port}\nuser=postgres\ndbname={postgresql.database}\n"
    services.write_text(text, encoding="utf-8")
    monkeypatch.setenv("PGSERVICEFILE", os.fspath(services))
    for name, value in (("PGHOST", os.fspath(server.folder)), ("PGPORT", str(server.port)), ("PGUSER", "postgres")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PGDATABASE", postgresql.database)
    for url, label in (
        ("postgres://?service=shop", f"127.0.0.1:{server.port}/{postgresql.database}"),
        ("postgresql:service=shop", f"127.0.0.1:{server.port}/{postgresql.database}"),
        ("postgresql://?service=shop", f"127.0.0.1:{server.port}/{postgresql.database}"),
        (f"postgresql:host={server.folder}", f"{server.folder}:{server.port}/{postgresql.database}"),
        ("postgresql:", f"{server.folder}:{server.port}/{postgresql.database}"),
    ):
        target = await databases.open_target(url)
        assert (await target.identity()).label == label
        await target.close()
