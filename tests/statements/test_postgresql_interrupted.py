"""Whom a statement of PostgreSQL keeps waiting, and what it leaves half-made when it is interrupted."""

import pytest

from console.statements import Leftover, effects, leftovers, split
from console.statements.statement import Blocks


def left(sql: str) -> tuple[Leftover, ...]:
    (statement,) = split(sql, engine="postgresql")
    return leftovers(statement, engine="postgresql")


@pytest.mark.parametrize(
    ("sql", "blocks"),
    [
        ("SELECT 1 FROM t", "nothing"),
        ("UPDATE t SET a = 1", "nothing"),
        ("CREATE TABLE t (a int)", "nothing"),
        ("ALTER TABLE t VALIDATE CONSTRAINT c", "nothing"),
        ("CREATE INDEX CONCURRENTLY i ON t (a)", "nothing"),
        ("CREATE INDEX i ON t (a)", "writes"),
        ("CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f()", "writes"),
        ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES r NOT VALID", "writes"),
        ("LOCK TABLE t IN EXCLUSIVE MODE", "writes"),
        ("ALTER TABLE t ADD a int", "reads"),
        ("DROP TABLE t", "reads"),
        ("DO $$ BEGIN PERFORM f(); END $$", "reads"),
    ],
)
def test_who_waits_for_it_is_told(sql: str, blocks: Blocks) -> None:
    (statement,) = split(sql, engine="postgresql")
    assert effects(statement, engine="postgresql").blocks == blocks


@pytest.mark.parametrize(
    ("sql", "ways"),
    [
        ("CREATE INDEX CONCURRENTLY i ON s.t (a)", [("first", "s.i", "DROP INDEX CONCURRENTLY s.i")]),
        (
            'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "I j" ON t (a)',
            [("first", "I j", 'DROP INDEX CONCURRENTLY "I j"')],
        ),
        ("DROP INDEX CONCURRENTLY s.i", [("again", "s.i", "DROP INDEX CONCURRENTLY s.i")]),
        (
            "REINDEX INDEX CONCURRENTLY s.i",
            [
                ("first", "s.i_ccnew", "DROP INDEX CONCURRENTLY s.i_ccnew"),
                ("first", "s.i_ccold", "DROP INDEX CONCURRENTLY s.i_ccold"),
            ],
        ),
        (
            "ALTER TABLE s.p DETACH PARTITION s.c CONCURRENTLY",
            [("instead", "s.c", "ALTER TABLE s.p DETACH PARTITION s.c FINALIZE")],
        ),
    ],
)
def test_what_it_leaves_is_named_with_what_clears_it(sql: str, ways: list[tuple[str, str, str]]) -> None:
    found = [(each.way, each.probes[0].parameters, each.sql) for each in left(sql)]
    assert [(way, names.get("partition", names.get("name")), remedy) for way, names, remedy in found] == ways


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX i ON t (a)",
        "CREATE INDEX CONCURRENTLY ON t (a)",
        'DROP INDEX CONCURRENTLY "a.b"',
        "ALTER TABLE p DETACH PARTITION c",
        "VACUUM t",
        "REINDEX INDEX i",
    ],
)
def test_what_leaves_nothing_or_bears_no_name_that_can_be_asked_for_has_none(sql: str) -> None:
    assert left(sql) == ()


def test_the_name_of_a_rebuilt_index_is_cut_as_the_server_cuts_it() -> None:
    name = left(f"REINDEX INDEX CONCURRENTLY {'x' * 63}")[0].probes[0].parameters["name"]
    assert name == "x" * 57 + "_ccnew"


def test_sqlite_leaves_nothing() -> None:
    (statement,) = split("VACUUM", engine="sqlite")
    assert leftovers(statement, engine="sqlite") == ()
