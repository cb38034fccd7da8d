"""What SQLite's statements are, what they lock and how one can tell that they happened."""

import pytest

from console.statements import Probe, Statement, effects, probes, split
from console.statements.engines import known


def one(sql: str) -> Statement:
    (statement,) = split(sql, engine="sqlite")
    return statement


@pytest.mark.parametrize(
    ("sql", "verb", "kind", "table"),
    [
        ("select 1", "SELECT", "query", ""),
        ("VALUES (1)", "VALUES", "query", ""),
        ("EXPLAIN QUERY PLAN DELETE FROM t", "EXPLAIN", "query", ""),
        ("WITH a AS (SELECT 1), b AS (DELETE) SELECT * FROM a", "SELECT", "query", ""),
        ("WITH a AS (SELECT 1) UPDATE t SET x = 1", "UPDATE", "write", "t"),
        ("INSERT OR IGNORE INTO main.[a b] VALUES (1)", "INSERT", "write", "a b"),
        ("REPLACE INTO t VALUES (1)", "REPLACE", "write", "t"),
        ("UPDATE OR ROLLBACK t SET x = 1", "UPDATE", "write", "t"),
        ('DELETE FROM "a""b"', "DELETE", "write", 'a"b'),
        ("CREATE TABLE IF NOT EXISTS t (a)", "CREATE TABLE", "schema", "t"),
        ("CREATE TABLE t AS SELECT 1", "CREATE TABLE AS", "schema", "t"),
        ("CREATE VIRTUAL TABLE t USING fts5(a)", "CREATE TABLE", "schema", "t"),
        ("CREATE UNIQUE INDEX i ON t (a)", "CREATE INDEX", "schema", "t"),
        ("CREATE TEMP VIEW v AS SELECT 1", "CREATE VIEW", "schema", ""),
        ("CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END", "CREATE TRIGGER", "schema", "t"),
        ("ALTER TABLE t ADD a int", "ALTER TABLE ADD COLUMN", "schema", "t"),
        ("ALTER TABLE t ADD COLUMN a int", "ALTER TABLE ADD COLUMN", "schema", "t"),
        ("ALTER TABLE t DROP a", "ALTER TABLE DROP COLUMN", "schema", "t"),
        ("ALTER TABLE t RENAME a TO b", "ALTER TABLE RENAME COLUMN", "schema", "t"),
        ("ALTER TABLE t RENAME TO u", "ALTER TABLE RENAME", "schema", "t"),
        ("ALTER TABLE t DROP CONSTRAINT c", "ALTER TABLE DROP", "schema", "t"),
        ("DROP INDEX IF EXISTS i", "DROP INDEX", "schema", ""),
        ("BEGIN IMMEDIATE", "BEGIN", "transaction", ""),
        ("END", "END", "transaction", ""),
        ("SAVEPOINT a", "SAVEPOINT", "transaction", ""),
        ("ATTACH 'x' AS y", "ATTACH", "setting", ""),
        ("PRAGMA journal_mode", "PRAGMA journal_mode", "query", ""),
        ("PRAGMA foreign_key_check(t)", "PRAGMA foreign_key_check", "query", ""),
        ("PRAGMA main.journal_mode = WAL", "PRAGMA journal_mode", "setting", ""),
        ("PRAGMA optimize", "PRAGMA optimize", "maintenance", ""),
        ("VACUUM", "VACUUM", "maintenance", ""),
        ("ANALYZE t", "ANALYZE", "maintenance", ""),
        ("REINDEX", "REINDEX", "maintenance", ""),
        ("FROBNICATE", "FROBNICATE", "unknown", ""),
    ],
)
def test_a_statement_is_recognised(sql: str, verb: str, kind: str, table: str) -> None:
    statement = one(sql)
    assert (statement.verb, statement.kind, statement.table) == (verb, kind, table)


@pytest.mark.parametrize(
    "sql",
    [
        *("VACUUM", "BEGIN", "COMMIT", "ROLLBACK", "RELEASE a", "ATTACH 'x' AS y", "DETACH y"),
        *("PRAGMA journal_mode = WAL", "PRAGMA foreign_keys(off)", "PRAGMA wal_checkpoint(TRUNCATE)"),
    ],
)
def test_what_cannot_be_in_a_transaction_says_so(sql: str) -> None:
    assert not one(sql).transactional


@pytest.mark.parametrize("sql", ["ALTER TABLE t ADD a", "UPDATE t SET a = 1", "REINDEX", "PRAGMA user_version = 3"])
def test_what_a_rollback_takes_back_says_so(sql: str) -> None:
    assert one(sql).transactional


@pytest.mark.parametrize("sql", ["VACUUM", "ANALYZE", "REINDEX", "PRAGMA optimize", "SELECT 1", "PRAGMA user_version"])
def test_what_leaves_nothing_to_undo_is_repeatable(sql: str) -> None:
    assert one(sql).repeatable


@pytest.mark.parametrize("sql", ["CREATE TABLE t (a)", "INSERT INTO t VALUES (1)", "PRAGMA user_version = 3", "HUH"])
def test_what_changes_something_is_not_repeatable(sql: str) -> None:
    assert not one(sql).repeatable


@pytest.mark.parametrize(
    ("sql", "work", "lock"),
    [
        ("SELECT 1", "rows", "nothing"),
        ("UPDATE t SET a = 1", "rows", "one write lock"),
        ("ALTER TABLE t ADD a int", "none", "one write lock"),
        ("ALTER TABLE t ADD a int CHECK (a > 0)", "scan", "one write lock"),
        ("ALTER TABLE t ADD a int NOT NULL AS (b + 1)", "scan", "one write lock"),
        ("ALTER TABLE t ADD a int NOT NULL DEFAULT 0", "none", "one write lock"),
        ("ALTER TABLE t DROP a", "rewrite", "one write lock"),
        ("CREATE INDEX i ON t (a)", "build", "one write lock"),
        ("DROP TABLE t", "scan", "one write lock"),
        ("VACUUM", "rewrite", "readers and writers wait"),
        ("PRAGMA optimize", "scan", "one write lock"),
        ("HUH", "rows", "one write lock"),
    ],
)
def test_the_effects_of_a_statement_are_told(sql: str, work: str, lock: str) -> None:
    found = effects(one(sql), engine="sqlite")
    assert found.work == work
    assert lock in found.lock
    assert found.words


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("PRAGMA journal_mode = WAL", "the file keeps"),
        ("PRAGMA user_version = 3", "the file keeps"),
        ("PRAGMA foreign_keys = OFF", "no later step"),
        ("ATTACH 'x' AS y", "no later step"),
    ],
)
def test_a_setting_says_how_long_it_holds(sql: str, words: str) -> None:
    assert words in effects(one(sql), engine="sqlite").words


def test_probes_tell_what_is_there_and_what_is_gone() -> None:
    def asked(sql: str) -> list[tuple[str, str, str]]:
        return [(each.purpose, ".".join(each.parameters.values()), each.expected) for each in found(sql)]

    def found(sql: str) -> tuple[Probe, ...]:
        return probes(one(sql), engine="sqlite")

    assert asked("ALTER TABLE main.t ADD a int") == [("column", "t.a", "present")]
    assert asked("ALTER TABLE t DROP COLUMN [a b]") == [("column", "t.a b", "absent")]
    assert asked("ALTER TABLE t RENAME COLUMN a TO b") == [
        ("column", "t.b", "present"),
        ("column", "t.a", "absent"),
    ]
    assert asked("ALTER TABLE t RENAME TO u") == [
        ("object", "table.u", "present"),
        ("object", "table.t", "absent"),
    ]
    assert asked("CREATE UNIQUE INDEX IF NOT EXISTS i ON t (a)") == [("index", "i", "present")]
    assert asked("DROP INDEX IF EXISTS main.i") == [("index", "i", "absent")]
    assert asked("CREATE TABLE t AS SELECT 1") == [("object", "table.t", "present")]
    assert asked("DROP VIEW v") == [("object", "view.v", "absent")]
    assert asked("UPDATE t SET a = 1") == []


def test_engines_are_found_by_the_folder() -> None:
    assert "sqlite" in known()
