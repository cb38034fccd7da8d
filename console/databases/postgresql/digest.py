"""A digest of a table's content. Rule: anybody can compute it; it is the SHA-256 of what COPY TO writes.

psql -c "COPY (SELECT * FROM things ORDER BY id) TO STDOUT" | sha256sum
"""

import hashlib
from collections.abc import Sequence

from console.core.errors import DatabaseError
from console.databases.postgresql.connection import Connection
from console.databases.postgresql.values import quoted

_PLAIN = ("datestyle = 'ISO, YMD'", "timezone = 'UTC'", "intervalstyle = 'postgres'", "bytea_output = 'hex'")
"""How values are written, whatever the role or the database is set to."""


async def checksum(connection: Connection, table: str, columns: Sequence[str]) -> str:
    """Return the SHA-256, in hex, of these columns (none: all) of all rows, in the order of the primary key.

    A table without a key is put in the order of its rows' text.
    """
    keys = [str(row[0]) for row in (await connection.ask("key_columns", table=table)).rows]
    order = ", ".join(f"t.{quoted(key)}" for key in keys) or 't::text COLLATE "C"'
    what = ", ".join(f"t.{quoted(column)}" for column in columns) or "t.*"
    for setting in (*_PLAIN, "extra_float_digits = 1"):
        await connection.run(f"SET LOCAL {setting}")
    digest = hashlib.sha256()
    sql = f"COPY (SELECT {what} FROM {quoted(table)} AS t ORDER BY {order}) TO STDOUT"  # noqa: S608 - quoted
    await connection.copied(sql, digest.update)
    return digest.hexdigest()


async def ensure_table(connection: Connection, table: str) -> None:
    """Refuse a name that is no table's: asked about nothing, the server answers that nothing is wrong with it."""
    if not (await connection.ask("object", kind="table", name=table)).rows:
        raise DatabaseError(f"There is no table {table}", remedy="correct the table's name")
