"""One connection to the server, from its opening to its end. Rule: it is checked before anything is asked of it."""

import os
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.pq import ConnStatus, TransactionStatus

from console.core.errors import DatabaseError, Unreachable
from console.databases.postgresql import failures
from console.databases.postgresql.questions import question
from console.databases.postgresql.values import numbered
from console.databases.postgresql.wire import Answer, copied, exchanged

ENGINE = "postgresql"
OLDEST = 130_000


class Session:
    """An open connection, in autocommit; made by `opened`."""

    def __init__(self, connection: AsyncConnection[Any], *, conninfo: str, reads_only: bool) -> None:
        self.schema = ""
        """The first schema of the search path, in double quotes."""
        self.since = ""
        """When the server's process began: with its number it names this session, for numbers are used again."""
        self.called = ""
        """The name that the step at work gave it; empty when none did."""
        self.boot = ""
        """When the server was started: two sessions of one server have the same."""
        self.asked_to_stop = False
        """A cancel was sent for the statement under way."""
        self._connection = connection
        self._conninfo = conninfo
        self._reads_only = reads_only

    @classmethod
    async def opened(cls, conninfo: str, *, reads_only: bool) -> "Session":
        """Connect. Raises Unreachable, with the way out."""
        try:
            connection = await AsyncConnection.connect(conninfo, autocommit=True)
        except (psycopg.Error, OSError, UnicodeError) as error:
            raise failures.unreachable(error) from error
        session = cls(connection, conninfo=conninfo, reads_only=reads_only)
        try:
            await session._prepare()
        except BaseException:
            await session.close()
            raise
        return session

    async def _prepare(self) -> None:
        raw = self._connection.pgconn
        if raw.server_version < OLDEST:
            raise Unreachable(
                f"The server is PostgreSQL {raw.server_version // 10_000}, which is too old",
                remedy="use PostgreSQL 13 or newer",
            )
        if raw.parameter_status(b"server_encoding") == b"SQL_ASCII":
            # It may hold bytes that are no text in any encoding, and would refuse to send them as UTF-8.
            await self.run("SET client_encoding = 'SQL_ASCII'")
        ((backend, schema, since, boot),) = (await self.ask("session")).rows
        if backend != raw.backend_pid:
            raise failures.pooled()
        if schema is None:
            raise Unreachable(
                "No schema of the search path exists, so there is no place for the ledger",
                remedy="create it, or correct search_path of this role",
            )
        self.schema, self.since, self.boot = str(schema), str(since), str(boot)

    @property
    def alive(self) -> bool:
        """Whether nothing says that it is lost."""
        return not self._connection.closed and self._connection.pgconn.status == ConnStatus.OK

    @property
    def idle(self) -> bool:
        """Whether no transaction is open and no statement under way."""
        return self.alive and self._connection.pgconn.transaction_status == TransactionStatus.IDLE

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open that has not failed."""
        return self.alive and self._connection.pgconn.transaction_status == TransactionStatus.INTRANS

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._connection.pgconn.backend_pid if self.alive else 0

    def hear(self, said: Callable[[psycopg.errors.Diagnostic], None]) -> None:
        """Pass on what the server notices, from now on."""
        self._connection.add_notice_handler(said)

    @property
    def place(self) -> str:
        """Host, port and database as they were connected to."""
        info = self._connection.info
        return f"{info.host}:{info.port}/{info.dbname}"

    @property
    def version(self) -> str:
        """The server's version as it says it."""
        return self._connection.info.parameter_status("server_version") or ""

    @property
    def version_number(self) -> int:
        """The same as a number, such as 160004."""
        return self._connection.pgconn.server_version

    async def run(self, sql: str, parameters: Sequence[Any] = (), *, keep: int = 1000, stops: bool = False) -> Answer:
        """Execute one statement and keep so many rows; `stops` ends it when there are more."""
        try:
            return await exchanged(self._connection, numbered(sql, len(parameters)), parameters, keep=keep, stops=stops)
        except psycopg.Error as error:
            raise await self._told(error, sql) from error
        except UnicodeEncodeError as error:
            raise DatabaseError(f"The statement is no text: {error.reason}", remedy="correct it") from error

    async def ask(self, purpose: str, *, keep: int = 100_000, **named: Any) -> Answer:
        """Run the query of that purpose; the ledger's tables are meant wherever the search path leads."""
        sql, names = question(purpose, schema=self.schema)
        if set(names) != set(named):
            raise DatabaseError(
                f"The question {purpose!r} wants {', '.join(names) or 'no parameters'}", remedy="name those"
            )
        return await self.run(sql, [named[name] for name in names], keep=keep)

    async def copied(self, sql: str, into: Callable[[Any], None]) -> None:
        """Hand the bytes of a COPY … TO STDOUT to a function."""
        try:
            await copied(self._connection, sql, into)
        except psycopg.Error as error:
            raise await self._told(error, sql) from error

    async def cancel(self) -> None:
        """Ask the server to stop the statement under way."""
        self.asked_to_stop = True
        # The statement may have ended, or the connection with it; then nothing is left to stop.
        with suppress(psycopg.Error, OSError):
            await self._connection.cancel_safe(timeout=5)

    def give_up(self) -> None:
        """Stop waiting for an answer: the line is cut on this side, so that whoever waits learns that it is lost."""
        with suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(self._connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)

    async def close(self) -> None:
        """End the connection; the server rolls back what is open."""
        with suppress(psycopg.Error, OSError):
            await self._connection.close()

    async def _told(self, error: psycopg.Error, sql: str) -> DatabaseError:
        alive = self.alive
        if failures.is_lost(error, alive=alive):
            await self.close()
        return failures.told(
            error,
            sql=sql,
            alive=alive,
            asked=self.asked_to_stop,
            reads_only=self._reads_only,
            sources=await self._functions() if failures.is_somebodys(error.diag) else (),
        )

    async def _functions(self) -> tuple[str, ...]:
        """Return the sources of the functions that raise errors; by another session, because this one's has failed."""
        try:
            aside = await Session.opened(self._conninfo, reads_only=True)
        except DatabaseError:
            return ()
        try:
            return tuple(str(source) for (source,) in (await aside.ask("functions_that_raise")).rows)
        except DatabaseError:
            return ()
        finally:
            await aside.close()
