"""What a check can ask without SQL: indexes, columns, references. Rule: the engine's own query answers, by purpose."""

from collections import Counter

from msgspec import UNSET, UnsetType, field
from msgspec.structs import fields

from console.core.ports import Database
from console.core.runbook import Document
from console.steps._content import content, table_and_column
from console.steps._values import shortened

ANSWERS: dict[str, tuple[str, ...]] = {
    "index": ("valid", "absent"),
    "column": ("present", "nullable", "not null", "absent"),
    "foreign_keys": ("valid",),
    "references": ("none",),
    "succeeds": ("all",),
}
"""What can be expected of a subject; the first is expected when nothing is said."""


class Subject(Document, frozen=True):
    """Exactly one of these; `references` goes with `in`."""

    index: str | UnsetType = UNSET
    column: str | UnsetType = UNSET
    """table.column"""
    foreign_keys: str | UnsetType = UNSET
    """A table, or `all`."""
    checksum: str | UnsetType = UNSET
    """table or table.column"""
    references: str | UnsetType = UNSET
    """A name that must not be left in a code tree."""
    path: str | UnsetType = field(name="in", default=UNSET)
    """The folder of that tree, from where the console runs."""
    succeeds: str | tuple[str, ...] | UnsetType = UNSET
    """A version of `statements`, or statements: each is run by itself and rolled back, and must not fail."""


def asked(subject: Subject) -> tuple[str, str]:
    """Return which subject it is, and of what. Raises ValueError with `field: message`."""
    given = {each.name: getattr(subject, each.name) for each in fields(subject) if each.name != "path"}
    given = {name: value for name, value in given.items() if value is not UNSET}
    if len(given) != 1:
        raise ValueError(f"check: exactly one subject, here is {' and '.join(given) or 'nothing'}")
    ((name, value),) = given.items()
    if isinstance(value, tuple):
        value = f"{len(value)} statements" if len(value) > 1 else "".join(value)
    if not value.strip():
        raise ValueError(f"check: {name}: of what?")
    if (name == "references") != bool(subject.path):
        raise ValueError("check: references: and in: go together: the name, and the folder to look in")
    if name == "column":
        table_and_column(value, field="check: column")
    if name == "checksum":
        content(value, field="check: checksum")
    return name, value


def title(subject: Subject) -> str:
    """Say what is asked, in words."""
    name, value = asked(subject)
    match name:
        case "foreign_keys":
            return "All references hold" if value == "all" else f"All references of {value} hold"
        case "references":
            return f"{value} is not named below {subject.path}"
        case "checksum":
            return f"Checksum of {value}"
        case "succeeds" if isinstance(subject.succeeds, str):
            return f"What {value} says succeeds"
        case "succeeds":
            return f"{shortened(value)} succeed{'' if len(subject.succeeds or ()) > 1 else 's'}"
        case _:
            return f"{name.capitalize()} {value}"


async def index(name: str, database: Database) -> str:
    """Say whether an index is valid, invalid or absent."""
    answer = await database.ask("index", name=name)
    if not answer.rows:
        return "absent"
    return "valid" if answer.rows[0][answer.columns.index("valid")] else "invalid"


async def column(name: str, database: Database) -> str:
    """Say whether a column is nullable, not null or absent, and of which type it is."""
    table, inside = table_and_column(name, field="column")
    answer = await database.ask("column", table=table, column=inside)
    if not answer.rows:
        return "absent"
    found = dict(zip(answer.columns, answer.rows[0], strict=True))
    return f"{'nullable' if found['nullable'] else 'not null'}, {found['type'] or 'no type'}"


async def foreign_keys(table: str, database: Database) -> str:
    """Say whether all references hold, or how many do not."""
    answer = await database.ask("broken_references", table="" if table == "all" else table)
    if not answer.rows:
        return "valid"
    places = answer.columns.index("table"), answer.columns.index("parent")
    broken = Counter(tuple(row[place] for place in places) for row in answer.rows)
    over = "over " if answer.truncated else ""
    pairs = ", ".join(f"{child} → {parent}: {count}" for (child, parent), count in broken.most_common(5))
    return f"{over}{len(answer.rows)} broken ({pairs})"


def holds(expected: str, actual: str) -> bool:
    """Judge an answer by the expected word."""
    if expected == "present":
        return actual != "absent"
    return actual == expected or actual.startswith(f"{expected}, ")
