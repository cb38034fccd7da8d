"""SQLite's statements. Rule: every verdict is one of sqlite.org/lang.html and was measured on SQLite 3.40."""

import re
from collections.abc import Sequence
from typing import Literal

from console.statements.cutting import cut, inner, spaced
from console.statements.statement import Effects, Leftover, Probe, Statement, StatementKind, Work
from console.statements.tokens import Reader, Token

SYNTAX = re.compile(
    r"""
    (?P<space>[ \t\n\f\r\ufeff]++)
    | (?P<comment>--[^\n]*+ | /\*(?:[^*]|\*(?!/))*+\*/)
    | (?P<string>'(?:[^']|'')*+')
    | (?P<name>"(?:[^"]|"")*+" | `(?:[^`]|``)*+` | \[[^\]]*+\])
    | (?P<unclosed>/\* | ['"`\[])
    | (?P<word>[A-Za-z0-9_$\x80-\U0010ffff]++)
    | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)

WRITER = "the database's one write lock: other writers wait, in WAL mode readers go on"
NOBODY = "nothing: it reads a snapshot"

_TRANSACTION = ("BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE")
_MAIN_VERBS = ("SELECT", "VALUES", "INSERT", "REPLACE", "UPDATE", "DELETE")
_STORED_PRAGMAS = ("user_version", "application_id")
"""What these set is part of the transaction and is kept in the file."""
_FILE_PRAGMAS = ("journal_mode", "auto_vacuum", "page_size", "encoding")
"""What these set is kept in the file, but no transaction takes it back."""
MAINTAINING_PRAGMAS = ("optimize", "wal_checkpoint", "incremental_vacuum", "shrink_memory")
ASKING_PRAGMAS = (
    *("table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo"),
    *("foreign_key_list", "foreign_key_check", "integrity_check", "quick_check"),
)
_EFFECTS: dict[str, tuple[Work, str]] = {
    "ALTER TABLE ADD COLUMN": ("none", "Changes the schema only, however large the table is."),
    "ALTER TABLE DROP COLUMN": ("rewrite", "Rewrites every row of the table; the column's data are gone."),
    "ALTER TABLE RENAME COLUMN": ("none", "Changes the schema and what refers to the name in it, no rows."),
    "ALTER TABLE RENAME": ("none", "Changes the schema and what refers to the name in it, no rows."),
    "CREATE TABLE": ("none", "Adds an empty table."),
    "CREATE TABLE AS": ("rows", "Copies every row that the query returns."),
    "CREATE INDEX": ("build", "Reads the whole table and sorts it."),
    "CREATE VIEW": ("none", "Changes the schema only."),
    "CREATE TRIGGER": ("none", "Changes the schema only; from then on every write it names pays for it."),
    "DROP TABLE": (
        "scan",
        "Frees every page of the table; with foreign keys on it deletes row by row first.",
    ),
    "DROP INDEX": ("scan", "Frees every page of the index."),
    "DROP VIEW": ("none", "Changes the schema only."),
    "DROP TRIGGER": ("none", "Changes the schema only."),
    "REINDEX": ("build", "Builds the indexes anew."),
    "ANALYZE": ("scan", "Reads the indexes and stores what the query planner wants to know."),
}


def split(sql: str) -> tuple[Statement, ...]:
    """Return the statements of a text."""
    return cut(sql, syntax=SYNTAX, complete=_complete, recognised=_recognised)


def pieces(sql: str) -> int:
    """Return how many pieces semicolons make of a text that need not be a whole statement."""
    return len(split(sql))


def normalised(sql: str) -> str:
    """Return SQL without comments and with single spaces."""
    return spaced(sql, syntax=SYNTAX)


def _complete(tokens: Sequence[Token]) -> bool:
    """Say whether a semicolon ends it: a trigger's body ends with an END that follows a semicolon."""
    if "TRIGGER" not in [token.word for token in tokens[:6]]:
        return True
    start = Reader(tokens[:6])
    _ = start.skip("EXPLAIN") and start.skip("QUERY", "PLAN")
    if not start.skip("CREATE"):
        return True
    _ = start.skip("TEMP") or start.skip("TEMPORARY")
    return not start.skip("TRIGGER") or [token.word for token in tokens[-2:]] == [";", "END"]


def _recognised(tokens: Sequence[Token], *, text: str) -> Statement:
    """Return the statement with its verb, its kind and its table."""
    reader = Reader(tokens)
    verb = reader.word()
    if verb == "WITH":
        verb = reader.skip_to(*_MAIN_VERBS) or verb
        reader.skip(verb)
    transactional, repeatable, table = True, False, ""
    kind: StatementKind = "unknown"
    if verb in ("SELECT", "VALUES", "EXPLAIN"):
        kind, repeatable = "query", True
    elif verb in ("INSERT", "REPLACE", "UPDATE", "DELETE"):
        kind, table = "write", _written(reader)
    elif verb in ("CREATE", "ALTER", "DROP"):
        kind = "schema"
        verb, table = _schema(verb, reader)
    elif verb in _TRANSACTION:
        kind, transactional = "transaction", False
    elif verb in ("ATTACH", "DETACH"):
        kind, transactional = "setting", False
    elif verb == "PRAGMA":
        verb, kind, transactional = _pragma(reader)
        repeatable = kind in ("query", "maintenance")
    elif verb in ("VACUUM", "ANALYZE", "REINDEX"):
        kind, transactional, repeatable = "maintenance", verb != "VACUUM", True
    return Statement(
        text=text,
        line=tokens[0].line,
        verb=verb,
        kind=kind,
        transactional=transactional,
        repeatable=repeatable,
        table=table,
    )


def effects(statement: Statement) -> Effects:
    """Say what it locks and how much work it is."""
    lock, work, words = WRITER, *_EFFECTS.get(statement.verb, ("rows", "Not recognised: it may do anything."))
    match statement.kind:
        case "query":
            lock, work, words = NOBODY, "rows", "Reads only."
        case "write":
            words = "Changes the rows it names in one transaction; in a backfill those of one batch."
        case "transaction":
            lock, work, words = (
                "nothing",
                "none",
                "Begins or ends a transaction; the console does that itself.",
            )
        case "setting":
            lock, work, words = "nothing that lasts", "none", _kept(statement)
        case "maintenance" if statement.verb == "VACUUM":
            lock, work = "the whole database: readers and writers wait", "rewrite"
            words = "Copies the whole file; needs twice its size on the disk meanwhile."
        case "maintenance" if statement.verb.startswith("PRAGMA"):
            work, words = "scan", "Maintains the database."
        case _ if statement.verb == "ALTER TABLE ADD COLUMN" and _examines_rows(statement):
            work, words = (
                "scan",
                "Reads every row to see that the new column's rule holds, and fails if it does not.",
            )
    return Effects(lock=lock, work=work, transactional=statement.transactional, words=words)


def probes(statement: Statement) -> tuple[Probe, ...]:
    """Return what is there and what is gone once a change of the schema happened."""
    reader = Reader(inner(statement, syntax=SYNTAX))
    match statement.verb.split():
        case ["CREATE", *_, ("TABLE" | "VIEW" | "TRIGGER" | "INDEX") as what] | [
            "CREATE",
            "TABLE" as what,
            "AS",
        ]:
            reader.skip_to(what)
            return (_object(reader, what, "present"),)
        case ["DROP", what]:
            reader.skip_to(what)
            return (_object(reader, what, "absent"),)
        case ["ALTER", "TABLE", *change]:
            reader.skip("ALTER", "TABLE")
            return _alteration(change, reader, table=reader.name())
        case _:
            return ()


def leftovers(_statement: Statement) -> tuple[Leftover, ...]:
    """Return nothing: what cannot be in a transaction is VACUUM or a setting, and either happens or does not."""
    return ()


def _kept(statement: Statement) -> str:
    """Say how long a setting holds."""
    if statement.verb.removeprefix("PRAGMA ") in (*_STORED_PRAGMAS, *_FILE_PRAGMAS):
        return "Changes a setting that the file keeps."
    return "Changes a setting of this step's connection only: no later step and no application sees it."


def _alteration(change: list[str], reader: Reader, *, table: str) -> tuple[Probe, ...]:
    reader.word()
    if change == ["RENAME"] and reader.skip("TO"):
        new = reader.name()
        return (_exists("TABLE", new, "present"), _exists("TABLE", table, "absent"))
    reader.skip("COLUMN")
    first = reader.name()
    if change == ["RENAME", "COLUMN"] and reader.skip("TO"):
        return (_column(table, reader.name(), "present"), _column(table, first, "absent"))
    if change in (["ADD", "COLUMN"], ["DROP", "COLUMN"]):
        return (_column(table, first, "present" if change[0] == "ADD" else "absent"),)
    return ()


def _object(reader: Reader, what: str, expected: Literal["present", "absent"]) -> Probe:
    reader.skip(what)
    _ = reader.skip("IF", "NOT", "EXISTS") or reader.skip("IF", "EXISTS")
    return _exists(what, reader.name(), expected)


def _exists(what: str, name: str, expected: Literal["present", "absent"]) -> Probe:
    if what == "INDEX":
        return Probe(purpose="index", parameters={"name": name}, expected=expected)
    return Probe(purpose="object", parameters={"kind": what.lower(), "name": name}, expected=expected)


def _column(table: str, column: str, expected: Literal["present", "absent"]) -> Probe:
    return Probe(purpose="column", parameters={"table": table, "column": column}, expected=expected)


def _written(reader: Reader) -> str:
    """Return the table of INSERT, REPLACE, UPDATE or DELETE; the verb has been read."""
    if reader.skip("OR"):
        reader.word()
    _ = reader.skip("INTO") or reader.skip("FROM")
    return reader.name()


def _schema(verb: str, reader: Reader) -> tuple[str, str]:
    """Return the whole verb and the table of CREATE, ALTER or DROP."""
    _ = reader.skip("TEMP") or reader.skip("TEMPORARY") or reader.skip("UNIQUE") or reader.skip("VIRTUAL")
    what = reader.word()
    verb = f"{verb} {what}"
    _ = reader.skip("IF", "NOT", "EXISTS") or reader.skip("IF", "EXISTS")
    name = reader.name()
    if verb == "ALTER TABLE":
        return f"{verb} {_change(reader)}".rstrip(), name
    if verb in ("CREATE INDEX", "CREATE TRIGGER"):
        reader.skip_to("ON")
        return verb, reader.name() if reader.skip("ON") else ""
    if verb == "CREATE TABLE" and reader.skip("AS"):
        return "CREATE TABLE AS", name
    return verb, name if what == "TABLE" else ""


def _change(reader: Reader) -> str:
    """Return what ALTER TABLE does; the word COLUMN may be left out in SQL."""
    change = reader.word()
    if change == "RENAME":
        return change if reader.skip("TO") else "RENAME COLUMN"
    if change in ("ADD", "DROP") and not reader.skip("CONSTRAINT"):
        return f"{change} COLUMN"
    return change


def _pragma(reader: Reader) -> tuple[str, StatementKind, bool]:
    """Return the verb, the kind and whether a transaction takes it back."""
    name = reader.name().lower()
    verb = f"PRAGMA {name}"
    if name in MAINTAINING_PRAGMAS:
        return verb, "maintenance", name == "optimize"
    if name in ASKING_PRAGMAS or reader.ended:
        return verb, "query", True
    return verb, "setting", name in (*_STORED_PRAGMAS, "defer_foreign_keys")


def _examines_rows(statement: Statement) -> bool:
    words = [token.word for token in inner(statement, syntax=SYNTAX)]
    generated = "AS" in words and "NOT" in words and "NULL" in words
    return "CHECK" in words or generated
