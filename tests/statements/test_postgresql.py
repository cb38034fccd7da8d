"""What PostgreSQL's statements are: verb, kind, table, transaction, and whether they can be executed again."""

import pytest

from console.core.errors import RunbookError
from console.statements import Statement, effects, split
from console.statements.engines import known


def one(sql: str) -> Statement:
    (statement,) = split(sql, engine="postgresql")
    return statement


@pytest.mark.parametrize(
    ("sql", "verb", "kind", "table"),
    [
        ("select 1", "SELECT", "query", ""),
        ("VALUES (1)", "VALUES", "query", ""),
        ("TABLE t", "SELECT", "query", ""),
        ("SHOW work_mem", "SHOW", "query", ""),
        ("EXPLAIN DELETE FROM t", "EXPLAIN", "query", ""),
        ("EXPLAIN (ANALYZE off) DELETE FROM t", "EXPLAIN", "query", ""),
        ("EXPLAIN ANALYZE DELETE FROM t", "EXPLAIN ANALYZE", "write", ".t"),
        ("SELECT * FROM t FOR UPDATE", "SELECT FOR UPDATE", "write", ""),
        ("SELECT * INTO s.u FROM t", "SELECT INTO", "schema", "s.u"),
        ("WITH gone AS (DELETE FROM s.t RETURNING *) SELECT * FROM gone", "WITH DELETE", "write", "s.t"),
        ("WITH a AS (SELECT 1) UPDATE t SET x = 1", "UPDATE", "write", ".t"),
        ('INSERT INTO "S"."a b" VALUES (1)', "INSERT", "write", "S.a b"),
        ("MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE", "MERGE", "write", ".t"),
        ("COPY t FROM '/x'", "COPY FROM", "write", ".t"),
        ("CREATE TABLE IF NOT EXISTS T (a int)", "CREATE TABLE", "schema", ".t"),
        ("CREATE TABLE t AS SELECT 1", "CREATE TABLE AS", "schema", ".t"),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1", "CREATE MATERIALIZED VIEW", "schema", ""),
        ("CREATE UNIQUE INDEX i ON s.t (a)", "CREATE INDEX", "schema", "s.t"),
        ("CREATE INDEX CONCURRENTLY i ON t (a)", "CREATE INDEX CONCURRENTLY", "schema", ".t"),
        ("ALTER TABLE t ADD a int", "ALTER TABLE ADD COLUMN", "schema", ".t"),
        ("ALTER TABLE t ADD a int, DROP b", "ALTER TABLE ADD COLUMN, DROP COLUMN", "schema", ".t"),
        ("ALTER TABLE t RENAME a TO b", "ALTER TABLE RENAME COLUMN", "schema", ".t"),
        ("ALTER TABLE t RENAME TO u", "ALTER TABLE RENAME", "schema", ".t"),
        ("ALTER TABLE t DISABLE TRIGGER ALL", "ALTER TABLE DISABLE TRIGGER ALL", "schema", ".t"),
        ("ALTER INDEX i RENAME TO j", "ALTER INDEX RENAME", "schema", ""),
        ("ALTER TABLE p DETACH PARTITION c CONCURRENTLY", "ALTER TABLE DETACH PARTITION CONCURRENTLY", "schema", ".p"),
        ("DROP TABLE s.t, u", "DROP TABLE", "schema", "s.t"),
        ("DROP TRIGGER g ON s.t", "DROP TRIGGER", "schema", "s.t"),
        ("DROP INDEX CONCURRENTLY i", "DROP INDEX CONCURRENTLY", "schema", ""),
        ("ALTER TYPE mood ADD VALUE 'x'", "ALTER TYPE ADD VALUE", "schema", ""),
        ("TRUNCATE t", "TRUNCATE", "schema", ".t"),
        ("GRANT SELECT ON t TO public", "GRANT", "schema", ""),
        ("CREATE EXTENSION citext", "CREATE EXTENSION", "schema", ""),
        ("CREATE FUNCTION f() RETURNS int RETURN 1", "CREATE FUNCTION", "schema", ""),
        ("SET lock_timeout = '2s'", "SET lock_timeout", "setting", ""),
        ("SET LOCAL search_path = a", "SET LOCAL search_path", "setting", ""),
        ("RESET ALL", "RESET ALL", "setting", ""),
        ("DISCARD ALL", "DISCARD ALL", "setting", ""),
        ("BEGIN", "BEGIN", "transaction", ""),
        ("START TRANSACTION READ ONLY", "START", "transaction", ""),
        ("END", "COMMIT", "transaction", ""),
        ("ROLLBACK TO a", "ROLLBACK TO", "transaction", ""),
        ("PREPARE TRANSACTION 'x'", "PREPARE", "transaction", ""),
        ("SET TRANSACTION READ ONLY", "SET TRANSACTION", "transaction", ""),
        ("VACUUM t", "VACUUM", "maintenance", ".t"),
        ("VACUUM (FULL) t", "VACUUM FULL", "maintenance", ".t"),
        ("ANALYZE", "ANALYZE", "maintenance", ""),
        ("REINDEX (CONCURRENTLY) TABLE t", "REINDEX TABLE CONCURRENTLY", "maintenance", ".t"),
        ("CALL f()", "CALL", "unknown", ""),
        ("DO $$ begin end $$", "DO", "unknown", ""),
    ],
)
def test_a_statement_is_recognised(sql: str, verb: str, kind: str, table: str) -> None:
    statement = one(sql)
    assert (statement.verb, statement.kind) == (verb, kind)
    assert table in ("", f"{statement.schema}.{statement.table}")
    assert bool(statement.table) == bool(table)


ALONE = [
    *("CREATE INDEX CONCURRENTLY i ON t (a)", "DROP INDEX CONCURRENTLY i", "REINDEX INDEX CONCURRENTLY i"),
    *("REINDEX DATABASE d", "REINDEX SYSTEM d", "REINDEX SCHEMA s", "VACUUM", "VACUUM FULL t", "CLUSTER"),
    *("CREATE DATABASE d", "DROP DATABASE d", "ALTER DATABASE d SET TABLESPACE x", "ALTER SYSTEM SET work_mem = 1"),
    *("CREATE TABLESPACE x LOCATION '/x'", "DROP TABLESPACE x", "DISCARD ALL"),
    "ALTER TABLE p DETACH PARTITION c CONCURRENTLY",
    "CREATE SUBSCRIPTION s CONNECTION 'host=x' PUBLICATION p",
    *("ALTER SUBSCRIPTION s REFRESH PUBLICATION", "ALTER SUBSCRIPTION s SET PUBLICATION p", "DROP SUBSCRIPTION s"),
    *("CALL f()", "DO $$ begin commit; end $$", "DO $$ begin perform 'x'; ROLLBACK AND CHAIN; end $$"),
]
TOGETHER = [
    *("CREATE INDEX i ON t (a)", "DROP INDEX i", "REINDEX TABLE t", "CLUSTER t USING i", "ANALYZE", "TRUNCATE t"),
    *("ALTER TYPE mood ADD VALUE 'x'", "ALTER TABLE p DETACH PARTITION c FINALIZE", "DISCARD PLANS"),
    *(
        "ALTER DATABASE d SET work_mem = '1MB'",
        "ALTER TABLESPACE x RENAME TO y",
        "ALTER TABLESPACE pg_default SET (seq_page_cost = 2)",
    ),
    "CREATE SUBSCRIPTION s CONNECTION 'host=x' PUBLICATION p WITH (connect = false)",
    "ALTER SUBSCRIPTION s SET PUBLICATION p WITH (refresh = false)",
    *(
        "DO $$ begin perform 'commit'; -- commit\n end $$",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
        "SET work_mem = 1",
    ),
]


@pytest.mark.parametrize("sql", ALONE)
def test_what_cannot_be_in_a_transaction_says_so(sql: str) -> None:
    assert not one(sql).transactional
    assert not effects(one(sql), engine="postgresql").transactional


@pytest.mark.parametrize("sql", TOGETHER)
def test_what_can_be_in_a_transaction_says_so(sql: str) -> None:
    assert one(sql).transactional


def test_a_new_value_of_an_enumeration_cannot_be_used_in_its_own_step() -> None:
    assert "cannot be used in this step" in effects(one("ALTER TYPE mood ADD VALUE 'x'"), engine="postgresql").words


@pytest.mark.parametrize(
    "sql",
    [
        *("SELECT count(*) FROM t", "SELECT 1", "VACUUM", "ANALYZE t", "REINDEX TABLE CONCURRENTLY t", "SHOW ALL"),
        *("SET lock_timeout = 1", "REFRESH MATERIALIZED VIEW v", "SELECT 1 FROM t FOR SHARE", "LOCK TABLE t"),
    ],
)
def test_what_leaves_nothing_to_undo_is_repeatable(sql: str) -> None:
    assert one(sql).repeatable


@pytest.mark.parametrize(
    "sql",
    [
        *("SELECT setval('s', 1)", "SELECT (create_hypertable('t', 'at')).x", "CREATE TABLE t (a int)", "CALL f()"),
        *("WITH x AS (INSERT INTO t VALUES (1) RETURNING a) SELECT a FROM x", "EXPLAIN ANALYZE DELETE FROM t"),
    ],
)
def test_what_changes_something_or_may_is_not_repeatable(sql: str) -> None:
    assert not one(sql).repeatable


@pytest.mark.parametrize("sql", ["COPY t FROM STDIN", "COPY t TO STDOUT", "COPY (SELECT 1) TO STDOUT"])
def test_rows_do_not_flow_between_client_and_server(sql: str) -> None:
    with pytest.raises(RunbookError, match=r"Line 2: COPY .* — write INSERT, or run psql in a shell step"):
        split(f"SELECT 1;\n{sql}", engine="postgresql")


def test_the_engine_is_found_by_its_package() -> None:
    assert "postgresql" in known()
