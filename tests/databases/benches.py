"""A database with a table of things on each engine, and the words in which the contract suite speaks to it."""

import contextlib
import shutil
import sqlite3
from pathlib import Path
from typing import Any, Protocol

from console import databases
from console.core.errors import DatabaseError
from console.core.ports import Lease, Target, Ticket
from console.databases.fake import Content, FakeTarget, Table
from tests.servers.postgresql import Postgresql

LEASE = Lease(run="r1", account="op1", host="here", pid=7, environment="staging")


def ticket(**changed: Any) -> Ticket:
    given: dict[str, Any] = {"run": "r1", "runbook": "users-org-id", "step": "fill", "description": "Fill it"}
    given |= {"checksum": "c0ffee", "environment": "staging", "attempt": 1, "action": "run", "epoch": 1}
    return Ticket(**given | {"journal_head": "abc"} | changed)


TEXTS = (
    *("", "[red]x[/]", "\x1b[2J\x1b]0;x\x07", "\u202eabc", "a\u200bb", "全角", "'; DROP TABLE things; --"),
    *("\\x41\\", "$1 ? %s :low", "x" * 1_000_000, None),
)
EVERYTHING = (*TEXTS, "a\0b", 2**63 - 1, -1, 0.1, b"\xff\x00", b"")


class Bench(Protocol):
    """A fresh database, opened; `things` has the columns id (its key) and name and no rows."""

    target: Target
    read: str
    """All things by id."""
    add: str
    """A thing; parameters id and name."""
    add_one: str
    """Thing 1; a second time it fails."""
    alone: str
    """Something that cannot be in a transaction."""
    endless: str
    """A query that does not end by itself."""
    endless_write: str
    values: tuple[Any, ...]
    """What the column name can hold."""
    name: str
    """Two parts, one with a quote in it."""
    quoted: str

    async def second(self) -> Target:
        """Return what another process at the same database holds."""
        ...

    def things(self) -> list[tuple[Any, ...]]:
        """Return all things, seen from outside."""
        ...

    def replace(self) -> None:
        """Put another database with the same content in its place."""
        ...


class FakeBench:
    """The scripted target, with just enough answers."""

    read = "read things"
    add = "add a thing"
    add_one = "add thing 1"
    alone = "tidy up"
    endless = "count for ever"
    endless_write = "write for ever"
    values = EVERYTHING
    name, quoted = 'a.b"c', '"a"."b""c"'

    def __init__(self) -> None:
        answers: dict[str, Any] = {
            self.read: lambda content, _: sorted(content["things"].items()),
            self.add: _add,
            self.add_one: lambda content, _: _add(content, (1, "one")),
            self.alone: 0,
            self.endless: [(1,)],
            self.endless_write: 1,
            "ask schema": [("table", "things", "")],
            "checksum things": lambda content, _: [(hash(repr(sorted(content["things"].items()))),)],
        }
        self.fake = FakeTarget(answers, content={"things": {}})
        self.target: Target = self.fake
        for sql in (self.endless, self.endless_write):
            self.fake.hang("sent", sql=sql)

    async def second(self) -> Target:
        return self.fake

    def things(self) -> list[tuple[Any, ...]]:
        return sorted(self.fake.content["things"].items())

    def replace(self) -> None:
        self.fake.facts = {"serial": "2"}


def _add(content: Content, parameters: Any) -> "int | Table":
    key, name = parameters
    if key in content["things"]:
        raise DatabaseError(f"thing {key} is there already")
    content["things"][key] = name
    return 1


class SqliteBench:
    """A real file."""

    read = "SELECT id, name FROM things ORDER BY id"
    add = "INSERT INTO things (id, name) VALUES (?, ?)"
    add_one = "INSERT INTO things (id, name) VALUES (1, 'one')"
    alone = "VACUUM"
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    endless_write = f"INSERT INTO things (id) {endless}"
    values = EVERYTHING
    name, quoted = "a.b`c", "`a`.`b``c`"

    target: Target

    def __init__(self, folder: Path) -> None:
        self.path = folder / "shop.db"
        self.outside("CREATE TABLE things (id INTEGER PRIMARY KEY, name)")

    @classmethod
    async def opened(cls, folder: Path) -> "SqliteBench":
        bench = cls(folder)
        bench.target = await bench.second()
        return bench

    async def second(self) -> Target:
        return await databases.open_target(f"sqlite://{self.path}", patience=0.2)

    def things(self) -> list[tuple[Any, ...]]:
        return self.outside(self.read)

    def outside(self, sql: str) -> list[tuple[Any, ...]]:
        """Execute as somebody else would."""
        with contextlib.closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            return connection.execute(sql).fetchall()

    def replace(self) -> None:
        shutil.copy(self.path, self.path.with_suffix(".copy"))
        self.path.with_suffix(".copy").replace(self.path)


class PostgresqlBench:
    """A database of its own on a real server; `things` is on it before it is opened."""

    read = "SELECT id, name FROM things ORDER BY id"
    add = "INSERT INTO things (id, name) VALUES (?, ?)"
    add_one = "INSERT INTO things (id, name) VALUES (1, 'one')"
    alone = "VACUUM"
    endless = "SELECT count(*) FROM (SELECT generate_series(1, 1000000000000)) AS n"
    endless_write = f"INSERT INTO things (id) {endless}"
    values = TEXTS
    name, quoted = 'a.b"c', '"a"."b""c"'

    target: Target

    def __init__(self, server: Postgresql, *, options: str = "") -> None:
        self.server = server
        self.database = server.create(options=options)
        self.outside("CREATE TABLE things (id bigint PRIMARY KEY, name text)")

    @classmethod
    async def opened(cls, server: Postgresql, *, options: str = "") -> "PostgresqlBench":
        bench = cls(server, options=options)
        bench.target = await bench.second()
        return bench

    @property
    def url(self) -> str:
        return self.server.url(self.database)

    async def second(self) -> Target:
        return await databases.open_target(self.url, patience=1.0, away=0.2)

    def things(self) -> list[tuple[Any, ...]]:
        return self.outside(self.read)

    def outside(self, sql: str) -> list[tuple[Any, ...]]:
        """Execute as somebody else would."""
        return self.server.execute(sql, database=self.database)

    def replace(self) -> None:
        self.server.execute(f"ALTER DATABASE {self._left_by_all()} RENAME TO {self.database}_before")
        self.server.execute(f"CREATE DATABASE {self.database} TEMPLATE {self.database}_before")

    async def end(self) -> None:
        """Close the target and drop what was made."""
        await self.target.close()
        for name in (self.database, f"{self.database}_before"):
            self.server.drop(name)

    def _left_by_all(self) -> str:
        self.server.execute(f"ALTER DATABASE {self.database} ALLOW_CONNECTIONS false")
        ended = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = "
        self.server.execute(f"{ended}'{self.database}'")
        self.server.execute(f"ALTER DATABASE {self.database} ALLOW_CONNECTIONS true")
        return self.database
