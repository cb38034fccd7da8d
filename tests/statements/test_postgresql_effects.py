"""What PostgreSQL's statements lock and cost where nothing was measured, and how one can tell that they happened."""

import pytest

from console.statements import Effects, effects, probes, split


def weighed(sql: str) -> Effects:
    (statement,) = split(sql, engine="postgresql")
    return effects(statement, engine="postgresql")


@pytest.mark.parametrize(
    ("sql", "lock", "work", "certain"),
    [
        ("SELECT 1 FROM t", "AccessShareLock", "rows", True),
        ("SELECT 1 FROM t FOR UPDATE", "RowShareLock", "rows", True),
        ("UPDATE s.t SET a = 1", "RowExclusiveLock on s.t", "rows", True),
        ("EXPLAIN ANALYZE UPDATE t SET a = 1", "RowExclusiveLock on t", "rows", True),
        ("ALTER TABLE t ADD a int", "AccessExclusiveLock on t: readers and writers wait", "none", True),
        ("ALTER TABLE t ADD a timestamptz DEFAULT now() NOT NULL", "AccessExclusiveLock on t", "none", True),
        ("ALTER TABLE t ADD a uuid DEFAULT uuidv7()", "AccessExclusiveLock on t", "rewrite", True),
        ("ALTER TABLE t ADD a text DEFAULT lower(mine())", "AccessExclusiveLock on t", "rewrite", False),
        ("ALTER TABLE t ADD a mood", "AccessExclusiveLock on t", "rewrite", False),
        ("ALTER TABLE t ADD a int GENERATED ALWAYS AS (b + 1) STORED", "AccessExclusiveLock on t", "rewrite", True),
        ("ALTER TABLE t ADD a int GENERATED ALWAYS AS (b + 1) VIRTUAL", "AccessExclusiveLock on t", "none", True),
        ("ALTER TABLE t ADD a bigint GENERATED ALWAYS AS IDENTITY", "AccessExclusiveLock on t", "rewrite", True),
        ("ALTER TABLE t ADD a int NOT NULL", "AccessExclusiveLock on t", "scan", True),
        ("ALTER TABLE t ADD a int DEFAULT NULL NOT NULL", "AccessExclusiveLock on t", "scan", True),
        ("ALTER TABLE t ADD a int REFERENCES s.r", "ShareRowExclusiveLock on s.r: writers wait", "none", True),
        ("ALTER TABLE t ADD a int UNIQUE", "AccessExclusiveLock on t", "build", True),
        ("ALTER TABLE t ADD CONSTRAINT c NOT NULL a NOT VALID", "AccessExclusiveLock on t", "none", True),
        ("ALTER TABLE t ALTER a TYPE text", "AccessExclusiveLock on t", "rewrite", False),
        ("ALTER TABLE t SET (user_catalog_table = true)", "AccessExclusiveLock on t", "none", True),
        ("ALTER TABLE p DETACH PARTITION c CONCURRENTLY", "ShareUpdateExclusiveLock on p", "none", True),
        ("ALTER TABLE t ADD a int, ADD CHECK (a > 0) NOT VALID", "AccessExclusiveLock on t", "none", True),
        (
            "CREATE INDEX CONCURRENTLY i ON t (a)",
            "ShareUpdateExclusiveLock on t: readers and writers go on",
            "build",
            True,
        ),
        ("DROP TABLE s.t CASCADE", "AccessExclusiveLock on s.t", "none", False),
        ("DROP INDEX i", "AccessExclusiveLock on i, the table of the index", "none", True),
        ("DROP TYPE mood", "no table that exists: nobody waits", "none", True),
        ("LOCK TABLE a, b IN SHARE MODE", "ShareLock on a, b", "none", True),
        ("VACUUM", "ShareUpdateExclusiveLock on every table", "scan", True),
        ("VACUUM FULL t", "AccessExclusiveLock on t", "rewrite", True),
        ("REFRESH MATERIALIZED VIEW v", "AccessExclusiveLock on v", "rewrite", True),
        ("CREATE TABLE c PARTITION OF p DEFAULT", "AccessExclusiveLock on p", "scan", False),
        ("CREATE OR REPLACE VIEW v AS SELECT 1", "AccessExclusiveLock on v", "none", True),
        ("DO $$ begin end $$", "AccessExclusiveLock on what it touches", "rewrite", False),
        ("CREATE ROLE r", "nobody waits", "none", True),
    ],
)
def test_locks_have_the_names_of_the_server(sql: str, lock: str, work: str, *, certain: bool) -> None:
    found = weighed(sql)
    assert lock in found.lock
    assert (found.work, found.certain) == (work, certain)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("ALTER TABLE t ALTER a TYPE text", "unless it is text or varchar now: the text does not show that"),
        ("ALTER TABLE t ALTER a TYPE timestamptz", "the session's TimeZone is UTC"),
        ("ALTER TABLE t ALTER a SET NOT NULL", "unless a valid CHECK proves it already"),
        ("ALTER TABLE t ADD a int", "Partitions and heirs of t"),
        ("ALTER TABLE t DROP CONSTRAINT c", "the other table is locked just as strongly"),
        ("DROP TABLE t CASCADE", "the text does not show what"),
        ("TRUNCATE t CASCADE", "the text does not show which"),
        ("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)", "passes over an invalid index"),
        ("REINDEX TABLE CONCURRENTLY t", "_ccnew"),
        ("CALL f()", "not in the text"),
    ],
)
def test_what_the_text_does_not_show_is_said(sql: str, words: str) -> None:
    assert words in weighed(sql).words


def asked(sql: str) -> list[tuple[str, str, str]]:
    (statement,) = split(sql, engine="postgresql")
    found = probes(statement, engine="postgresql")
    return [(each.purpose, " ".join(each.parameters.values()), each.expected) for each in found]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("CREATE INDEX CONCURRENTLY i ON s.t (a)", [("valid_index_on", "s.t i (a)", "present")]),
        ("CREATE UNIQUE INDEX i ON t (lower(a), b)", [("valid_index_on", "t i *", "present")]),
        ("CREATE UNIQUE INDEX i ON t (b) WHERE a > 0", [("valid_index_on", "t i UNIQUE (b) WHERE", "present")]),
        ("DROP INDEX CONCURRENTLY s.i", [("index", "s.i", "absent"), ("valid_index", "s.i", "absent")]),
        (
            "ALTER TABLE p DETACH PARTITION s.c CONCURRENTLY",
            [("partition", "p s.c", "absent"), ("attached_partition", "p s.c", "absent")],
        ),
        ("ALTER TYPE s.mood ADD VALUE 'x'", [("enum_value", "s.mood x", "present")]),
        ("CREATE DATABASE d", [("object", "database d", "present")]),
        ("DROP DATABASE d", [("object", "database d", "absent")]),
        ("CREATE TABLESPACE x LOCATION '/x'", [("object", "tablespace x", "present")]),
        ("ALTER TABLE s.t ADD a int, DROP b", [("column", "s.t a", "present"), ("column", "s.t b", "absent")]),
        ("ALTER TABLE t RENAME a TO b", [("column", "t b", "present"), ("column", "t a", "absent")]),
        ("ALTER TABLE s.t RENAME TO u", [("object", "table s.u", "present"), ("object", "table s.t", "absent")]),
        ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID", [("constraint", "t c", "present")]),
        ("ALTER TABLE t VALIDATE CONSTRAINT c", [("validated_constraint", "t c", "present")]),
        ("ALTER TABLE t DROP CONSTRAINT c", [("constraint", "t c", "absent")]),
        ('CREATE TABLE "S"."T" (a int)', [("object", "table S.T", "present")]),
        ("DROP VIEW v, w", [("object", "view v", "absent"), ("object", "view w", "absent")]),
    ],
)
def test_probes_tell_what_is_there_and_what_is_gone(sql: str, expected: list[tuple[str, str, str]]) -> None:
    assert asked(sql) == expected


@pytest.mark.parametrize(
    "sql",
    [
        *(
            "REINDEX TABLE CONCURRENTLY t",
            "VACUUM",
            "CREATE INDEX CONCURRENTLY ON t (a)",
            "CALL f()",
            "UPDATE t SET a = 1",
        ),
        *(
            'CREATE INDEX CONCURRENTLY "a.b" ON t (a)',
            "ALTER TABLE t ADD CHECK (a > 0)",
            "SELECT 1",
            "ALTER SYSTEM RESET ALL",
        ),
    ],
)
def test_what_nothing_can_tell_is_not_asked(sql: str) -> None:
    assert asked(sql) == []
