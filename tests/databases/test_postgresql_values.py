"""What goes to PostgreSQL and comes back: values, bytes, counts, names and digests."""

import hashlib
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from console.core.errors import DatabaseError
from tests.databases.acts import execute, held
from tests.databases.benches import PostgresqlBench, ticket


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
async def test_what_is_no_text_is_refused_before_it_is_sent(latest: PostgresqlBench, value: str) -> None:
    database = await held(latest)
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
async def test_names_may_be_anything(latest: PostgresqlBench, name: str) -> None:
    database = await held(latest)
    table, column = await database.quote(name), await database.quote(name)
    await execute(database, f"CREATE TABLE {table} ({column} int PRIMARY KEY, other int)")
    assert (await database.ask("key_columns", table=name)).rows == ((name,),)
    assert (await database.ask("column", table=name, column=name)).rows == ((name, False, "integer"),)
    assert (await database.ask("object", kind="table", name=name)).rows == (("table", name),)
    assert await database.checksum(name, (name,))
