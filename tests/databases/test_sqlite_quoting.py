"""What SQLite quotes in its messages: the statement and the schema, never a row. Each message is really provoked."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from console import databases
from console.core.errors import DatabaseError
from console.databases.sqlite.quoting import without_values
from tests.databases.acts import execute, held
from tests.databases.benches import SqliteBench

PRIVATE = "ada@example.org"
SCHEMA = f"""
CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT UNIQUE, age INT CHECK (age > 0), note TEXT NOT NULL DEFAULT '');
INSERT INTO people VALUES (1, '{PRIVATE}', 30, 'x');
CREATE TABLE strictly (id INTEGER PRIMARY KEY, number INTEGER) STRICT;
CREATE TABLE child (id INTEGER PRIMARY KEY, person INT REFERENCES nowhere (id));
CREATE TABLE guarded (email TEXT);
CREATE TRIGGER guard BEFORE INSERT ON guarded BEGIN
  SELECT RAISE(ABORT, 'it''s for readers: ask op1 "first"') WHERE new.email = 'stop';
  SELECT json_extract('{{}}', new.email);
END;
CREATE VIEW broken AS SELECT nosuch(email) FROM people;
CREATE VIRTUAL TABLE words USING fts5(word);
CREATE VIRTUAL TABLE boxes USING rtree(id, low, high);
"""

KEPT = [
    (f"INSERT INTO people VALUES (2, '{PRIVATE}', 1, '')", "UNIQUE constraint failed: people.email"),
    ("INSERT INTO people SELECT id, 'b', 1, '' FROM people", "UNIQUE constraint failed: people.id"),
    ("INSERT INTO people VALUES (2, 'b', 0, '')", "CHECK constraint failed: age > 0"),
    ("INSERT INTO people VALUES (2, 'b', 1, NULL)", "NOT NULL constraint failed: people.note"),
    ("INSERT INTO people SELECT email, 'b', 1, '' FROM people", "datatype mismatch"),
    ("INSERT INTO strictly SELECT 1, email FROM people", "cannot store TEXT value in INTEGER column strictly.number"),
    ("INSERT INTO child VALUES (1, 1)", "no such table: main.nowhere"),
    ("INSERT INTO boxes VALUES (1, 5, 3)", "rtree constraint failed: boxes.(low<=high)"),
    ("INSERT INTO guarded VALUES ('stop')", 'it\'s for readers: ask op1 "first"'),
    ("SELECT emial FROM people", "no such column: emial"),
    ("SELECT p.emial FROM people p", "no such column: p.emial"),
    ("SELECT * FROM poeple", "no such table: poeple"),
    ("SELECT * FROM broken", "no such function: nosuch"),
    ("SELCT 'ada'", 'near "SELCT": syntax error'),
    ("SELECT 'ada", 'unrecognized token: "\'ada"'),
    ("ALTER TABLE people RENAME COLUMN emial TO mail", 'no such column: "emial"'),
    ("ALTER TABLE people DROP COLUMN email", 'cannot drop UNIQUE column: "email"'),
    ("ALTER TABLE guarded DROP COLUMN email", "cannot drop column"),
    ("SELECT json_extract('{}', 'abc')", "JSON path error near 'abc'"),
    ("SELECT json(email) FROM people", "malformed JSON"),
    ("SELECT email FROM people LIMIT (SELECT email FROM people)", "datatype mismatch"),
    ("SELECT abs(-9223372036854775807 - 1)", "integer overflow"),
]
LEFT_OUT = [
    ("SELECT json_extract('{}', email) FROM people", "JSON path error near"),
    ("UPDATE people SET note = json_set('{}', email, 1)", "JSON path error near"),
    ("SELECT * FROM people, json_each('{}', email)", "JSON path error near"),
    ("INSERT INTO guarded SELECT email FROM people", "JSON path error near"),
    ("SELECT * FROM words WHERE words MATCH (SELECT email || ':x' FROM people)", "fts5: syntax error near"),
    (
        "SELECT * FROM words WHERE words MATCH (SELECT 'x' || replace(email, '@example.org', 'zz:y') FROM people)",
        "no such column",
    ),
]


@pytest.mark.parametrize(("sql", "words"), KEPT)
async def test_a_message_about_the_statement_or_the_schema_is_kept_whole(
    sqlite: SqliteBench, sql: str, words: str
) -> None:
    assert words in await _refusal(sqlite, sql)


@pytest.mark.parametrize(("sql", "words"), LEFT_OUT)
async def test_of_a_message_about_a_row_what_the_row_holds_is_left_out(
    sqlite: SqliteBench, sql: str, words: str
) -> None:
    found = await _refusal(sqlite, sql)
    assert words in found
    assert "ada" not in found
    assert "left out" in found


async def _refusal(sqlite: SqliteBench, sql: str) -> str:
    for each in _statements():
        sqlite.outside(each)
    database = await held(sqlite)
    with pytest.raises(DatabaseError) as refused:
        await execute(database, sql)
    attempted = await database.attempt(sql)
    assert attempted is not None
    assert attempted in refused.value.message
    causes = repr(refused.value.__cause__) + str(refused.value.__cause__)
    assert attempted in causes
    return refused.value.message


def _statements() -> list[str]:
    found, text = [], ""
    for line in SCHEMA.splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text):
            found.append(text)
            text = ""
    return found


def test_the_words_that_a_trigger_puts_together_from_a_row_are_left_out() -> None:
    connection = sqlite3.connect(":memory:")
    error = sqlite3.IntegrityError(f"no second {PRIVATE}")
    error.sqlite_errorcode = sqlite3.SQLITE_CONSTRAINT_TRIGGER
    with pytest.raises(sqlite3.IntegrityError) as refused, without_values(connection, "INSERT INTO t SELECT 1"):
        raise error
    connection.close()
    assert "ada" not in str(refused.value)
    assert "left out" in str(refused.value)


def test_text_that_cannot_be_read_is_not_repeated() -> None:
    connection = sqlite3.connect(":memory:")
    sql = "SELECT CAST(x'616461ff' AS TEXT) AS email"
    with pytest.raises(sqlite3.OperationalError) as refused, without_values(connection, sql):
        connection.execute(sql).fetchall()
    connection.close()
    assert "ada" not in str(refused.value)


async def test_a_password_in_a_files_name_is_not_part_of_what_the_database_is_called(tmp_path: Path) -> None:
    path = tmp_path / "shop.db?password=s3cret"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (id)")
    target = await databases.open_target(f"sqlite://{path}")
    identity = await target.identity()
    await target.close()
    assert (identity.name, identity.label) == ("shop.db?password=***", str(tmp_path / "shop.db?password=***"))
