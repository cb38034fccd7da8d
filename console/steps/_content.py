"""Names of tables and columns as a runbook writes them. Rule: the last part after a dot is the column."""

from console.core.ports import Database


def table_and_column(name: str, *, field: str) -> tuple[str, str]:
    """Return both parts of `table.column`. Raises ValueError when it is no such name."""
    table, dot, column = name.rpartition(".")
    if not (dot and table.strip() and column.strip()):
        raise ValueError(f"{field}: {name!r} is not written table.column")
    return table, column


def content(name: str, *, field: str) -> tuple[str, tuple[str, ...]]:
    """Return table and columns of `table` or `table.column`; no columns: all. Raises ValueError for an empty name."""
    if not all(part.strip() for part in name.split(".")):
        raise ValueError(f"{field}: {name!r} is not written table or table.column")
    if "." not in name:
        return name, ()
    table, column = table_and_column(name, field=field)
    return table, (column,)


async def checksum(name: str, database: Database) -> str:
    """Return the digest of the content of `table` or `table.column`."""
    table, columns = content(name, field="checksum")
    return await database.checksum(table, columns)
