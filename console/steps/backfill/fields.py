"""What a runbook says of a backfill. Rule: what makes no sense on any table is refused when the runbook is read."""

import re
from typing import Annotated

from msgspec import Meta, Struct, field

from console.core.errors import RunbookError
from console.core.runbook import Document, Duration
from console.statements import pieces

_NAME = re.compile(r"[\w$.\"`\[\]]+")
_TEXT = re.compile(r"'(?:[^']|'')*'")
_QUOTES = str.maketrans("", "", '"`[]')


class Backfill(Document, frozen=True):
    """Which rows get which values, in batches along a key."""

    table: str
    key: str | tuple[str, ...]
    """The primary key: the column, or all of its columns in their order."""
    columns: dict[str, str] = field(name="set", default_factory=dict)
    """Column → SQL expression."""
    from_: str = field(name="from", default="")
    """Other tables, as after FROM."""
    where: str = ""
    """How they are joined."""
    only: str = ""
    """Which rows are still to do."""
    sql: str = ""
    """Instead of `set`: a statement with :low and :high, for the keys above :low up to :high."""
    batch_size: Annotated[int, Meta(ge=1, le=1_000_000)] = 10_000
    """Rows."""
    batch_pause: Duration = "100ms"


class Data(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The backfill."""

    backfill: Backfill


def key_columns(backfill: Backfill) -> tuple[str, ...]:
    """Return the columns of the key."""
    return (backfill.key,) if isinstance(backfill.key, str) else backfill.key


def ensure_sense(backfill: Backfill, *, engine: str) -> None:
    """Raise ValueError with `field: message` for fields that do not go together."""
    if not backfill.table.strip():
        raise ValueError("backfill: table: which one?")
    columns = [name.casefold() for name in key_columns(backfill)]
    if not columns or not all(name.strip() for name in columns) or len(set(columns)) < len(columns):
        raise ValueError("backfill: key: name the column of the primary key, or all of its columns once")
    if bool(backfill.columns) == bool(backfill.sql):
        raise ValueError("backfill: exactly one of set: and sql: says what is done to the rows")
    if not all(name.strip() and text.strip() for name, text in backfill.columns.items()):
        raise ValueError("backfill: set: which column, and to what? write column: expression")
    if backfill.sql and (backfill.from_ or backfill.where or backfill.only):
        raise ValueError("backfill: from, where and only go with set:; write them into sql: itself")
    if bool(backfill.from_) != bool(backfill.where):
        raise ValueError("backfill: from: and where: go together: the other tables, and how they are joined")
    if changed := sorted(name for name in backfill.columns if name.casefold() in columns):
        raise ValueError(f"backfill: set: {changed[0]} is of the key, which must not change under way")
    for column, text in backfill.columns.items():
        _ensure_one(text, field=f"set: {column}", engine=engine)
    for name, text in (("from", backfill.from_), ("where", backfill.where), ("only", backfill.only)):
        _ensure_one(text, field=name, engine=engine)


def _ensure_one(text: str, *, field: str, engine: str) -> None:
    """Refuse what would not stay one part of the statement that it is put into."""
    try:
        found = pieces(text, engine=engine)
    except RunbookError as error:
        raise ValueError(f"backfill: {field}: {error}") from error
    if found > 1:
        raise ValueError(f"backfill: {field}: one expression goes here, a ; makes {found} of it; take it out")


def refers_to_itself(backfill: Backfill) -> bool:
    """Tell whether a column that is set depends on one that is set, so that twice is not the same as once."""
    table = backfill.table.rpartition(".")[2].casefold()
    columns = {name.casefold() for name in backfill.columns}
    for expression in backfill.columns.values():
        for found in _NAME.findall(_TEXT.sub("", expression)):
            *qualifiers, name = found.translate(_QUOTES).casefold().split(".")
            if name in columns and qualifiers[-1:] in ([], [table]):
                return True
    return False
