"""What SQLite's messages may quote. Rule: its own words, the statement's and the schema's are kept; a row's are not.

While it prepares a statement SQLite knows nothing but the statement and the schema, so that whatever it says then is
kept. At run time it quotes values: the path that is none of `json_extract(document, column)`, what a full-text index
is asked for, the name of a file, from 3.47 on also what a trigger puts together for RAISE().
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from console.databases.purposes import sql_for

_NAMING = (sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH)
_RAISED = (
    *(sqlite3.SQLITE_CONSTRAINT_TRIGGER, sqlite3.SQLITE_CONSTRAINT_FUNCTION),
    *(sqlite3.SQLITE_CONSTRAINT_VTAB, sqlite3.SQLITE_CONSTRAINT_COMMITHOOK),
)
"""Constraints that name columns and conditions, and those whose words are somebody's own."""
_OF_THE_SCHEMA = re.compile(r"error in (table|index|view|trigger) ")
_QUOTE = re.compile(r"(?<!fts5):|['\"\[(]")


@contextmanager
def without_values(connection: sqlite3.Connection, sql: str, parameters: Any = ()) -> Iterator[None]:
    """Take what is a row's out of an error that the statement raises, before anybody else sees it."""
    try:
        yield
    except sqlite3.Error as error:
        error.args = (_told(connection, error, sql, parameters),)
        raise


def _told(connection: sqlite3.Connection, error: sqlite3.Error, sql: str, parameters: Any) -> str:
    text, code = str(error), getattr(error, "sqlite_errorcode", 0)
    if code & 0xFF in _NAMING and code not in _RAISED:
        return text
    begins = 0 if code in _RAISED else next((found.start() for found in _QUOTE.finditer(text)), len(text))
    quoted = text[begins:].strip(" :'\"[]()")
    if not quoted or _OF_THE_SCHEMA.match(text):
        return text
    known = _written(quoted, sql) or _written(quoted, _schema(connection))
    if known or _known_before(connection, text, sql, parameters):
        return text
    return f"{text[:begins]}… ({len(quoted)} characters that a row may hold are left out)"


def _written(quoted: str, where: str) -> bool:
    """Tell whether the words stand in a statement, as a whole; in a literal an apostrophe is doubled."""
    return any(re.search(rf"(?<!\w){re.escape(each)}(?!\w)", where) for each in {quoted, quoted.replace("'", "''")})


def _schema(connection: sqlite3.Connection) -> str:
    try:
        return "\n".join(str(row[2]) for row in connection.execute(sql_for("schema", engine="sqlite")))
    except sqlite3.Error:
        return ""


def _known_before(connection: sqlite3.Connection, text: str, sql: str, parameters: Any) -> bool:
    """Tell whether SQLite says the same while it only prepares the statement."""
    try:
        connection.execute(f"EXPLAIN {sql}", parameters).close()
    except sqlite3.Error as error:
        return str(error) == text
    return False
