"""Servers agree on what can be in a transaction."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors

from tests.servers.postgresql import BINARIES, server
from tests.statements.test_postgresql import ALONE, TOGETHER

pytestmark = pytest.mark.slow

SCHEMA = [
    "CREATE SCHEMA s",
    "CREATE TABLE t (a int)",
    "CREATE INDEX i ON t (a)",
    "CREATE TABLE p (a int) PARTITION BY LIST (a)",
    "CREATE TABLE c PARTITION OF p FOR VALUES IN (1)",
    "CREATE TYPE mood AS ENUM ('a')",
    "CREATE PROCEDURE f() LANGUAGE plpgsql AS 'begin commit; end'",
    "CREATE SUBSCRIPTION sub CONNECTION 'host=x' PUBLICATION p WITH (connect = false, slot_name = 'slot')",
]
REFUSED = (errors.ActiveSqlTransaction, errors.InvalidTransactionTermination)


@pytest.fixture(scope="module", params=BINARIES)
def connection(request: pytest.FixtureRequest) -> Iterator[psycopg.Connection]:
    postgresql = server(request.param)
    database = postgresql.create()
    with psycopg.connect(postgresql.url(database)) as found:
        for sql in SCHEMA:
            found.execute(sql)
        found.commit()
        yield found
        found.rollback()
        found.execute("ALTER SUBSCRIPTION sub SET (slot_name = NONE)")
        found.execute("DROP SUBSCRIPTION sub")
        found.commit()
    postgresql.drop(database)


@pytest.mark.parametrize("sql", [sql for sql in ALONE if "ALTER SUBSCRIPTION" not in sql])
def test_a_server_refuses_in_a_transaction_what_must_be_alone(connection: psycopg.Connection, sql: str) -> None:
    """A subscription is altered on no server: it would have to be enabled, and so reach another one."""
    connection.execute("SELECT 1")
    try:
        with pytest.raises(REFUSED):
            connection.execute(sql.replace("SUBSCRIPTION s", "SUBSCRIPTION sub").encode())
    finally:
        connection.rollback()


@pytest.mark.parametrize("sql", TOGETHER)
def test_a_server_takes_in_a_transaction_what_can_be_in_one(connection: psycopg.Connection, sql: str) -> None:
    connection.execute("SELECT 1")
    try:
        connection.execute(sql.encode())
        told: psycopg.Error | None = None
    except psycopg.Error as error:
        told = error
    connection.rollback()
    # It may name what is not there, but not the transaction.
    assert not isinstance(told, REFUSED)
