"""One statement and its answer. Rule: the server itself refuses a text with two statements.

psycopg's cursors send a statement without parameters by the simple protocol, in which a text can hold several of
them, COMMIT among them. Here each is sent by the extended one.
"""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct
from psycopg import AsyncConnection, generators
from psycopg.abc import PQGen
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Wait

from console.core.errors import DatabaseError
from console.databases.postgresql.values import encoded, loaded

ROWS_AT_ONCE = 500
CANCELED = "57014"


class Answer(Struct, frozen=True, kw_only=True):
    """What the server answered."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    more: bool
    """There were more rows than were kept."""
    tag: str
    """Such as UPDATE 3; empty when it was stopped, having answered enough."""

    @property
    def changed(self) -> int:
        """Rows that were changed, -1 when it is no statement that changes rows."""
        verb, _, count = self.tag.partition(" ")
        return int(count.rpartition(" ")[2]) if verb in ("INSERT", "UPDATE", "DELETE", "MERGE") else -1


async def exchanged(
    connection: AsyncConnection[Any], sql: str, parameters: Sequence[Any], *, keep: int, stops: bool
) -> Answer:
    """Send a statement, wait for its end and keep so many rows; `stops` cancels it when there are more.

    Raises psycopg.Error, and DatabaseError for what cannot be sent.
    """
    if "\0" in sql:
        raise DatabaseError("A statement cannot hold the character NUL", remedy="take it out")
    raw = connection.pgconn
    text = sql.encode("utf-8")
    raw.send_query_params(text, encoded(parameters) or None)
    raw.set_chunked_rows_mode(ROWS_AT_ONCE)
    await connection.wait(generators.send(raw))
    columns: tuple[str, ...] = ()
    rows: list[tuple[Any, ...]] = []
    tag, problem, more, stopped = "", None, False, False
    while (result := await connection.wait(generators.fetch(raw))) is not None:
        match result.status:
            case ExecStatus.FATAL_ERROR | ExecStatus.NONFATAL_ERROR | ExecStatus.BAD_RESPONSE:
                problem = problem or error_from_result(result)
            case ExecStatus.COPY_IN | ExecStatus.COPY_OUT | ExecStatus.COPY_BOTH:
                await connection.close()
                raise DatabaseError("COPY from or to the console is not possible", remedy="use a file of the server")
            case _:
                columns = columns or _names(result)
                more = _kept(result, rows, keep=keep) or more
                tag = (result.command_status or b"").decode("utf-8", "replace") or tag
        if more and stops and not stopped and not problem:
            stopped = True
            await connection.cancel_safe(timeout=10)
    if problem is not None and not (stopped and problem.sqlstate == CANCELED):
        raise problem
    return Answer(columns=columns, rows=tuple(rows), more=more, tag=tag)


async def copied(connection: AsyncConnection[Any], sql: str, into: Callable[[Any], None]) -> None:
    """Send a COPY … TO STDOUT and hand its bytes to a function. Raises psycopg.Error."""
    raw = connection.pgconn
    raw.send_query_params(sql.encode("utf-8"), None)
    await connection.wait(generators.send(raw))
    problem = None
    while (result := await connection.wait(generators.fetch(raw))) is not None:
        if result.status == ExecStatus.COPY_OUT:
            await connection.wait(_received(raw, into))
        elif result.status != ExecStatus.COMMAND_OK:
            problem = problem or error_from_result(result)
    if problem is not None:
        raise problem


def _received(raw: PGconn, into: Callable[[Any], None]) -> PQGen[None]:
    """Take all rows that have arrived at once: psycopg's own way waits for the event loop at each of them."""
    while True:
        size, data = raw.get_copy_data(1)
        if size > 0:
            into(data)
        elif size == 0:
            while not (yield Wait.R):
                pass
            raw.consume_input()
        else:
            return


def _names(result: PGresult) -> tuple[str, ...]:
    return tuple((result.fname(place) or b"").decode("utf-8", "backslashreplace") for place in range(result.nfields))


def _kept(result: PGresult, rows: list[tuple[Any, ...]], *, keep: int) -> bool:
    """Add rows up to the limit; tell whether there were more."""
    types = [result.ftype(place) for place in range(result.nfields)]
    for number in range(result.ntuples):
        if len(rows) >= keep:
            return True
        rows.append(tuple(loaded(result.get_value(number, place), oid) for place, oid in enumerate(types)))
    return False
