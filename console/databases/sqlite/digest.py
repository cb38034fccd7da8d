"""A digest of a table's content. Rule: values are told apart by type and length; rows come in the order of the key."""

import hashlib
import sqlite3
import struct
from collections.abc import Sequence

from console.databases.purposes import sql_for
from console.databases.sqlite.quoting import without_values

ROWS_AT_ONCE = 1000


class _Text(bytes):
    """Text as it is stored, which need not be UTF-8."""


def checksum(connection: sqlite3.Connection, table: str, columns: Sequence[str]) -> str:
    """Return the SHA-256, in hex, of these columns (none: all) of all rows, in the order of the primary key."""
    keys = connection.execute(sql_for("key_columns", engine="sqlite"), {"table": table}).fetchall()
    order = ", ".join(quoted(str(key)) for (key,) in keys) or "rowid"
    what = ", ".join(quoted(column) for column in columns) or "*"
    digest = hashlib.sha256()
    decode, connection.text_factory = connection.text_factory, _Text
    try:
        sql = f"SELECT {what} FROM {quoted(table)} ORDER BY {order}"  # noqa: S608 - quoted
        with without_values(connection, sql):
            cursor = connection.execute(sql)
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                digest.update(b"".join(_encoded(value) for row in rows for value in row))
        cursor.close()
    finally:
        connection.text_factory = decode
    return digest.hexdigest()


def quoted(name: str) -> str:
    """Return a name, its parts divided by dots, in grave accents.

    SQLite takes a name in double quotes that it does not find for a string: a misspelt column would be a constant.
    """
    return ".".join("`" + part.replace("`", "``") + "`" for part in name.split("."))


def _encoded(value: object) -> bytes:
    match value:
        case None:
            return b"n"
        case int():
            return _sized(b"i", str(value).encode())
        case float():
            return b"f" + struct.pack(">d", value)
        case _Text():
            return _sized(b"t", value)
        case _:
            return _sized(b"b", value if isinstance(value, bytes) else repr(value).encode())


def _sized(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack(">q", len(content)) + content
