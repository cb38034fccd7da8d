"""What PostgreSQL's errors mean to a person. Rule: no error of the driver leaves the adapter as it is, and no value
of a row: of a server's error the primary message is kept, never DETAIL, CONTEXT or what they quote.
"""

import re
from collections.abc import Mapping, Sequence

import psycopg
from psycopg.errors import Diagnostic

from console.core.errors import DatabaseError, Disconnected, Interrupted, Unreachable
from console.databases.postgresql.raised import LEFT_OUT, without_arguments
from console.databases.postgresql.wire import CANCELED

_LOST = ("57P01", "57P02", "57P03", "57P05", "08000", "08003", "08006")
READ_ONLY = "25006"
RAISED = "P0"
"""Errors of PL/pgSQL: RAISE says somebody's own words, with whatever was put into them."""
_SPEAKING = ("pl_exec", "plpy", "plperl", "pltcl")
"""Where a server's source lets a function speak: its RAISE and the likes of other languages."""
_QUOTING = "22"
"""Data exceptions quote the value that they are about."""
_NO_ANSWER = ("08", "25006", "40", "53", "55", "57", "58", "XX", "F0")
"""Classes of errors, and single ones, that say nothing about the statement itself."""

_REMEDIES: Mapping[str, tuple[str, str]] = {
    READ_ONLY: (
        "only reading is allowed here",
        "name the primary, or let this role write: ALTER ROLE … SET default_transaction_read_only = off",
    ),
    "42501": ("a privilege is missing", "GRANT it to the role of this connection, or connect as the owner"),
    "53100": ("the server's disk is full", "free space on the server, then try again"),
    "53200": (
        "the server is out of memory",
        "let it have more, or work_mem less (for shared memory: max_locks_per_transaction more), then try again",
    ),
    "53300": ("there are too many connections", "end some that are idle, then try again"),
    "55P03": ("a lock was not free in time", "let who holds it finish, then try again"),
    "55006": ("it is in use", "let who uses it finish, then try again"),
    "40P01": ("a deadlock was broken up", "nothing was kept: try again"),
    "40001": ("another transaction was in the way", "nothing was kept: try again"),
    CANCELED: ("the server ended it", "raise statement_timeout, or ask who cancelled it, then try again"),
    "58030": ("the server cannot read or write its files", "look at the server's disk and log"),
    "XX001": ("the server's data are damaged", "stop here; look at the server's log"),
    "XX002": ("an index of the server is damaged", "stop here; REINDEX it"),
}

# Before anybody is let in, libpq gives words and no code.
_CONNECTING = (
    (r"is not permitted to log in", "let it: ALTER ROLE … LOGIN, or connect as another role"),
    (r"permission denied for database", "GRANT CONNECT ON DATABASE … TO the role, or connect as another one"),
    (r"not currently accepting connections", "ALTER DATABASE … ALLOW_CONNECTIONS true, or name another database"),
    (r"invalid response|server closed the connection unexpectedly", "check the port: is it PostgreSQL that listens?"),
    (r"password|authentication|role .* does not exist|pg_hba", "check user, password (~/.pgpass, PGPASSWORD), pg_hba"),
    (r"database .* does not exist", "correct the database's name, or create it; a run never does"),
    (r"too many clients|connection slots|too many connections", "end some connections that are idle, then try again"),
    (r"channel binding", "let it be over TLS (sslmode=require, or stricter), or leave channel_binding out"),
    (r"SSL|TLS|certificate", "correct sslmode, sslrootcert and sslcert, or the server's certificate"),
    (r"starting up|shutting down|in recovery mode|not (yet )?accepting", "wait until the server is up, then try again"),
    (r"definition of service|service file", "correct the name, or ~/.pg_service.conf (PGSERVICEFILE)"),
)
_REACH = "check host, port and firewall, and that the server runs"

_QUOTED = re.compile(
    r'(?<!encoding )["«»„“”「](?P<quoted>.*)["«»“”「」]|(?P<bytes>0x[0-9a-f]{2}(?: 0x[0-9a-f]{2})*)', re.DOTALL
)
"""In a server's own language (lc_messages) the marks are others."""


def unreachable(error: Exception) -> Unreachable:
    """Return what is told when no connection came about."""
    text = " ".join(str(error).split())
    remedy = next((remedy for pattern, remedy in _CONNECTING if re.search(pattern, text)), _REACH)
    return Unreachable(f"PostgreSQL cannot be reached: {text}", remedy=remedy)


def pooled() -> Unreachable:
    """Return what is told of a connection that is no session of the server."""
    return Unreachable(
        "A connection pool (PgBouncer or the like) stands before the server: whom a lock, a setting or a cancel is for"
        " is not certain there, in whichever mode it pools",
        remedy="connect to the server itself, by its own host and port",
    )


def is_lost(error: psycopg.Error, *, alive: bool) -> bool:
    """Tell whether the connection is gone with it."""
    return not alive or error.sqlstate in _LOST


def code_of(error: DatabaseError) -> str:
    """Return the server's code for it; empty when it is none of the server's."""
    return getattr(error.__cause__, "sqlstate", None) or ""


def is_the_statements(error: DatabaseError) -> bool:
    """Say whether it is an answer to the statement itself, not a failure of the server, a lock or a cancel."""
    code = code_of(error)
    return bool(code) and not code.startswith(_NO_ANSWER)


def told(
    error: psycopg.Error,
    *,
    sql: str,
    alive: bool,
    asked: bool,
    reads_only: bool,
    sources: Sequence[str] = (),
) -> DatabaseError:
    """Return the error that a person is told.

    `alive`: the connection still is; `asked`: a cancel was; `reads_only`: it is the connection for queries;
    `sources`: of the functions that may have raised it.
    """
    code = error.sqlstate or ""
    if is_lost(error, alive=alive):
        why = without_values(*_words(error), sql) if code else "it broke"
        return Disconnected(
            f"The connection to PostgreSQL was lost while an answer was awaited ({why})",
            remedy="what became of the statement is found out when the server answers again",
        )
    if code == CANCELED and asked:
        return Interrupted("The statement was cancelled and has been rolled back")
    message = without_values(*_words(error), sql, sources=sources)
    if code == READ_ONLY and reads_only:
        return DatabaseError(f"A query may only read ({message})", remedy="put what writes into a sql step")
    if code in _REMEDIES:
        what, remedy = _REMEDIES[code]
        return DatabaseError(f"PostgreSQL refuses: {message} [{code}, {what}]", remedy=remedy)
    hint = error.diag.message_hint or "" if kind_of_words(error.diag).startswith("42") else ""
    return DatabaseError(f"PostgreSQL refuses: {message} [{code}]" if code else f"PostgreSQL: {message}", remedy=hint)


def _words(error: psycopg.Error) -> tuple[str, str]:
    text = error.diag.message_primary or " ".join(str(error).split())
    return text, kind_of_words(error.diag)


def kind_of_words(said: Diagnostic) -> str:
    """Return by which code the words are told: a statement that a function put together has names of a row's values."""
    if is_somebodys(said):
        return RAISED
    return _QUOTING if "EXECUTE" in (said.context or "") else said.sqlstate or ""


def is_somebodys(said: Diagnostic) -> bool:
    """Tell whether these are the words of a function, whatever code it gave them, not the server's own."""
    return (said.sqlstate or "").startswith(RAISED) or (said.source_file or "").startswith(_SPEAKING)


def without_values(text: str, code: str, sql: str, *, sources: Sequence[str] = ()) -> str:
    """Return the server's message without what it quotes of a row; what stands in the statement is kept."""
    if code.startswith(RAISED):
        return without_arguments(text, (sql, *sources)) or _left_out(text)
    if not code.startswith(_QUOTING):
        return text

    def masked(found: re.Match[str]) -> str:
        quoted = found["quoted"] if found["quoted"] is not None else found["bytes"]
        return found[0] if _written(quoted, sql) else _left_out(quoted)

    return _QUOTED.sub(masked, text)


def _left_out(text: str) -> str:
    return f"{LEFT_OUT} ({len(text)} characters that a row may hold are left out)"


def _written(quoted: str, sql: str) -> bool:
    """Tell whether the words stand in a statement, as a whole; in a literal an apostrophe is doubled."""
    forms = {quoted, quoted.replace("'", "''")} - {""}
    return any(re.search(rf"(?<!\w){re.escape(each)}(?!\w)", sql) for each in forms)
