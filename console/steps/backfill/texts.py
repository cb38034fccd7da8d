"""The SQL of a backfill. Rule: names are quoted by the engine; bounds are parameters, written :low and :high."""

import re

from msgspec import Struct

from console.core.ports import Database
from console.statements import normalised
from console.steps.backfill.fields import Backfill, key_columns
from console.steps.backfill.position import Key

# What is quoted or a comment is passed over; a colon after a colon is a cast.
_PLACE = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/|(?<!:):(?P<bound>low|high)\b""",
    re.DOTALL,
)


class Names(Struct, frozen=True, kw_only=True):
    """Table, columns to set and qualified key columns as they are written in SQL."""

    table: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]

    @property
    def key(self) -> str:
        """The key as one value."""
        return self.keys[0] if len(self.keys) == 1 else f"({', '.join(self.keys)})"


def plain_names(backfill: Backfill) -> Names:
    """Return the names as the runbook writes them."""
    keys = tuple(f"{backfill.table}.{column}" for column in key_columns(backfill))
    return Names(table=backfill.table, columns=tuple(backfill.columns), keys=keys)


async def quoted_names(backfill: Backfill, database: Database) -> Names:
    """Return the names quoted."""
    plain = plain_names(backfill)
    return Names(
        table=await database.quote(plain.table),
        columns=tuple([await database.quote(each) for each in plain.columns]),
        keys=tuple([await database.quote(each) for each in plain.keys]),
    )


def update(backfill: Backfill, names: Names, *, lowest: bool, engine: str) -> str:
    """Return the statement of one batch; the `lowest` one has no lower bound."""
    expressions = (normalised(each, engine=engine) for each in backfill.columns.values())
    pairs = zip(names.columns, expressions, strict=True)
    conditions = [f"({normalised(each, engine=engine)})" for each in (backfill.where, backfill.only) if each]
    conditions += [] if lowest else [f"{names.key} > :low"]
    lines = [
        f"UPDATE {names.table}",
        "SET " + ", ".join(f"{column} = {expression}" for column, expression in pairs),
        *([f"FROM {normalised(backfill.from_, engine=engine)}"] if backfill.from_ else []),
        "WHERE " + " AND ".join([*conditions, f"{names.key} <= :high"]),
    ]
    return "\n".join(lines)


def edge(names: Names, *, last: bool) -> str:
    """Return the query for the first or the last key."""
    order = ", ".join(f"{key} DESC" if last else key for key in names.keys)
    return f"SELECT {', '.join(names.keys)} FROM {names.table} ORDER BY {order} LIMIT 1"  # noqa: S608 - quoted


def nth(names: Names, *, size: int, lowest: bool) -> str:
    """Return the query for the key that ends a batch of that size."""
    above = "" if lowest else f"{names.key} > :low AND "
    columns = ", ".join(names.keys)
    where = f"WHERE {above}{names.key} <= :high"
    return f"SELECT {columns} FROM {names.table} {where} ORDER BY {columns} LIMIT 1 OFFSET {size - 1}"  # noqa: S608 - quoted


def at(names: Names) -> str:
    """Return the query for the row at a key."""
    return f"SELECT 1 FROM {names.table} WHERE {names.key} = :high LIMIT 1"  # noqa: S608 - quoted


def null_key(names: Names) -> str:
    """Return the query for a row without a key."""
    where = " OR ".join(f"{key} IS NULL" for key in names.keys)
    return f"SELECT 1 FROM {names.table} WHERE {where} LIMIT 1"  # noqa: S608 - quoted


def bounds_in(sql: str) -> frozenset[str]:
    """Return which of `low` and `high` a text has as placeholders."""
    return frozenset(found["bound"] for found in _PLACE.finditer(sql) if found["bound"])


def bound(sql: str, *, low: Key, high: Key) -> tuple[str, tuple[object, ...]]:
    """Return the text with positional placeholders, and their values; a key of several columns is a row value."""
    values: list[object] = []

    def placed(found: re.Match[str]) -> str:
        if not found["bound"]:
            return found[0]
        key = low if found["bound"] == "low" else high
        values.extend(key)
        return "?" if len(key) == 1 else f"({', '.join('?' * len(key))})"

    return _PLACE.sub(placed, sql), tuple(values)
